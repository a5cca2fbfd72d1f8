import { type Prefix, parsePrefix } from '../../../enrich/tables/prefix.js'

type Value = string | number | { readonly [key: string]: Value }

/**
 * A small writer of MaxMind DB files (format 2.0): a tree of IPv6 with IPv4 below ::/96, records of 24, 28 or 32 bits, strings,
 * numbers and maps. Prefixes must not lie within one another.
 */
export class MmdbWriter {
  readonly #recordBits: 24 | 28 | 32
  /** By node: left and right; a child is a node's index, `undefined`, or data as a string that begins with `=`. */
  readonly #nodes: [unknown, unknown][] = [[undefined, undefined]]
  readonly #data: Buffer[] = []
  readonly #offsets = new Map<string, number>()
  #dataBytes = 0

  constructor(recordBits: 24 | 28 | 32 = 28) {
    this.#recordBits = recordBits
  }

  add(text: string, value: Value): void {
    const prefix = parsePrefix(text) as Prefix
    const v4 = prefix.family === 4
    const words = v4 ? [0, 0, 0, prefix.w3] : [prefix.w0, prefix.w1, prefix.w2, prefix.w3]
    const length = prefix.length + (v4 ? 96 : 0)
    let node = 0
    for (let depth = 0; depth < length; depth++) {
      const bit = (words[depth >>> 5]! >>> (31 - (depth & 31))) & 1
      if (depth === length - 1) this.#nodes[node]![bit] = { data: this.#offsetOf(value) }
      else {
        if (this.#nodes[node]![bit] === undefined) {
          this.#nodes[node]![bit] = this.#nodes.push([undefined, undefined]) - 1
        }
        node = this.#nodes[node]![bit] as number
      }
    }
  }

  /** Makes ::ffff:0:0/96 and 2002::/16 the same tree as IPv4's, as real files do. */
  addAliases(): void {
    const follow = (words: readonly number[], length: number): [number, 0 | 1] => {
      let node = 0
      for (let depth = 0; depth < length - 1; depth++) {
        const bit = (words[depth >>> 5]! >>> (31 - (depth & 31))) & 1
        this.#nodes[node]![bit] ??= this.#nodes.push([undefined, undefined]) - 1
        node = this.#nodes[node]![bit] as number
      }
      return [node, ((words[(length - 1) >>> 5]! >>> (31 - ((length - 1) & 31))) & 1) as 0 | 1]
    }
    const [parent, side] = follow([0, 0, 0, 0], 96)
    const root = this.#nodes[parent]![side]
    for (const [words, length] of [
      [[0, 0, 0xffff, 0], 96],
      [[0x20020000, 0, 0, 0], 16],
    ] as const) {
      const [node, bit] = follow(words, length)
      this.#nodes[node]![bit] = root
    }
  }

  finish(type: string): Buffer {
    const count = this.#nodes.length
    const record = (child: unknown): number =>
      child === undefined
        ? count
        : typeof child === 'number'
          ? child
          : count + 16 + (child as { data: number }).data
    const tree = Buffer.concat(this.#nodes.map(([l, r]) => this.#node(record(l), record(r))))
    const metadata = encode({
      binary_format_major_version: 2,
      binary_format_minor_version: 0,
      build_epoch: 1_793_000_000,
      database_type: type,
      ip_version: 6,
      node_count: count,
      record_size: this.#recordBits,
    })
    const marker = Buffer.from('ABCDEF4D61784D696E642E636F6D', 'hex')
    return Buffer.concat([tree, Buffer.alloc(16), ...this.#data, marker, metadata])
  }

  #node(left: number, right: number): Buffer {
    const node = Buffer.alloc((2 * this.#recordBits) / 8)
    if (this.#recordBits === 24) {
      node.writeUIntBE(left, 0, 3)
      node.writeUIntBE(right, 3, 3)
    } else if (this.#recordBits === 32) {
      node.writeUInt32BE(left, 0)
      node.writeUInt32BE(right, 4)
    } else {
      node.writeUIntBE(left & 0xffffff, 0, 3)
      node[3] = ((left >>> 24) << 4) | (right >>> 24)
      node.writeUIntBE(right & 0xffffff, 4, 3)
    }
    return node
  }

  #offsetOf(value: Value): number {
    const key = JSON.stringify(value)
    const known = this.#offsets.get(key)
    if (known !== undefined) return known
    const bytes = encode(value)
    const at = this.#dataBytes
    this.#data.push(bytes)
    this.#dataBytes += bytes.length
    this.#offsets.set(key, at)
    return at
  }
}

/** The data section's encoding: a control byte with type and size, then the value. */
function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([control(2, text.length), text])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([control(6, 4), bytes])
  }
  const entries = Object.entries(value)
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([k, v]) => [encode(k), encode(v)])])
}

/** Sizes to 284 are enough here. */
const control = (type: number, size: number): Buffer =>
  size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29])
