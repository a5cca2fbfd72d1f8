import type { Registry } from 'prom-client'
import type { FindingAction } from '../../model/finding.js'
import type { BlockStore, Logger } from '../../model/ports.js'
import { encodeActions } from './action_rows.js'
import { deliveriesOf, StreamWriter } from './stream_writer.js'

export interface ActionWriterDeps {
  readonly store: BlockStore
  readonly logger: Logger
  readonly metrics: Registry
  /** Begins to read the stream. */
  open(): Promise<{
    actions: AsyncIterableIterator<{ readonly action: FindingAction; ack(): void }>
    stop(): void
  }>
}

/** What people did about findings, from its stream to `vigie.finding_actions`: the record of who did what, when, from where. */
export class ActionWriter extends StreamWriter<FindingAction> {
  constructor({ open, ...deps }: ActionWriterDeps) {
    super(
      {
        table: 'vigie.finding_actions',
        what: 'actions on findings',
        encode: encodeActions,
        written: {
          name: 'vigie_finding_actions_stored_total',
          help: 'Marks and other actions on findings written to the store.',
        },
        retries: {
          name: 'vigie_finding_actions_store_retries_total',
          help: 'Inserts of actions on findings that failed and were tried again.',
        },
      },
      {
        ...deps,
        async open() {
          const { actions, stop } = await open()
          return { items: deliveriesOf(actions, ({ action }) => action), stop }
        },
      },
    )
  }
}
