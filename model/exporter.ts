import type { ExportProtocol } from './flow_columns.js'

/** What a collector knows of one exporter: an address that datagrams came from. Counts go up only. */
export interface ExporterRecord {
  /** Source address of the datagrams, IPv4 or IPv6 as text. */
  readonly address: string
  /** The exporter's own address where the configuration says another than the source. */
  readonly known_as?: string
  /** The sampling rate that the configuration gives it. */
  readonly configured_rate?: number
  readonly protocols: readonly ExportProtocol[]
  /** By the collector's clock, ms since 1970. */
  readonly first_seen_ms: number
  readonly last_seen_ms: number
  readonly datagrams: number
  readonly bytes: number
  /** Templates and options templates known now, over all observation domains. */
  readonly templates: number
  /** Datagrams that wait for their template now. */
  readonly waiting: number
  /** Datagrams that were not framed. */
  readonly rejected: number
  /** Units missing by sequence numbers: datagrams for v9 and sFlow, records for v5 and IPFIX. */
  readonly sequence_lost: number
  readonly reordered: number
  readonly duplicates: number
  readonly restarts: number
  /** Exporter's clock minus the collector's, median of the last samples; left out where no header tells the time. */
  readonly clock_skew_ms?: number
}
