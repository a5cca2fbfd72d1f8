import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream'
import type { BusConfig } from './config.js'

/** Names of the streams and buckets; subjects below each. */
export const STREAMS = {
  frames: 'FRAMES',
  partials: 'PARTIALS',
  findings: 'FINDINGS',
  dead: 'DEAD',
  batches: 'BATCHES',
} as const
export const SUBJECTS = {
  frames: 'vigie.frames',
  partials: 'vigie.partials',
  findings: 'vigie.findings',
  dead: 'vigie.dead',
  batches: 'vigie.batches',
} as const
export const STATE_BUCKET = 'vigie_state'

const NS_PER_S = 1e9

export type StreamDefinition = Partial<StreamConfig> & { name: string }

/** What each stream is, from the configuration: all on files, all with bounds. */
export function streamDefinitions(config: BusConfig): StreamDefinition[] {
  const base = {
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: config.replicas,
    duplicate_window: config.duplicate_window_s * NS_PER_S,
    allow_direct: true,
  }
  /** The oldest go when the stream is full or they are too old. */
  const rolling = (max_bytes: number, max_age_s: number) => ({
    ...base,
    discard: DiscardPolicy.Old,
    max_bytes,
    max_age: Math.max(max_age_s, config.duplicate_window_s) * NS_PER_S,
  })
  return [
    // A full stream refuses: frames wait in the collectors' spools. Stored ones are trimmed by the processors.
    {
      ...base,
      name: STREAMS.frames,
      subjects: [`${SUBJECTS.frames}.>`],
      discard: DiscardPolicy.New,
      max_bytes: config.frames_max_bytes,
    },
    {
      ...rolling(config.partials_max_bytes, config.partials_max_age_s),
      name: STREAMS.partials,
      subjects: [SUBJECTS.partials],
    },
    {
      ...rolling(config.findings_max_bytes, config.findings_max_age_s),
      name: STREAMS.findings,
      subjects: [`${SUBJECTS.findings}.>`],
    },
    {
      ...rolling(config.dead_max_bytes, config.dead_max_age_s),
      name: STREAMS.dead,
      subjects: [`${SUBJECTS.dead}.>`],
    },
    // An open batch must not be forgotten: the journal refuses rather, and is trimmed behind what is done.
    {
      ...base,
      name: STREAMS.batches,
      subjects: [SUBJECTS.batches],
      discard: DiscardPolicy.New,
      max_bytes: config.batches_max_bytes,
    },
  ]
}
