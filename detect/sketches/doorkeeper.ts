import { mix } from '../hash.js'

const BITS = 1 << 23
const WORDS = BITS / 32
/** Keys of a generation: with two bits a key, one in twenty strangers is then taken for an acquaintance. */
const KEYS = 1_000_000

/**
 * Tells whether a key was seen among the last one to two million different ones, from two Bloom filters that take turns
 * (Bloom 1970). A key that was seen is always known; of those that were not, at most 5 % are taken for known.
 */
export class Doorkeeper {
  #now: Uint32Array = new Uint32Array(WORDS)
  #before: Uint32Array = new Uint32Array(WORDS)
  #keys = 0

  /** Notes the key of this hash; whether it was known. */
  knows(hash: number): boolean {
    const a = hash & (BITS - 1)
    const b = mix(hash ^ 0x2545f491) & (BITS - 1)
    const inNow = has(this.#now, a) && has(this.#now, b)
    if (inNow) return true
    const known = has(this.#before, a) && has(this.#before, b)
    if (this.#keys++ === KEYS) {
      this.#before = this.#now
      this.#now = new Uint32Array(WORDS)
      this.#keys = 1
    }
    this.#now[a >>> 5]! |= 1 << (a & 31)
    this.#now[b >>> 5]! |= 1 << (b & 31)
    return known
  }

  snapshot(): unknown {
    return { now: this.#now, before: this.#before, keys: this.#keys }
  }

  restore(state: unknown): void {
    const { now, before, keys } = state as { now: Uint32Array; before: Uint32Array; keys: number }
    this.#now = now
    this.#before = before
    this.#keys = keys
  }
}

const has = (bits: Uint32Array, bit: number): boolean => (bits[bit >>> 5]! & (1 << (bit & 31))) !== 0
