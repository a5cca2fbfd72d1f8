import type { Ranges } from './ranges.js'

/**
 * The tree over ranges by which a lookup takes one to three steps. It adapts to where the prefixes lie: a node cuts the
 * span between its first and last start into equal buckets, about two for each start.
 *
 * ```
 *  entry     2 bits kind │ 30 bits
 *  VALUE     0           │ the value itself: one range covers the bucket
 *  NODE      1           │ place of a node in `nodes`
 *  SCAN      2           │ 3 bits count - 1, 27 bits index of the first range: up to 8 starts to look at
 *
 *  node      first │ offset │ base │ shift │ buckets │ before │ after │ entry 0 │ entry 1 │ …
 * ```
 *
 * A node looks at the 32 bits of the address that begin at bit `offset` (all its starts share the bits before): bucket
 * (bits - base) >>> shift. `before` and `after` are the values of what lies below its first start and behind its last
 * bucket; `first` is its first range, whose start holds the shared bits.
 */
export const KIND_NODE = 1
export const KIND_SCAN = 2
export const NODE_HEADER = 7
/** Values, and places of nodes, are below this. */
export const ENTRY_LIMIT = 2 ** 30
const SCAN_MAX = 8
const RANGE_LIMIT = 2 ** 27

/** Numbers that grow; handed over as one array. */
export class Words {
  #array = new Uint32Array(1024)
  size = 0

  get array(): Uint32Array {
    return this.#array
  }

  /** Makes room for `count` words, zero, and returns where they begin. */
  reserve(count: number): number {
    const at = this.size
    this.size += count
    if (this.size > this.#array.length) {
      const larger = new Uint32Array(Math.max(this.size, this.#array.length * 2))
      larger.set(this.#array)
      this.#array = larger
    }
    return at
  }
}

/**
 * Adds the tree of `ranges` to `nodes` and returns its root entry. `origin` is the index that range 0 has in the table.
 * Throws a RangeError where the table would be too large for its entries (2^27 ranges, 2^30 words of nodes).
 */
export function addTree(nodes: Words, ranges: Ranges, origin: number): number {
  if (origin + ranges.size > RANGE_LIMIT) throw new RangeError(`more than ${RANGE_LIMIT} ranges in one table`)
  if (ranges.size === 1) return ranges.values[0]!
  return new TreeBuilder(nodes, ranges, origin).node(0, ranges.size)
}

class TreeBuilder {
  readonly #nodes: Words
  readonly #ranges: Ranges
  readonly #origin: number

  constructor(nodes: Words, ranges: Ranges, origin: number) {
    this.#nodes = nodes
    this.#ranges = ranges
    this.#origin = origin
  }

  /** Writes the node over the ranges from `low` to before `high`, at least two, and returns its entry. */
  node(low: number, high: number): number {
    const { values } = this.#ranges
    const offset = this.#sharedBits(low, high - 1)
    const base = this.#window(low, offset)
    const span = this.#window(high - 1, offset) - base
    let shift = 0
    while (Math.floor(span / 2 ** shift) >= 2 * (high - low)) shift++
    const buckets = Math.floor(span / 2 ** shift) + 1
    const at = this.#nodes.reserve(NODE_HEADER + buckets)
    if (at + NODE_HEADER + buckets > ENTRY_LIMIT) throw new RangeError('the prefixes make too large a table')
    const header = [
      this.#origin + low,
      offset,
      base,
      shift,
      buckets,
      values[low === 0 ? 0 : low - 1]!,
      values[high - 1]!,
    ]
    this.#nodes.array.set(header, at)
    let from = low
    for (let bucket = 0; bucket < buckets; bucket++) {
      let to = from
      while (to < high && Math.floor((this.#window(to, offset) - base) / 2 ** shift) === bucket) to++
      const entry = this.#entry(from, to, offset, base + bucket * 2 ** shift)
      // Nodes below may have moved the array.
      this.#nodes.array[at + NODE_HEADER + bucket] = entry
      from = to
    }
    return ((KIND_NODE << 30) | at) >>> 0
  }

  /** Entry of a bucket that begins at `begin` of the window and holds the starts from `from` to before `to`. */
  #entry(from: number, to: number, offset: number, begin: number): number {
    const { values } = this.#ranges
    const exact = to > from && this.#startsAt(from, offset, begin)
    // What holds where the bucket begins.
    const first = exact ? from : from - 1
    if (to - first === 1) return values[first]!
    if (to - first <= SCAN_MAX) {
      return ((KIND_SCAN << 30) | ((to - first - 1) << 27) | (this.#origin + first)) >>> 0
    }
    return this.node(from, to)
  }

  /** Whether range `index` starts exactly where bits `offset` and on are `begin`, then zeros. */
  #startsAt(index: number, offset: number, begin: number): boolean {
    if (this.#window(index, offset) !== begin) return false
    const { width, starts } = this.#ranges
    const end = offset + 32
    for (let word = end >>> 5; word < width; word++) {
      const bits = starts[index * width + word]!
      const kept = word === end >>> 5 && (end & 31) > 0 ? bits << (end & 31) : bits
      if (kept !== 0) return false
    }
    return true
  }

  /** How many first bits two starts share; at most as many as leave 32. */
  #sharedBits(a: number, b: number): number {
    const { width, starts } = this.#ranges
    for (let word = 0; word < width - 1; word++) {
      const difference = starts[a * width + word]! ^ starts[b * width + word]!
      if (difference !== 0) return 32 * word + Math.clz32(difference)
    }
    return 32 * (width - 1)
  }

  /** The 32 bits of a start that begin at bit `offset`. */
  #window(index: number, offset: number): number {
    const { width, starts } = this.#ranges
    const word = index * width + (offset >>> 5)
    const bit = offset & 31
    return bit === 0 ? starts[word]! : ((starts[word]! << bit) | (starts[word + 1]! >>> (32 - bit))) >>> 0
  }
}
