import { z } from 'zod'
import { SERVICE_IDS } from '../model/finding.js'

const MIB = 1024 * 1024

/** The detector process: how it puts partials in order, and how often it saves its state. */
export const detectorSchema = z.strictObject({
  services: z
    .array(z.enum(SERVICE_IDS))
    .optional()
    .describe('security services that run; left out: all there are'),
  defaults: z
    .partialRecord(z.enum(SERVICE_IDS), z.record(z.string(), z.unknown()))
    .default({})
    .describe('parameters of services for all organisations, before their own'),
  snapshot_interval_s: z
    .number()
    .positive()
    .default(30)
    .describe('least time between two saves of the state, s; large states are saved more seldom'),
  gap_wait_s: z
    .number()
    .positive()
    .default(30)
    .describe('how long a missing partial is waited for before it is skipped and counted, s'),
  reorder_max_bytes: z
    .int()
    .min(MIB)
    .default(64 * MIB)
    .describe('bytes of partials that may wait for a missing one; beyond it is skipped at once'),
})
export type DetectorConfig = z.output<typeof detectorSchema>
