import type { Clock } from '../../model/ports.js'
import type { Answer } from './answer.js'

/** A clock further off than this is not believed: the controller's day is wrong, ours decides. */
const SKEW_MAX_MS = 3_600_000
/** Date has whole seconds; what took longer to come says too little. */
const ROUND_TRIP_MAX_MS = 5_000

/** What time the controller thinks it is, by the Date of its answers. Its intervals are over when its clock says so. */
export class ControllerClock implements Clock {
  readonly #clock: Clock
  #skewMs: number | undefined
  #absurd = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs(): number {
    return this.#clock.nowMs() + (this.#skewMs ?? 0)
  }

  /** How far it is ahead of ours, ms; undefined before the first answer. */
  get skewMs(): number | undefined {
    return this.#skewMs
  }

  /** Dates that were too far off to be believed. */
  get absurd(): number {
    return this.#absurd
  }

  observe(answer: Answer, askedMs: number): void {
    const date = Date.parse(answer.header('date') ?? '')
    // An answer out of a cache has the Date of when it was made.
    if (Number.isNaN(date) || answer.header('age') !== undefined) return
    if (answer.receivedMs - askedMs > ROUND_TRIP_MAX_MS) return
    const skewMs = date + 500 - (askedMs + answer.receivedMs) / 2
    if (Math.abs(skewMs) > SKEW_MAX_MS) {
      this.#absurd++
      this.#skewMs = 0
      return
    }
    this.#skewMs = Math.abs(skewMs) < 1000 ? 0 : skewMs
  }
}
