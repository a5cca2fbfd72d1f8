/**
 * What became of one frame: a row of `vigie.ledger`, keyed by the table's columns. With it, conservation is a query:
 * `records = stored + rejected records`, per frame and in sum, and a collector's totals stand in its newest row.
 */
export interface LedgerRow {
  /** Sequence of the frame in the stream. */
  readonly sequence: number
  /** `collector` and `number` identify a frame for ever; a gap in the numbers is a frame that is not here yet. */
  readonly collector: string
  readonly number: number
  /** When the collector closed the frame, ms since 1970. */
  readonly closed: number
  /** What the frame held. Zero for a frame that does not read. */
  readonly datagrams: number
  /** Flow records met in the datagrams: `stored` and those of `rejected_by` whose unit is the record. */
  readonly records: number
  /** Rows of `vigie.flows`. */
  readonly stored: number
  /** Sum of `rejected_by`. */
  readonly rejected: number
  /** Datagrams, sets, records or frames, by the unit of the code. */
  readonly rejected_by: Readonly<Record<string, number>>
  /** Insert token of the frame's rows. */
  readonly batch: string
  /** Version of the registry that enriched the rows. */
  readonly registry_version: number
  /** The collector's totals when it closed the frame (`CollectorTotals`). */
  readonly received: number
  readonly framed: number
  readonly waiting: number
  readonly kernel_dropped: number
  readonly sequence_lost: number
  readonly collector_rejected: Readonly<Record<string, number>>
}
