import type { ThreatColumns } from '../tables/build_threats.js'
import type { FeedContent } from './indicator.js'

/**
 * The indicators of all feeds, as columns, so that half a million of them are a few pieces of memory and no
 * objects. Written once by a builder; packed, they go over the bus.
 *
 * ```
 * packed:  u32 length │ header, JSON │ words │ numbers │ from │ until │ ids │ names │ lengths │ … │ texts
 * words    4 a row: the address as 128 bits, first bits first, IPv4 as ::ffff:a.b.c.d
 * lengths  1 a row: bits of it that count
 * ids, names: 1 a row and one more: where in `texts` the text begins; it ends where the next begins
 * ```
 */
export interface SetHeader {
  /** Counts up with each change of any feed. */
  readonly version: number
  readonly size: number
  /** The highest number that was ever given. */
  readonly lastNumber: number
  readonly feeds: readonly string[]
}

type Column = Uint8Array | Uint16Array | Uint32Array

export class IndicatorSet implements ThreatColumns {
  readonly header: SetHeader
  readonly words: Uint32Array
  readonly numbers: Uint32Array
  readonly from: Uint32Array
  readonly until: Uint32Array
  readonly ids: Uint32Array
  readonly names: Uint32Array
  /** Index of the row's feed in the header. */
  readonly feeds: Uint16Array
  readonly lengths: Uint8Array
  readonly severities: Uint8Array
  readonly confidences: Uint8Array
  readonly idTexts: Uint8Array
  readonly nameTexts: Uint8Array

  constructor(header: SetHeader, columns: readonly Column[]) {
    this.header = header
    this.words = columns[0] as Uint32Array
    this.numbers = columns[1] as Uint32Array
    this.from = columns[2] as Uint32Array
    this.until = columns[3] as Uint32Array
    this.ids = columns[4] as Uint32Array
    this.names = columns[5] as Uint32Array
    this.feeds = columns[6] as Uint16Array
    this.lengths = columns[7] as Uint8Array
    this.severities = columns[8] as Uint8Array
    this.confidences = columns[9] as Uint8Array
    this.idTexts = columns[10] as Uint8Array
    this.nameTexts = columns[11] as Uint8Array
  }

  get size(): number {
    return this.header.size
  }

  get #columns(): readonly Column[] {
    const { words, numbers, from, until, ids, names, feeds, lengths } = this
    return [
      words,
      numbers,
      from,
      until,
      ids,
      names,
      feeds,
      lengths,
      this.severities,
      this.confidences,
      this.idTexts,
      this.nameTexts,
    ]
  }

  feedOf(row: number): string {
    return this.header.feeds[this.feeds[row]!]!
  }

  idOf(row: number): string {
    return textAt(this.idTexts, this.ids, row)
  }

  nameOf(row: number): string {
    return textAt(this.nameTexts, this.names, row)
  }

  pack(): Uint8Array {
    const columns = this.#columns
    const header = Buffer.from(JSON.stringify({ ...this.header, bytes: columns.map((c) => c.byteLength) }))
    // Columns begin at multiples of four, as their views want it.
    const padded = Buffer.alloc(4 + Math.ceil(header.length / 4) * 4, ' ')
    padded.writeUInt32LE(padded.length - 4, 0)
    header.copy(padded, 4)
    const bytes = columns.map((c) => Buffer.from(c.buffer, c.byteOffset, c.byteLength))
    return Buffer.concat([padded, ...bytes.flatMap((b) => [b, Buffer.alloc(-b.length & 3)])])
  }

  /** Opens a packed set, in shared memory of its own: it is handed from thread to thread. */
  static unpack(packed: Uint8Array): IndicatorSet {
    return IndicatorSet.open(sharedCopy(packed))
  }

  /** Opens a packed set where it lies. */
  static open(bytes: Uint8Array<SharedArrayBuffer>): IndicatorSet {
    const headerBytes = new DataView(bytes.buffer).getUint32(0, true)
    const { bytes: lengths, ...header } = JSON.parse(
      Buffer.from(bytes.subarray(4, 4 + headerBytes)).toString(),
    ) as SetHeader & { bytes: number[] }
    let at = 4 + headerBytes
    const columns = lengths.map((length, i) => {
      const begin = at
      at += Math.ceil(length / 4) * 4
      if (i < 6) return new Uint32Array(bytes.buffer, begin, length / 4)
      return i === 6
        ? new Uint16Array(bytes.buffer, begin, length / 2)
        : new Uint8Array(bytes.buffer, begin, length)
    })
    return new IndicatorSet(header, columns)
  }

  static empty(): IndicatorSet {
    return new SetBuilder(0).finish({ version: 0, lastNumber: 0, feeds: [] })
  }
}

