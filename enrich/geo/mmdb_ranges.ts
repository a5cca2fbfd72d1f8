import { Reader, type Response } from 'mmdb-lib'
import { prefixText } from '../tables/prefix_text.js'
import type { Ranges } from '../tables/ranges.js'

/** What is taken of an address: its autonomous system, and its country as two letters in a number; 0 unknown. */
export interface Origin {
  readonly as: number
  readonly asName: string
  readonly country: number
}

/** A file as ranges of addresses, each with the index of an origin; 0 is none. */
export interface OriginRanges {
  readonly v4: Ranges
  readonly v6: Ranges
  readonly origins: readonly Origin[]
}

/** A file that is no MaxMind DB. */
export class MmdbError extends Error {
  override readonly name = 'MmdbError'
}

/**
 * Reads a whole MaxMind DB (format 2.0) once, leaf by leaf in the order of addresses, so that nothing of it is asked for a
 * flow. Countries by `country.iso_code`, else `registered_country.iso_code`, `country_code` or `country`; systems by
 * `autonomous_system_number` or `asn`.
 * @throws MmdbError
 */
export function readMmdb(db: Buffer): OriginRanges {
  let reader: Reader<Response>
  try {
    reader = new Reader<Response>(db)
  } catch (error) {
    throw new MmdbError(`not a MaxMind DB (${(error as Error).message})`)
  }
  return new MmdbWalk(db, reader).read()
}

/** Words of the address reached, and the ranges so far. */
class MmdbWalk {
  readonly #db: Buffer
  readonly #reader: Reader<Response>
  readonly #nodeCount: number
  readonly #recordBits: number
  /** Root of IPv4 within a tree of IPv6. */
  readonly #v4Root: number
  readonly #origins: Origin[] = [{ as: 0, asName: '', country: 0 }]
  readonly #originIndex = new Map<string, number>()
  /** Index of the origin by record. */
  readonly #records = new Map<number, number>()
  readonly #path = new Uint32Array(4)
  /** Nodes entered; each is entered once by IPv4 and once by IPv6, at most. */
  #visits = 0
  #out = new GrowingRanges(1)

