import { V4_MAPPED_WORD } from '../../model/flow_block.js'
import type { Prefix } from './prefix.js'
import { PrefixList } from './prefix_list.js'
import { addTree, ENTRY_LIMIT, KIND_NODE, KIND_SCAN, NODE_HEADER, Words } from './range_tree.js'
import { cutRanges, type Ranges } from './ranges.js'

/**
 * Longest prefix match for IPv4 and IPv6 in several routing tables, in shared memory: built once, opened by any worker.
 * Value 0 means that no prefix holds. `range_tree.ts` draws the layout.
 */
export interface PrefixTableData {
  /** Two entries a routing table: IPv4, IPv6. */
  readonly roots: SharedArrayBuffer
  readonly nodes: SharedArrayBuffer
  readonly starts4: SharedArrayBuffer
  readonly values4: SharedArrayBuffer
  readonly starts6: SharedArrayBuffer
  readonly values6: SharedArrayBuffer
}

/** Collects prefixes, then builds the table. */
export class PrefixTableBuilder {
  readonly #lists: { v4: PrefixList; v6: PrefixList }[] = []

  /** Adds a prefix to routing table `table` (0 and up). `value` is 1 to 2^30 - 1. Of equal prefixes the last one holds. */
  add(prefix: Prefix, value: number, table = 0): void {
    if (!(value >= 1 && value < ENTRY_LIMIT)) throw new RangeError(`value ${value} does not fit the table`)
    while (this.#lists.length <= table) this.#lists.push({ v4: new PrefixList(4), v6: new PrefixList(6) })
    const lists = this.#lists[table]!
    ;(prefix.family === 4 ? lists.v4 : lists.v6).add(prefix, value)
  }

  /** Builds `tables` routing tables or more: as many as prefixes were added to. */
  build(tables = 1): PrefixTableData {
    const count = Math.max(tables, this.#lists.length)
    const nodes = new Words()
    const roots = new Uint32Array(2 * count)
    const v4: Ranges[] = []
    const v6: Ranges[] = []
    for (let table = 0; table < count; table++) {
      const lists = this.#lists[table] ?? { v4: new PrefixList(4), v6: new PrefixList(6) }
      roots[2 * table] = addRanges(nodes, v4, cutRanges(lists.v4))
      roots[2 * table + 1] = addRanges(nodes, v6, cutRanges(lists.v6))
    }
    return {
      roots: share([roots]),
      nodes: share([nodes.array.subarray(0, nodes.size)]),
      starts4: share(v4.map((r) => r.starts)),
      values4: share(v4.map((r) => r.values)),
      starts6: share(v6.map((r) => r.starts)),
      values6: share(v6.map((r) => r.values)),
    }
  }
}

function addRanges(nodes: Words, all: Ranges[], ranges: Ranges): number {
  let origin = 0
  for (const before of all) origin += before.size
  all.push(ranges)
  return addTree(nodes, ranges, origin)
}

/** One shared buffer with all of `parts`, one after the other. */
export function share(parts: readonly Uint32Array[]): SharedArrayBuffer {
  let words = 0
  for (const part of parts) words += part.length
  const shared = new Uint32Array(new SharedArrayBuffer(4 * words))
  let at = 0
  for (const part of parts) {
    shared.set(part, at)
    at += part.length
  }
  return shared.buffer as SharedArrayBuffer
}

/** Looks addresses up. Cheap to make: it only opens the shared memory. */
export class PrefixTable {
  /** Number of routing tables. */
  readonly tables: number
  readonly #roots: Uint32Array
  readonly #nodes: Uint32Array
  readonly #starts4: Uint32Array
  readonly #values4: Uint32Array
  readonly #starts6: Uint32Array
  readonly #values6: Uint32Array

  constructor(data: PrefixTableData) {
    this.#roots = new Uint32Array(data.roots)
    this.#nodes = new Uint32Array(data.nodes)
    this.#starts4 = new Uint32Array(data.starts4)
    this.#values4 = new Uint32Array(data.values4)
    this.#starts6 = new Uint32Array(data.starts6)
    this.#values6 = new Uint32Array(data.values6)
    this.tables = this.#roots.length / 2
  }

  /** Value of the address at `row` of an `ipv6` column of a block: network order, read as little-endian words. */
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
    const nodes = this.#nodes
    let entry = this.#roots[2 * table]!
    while (entry >>> 30 === KIND_NODE) {
      const at = entry & 0x3fffffff
      const base = nodes[at + 2]!
      if (address < base) return nodes[at + 5]!
      const bucket = (address - base) >>> nodes[at + 3]!
      if (bucket >= nodes[at + 4]!) return nodes[at + 6]!
      entry = nodes[at + NODE_HEADER + bucket]!
    }
    if (entry >>> 30 !== KIND_SCAN) return entry
    let index = entry & 0x7ffffff
    const last = index + ((entry >>> 27) & 7)
    const starts = this.#starts4
    while (index < last && starts[index + 1]! <= address) index++
    return this.#values4[index]!
  }

  /** Value of an IPv6 address, given as four numbers, first bits first. */
  lookup6(a0: number, a1: number, a2: number, a3: number, table = 0): number {
    const nodes = this.#nodes
    let entry = this.#roots[2 * table + 1]!
    while (entry >>> 30 === KIND_NODE) {
      const at = entry & 0x3fffffff
      const offset = nodes[at + 1]!
      if (offset > 0) {
        const side = this.#compareShared(nodes[at]!, offset, a0, a1, a2, a3)
        if (side !== 0) return side < 0 ? nodes[at + 5]! : nodes[at + 6]!
      }
      const base = nodes[at + 2]!
      const window = bitsAt(offset, a0, a1, a2, a3)
      if (window < base) return nodes[at + 5]!
      const bucket = (window - base) >>> nodes[at + 3]!
      if (bucket >= nodes[at + 4]!) return nodes[at + 6]!
      entry = nodes[at + NODE_HEADER + bucket]!
    }
    if (entry >>> 30 !== KIND_SCAN) return entry
    let index = entry & 0x7ffffff
    const last = index + ((entry >>> 27) & 7)
    while (index < last && this.#startsBy(index + 1, a0, a1, a2, a3)) index++
    return this.#values6[index]!
  }

  /** Whether the first `offset` bits of the address lie before (< 0), on (0) or behind (> 0) those of start `index`. */
  #compareShared(index: number, offset: number, a0: number, a1: number, a2: number, a3: number): number {
    const starts = this.#starts6
    const at = 4 * index
    let difference = cut(a0, offset) - cut(starts[at]!, offset)
    if (difference !== 0 || offset <= 32) return difference
    difference = cut(a1, offset - 32) - cut(starts[at + 1]!, offset - 32)
    if (difference !== 0 || offset <= 64) return difference
    difference = cut(a2, offset - 64) - cut(starts[at + 2]!, offset - 64)
    if (difference !== 0 || offset <= 96) return difference
    return cut(a3, offset - 96) - cut(starts[at + 3]!, offset - 96)
  }

  /** Whether range `index` starts at or before the address. */
  #startsBy(index: number, a0: number, a1: number, a2: number, a3: number): boolean {
    const starts = this.#starts6
    const at = 4 * index
    const s0 = starts[at]!
    if (s0 !== a0) return s0 < a0
    const s1 = starts[at + 1]!
    if (s1 !== a1) return s1 < a1
    const s2 = starts[at + 2]!
    if (s2 !== a2) return s2 < a2
    return starts[at + 3]! <= a3
  }
}

/** Turns the bytes of a 32-bit number around. */
export function swap(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}

/** The first `bits` (1 or more) bits of a word, the others zero. */
function cut(word: number, bits: number): number {
  return bits >= 32 ? word : (word & (-1 << (32 - bits))) >>> 0
}

/** The 32 bits of an address that begin at bit `offset`, 0 to 96. */
function bitsAt(offset: number, a0: number, a1: number, a2: number, a3: number): number {
  const bit = offset & 31
  const high = offset < 32 ? a0 : offset < 64 ? a1 : offset < 96 ? a2 : a3
  if (bit === 0) return high
  const low = offset < 32 ? a1 : offset < 64 ? a2 : a3
  return ((high << bit) | (low >>> (32 - bit))) >>> 0
}
