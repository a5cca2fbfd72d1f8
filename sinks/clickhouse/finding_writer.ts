import type { Registry } from 'prom-client'
import type { Finding } from '../../model/finding.js'
import type { BlockStore, Logger } from '../../model/ports.js'
import { encodeFindings } from './finding_rows.js'
import { deliveriesOf, StreamWriter } from './stream_writer.js'

/** A finding that stays in its stream until it is acknowledged. */
export interface FindingDelivery {
  readonly finding: Finding
  ack(): void
}

export interface FindingWriterDeps {
  readonly store: BlockStore
  readonly logger: Logger
  readonly metrics: Registry
  /** Begins to read the stream. */
  open(): Promise<{ findings: AsyncIterableIterator<FindingDelivery>; stop(): void }>
}

/** Findings from their stream to `vigie.findings`. One that comes twice is one row: the table folds equal keys. */
export class FindingWriter extends StreamWriter<Finding> {
  constructor({ open, ...deps }: FindingWriterDeps) {
    super(
      {
        table: 'vigie.findings',
        what: 'findings',
        encode: encodeFindings,
        written: { name: 'vigie_findings_stored_total', help: 'Findings written to the store.' },
        retries: {
          name: 'vigie_findings_store_retries_total',
          help: 'Inserts of findings that failed and were tried again.',
        },
      },
      {
        ...deps,
        async open() {
          const { findings, stop } = await open()
          return { items: deliveriesOf(findings, ({ finding }) => finding), stop }
        },
      },
    )
  }
}
