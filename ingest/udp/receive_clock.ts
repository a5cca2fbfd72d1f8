import type { Clock } from '../../model/ports.js'

/** Beyond this the wall clock was set; below it runs, and is followed without a step. */
const STEP_MS = 2

/**
 * The collector's clock in µs since 1970: the wall clock, whose ms are refined by the monotonic one. Follows the wall
 * clock when that is set, forwards or backwards, as often as `follow` is called.
 */
export class ReceiveClock {
  readonly #wall: Clock
  readonly #monotonicMs: () => number
  #offsetMs: number

  /** @param monotonicMs ms with a fraction, from any origin, never backwards */
  constructor(wall: Clock, monotonicMs: () => number) {
    this.#wall = wall
    this.#monotonicMs = monotonicMs
    this.#offsetMs = wall.nowMs() - monotonicMs()
  }

  nowUs(): number {
    return Math.floor((this.#monotonicMs() + this.#offsetMs) * 1000)
  }

  /** Brings the two clocks together again; a few times a second is plenty. */
  follow(): void {
    const offset = this.#wall.nowMs() - this.#monotonicMs()
    if (Math.abs(offset - this.#offsetMs) > STEP_MS) this.#offsetMs = offset
  }
}
