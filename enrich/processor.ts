import { Counter, Gauge, type Registry } from 'prom-client'
import type { ExporterName } from '../model/exporter_name.js'
import type { LedgerRow } from '../model/ledger.js'
import type {
  BlockStore,
  Clock,
  Component,
  DeadLetters,
  DeliveredFrame,
  EdgePayloadSink,
  FrameInput,
  Journal,
  Logger,
  PartialSink,
  Presence,
} from '../model/ports.js'
import { BatchLog } from './batch_log.js'
import { BatchWriter } from './batch_writer.js'
import { FramePool, type FramePoolDeps } from './pool.js'
import { Batches, type HeldFrame } from './processor_batches.js'
import type { ProcessorConfig } from './processor_config.js'
import { FrameHandler, type FrameIdentity } from './processor_frames.js'
import { Recovery } from './processor_recovery.js'

export interface ProcessorDeps extends FramePoolDeps {
  /** This life of this processor; no other process has it, nor has one ever had it. */
  readonly id: string
  readonly input: FrameInput
  readonly partials: PartialSink
  /** Takes the path metrics that flow exporters send. */
  readonly edges?: EdgePayloadSink
  readonly dead: DeadLetters
  readonly journal: Journal
  readonly presence: Presence
  readonly store: BlockStore
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Registry
  encodeLedger(rows: readonly LedgerRow[]): Uint8Array
  encodeNames(rows: readonly ExporterName[]): Uint8Array
  identify(frame: Uint8Array): FrameIdentity | undefined
}

/** Frames each worker has before it while it is at one. */
const QUEUED_PER_WORKER = 2
const REDELIVER_MS = 500

/**
 * Takes frames from the stream, has them decoded by workers, and stores them exactly once.
 *
 * ```
 * stream ─▶ worker ─▶ partial published at once
 *                 └─▶ batch ─▶ written to the journal ─▶ rows and ledger inserted under its token ─▶ frames
 *                               acknowledged ─▶ batch crossed out
 * ```
 *
 * Killed before the journal: the frames come again, to whoever is there. Killed after: the batch is rebuilt from the journal
 * and the stream and inserted under the same token, which the store folds. A frame that comes again is looked up there.
 */
export class Processor implements Component {
  readonly #config: ProcessorConfig
  readonly #deps: ProcessorDeps
  readonly #pool: FramePool
  readonly #handler: FrameHandler
  readonly #log: BatchLog
  readonly #batches: Batches
  readonly #recovery: Recovery
  /** Frames from delivery to acknowledgement; bounded by `#hasRoom` and the batches' bounds. */
  readonly #held = new Map<number, HeldFrame>()
  readonly #active = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  readonly #known: Counter
  #decodingBytes = 0
  #running: Promise<void> | undefined
  #upkeep: NodeJS.Timeout | undefined
  #stopped: Promise<void> | undefined
  #wake: (() => void) | undefined