  constructor(db: Buffer, reader: Reader<Response>) {
    this.#db = db
    this.#reader = reader
    this.#nodeCount = reader.metadata.nodeCount
    this.#recordBits = reader.metadata.recordSize
    if (reader.metadata.searchTreeSize > db.length) throw new MmdbError('the file is cut off')
    let root = 0
    for (let i = 0; reader.metadata.ipVersion === 6 && i < 96 && root < this.#nodeCount; i++)
      root = this.#record(root, 0)
    this.#v4Root = root
  }

  read(): OriginRanges {
    try {
      this.#path.fill(0)
      this.#descend(this.#v4Root, 0, 32)
      const v4 = this.#out.finish()
      this.#out = new GrowingRanges(4)
      this.#path.fill(0)
      if (this.#reader.metadata.ipVersion === 6) this.#descend(0, 0, 128)
      return { v4, v6: this.#out.finish(), origins: this.#origins }
    } catch (error) {
      throw error instanceof MmdbError ? error : new MmdbError((error as Error).message)
    }
  }

  /** A record of the tree: a node below `nodeCount`, nothing at it, data above. */
  #descend(record: number, depth: number, bits: number): void {
    // IPv4 in a tree of IPv6 has its own table; other ways into it are aliases (2002::/16, ::ffff:0:0/96 …).
    if (bits === 128 && depth > 0 && record === this.#v4Root) {
      this.#out.add(this.#path, 0)
      return
    }
    if (record >= this.#nodeCount) {
      this.#out.add(this.#path, record === this.#nodeCount ? 0 : this.#originOf(record, bits))
      return
    }
    if (depth >= bits) throw new MmdbError('the tree is deeper than an address')
    if (++this.#visits > 2 * this.#nodeCount) throw new MmdbError('the tree comes back on itself')
    const word = depth >>> 5
    const bit = 2 ** (31 - (depth & 31))
    this.#descend(this.#record(record, 0), depth + 1, bits)
    this.#path[word]! += bit
    this.#descend(this.#record(record, 1), depth + 1, bits)
    this.#path[word]! -= bit
  }

  #record(node: number, side: 0 | 1): number {
    const db = this.#db
    if (this.#recordBits === 24) return db.readUIntBE(node * 6 + side * 3, 3)
    if (this.#recordBits === 32) return db.readUInt32BE(node * 8 + side * 4)
    const at = node * 7
    const high = db[at + 3]!
    return side === 0
      ? ((high & 0xf0) << 20) | db.readUIntBE(at, 3)
      : ((high & 0x0f) << 24) | db.readUIntBE(at + 4, 3)
  }

  /** Looked up by the first address that has the record; once a record. */
  #originOf(record: number, bits: number): number {
    const known = this.#records.get(record)
    if (known !== undefined) return known
    const [w0, w1, w2, w3] = this.#path as unknown as [number, number, number, number]
    const text =
      bits === 32
        ? prefixText({ family: 4, length: 32, w0: 0, w1: 0, w2: 0, w3: w0 })
        : prefixText({ family: 6, length: 128, w0, w1, w2, w3 })
    const origin = originIn(this.#reader.get(text) as unknown)
    const key = `${origin.as} ${origin.country}`
    let index = this.#originIndex.get(key)
    if (index === undefined) {
      index = origin.as === 0 && origin.country === 0 ? 0 : this.#origins.push(origin) - 1
      this.#originIndex.set(key, index)
    }
    this.#records.set(record, index)
    return index
  }
}

function originIn(data: unknown): Origin {
  const field = (path: string): unknown => {
    let at = data
    for (const key of path.split('.')) {
      if (typeof at !== 'object' || at === null) return undefined
      at = (at as Readonly<Record<string, unknown>>)[key]
    }
    return at
  }
  const paths = ['country.iso_code', 'registered_country.iso_code', 'country_code', 'country']
  const country = paths.map(field).find((v) => typeof v === 'string' && /^[A-Z]{2}$/.test(v)) as
    | string
    | undefined
  const said = field('autonomous_system_number') ?? field('asn')
  const as = Number(typeof said === 'string' ? said.replace(/^AS/, '') : (said ?? 0))
  const name = field('autonomous_system_organization') ?? field('as_name')
  return {
    as: Number.isInteger(as) && as > 0 && as <= 0xffffffff ? as : 0,
    asName: typeof name === 'string' ? name : '',
    country: country === undefined ? 0 : country.charCodeAt(0) * 256 + country.charCodeAt(1),
  }
}

/** Ranges that grow; neighbours of one value are one. */
export class GrowingRanges {
  readonly #width: 1 | 4
  #size = 0
  #starts: Uint32Array
  #values = new Uint32Array(1024)

  constructor(width: 1 | 4) {
    this.#width = width
    this.#starts = new Uint32Array(1024 * width)
    // From address 0 on nothing is known, unless something is.
    this.#size = 1
  }

  /** From `start` on, `value` holds; starts come in order. */
  add(start: Uint32Array, value: number): void {
    const w = this.#width
    let at = this.#size
    if (this.#values[at - 1] === value) return
    if (sameStart(this.#starts, (at - 1) * w, start, w)) {
      at--
      if (at > 0 && this.#values[at - 1] === value) {
        this.#size = at
        return
      }
    }
    if (at === this.#values.length) this.#grow()
    for (let i = 0; i < w; i++) this.#starts[at * w + i] = start[i]!
    this.#values[at] = value
    this.#size = at + 1
  }

  finish(): Ranges {
    const { size, width } = { size: this.#size, width: this.#width }
    return {
      width,
      size,
      starts: this.#starts.subarray(0, size * width),
      values: this.#values.subarray(0, size),
    }
  }

  #grow(): void {
    const starts = new Uint32Array(this.#starts.length * 2)
    starts.set(this.#starts)
    this.#starts = starts
    const values = new Uint32Array(this.#values.length * 2)
    values.set(this.#values)
    this.#values = values
  }
}

function sameStart(starts: Uint32Array, at: number, start: Uint32Array, width: number): boolean {
  for (let i = 0; i < width; i++) if (starts[at + i] !== start[i]) return false
  return true
}
