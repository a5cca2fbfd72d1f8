import { setTimeout as delay } from 'node:timers/promises'
import { Counter, type Registry } from 'prom-client'
import type {
  DeadLetters,
  EdgePayloadSink,
  FrameInput,
  FrameMemory,
  Logger,
  PartialSink,
} from '../model/ports.js'
import type { Reject } from '../model/reject.js'
import { CorruptFrameError, type FrameOutcome, type FramePool } from './pool.js'
import { RejectGate } from './processor_rejects.js'

/** What the head of a frame says, read without trusting the rest. */
export interface FrameIdentity {
  readonly collector: string
  readonly number: number
  readonly closedMs: number
  readonly datagrams: number
}

export interface FrameHandlerDeps {
  readonly pool: FramePool
  readonly input: FrameInput
  readonly memory: FrameMemory
  readonly partials: PartialSink
  /** Takes the path metrics that flow exporters send; without it they are left. */
  readonly edges?: EdgePayloadSink
  readonly dead: DeadLetters
  readonly logger: Logger
  readonly metrics: Registry
  nowMs(): number
  /** Undefined when not even the head reads. */
  identify(frame: Uint8Array): FrameIdentity | undefined
}

/** A decoded frame; `published` resolves when its partial, and its path metrics, are in their streams. */
export interface HandledFrame {
  readonly outcome: FrameOutcome
  readonly published: Promise<void>
}

const RETRY_FIRST_MS = 50
const RETRY_MAX_MS = 5_000
const NOTHING = new Uint8Array(0)
const NO_TIME = { decode: 0, enrich: 0, observe: 0, encode: 0 } as const
const NO_TOTALS = {
  received: 0,
  framed: 0,
  rejected: {},
  waiting: 0,
  kernelDropped: 0,
  sequenceLost: 0,
} as const

/** One frame through a worker, with all that follows at once from its outcome: partial, dead letters, counts. */
export class FrameHandler {
  readonly #deps: FrameHandlerDeps
  readonly #gate: RejectGate
  readonly #counts: ReturnType<typeof makeCounters>

  constructor(rejectsKeptPerSecond: number, deps: FrameHandlerDeps) {
    this.#deps = deps
    this.#gate = new RejectGate(rejectsKeptPerSecond)
    this.#counts = makeCounters(deps.metrics)
  }

  /**
   * Decodes a frame and sends its partial off. A frame that does not read, or that fails a worker twice, the second time
   * alone in one of its own, is quarantined whole: its outcome has no rows and one reject.
   * @param frame in frame memory; gone with this call
   */
  async handle(sequence: number, frame: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<HandledFrame> {
    const outcome = await this.#decode(sequence, frame)
    this.#count(outcome)
    this.#keep(outcome)
    const published = this.#publishAll(sequence, outcome, signal)
    // Awaited by whoever stores the frame; until then an abort is nobody's error.
    published.catch(() => {})
    return { outcome, published }
  }

  async #decode(sequence: number, frame: Uint8Array<ArrayBuffer>): Promise<FrameOutcome> {
    const { pool, logger } = this.#deps
    try {
      return await pool.run(frame)
    } catch (error) {
      if (error instanceof CorruptFrameError) return this.#corrupt(sequence, error)
      this.#counts.workerFailures.inc()
      const { message } = error as Error
      logger.warn(
        { sequence, error: message },
        'a worker failed on a frame; the frame is tried once more alone',
      )
    }
    // The frame's memory went with the worker: the stream still has it.
    const bytes = (await this.#deps.input.fetch(sequence)) ?? NOTHING
    try {
      return await pool.runAlone(pool.copy(bytes))
    } catch (error) {
      if (error instanceof CorruptFrameError) return this.#corrupt(sequence, error)
      return this.#quarantine(sequence, bytes.slice(), error as Error)
    }
  }

  #corrupt(sequence: number, error: CorruptFrameError): FrameOutcome {
    const bytes = error.frame.slice()
    this.#deps.memory.give(error.frame.buffer)
    return this.#quarantine(sequence, bytes, error)
  }

