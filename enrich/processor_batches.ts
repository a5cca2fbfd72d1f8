import { Counter, type Registry } from 'prom-client'
import type { DeliveredFrame, FrameInput, Logger } from '../model/ports.js'
import type { BatchLog } from './batch_log.js'
import { type BatchWriter, batchToken } from './batch_writer.js'
import type { FrameOutcome } from './pool.js'
import type { ProcessorConfig } from './processor_config.js'

/** A frame in the hands of this processor. */
export interface HeldFrame {
  readonly sequence: number
  /** The newest delivery: a frame that is delivered again is acknowledged by its last. */
  delivery: DeliveredFrame
  readonly takenMs: number
}

/** A held frame with its rows. */
export interface ReadyFrame {
  readonly held: HeldFrame
  readonly sequence: number
  readonly outcome: FrameOutcome
  readonly published: Promise<void>
}

export interface BatchesDeps {
  readonly log: BatchLog
  readonly writer: BatchWriter
  readonly input: FrameInput
  readonly logger: Logger
  readonly metrics: Registry
  nowMs(): number
  /** The frame has left this processor: acknowledged, or given back. */
  onGone(held: HeldFrame): void
  /** There may be room again. */
  onRoom(): void
}

/** Frames that belong to another's batch come again after this time; then that batch is done, or its owner dead. */
const GIVE_BACK_MS = 1_000

/**
 * Gathers decoded frames to batches and sees each through: written down, inserted, acknowledged, crossed out. Bounds:
 * one batch gathers, `max_storing` are being stored, and `full` asks for no more while both are.
 */
export class Batches {
  readonly #config: ProcessorConfig
  readonly #deps: BatchesDeps
  readonly #storing = new Set<Promise<void>>()
  readonly #stored: Counter
  readonly #foreign: Counter
  #gathering: ReadyFrame[] = []
  #rows = 0
  #due = false
  #timer: NodeJS.Timeout | undefined

  constructor(config: ProcessorConfig, deps: BatchesDeps) {
    this.#config = config
    this.#deps = deps
    this.#stored = new Counter({
      name: 'vigie_processor_batches_total',
      help: 'Batches that were stored.',
      registers: [deps.metrics],
    })
    this.#foreign = new Counter({
      name: 'vigie_processor_frames_given_back_total',
      help: 'Frames that another processor had put into a batch of its own.',
      registers: [deps.metrics],
    })
  }

  /** Batches that are being stored. */
  get storing(): number {
    return this.#storing.size
  }

  get rowsGathered(): number {
    return this.#rows
  }

  /** Whether what is gathered fills a batch that cannot be stored yet. */
  get full(): boolean {
    return this.#storing.size >= this.#config.max_storing && this.#isFull()
  }

  add(frame: ReadyFrame, signal: AbortSignal): void {
    this.#gathering.push(frame)
    this.#rows += frame.outcome.rows
    this.#timer ??= setTimeout(() => {
      this.#due = true
      this.#flush(signal)
    }, this.#config.batch_max_ms)
    this.#flush(signal)
  }

  /** Stores what is gathered, and resolves when nothing is being stored any more. */
  async drain(signal: AbortSignal): Promise<void> {
    while (this.#gathering.length > 0 || this.#storing.size > 0) {
      this.#due = true
      this.#flush(signal)
      await Promise.race(this.#storing)
    }
  }

  #isFull(): boolean {
    return this.#rows >= this.#config.batch_rows || this.#gathering.length >= this.#config.batch_max_frames
  }

  #flush(signal: AbortSignal): void {
    if (this.#storing.size >= this.#config.max_storing || this.#gathering.length === 0) return
    if (!this.#due && !this.#isFull()) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#due = false
    const frames = this.#gathering.sort((a, b) => a.sequence - b.sequence)
    this.#gathering = []
    this.#rows = 0
    // All that may fail is tried again inside; what is thrown here is a fault of the program, and nobody catches it: the
    // process ends, and the next one begins with what the journal says.
    const storing: Promise<void> = this.#store(frames, signal)
      .catch((error: Error) => {
        if (!signal.aborted) throw error
      })
      .finally(() => {
        this.#storing.delete(storing)
        this.#flush(signal)
        this.#deps.onRoom()
      })
    this.#storing.add(storing)
  }

  async #store(frames: readonly ReadyFrame[], signal: AbortSignal): Promise<void> {
    const { log, writer } = this.#deps
    const fresh = await this.#withoutFinished(frames)
    const bySequence = new Map(fresh.map((f) => [f.sequence, f]))
    const pick = (sequences: readonly number[]): ReadyFrame[] => sequences.map((s) => bySequence.get(s)!)
    const batch = await log.claim([...bySequence.keys()], (sequences) => batchToken(pick(sequences)), signal)
    const mine = batch === undefined ? [] : pick(batch.sequences)
    this.#giveBack(frames, mine)
    if (batch === undefined) return
    await writer.write(batch.token, mine, signal)
    await Promise.all(mine.map((f) => f.published))
    await Promise.all(mine.map((f) => this.#acknowledge(f.held)))
    await log.finish(batch, signal)
    this.#stored.inc()
  }

  /**
   * A frame that lay here for very long (the machine slept) may have been stored by another, and its batch forgotten. The
   * log forgets only acknowledged frames, so their acknowledgement tells.
   */
  async #withoutFinished(frames: readonly ReadyFrame[]): Promise<readonly ReadyFrame[]> {
    const since = this.#deps.nowMs() - this.#config.batch_memory_ms / 2
    if (frames.every((f) => f.held.takenMs > since)) return frames
    const floor = await this.#deps.input.ackFloor()
    return frames.filter((f) => f.sequence > floor)
  }

  #giveBack(frames: readonly ReadyFrame[], mine: readonly ReadyFrame[]): void {
    if (mine.length === frames.length) return
    const kept = new Set(mine)
    for (const frame of frames) {
      if (kept.has(frame)) continue
      this.#foreign.inc()
      frame.held.delivery.retry(GIVE_BACK_MS)
      this.#deps.onGone(frame.held)
    }
  }

  async #acknowledge(held: HeldFrame): Promise<void> {
    try {
      await held.delivery.ackConfirmed()
    } catch {
      // NATS is away. The frame will come again, and the log says that it is stored.
      held.delivery.ack()
    }
    this.#deps.onGone(held)
  }
}
