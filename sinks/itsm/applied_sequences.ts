import type { Range } from './lifecycle_state.js'

/**
 * Ranges behind the floor. They come of gaps: messages that were deleted or did not read are never delivered. A delivery
 * that was not acknowledged comes again within seconds; a gap that so many ranges lie behind is one.
 */
const RANGES_MAX = 32

/** Which messages of a stream are applied: all up to a floor, and some ranges behind it. */
export class AppliedSequences {
  #through = 0
  #above: Range[] = []
  #any = false

  get through(): number {
    return this.#through
  }

  get above(): readonly Range[] {
    return [...this.#above]
  }

  /** Notes a sequence; false when it was noted before. */
  add(sequence: number): boolean {
    if (!this.#any) {
      this.#any = true
      this.#through = Math.max(this.#through, sequence - 1)
    }
    if (sequence <= this.#through) return false
    if (this.#above.some(([from, to]) => from <= sequence && sequence <= to)) return false
    this.#insert(sequence)
    if (this.#above.length > RANGES_MAX) this.#through = this.#above[0]![0] - 1
    while (this.#above[0]?.[0] === this.#through + 1) this.#through = this.#above.shift()![1]
    return true
  }

  restore({ through, above }: { readonly through: number; readonly above: readonly Range[] }): void {
    this.#through = through
    this.#above = [...above]
    this.#any = through > 0 || above.length > 0
  }

  #insert(sequence: number): void {
    const merged: Range[] = []
    let own: Range = [sequence, sequence]
    for (const range of this.#above) {
      if (range[1] === own[0] - 1) own = [range[0], own[1]]
      else if (range[0] === own[1] + 1) own = [own[0], range[1]]
      else merged.push(range)
    }
    this.#above = [...merged, own].sort((a, b) => a[0] - b[0])
  }
}
