import type { FlowBlock } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import { PairTable } from '../tables/pair_table.js'
import { LINK_NUMBER, LINK_SUPPLIER, LINK_WORDS, type LinkTables } from '../tables/shared_tables.js'
import type { RowScratch } from './row_scratch.js'

const IN_IF = COL.in_if!
const OUT_IF = COL.out_if!
const LINK = COL.link_id!
const PROVIDER = COL.provider_id!

/** Links that are remembered within a block. */
const KNOWN = 64
const KNOWN_WORDS = 4

/**
 * The link that carried each row, and its supplier: that of the interface it left by, else of the one it came
 * in by.
 */
export class LinkStage {
  /** Rows of a few exporters stand together, and an edge has few interfaces: exporter, out, in, place of the link's facts. */
  readonly #known = new Uint32Array(KNOWN * KNOWN_WORDS)
  #untold = new Uint32Array(0)
  readonly #interfaces: PairTable
  readonly #facts: Uint32Array

  constructor(tables: LinkTables) {
    this.#interfaces = new PairTable(tables.interfaces)
    this.#facts = new Uint32Array(tables.facts)
  }

  run(block: FlowBlock, { exporters }: RowScratch): void {
    block.touch(LINK)
    block.touch(PROVIDER)
    const links = block.words[LINK]!
    const providers = block.words[PROVIDER]!
    const [hasOut, hasIn] = [block.touched[OUT_IF] === 1, block.touched[IN_IF] === 1]
    const outs = hasOut ? block.words[OUT_IF]! : this.#none(block.capacity)
    const ins = hasIn ? block.words[IN_IF]! : this.#none(block.capacity)
    const [known, facts] = [this.#known, this.#facts]
    known.fill(0)
    for (let row = 0; row < block.rows; row++) {
      const exporter = exporters[row]!
      if (exporter === 0) continue
      const [out, in_] = [outs[row]!, ins[row]!]
      const at = ((exporter ^ Math.imul(out, 5) ^ Math.imul(in_, 3)) & (KNOWN - 1)) * KNOWN_WORDS
      if (known[at] !== exporter || known[at + 1] !== out || known[at + 2] !== in_) {
        known[at] = exporter
        known[at + 1] = out
        known[at + 2] = in_
        let link = hasOut ? this.#interfaces.get(exporter, out) : 0
        if (link === 0 && hasIn) link = this.#interfaces.get(exporter, in_)
        known[at + 3] = link * LINK_WORDS
      }
      const link = known[at + 3]!
      links[row] = facts[link + LINK_NUMBER]!
      providers[row] = facts[link + LINK_SUPPLIER]!
    }
  }

  /** A column in which no interface is told. */
  #none(capacity: number): Uint32Array {
    if (this.#untold.length < capacity) this.#untold = new Uint32Array(capacity)
    return this.#untold
  }
}
