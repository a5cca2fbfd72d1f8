import { V4_MAPPED_WORD } from '../../model/flow_block.js'
import { swap } from './prefix_table.js'

/**
 * A bitmap that says of most addresses that no prefix of a list holds, in one read: a bit by a hash of the
 * first 24 bits of an IPv4 address or the first 32 of an IPv6 one.
 *
 * ```
 *  word 0: shift of the hash │ word 1: 1 all of IPv4, 2 all of IPv6 │ bits …
 * ```
 */
const HEAD = 2
const V4_ALL = 1
const V6_ALL = 2
const BITS_MIN = 13
const BITS_MAX = 23
/** Bits a key; one address in eight of those that are not listed is looked up in vain. */
const BITS_PER_KEY = 8
/** Keys that wide prefixes are spread to, all together; beyond it their family is not filtered. */
const SPREAD_MAX = 2 ** 22
const V4_PRIME = 0x9e3779b1
const V6_PRIME = 0x85ebca6b

/** Prefixes as 128-bit words, IPv4 as ::ffff:a.b.c.d, and the bits of them that count. */
interface Columns {
  readonly size: number
  readonly words: Uint32Array
  readonly lengths: Uint8Array
}

/** Bits that the key of a prefix's family has: 24 of IPv4, 32 of IPv6. */
const keyBits = ({ words, lengths }: Columns, row: number): 24 | 32 =>
  lengths[row]! >= 96 && words[4 * row] === 0 && words[4 * row + 1] === 0 && words[4 * row + 2] === 0xffff
    ? 24
    : 32

/** How many keys the prefix of a row spreads to. */
const spread = (columns: Columns, row: number): number => {
  const bits = keyBits(columns, row)
  const length = columns.lengths[row]! - (bits === 24 ? 96 : 0)
  return length >= bits ? 1 : 2 ** (bits - length)
}

/** Builds the bitmap of a list of prefixes. */
export function buildAddressFilter(columns: Columns): SharedArrayBuffer {
  const { bits, all } = sizeOf(columns)
  const words = new Uint32Array(new SharedArrayBuffer(4 * (HEAD + 2 ** (bits - 5))))
  words[0] = 32 - bits
  words[1] = all
  for (let row = 0; row < columns.size; row++) {
    const isV4 = keyBits(columns, row) === 24
    if ((all & (isV4 ? V4_ALL : V6_ALL)) !== 0) continue
    const first = columns.words[4 * row + (isV4 ? 3 : 0)]!
    const count = spread(columns, row)
    for (let i = 0; i < count; i++) {
      const key = isV4 ? swap(first + i * 256) & 0xffffff : swap(first + i)
      const hash = Math.imul(key, isV4 ? V4_PRIME : V6_PRIME) >>> (32 - bits)
      words[HEAD + (hash >>> 5)]! |= 1 << (hash & 31)
    }
  }
  return words.buffer as SharedArrayBuffer
}

function sizeOf(columns: Columns): { bits: number; all: number } {
  let [v4, v6] = [0, 0]
  for (let row = 0; row < columns.size; row++) {
    if (keyBits(columns, row) === 24) v4 += spread(columns, row)
    else v6 += spread(columns, row)
  }
  const all = (v4 > SPREAD_MAX ? V4_ALL : 0) | (v6 > SPREAD_MAX ? V6_ALL : 0)
  const keys = (v4 > SPREAD_MAX ? 0 : v4) + (v6 > SPREAD_MAX ? 0 : v6)
  const wanted = Math.ceil(Math.log2(BITS_PER_KEY * Math.max(1, keys)))
  return { bits: Math.min(BITS_MAX, Math.max(BITS_MIN, wanted)), all }
}

export class AddressFilter {
  readonly #words: Uint32Array
  readonly #shift: number
  readonly #v4All: boolean
  readonly #v6All: boolean

  constructor(data: SharedArrayBuffer) {
    this.#words = new Uint32Array(data)
    this.#shift = this.#words[0]!
    this.#v4All = (this.#words[1]! & V4_ALL) !== 0
    this.#v6All = (this.#words[1]! & V6_ALL) !== 0
  }

  /** False only where no prefix of the list holds the address at `row` of an `ipv6` column. */
  mayHold(words: Uint32Array, row: number): boolean {
    const at = 4 * row
    const w0 = words[at]!
    let hash: number
    if (w0 === 0 && words[at + 2] === V4_MAPPED_WORD && words[at + 1] === 0) {
      if (this.#v4All) return true
      hash = Math.imul(words[at + 3]! & 0xffffff, V4_PRIME) >>> this.#shift
    } else {
      if (this.#v6All) return true
      hash = Math.imul(w0, V6_PRIME) >>> this.#shift
    }
    return ((this.#words[HEAD + (hash >>> 5)]! >>> (hash & 31)) & 1) === 1
  }
}
