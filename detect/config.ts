import { z } from 'zod'

const MIB = 1024 * 1024

/** The detector process: how it puts partials in order, and how often it saves its state. */
export const detectorSchema = z
  .strictObject({
    services: z
      .array(z.string())
      .optional()
      .describe('security services that run, by id (`vigie services`); left out: all there are'),
    defaults: z
      .record(z.string(), z.record(z.string(), z.unknown()))
      .default({})
      .describe('parameters of services for all organisations, before their own'),
    shards: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe(
        'detectors that share the organisations between them, a process each; the same on all machines, and where it changes, detection begins anew',
      ),
    run_shards: z
      .array(z.int().min(0).max(63))
      .optional()
      .describe('shards whose detectors run on this machine, from 0; left out: all'),
    mark_days: z
      .number()
      .positive()
      .max(3650)
      .default(30)
      .describe(
        'how long a mark on a finding (false positive, expected) holds that says nothing of it, days',
      ),
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
    store_retry_s: z
      .number()
      .positive()
      .default(10)
      .describe('how long after the store was away, or had no rows of a slot yet, it is asked again, s'),
  })
  .superRefine(({ shards, run_shards = [] }, issues) => {
    for (const [i, shard] of run_shards.entries()) {
      if (shard >= shards)
        issues.addIssue({
          code: 'custom',
          path: ['run_shards', i],
          message: `there is no shard ${shard}: of ${shards}, the last is ${shards - 1}`,
        })
    }
  })
export type DetectorConfig = z.output<typeof detectorSchema>
