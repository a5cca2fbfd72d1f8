import { LOW_CARDINALITY_U32_INDICES, LOW_CARDINALITY_VERSION, varuintBytes, writeVaruint } from './native.js'

/**
 * Native blocks for tables of few rows (ledger, findings, registry), from row objects. Flows never come this way.
 *
 * LowCardinality columns take the plain type here (`String`, `Map(String, UInt64)`): ClickHouse casts on insert.
 */
export type NativeType =
  | 'String'
  | 'Bool'
  | 'UInt8'
  | 'UInt16'
  | 'UInt32'
  | 'UInt64'
  | 'Int32'
  | 'Int64'
  | 'Float64'
  | 'DateTime64(3)'
  | 'Array(String)'
  | 'Array(UInt64)'
  | 'Map(String, String)'
  | 'Map(String, UInt64)'
  | 'Map(String, Float64)'
  | 'Map(String, Bool)'
  | 'Nullable(Float64)'
  | 'LowCardinality(String)'

/** What a row may hold: times are ms since 1970; a key left out is NULL where that can be, else zero, empty, or 1970. */
export type NativeValue =
  | string
  | number
  | bigint
  | boolean
  | readonly string[]
  | readonly number[]
  | Readonly<Record<string, string | number | boolean>>
  | undefined

type NativeRow<K extends string> = Readonly<Partial<Record<K, NativeValue>>>

/** Encodes rows of one table: columns and types are fixed when it is made. */
export class NativeRows<K extends string> {
  readonly #columns: readonly (readonly [K, NativeType])[]

  constructor(columns: Readonly<Record<K, NativeType>>) {
    this.#columns = Object.entries(columns) as [K, NativeType][]
  }

  get names(): K[] {
    return this.#columns.map(([name]) => name)
  }

  /**
   * One Native block of `rows`, in an ArrayBuffer of its own; no bytes for no rows.
   *
   * @throws TypeError when a value is not of its column's type, naming column and row.
   */
  encode(rows: readonly NativeRow<K>[]): Uint8Array<ArrayBuffer> {
    return this.encodeColumns(rows.length, (name) => rows.map((row) => row[name]))
  }

  /** The same of columns: `valuesOf` gives the values of all rows. */
  encodeColumns(rows: number, valuesOf: (name: K) => readonly NativeValue[]): Uint8Array<ArrayBuffer> {
    if (rows === 0) return new Uint8Array(0)
    const out = new GrowingBytes()
    out.varuint(this.#columns.length)
    out.varuint(rows)
    for (const [name, type] of this.#columns) {
      out.text(name)
      out.text(type)
      const values = valuesOf(name)
      try {
        writeColumn(out, type, values)
      } catch (cause) {
        throw new TypeError(`column ${name} (${type}) cannot hold what it was given`, { cause })
      }
    }
    return out.finish()
  }
}

function writeColumn(out: GrowingBytes, type: NativeType, values: readonly NativeValue[]): void {
  const [outer, inner] = /^(Array|Map)\((.*)\)$/.exec(type)?.slice(1) ?? []
  if (outer === 'Array') writeArrays(out, inner as NativeType, values)
  else if (type === 'Nullable(Float64)') writeNullable(out, values)
  else if (type === 'LowCardinality(String)') writeDictionary(out, values)
  else if (outer === 'Map') writeMaps(out, inner!.split(', ') as [NativeType, NativeType], values)
  else for (const value of values) writeScalar(out, type, value)
}

/** A byte a row that says whether it is NULL, then the values, of which those are looked over. */
function writeNullable(out: GrowingBytes, values: readonly NativeValue[]): void {
  for (const value of values) out.integer(value === undefined ? 1 : 0, 1)
  for (const value of values) {
    if (value === undefined) out.f64(0)
    else if (typeof value === 'number') out.f64(value)
    else writeScalar(out, 'Float64', value)
  }
}

/** As `native.ts` says: a table of the different texts, and an index a row. */
function writeDictionary(out: GrowingBytes, values: readonly NativeValue[]): void {
  const keys = new Map<string, number>()
  const indices = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const text = values[i] ?? ''
    if (typeof text !== 'string') throw new TypeError(`not a string: ${typeof text}`)
    let index = keys.get(text)
    if (index === undefined) {
      index = keys.size
      keys.set(text, index)
    }
    indices[i] = index
  }
  out.u64(BigInt(LOW_CARDINALITY_VERSION))
  out.u64(BigInt(LOW_CARDINALITY_U32_INDICES))
  out.u64(BigInt(keys.size))
  for (const key of keys.keys()) out.text(key)
  out.u64(BigInt(values.length))
  for (const index of indices) out.integer(index, 4)
}

