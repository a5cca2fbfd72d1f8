import { Piscina } from 'piscina'
import type { ExporterName } from '../model/exporter_name.js'
import type { CollectorTotals } from '../model/frame.js'
import type { FrameMemory } from '../model/ports.js'
import type { Reject } from '../model/reject.js'
import type { ProcessorConfig } from './processor_config.js'
import type { SharedTables } from './tables/shared_tables.js'

/** What holds for a frame besides its bytes; a changed registry, or new threat indicators, make another one. */
export interface WorkerSetup {
  /** Of the setup, within this process: counts up with each change. That of the registry is in the tables. */
  readonly version: number
  /** Left out: nothing is enriched. */
  readonly tables?: SharedTables
  /** Security services to look for, by id, with the parameters that miss nothing. */
  readonly observed: readonly { readonly id: string; readonly parameters: unknown }[]
  /** Detectors that share the organisations between them, each with a partial of its own; one unless told otherwise. */
  readonly shards?: number
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
  /** Shared memory; the worker sets the word at `slot` when it begins, and only then the frame's time counts. */
  readonly begun: Int32Array<SharedArrayBuffer>
  readonly slot: number
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
  /** What detection is told of the frame, a partial a shard; none when the frame does not read. */
  readonly partials: readonly Uint8Array[]
  readonly rejectedBy: Readonly<Record<string, number>>
  /** The first rejects of the frame with their bytes; `rejectedBy` counts all. */
  readonly rejects: readonly Reject[]
  /** Rejects that are counted and not in `rejects`. */
  readonly rejectsLeftOut: number
  /** Names that exporters told in the frame. */
  readonly names: readonly ExporterName[]
  readonly registryVersion: number
  readonly stageUs: StageTimes
  /** Records that measure paths of an SD-WAN, by exporter; left out where there are none, which is the rule. */
  readonly paths?: readonly FramePaths[]
}

/** Path metrics of one exporter in a frame. */
export interface FramePaths {
  readonly exporter: string
  readonly receivedMs: number
  /** JSON, a row a line, as the adapter `velocloud` reads it. */
  readonly rows: string
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
/** More than frames that are with the workers at once. */
const SLOTS = 65_536
/**
 * Piscina tries `require` first, which this Node can do for modules; a worker that is ended in the midst of that takes the
 * process with it (V8: "IsGraphAsync must be used on an instantiated module"). With this flag it goes to `import` at once.
 */
const EXEC_ARGV = 'require_module' in process.features ? ['--no-experimental-require-module'] : []

/**
 * The workers. A frame's memory goes to a worker and comes back with the answer: nothing is copied, and in the steady state
 * nothing is allocated. One frame at a time is with a worker: one that dies takes no other with it.
 */
export class FramePool {
  readonly #config: ProcessorConfig
  readonly #deps: FramePoolDeps
  readonly #pool: Piscina<FrameTask, FrameAnswer>
  readonly #begun = new Int32Array(new SharedArrayBuffer(4 * SLOTS))
  #lastSlot = 0

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
    let answer = await this.#ask(pool, { frame, version, ...this.#slot() })
    if (answer.outcome === undefined && answer.corrupt === undefined) {
      const again = new Uint8Array(answer.memory, byteOffset, length)
      answer = await this.#ask(pool, { frame: again, version, setup, ...this.#slot() })
    }
    const { outcome, corrupt, memory } = answer
    if (outcome === undefined) {
      throw new CorruptFrameError(corrupt ?? 'no outcome', new Uint8Array(memory, byteOffset, length))
    }
    this.#deps.memory.give(memory)
    return outcome
  }

  /** A frame that keeps its worker for too long ends with it; one that waits for a worker to start just waits. */
  async #ask(pool: Piscina<FrameTask, FrameAnswer>, task: FrameTask): Promise<FrameAnswer> {
    const abort = new AbortController()
    let begunBefore = false
    const timer = setInterval(() => {
      if (begunBefore) abort.abort()
      begunBefore = Atomics.load(task.begun, task.slot) === 1
    }, this.#config.frame_timeout_ms)
    try {
      return await pool.run(task, { transferList: [task.frame.buffer], signal: abort.signal })
    } finally {
      clearInterval(timer)
    }
  }

  #slot(): Pick<FrameTask, 'begun' | 'slot'> {
    this.#lastSlot = (this.#lastSlot + 1) % SLOTS
    Atomics.store(this.#begun, this.#lastSlot, 0)
    return { begun: this.#begun, slot: this.#lastSlot }
  }

  #makePool(threads: number): Piscina<FrameTask, FrameAnswer> {
    return new Piscina({
      filename: this.#deps.worker.href,
      name: TASK,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      execArgv: EXEC_ARGV,
      resourceLimits: { maxOldGenerationSizeMb: this.#config.worker_heap_mib },
      recordTiming: false,
    })
  }
}
