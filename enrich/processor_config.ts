import { availableParallelism } from 'node:os'
import { z } from 'zod'

const MIB = 1024 * 1024
const count = (min = 1) => z.number().int().min(min)

/** Threads that decode: one core is left to the main thread and to what else runs on the machine. */
export const DEFAULT_WORKERS = Math.max(1, availableParallelism() - 1)

export const processorSchema = z.strictObject({
  /** Threads that decode, enrich, observe and encode. */
  workers: count().default(DEFAULT_WORKERS),
  /** Bytes of frames that are with the workers at once. */
  max_decoding_bytes: count(MIB).default(16 * MIB),
  /** Rows of a batch; it is stored when it has them. */
  batch_rows: count().default(200_000),
  /** A batch is stored when its first frame is so old, whatever it has. */
  batch_max_ms: count().default(1_000),
  /** Frames of a batch. */
  batch_max_frames: count().default(1_000),
  /** Batches that are being stored at once; while they are, and the next is full, nothing more is taken in. */
  max_storing: count().default(2),
  /** Longest pause between two tries to insert. */
  insert_backoff_max_ms: count(10).default(5_000),
  /** A frame that keeps a worker for so long is taken from it. */
  frame_timeout_ms: count(100).default(60_000),
  /** Heap of a worker; columns and frames lie outside of it. */
  worker_heap_mib: count(64).default(512),
  /** Rejects of one code and exporter kept with their bytes per second; the rest is only counted. */
  rejects_kept_per_s: count(0).default(10),
  /** How often batches of dead processors are looked for. */
  upkeep_ms: count(100).default(5_000),
  /** How long a finished batch is remembered, and twice as long as a frame may lie unstored in a processor. */
  batch_memory_ms: count(1_000).default(600_000),
  /** How long stop waits for the store; what is not stored then is stored after the next start. */
  stop_timeout_ms: count(0).default(15_000),
})
export type ProcessorConfig = z.infer<typeof processorSchema>
