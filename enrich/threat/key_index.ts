/** What of an indicator's columns makes it the same as another, with the feed's id of it. */
export interface KeyColumns {
  readonly words: Uint32Array
  readonly lengths: Uint8Array
}

/** Rows by prefix: open addressing, at most half full. A slot holds a row + 1. */
export class KeyIndex {
  readonly #slots: Uint32Array
  readonly #mask: number

  /** Takes `capacity` rows. */
  constructor(capacity: number) {
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * capacity + 2)))
    this.#mask = this.#slots.length - 1
  }

  add(columns: KeyColumns, row: number): void {
    let slot = hashOf(columns, row) & this.#mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
    this.#slots[slot] = row + 1
  }

  /** The row that was added with the prefix of row `row` of `columns` and that `fits`; -1 where there is none. */
  find(columns: KeyColumns, row: number, fits: (other: number) => boolean, added = columns): number {
    let slot = hashOf(columns, row) & this.#mask
    for (;;) {
      const other = this.#slots[slot]! - 1
      if (other < 0 || (samePrefix(columns, row, added, other) && fits(other))) return other
      slot = (slot + 1) & this.#mask
    }
  }
}

function hashOf({ words, lengths }: KeyColumns, row: number): number {
  const at = 4 * row
  let hash = Math.imul(words[at]! ^ Math.imul(words[at + 1]!, 0x85ebca77), 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 15) ^ words[at + 2]!, 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 13) ^ words[at + 3]!, 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 16) ^ lengths[row]!, 0x2c1b3c6d)
  return (hash ^ (hash >>> 14)) >>> 0
}

function samePrefix(a: KeyColumns, rowA: number, b: KeyColumns, rowB: number): boolean {
  if (a.lengths[rowA] !== b.lengths[rowB]) return false
  for (let i = 0; i < 4; i++) if (a.words[4 * rowA + i] !== b.words[4 * rowB + i]) return false
  return true
}
