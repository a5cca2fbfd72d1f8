import type { Ranges } from './ranges.js'

/**
 * The trees by which a lookup finds the range of an address in two or three steps. A tree looks at one 32-bit
 * word: IPv4 has one, IPv6 goes down from word to word where the first word alone does not decide.
 *
 * ```
 *  entry   2 bits kind │ 30 bits
 *  VALUE   0           │ the value itself: one range covers the bucket
 *  NODE    1           │ 5 bits k, 25 bits place / 2: 2^k entries in `nodes`, chosen by the next k bits of the word
 *  SCAN    2           │ 1, 4 bits count - 1, 25 bits place in `ranges`: a leaf
 *                      │ 0, 3 bits count - 1, 1 spare, 25 bits place / 2 in `ranges`: a list
 *  DOWN    3           │ index in `roots` of the tree for the next word
 *
 *  leaf    up to 16 words, each: next 16 bits of the word where a range begins │ 16 bits value
 *  list    start │ entry │ start │ entry │ …      start: the word at which it begins; entry: VALUE or DOWN
 * ```
 *
 * A leaf is a binary search within one line of a cache, without branches. A list, twice as large and more, holds what
 * a leaf cannot: values above 65,535, ways down, starts of more bits.
 * Nodes of a small tree have two to four entries for each start below them, so that most buckets are one range. Those
 * of a large one have one for two to four starts, 2^16 at most: there a table that caches hold is worth more than one
 * that spares the search.
 */
export const KIND_NODE = 1
export const KIND_SCAN = 2
export const KIND_DOWN = 3
/** The bit of a SCAN that says that it is a leaf. */
export const LEAF_SHIFT = 29
export const LEAF_BIT = 1 << LEAF_SHIFT
/** Values are below this. */
export const VALUE_LIMIT = 2 ** 30
const LIST_MAX = 8
const LEAF_MAX = 16
const LINE_WORDS = 16
const LEAVES_LIMIT = 2 ** 25
const LEAF_VALUE_LIMIT = 2 ** 16
const NODE_BITS_MAX = 16
const NODES_LIMIT = 2 ** 26
const RANGES_LIMIT = 2 ** 26
/** Trees of more starts are large, and by how many bits their nodes are smaller. Measured in bench/enrich.ts. */
const SMALL_MAX = 2 ** 16
const LARGE_BITS = 3

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
  readonly ranges = new Words(RANGES_LIMIT)
  #fewerBits = 0

  /** Adds the tree of `cuts` and returns its root entry. */
  add(cuts: Ranges): number {
    this.#fewerBits = cuts.size > SMALL_MAX ? LARGE_BITS : 0
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
    return size === 1 ? level.entries[0]! : this.#bucket(level, 0, size, 0, 32)
  }

  /** The entry of a bucket: the `bits` last bits from `begin` on, where ranges `low` to before `high` lie. */
  #bucket(level: Level, low: number, high: number, begin: number, bits: number): number {
    const count = high - low
    if (count === 1) return level.entries[low]!
    if (this.#fewerBits > 0 && count <= LEAF_MAX && fitsLeaf(level, low, high, begin, bits)) {
      return this.#leaf(level, low, high, begin, bits)
    }
    return count <= LIST_MAX ? this.#list(level, low, high) : this.#node(level, low, high, begin, bits)
  }

  #leaf(level: Level, low: number, high: number, begin: number, bits: number): number {
    const count = high - low
    // Within one line of a cache.
    const room = LINE_WORDS - (this.ranges.size % LINE_WORDS)
    if (room < count) this.ranges.reserve(room)
    const at = this.ranges.reserve(count)
    if (at >= LEAVES_LIMIT) throw new RangeError('too many prefixes for one table')
    for (let i = 0; i < count; i++) {
      const key = i === 0 ? 0 : leafKey(level.starts[low + i]!, begin, bits)
      this.ranges.set(at + i, ((key << 16) | level.entries[low + i]!) >>> 0)
    }
    return entryOf(KIND_SCAN, LEAF_BIT | ((count - 1) << 25) | at)
  }

  #list(level: Level, low: number, high: number): number {
    this.ranges.reserve(this.ranges.size & 1)
    const at = this.ranges.reserve(2 * (high - low))
    for (let i = low; i < high; i++) {
      this.ranges.set(at + 2 * (i - low), level.starts[i]!)
      this.ranges.set(at + 2 * (i - low) + 1, level.entries[i]!)
    }
    return entryOf(KIND_SCAN, ((high - low - 1) << 26) | (at / 2))
  }

  /** The node of a bucket; the first of its ranges may begin before it. */
  #node(level: Level, low: number, high: number, begin: number, bits: number): number {
    const wanted = Math.max(1, 33 - Math.clz32(high - low - 1) - this.#fewerBits)
    const k = Math.min(NODE_BITS_MAX, bits, wanted)
    const at = this.nodes.reserve(2 ** k)
    const step = 2 ** (bits - k)
    let from = low
    for (let bucket = 0; bucket < 2 ** k; bucket++) {
      const start = begin + bucket * step
      // The last range that starts at or before the bucket holds where it begins.
      while (from + 1 < high && level.starts[from + 1]! <= start) from++
      let to = from + 1
      while (to < high && level.starts[to]! < start + step) to++
      this.nodes.set(at + bucket, this.#bucket(level, from, to, start, bits - k))
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

/** The bits behind a bucket's own at which a range within it begins, 16 of them; of no use where it has more. */
const leafKey = (start: number, begin: number, bits: number): number =>
  ((start - begin) << (32 - bits)) >>> 16

function fitsLeaf(
  { starts, entries }: Level,
  low: number,
  high: number,
  begin: number,
  bits: number,
): boolean {
  for (let i = low; i < high; i++) {
    if (entries[i]! >= LEAF_VALUE_LIMIT) return false
    if (i > low && (((starts[i]! - begin) << (32 - bits)) & 0xffff) !== 0) return false
  }
  return true
}

/** Whether the words of start `index` behind `word` are zero. */
function isZeroBehind({ width, starts }: Ranges, index: number, word: number): boolean {
  for (let i = word + 1; i < width; i++) if (starts[index * width + i] !== 0) return false
  return true
}
