import { type FlowBlock, readU64 } from '../../model/flow_block.js'
import { COL, EXPORT_PROTOCOLS, FLOW_COLUMNS, SAMPLING_SOURCES } from '../../model/flow_columns.js'
import { applicationText } from './options_record.js'
import { addressText, macText, timeText } from './value_text.js'

/** A flow as JSON: keys of the contract, those with an unknown value left out. */
export type FlowJson = Record<string, unknown>

const namesOf = (codes: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(codes).map(([name, code]) => [code, name]))
const ENUMS: Readonly<Record<string, ReadonlyMap<number, string>>> = {
  export_protocol: namesOf(EXPORT_PROTOCOLS),
  sampling_source: namesOf(SAMPLING_SOURCES),
}
/** Keys of columns that JSON shows in another form than they are stored in. */
const KEYS: Readonly<Record<string, string>> = {
  src_mac_u48: 'src_mac',
  dst_mac_u48: 'dst_mac',
  app_key: 'app_id',
  app_label: 'app_name',
  in_if_label: 'in_if_name',
  out_if_label: 'out_if_name',
}
/** Written for every row, whatever its record carries; zero means unknown in the times. */
const ALWAYS = new Set(['time_received', 'export_protocol', 'exporter_addr', 'observation_domain'])
/** In these, zero says that the record does not know. */
const ZERO_IS_UNKNOWN = new Set(['flow_start', 'flow_end', 'sampling_rate', 'sampling_source', 'app_key'])

/** Columns of the decoder: those from the enrichment on are not printed here. */
const DECODED = FLOW_COLUMNS.slice(0, COL.src_org_id)

/** All keys that `flowJson` can give, in order. */
export const FLOW_KEYS: readonly string[] = DECODED.map((c) => KEYS[c.name] ?? c.name)

/** The value of a column at `row`; undefined when it is unknown. */
function valueAt(block: FlowBlock, column: number, row: number): unknown {
  const { name, kind } = FLOW_COLUMNS[column]!
  const words = block.words[column]!
  const bytes = block.bytes[column]!
  switch (kind) {
    case 'ipv6':
      return addressText(bytes, 16 * row)
    case 'time_ms':
      return timeText(readU64(words as Uint32Array, row))
    case 'string':
      return block.strings[words[row]!] || undefined
    case 'u64':
      return wideValue(name, words as Uint32Array, row)
    default:
      return ENUMS[name] ? ENUMS[name].get(words[row]!) : words[row]
  }
}

function wideValue(name: string, words: Uint32Array, row: number): unknown {
  const [low, high] = [words[2 * row]!, words[2 * row + 1]!]
  if (name === 'src_mac_u48' || name === 'dst_mac_u48') {
    const bytes = new DataView(new ArrayBuffer(8))
    bytes.setUint32(0, high)
    bytes.setUint32(4, low)
    return macText(new Uint8Array(bytes.buffer), 2)
  }
  const value = (BigInt(high) << 32n) | BigInt(low)
  if (name === 'app_key') return applicationText(value)
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString()
}

function isZeroAt(block: FlowBlock, column: number, row: number): boolean {
  const words = block.words[column]!
  const each = words.length / block.capacity
  for (let i = row * each; i < (row + 1) * each; i++) if (words[i] !== 0) return false
  return true
}

/**
 * Row `row` of a block. `carried` has 1 for every column that the record carries: their zeros are values.
 * Without it, only what is not zero counts as known.
 */
export function flowJson(block: FlowBlock, row: number, carried?: Uint8Array): FlowJson {
  const json: FlowJson = {}
  DECODED.forEach(({ name, unknown }, column) => {
    if (block.touched[column] === 0) return
    if (!ALWAYS.has(name)) {
      const zero = isZeroAt(block, column, row)
      if (zero && (ZERO_IS_UNKNOWN.has(name) || (unknown === 0 && carried?.[column] !== 1))) return
      if (unknown !== 0 && block.words[column]![row] === unknown) return
    }
    const value = valueAt(block, column, row)
    if (value !== undefined) json[KEYS[name] ?? name] = value
  })
  return json
}
