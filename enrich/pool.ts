import { Piscina } from 'piscina'
import type { ExporterName } from '../model/exporter_name.js'
import type { CollectorTotals } from '../model/frame.js'
import type { FrameMemory } from '../model/ports.js'
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

/**
 * What a worker is given: the frame's bytes, which are its own until it gives them back, and the version of the setup. The
 * setup itself goes along only when a worker asked for it: tables are shared, but to hand them over each time costs more
 * than to decode the frame.
 */
export interface FrameTask {
  readonly frame: Uint8Array<ArrayBuffer>
  readonly version: number
  readonly setup?: WorkerSetup
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
  /** Names that exporters told in the frame. */
  readonly names: readonly ExporterName[]
  readonly registryVersion: number
  readonly stageUs: StageTimes
}

/**
 * A worker's answer: the outcome, or why the frame does not read, or neither when it does not have the setup; and the
 * memory of the frame for the next one.
 */
export interface FrameAnswer {
  readonly outcome?: FrameOutcome
  readonly corrupt?: string
  readonly memory: ArrayBuffer
}

/** The frame does not read; trying again would not help. The frame comes back with the error. */
export class CorruptFrameError extends Error {
  override readonly name = 'CorruptFrameError'
  readonly frame: Uint8Array<ArrayBuffer>

  constructor(message: string, frame: Uint8Array<ArrayBuffer>) {
    super(message)
    this.frame = frame
  }
}

export interface FramePoolDeps {
  /** The worker's file: `app/flow_worker.js`. */
  readonly worker: URL
  readonly memory: FrameMemory
  /** For the next frame. */
  setup(): WorkerSetup
}

/** Name of the function that the worker's file exports. */
const TASK = 'processFrame'

/**
 * The workers. A frame's memory goes to a worker and comes back with the answer: nothing is copied, and in the steady state
 * nothing is allocated. One frame at a time is with a worker: one that dies takes no other with it.
 */
export class FramePool {
  readonly #config: ProcessorConfig
  readonly #deps: FramePoolDeps
  readonly #pool: Piscina<FrameTask, FrameAnswer>

  constructor(config: ProcessorConfig, deps: FramePoolDeps) {
    this.#config = config
    this.#deps = deps
    this.#pool = this.#makePool(config.workers)
  }

  /** A copy of a frame in frame memory. */
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const frame = new Uint8Array(this.#deps.memory.take(bytes.length), 0, bytes.length)
    frame.set(bytes)
    return frame
  }

  /**
   * The outcome of a frame, which must lie in frame memory, and is gone with this call.
   * @throws CorruptFrameError when the frame does not read; another error when the worker throws, dies, or takes too long
   */
  run(frame: Uint8Array<ArrayBuffer>): Promise<FrameOutcome> {
    return this.#runOn(this.#pool, frame)
  }

  /** As `run`, in a worker that was made for this one frame and ends with it. */
  async runAlone(frame: Uint8Array<ArrayBuffer>): Promise<FrameOutcome> {
    const pool = this.#makePool(1)
    try {
      return await this.#runOn(pool, frame)
    } finally {
      await pool.destroy()
    }
  }

  async stop(): Promise<void> {
    await this.#pool.destroy()
  }

  async #runOn(pool: Piscina<FrameTask, FrameAnswer>, frame: Uint8Array<ArrayBuffer>): Promise<FrameOutcome> {
    const { byteOffset, length } = frame
    const setup = this.#deps.setup()
    const { version } = setup
    let answer = await this.#ask(pool, { frame, version })
    if (answer.outcome === undefined && answer.corrupt === undefined) {
      const again = new Uint8Array(answer.memory, byteOffset, length)
      answer = await this.#ask(pool, { frame: again, version, setup })
    }
    const { outcome, corrupt, memory } = answer
    if (outcome === undefined) {
      throw new CorruptFrameError(corrupt ?? 'no outcome', new Uint8Array(memory, byteOffset, length))
    }
    this.#deps.memory.give(memory)
    return outcome
  }

  /** The time of a frame counts from when a worker has it, not while it waits for one that is being started. */
  async #ask(pool: Piscina<FrameTask, FrameAnswer>, task: FrameTask): Promise<FrameAnswer> {
    for (;;) {
      const signal = AbortSignal.timeout(this.#config.frame_timeout_ms)
      try {
        return await pool.run(task, { transferList: [task.frame.buffer], signal })
      } catch (error) {
        const waits = task.frame.buffer.byteLength > 0 && signal.aborted
        if (!waits) throw error
      }
    }
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
