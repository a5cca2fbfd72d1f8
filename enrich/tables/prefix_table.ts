import { V4_MAPPED_WORD } from '../../model/flow_block.js'
import type { Prefix } from './prefix.js'
import { PrefixList } from './prefix_list.js'
import { Forest, KIND_DOWN, KIND_NODE, KIND_SCAN, LEAF_BIT, VALUE_LIMIT } from './range_tree.js'
import { cutRanges, type Ranges } from './ranges.js'

/**
 * Longest prefix match for IPv4 and IPv6 in several routing tables, in shared memory: built once, opened by
 * any worker. Value 0 means that no prefix holds. `range_tree.ts` draws the layout.
 */
export interface PrefixTableData {
  /** Number of routing tables. */
  readonly tables: number
  /** Root entries: IPv4 and IPv6 of each routing table, then those of trees of later words. */
  readonly roots: SharedArrayBuffer
  readonly nodes: SharedArrayBuffer
  readonly ranges: SharedArrayBuffer
}

/** Collects prefixes, then builds the table. */
export class PrefixTableBuilder {
  readonly #lists: { v4: PrefixList; v6: PrefixList }[] = []

  /**
   * Adds a prefix to routing table `table` (0 and up). `value` is 1 to 2^30 - 1. Of equal prefixes the last
   * one holds.
   */
  add(prefix: Prefix, value: number, table = 0): void {
    if (!(value >= 1 && value < VALUE_LIMIT)) throw new RangeError(`value ${value} does not fit the table`)
    while (this.#lists.length <= table) this.#lists.push({ v4: new PrefixList(4), v6: new PrefixList(6) })
    const lists = this.#lists[table]!
    ;(prefix.family === 4 ? lists.v4 : lists.v6).add(prefix, value)
  }

  /** Puts a whole list in place of the prefixes of its family in routing table 0. */
  addList(list: PrefixList, family: 4 | 6): void {
    const { v4, v6 } = this.#lists[0] ?? { v4: new PrefixList(4), v6: new PrefixList(6) }
    this.#lists[0] = family === 4 ? { v4: list, v6 } : { v4, v6: list }
  }

  /** Builds `tables` routing tables or more: as many as prefixes were added to. */
  build(tables = 1): PrefixTableData {
    const count = Math.max(tables, this.#lists.length)
    const forest = new Forest()
    forest.roots.reserve(2 * count)
    for (let table = 0; table < count; table++) {
      const lists = this.#lists[table]
      if (lists === undefined) continue
      forest.roots.set(2 * table, forest.add(cutRanges(lists.v4)))
      forest.roots.set(2 * table + 1, forest.add(cutRanges(lists.v6)))
    }
    const { roots, nodes, ranges } = forest
    return {
      tables: count,
      roots: share(roots.array),
      nodes: share(nodes.array),
      ranges: share(ranges.array),
    }
  }
}

/** One routing table of ranges that are cut already. */
export function forestTable(v4: Ranges, v6: Ranges): PrefixTableData {
  const forest = new Forest()
  forest.roots.reserve(2)
  forest.roots.set(0, forest.add(v4))
  forest.roots.set(1, forest.add(v6))
  const { roots, nodes, ranges } = forest
  return { tables: 1, roots: share(roots.array), nodes: share(nodes.array), ranges: share(ranges.array) }
}

/** A shared copy of `words`. */
export function share(words: Uint32Array): SharedArrayBuffer {
  const shared = new Uint32Array(new SharedArrayBuffer(words.byteLength))
  shared.set(words)
  return shared.buffer as SharedArrayBuffer
}

/** Looks addresses up. Cheap to make: it only opens the shared memory. */
export class PrefixTable {
  readonly tables: number
  readonly #roots: Uint32Array
  readonly #nodes: Uint32Array
  readonly #ranges: Uint32Array

  constructor(data: PrefixTableData) {
    this.tables = data.tables
    this.#roots = new Uint32Array(data.roots)
    this.#nodes = new Uint32Array(data.nodes)
    this.#ranges = new Uint32Array(data.ranges)
  }

  /**
   * Value of the address at `row` of an `ipv6` column of a block: network order, read as little-endian words.
   */
  lookupRow(words: Uint32Array, row: number, table = 0): number {
    const at = 4 * row
    const w0 = words[at]!
    const w1 = words[at + 1]!
    const w2 = words[at + 2]!
    const w3 = words[at + 3]!
    if (w0 === 0 && w1 === 0 && w2 === V4_MAPPED_WORD) return this.lookup4(swap(w3), table)
    return this.lookup6(swap(w0), swap(w1), swap(w2), swap(w3), table)
  }

  /** Value of an IPv4 address, given as a number. */
  lookup4(address: number, table = 0): number {
    return this.#find(this.#roots[2 * table]!, address)
  }

  /** Value of an IPv6 address, given as four numbers, first bits first. */
  lookup6(a0: number, a1: number, a2: number, a3: number, table = 0): number {
    const roots = this.#roots
    let found = this.#find(roots[2 * table + 1]!, a0)
    if (found >>> 30 !== KIND_DOWN) return found
    found = this.#find(roots[found & 0x3fffffff]!, a1)
    if (found >>> 30 !== KIND_DOWN) return found
    found = this.#find(roots[found & 0x3fffffff]!, a2)
    if (found >>> 30 !== KIND_DOWN) return found
    return this.#find(roots[found & 0x3fffffff]!, a3)
  }

  /** The entry that holds at `word` in the tree of `root`: VALUE or DOWN. */
  #find(root: number, word: number): number {
    let entry = root
    let rest = word
    while (entry >>> 30 === KIND_NODE) {
      const k = (entry >>> 25) & 31
      entry = this.#nodes[2 * (entry & 0x1ffffff) + (rest >>> (32 - k))]!
      rest <<= k
    }
    if (entry >>> 30 !== KIND_SCAN) return entry
    const ranges = this.#ranges
    if ((entry & LEAF_BIT) !== 0) return searchLeaf(ranges, entry, rest >>> 16)
    // One row by itself is faster range by range: the processor guesses where the like of it ended before.
    let at = 2 * (entry & 0x1ffffff)
    const last = at + 2 * ((entry >>> 26) & 7)
    while (at < last && ranges[at + 2]! <= word) at += 2
    return ranges[at + 1]!
  }
}

/**
 * The value that a leaf has for the next 16 bits of a word, `key`: the last whose key is not above it. Four steps
 * halve 16 words to one; each is a sum, not a branch, and comes to nothing where one word is left.
 */
export function searchLeaf(ranges: Uint32Array, leaf: number, key: number): number {
  let at = leaf & 0x1ffffff
  let count = ((leaf >>> 25) & 15) + 1
  let half = count >>> 1
  at += half & (((ranges[at + half]! >>> 16) + ~key) >> 31)
  count -= half
  half = count >>> 1
  at += half & (((ranges[at + half]! >>> 16) + ~key) >> 31)
  count -= half
  half = count >>> 1
  at += half & (((ranges[at + half]! >>> 16) + ~key) >> 31)
  half = (count - half) >>> 1
  at += half & (((ranges[at + half]! >>> 16) + ~key) >> 31)
  return ranges[at]! & 0xffff
}

/** The entry that a list has for a word; halved as leaves are, in three steps, for it has 8 ranges at most. */
export function searchList(ranges: Uint32Array, list: number, word: number): number {
  let at = 2 * (list & 0x1ffffff)
  let count = ((list >>> 26) & 7) + 1
  let half = count >>> 1
  at += (2 * half) & notAbove(ranges[at + 2 * half]!, word)
  count -= half
  half = count >>> 1
  at += (2 * half) & notAbove(ranges[at + 2 * half]!, word)
  half = (count - half) >>> 1
  at += (2 * half) & notAbove(ranges[at + 2 * half]!, word)
  return ranges[at + 1]!
}

/** -1 where `a` is not above `b`, both without a sign, else 0: by the borrow of `b` - `a`, not by a branch. */
const notAbove = (a: number, b: number): number => ~(((~b & a) | ((~b | a) & ((b - a) | 0))) >> 31)

/** Turns the bytes of a 32-bit number around. */
export function swap(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}
