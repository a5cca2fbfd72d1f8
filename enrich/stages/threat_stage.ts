import { type FlowBlock, readU64 } from '../../model/flow_block.js'
import { COL, THREAT_ENDS } from '../../model/flow_columns.js'
import { AddressFilter } from '../tables/address_filter.js'
import { PrefixTable } from '../tables/prefix_table.js'
import {
  THREAT_FOR_EVER,
  THREAT_FROM,
  THREAT_NEXT,
  THREAT_NUMBER,
  THREAT_RANK,
  THREAT_UNTIL,
  THREAT_WORDS,
  type ThreatTables,
} from '../tables/shared_tables.js'

const SRC_ADDR = COL.src_addr!
const DST_ADDR = COL.dst_addr!
const RECEIVED = COL.time_received!
const END_TIME = COL.flow_end!
const THREAT = COL.threat_id!
const END = COL.threat_end!

/**
 * Which rows have an end that a threat indicator names, at the time of the row's receipt. Of two that match,
 * the graver one stands in the row, the destination's where they are equal. A block without a match gets no
 * columns.
 */
export class ThreatStage {
  readonly #filter: AddressFilter
  readonly #prefixes: PrefixTable
  readonly #facts: Uint32Array
  /** Index of the indicator in each row that has one. */
  #found = new Uint32Array(0)

  constructor(tables: ThreatTables) {
    this.#filter = new AddressFilter(tables.filter)
    this.#prefixes = new PrefixTable(tables.prefixes)
    this.#facts = new Uint32Array(tables.facts)
  }

  run(block: FlowBlock): void {
    this.#mark(block, SRC_ADDR, THREAT_ENDS.src)
    this.#mark(block, DST_ADDR, THREAT_ENDS.dst)
  }

  #mark(block: FlowBlock, column: number, end: number): void {
    if (block.touched[column] === 0) return
    const words = block.words[column] as Uint32Array
    const filter = this.#filter
    for (let row = 0; row < block.rows; row++) {
      if (!filter.mayHold(words, row)) continue
      const listed = this.#prefixes.lookupRow(words, row)
      const index = listed === 0 ? 0 : this.#inForce(listed, block, row)
      if (index !== 0) this.#write(block, row, index, end)
    }
  }

  /** The indicator that holds when the row was received: the listed one, or one behind it. */
  #inForce(listed: number, block: FlowBlock, row: number): number {
    const facts = this.#facts
    const times = block.words[block.touched[RECEIVED] === 1 ? RECEIVED : END_TIME] as Uint32Array
    const second = Math.floor(readU64(times, row) / 1000)
    for (let index = listed; index !== 0; index = facts[index * THREAT_WORDS + THREAT_NEXT]!) {
      const at = index * THREAT_WORDS
      const until = facts[at + THREAT_UNTIL]!
      if (second >= facts[at + THREAT_FROM]! && (second < until || until === THREAT_FOR_EVER)) return index
    }
    return 0
  }

  #write(block: FlowBlock, row: number, index: number, end: number): void {
    if (block.touched[THREAT] === 0) {
      block.touch(THREAT)
      block.touch(END)
      if (this.#found.length < block.capacity) this.#found = new Uint32Array(block.capacity)
    }
    const ends = block.words[END]!
    const before = ends[row]!
    ends[row] = before | end
    if (before !== 0 && rank(this.#facts, this.#found[row]!) > rank(this.#facts, index)) return
    this.#found[row] = index
    block.words[THREAT]![row] = this.#facts[index * THREAT_WORDS + THREAT_NUMBER]!
  }
}

const rank = (facts: Uint32Array, index: number): number => facts[index * THREAT_WORDS + THREAT_RANK]!
