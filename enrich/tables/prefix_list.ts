import type { Prefix } from './prefix.js'

/**
 * Prefixes of one family with a value each, as columns, on their way into a table. `width` words an address:
 * 1 for IPv4, 4 for IPv6.
 */
export class PrefixList {
  readonly width: 1 | 4
  size = 0
  words: Uint32Array
  lengths: Uint8Array
  values: Uint32Array

  constructor(family: 4 | 6, capacity = 64) {
    this.width = family === 4 ? 1 : 4
    this.words = new Uint32Array(capacity * this.width)
    this.lengths = new Uint8Array(capacity)
    this.values = new Uint32Array(capacity)
  }

  add(prefix: Prefix, value: number): void {
    if (this.size === this.lengths.length) this.#grow()
    const { width, words, size } = this
    if (width === 1) words[size] = prefix.w3
    else {
      words[4 * size] = prefix.w0
      words[4 * size + 1] = prefix.w1
      words[4 * size + 2] = prefix.w2
      words[4 * size + 3] = prefix.w3
    }
    this.lengths[size] = prefix.length
    this.values[size] = value
    this.size++
  }

  /** Adds a prefix of another list of the family. */
  addFrom({ width, words, lengths, values }: PrefixList, index: number): void {
    if (this.size === this.lengths.length) this.#grow()
    for (let i = 0; i < width; i++) this.words[this.size * width + i] = words[index * width + i]!
    this.lengths[this.size] = lengths[index]!
    this.values[this.size++] = values[index]!
  }

  /**
   * Indices in the order of address, then of length (wide before narrow), then of adding. A radix sort:
   * stable, linear.
   */
  sorted(): Uint32Array {
    const { width, words, lengths, size } = this
    let from = new Uint32Array(size)
    for (let i = 0; i < size; i++) from[i] = i
    let to = new Uint32Array(size)
    const counts = new Uint32Array(65537)
    if (count(lengths, 1, 0, 0, size, counts)) {
      scatter(from, to, counts, lengths, 1, 0, 0)
      ;[from, to] = [to, from]
    }
    for (let digit = 0; digit < 2 * width; digit++) {
      const at = width - 1 - (digit >> 1)
      const shift = (digit & 1) * 16
      if (!count(words, width, at, shift, size, counts)) continue
      scatter(from, to, counts, words, width, at, shift)
      ;[from, to] = [to, from]
    }
    return from
  }

  #grow(): void {
    const words = new Uint32Array(this.words.length * 2)
    words.set(this.words)
    this.words = words
    const lengths = new Uint8Array(this.lengths.length * 2)
    lengths.set(this.lengths)
    this.lengths = lengths
    const values = new Uint32Array(this.values.length * 2)
    values.set(this.values)
    this.values = values
  }
}

/**
 * Where in the order the first of each key goes: keys are 16 bits from `shift` on of word `at` of `width`. Counted as the list
 * lies, for the order does not matter here. False where all keys are equal.
 */
function count(
  words: Uint32Array | Uint8Array,
  width: number,
  at: number,
  shift: number,
  size: number,
  counts: Uint32Array,
): boolean {
  counts.fill(0)
  for (let i = at; i < size * width; i += width) {
    const k = ((words[i]! >>> shift) & 0xffff) + 1
    counts[k] = counts[k]! + 1
  }
  if (size === 0 || counts[((words[at]! >>> shift) & 0xffff) + 1] === size) return false
  for (let k = 1; k < counts.length; k++) counts[k] = counts[k]! + counts[k - 1]!
  return true
}

/** One pass of the sort: `from` into `to` by what `count` counted. */
function scatter(
  from: Uint32Array,
  to: Uint32Array,
  counts: Uint32Array,
  words: Uint32Array | Uint8Array,
  width: number,
  at: number,
  shift: number,
): void {
  for (let i = 0; i < from.length; i++) {
    const index = from[i]!
    const k = (words[index * width + at]! >>> shift) & 0xffff
    to[counts[k]!] = index
    counts[k] = counts[k]! + 1
  }
}