  constructor(config: ProcessorConfig, deps: ProcessorDeps) {
    this.#config = config
    this.#deps = deps
    const { clock, logger, metrics, input } = deps
    const nowMs = () => clock.nowMs()
    this.#pool = new FramePool(config, deps)
    this.#handler = new FrameHandler(config.rejects_kept_per_s, { ...deps, pool: this.#pool, nowMs })
    this.#log = new BatchLog({ owner: deps.id, keepMs: config.batch_memory_ms }, { ...deps, nowMs })
    const writer = new BatchWriter(config.insert_backoff_max_ms, deps)
    this.#batches = new Batches(config, {
      log: this.#log,
      writer,
      input,
      logger,
      metrics,
      nowMs,
      onGone: (held) => {
        if (this.#held.get(held.sequence) === held) this.#held.delete(held.sequence)
      },
      onRoom: () => this.#wake?.(),
    })
    const recovery = { ...deps, log: this.#log, writer, handler: this.#handler, pool: this.#pool }
    this.#recovery = new Recovery(deps.id, QUEUED_PER_WORKER * config.workers, recovery)
    this.#known = new Counter({
      name: 'vigie_processor_frames_known_total',
      help: 'Frames that came again and were stored already.',
      registers: [metrics],
    })
    this.#gauge('frames_in_hand', 'Frames delivered and not yet acknowledged.', () => this.#held.size)
    this.#gauge('decoding_bytes', 'Bytes of frames with the workers.', () => this.#decodingBytes)
    this.#gauge('gathered_rows', 'Rows of the batch that gathers.', () => this.#batches.rowsGathered)
    this.#gauge('storing_batches', 'Batches that are being stored.', () => this.#batches.storing)
  }

  /** Resolves when frames are being taken, or dead processors' batches finished first. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return
    this.#deps.presence.announce(this.#deps.id)
    await this.#log.start()
    this.#running = this.#run().catch((error: Error) => {
      if (!this.#abort.signal.aborted)
        this.#deps.logger.error({ error: error.stack }, 'the processor stands still')
    })
    this.#upkeep = setInterval(() => this.#keepUp(), this.#config.upkeep_ms)
  }

  /** Takes nothing more in, stores what is in hand if the store lets it in time, and ends the workers. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    clearInterval(this.#upkeep)
    this.#deps.input.close()
    const timer = setTimeout(() => this.#abort.abort(), this.#config.stop_timeout_ms)
    this.#wake?.()
    await this.#running
    await Promise.allSettled(this.#active)
    await this.#batches.drain(this.#abort.signal)
    clearTimeout(timer)
    this.#abort.abort()
    await this.#pool.stop()
  }

  async #run(): Promise<void> {
    await this.#recover()
    for await (const delivery of this.#deps.input.frames()) {
      while (!this.#hasRoom() && this.#stopped === undefined) await this.#room()
      const active: Promise<void> = this.#take(delivery).finally(() => {
        this.#active.delete(active)
        this.#wake?.()
      })
      this.#active.add(active)
    }
  }

  #hasRoom(): boolean {
    const { workers, max_decoding_bytes } = this.#config
    if (this.#batches.full || this.#decodingBytes >= max_decoding_bytes) return false
    return this.#active.size < workers * (1 + QUEUED_PER_WORKER)
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  async #take(delivery: DeliveredFrame): Promise<void> {
    const { sequence } = delivery
    const before = this.#held.get(sequence)
    if (before !== undefined) {
      before.delivery = delivery
      return
    }
    const held: HeldFrame = { sequence, delivery, takenMs: this.#deps.clock.nowMs() }
    this.#held.set(sequence, held)
    try {
      if (delivery.redelivered && (await this.#isSettled(held))) {
        this.#held.delete(sequence)
        return
      }
      const { size } = delivery
      this.#decodingBytes += size
      try {
        const handled = await this.#handler.handle(sequence, delivery.take(), this.#abort.signal)
        this.#batches.add({ held, sequence, ...handled }, this.#abort.signal)
      } finally {
        this.#decodingBytes -= size
      }
    } catch (error) {
      this.#held.delete(sequence)
      this.#deps.logger.error(
        { sequence, error: (error as Error).stack },
        'a frame could not be handled; it will come again',
      )
      held.delivery.retry(REDELIVER_MS)
    }
  }

  /** Whether a frame that came again needs no decoding here: it is stored, or in a batch that somebody sees to. */
  async #isSettled(held: HeldFrame): Promise<boolean> {
    await this.#log.refresh()
    const batch = this.#log.batchOf(held.sequence)
    if (batch === undefined) return false
    if (batch.done) {
      this.#known.inc()
      held.delivery.ack()
      return true
    }
    held.delivery.retry(REDELIVER_MS)
    void this.#recover()
    return true
  }

  async #recover(): Promise<void> {
    await this.#recovery.run(this.#abort.signal).catch((error: Error) => {
      if (!this.#abort.signal.aborted)
        this.#deps.logger.warn({ error: error.message }, 'batches of dead processors wait')
    })
  }

  #keepUp(): void {
    void this.#recover()
    const trim = async (): Promise<void> => this.#log.trim(await this.#deps.input.ackFloor())
    trim().catch((error: Error) =>
      this.#deps.logger.debug({ error: error.message }, 'the journal is not trimmed yet'),
    )
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `vigie_processor_${name}`,
      help,
      registers: [this.#deps.metrics],
      collect() {
        this.set(value())
      },
    })
  }
}
