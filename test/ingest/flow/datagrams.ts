import { DecodeReport } from '../../../ingest/flow/decode_report.js'
import { type FlowJson, flowJson } from '../../../ingest/flow/flow_json.js'
import { FrameDecoder } from '../../../ingest/flow/frame_decoder.js'
import { FlowLearner } from '../../../ingest/flow/learner.js'
import { FlowBlock } from '../../../model/flow_block.js'
import { FLOW_COLUMNS } from '../../../model/flow_columns.js'
import type { Frame, FrameEntry } from '../../../model/frame.js'

/** Datagrams put together by hand, as the RFCs draw them, and what becomes of them. */

/** A field of a template: element id, bytes (65535: variable), private enterprise number. */
export type Field = readonly [id: number, length: number, pen?: number]

/** Fields written `id:length` or `pen.id:length`, with `*` for a variable length. */
export function layout(text: string): Field[] {
  return text.split(' ').map((word) => {
    const [, pen, id, length] = /^(?:(\d+)\.)?(\d+):(\d+|\*)$/.exec(word) ?? []
    if (id === undefined) throw new Error(`'${word}' is no field`)
    const bytes = length === '*' ? 65535 : Number(length)
    return pen === undefined ? [Number(id), bytes] : [Number(id), bytes, Number(pen)]
  })
}

/** A number with its width, hexadecimal digits, or bytes. */
type Part = readonly [value: number | bigint, width: number] | string | Uint8Array

function partBytes(part: Part): Uint8Array {
  if (typeof part === 'string') return Buffer.from(part.replaceAll(' ', ''), 'hex')
  if (part instanceof Uint8Array) return part
  const [value, width] = part
  const b = Buffer.alloc(width)
  let left = BigInt.asUintN(8 * width, BigInt(value))
  for (let i = width - 1; i >= 0; i--, left >>= 8n) b[i] = Number(left & 255n)
  return b
}

export function bytes(...parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map(partBytes))
}

/** A variable-length field: its length in one byte, or in three. */
export function variable(content: Uint8Array | string, long = content.length > 254): Buffer {
  const body = Buffer.from(content)
  return long ? bytes([255, 1], [body.length, 2], body) : bytes([body.length, 1], body)
}

export function set(id: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return bytes([id, 2], [body.length + 4, 2], body)
}

const fieldBytes = ([id, length, pen]: Field): Buffer =>
  pen === undefined ? bytes([id, 2], [length, 2]) : bytes([id | 0x8000, 2], [length, 2], [pen, 4])

/** A template record: id, count, fields. */
export function template(id: number, fields: readonly Field[]): Buffer {
  return bytes([id, 2], [fields.length, 2], ...fields.map(fieldBytes))
}

/** An options template record of NetFlow v9 (lengths in bytes) or IPFIX (counts). */
export function optionsTemplate(
  version: 9 | 10,
  id: number,
  scopes: readonly Field[],
  fields: readonly Field[],
): Buffer {
  const head =
    version === 9
      ? bytes([id, 2], [4 * scopes.length, 2], [4 * fields.length, 2])
      : bytes([id, 2], [scopes.length + fields.length, 2], [scopes.length, 2])
  return bytes(head, ...[...scopes, ...fields].map(fieldBytes))
}

export const EXPORT_S = 1_700_000_000

interface Header {
  readonly uptime?: number
  readonly exportS?: number
  readonly sequence?: number
  readonly domain?: number
  readonly count?: number
}

export function v9(header: Header, ...sets: Uint8Array[]): Buffer {
  const { uptime = 1_000_000, exportS = EXPORT_S, sequence = 1, domain = 1, count = sets.length } = header
  return bytes([9, 2], [count, 2], [uptime, 4], [exportS, 4], [sequence, 4], [domain, 4], ...sets)
}

export function ipfix(header: Header & { readonly length?: number }, ...sets: Uint8Array[]): Buffer {
  const { exportS = EXPORT_S, sequence = 1, domain = 1 } = header
  const body = Buffer.concat(sets)
  return bytes(
    [10, 2],
    [header.length ?? body.length + 16, 2],
    [exportS, 4],
    [sequence, 4],
    [domain, 4],
    body,
  )
}

export const EXPORTER = bytes('00000000000000000000ffff c0000201')
export const OTHER_EXPORTER = bytes('00000000000000000000ffff c0000202')
export const RECEIVED_MS = EXPORT_S * 1000 + 500

export function entryOf(datagram: Uint8Array, exporter: Uint8Array = EXPORTER): FrameEntry {
  return { exporter, exporterPort: 2055, receivedUs: RECEIVED_MS * 1000, datagram }
}

export function frameOf(context: Uint8Array, entries: readonly FrameEntry[]): Frame {
  const totals = { received: 0, framed: 0, rejected: {}, waiting: 0, kernelDropped: 0, sequenceLost: 0 }
  return { collector: 'test', number: 1, closedMs: RECEIVED_MS, totals, context, entries }
}

export interface Decoded {
  readonly rows: FlowJson[]
  readonly report: DecodeReport
}

/** Decodes a frame; rows show what their record carried, zeros included. */
export function decodeFrame(frame: Frame, capacity = 1024): Decoded {
  const rows: FlowJson[] = []
  const decoder = new FrameDecoder({
    onRun: ({ block, row, records, compiled }) => {
      const carried = new Uint8Array(FLOW_COLUMNS.length)
      for (const column of compiled.carried) carried[column] = 1
      for (let r = row; r < row + records; r++) rows.push(flowJson(block, r, carried))
    },
    onSflowRun: (_entry, block, row) => {
      for (let r = row; r < block.rows; r++) rows.push(flowJson(block, r))
    },
  })
  const report = new DecodeReport()
  decoder.decode(frame, new FlowBlock(capacity), () => {}, report)
  return { rows, report }
}

/** Learns the datagrams of one exporter, then decodes them all as one frame. */
export function decode(...datagrams: Uint8Array[]): Decoded {
  const learner = new FlowLearner()
  for (const datagram of datagrams) learner.learn(EXPORTER, datagram, RECEIVED_MS, true)
  return decodeFrame(
    frameOf(
      learner.takeContext(),
      datagrams.map((d) => entryOf(d)),
    ),
  )
}

/** Rows of one NetFlow v9 datagram with a template and its records. */
export function v9Rows(fields: readonly Field[], ...records: Uint8Array[]): FlowJson[] {
  return decode(v9({}, set(0, template(256, fields)), set(256, ...records))).rows
}

/** Rows of one IPFIX message with a template and its records. */
export function ipfixRows(fields: readonly Field[], ...records: Uint8Array[]): FlowJson[] {
  return decode(ipfix({}, set(2, template(256, fields)), set(256, ...records))).rows
}
