import { locateFields, type Template, type TemplateField } from './template.js'
import { addressText, hex } from './value_text.js'

/**
 * Elements of VeloCloud's tunnel statistics (template 258; PEN 45346), by the names that its adapter reads.
 * Source: VMware SD-WAN Administration Guide, "Tunnel Stats Template" and "IPFIX Information Element Definitions".
 */
const VELOCLOUD = 45346
const TUNNEL: Readonly<Record<number, string>> = {
  12233: 'destinationUUID',
  12240: 'linkUUID',
  12243: 'packetsLostRx',
  12290: 'jitterMsTx',
  12292: 'latencyMsTx',
  12293: 'jitterMsRx',
  12295: 'latencyMsRx',
  12310: 'linkName',
  12311: 'packetsLostTx',
  12317: 'lossPctTx',
  12318: 'lossPctRx',
}
const COMMON: Readonly<Record<number, string>> = {
  8: 'sourceIPv4Address',
  12: 'destinationIPv4Address',
  153: 'flowEndMilliseconds',
  323: 'observationTimeMilliseconds',
}
/** Elements that make a template one of path metrics. */
const METRICS = new Set([12290, 12292, 12293, 12295, 12317, 12318])
/** Percentages are fractions: of four bytes or eight they are floating point. */
const FRACTIONS = new Set([12317, 12318])
const UUIDS = new Set([12233, 12240])
const TEXT_MAX = 256

/** Whether records of this template measure paths; they are no flows. */
export const saysPaths = (template: Template): boolean =>
  !template.options && template.fields.some(({ pen, id }) => pen === VELOCLOUD && METRICS.has(id))

/**
 * The record at `o` as the row that the vendor's adapter reads: `{ timestamp, elements }`. Gives the offset after it, or -1 when
 * it runs past `end`; `timestamp` is the time of export, ms, where the record tells none.
 */
export function readPath(
  template: Template,
  b: Uint8Array,
  o: number,
  end: number,
  timestamp: number,
  take: (row: object) => void,
): number {
  const places: number[] = []
  const next = locateFields(template, b, o, end, places)
  if (next < 0) return -1
  const elements: Record<string, unknown> = {}
  template.fields.forEach((field, i) => {
    const name = field.pen === VELOCLOUD ? TUNNEL[field.id] : field.pen === 0 ? COMMON[field.id] : undefined
    if (name === undefined) return
    const value = fieldValue(field, b, places[2 * i]!, places[2 * i + 1]!)
    if (value !== undefined) elements[name] = value
  })
  take({ timestamp, elements })
  return next
}

function fieldValue({ pen, id }: TemplateField, b: Uint8Array, at: number, length: number): unknown {
  const bytes = b.subarray(at, at + length)
  if (length === 0) return undefined
  if (pen === 0 && (id === 8 || id === 12))
    return length === 4 ? [...bytes].join('.') : length === 16 ? addressText(bytes, 0) : undefined
  if (UUIDS.has(id)) return length === 16 ? uuid(b, at) : hex(b, at, length)
  if (id === 12310) return Buffer.from(bytes).toString('utf8').replace(/\0+$/, '').slice(0, TEXT_MAX)
  const view = new DataView(b.buffer, b.byteOffset + at, length)
  if (FRACTIONS.has(id) && length === 4) return Number(view.getFloat32(0).toPrecision(7))
  if (FRACTIONS.has(id) && length === 8) return view.getFloat64(0)
  if (length > 8) return undefined
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  return value
}

function uuid(b: Uint8Array, at: number): string {
  const text = hex(b, at, 16)
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  )
}
