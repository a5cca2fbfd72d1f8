import { Piscina } from 'piscina'
import type { CollectorTotals } from '../model/frame.js'
import type { Reject } from '../model/reject.js'
import type { ProcessorConfig } from './processor_config.js'
import type { SharedTables } from './tables/shared_tables.js'

/** What holds for a frame besides its bytes; a changed registry makes another one, with another version. */
export interface WorkerSetup {
  readonly version: number
  /** Left out: nothing is enriched. */
  readonly tables?: SharedTables
  /** Security services to look for, by id, with the parameters that miss nothing. */
  readonly observed: readonly { readonly id: string; readonly parameters: unknown }[]
}

/** What a worker is given: the frame's bytes, which are its own until it gives them back, and the setup of the moment. */
export interface FrameTask {
  readonly frame: Uint8Array<ArrayBuffer>
  readonly setup: WorkerSetup
}

/** Microseconds of a worker by stage. */
export interface StageTimes {
  readonly decode: number
  readonly enrich: number
  readonly observe: number
  readonly encode: number
}

/** What became of a frame. `records` are `rows` and the counts of those rejects whose unit is the record. */
export interface FrameOutcome {
  readonly collector: string
  readonly number: number
  readonly closedMs: number
  readonly totals: CollectorTotals
  readonly datagrams: number
  readonly records: number
  /** Rows of `blocks` together. */
  readonly rows: number
  /** Native blocks, in order. */
  readonly blocks: readonly Uint8Array[]
  readonly partial: Uint8Array
  readonly rejectedBy: Readonly<Record<string, number>>
  /** The first rejects of the frame with their bytes; `rejectedBy` counts all. */
  readonly rejects: readonly Reject[]
  /** Rejects that are counted and not in `rejects`. */
  readonly rejectsLeftOut: number
  readonly registryVersion: number
  readonly stageUs: StageTimes
}

/** A worker's answer: the outcome or why the frame does not read, and the memory of the frame for the next one. */
export interface FrameAnswer {
  readonly outcome?: FrameOutcome
  readonly corrupt?: string
  readonly memory: ArrayBuffer
}

/** The frame does not read; trying again would not help. */
export class CorruptFrameError extends Error {
  override readonly name = 'CorruptFrameError'
}

export interface FramePoolDeps {
  /** The worker's file: `app/flow_worker.js`. */
  readonly worker: URL
  /** For the next frame. */
  setup(): WorkerSetup
}

const MIN_BUFFER_BYTES = 65_536
/** Name of the function that the worker's file exports. */
const TASK = 'processFrame'

/**
 * The workers. A frame is copied once, into memory that is transferred to a worker and comes back with the answer, so
 * that in the steady state no frame allocates. One frame at a time is with a worker: one that dies takes no other with it.
 */
export class FramePool {
  readonly #config: ProcessorConfig
  readonly #deps: FramePoolDeps
  readonly #pool: Piscina<FrameTask, FrameAnswer>
  /** Memory for frames, by size; bounded by what can be with the workers at once. */
  readonly #spare: ArrayBuffer[] = []

  constructor(config: ProcessorConfig, deps: FramePoolDeps) {
    this.#config = config
    this.#deps = deps
    this.#pool = this.#makePool(config.workers)
  }

  /** Frames with the workers or waiting for one. */
  get busy(): number {
    return this.#pool.queueSize + this.#pool.threads.length
  }

  /** The outcome of a frame; `bytes` stay the caller's. Rejects when the worker throws, dies, or takes too long. */
  run(bytes: Uint8Array): Promise<FrameOutcome> {
    return this.#runOn(this.#pool, bytes)
  }

  /** As `run`, in a worker that was made for this one frame and ends with it. */
  async runAlone(bytes: Uint8Array): Promise<FrameOutcome> {
    const pool = this.#makePool(1)
    try {
      return await this.#runOn(pool, bytes)
    } finally {
      await pool.destroy()
    }
  }

  async stop(): Promise<void> {
    await this.#pool.destroy()
  }

  async #runOn(pool: Piscina<FrameTask, FrameAnswer>, bytes: Uint8Array): Promise<FrameOutcome> {
    const memory = this.#memory(bytes.length)
    const frame = new Uint8Array(memory, 0, bytes.length)
    frame.set(bytes)
    const task: FrameTask = { frame, setup: this.#deps.setup() }
    const signal = AbortSignal.timeout(this.#config.frame_timeout_ms)
    const answer = await pool.run(task, { transferList: [memory], signal })
    if (this.#spare.length < 2 * this.#config.workers) this.#spare.push(answer.memory)
    if (answer.outcome === undefined)
      throw new CorruptFrameError(answer.corrupt ?? 'the worker gave no outcome')
    return answer.outcome
  }

  /** The smallest spare memory that holds `bytes`, else new memory, a power of two large. */
  #memory(bytes: number): ArrayBuffer {
    let best = -1
    for (let i = 0; i < this.#spare.length; i++) {
      const { byteLength } = this.#spare[i]!
      if (byteLength >= bytes && (best < 0 || byteLength < this.#spare[best]!.byteLength)) best = i
    }
    if (best >= 0) return this.#spare.splice(best, 1)[0]!
    let size = MIN_BUFFER_BYTES
    while (size < bytes) size *= 2
    return new ArrayBuffer(size)
  }

  #makePool(threads: number): Piscina<FrameTask, FrameAnswer> {
    return new Piscina({
      filename: this.#deps.worker.href,
      name: TASK,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      resourceLimits: { maxOldGenerationSizeMb: this.#config.worker_heap_mib },
      recordTiming: false,
    })
  }
}
