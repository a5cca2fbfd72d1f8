import { V4_MAPPED_WORD } from '../../model/flow_block.js'
import { type PrefixTableData, searchLeaf, searchList, swap } from './prefix_table.js'
import { LEAF_SHIFT } from './range_tree.js'

const CHUNK = 256

/**
 * Looks up a whole column of addresses. Rows take each step of their search together, a chunk at a time, so
 * that the processor waits for many places of memory at once instead of one after the other: with a million
 * prefixes, whose trees no cache holds, this is two to three times as fast as row by row.
 *
 * ```
 *  lists   by kind of entry (range_tree.ts), the rows of the chunk that are at such an entry
 *          NODE ──▶ NODE … ──▶ SCAN ──▶ VALUE       a row that is at a VALUE is done
 *                               └─────▶ DOWN ──▶ the next word's NODE, SCAN or VALUE
 * ```
 */
export class BatchLookup {
  readonly #roots: Uint32Array
  readonly #nodes: Uint32Array
  readonly #ranges: Uint32Array
  /** The word that each row of the chunk is at, what is left of its bits, and which word it is. */
  readonly #words = new Uint32Array(CHUNK)
  readonly #rest = new Uint32Array(CHUNK)
  readonly #wordAt = new Uint8Array(CHUNK)
  /**
   * Rows of the chunk that are at a node, at a scan, at a way down; a word more, for writing without asking.
   */
  readonly #nodeRows = new Uint16Array(CHUNK + 1)
  readonly #scanRows = new Uint16Array(CHUNK + 1)
  readonly #listRows = new Uint16Array(CHUNK + 1)
  readonly #downRows = new Uint16Array(CHUNK + 1)
  #nodeCount = 0
  #scanCount = 0
  #listCount = 0
  #downCount = 0
  /** Takes what `#warm` read, so that the reads are not left out. */
  readonly #sink = new Uint32Array(1)

  constructor(data: PrefixTableData) {
    this.#roots = new Uint32Array(data.roots)
    this.#nodes = new Uint32Array(data.nodes)
    this.#ranges = new Uint32Array(data.ranges)
  }

