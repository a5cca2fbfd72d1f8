import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream'
import type { BusConfig } from './config.js'

/** Names of the streams and buckets; subjects below each. */
export const STREAMS = {
  frames: 'FRAMES',
  partials: 'PARTIALS',
  findings: 'FINDINGS',
  dead: 'DEAD',
  batches: 'BATCHES',
  edge: 'EDGE',
  edgeBatches: 'EDGE_BATCHES',
  samples: 'SAMPLES',
  incidents: 'INCIDENTS',
  outbox: 'OUTBOX',
  actions: 'ACTIONS',
} as const
export const SUBJECTS = {
  frames: 'vigie.frames',
  /** Of all organisations; `vigie.partials.<shards>.<shard>` where several detectors share them. */
  partials: 'vigie.partials',
  findings: 'vigie.findings',
  dead: 'vigie.dead',
  batches: 'vigie.batches',
  /** Raw payloads of SD-WAN edges, `vigie.edge.<vendor>`, as Vigie's own ways in put them there. */
  edge: 'vigie.edge',
  /** The same stream, for those who publish by themselves: `vigie.in.<vendor>[.<source>[.<device>]]`. */
  edgeIn: 'vigie.in',
  edgeBatches: 'vigie.edge_batches',
  samples: 'vigie.samples',
  /** Steps of the life of incidents: a journal. */
  incidents: 'vigie.incidents',
  /** `vigie.outbox.<target>.<incident>` */
  outbox: 'vigie.outbox',
  /** What people did about findings, `vigie.actions.<finding>`. */
  actions: 'vigie.actions',
} as const
export const STATE_BUCKET = 'vigie_state'

const NS_PER_S = 1e9
/** What the headers of a payload may add to it. */
const EDGE_HEADERS_MAX = 16 * 1024
/** Only the newest batch of payloads is asked for. */
const EDGE_BATCHES_BYTES = 1024 * 1024

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
      subjects: [SUBJECTS.partials, `${SUBJECTS.partials}.>`],
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
    // A full stream refuses: who sent a payload keeps it. Stored ones are trimmed by the edge processor.
    {
      ...base,
      name: STREAMS.edge,
      subjects: [`${SUBJECTS.edge}.>`, `${SUBJECTS.edgeIn}.>`],
      discard: DiscardPolicy.New,
      max_bytes: config.edge_max_bytes,
      max_msg_size: config.edge_payload_max_bytes + EDGE_HEADERS_MAX,
    },
    {
      ...base,
      name: STREAMS.edgeBatches,
      subjects: [SUBJECTS.edgeBatches],
      discard: DiscardPolicy.Old,
      max_bytes: EDGE_BATCHES_BYTES,
    },
    {
      ...rolling(config.samples_max_bytes, config.samples_max_age_s),
      name: STREAMS.samples,
      subjects: [SUBJECTS.samples],
    },
    {
      ...rolling(config.incidents_max_bytes, config.incidents_max_age_s),
      name: STREAMS.incidents,
      subjects: [SUBJECTS.incidents],
    },
    {
      ...rolling(config.actions_max_bytes, config.actions_max_age_s),
      name: STREAMS.actions,
      subjects: [`${SUBJECTS.actions}.>`],
    },
    // One message per target and incident, the newest word; it goes when it was told. A full one refuses, and findings wait.
    {
      ...base,
      name: STREAMS.outbox,
      subjects: [`${SUBJECTS.outbox}.>`],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_msgs_per_subject: 1,
      max_bytes: config.outbox_max_bytes,
    },
  ]
}
