import type { PrefixTableData } from './prefix_table.js'

/**
 * All that the enrichment looks things up in: shared memory and numbers, so that it is handed to a worker as it is and
 * nothing is copied. Made by `buildTables`, never written afterwards; a new registry version is a new object.
 */
export interface SharedTables {
  /** Version of the registry it was built from; 0 without one. */
  readonly version: number
  /** Whether the registry knows any organisation; without, its columns stay unknown. */
  readonly hasOrganizations: boolean
  /** Address to place, one routing table a VRF; 0 is the global one. */
  readonly prefixes: PrefixTableData
  /** Places by index, `PLACE_WORDS` words each; place 0 is nowhere. */
  readonly places: SharedArrayBuffer
}

/** A place: numbers of organisation and site, code of the region (1 to 17), 0 where unknown; one word to spare. */
export const PLACE_WORDS = 4
export const PLACE_ORG = 0
export const PLACE_SITE = 1
export const PLACE_REGION = 2
