import type { JoinedRecord } from './joined_record.js'

/**
 * What became of the payloads of a batch from one vendor and source: a row of `vigie.edge_ledger`, keyed by its columns. In sum
 * `payloads` is the last sequence stored, and `records + absent = links + tunnels + events + counters + merged_away` and what
 * waits to be merged.
 */
export interface EdgeLedgerRow {
  /** Insert token. */
  readonly batch: string
  readonly first_sequence: number
  readonly last_sequence: number
  /** When the last of these payloads came, ms since 1970. */
  readonly received_at: number
  /** As found out; as addressed where nothing was; `_tick` for ticks of the stream's clock. */
  readonly vendor: string
  readonly way: string
  readonly source: string
  payloads: number
  bytes: number
  /** Read from payloads. */
  records: number
  /** Became part of another record, or repeated one. */
  merged_away: number
  /** Made because a tunnel fell silent. */
  absent: number
  links: number
  tunnels: number
  events: number
  counters: number
  /** Rows whose device is not in the registry. */
  unknown_devices: number
  /** Payloads in the dead letters, whole or in part. */
  rejected_payloads: number
  readonly rejected_by: Record<string, number>
  registry_version: number
}

/** Where the rows of each kind of record lie. */
export const EDGE_TABLES = {
  link: 'vigie.link_samples',
  tunnel: 'vigie.tunnel_samples',
  event: 'vigie.edge_events',
  counters: 'vigie.if_counters',
} as const

/** A record on its way to the store: joined, and where it came from. */
export interface EdgeRow {
  readonly joined: JoinedRecord
  readonly receivedMs: number
  readonly way: string
  readonly source: string
  readonly sequence: number
}
