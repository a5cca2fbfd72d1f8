import { storeError } from './http_error.js'

/**
 * A client that names its `client_protocol_version` reads Native blocks as the native protocol has them since revision
 * 54454: with information on the block in front, and behind each column's type a byte that says how its values are laid
 * out. The engine writes blocks without either; here they are put in.
 *
 * ```
 * plain       varuint columns │ varuint rows │ name │ type │       values │ …
 * since then  01 00 02 ff ff ff ff 00 │ varuint columns │ varuint rows │ name │ type │ 00 │ values │ …
 * ```
 *
 * To find the columns, their values must be stepped over, and for that their types be known. Source: ClickHouse,
 * NativeWriter.cpp, ProtocolDefines.h.
 */
const BLOCK_INFO = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0])
const LAYOUT_SINCE = 54_454
const DEFAULT_LAYOUT = Buffer.from([0])

/** The block is not complete yet. */
class MoreError extends Error {}

/** Turns plain Native bytes into those of a revision, block by block. */
export class NativeRevision {
  readonly #layout: boolean
  #pending: Buffer = Buffer.alloc(0)
  /** Another try makes sense once so many bytes are there: twice of what was too little. */
  #enough = 0

  constructor(revision: number) {
    this.#layout = revision >= LAYOUT_SINCE
  }

  /** @returns what is complete so far */
  add(bytes: Buffer): Buffer[] {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    return this.#pending.length < this.#enough ? [] : this.#take()
  }

  /** @throws Error when the last block is not complete */
  end(): Buffer[] {
    const last = this.#take()
    if (this.#pending.length > 0) throw new Error('the last Native block is not complete')
    return last
  }

  #take(): Buffer[] {
    const out: Buffer[] = []
    let at = 0
    try {
      while (at < this.#pending.length) {
        const block = new BlockReader(this.#pending, at)
        const parts = block.read(this.#layout)
        out.push(BLOCK_INFO, ...parts)
        at = block.at
      }
      this.#enough = 0
    } catch (error) {
      if (!(error instanceof MoreError)) throw error
      this.#enough = 2 * (this.#pending.length - at)
    }
    this.#pending = this.#pending.subarray(at)
    return out
  }
}

/** Bytes a value takes; types in the order of their names' first letters. */
const WIDTHS: Readonly<Record<string, number>> = {
  Bool: 1,
  BFloat16: 2,
  Date: 2,
  Date32: 4,
  DateTime: 4,
  DateTime64: 8,
  Enum8: 1,
  Enum16: 2,
  Float32: 4,
  Float64: 8,
  Int8: 1,
  Int16: 2,
  Int32: 4,
  Int64: 8,
  Int128: 16,
  Int256: 32,
  IPv4: 4,
  IPv6: 16,
  Nothing: 1,
  Time: 4,
  Time64: 8,
  UInt8: 1,
  UInt16: 2,
  UInt32: 4,
  UInt64: 8,
  UInt128: 16,
  UInt256: 32,
  UUID: 16,
}
/** Types that are a name for others. */
const ALSO: Readonly<Record<string, string>> = {
  Point: 'Tuple(Float64, Float64)',
  Ring: 'Array(Point)',
  LineString: 'Array(Point)',
  Polygon: 'Array(Ring)',
  MultiLineString: 'Array(LineString)',
  MultiPolygon: 'Array(Polygon)',
}

/** Types whose parts have prefixes of their own. */
const WRAPPERS = new Set(['Array', 'Map', 'Nested', 'Nullable', 'Tuple'])

function partsOf(type: string): { name: string; inner: string } {
  const [, name = '', , inner = ''] = /^([A-Za-z0-9]+)(\(([\s\S]*)\))?$/.exec(type) ?? []
  return { name, inner }
}

class BlockReader {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  /** The block's bytes, with the layout byte behind each type where one is wanted. */
  read(layout: boolean): Buffer[] {
    const parts: Buffer[] = []
    let from = this.at
    const columns = this.#varuint()
    const rows = this.#varuint()
    for (let column = 0; column < columns; column++) {
      this.#text()
      const type = this.#text()
      if (layout) {
        parts.push(this.#bytes.subarray(from, this.at), DEFAULT_LAYOUT)
        from = this.at
      }
      if (rows > 0) {
        this.#prefix(type)
        this.#values(type, rows)
      }
    }
    parts.push(this.#bytes.subarray(from, this.at))
    return parts
  }

  /** What stands in front of a column for all its parts: eight bytes for each LowCardinality in it. */
  #prefix(type: string): void {
    const { name, inner } = partsOf(type)
    if (name === 'LowCardinality') this.#skip(8)
    else if (WRAPPERS.has(name)) for (const part of elementsOf(inner)) this.#prefix(part)
  }

  #values(type: string, rows: number): void {
    const { name, inner } = partsOf(type)
    const width = WIDTHS[name] ?? otherWidth(name, inner)
    if (width !== undefined) this.#skip(rows * width)
    else if (name === 'String') for (let row = 0; row < rows; row++) this.#skip(this.#varuint())
    else if (name === 'Nullable') {
      this.#skip(rows)
      this.#values(inner, rows)
    } else if (name === 'LowCardinality') this.#dictionary(inner, rows)
    else if (name === 'Array') this.#values(inner, this.#items(rows))
    else if (name === 'Map' || name === 'Nested') this.#values(`Tuple(${inner})`, this.#items(rows))
    else if (name === 'Tuple') for (const element of elementsOf(inner)) this.#values(element, rows)
    else if (name === 'SimpleAggregateFunction') this.#values(elementsOf(inner).at(-1)!, rows)
    else if (ALSO[name] !== undefined) this.#values(ALSO[name], rows)
    else {
      const message = `The embedded store cannot send ${type} to a client with client_protocol_version: convert it.`
      throw storeError(48, 'NOT_IMPLEMENTED', message)
    }
  }

  /** Kind of the indices, keys, indices; nothing for no rows. */
  #dictionary(inner: string, rows: number): void {
    if (rows === 0) return
    const kind = this.#u64()
    const keys = this.#u64()
    this.#values(inner.replace(/^Nullable\(([\s\S]*)\)$/, '$1'), keys)
    this.#u64()
    this.#skip(rows * 2 ** (kind & 0xff))
  }

  /** Steps over the offsets of arrays; the last says how many items there are in all. */
  #items(rows: number): number {
    if (rows === 0) return 0
    this.#skip(8 * (rows - 1))
    return this.#u64()
  }