/** A copy in shared memory. */
export function sharedCopy(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  return shared
}

function textAt(texts: Uint8Array, begins: Uint32Array, row: number): string {
  const [begin, end] = [begins[row]!, begins[row + 1]!]
  return begin === end ? '' : Buffer.from(texts.subarray(begin, end)).toString()
}

/** Columns of a set on their way. */
export class SetBuilder {
  size = 0
  readonly #set: IndicatorSet
  #idTexts: Uint8Array = new Uint8Array(1024)
  #nameTexts: Uint8Array = new Uint8Array(1024)

  /** Takes `capacity` rows at most. */
  constructor(capacity: number) {
    const u32 = (words: number): Uint32Array => new Uint32Array(words)
    const bytes = (): Uint8Array => new Uint8Array(capacity)
    this.#set = new IndicatorSet({ version: 0, size: 0, lastNumber: 0, feeds: [] }, [
      u32(4 * capacity),
      u32(capacity),
      u32(capacity),
      u32(capacity),
      u32(capacity + 1),
      u32(capacity + 1),
      new Uint16Array(capacity),
      bytes(),
      bytes(),
      bytes(),
      new Uint8Array(0),
      new Uint8Array(0),
    ])
  }

  /** Copies rows of another set, from `begin` to before `end`; `feed` is the index of their feed here. */
  copy(from: IndicatorSet, begin: number, end: number, feed: number): void {
    const { size } = this
    const set = this.#set
    set.words.set(from.words.subarray(4 * begin, 4 * end), 4 * size)
    set.numbers.set(from.numbers.subarray(begin, end), size)
    set.from.set(from.from.subarray(begin, end), size)
    set.until.set(from.until.subarray(begin, end), size)
    set.feeds.fill(feed, size, size + end - begin)
    set.lengths.set(from.lengths.subarray(begin, end), size)
    set.severities.set(from.severities.subarray(begin, end), size)
    set.confidences.set(from.confidences.subarray(begin, end), size)
    this.#addTexts(
      from.idTexts.subarray(from.ids[begin]!, from.ids[end]!),
      from.nameTexts.subarray(from.names[begin]!, from.names[end]!),
    )
    for (let row = begin; row < end; row++) {
      set.ids[size + row - begin + 1] = set.ids[size + row - begin]! + from.ids[row + 1]! - from.ids[row]!
      set.names[size + row - begin + 1] =
        set.names[size + row - begin]! + from.names[row + 1]! - from.names[row]!
    }
    this.size += end - begin
  }

  /** Adds a row of a feed's content. */
  add(content: FeedContent, row: number, number: number, feed: number): void {
    const { size } = this
    const set = this.#set
    for (let i = 0; i < 4; i++) set.words[4 * size + i] = content.words[4 * row + i]!
    set.numbers[size] = number
    set.from[size] = content.from[row]!
    set.until[size] = content.until[row]!
    set.feeds[size] = feed
    set.lengths[size] = content.lengths[row]!
    set.severities[size] = content.severities[row]!
    set.confidences[size] = content.confidences[row]!
    const id = content.ids[row]!
    const name = content.names[row]!
    this.#addTexts(id === '' ? EMPTY : Buffer.from(id), name === '' ? EMPTY : Buffer.from(name))
    this.size++
  }

  finish(header: Omit<SetHeader, 'size'>): IndicatorSet {
    const { size } = this
    const set = this.#set
    return new IndicatorSet({ ...header, size }, [
      set.words.subarray(0, 4 * size),
      set.numbers.subarray(0, size),
      set.from.subarray(0, size),
      set.until.subarray(0, size),
      set.ids.subarray(0, size + 1),
      set.names.subarray(0, size + 1),
      set.feeds.subarray(0, size),
      set.lengths.subarray(0, size),
      set.severities.subarray(0, size),
      set.confidences.subarray(0, size),
      this.#idTexts.subarray(0, set.ids[size]!),
      this.#nameTexts.subarray(0, set.names[size]!),
    ])
  }

  #addTexts(id: Uint8Array, name: Uint8Array): void {
    const { ids, names } = this.#set
    this.#idTexts = append(this.#idTexts, ids, this.size, id)
    this.#nameTexts = append(this.#nameTexts, names, this.size, name)
  }
}

const EMPTY = new Uint8Array(0)

/** Puts the text of row `row` behind the others; gives the memory, which may have moved. */
function append(texts: Uint8Array, begins: Uint32Array, row: number, text: Uint8Array): Uint8Array {
  const begin = begins[row]!
  const end = begin + text.length
  let memory = texts
  if (end > memory.length) {
    memory = new Uint8Array(Math.max(end, 2 * memory.length))
    memory.set(texts)
  }
  memory.set(text, begin)
  begins[row + 1] = end
  return memory
}
