/**
 * A map from a pair of 32-bit numbers to a number from 1 up, in shared memory: open addressing, at most half
 * full.
 *
 * ```
 *  first │ second │ value │ (spare) │ first │ second │ value │ …      value 0: free
 * ```
 */
const STRIDE = 4

export function buildPairTable(entries: readonly (readonly [number, number, number])[]): SharedArrayBuffer {
  const slots = 2 ** Math.ceil(Math.log2(2 * entries.length + 2))
  const words = new Uint32Array(new SharedArrayBuffer(slots * STRIDE * 4))
  for (const [first, second, value] of entries) {
    let at = slotOf(first, second, slots - 1)
    while (words[at + 2] !== 0 && (words[at] !== first || words[at + 1] !== second)) {
      at = (at + STRIDE) % words.length
    }
    words[at] = first
    words[at + 1] = second
    words[at + 2] = value
  }
  return words.buffer as SharedArrayBuffer
}

export class PairTable {
  readonly #words: Uint32Array
  readonly #mask: number

  constructor(data: SharedArrayBuffer) {
    this.#words = new Uint32Array(data)
    this.#mask = this.#words.length / STRIDE - 1
  }

  /** The value of the pair; 0 where there is none. */
  get(first: number, second: number): number {
    const words = this.#words
    let at = slotOf(first, second, this.#mask)
    for (;;) {
      const value = words[at + 2]!
      if (value === 0 || (words[at] === first && words[at + 1] === second)) return value
      at = (at + STRIDE) & (STRIDE * this.#mask + STRIDE - 1)
    }
  }
}

function slotOf(first: number, second: number, mask: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca77)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  return ((hash ^ (hash >>> 13)) & mask) * STRIDE
}
