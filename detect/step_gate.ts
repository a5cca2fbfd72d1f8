const CELLS = 262_144
/** What of a sum still counts a step later. */
const KEPT = 0.5

/**
 * A Count-Min sketch of one row whose sums halve with each step: the weight that a key brought lately, never too low. Keys
 * whose sum stays small need nothing else: what is kept in detail of a key begins when its sum reaches a bound. The cells
 * are many, for a sketch that is too small lets everything pass just when there is much of it: a million hosts with a
 * tenth of the bound each fill these to less than a half of it.
 */
export class StepGate {
  #cells: Float32Array = new Float32Array(CELLS)
  #newest = 0

  /** Adds `weight` to a key (by its hash); the sum after it. `step` is when it came; one that is past counts as the newest. */
  add(hash: number, step: number, weight: number): number {
    if (step > this.#newest) this.#advance(step)
    const at = hash & (CELLS - 1)
    const sum = this.#cells[at]! + weight
    this.#cells[at] = sum
    return sum
  }

  #advance(step: number): void {
    const kept = KEPT ** Math.min(step - this.#newest, 100)
    const cells = this.#cells
    for (let i = 0; i < CELLS; i++) cells[i]! *= kept
    this.#newest = step
  }

  snapshot(): unknown {
    return { cells: this.#cells, newest: this.#newest }
  }

  restore(state: unknown): void {
    const { cells, newest } = state as { cells: Float32Array; newest: number }
    this.#cells = cells
    this.#newest = newest
  }
}
