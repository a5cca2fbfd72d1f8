import type { FlowBlock } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import { PairTable } from '../tables/pair_table.js'
import { LINK_NUMBER, LINK_SUPPLIER, LINK_WORDS, type LinkTables } from '../tables/shared_tables.js'
import type { RowScratch } from './row_scratch.js'

const IN_IF = COL.in_if!
const OUT_IF = COL.out_if!
const LINK = COL.link_id!
const PROVIDER = COL.provider_id!

/**
 * The link that carried each row, and its supplier: that of the interface it left by, else of the one it came
 * in by.
 */
export class LinkStage {
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
    const outs = block.touched[OUT_IF] === 1 ? block.words[OUT_IF]! : undefined
    const ins = block.touched[IN_IF] === 1 ? block.words[IN_IF]! : undefined
    const interfaces = this.#interfaces
    for (let row = 0; row < block.rows; row++) {
      const exporter = exporters[row]!
      if (exporter === 0) continue
      // An edge has few interfaces, and rows of a datagram stand together.
      const isSame =
        row > 0 &&
        exporters[row - 1] === exporter &&
        outs?.[row - 1] === outs?.[row] &&
        ins?.[row - 1] === ins?.[row]
      if (isSame) {
        links[row] = links[row - 1]!
        providers[row] = providers[row - 1]!
        continue
      }
      let link = outs === undefined ? 0 : interfaces.get(exporter, outs[row]!)
      if (link === 0 && ins !== undefined) link = interfaces.get(exporter, ins[row]!)
      links[row] = this.#facts[link * LINK_WORDS + LINK_NUMBER]!
      providers[row] = this.#facts[link * LINK_WORDS + LINK_SUPPLIER]!
    }
  }
}
