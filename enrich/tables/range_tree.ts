import type { Ranges } from './ranges.js'

/**
 * The trees by which a lookup finds the range of an address in two or three steps. A tree looks at one 32-bit
 * word: IPv4 has one, IPv6 goes down from word to word where the first word alone does not decide.
 *
 * ```
 *  entry   2 bits kind │ 30 bits
 *  VALUE   0           │ the value itself: one range covers the bucket
 *  NODE    1           │ 5 bits k, 25 bits place / 2: 2^k entries in `nodes`, chosen by the next k bits of the word
 *  SCAN    2           │ 3 bits count - 1, 27 bits index of the first range: at most 8 neighbours in `ranges`
 *  DOWN    3           │ index in `roots` of the tree for the next word
 *
 *  ranges  start │ entry │ start │ entry │ …      start: the word at which it begins; entry: VALUE or DOWN
 * ```
 *
 * A node has two to four entries for each start below it, 2^16 at most, so that the trees are as large as the
 * prefixes are many and most buckets are one range.
 */
export const KIND_NODE = 1
export const KIND_SCAN = 2
export const KIND_DOWN = 3
/** Values are below this. */
export const VALUE_LIMIT = 2 ** 30
const SCAN_MAX = 8
const NODE_BITS_MAX = 16
const NODES_LIMIT = 2 ** 26
const RANGES_LIMIT = 2 ** 27

/** Numbers that grow. */
export class Words {
  #array = new Uint32Array(1024)
  #size = 0
  readonly #limit: number

  /** Holds `limit` words at most; more is a RangeError. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  /** All words so far; of no use after the next `reserve`. */
  get array(): Uint32Array {
    return this.#array.subarray(0, this.#size)
  }

  set(at: number, word: number): void {
    this.#array[at] = word
  }

  /** Makes room for `count` words, zero, and returns where they begin. */
  reserve(count: number): number {
    const at = this.#size
    this.#size += count
    if (this.#size > this.#limit) throw new RangeError('too many prefixes for one table')
    if (this.#size > this.#array.length) {
      const larger = new Uint32Array(Math.max(this.#size, this.#array.length * 2))
      larger.set(this.#array)
      this.#array = larger
    }
    return at
  }
}

/** What trees are made of; one for all trees of a table. */
export class Forest {
  readonly roots = new Words(VALUE_LIMIT)
  readonly nodes = new Words(NODES_LIMIT)
  readonly ranges = new Words(2 * RANGES_LIMIT)

  /** Adds the tree of `cuts` and returns its root entry. */
  add(cuts: Ranges): number {
    return this.#word(cuts, 0, cuts.size, 0, 0)
  }

  /**
   * The tree over word `word` of the starts from `low` to before `high`, which share the words before it.
   * `value` holds below the first of them.
   */
  #word(cuts: Ranges, low: number, high: number, word: number, value: number): number {
    const { width, starts, values } = cuts
    const level = new Level()
    let held = value
    let next = 0
    for (let i = low; i < high; ) {
      const at = starts[i * width + word]!
      let end = i + 1
      while (end < high && starts[end * width + word] === at) end++
      if (at > next) level.push(next, held)
      if (end - i === 1 && isZeroBehind(cuts, i, word)) {
        level.push(at, values[i]!)
      } else {
        // Here, and here only, the next word decides.
        const root = this.roots.reserve(1)
        this.roots.set(root, this.#word(cuts, i, end, word + 1, held))
        level.push(at, entryOf(KIND_DOWN, root))
      }
      held = values[end - 1]!
      next = at + 1
      i = end
    }
    if (next < 2 ** 32) level.push(next, held)
    return this.#levelRoot(level)
  }

  #levelRoot(level: Level): number {
    const { size } = level
    if (size === 1) return level.entries[0]!
    const origin = this.ranges.reserve(2 * size) / 2
    for (let i = 0; i < size; i++) {
      this.ranges.set(2 * (origin + i), level.starts[i]!)
      this.ranges.set(2 * (origin + i) + 1, level.entries[i]!)
    }
    return size <= SCAN_MAX ? scanEntry(origin, size) : this.#node(level, origin, 0, size, 0, 32)
  }

  /**
   * The node of the `bits` last bits from `begin` on, where ranges `low` to before `high` lie, the first of
   * them in part.
   */
  #node(level: Level, origin: number, low: number, high: number, begin: number, bits: number): number {
    const k = Math.min(NODE_BITS_MAX, bits, 33 - Math.clz32(high - low - 1))
    const at = this.nodes.reserve(2 ** k)
    const step = 2 ** (bits - k)
    let from = low
    for (let bucket = 0; bucket < 2 ** k; bucket++) {
      const start = begin + bucket * step
      // The last range that starts at or before the bucket holds where it begins.
      while (from + 1 < high && level.starts[from + 1]! <= start) from++
      let to = from + 1
      while (to < high && level.starts[to]! < start + step) to++
      const count = to - from
      const entry =
        count === 1
          ? level.entries[from]!
          : count <= SCAN_MAX
            ? scanEntry(origin + from, count)
            : this.#node(level, origin, from, to, start, bits - k)
      this.nodes.set(at + bucket, entry)
      from = to - 1
    }
    return entryOf(KIND_NODE, (k << 25) | (at / 2))
  }
}

/** The ranges of one tree, before they are laid down; neighbours of one entry are one. */
class Level {
  readonly starts: number[] = []
  readonly entries: number[] = []

  get size(): number {
    return this.starts.length
  }

  push(start: number, entry: number): void {
    if (this.entries[this.entries.length - 1] === entry) return
    this.starts.push(start)
    this.entries.push(entry)
  }
}

const entryOf = (kind: number, rest: number): number => ((kind << 30) | rest) >>> 0
const scanEntry = (first: number, count: number): number => entryOf(KIND_SCAN, ((count - 1) << 27) | first)

/** Whether the words of start `index` behind `word` are zero. */
function isZeroBehind({ width, starts }: Ranges, index: number, word: number): boolean {
  for (let i = word + 1; i < width; i++) if (starts[index * width + i] !== 0) return false
  return true
}
