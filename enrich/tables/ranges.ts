import { wordMask } from './prefix.js'
import type { PrefixList } from './prefix_list.js'

/**
 * The whole address space cut into ranges of one value each: range i reaches from `starts` i to before
 * `starts` i + 1.
 *
 * ```
 * prefixes   10.0.0.0/8 = A,  10.1.0.0/16 = B
 * starts     0.0.0.0   10.0.0.0   10.1.0.0   10.2.0.0   11.0.0.0
 * values     0         A          B          A          0
 * ```
 *
 * Nesting is gone and neighbours of one value are one range, so that a lookup is a search among starts.
 */
export interface Ranges {
  readonly width: 1 | 4
  readonly size: number
  /** `width` words a start, first bits first; start 0 is address 0. */
  readonly starts: Uint32Array
  readonly values: Uint32Array
}

/** Cuts the space by `list`. Of two equal prefixes the later one holds. */
export function cutRanges(list: PrefixList): Ranges {
  const cutter = new Cutter(list.width, list.size)
  const order = list.sorted()
  for (let k = 0; k < order.length; k++) cutter.open(list, order[k]!)
  return cutter.finish()
}

class Cutter {
  readonly #width: 1 | 4
  readonly #starts: Uint32Array
  readonly #values: Uint32Array
  #size = 0
  /**
   * Prefixes that hold at the place reached, outermost first: last address and value. At most one a length.
   */
  readonly #openEnds: Uint32Array
  readonly #openValues = new Uint32Array(130)
  readonly #openLengths = new Uint8Array(130)
  #open = 0
  readonly #at: Uint32Array

  constructor(width: 1 | 4, prefixes: number) {
    this.#width = width
    this.#starts = new Uint32Array((2 * prefixes + 1) * width)
    this.#values = new Uint32Array(2 * prefixes + 1)
    this.#openEnds = new Uint32Array(130 * width)
    this.#at = new Uint32Array(width)
    this.#cut(0)
  }

  open(list: PrefixList, index: number): void {
    const w = this.#width
    const from = index * w
    const length = list.lengths[index]!
    while (this.#open > 0 && compare(this.#openEnds, (this.#open - 1) * w, list.words, from, w) < 0)
      this.#close()
    for (let i = 0; i < w; i++) {
      const word = list.words[from + i]!
      this.#at[i] = word
      this.#openEnds[this.#open * w + i] = (word | ~wordMask(length, i)) >>> 0
    }
    // An open prefix of the same length is the same prefix.
    if (this.#open > 0 && this.#openLengths[this.#open - 1] === length) this.#open--
    this.#openLengths[this.#open] = length
    this.#openValues[this.#open++] = list.values[index]!
    this.#cut(list.values[index]!)
  }

  finish(): Ranges {
    while (this.#open > 0) this.#close()
    const width = this.#width
    return {
      width,
      size: this.#size,
      starts: this.#starts.subarray(0, this.#size * width),
      values: this.#values.subarray(0, this.#size),
    }
  }

  /** Ends the innermost prefix: from the address after it, the one around it holds. */
  #close(): void {
    this.#open--
    const w = this.#width
    let carry = 1
    for (let i = w - 1; i >= 0; i--) {
      const sum = this.#openEnds[this.#open * w + i]! + carry
      carry = sum > 0xffffffff ? 1 : 0
      this.#at[i] = sum
    }
    if (carry === 0) this.#cut(this.#open === 0 ? 0 : this.#openValues[this.#open - 1]!)
  }

  /** From `#at` on, `value` holds. */
  #cut(value: number): void {
    const w = this.#width
    if (this.#size > 0 && compare(this.#starts, (this.#size - 1) * w, this.#at, 0, w) === 0) this.#size--
    if (this.#size > 0 && this.#values[this.#size - 1] === value) return
    for (let i = 0; i < w; i++) this.#starts[this.#size * w + i] = this.#at[i]!
    this.#values[this.#size++] = value
  }
}

/** Order of two addresses of `width` words: negative, 0 or positive. */
export function compare(a: Uint32Array, atA: number, b: Uint32Array, atB: number, width: number): number {
  for (let i = 0; i < width; i++) {
    const difference = a[atA + i]! - b[atB + i]!
    if (difference !== 0) return difference
  }
  return 0
}
