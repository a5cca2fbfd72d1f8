import type { FlowBlock } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import { BatchLookup } from '../tables/batch_lookup.js'
import { PrefixTable } from '../tables/prefix_table.js'
import {
  PLACE_ORG,
  PLACE_REGION,
  PLACE_SITE,
  PLACE_WORDS,
  type SharedTables,
} from '../tables/shared_tables.js'
import type { RowScratch } from './row_scratch.js'

const SRC = {
  address: COL.src_addr!,
  org: COL.src_org_id!,
  site: COL.src_site_id!,
  region: COL.src_region_code!,
}
const DST = {
  address: COL.dst_addr!,
  org: COL.dst_org_id!,
  site: COL.dst_site_id!,
  region: COL.dst_region_code!,
}
const LOCALITY = COL.locality!

/**
 * Tables above this do not stay in a core's own cache, and rows looked up together gain. Measured in
 * bench/enrich.ts.
 */
const BATCH_FROM_BYTES = 2 * 2 ** 20

/** Who and where both ends are: organisation, site, region, and which ends are inside. */
export class PlaceStage {
  readonly #hasOrganizations: boolean
  readonly #single: PrefixTable
  readonly #batch: BatchLookup | undefined
  readonly #places: Uint32Array

  constructor(tables: SharedTables) {
    const { prefixes } = tables
    this.#hasOrganizations = tables.hasOrganizations
    this.#single = new PrefixTable(prefixes)
    const large = prefixes.nodes.byteLength + prefixes.ranges.byteLength > BATCH_FROM_BYTES
    this.#batch = large ? new BatchLookup(prefixes) : undefined
    this.#places = new Uint32Array(tables.places)
  }

  /** `useVrfs`: whether the scratch says each row's routing tables. */
  run(block: FlowBlock, scratch: RowScratch, useVrfs: boolean): void {
    this.#locate(block, SRC.address, scratch.srcPlaces, useVrfs ? scratch.srcVrfs : undefined)
    this.#locate(block, DST.address, scratch.dstPlaces, useVrfs ? scratch.dstVrfs : undefined)
    writeLocality(block, scratch)
    if (!this.#hasOrganizations) return
    this.#write(block, SRC, scratch.srcPlaces)
    this.#write(block, DST, scratch.dstPlaces)
  }

  /** The place of each row's address. What its VRF does not know is looked up in the global table. */
  #locate(block: FlowBlock, column: number, places: Uint32Array, vrfs: Uint16Array | undefined): void {
    const { rows } = block
    if (block.touched[column] === 0) {
      places.fill(0, 0, rows)
      return
    }
    const words = block.words[column] as Uint32Array
    const single = this.#single
    if (this.#batch !== undefined) this.#batch.lookupRows(words, rows, places, vrfs)
    else if (vrfs !== undefined) {
      for (let row = 0; row < rows; row++) places[row] = single.lookupRow(words, row, vrfs[row]!)
    } else {
      for (let row = 0; row < rows; row++) places[row] = single.lookupRow(words, row)
    }
    if (vrfs === undefined) return
    for (let row = 0; row < rows; row++) {
      if (places[row] === 0 && vrfs[row] !== 0) places[row] = single.lookupRow(words, row)
    }
  }

  #write(block: FlowBlock, columns: typeof SRC, places: Uint32Array): void {
    block.touch(columns.org)
    block.touch(columns.site)
    block.touch(columns.region)
    const orgs = block.words[columns.org]!
    const sites = block.words[columns.site]!
    const regions = block.words[columns.region]!
    const table = this.#places
    for (let row = 0; row < block.rows; row++) {
      const at = places[row]! * PLACE_WORDS
      orgs[row] = table[at + PLACE_ORG]!
      sites[row] = table[at + PLACE_SITE]!
      regions[row] = table[at + PLACE_REGION]!
    }
  }
}

/** LOCALITIES: 1 where the source is inside, 2 where the destination is. */
function writeLocality(block: FlowBlock, { srcPlaces, dstPlaces }: RowScratch): void {
  block.touch(LOCALITY)
  const localities = block.words[LOCALITY]!
  for (let row = 0; row < block.rows; row++) {
    localities[row] = (srcPlaces[row] === 0 ? 0 : 1) | (dstPlaces[row] === 0 ? 0 : 2)
  }
}