function writeArrays(out: GrowingBytes, inner: NativeType, values: readonly NativeValue[]): void {
  const arrays = values.map((value) => {
    if (value === undefined) return []
    if (!Array.isArray(value)) throw new TypeError(`not an array: ${typeof value}`)
    return value as readonly NativeValue[]
  })
  writeOffsets(out, arrays)
  writeColumn(out, inner, arrays.flat(1) as NativeValue[])
}

/** As Array(Tuple(key, value)): offsets, then all keys, then all values. */
function writeMaps(
  out: GrowingBytes,
  [key, inner]: readonly [NativeType, NativeType],
  values: readonly NativeValue[],
): void {
  const maps = values.map((value) => {
    if (value === undefined) return []
    if (typeof value !== 'object' || Array.isArray(value)) throw new TypeError(`not a map: ${typeof value}`)
    return Object.entries(value as Readonly<Record<string, string | number | boolean>>)
  })
  writeOffsets(out, maps)
  const entries = maps.flat(1)
  const column = (side: 0 | 1): NativeValue[] => entries.map((entry) => entry[side])
  writeColumn(out, key, column(0))
  writeColumn(out, inner, column(1))
}

/** Where each row's items end in the one column of all items. */
function writeOffsets(out: GrowingBytes, lists: readonly (readonly unknown[])[]): void {
  let end = 0
  for (const list of lists) {
    end += list.length
    out.u64(BigInt(end))
  }
}

function writeScalar(out: GrowingBytes, type: NativeType, value: NativeValue): void {
  if (type === 'String') {
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`not a string: ${typeof value}`)
    out.text(value ?? '')
    return
  }
  const number = value ?? 0
  if (typeof number !== 'number' && typeof number !== 'bigint' && typeof number !== 'boolean') {
    throw new TypeError(`not a number: ${typeof value}`)
  }
  if (type === 'Float64') out.f64(Number(number))
  else if (type === 'UInt64' || type === 'Int64' || type === 'DateTime64(3)') {
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) out.safe(number)
    else out.u64(whole(number))
  } else out.integer(Number.isInteger(number) ? (number as number) : Number(whole(number)), WIDTHS[type] ?? 1)
}

const WIDTHS: Partial<Readonly<Record<NativeType, 1 | 2 | 4>>> = { UInt16: 2, UInt32: 4, Int32: 4 }

/** @throws RangeError when the number has a fraction or is not finite. */
const whole = (value: number | bigint | boolean): bigint => BigInt(value)

/** Bytes that double their room when they run out of it. */
class GrowingBytes {
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  varuint(value: number): void {
    this.#reserve(varuintBytes(value))
    this.#at = writeVaruint(this.#bytes, this.#at, value)
  }

  text(text: string): void {
    const length = Buffer.byteLength(text)
    this.varuint(length)
    this.#reserve(length)
    new TextEncoder().encodeInto(text, this.#bytes.subarray(this.#at))
    this.#at += length
  }

  u64(value: bigint): void {
    this.#reserve(8)
    this.#view.setBigUint64(this.#at, BigInt.asUintN(64, value), true)
    this.#at += 8
  }

  /** A whole number from 0 to 2^53, in eight bytes. */
  safe(value: number): void {
    this.#reserve(8)
    this.#view.setUint32(this.#at, value % 0x1_0000_0000, true)
    this.#view.setUint32(this.#at + 4, Math.floor(value / 0x1_0000_0000), true)
    this.#at += 8
  }

  f64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  integer(value: number, width: 1 | 2 | 4): void {
    this.#reserve(width)
    if (width === 1) this.#view.setUint8(this.#at, value)
    else if (width === 2) this.#view.setUint16(this.#at, value, true)
    else this.#view.setUint32(this.#at, value, true)
    this.#at += width
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at)
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + bytes))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}
