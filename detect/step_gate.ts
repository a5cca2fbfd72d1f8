const CELLS = 16_384
const STEPS = 32

/**
 * A Count-Min sketch of one row for each of the last 32 steps: sums of a weight by key and step, never too low. Keys whose
 * sum stays small need nothing else: what is kept in detail of a key begins when its sum reaches a bound.
 */
export class StepGate {
  #cells: Float32Array = new Float32Array(CELLS * STEPS)
  #newest = 0

  /** Adds `weight` to a key (by its hash) in a step; the sum after it. Steps that are too old count nothing. */
  add(hash: number, step: number, weight: number): number {
    if (step > this.#newest) this.#advance(step)
    if (step <= this.#newest - STEPS) return 0
    const at = (step % STEPS) * CELLS + (hash & (CELLS - 1))
    const sum = this.#cells[at]! + weight
    this.#cells[at] = sum
    return sum
  }

  #advance(step: number): void {
    const from = Math.max(this.#newest + 1, step - STEPS + 1)
    for (let s = from; s <= step; s++) this.#cells.fill(0, (s % STEPS) * CELLS, ((s % STEPS) + 1) * CELLS)
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
