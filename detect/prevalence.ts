import { mix } from './hash.js'

const CELLS = 1 << 17
const DAY_MS = 86_400_000

/**
 * How many different sources talk to a destination, told from few: 64 bits for each of 131,072 cells, a destination having
 * two of them, of yesterday and today. `sources` is never too low by more than linear counting errs (10 % at 60 sources);
 * destinations that share both cells with others look more prevalent than they are.
 */
export class Prevalence {
  #today: Uint32Array = new Uint32Array(CELLS * 2)
  #yesterday: Uint32Array = new Uint32Array(CELLS * 2)
  #day = 0

  note(destination: number, source: number, nowMs: number): void {
    const day = Math.floor(nowMs / DAY_MS)
    if (day > this.#day) {
      this.#yesterday = day === this.#day + 1 ? this.#today : new Uint32Array(CELLS * 2)
      this.#today = new Uint32Array(CELLS * 2)
      this.#day = day
    }
    const bit = mix(source ^ 0x5bd1e995) & 63
    for (const cell of [destination & (CELLS - 1), mix(destination) & (CELLS - 1)]) {
      this.#today[cell * 2 + (bit >> 5)]! |= 1 << (bit & 31)
    }
  }

  /** Estimate of the different sources within one to two days; infinite where too many to tell. */
  sources(destination: number): number {
    let least = 64
    for (const cell of [destination & (CELLS - 1), mix(destination) & (CELLS - 1)]) {
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
