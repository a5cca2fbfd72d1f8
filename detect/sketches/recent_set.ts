import { mix } from '../hash.js'

const BITS = 1 << 23
const HASHES = 4
/** Keys of a generation, with which one stranger in a hundred is taken for known: 2 MiB for 1.6 million keys. */
const KEYS = 800_000

/**
 * Tells whether a key was seen within one to two generations of time, from two Bloom filters that take turns (Bloom 1970).
 * A key that was seen is known; of strangers at most 1 % are taken for known. A generation that is full ends early, which
 * is counted.
 */
export class RecentSet {
  readonly #generationMs: number
  #now: Uint32Array = new Uint32Array(BITS / 32)
  #before: Uint32Array = new Uint32Array(BITS / 32)
  #keys = 0
  #sinceMs = 0
  /** Generations that ended because they were full. */
  full = 0

  constructor(generationMs: number) {
    this.#generationMs = generationMs
  }

  /** Notes a key by two hashes of it; whether it was known. */
  knows(a: number, b: number, nowMs: number): boolean {
    this.#turn(nowMs)
    let inNow = true
    let inBefore = true
    for (let i = 0; i < HASHES; i++) {
      const bit = (a + Math.imul(i, b | 1)) & (BITS - 1)
      const word = bit >>> 5
      const mask = 1 << (bit & 31)
      if ((this.#now[word]! & mask) === 0) {
        inNow = false
        this.#now[word]! |= mask
      }
      if ((this.#before[word]! & mask) === 0) inBefore = false
    }
    if (!inNow) this.#keys++
    return inNow || inBefore
  }

  #turn(nowMs: number): void {
    if (this.#sinceMs === 0) this.#sinceMs = nowMs
    const full = this.#keys >= KEYS
    if (!full && nowMs - this.#sinceMs < this.#generationMs) return
    if (full) this.full++
    // After a pause of two generations nothing is known any more.
    const stale = nowMs - this.#sinceMs >= 2 * this.#generationMs
    this.#before = stale ? new Uint32Array(BITS / 32) : this.#now
    this.#now = new Uint32Array(BITS / 32)
    this.#keys = 0
    this.#sinceMs = nowMs
  }

  snapshot(): unknown {
    return {
      now: this.#now,
      before: this.#before,
      keys: this.#keys,
      sinceMs: this.#sinceMs,
      full: this.full,
    }
  }

  restore(state: unknown): void {
    const saved = state as {
      now: Uint32Array
      before: Uint32Array
      keys: number
      sinceMs: number
      full: number
    }
    this.#now = saved.now
    this.#before = saved.before
    this.#keys = saved.keys
    this.#sinceMs = saved.sinceMs
    this.full = saved.full
  }
}

/** The second hash of a key, from its first and something that the first one mixed away. */
export const secondHash = (a: number, b: number): number => mix(a ^ Math.imul(b, 0x85ebca6b))
