import { mix } from './hash.js'

/**
 * Entries by address and a small tag, for one frame: open addressing over ids that count up from 0, so that the numbers
 * of an entry lie in plain arrays beside it. `clear` costs what was used, not what there is room for.
 *
 * ```
 * slots  [ . | 3 | . | 0 | 1 | . | 2 ]     id + 1 by hash, at most MAX_PROBES steps from home
 * words  [ a0 a1 a2 a3 | b0 b1 b2 b3 | … ] address of entry 0, 1, …
 * tags   [ ta | tb | … ]
 * ```
 */
const MAX_PROBES = 24

export class KeyTable {
  readonly capacity: number
  /** Entries in use. */
  size = 0
  /** Keys that found no room since `clear`. */
  overflow = 0
  readonly words: Uint32Array
  readonly tags: Uint32Array
  readonly #slots: Uint32Array
  readonly #slotOf: Uint32Array
  readonly #mask: number

  /** @param capacity most entries held; slots are four times as many, rounded up to a power of two. */
  constructor(capacity: number) {
    this.capacity = capacity
    this.words = new Uint32Array(capacity * 4)
    this.tags = new Uint32Array(capacity)
    const slots = 2 ** Math.ceil(Math.log2(capacity * 2.5))
    this.#slots = new Uint32Array(slots)
    this.#slotOf = new Uint32Array(capacity)
    this.#mask = slots - 1
  }

  /** Id of the entry, -1 when there is none. */
  find(words: Uint32Array, at: number, tag: number, hash: number): number {
    let slot = (hash ^ mix(tag)) & this.#mask
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const id = this.#slots[slot]! - 1
      if (id < 0) return -1
      if (this.#is(id, words, at, tag)) return id
      slot = (slot + 1) & this.#mask
    }
    return -1
  }

  /** Id of the entry, a new one if need be; -1 when there is no room, which is counted. */
  add(words: Uint32Array, at: number, tag: number, hash: number): number {
    let slot = (hash ^ mix(tag)) & this.#mask
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const id = this.#slots[slot]! - 1
      if (id < 0) return this.#insert(slot, words, at, tag)
      if (this.#is(id, words, at, tag)) return id
      slot = (slot + 1) & this.#mask
    }
    this.overflow++
    return -1
  }

  clear(): void {
    for (let id = 0; id < this.size; id++) this.#slots[this.#slotOf[id]!] = 0
    this.size = 0
    this.overflow = 0
  }

  #is(id: number, words: Uint32Array, at: number, tag: number): boolean {
    const w = this.words
    const k = id * 4
    return (
      w[k + 3] === words[at + 3] &&
      this.tags[id] === tag &&
      w[k + 2] === words[at + 2] &&
      w[k + 1] === words[at + 1] &&
      w[k] === words[at]
    )
  }

  #insert(slot: number, words: Uint32Array, at: number, tag: number): number {
    if (this.size === this.capacity) {
      this.overflow++
      return -1
    }
    const id = this.size++
    this.#slots[slot] = id + 1
    this.#slotOf[id] = slot
    const k = id * 4
    this.words[k] = words[at]!
    this.words[k + 1] = words[at + 1]!
    this.words[k + 2] = words[at + 2]!
    this.words[k + 3] = words[at + 3]!
    this.tags[id] = tag
    return id
  }
}
