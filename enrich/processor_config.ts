import { availableParallelism } from 'node:os'
import { z } from 'zod'

const MIB = 1024 * 1024
const count = (min = 1) => z.number().int().min(min)

/** One core is left to the main thread and to what else runs on the machine. */
export const DEFAULT_WORKERS = Math.max(1, availableParallelism() - 1)

export const processorSchema = z.strictObject({
  workers: count()
    .default(DEFAULT_WORKERS)
    .describe('threads that decode, enrich, observe and encode; one a core less one unless told otherwise'),
  max_decoding_bytes: count(MIB)
    .default(16 * MIB)
    .describe('bytes of frames that are with the workers at once'),
  batch_rows: count().default(200_000).describe('a batch is stored when it has so many rows'),
  batch_max_ms: count().default(1_000).describe('or when its first frame has waited for so long'),
  batch_max_frames: count().default(1_000).describe('or when it has so many frames'),
  max_storing: count()
    .default(2)
    .describe('batches stored at once; while they are, and the next is full, nothing more is taken in'),
  insert_backoff_max_ms: count(10).default(5_000).describe('longest pause between two tries to insert'),
  frame_timeout_ms: count(100)
    .default(60_000)
    .describe('a frame that keeps a worker for so long is taken from it'),
  worker_heap_mib: count(64).default(512).describe('heap of a worker; columns and frames lie outside of it'),
  rejects_kept_per_s: count(0)
    .default(10)
    .describe('rejects of one code and exporter kept with their bytes per second; the rest is only counted'),
  upkeep_ms: count(100).default(5_000).describe('how often batches of dead processors are looked for'),
  batch_memory_ms: count(1_000)
    .default(600_000)
    .describe('how long finished batches are remembered, against frames that come again'),
  stop_timeout_ms: count(0)
    .default(15_000)
    .describe('how long stop waits for the store; what is not stored then is stored after the next start'),
})
export type ProcessorConfig = z.infer<typeof processorSchema>
