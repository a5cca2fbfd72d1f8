import type { LedgerRow } from '../../model/ledger.js'
import { NativeRows } from './native_rows.js'

const LEDGER = new NativeRows<keyof LedgerRow>({
  sequence: 'UInt64',
  collector: 'String',
  number: 'UInt64',
  closed: 'DateTime64(3)',
  datagrams: 'UInt64',
  records: 'UInt64',
  stored: 'UInt64',
  rejected: 'UInt64',
  rejected_by: 'Map(String, UInt64)',
  batch: 'String',
  registry_version: 'UInt64',
  received: 'UInt64',
  framed: 'UInt64',
  waiting: 'UInt64',
  kernel_dropped: 'UInt64',
  sequence_lost: 'UInt64',
  collector_rejected: 'Map(String, UInt64)',
})

/** One Native block of rows of `vigie.ledger`. */
export const encodeLedger = (rows: readonly LedgerRow[]): Uint8Array =>
  LEDGER.encode(rows.map((row) => ({ ...row })))
