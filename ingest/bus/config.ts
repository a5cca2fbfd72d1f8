import { z } from 'zod'

const MIB = 1024 * 1024
const count = (min = 1) => z.number().int().min(min)

/** The `nats-server` that Vigie runs itself when no NATS_URL is given. */
export const natsServerSchema = z.strictObject({
  data_dir: z
    .string()
    .default('./data/nats')
    .describe('folder of the streams, the configuration and the log'),
  host: z.string().default('127.0.0.1').describe('address to listen on'),
  port: z
    .number()
    .int()
    .min(-1)
    .max(65535)
    .default(4222)
    .describe('port to listen on; 0 or -1: any free one'),
  binary: z.string().default('nats-server').describe('name or path of the server, found on PATH'),
  max_payload_bytes: count(65_536)
    .default(8 * MIB)
    .describe('largest message; frames of 512 KiB with a large context stay well below'),
  max_file_bytes: count(MIB)
    .default(64 * 1024 * MIB)
    .describe('what all streams together may reserve on disk; not less than the sum of their bounds'),
  max_memory_bytes: count(MIB)
    .default(256 * MIB)
    .describe('what consumers may keep in memory'),
  ready_timeout_ms: count().default(60_000).describe('how long the server may take until it accepts'),
  stop_timeout_ms: count().default(15_000).describe('how long it may take to end before it is killed'),
})
export type NatsServerConfig = z.infer<typeof natsServerSchema>

/** Connection, and the bounds of the streams and buckets. A stream that exists is brought to these bounds. */
export const busSchema = z.strictObject({
  url: z
    .string()
    .default('nats://127.0.0.1:4222')
    .describe('servers, separated by commas; user:password@ or token@ in front of the first host'),
  credentials_file: z
    .string()
    .optional()
    .describe("file with the user's JWT and seed, where the server asks for one"),
  connect_timeout_ms: count()
    .default(30_000)
    .describe('how long the first connection may take; later ones are tried for ever'),
  replicas: z.number().int().min(1).max(5).default(1).describe('copies of each stream: 3 on a cluster'),
  frames_max_bytes: count(MIB)
    .default(8 * 1024 * MIB)
    .describe('frames that wait and their history; a full stream refuses, so that the collectors spool'),
  frames_history_bytes: count(0)
    .default(512 * MIB)
    .describe('frames kept after they were stored, for replays'),
  frames_history_age_s: count(1).default(86_400).describe('and how long'),
  partials_max_bytes: count(MIB)
    .default(1024 * MIB)
    .describe('partial aggregates kept for detectors that are behind or start again'),
  partials_max_age_s: count(60).default(86_400).describe('and how long'),
  findings_max_bytes: count(MIB)
    .default(512 * MIB)
    .describe('findings kept for sinks that are behind'),
  findings_max_age_s: count(60)
    .default(30 * 86_400)
    .describe('and how long'),
  dead_max_bytes: count(MIB)
    .default(512 * MIB)
    .describe('dead letters kept; the oldest go first'),
  dead_max_age_s: count(60)
    .default(30 * 86_400)
    .describe('and how long'),
  state_max_bytes: count(MIB)
    .default(512 * MIB)
    .describe('learned state, registry and counters'),
  batches_max_bytes: count(MIB)
    .default(64 * MIB)
    .describe('journal of the batches that are being stored'),
  edge_max_bytes: count(MIB)
    .default(2 * 1024 * MIB)
    .describe('payloads of SD-WAN edges that wait, and their history; a full stream refuses'),
  edge_payload_max_bytes: count(1024)
    .default(4 * MIB)
    .describe('largest payload; not more than nats.max_payload_bytes less 16 KiB of headers'),
  edge_history_bytes: count(0)
    .default(256 * MIB)
    .describe('payloads kept after they were stored'),
  edge_history_age_s: count(1).default(86_400).describe('and how long'),
  samples_max_bytes: count(MIB)
    .default(512 * MIB)
    .describe('samples of edges kept for detection that is behind or starts again'),
  samples_max_age_s: count(60).default(86_400).describe('and how long'),
  incidents_max_bytes: count(MIB)
    .default(512 * MIB)
    .describe('steps of the life of incidents, kept for the store when it is behind'),
  incidents_max_age_s: count(60)
    .default(30 * 86_400)
    .describe('and how long'),
  outbox_max_bytes: count(MIB)
    .default(512 * MIB)
    .describe(
      'incidents that wait for ITSM targets, the newest word on each; a full one makes findings wait',
    ),
  actions_max_bytes: count(MIB)
    .default(64 * MIB)
    .describe('what people did about findings (marks and the like), kept for detectors that start anew'),
  actions_max_age_s: count(60)
    .default(400 * 86_400)
    .describe('and how long'),
  duplicate_window_s: count(10).default(600).describe('how long the streams remember message ids'),
})
export type BusConfig = z.infer<typeof busSchema>

export const framePublisherSchema = z.strictObject({
  max_in_flight: count()
    .default(64)
    .describe('publishes that wait for their acknowledgement; beyond it frames go to the spool'),
  max_in_flight_bytes: count(MIB)
    .default(64 * MIB)
    .describe('the same in bytes'),
  ack_timeout_ms: count(100)
    .default(5_000)
    .describe('after so long without an answer a frame goes to the spool'),
  spool_dir: z.string().default('./data/spool').describe('folder of frames that wait for NATS'),
  spool_max_bytes: count(MIB)
    .default(2 * 1024 * MIB)
    .describe('a full spool refuses frames, and their datagrams are counted as rejected'),
  spool_segment_bytes: count(65_536)
    .default(32 * MIB)
    .describe('size of a file of the spool'),
  spool_fsync: z
    .enum(['each', 'never'])
    .default('each')
    .describe(
      'each: a frame is kept when it is on the disk; never: when the kernel has it (a power cut loses it)',
    ),
})
export type FramePublisherConfig = z.infer<typeof framePublisherSchema>

export const frameSourceSchema = z.strictObject({
  durable: z.string().default('processor').describe('name of the consumer that all processors share'),
  max_queued_bytes: count(16 * MIB)
    .default(32 * MIB)
    .describe('bytes of frames that may wait in a processor; not less than two of the largest'),
  max_queued: count().default(256).describe('frames that may wait in a processor'),
  max_ack_pending: count().default(4096).describe('frames with all processors together, not acknowledged'),
  ack_wait_ms: count(500)
    .default(5_000)
    .describe('a frame whose processor was not heard of for so long is given to another'),
})
export type FrameSourceConfig = z.infer<typeof frameSourceSchema>

export const edgePublisherSchema = z.strictObject({
  max_in_flight: count()
    .default(1_024)
    .describe('payloads under way to the stream; beyond it senders are asked to wait'),
  max_in_flight_bytes: count(MIB)
    .default(64 * MIB)
    .describe('the same in bytes'),
  ack_timeout_ms: count(100)
    .default(5_000)
    .describe('after so long without an answer a sender is asked to send again'),
  spool_dir: z.string().default('./data/edge_spool').describe('folder of syslog that waits for NATS'),
  spool_max_bytes: count(MIB)
    .default(512 * MIB)
    .describe('a full spool refuses, and its messages are counted as lost'),
})
export type EdgePublisherConfig = z.infer<typeof edgePublisherSchema>

export const edgeSourceSchema = z.strictObject({
  max_queued: count().default(4_096).describe('payloads that may wait in the edge processor'),
  max_queued_bytes: count(MIB)
    .default(32 * MIB)
    .describe('the same in bytes; not less than two of the largest'),
})
export type EdgeSourceConfig = z.infer<typeof edgeSourceSchema>
