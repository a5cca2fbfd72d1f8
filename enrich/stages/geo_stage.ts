import type { FlowBlock } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import { PrefixTable } from '../tables/prefix_table.js'
import { type GeoTables, ORIGIN_AS, ORIGIN_COUNTRY, ORIGIN_WORDS } from '../tables/shared_tables.js'
import type { RowScratch } from './row_scratch.js'

const SRC = { address: COL.src_addr!, as: COL.src_as!, country: COL.src_country_code! }
const DST = { address: COL.dst_addr!, as: COL.dst_as!, country: COL.dst_country_code! }

/** Country and autonomous system of the ends that lie outside; a system that the exporter told stays. */
export class GeoStage {
  readonly #addresses: PrefixTable
  readonly #facts: Uint32Array

  constructor(tables: GeoTables) {
    this.#addresses = new PrefixTable(tables.addresses)
    this.#facts = new Uint32Array(tables.facts)
  }

  run(block: FlowBlock, { srcPlaces, dstPlaces }: RowScratch): void {
    this.#locate(block, SRC, srcPlaces)
    this.#locate(block, DST, dstPlaces)
  }

  #locate(block: FlowBlock, columns: typeof SRC, places: Uint32Array): void {
    if (block.touched[columns.address] === 0) return
    block.touch(columns.as)
    block.touch(columns.country)
    const words = block.words[columns.address] as Uint32Array
    const systems = block.words[columns.as]!
    const countries = block.words[columns.country]!
    const facts = this.#facts
    for (let row = 0; row < block.rows; row++) {
      if (places[row] !== 0) continue
      const at = this.#addresses.lookupRow(words, row) * ORIGIN_WORDS
      countries[row] = facts[at + ORIGIN_COUNTRY]!
      if (systems[row] === 0) systems[row] = facts[at + ORIGIN_AS]!
    }
  }
}