  #u64(): number {
    this.#skip(8)
    return Number(this.#bytes.readBigUInt64LE(this.at - 8))
  }

  #text(): string {
    const length = this.#varuint()
    this.#skip(length)
    return this.#bytes.toString('utf8', this.at - length, this.at)
  }

  #varuint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      this.#skip(1)
      const byte = this.#bytes[this.at - 1]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  #skip(bytes: number): void {
    this.at += bytes
    if (this.at > this.#bytes.length) throw new MoreError()
  }
}

function otherWidth(name: string, inner: string): number | undefined {
  if (name === 'FixedString') return Number(inner)
  if (name.startsWith('Interval')) return 8
  if (/^Decimal\d+$/.test(name)) return Number(name.slice(7)) / 8
  if (name !== 'Decimal') return undefined
  const precision = Number.parseInt(inner, 10)
  return precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32
}

/** Types between the commas of the outermost level, without the names that elements may have. */
function elementsOf(inner: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  let quote = ''
  for (let at = 0; at <= inner.length; at++) {
    const letter = inner[at]
    if (quote !== '') {
      if (letter === '\\') at++
      else if (letter === quote) quote = ''
    } else if (letter === "'" || letter === '`') quote = letter
    else if (letter === '(') depth++
    else if (letter === ')') depth--
    else if (letter === undefined || (letter === ',' && depth === 0)) {
      parts.push(inner.slice(from, at).trim())
      from = at + 1
    }
  }
  return parts.map((part) => part.replace(/^(?:[A-Za-z_]\w*|`(?:[^`\\]|\\[\s\S])*`)\s+(?=[A-Za-z])/, ''))
}
