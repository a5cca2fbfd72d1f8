import type { Component } from '../model/ports.js'
import { type AnyEngine, DetectorCore } from './detector_core.js'

/** A stream that is read, and how to end that. */
export interface Reading<T> {
  readonly items: AsyncIterableIterator<T>
  stop(): void
}

/**
 * A detector whose input is a durable stream: it goes on from its saved state, reads from there, and saves its state now and
 * then, also when nothing follows, and at the end.
 */
export abstract class StreamDetector<E extends AnyEngine, T> extends DetectorCore<E> implements Component {
  protected stopped = false
  #running: Promise<void> = Promise.resolve()
  #stopSource: (() => void) | undefined
  #saveTimer: NodeJS.Timeout | undefined

  /** Begins to read, once the engine has its saved state. */
  protected abstract open(from: number): Promise<Reading<T>>
  /** Takes one item of the stream. */
  protected abstract take(item: T): Promise<void>
  /** Does what is due without an item: saves, at least. */
  protected abstract idle(): Promise<void>

  async start(): Promise<void> {
    const { items, stop } = await this.open(await this.keeper.restore())
    this.#stopSource = stop
    this.#running = this.#run(items)
    await this.hearMarks()
    // What came last is saved also when nothing follows.
    this.#saveTimer = setInterval(() => void this.inTurn(() => this.idle()), this.keeper.intervalMs)
  }

  async stop(): Promise<void> {
    if (this.stopped) return
    this.stopped = true
    this.keeper.stop()
    this.#stopSource?.()
    clearInterval(this.#saveTimer)
    await this.#running
    await this.settled()
    await this.keeper.saveNow()
  }

  async #run(items: AsyncIterableIterator<T>): Promise<void> {
    for await (const item of items) {
      await this.take(item)
      if (this.keeper.unpublished) return
    }
  }
}
