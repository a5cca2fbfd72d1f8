import { mix } from './hash.js'

/** Cells unless told otherwise. */
const CELLS = 1 << 17
const DAY_MS = 86_400_000

/**
 * How many different sources talk to a destination, told from few: 64 bits for each of some cells (131,072), a destination having
 * two of them, of yesterday and today. `sources` is never too low by more than linear counting errs (10 % at 60 sources);
 * destinations that share both cells with others look more prevalent than they are.
 */
export class Prevalence {
  readonly #mask: number
  #today: Uint32Array
  #yesterday: Uint32Array
  #day = 0

  /** @param cells a power of two; 16 bytes of memory each. */
  constructor(cells = CELLS) {
    this.#mask = cells - 1
    this.#today = new Uint32Array(cells * 2)
    this.#yesterday = new Uint32Array(cells * 2)
  }

  note(destination: number, source: number, nowMs: number): void {
    const day = Math.floor(nowMs / DAY_MS)
    if (day > this.#day) {
      this.#yesterday = day === this.#day + 1 ? this.#today : new Uint32Array(this.#today.length)
      this.#today = new Uint32Array(this.#today.length)
      this.#day = day
    }
    const bit = mix(source ^ 0x5bd1e995) & 63
    for (const cell of [destination & this.#mask, mix(destination) & this.#mask]) {
      this.#today[cell * 2 + (bit >> 5)]! |= 1 << (bit & 31)
    }
  }

  /** Estimate of the different sources within one to two days; infinite where too many to tell. */
  sources(destination: number): number {
    let least = 64
    for (const cell of [destination & this.#mask, mix(destination) & this.#mask]) {
      let bits = 0
      for (let w = 0; w < 2; w++) bits += ones(this.#today[cell * 2 + w]! | this.#yesterday[cell * 2 + w]!)
      if (bits < least) least = bits
    }
    return least === 64 ? Number.POSITIVE_INFINITY : -64 * Math.log(1 - least / 64)
  }

  snapshot(): unknown {
    return { today: this.#today, yesterday: this.#yesterday, day: this.#day }
  }

  restore(state: unknown): void {
    const { today, yesterday, day } = state as { today: Uint32Array; yesterday: Uint32Array; day: number }
    this.#today = today
    this.#yesterday = yesterday
    this.#day = day
  }
}

function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
