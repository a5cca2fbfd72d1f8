import { setTimeout as delay } from 'node:timers/promises'
import { Counter, type Registry } from 'prom-client'
import type { FrameInput, Logger, Presence } from '../model/ports.js'
import type { BatchLog, LoggedBatch } from './batch_log.js'
import type { BatchWriter } from './batch_writer.js'
import type { FramePool } from './pool.js'
import type { FrameHandler, HandledFrame } from './processor_frames.js'

export interface RecoveryDeps {
  readonly log: BatchLog
  readonly writer: BatchWriter
  readonly handler: FrameHandler
  readonly pool: FramePool
  readonly input: FrameInput
  readonly presence: Presence
  readonly logger: Logger
  readonly metrics: Registry
}

const FETCH_RETRY_MS = 250

/**
 * Finishes the batches of processors that died: each is rebuilt from the stream, frame by frame, and stored under its
 * token, which the store folds if it has it already. Two processors that do this at once do no harm.
 */
export class Recovery {
  readonly #owner: string
  /** Frames decoded at once. */
  readonly #parallel: number
  readonly #deps: RecoveryDeps
  readonly #recovered: Counter
  #running: Promise<void> | undefined

  constructor(owner: string, parallel: number, deps: RecoveryDeps) {
    this.#owner = owner
    this.#parallel = parallel
    this.#deps = deps
    this.#recovered = new Counter({
      name: 'vigie_processor_batches_recovered_total',
      help: 'Batches of dead processors that were rebuilt and stored.',
      registers: [deps.metrics],
    })
  }

  /** Looks for batches of dead processors and finishes them, one after the other; joins a run that is under way. */
  run(signal: AbortSignal): Promise<void> {
    this.#running ??= this.#run(signal).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { log, presence } = this.#deps
    await log.refresh()
    const alive = new Map<string, boolean>([[this.#owner, true]])
    for (const batch of log.open()) {
      if (!alive.has(batch.owner)) alive.set(batch.owner, await presence.isAlive(batch.owner))
      if (!alive.get(batch.owner) && !batch.done) await this.#recover(batch, signal)
    }
  }

  async #recover(batch: LoggedBatch, signal: AbortSignal): Promise<void> {
    const { token, owner, sequences } = batch
    const { log, writer, logger } = this.#deps
    logger.info({ token, owner, frames: sequences.length }, 'rebuilding a batch of a dead processor')
    const frames: (HandledFrame & { sequence: number })[] = []
    for (let at = 0; at < sequences.length; at += this.#parallel) {
      const group = sequences.slice(at, at + this.#parallel)
      const handled = await Promise.all(group.map((sequence) => this.#handle(sequence, signal)))
      if (handled.includes(undefined)) {
        // Frames are trimmed only when they are acknowledged, and acknowledged only when their batch is stored.
        logger.info({ token }, 'the batch was stored before its processor died')
        return log.finish(batch, signal)
      }
      handled.forEach((h, i) => {
        frames.push({ ...h!, sequence: group[i]! })
      })
    }
    await writer.write(token, frames, signal)
    await Promise.all(frames.map((f) => f.published))
    await log.finish(batch, signal)
    this.#recovered.inc()
  }

  async #handle(sequence: number, signal: AbortSignal): Promise<HandledFrame | undefined> {
    const bytes = await this.#fetch(sequence, signal)
    return bytes && this.#deps.handler.handle(sequence, this.#deps.pool.copy(bytes), signal)
  }

  async #fetch(sequence: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    for (;;) {
      try {
        return await this.#deps.input.fetch(sequence)
      } catch (error) {
        this.#deps.logger.debug(
          { sequence, error: (error as Error).message },
          'a frame cannot be fetched yet',
        )
        await delay(FETCH_RETRY_MS, undefined, { signal })
      }
    }
  }
}