  #quarantine(sequence: number, bytes: Uint8Array, error: Error): FrameOutcome {
    const identity = this.#deps.identify(bytes)
    this.#deps.logger.error({ sequence, ...identity, error: error.message }, 'a frame is quarantined')
    this.#counts.quarantined.inc()
    const message = `frame ${sequence} does not read: ${error.message}`
    return {
      collector: identity?.collector ?? '',
      number: identity?.number ?? 0,
      closedMs: identity?.closedMs ?? 0,
      totals: NO_TOTALS,
      datagrams: identity?.datagrams ?? 0,
      records: 0,
      rows: 0,
      blocks: [],
      partials: [],
      rejectedBy: { frame_corrupt: 1 },
      rejects: [{ code: 'frame_corrupt', message, count: 1, bytes }],
      rejectsLeftOut: 0,
      names: [],
      registryVersion: 0,
      stageUs: NO_TIME,
    }
  }

  #count({ datagrams, records, rows, rejectedBy, stageUs }: FrameOutcome): void {
    const c = this.#counts
    c.frames.inc()
    c.datagrams.inc(datagrams)
    c.records.inc(records)
    c.rows.inc(rows)
    for (const [code, n] of Object.entries(rejectedBy)) c.rejected.inc({ code }, n)
    for (const [stage, us] of Object.entries(stageUs)) c.stageSeconds.inc({ stage }, us / 1e6)
  }

  /** Rejects go to the dead letters as far as the gate lets them; everything is counted, also what is not kept. */
  #keep(outcome: FrameOutcome): void {
    const nowMs = this.#deps.nowMs()
    let leftOut = outcome.rejectsLeftOut
    for (const reject of outcome.rejects) {
      if (reject.code !== 'frame_corrupt' && !this.#gate.keeps(reject, nowMs)) leftOut++
      else this.#keepOne(reject)
    }
    if (leftOut > 0) this.#counts.lettersLeftOut.inc(leftOut)
  }

  #keepOne(reject: Reject): void {
    this.#deps.dead.keep(reject).then(
      () => this.#counts.letters.inc({ code: reject.code }),
      (error: Error) => {
        this.#counts.lettersLeftOut.inc()
        this.#deps.logger.warn({ code: reject.code, error: error.message }, 'a dead letter could not be kept')
      },
    )
  }

  async #publishAll(sequence: number, outcome: FrameOutcome, signal: AbortSignal): Promise<void> {
    await this.#insist(sequence, signal, () => this.#deps.partials.publish(sequence, outcome.partials))
    const { edges } = this.#deps
    if (outcome.paths === undefined || edges === undefined) return
    for (const [i, { exporter, receivedMs, rows }] of outcome.paths.entries()) {
      const origin = { way: 'flow', source: outcome.collector, address: exporter, device: exporter } as const
      const payload = { vendor: 'velocloud', origin, receivedMs, bytes: Buffer.from(rows) }
      // A frame that comes again gives the same payload under the same id.
      const id = `paths-${outcome.collector}-${outcome.number}-${i}`
      await this.#insist(sequence, signal, () => edges.publish(payload, id))
    }
  }

  async #insist(sequence: number, signal: AbortSignal, attempt: () => Promise<void>): Promise<void> {
    for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(RETRY_MAX_MS, waitMs * 2)) {
      try {
        return await attempt()
      } catch (error) {
        this.#counts.partialRetries.inc()
        this.#deps.logger.debug(
          { sequence, error: (error as Error).message },
          'what came of a frame could not be published yet',
        )
        await delay(waitMs, undefined, { signal })
      }
    }
  }
}

function makeCounters(metrics: Registry) {
  const registers = [metrics]
  const counter = <L extends string = never>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
    new Counter<L>({ name: `vigie_processor_${name}`, help, labelNames, registers })
  return {
    frames: counter('frames_total', 'Frames that were decoded or quarantined, repetitions included.'),
    datagrams: counter('datagrams_total', 'Datagrams of decoded frames, repetitions included.'),
    records: counter('records_total', 'Flow records met in datagrams, repetitions included.'),
    rows: counter('rows_total', 'Rows made of flow records, repetitions included.'),
    rejected: counter(
      'rejected_total',
      'Rejects by code, in the unit of the code, repetitions included.',
      'code',
    ),
    letters: counter('dead_letters_total', 'Rejects that were kept with their bytes.', 'code'),
    lettersLeftOut: counter(
      'dead_letters_left_out_total',
      'Rejects that were counted and not kept with their bytes.',
    ),
    quarantined: counter('frames_quarantined_total', 'Frames that were put into the dead letters whole.'),
    workerFailures: counter('worker_failures_total', 'Workers that threw, died or took too long.'),
    partialRetries: counter(
      'partial_retries_total',
      'Partials that could not be published at the first try.',
    ),
    stageSeconds: counter('worker_seconds_total', 'Time of the workers by stage.', 'stage'),
  }
}
