import type { FlowBlock } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import { PrefixTable } from '../tables/prefix_table.js'
import {
  PLACE_ORG,
  PLACE_REGION,
  PLACE_SITE,
  PLACE_WORDS,
  type SharedTables,
} from '../tables/shared_tables.js'

const SRC_ADDR = COL.src_addr!
const DST_ADDR = COL.dst_addr!
const SRC = { org: COL.src_org_id!, site: COL.src_site_id!, region: COL.src_region_code! }
const DST = { org: COL.dst_org_id!, site: COL.dst_site_id!, region: COL.dst_region_code! }
const LOCALITY = COL.locality!

/**
 * Fills the columns of the enrichment, in place, for all rows of a block: who and where both ends are. One belongs to one
 * worker; a new registry version is a new Enricher, so a block is of one version whole.
 */
export class Enricher {
  /** Version of the registry whose tables it holds. */
  readonly version: number
  readonly #hasOrganizations: boolean
  readonly #prefixes: PrefixTable
  readonly #places: Uint32Array
  #srcPlaces = new Uint32Array(0)
  #dstPlaces = new Uint32Array(0)

  constructor(tables: SharedTables) {
    this.version = tables.version
    this.#hasOrganizations = tables.hasOrganizations
    this.#prefixes = new PrefixTable(tables.prefixes)
    this.#places = new Uint32Array(tables.places)
  }

  enrich(block: FlowBlock): void {
    if (this.#srcPlaces.length < block.capacity) {
      this.#srcPlaces = new Uint32Array(block.capacity)
      this.#dstPlaces = new Uint32Array(block.capacity)
    }
    this.#locate(block, SRC_ADDR, this.#srcPlaces)
    this.#locate(block, DST_ADDR, this.#dstPlaces)
    this.#writeLocality(block)
    if (this.#hasOrganizations) {
      this.#writePlaces(block, SRC, this.#srcPlaces)
      this.#writePlaces(block, DST, this.#dstPlaces)
    }
  }

  /** The place of each row's address. */
  #locate(block: FlowBlock, column: number, places: Uint32Array): void {
    const { rows } = block
    if (block.touched[column] === 0) {
      places.fill(0, 0, rows)
      return
    }
    const words = block.words[column] as Uint32Array
    const prefixes = this.#prefixes
    for (let row = 0; row < rows; row++) places[row] = prefixes.lookupRow(words, row)
  }

  #writePlaces(block: FlowBlock, columns: typeof SRC, places: Uint32Array): void {
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

  /** LOCALITIES: 1 where the source is inside, 2 where the destination is. */
  #writeLocality(block: FlowBlock): void {
    block.touch(LOCALITY)
    const localities = block.words[LOCALITY]!
    const src = this.#srcPlaces
    const dst = this.#dstPlaces
    for (let row = 0; row < block.rows; row++) {
      localities[row] = (src[row]! === 0 ? 0 : 1) | (dst[row]! === 0 ? 0 : 2)
    }
  }
}
