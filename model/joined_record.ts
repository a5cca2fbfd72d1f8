import type { EdgeRecord } from './edge_record.js'

/** Where the registry places a record, as it was in force when the record was read. Numbers as rows store them; 0 unknown. */
export interface EdgePlace {
  readonly orgId: number
  readonly siteId: number
  readonly linkId: number
  readonly supplierId: number
  /** Id of the edge in the registry; '' unknown. */
  readonly edge: string
  /** The other end of a tunnel. */
  readonly remoteOrgId: number
  readonly remoteSiteId: number
}

/** A record of an edge, placed and dated. */
export interface JoinedRecord extends EdgePlace {
  readonly record: EdgeRecord
  /**
   * End of the observed interval, ms since 1970: `observed_at`, or the receipt where the payload carries no time or one that
   * cannot be; then `record.observed_at_source` is `received`.
   */
  readonly observedMs: number
}

/**
 * What one payload gave, after merging: also records that earlier payloads began, and tunnels that fell silent. Without
 * records it tells the time.
 */
export interface JoinedPayload {
  /** Sequence of the payload in the stream EDGE: the order of application. */
  readonly sequence: number
  /** Which part of the payload's records these are, from 0, where they are too many for one message; left out: 0. */
  readonly part?: number
  /** When the payload came, ms since 1970. */
  readonly receivedMs: number
  readonly records: readonly JoinedRecord[]
}
