import { Sflow5Decoder, type Sflow5Options } from '../../../ingest/flow/sflow5.js'
import { FlowBlock, readU64 } from '../../../model/flow_block.js'
import { FLOW_COLUMNS } from '../../../model/flow_columns.js'

/** A row as plain values; a column that holds its unknown value is left out. */
export type Row = Record<string, number | string>

function addressText(b: Uint8Array): string {
  if (b[10] === 255 && b[11] === 255) return b.subarray(12).join('.')
  return Buffer.from(b).toString('hex')
}

function rowOf(block: FlowBlock, row: number): Row {
  const values: Row = {}
  FLOW_COLUMNS.forEach(({ name, kind, unknown }, id) => {
    if (block.touched[id] === 0) return
    if (kind === 'ipv6') {
      const bytes = block.bytes[id]!.subarray(16 * row, 16 * row + 16)
      if (bytes.some((byte) => byte !== 0)) values[name] = addressText(bytes)
      return
    }
    const wide = kind === 'u64' || kind === 'time_ms'
    const value = wide ? readU64(block.words[id] as Uint32Array, row) : block.words[id]![row]!
    if (value !== unknown) values[name] = value
  })
  return values
}

export const RECEIVED_US = 1_700_000_000_123_456
export const EXPORTER = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 198, 51, 100, 9])

/** All that the decoder makes of one datagram, through a block of three rows. */
export function decodeAll(datagram: Uint8Array, options: Sflow5Options = {}) {
  const decoder = new Sflow5Decoder(options)
  const block = new FlowBlock(3)
  const rows: Row[] = []
  const rejects: Record<string, number> = {}
  const report = {
    records: 0,
    flows: 0,
    counters: 0,
    discards: 0,
    reject: (code: string, count: number) => {
      rejects[code] = (rejects[code] ?? 0) + count
    },
  }
  const take = (full: FlowBlock) => {
    for (let row = 0; row < full.rows; row++) rows.push(rowOf(full, row))
  }
  const entry = { exporter: EXPORTER, exporterPort: 6343, receivedUs: RECEIVED_US, datagram }
  decoder.decode(entry, block, take, report)
  take(block)
  return { rows, rejects, report, decoder }
}

/** The one row of a datagram with one flow sample. */
export function onlyRow(datagram: Uint8Array, options: Sflow5Options = {}): Row {
  const { rows, rejects } = decodeAll(datagram, options)
  if (rows.length !== 1 || Object.keys(rejects).length > 0) {
    throw new Error(`${rows.length} rows, rejects ${JSON.stringify(rejects)}`)
  }
  return rows[0]!
}
