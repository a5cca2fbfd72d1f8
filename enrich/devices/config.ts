import { z } from 'zod'

/** How names of interfaces are asked of the agents that `edges.snmp` lists. */
export const devicesSchema = z.strictObject({
  every_s: z
    .number()
    .int()
    .min(1)
    .default(3_600)
    .describe('how often an agent is asked what its interfaces are called'),
  retry_s: z
    .number()
    .int()
    .min(1)
    .default(60)
    .describe('how soon again after it did not answer; twice as long each time'),
  parallel: z.number().int().min(1).max(1_000).default(8).describe('agents that are asked at once'),
  exporters: z
    .record(z.string(), z.string())
    .default({})
    .describe('agent id → source address of its flow datagrams, where that is not its host'),
})
export type DevicesConfig = z.infer<typeof devicesSchema>
