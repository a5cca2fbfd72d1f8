import type { EdgeLedgerRow, EdgeRow } from '../../model/edge_ledger.js'
import type { EdgeRecordKind } from '../../model/edge_record.js'
import { NativeRows, type NativeType, type NativeValue } from './native_rows.js'

type Columns = Readonly<Record<string, NativeType>>

const texts = (names: string): Columns =>
  Object.fromEntries(names.split(' ').map((name) => [name, 'LowCardinality(String)']))
const numbers = (names: string): Columns =>
  Object.fromEntries(names.split(' ').map((name) => [name, 'Nullable(Float64)']))

const PLACE: Columns = {
  org_id: 'UInt32',
  site_id: 'UInt32',
  link_id: 'UInt32',
  supplier_id: 'UInt32',
  ...texts('edge'),
}
const OBSERVATION: Columns = {
  observed_at: 'DateTime64(3)',
  received_at: 'DateTime64(3)',
  sequence: 'UInt64',
  ...texts('observed_at_source vendor controller device site link carrier way source'),
  ...numbers('interval_s'),
}
const ENDS: Columns = {
  ...texts('local remote local_color remote_color'),
  remote_org_id: 'UInt32',
  remote_site_id: 'UInt32',
}
const PERFORMANCE: Columns = {
  ...texts('direction latency_kind latency_statistic jitter_kind loss_stage'),
  ...numbers('latency_ms jitter_ms loss_ratio mos mos_scale_max mos_computed qoe qoe_scale_max'),
}
const TRAFFIC: Columns = {
  ...numbers('tx_bps rx_bps tx_bytes rx_bytes tx_packets rx_packets tx_capacity_bps rx_capacity_bps'),
  ...texts('bytes_kind'),
}
const STATE: Columns = {
  ...numbers('availability_ratio'),
  ...texts('state state_raw sla_class'),
  sla_met: 'Map(String, Bool)',
}
const EVENT: Columns = { ...texts('event'), severity_id: 'UInt8', message: 'String' }

const TABLES: Readonly<Record<EdgeRecordKind, NativeRows<string>>> = {
  link: new NativeRows({ ...OBSERVATION, ...PLACE, ...PERFORMANCE, ...TRAFFIC, ...STATE }),
  tunnel: new NativeRows({ ...OBSERVATION, ...PLACE, ...ENDS, ...PERFORMANCE, ...TRAFFIC, ...STATE }),
  event: new NativeRows({ ...OBSERVATION, ...PLACE, ...ENDS, ...STATE, ...EVENT }),
  counters: new NativeRows({ ...OBSERVATION, ...PLACE, ...TRAFFIC, ...STATE }),
}

/** Columns that are not of the record itself. */
const BESIDE: Readonly<Record<string, (row: EdgeRow) => NativeValue>> = {
  observed_at: ({ joined }) => joined.observedMs,
  received_at: ({ receivedMs }) => receivedMs,
  way: ({ way }) => way,
  source: ({ source }) => source,
  sequence: ({ sequence }) => sequence,
  org_id: ({ joined }) => joined.orgId,
  site_id: ({ joined }) => joined.siteId,
  link_id: ({ joined }) => joined.linkId,
  supplier_id: ({ joined }) => joined.supplierId,
  edge: ({ joined }) => joined.edge,
  remote_org_id: ({ joined }) => joined.remoteOrgId,
  remote_site_id: ({ joined }) => joined.remoteSiteId,
}

/** One Native block of the rows of one kind of record, for its table (`EDGE_TABLES`). */
export function encodeEdgeRows(kind: EdgeRecordKind, rows: readonly EdgeRow[]): Uint8Array {
  const told = valuesTold(kind, rows)
  return TABLES[kind].encodeColumns(rows.length, (name) => told.get(name) ?? rows.map(BESIDE[name]!))
}

/** Columns of what the records tell. Rows are gone through once: column by column each record would be fetched from memory anew. */
function valuesTold(kind: EdgeRecordKind, rows: readonly EdgeRow[]): Map<string, NativeValue[]> {
  const names = TABLES[kind].names.filter((name) => BESIDE[name] === undefined)
  const columns = names.map(() => new Array<NativeValue>(rows.length))
  for (let row = 0; row < rows.length; row++) {
    const record = rows[row]!.joined.record as unknown as Readonly<Record<string, NativeValue>>
    for (let i = 0; i < names.length; i++) columns[i]![row] = record[names[i]!]
  }
  return new Map(names.map((name, i) => [name, columns[i]!]))
}

const LEDGER = new NativeRows<keyof EdgeLedgerRow>({
  batch: 'String',
  first_sequence: 'UInt64',
  last_sequence: 'UInt64',
  received_at: 'DateTime64(3)',
  vendor: 'String',
  way: 'String',
  source: 'String',
  payloads: 'UInt64',
  bytes: 'UInt64',
  records: 'UInt64',
  merged_away: 'UInt64',
  absent: 'UInt64',
  links: 'UInt64',
  tunnels: 'UInt64',
  events: 'UInt64',
  counters: 'UInt64',
  unknown_devices: 'UInt64',
  rejected_payloads: 'UInt64',
  rejected_by: 'Map(String, UInt64)',
  registry_version: 'UInt64',
})

/** One Native block of rows of `vigie.edge_ledger`. */
export const encodeEdgeLedger = (rows: readonly EdgeLedgerRow[]): Uint8Array =>
  LEDGER.encode(rows.map((row) => ({ ...row })))
