import { z } from 'zod'

const count = (min = 1) => z.number().int().min(min)

export const edgeProcessorSchema = z.strictObject({
  batch_rows: count().default(20_000).describe('samples are stored when there are so many'),
  batch_max_ms: count(10).default(1_500).describe('or when the first has waited for so long'),
  batch_max_payloads: count().default(20_000).describe('or when so many payloads were read'),
  merge_groups_max: count()
    .default(50_000)
    .describe('observations that wait for their other parts; beyond it the oldest leave as they are'),
  watched_tunnels_max: count()
    .default(100_000)
    .describe('tunnels whose silence is watched for; beyond it new ones are not'),
  tick_ms: count(10)
    .default(5_000)
    .describe('while parts of observations wait and nothing comes, time goes on in such steps'),
  idle_tick_ms: count(10)
    .default(10_000)
    .describe(
      'and in such steps while nothing waits, once anything came: silence is only seen in time that goes on',
    ),
  checkpoint_ms: count(10)
    .default(10_000)
    .describe('how often what waits is written down; after a start so much is read again'),
  insert_backoff_max_ms: count(10).default(5_000).describe('longest pause between two tries to insert'),
  standby_poll_ms: count(10)
    .default(1_000)
    .describe('how often a second edge processor looks whether the first still lives'),
  stop_timeout_ms: count(0)
    .default(15_000)
    .describe('how long stop waits for the store; what is not stored then is stored after the next start'),
})
export type EdgeProcessorConfig = z.infer<typeof edgeProcessorSchema>
