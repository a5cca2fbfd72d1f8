import { FLOW_COLUMNS, KIND_WIDTH } from './flow_columns.js'

/**
 * A block of flows as columns. One owner at a time writes or reads it.
 *
 * ```
 *            row 0      row 1      row 2
 * u8       [  b  ]    [  b  ]    [  b  ]        bytes[c]: Uint8Array over all rows of column c
 * u16      [ b b ]    [ b b ]    [ b b ]        words[c]: the same memory as Uint8Array, Uint16Array or Uint32Array,
 * u32      [ b b b b ]  …                                 by the column's width; 8-byte values are two words (low, high),
 * u64      [ low ][ high ] …                              16-byte ones four
 * ipv6     [ w0 ][ w1 ][ w2 ][ w3 ] …            the 16 bytes in network order; an IPv4 address is ::ffff:a.b.c.d
 * string   [ index into strings ] …              strings[0] is ''
 * ```
 *
 * A column nobody has written since `reset` is not `touched`, holds no defined values and is left out of what is stored:
 * whoever writes a row of a column writes it for all rows of the block, with `touch`, which fills it with its unknown value.
 */
export class FlowBlock {
  readonly capacity: number
  rows = 0
  /** 1 for a column that holds values. */
  readonly touched = new Uint8Array(FLOW_COLUMNS.length)
  readonly bytes: readonly Uint8Array[]
  readonly words: readonly (Uint8Array | Uint16Array | Uint32Array)[]
  readonly strings: string[] = ['']
  readonly #stringIds = new Map<string, number>([['', 0]])

  constructor(capacity: number) {
    this.capacity = capacity
    this.bytes = FLOW_COLUMNS.map((c) => new Uint8Array(capacity * KIND_WIDTH[c.kind]))
    this.words = FLOW_COLUMNS.map((c, i) => {
      const { buffer } = this.bytes[i]!
      const width = KIND_WIDTH[c.kind]
      return width === 1 ? this.bytes[i]! : width === 2 ? new Uint16Array(buffer) : new Uint32Array(buffer)
    })
  }

  /** Makes `column` hold values: all rows of the block's capacity get its unknown value, once per `reset`. */
  touch(column: number): void {
    if (this.touched[column] === 1) return
    this.touched[column] = 1
    this.words[column]!.fill(FLOW_COLUMNS[column]!.unknown)
  }

  /** Index of `text` in `strings`. The table is bounded by the rows of the block: one row, one string a column. */
  intern(text: string): number {
    let id = this.#stringIds.get(text)
    if (id === undefined) {
      id = this.strings.length
      this.strings.push(text)
      this.#stringIds.set(text, id)
    }
    return id
  }

  /** Empties the block for its next use. */
  reset(): void {
    this.rows = 0
    this.touched.fill(0)
    if (this.strings.length > 1) {
      this.strings.length = 1
      this.#stringIds.clear()
      this.#stringIds.set('', 0)
    }
  }
}

const MS_HIGH = 4294967296

/** Writes a time in ms since 1970 (any finite number up to 2^53) at `row` of a 64-bit column. */
export function writeMs(words: Uint32Array, row: number, ms: number): void {
  words[2 * row] = ms >>> 0
  words[2 * row + 1] = Math.floor(ms / MS_HIGH)
}

/** Reads a 64-bit column as a number; exact up to 2^53, as times and counters of flows are. */
export function readU64(words: Uint32Array, row: number): number {
  return words[2 * row + 1]! * MS_HIGH + words[2 * row]!
}

/** Low and high half of an IPv4 address as an IPv6 column holds it: bytes 00 00 ff ff, then the address. */
export const V4_MAPPED_WORD = 0xffff0000
