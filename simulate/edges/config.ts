import { z } from 'zod'

const port = z.number().int().min(1).max(65_535).optional()

/** Edges of the reference network that tell how their links fare. Each way is taken where its target is given. */
export const edgeSimulatorSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('whether the edges of the reference network send telemetry'),
  every_s: z.number().int().min(1).max(3600).default(10).describe('how often each edge measures'),
  trouble_every_s: z
    .number()
    .positive()
    .default(6)
    .describe('mean time between troubles: brown-outs, links that go down, dead tunnels'),
  push_url: z.string().optional().describe('where edges push to; left out: none does'),
  push_token_file: z.string().optional().describe('file with the token that they push with'),
  syslog_host: z.string().default('127.0.0.1').describe('where syslog goes'),
  syslog_port: port.describe('UDP and TCP port of syslog; left out: none is sent'),
  controllers_port: port.describe(
    'first port of the simulated controllers, which stand on consecutive ones; left out: none stands',
  ),
  truth_file: z.string().optional().describe('troubles are written here, one line of JSON each'),
})
export type EdgeSimulatorConfig = z.infer<typeof edgeSimulatorSchema>
