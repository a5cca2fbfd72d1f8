import { V4_MAPPED_WORD } from '../../model/flow_block.js'
import { type PrefixTableData, swap } from './prefix_table.js'

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
  /** Where each row of the chunk is. */
  readonly #entries = new Uint32Array(CHUNK)
  /** The word it is at, and what is left of its bits. */
  readonly #words = new Uint32Array(CHUNK)
  readonly #rest = new Uint32Array(CHUNK)
  readonly #wordAt = new Uint8Array(CHUNK)
  /**
   * Rows of the chunk that are at a node, at a scan, at a way down; a word more, for writing without asking.
   */
  readonly #nodeRows = new Uint16Array(CHUNK + 1)
  readonly #scanRows = new Uint16Array(CHUNK + 1)
  readonly #downRows = new Uint16Array(CHUNK + 1)
  #nodeCount = 0
  #scanCount = 0
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
   * `PrefixTable.lookupRow` does. `tables` has each row's routing table; left out, all rows are in table 0.
   */
  lookupRows(addresses: Uint32Array, rows: number, values: Uint32Array, tables?: Uint16Array): void {
    for (let base = 0; base < rows; base += CHUNK) {
      const count = Math.min(CHUNK, rows - base)
      this.#begin(addresses, base, count, tables)
      for (;;) {
        while (this.#nodeCount > 0) this.#stepNodes()
        if (this.#scanCount > 0) this.#scan()
        if (this.#downCount === 0) break
        this.#goDown(addresses, base)
      }
      for (let j = 0; j < count; j++) values[base + j] = this.#entries[j]!
    }
  }

  #begin(addresses: Uint32Array, base: number, count: number, tables: Uint16Array | undefined): void {
    const roots = this.#roots
    let nodes = 0
    let scans = 0
    let downs = 0
    for (let j = 0; j < count; j++) {
      const at = 4 * (base + j)
      const w0 = addresses[at]!
      const isV4 = w0 === 0 && addresses[at + 1] === 0 && addresses[at + 2] === V4_MAPPED_WORD
      const word = swap(isV4 ? addresses[at + 3]! : w0)
      const table = tables === undefined ? 0 : tables[base + j]!
      const entry = roots[2 * table + (isV4 ? 0 : 1)]!
      this.#words[j] = word
      this.#rest[j] = word
      this.#wordAt[j] = 0
      this.#entries[j] = entry
      this.#nodeRows[nodes] = j
      nodes += isNode(entry)
      this.#scanRows[scans] = j
      scans += isScan(entry)
      this.#downRows[downs] = j
      downs += isDown(entry)
    }
    this.#nodeCount = nodes
    this.#scanCount = scans
    this.#downCount = downs
  }

  /** All rows at nodes take one step. The list is rewritten behind the place where it is read. */
  #stepNodes(): void {
    const table = this.#nodes
    let nodes = 0
    let scans = this.#scanCount
    let downs = this.#downCount
    for (let i = 0; i < this.#nodeCount; i++) {
      const j = this.#nodeRows[i]!
      const node = this.#entries[j]!
      const rest = this.#rest[j]!
      const k = (node >>> 25) & 31
      const entry = table[2 * (node & 0x1ffffff) + (rest >>> (32 - k))]!
      this.#rest[j] = rest << k
      this.#entries[j] = entry
      this.#nodeRows[nodes] = j
      nodes += isNode(entry)
      this.#scanRows[scans] = j
      scans += isScan(entry)
      this.#downRows[downs] = j
      downs += isDown(entry)
    }
    this.#nodeCount = nodes
    this.#scanCount = scans
    this.#downCount = downs
  }

  #scan(): void {
    this.#warm()
    const ranges = this.#ranges
    let downs = this.#downCount
    for (let i = 0; i < this.#scanCount; i++) {
      const j = this.#scanRows[i]!
      const scan = this.#entries[j]!
      const word = this.#words[j]!
      let at = 2 * (scan & 0x7ffffff)
      const last = at + 2 * ((scan >>> 27) & 7)
      while (at < last && ranges[at + 2]! <= word) at += 2
      const entry = ranges[at + 1]!
      this.#entries[j] = entry
      this.#downRows[downs] = j
      downs += isDown(entry)
    }
    this.#scanCount = 0
    this.#downCount = downs
  }

  /** Brings the ranges of all scans near: these reads do not wait for each other, as the scans' do. */
  #warm(): void {
    let sum = 0
    for (let i = 0; i < this.#scanCount; i++) {
      sum ^= this.#ranges[2 * (this.#entries[this.#scanRows[i]!]! & 0x7ffffff) + 1]!
    }
    this.#sink[0] = sum
  }

  /** All rows at a way down turn to the next word of their address. */
  #goDown(addresses: Uint32Array, base: number): void {
    let nodes = 0
    let scans = 0
    let downs = 0
    for (let i = 0; i < this.#downCount; i++) {
      const j = this.#downRows[i]!
      const at = this.#wordAt[j]! + 1
      const word = swap(addresses[4 * (base + j) + at]!)
      const entry = this.#roots[this.#entries[j]! & 0x3fffffff]!
      this.#wordAt[j] = at
      this.#words[j] = word
      this.#rest[j] = word
      this.#entries[j] = entry
      this.#nodeRows[nodes] = j
      nodes += isNode(entry)
      this.#scanRows[scans] = j
      scans += isScan(entry)
      this.#downRows[downs] = j
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
