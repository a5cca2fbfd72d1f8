import type { Clock } from '../../../model/ports.js'

/** Actions of one person in a minute, and people that are remembered. */
const ACTIONS_MAX = 60
const WINDOW_MS = 60_000
const PEOPLE_MAX = 10_000

/** Bounds how often somebody acts: a hand is slower, a script that runs away is not. */
export class ActionRate {
  readonly #clock: Clock
  readonly #of = new Map<string, { sinceMs: number; count: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether one more is within the bound; counts it. */
  take(name: string): boolean {
    const nowMs = this.#clock.nowMs()
    const known = this.#of.get(name)
    if (known === undefined || nowMs - known.sinceMs >= WINDOW_MS) {
      this.#of.delete(name)
      if (this.#of.size >= PEOPLE_MAX) this.#of.delete(this.#of.keys().next().value!)
      this.#of.set(name, { sinceMs: nowMs, count: 1 })
      return true
    }
    known.count++
    return known.count <= ACTIONS_MAX
  }
}
