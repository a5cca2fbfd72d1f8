import { V4_MAPPED_WORD } from '../../model/flow_block.js'
import type { Prefix } from './prefix.js'
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

/** Builds the bitmap of a list of prefixes. */
export function buildAddressFilter(prefixes: readonly Prefix[]): SharedArrayBuffer {
  const { bits, all } = sizeOf(prefixes)
  const words = new Uint32Array(new SharedArrayBuffer(4 * (HEAD + 2 ** (bits - 5))))
  words[0] = 32 - bits
  words[1] = all
  for (const { family, length, w0, w3 } of prefixes) {
    if ((all & (family === 4 ? V4_ALL : V6_ALL)) !== 0) continue
    const first = family === 4 ? w3 : w0
    const count = 2 ** Math.max(0, (family === 4 ? 24 : 32) - length)
    for (let i = 0; i < count; i++) {
      const key = family === 4 ? swap(first + i * 256) & 0xffffff : swap(first + i)
      const hash = Math.imul(key, family === 4 ? V4_PRIME : V6_PRIME) >>> (32 - bits)
      words[HEAD + (hash >>> 5)]! |= 1 << (hash & 31)
    }
  }
  return words.buffer as SharedArrayBuffer
}

function sizeOf(prefixes: readonly Prefix[]): { bits: number; all: number } {
  let [v4, v6] = [0, 0]
  for (const { family, length } of prefixes) {
    if (family === 4) v4 += 2 ** Math.max(0, 24 - length)
    else v6 += 2 ** Math.max(0, 32 - length)
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