  /**
   * Writes the value of each of the first `rows` addresses of an `ipv6` column to `values`, as
   * `PrefixTable.lookupRow` does; on the way it holds where each row is. `tables` has each row's routing table;
   * left out, all rows are in table 0.
   */
  lookupRows(addresses: Uint32Array, rows: number, values: Uint32Array, tables?: Uint16Array): void {
    for (let base = 0; base < rows; base += CHUNK) {
      this.#begin(addresses, base, Math.min(CHUNK, rows - base), values, tables)
      for (;;) {
        while (this.#nodeCount > 0) this.#stepNodes(values, base)
        if (this.#scanCount > 0) this.#scan(values, base)
        if (this.#downCount === 0) break
        this.#goDown(addresses, values, base)
      }
    }
  }

  #begin(
    addresses: Uint32Array,
    base: number,
    count: number,
    values: Uint32Array,
    tables: Uint16Array | undefined,
  ): void {
    const roots = this.#roots
    const words = this.#words
    const rest = this.#rest
    const [nodeRows, scanRows, downRows] = [this.#nodeRows, this.#scanRows, this.#downRows]
    let nodes = 0
    let scans = 0
    let downs = 0
    for (let j = 0; j < count; j++) {
      const at = 4 * (base + j)
      const w0 = addresses[at]!
      // -1 for IPv6, 0 for IPv4: not by a branch, for both may come in any order.
      const other = w0 | addresses[at + 1]! | (addresses[at + 2]! ^ V4_MAPPED_WORD)
      const six = (other | (0 - other)) >> 31
      const table = tables === undefined ? 0 : tables[base + j]!
      const entry = roots[2 * table + (six & 1)]!
      const word = swap((w0 & six) | (addresses[at + 3]! & ~six))
      words[j] = word
      rest[j] = word
      values[base + j] = entry
      nodeRows[nodes] = j
      nodes += isNode(entry)
      scanRows[scans] = j
      scans += isScan(entry)
      downRows[downs] = j
      downs += isDown(entry)
    }
    this.#wordAt.fill(0)
    this.#nodeCount = nodes
    this.#scanCount = scans
    this.#downCount = downs
  }

  /** All rows at nodes take one step. The list is rewritten behind the place where it is read. */
  #stepNodes(values: Uint32Array, base: number): void {
    const table = this.#nodes
    const rest = this.#rest
    const [nodeRows, scanRows, downRows] = [this.#nodeRows, this.#scanRows, this.#downRows]
    const count = this.#nodeCount
    let nodes = 0
    let scans = this.#scanCount
    let downs = this.#downCount
    for (let i = 0; i < count; i++) {
      const j = nodeRows[i]!
      const node = values[base + j]!
      const bits = rest[j]!
      const k = (node >>> 25) & 31
      const entry = table[2 * (node & 0x1ffffff) + (bits >>> (32 - k))]!
      rest[j] = bits << k
      values[base + j] = entry
      nodeRows[nodes] = j
      nodes += isNode(entry)
      scanRows[scans] = j
      scans += isScan(entry)
      downRows[downs] = j
      downs += isDown(entry)
    }
    this.#nodeCount = nodes
    this.#scanCount = scans
    this.#downCount = downs
  }

  #scan(values: Uint32Array, base: number): void {
    this.#warm(values, base)
    const ranges = this.#ranges
    const [words, rest] = [this.#words, this.#rest]
    const [leafRows, listRows] = [this.#scanRows, this.#listRows]
    const [leaves, lists] = [this.#scanCount, this.#listCount]
    for (let i = 0; i < leaves; i++) {
      const j = leafRows[i]!
      values[base + j] = searchLeaf(ranges, values[base + j]!, rest[j]! >>> 16)
    }
    const downRows = this.#downRows
    let downs = this.#downCount
    for (let i = 0; i < lists; i++) {
      const j = listRows[i]!
      const entry = searchList(ranges, values[base + j]!, words[j]!)
      values[base + j] = entry
      downRows[downs] = j
      downs += isDown(entry)
    }
    this.#scanCount = 0
    this.#downCount = downs
  }

  /**
   * Brings the ranges of all scans near: these reads do not wait for each other, as the scans' do. Tells leaves, which
   * stay among the scans, from lists.
   */
  #warm(values: Uint32Array, base: number): void {
    const ranges = this.#ranges
    const [scanRows, listRows] = [this.#scanRows, this.#listRows]
    const count = this.#scanCount
    let leaves = 0
    let lists = 0
    let sum = 0
    for (let i = 0; i < count; i++) {
      const j = scanRows[i]!
      const scan = values[base + j]!
      const isLeaf = (scan >>> LEAF_SHIFT) & 1
      // A leaf counts words, a list pairs of them.
      sum ^= ranges[(scan & 0x1ffffff) << (isLeaf ^ 1)]!
      scanRows[leaves] = j
      leaves += isLeaf
      listRows[lists] = j
      lists += isLeaf ^ 1
    }
    this.#scanCount = leaves
    this.#listCount = lists
    this.#sink[0] = sum
  }

  /** All rows at a way down turn to the next word of their address. */
  #goDown(addresses: Uint32Array, values: Uint32Array, base: number): void {
    const roots = this.#roots
    const words = this.#words
    const rest = this.#rest
    const wordAt = this.#wordAt
    const [nodeRows, scanRows, downRows] = [this.#nodeRows, this.#scanRows, this.#downRows]
    const count = this.#downCount
    let nodes = 0
    let scans = 0
    let downs = 0
    for (let i = 0; i < count; i++) {
      const j = downRows[i]!
      const at = wordAt[j]! + 1
      const entry = roots[values[base + j]! & 0x3fffffff]!
      wordAt[j] = at
      const word = swap(addresses[4 * (base + j) + at]!)
      words[j] = word
      rest[j] = word
      values[base + j] = entry
      nodeRows[nodes] = j
      nodes += isNode(entry)
      scanRows[scans] = j
      scans += isScan(entry)
      downRows[downs] = j
      downs += isDown(entry)
    }
    this.#nodeCount = nodes
    this.#scanCount = scans
    this.#downCount = downs
  }
}

// 1 or 0 from the two bits of an entry's kind, without a branch that the processor would guess wrong.
const isNode = (entry: number): number => (entry >>> 30) & ~(entry >>> 31) & 1
const isScan = (entry: number): number => (entry >>> 31) & ~(entry >>> 30)
const isDown = (entry: number): number => (entry >>> 31) & (entry >>> 30)
