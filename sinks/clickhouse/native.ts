import type { FlowBlock } from '../../model/flow_block.js'
import { FLOW_COLUMNS, KIND_WIDTH } from '../../model/flow_columns.js'

/**
 * ClickHouse's Native format, as an INSERT without a client revision reads it: blocks one after the other, each
 *
 * ```
 * varuint columns │ varuint rows │ then for each column:
 * varuint length, name │ varuint length, type │ values of all rows, little-endian
 * ```
 *
 * A string column goes as LowCardinality, for that is what a block holds already, a table and indices:
 *
 * ```
 * u64 version = 1 │ u64 index kind │ u64 keys │ keys (varuint length, bytes) │ u64 rows │ u32 index of each row
 * ```
 *
 * Source: ClickHouse, "Native" in the interfaces' formats, and its SerializationLowCardinality.
 */

const utf8 = new TextEncoder()

/** Version "shared dictionaries with additional keys", the only one there is. */
export const LOW_CARDINALITY_VERSION = 1
/** UInt32 indices (2), keys follow in the block (bit 9), nothing of an earlier block is used (bit 10). */
export const LOW_CARDINALITY_U32_INDICES = 2 | (1 << 9) | (1 << 10)
const LOW_CARDINALITY_HEADER_BYTES = 24

/** Name and type of each flow column, as they precede its values. */
const COLUMN_HEADERS: readonly Uint8Array[] = FLOW_COLUMNS.map((c) => {
  const header = new Uint8Array(2 * 5 + c.name.length + c.type.length)
  const end = writeText(header, writeText(header, 0, c.name), c.type)
  return header.slice(0, end)
})

/** Columns in which zero is a value of its own. They always go along: a DEFAULT computed by the engine costs more. */
const NEVER_LEFT_OUT = FLOW_COLUMNS.flatMap(({ unknown }, c) => (unknown === 0 ? [] : [c]))

/**
 * The touched columns of `block` as one Native block, and those whose unknown value is not zero. Columns that the table
 * has and the block has not are zero or empty, which is their unknown value.
 *
 * Allocates the result once and exactly, in an ArrayBuffer of its own, so that a worker may transfer it.
 * A block without rows gives no bytes.
 *
 * @throws RangeError when rows were counted but no column holds values: whoever filled the block did not `touch`.
 */
export function encodeNative(block: FlowBlock): Uint8Array<ArrayBuffer> {
  const { rows, touched } = block
  if (rows === 0) return new Uint8Array(0)
  if (!touched.includes(1)) throw new RangeError(`a block of ${rows} rows has no touched column`)
  for (const c of NEVER_LEFT_OUT) block.touch(c)
  let columns = 0
  let strings = 0
  let size = 0
  for (let c = 0; c < FLOW_COLUMNS.length; c++) {
    if (touched[c] !== 1) continue
    columns++
    const { kind } = FLOW_COLUMNS[c]!
    if (kind === 'string') strings++
    size += COLUMN_HEADERS[c]!.length + rows * KIND_WIDTH[kind]
  }
  const keys = strings === 0 ? undefined : encodeKeys(block.strings)
  if (keys) size += strings * (LOW_CARDINALITY_HEADER_BYTES + keys.length + 8)
  const out = new Uint8Array(varuintBytes(columns) + varuintBytes(rows) + size)
  let at = writeVaruint(out, writeVaruint(out, 0, columns), rows)
  for (let c = 0; c < FLOW_COLUMNS.length; c++) {
    if (touched[c] !== 1) continue
    const header = COLUMN_HEADERS[c]!
    out.set(header, at)
    at += header.length
    const { kind } = FLOW_COLUMNS[c]!
    if (keys && kind === 'string') at = writeDictionary(out, at, keys, block.strings.length, rows)
    const values = block.bytes[c]!.subarray(0, rows * KIND_WIDTH[kind])
    out.set(values, at)
    at += values.length
  }
  return out
}

/** What stands between the header of a LowCardinality column and its indices. */
function writeDictionary(out: Uint8Array, at: number, keys: Uint8Array, count: number, rows: number): number {
  at = writeU64(out, at, LOW_CARDINALITY_VERSION)
  at = writeU64(out, at, LOW_CARDINALITY_U32_INDICES)
  at = writeU64(out, at, count)
  out.set(keys, at)
  return writeU64(out, at + keys.length, rows)
}

function encodeKeys(strings: readonly string[]): Uint8Array {
  const parts = strings.map((text) => utf8.encode(text))
  const out = new Uint8Array(parts.reduce((sum, p) => sum + varuintBytes(p.length) + p.length, 0))
  let at = 0
  for (const part of parts) {
    at = writeVaruint(out, at, part.length)
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Writes a varuint (LEB128) and gives the offset behind it. `value` is a whole number up to 2^53. */
export function writeVaruint(out: Uint8Array, at: number, value: number): number {
  while (value >= 0x80) {
    out[at++] = (value % 0x80) | 0x80
    value = Math.floor(value / 0x80)
  }
  out[at++] = value
  return at
}

/** Bytes that `value` takes as a varuint. */
export function varuintBytes(value: number): number {
  let bytes = 1
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes++
  return bytes
}

function writeText(out: Uint8Array, at: number, text: string): number {
  const bytes = utf8.encode(text)
  at = writeVaruint(out, at, bytes.length)
  out.set(bytes, at)
  return at + bytes.length
}

function writeU64(out: Uint8Array, at: number, value: number): number {
  for (let i = 0; i < 8; i++) {
    out[at++] = value % 0x100
    value = Math.floor(value / 0x100)
  }
  return at
}
