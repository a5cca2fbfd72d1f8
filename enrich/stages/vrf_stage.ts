import type { FlowBlock } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import { PairTable } from '../tables/pair_table.js'
import { EXPORTER_VRF, EXPORTER_WORDS, type SharedTables } from '../tables/shared_tables.js'
import type { RowScratch } from './row_scratch.js'

const IN_VRF = COL.in_vrf!
const OUT_VRF = COL.out_vrf!

/**
 * The routing table in which each end of a row is looked up: what the record says (234 for the source, 235
 * for the destination), where the registry knows that number; else its exporter's; the destination's is else
 * the source's.
 */
export class VrfStage {
  /** Whether there is more than the global table. */
  readonly #needed: boolean
  /** Whether any exporter has a table of its own. */
  readonly #byExporter: boolean
  readonly #numbers: PairTable | undefined
  readonly #exporters: Uint32Array | undefined

  constructor(tables: SharedTables) {
    this.#needed = tables.prefixes.tables > 1
    this.#numbers = tables.vrfNumbers && new PairTable(tables.vrfNumbers)
    this.#exporters = tables.exporters && new Uint32Array(tables.exporters.facts)
    this.#byExporter =
      this.#exporters?.some((word, i) => i % EXPORTER_WORDS === EXPORTER_VRF && word !== 0) ?? false
  }

  /** Whether any row of the block may lie in another table than the global one; the scratch says then which. */
  run(block: FlowBlock, scratch: RowScratch): boolean {
    const told = this.#numbers !== undefined && (block.touched[IN_VRF] === 1 || block.touched[OUT_VRF] === 1)
    if (!this.#needed || (!told && !this.#byExporter)) return false
    const { rows } = block
    const { srcVrfs, dstVrfs, exporters } = scratch
    const facts = this.#exporters
    for (let row = 0; row < rows; row++) {
      srcVrfs[row] = facts === undefined ? 0 : facts[exporters[row]! * EXPORTER_WORDS + EXPORTER_VRF]!
    }
    this.#read(block, IN_VRF, srcVrfs)
    dstVrfs.set(srcVrfs.subarray(0, rows))
    this.#read(block, OUT_VRF, dstVrfs)
    return true
  }

  #read(block: FlowBlock, column: number, vrfs: Uint16Array): void {
    const numbers = this.#numbers
    if (numbers === undefined || block.touched[column] === 0) return
    const said = block.words[column]!
    for (let row = 0; row < block.rows; row++) {
      if (said[row] === 0) continue
      const table = numbers.get(0, said[row]!)
      if (table !== 0) vrfs[row] = table
    }
  }
}
