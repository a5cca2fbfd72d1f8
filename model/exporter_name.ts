/**
 * A name that an exporter told for one of its numbers, in options data: a row of `vigie.exporter_names`, keyed by the table's
 * columns. Of rows with one key, the one seen last holds.
 */
export interface ExporterName {
  /** Source of the datagram, IPv4 or IPv6 as text. */
  readonly exporter_addr: string
  readonly kind: 'interface' | 'application' | 'vrf' | 'sampler'
  /** ifIndex, VRF id, sampler id, or an application as in column `app_key`. */
  readonly key: bigint
  readonly name: string
  /** When the frame that told it was closed, ms since 1970. */
  readonly seen: number
}
