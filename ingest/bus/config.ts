import { z } from 'zod'

const MIB = 1024 * 1024
const count = (min = 1) => z.number().int().min(min)

/** The `nats-server` that Vigie runs itself when no NATS_URL is given. */
export const natsServerSchema = z.strictObject({
  /** Folder of the streams, the server's configuration and its log. */
  data_dir: z.string().default('./data/nats'),
  host: z.string().default('127.0.0.1'),
  /** 0 or -1: any free port. */
  port: z.number().int().min(-1).max(65535).default(4222),
  /** Found on PATH. */
  binary: z.string().default('nats-server'),
  /** Largest message; frames of 512 KiB with a large context stay well below. */
  max_payload_bytes: count(65_536).default(8 * MIB),
  /** What all streams together may reserve on disk. Not less than the sum of the streams' `max_bytes`. */
  max_file_bytes: count(MIB).default(64 * 1024 * MIB),
  max_memory_bytes: count(MIB).default(256 * MIB),
  /** How long the server may take until it accepts; recovery of large streams takes its time. */
  ready_timeout_ms: count().default(60_000),
  stop_timeout_ms: count().default(15_000),
})
export type NatsServerConfig = z.infer<typeof natsServerSchema>

/** Connection, and the bounds of the streams and buckets. A stream that exists is brought to these bounds. */
export const busSchema = z.strictObject({
  url: z.string().default('nats://127.0.0.1:4222'),
  /** File with the user's JWT and seed, where the server asks for one. */
  credentials_file: z.string().optional(),
  /** How long the first connection may take; later ones are tried for ever. */
  connect_timeout_ms: count().default(30_000),
  /** Copies of each stream: 1 on a single server, 3 on a cluster. */
  replicas: z.number().int().min(1).max(5).default(1),
  /** A full FRAMES stream refuses new frames, so that the collectors spool them: nothing is dropped silently. */
  frames_max_bytes: count(MIB).default(8 * 1024 * MIB),
  /** Frames kept after they were stored, for replays; trimmed by the processors, by bytes and by age. */
  frames_history_bytes: count(0).default(512 * MIB),
  frames_history_age_s: count(1).default(86_400),
  partials_max_bytes: count(MIB).default(1024 * MIB),
  partials_max_age_s: count(60).default(86_400),
  findings_max_bytes: count(MIB).default(512 * MIB),
  findings_max_age_s: count(60).default(30 * 86_400),
  dead_max_bytes: count(MIB).default(512 * MIB),
  dead_max_age_s: count(60).default(30 * 86_400),
  state_max_bytes: count(MIB).default(512 * MIB),
  batches_max_bytes: count(MIB).default(64 * MIB),
  /** How long the streams remember message ids. */
  duplicate_window_s: count(10).default(600),
})
export type BusConfig = z.infer<typeof busSchema>

export const framePublisherSchema = z.strictObject({
  /** Publishes that wait for their acknowledgement; beyond it frames go to the spool. */
  max_in_flight: count().default(64),
  max_in_flight_bytes: count(MIB).default(64 * MIB),
  ack_timeout_ms: count(100).default(5_000),
  spool_dir: z.string().default('./data/spool'),
  /** A full spool refuses frames: the collector counts their datagrams as rejected. */
  spool_max_bytes: count(MIB).default(2 * 1024 * MIB),
  spool_segment_bytes: count(65_536).default(32 * MIB),
  /** `each`: a frame counts as kept when it is on the disk. `never`: when the kernel has it (a power cut loses it). */
  spool_fsync: z.enum(['each', 'never']).default('each'),
})
export type FramePublisherConfig = z.infer<typeof framePublisherSchema>

export const frameSourceSchema = z.strictObject({
  /** Name of the durable consumer that all processors share. */
  durable: z.string().default('processor'),
  /** Bytes that may wait in this process for their turn. Not less than two of the largest frames. */
  max_queued_bytes: count(16 * MIB).default(32 * MIB),
  max_queued: count().default(256),
  /** Frames delivered to all processors together and not acknowledged. */
  max_ack_pending: count().default(4096),
  /** A frame whose processor was not heard of for so long is given to another; heartbeats go out at a third of it. */
  ack_wait_ms: count(500).default(5_000),
})
export type FrameSourceConfig = z.infer<typeof frameSourceSchema>
