import type { FlowBlock } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import { PrefixTable } from '../tables/prefix_table.js'
import type { ExporterTables } from '../tables/shared_tables.js'
import type { RowScratch } from './row_scratch.js'

const EXPORTER_ADDR = COL.exporter_addr!

/**
 * Which registered exporter each row came from. The rows of a datagram stand together, so most are the row
 * before's.
 */
export class ExporterStage {
  readonly #addresses: PrefixTable | undefined

  constructor(tables: ExporterTables | undefined) {
    this.#addresses = tables && new PrefixTable(tables.addresses)
  }

  run(block: FlowBlock, scratch: RowScratch): void {
    const { exporters } = scratch
    const addresses = this.#addresses
    if (addresses === undefined || block.touched[EXPORTER_ADDR] === 0) {
      exporters.fill(0, 0, block.rows)
      return
    }
    const words = block.words[EXPORTER_ADDR] as Uint32Array
    for (let row = 0; row < block.rows; row++) {
      exporters[row] =
        row > 0 && sameAddress(words, row) ? exporters[row - 1]! : addresses.lookupRow(words, row)
    }
  }
}

/** Whether row `row` of an address column is the row before's. */
function sameAddress(words: Uint32Array, row: number): boolean {
  const at = 4 * row
  return (
    words[at + 3] === words[at - 1] &&
    words[at + 2] === words[at - 2] &&
    words[at + 1] === words[at - 3] &&
    words[at] === words[at - 4]
  )
}
