import type { PollClock } from './ports.js'

/** So many at once; the others wait in their order. */
export class Semaphore {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(places: number) {
    this.#free = places
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}

/** Keeps the requests to one controller apart, and all of them back where it asked for that. */
export class RateGate {
  readonly #clock: PollClock
  readonly #spacingMs: number
  #nextMs = 0
  #heldMs = 0

  constructor(clock: PollClock, requestsPerS: number) {
    this.#clock = clock
    this.#spacingMs = 1000 / requestsPerS
  }

  /** Resolves when the next request may go, or at once when `signal` is aborted. */
  async pass(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = this.#clock.nowMs()
      const at = Math.max(this.#nextMs, this.#heldMs)
      if (at <= now) {
        this.#nextMs = now + this.#spacingMs
        return
      }
      await this.#clock.sleep(at - now, signal)
    }
  }

  /** Nobody passes before. */
  hold(ms: number): void {
    this.#heldMs = Math.max(this.#heldMs, this.#clock.nowMs() + ms)
  }
}
