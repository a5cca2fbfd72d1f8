/**
 * A frame: the raw datagrams of about a quarter of a second (or 512 KiB), with all that is needed to decode them.
 * `ingest/bus/frame.ts` reads and writes its bytes, `ingest/flow/context.ts` those of the context.
 */
export interface FrameEntry {
  /** Source address of the datagram, 16 bytes, IPv4 as ::ffff:a.b.c.d. */
  readonly exporter: Uint8Array
  readonly exporterPort: number
  /** Receipt by the collector, µs since 1970. */
  readonly receivedUs: number
  readonly datagram: Uint8Array
}

/** What a collector has counted since it was first started; goes up only, and is saved across restarts. */
export interface CollectorTotals {
  /** Datagrams read from the sockets. */
  received: number
  /** Datagrams put into frames. `received = framed + rejected + waiting` at any moment. */
  framed: number
  /** Datagrams that were not framed, by reject code. */
  rejected: Record<string, number>
  /** Datagrams that wait for their template. */
  waiting: number
  /** Datagrams the kernel dropped for want of buffer (/proc/net/udp). */
  kernelDropped: number
  /** Units missing by exporters' sequence numbers (datagrams for v9 and sFlow, records for v5 and IPFIX). */
  sequenceLost: number
}

/** What a collector knows of an exporter that it heard since it last said so. Counts are totals, and go up only. */
export interface ExporterNote {
  /** As text. */
  readonly address: string
  /** By the collector's clock, ms since 1970. */
  readonly lastSeenMs: number
  readonly datagrams: number
  /** What its sequence numbers count (datagrams for v9 and sFlow, records for v5 and IPFIX): came, and did not. */
  readonly units: number
  readonly lost: number
  readonly restarts: number
  /** Its clock less the collector's, where its headers tell the time. */
  readonly skewMs?: number
}

export interface Frame {
  /** Stable name of the collector that made it. */
  readonly collector: string
  /** Counts the collector's frames from 1, across restarts. `collector` and `number` identify a frame for ever. */
  readonly number: number
  /** The collector's clock when the frame was closed, ms since 1970; never before any entry of it. */
  readonly closedMs: number
  /** Totals when the frame was closed. */
  readonly totals: CollectorTotals
  /** Templates, samplers and names that the entries refer to, as `ingest/flow/context.ts` writes them. */
  readonly context: Uint8Array
  readonly entries: readonly FrameEntry[]
  /** Every few seconds, also where nothing came: who was heard. Left out: this frame does not say. */
  readonly notes?: readonly ExporterNote[]
}
