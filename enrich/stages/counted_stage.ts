import type { FlowBlock } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import {
  EXPORTER_EDGE,
  EXPORTER_FLAGS,
  EXPORTER_SITE,
  EXPORTER_SKIPS_EGRESS,
  EXPORTER_SKIPS_INGRESS,
  EXPORTER_WORDS,
  type ExporterTables,
  PLACE_EDGE,
  PLACE_SITE,
  PLACE_WORDS,
} from '../tables/shared_tables.js'
import type { RowScratch } from './row_scratch.js'

const COUNTED = COL.counted!
const DIRECTION = COL.direction!
const KEYS = [COL.src_addr!, COL.dst_addr!] as const
const SRC_PORT = COL.src_port!
const DST_PORT = COL.dst_port!
const PROTO = COL.ip_proto!

/**
 * Which one observation of a flow totals use, where several exporters see it; each direction of a
 * conversation by itself:
 *
 * 1. the edge of the source's site, where it has one;
 * 2. else the edge of the destination's site, where that has one;
 * 3. else, of the exporters that show the conversation in this block, the first in the registry (unregistered
 * ones last).
 *
 * What stays within a site may pass beside its edge: then 3 holds, among the exporters of the site. By 1 and
 * 2 a row is decided by itself, whatever block it comes in. 3 sees one block only: it is kept free of memory,
 * so that a frame decoded again gives the same rows. An exporter that meters both ways says which one counts
 * (`count`).
 */
export class CountedStage {
  readonly #exporters: Uint32Array
  readonly #places: Uint32Array
  /** Whether any exporter meters flows twice. */
  readonly #skips: boolean
  /** Rows that rule 3 decides. */
  #open = new Uint32Array(0)
  /** By slot: a row of the conversation + 1, and the best exporter so far. */
  #slotRows = new Uint32Array(0)
  #slotExporters = new Uint32Array(0)

  constructor(exporters: ExporterTables, places: SharedArrayBuffer) {
    this.#exporters = new Uint32Array(exporters.facts)
    this.#places = new Uint32Array(places)
    this.#skips = this.#exporters.some((word, i) => i % EXPORTER_WORDS === EXPORTER_FLAGS && word !== 0)
  }

  run(block: FlowBlock, scratch: RowScratch): void {
    block.touch(COUNTED)
    const open = this.#decideBySites(block, scratch)
    if (open > 0) this.#decideByConversation(block, scratch.exporters, open)
    if (this.#skips) this.#skipDirections(block, scratch.exporters)
  }

  /** Rules 1 and 2; returns how many rows they leave open. */
  #decideBySites(block: FlowBlock, { exporters, srcPlaces, dstPlaces }: RowScratch): number {
    if (this.#open.length < block.rows) this.#open = new Uint32Array(block.capacity)
    const counted = block.words[COUNTED]!
    const facts = this.#exporters
    const places = this.#places
    let open = 0
    for (let row = 0; row < block.rows; row++) {
      const src = srcPlaces[row]! * PLACE_WORDS
      const dst = dstPlaces[row]! * PLACE_WORDS
      const exporter = exporters[row]! * EXPORTER_WORDS
      const srcEdge = places[src + PLACE_EDGE]!
      // The site whose edge counts. Not by branches: which it is changes from row to row, and a wrong guess
      // costs more.
      const edge = srcEdge | (places[dst + PLACE_EDGE]! & ~((srcEdge | -srcEdge) >> 31))
      const differs = edge ^ facts[exporter + EXPORTER_EDGE]!
      counted[row] = ~((differs | -differs) >> 31) & 1
      const site = places[src + PLACE_SITE]!
      const within = site !== 0 && site === places[dst + PLACE_SITE]
      if (edge === 0 || (within && facts[exporter + EXPORTER_SITE] === site)) this.#open[open++] = row
    }
    return open
  }

  /** Rule 3, by a hash table over the open rows of this block. */
  #decideByConversation(block: FlowBlock, exporters: Uint32Array, open: number): void {
    const slots = 2 ** Math.ceil(Math.log2(2 * open + 2))
    if (this.#slotRows.length < slots) {
      this.#slotRows = new Uint32Array(slots)
      this.#slotExporters = new Uint32Array(slots)
    } else this.#slotRows.fill(0, 0, slots)
    const counted = block.words[COUNTED]!
    for (let i = 0; i < open; i++) {
      const row = this.#open[i]!
      const slot = this.#slotOf(block, row, slots - 1)
      // Exporter 0 is unregistered: it comes last.
      const rank = (exporters[row]! - 1) >>> 0
      if (this.#slotRows[slot] === 0) {
        this.#slotRows[slot] = row + 1
        this.#slotExporters[slot] = rank
      } else if (rank < this.#slotExporters[slot]!) this.#slotExporters[slot] = rank
    }
    for (let i = 0; i < open; i++) {
      const row = this.#open[i]!
      const slot = this.#slotOf(block, row, slots - 1)
      counted[row] = this.#slotExporters[slot] === (exporters[row]! - 1) >>> 0 ? 1 : 0
    }
  }

  /**
   * The slot of the row's conversation: one that holds it, or a free one. At most half of the slots are
   * taken.
   */
  #slotOf(block: FlowBlock, row: number, mask: number): number {
    let hash =
      valueAt(block, SRC_PORT, row) * 65536 + valueAt(block, DST_PORT, row) + valueAt(block, PROTO, row)
    for (const column of KEYS) {
      if (block.touched[column] === 0) continue
      const words = block.words[column]!
      for (let i = 4 * row; i < 4 * row + 4; i++)
        hash = Math.imul(hash ^ words[i]!, 0x9e3779b1) ^ (hash >>> 15)
    }
    let slot = (hash ^ (hash >>> 16)) & mask
    for (;;) {
      const other = this.#slotRows[slot]!
      if (other === 0 || sameConversation(block, row, other - 1)) return slot
      slot = (slot + 1) & mask
    }
  }

  #skipDirections(block: FlowBlock, exporters: Uint32Array): void {
    if (block.touched[DIRECTION] === 0) return
    const counted = block.words[COUNTED]!
    const directions = block.words[DIRECTION]!
    for (let row = 0; row < block.rows; row++) {
      const flags = this.#exporters[exporters[row]! * EXPORTER_WORDS + EXPORTER_FLAGS]!
      const skips =
        directions[row] === 0 ? EXPORTER_SKIPS_INGRESS : directions[row] === 1 ? EXPORTER_SKIPS_EGRESS : 0
      if ((flags & skips) !== 0) counted[row] = 0
    }
  }
}

const valueAt = (block: FlowBlock, column: number, row: number): number =>
  block.touched[column] === 1 ? block.words[column]![row]! : 0

function sameConversation(block: FlowBlock, a: number, b: number): boolean {
  if (valueAt(block, SRC_PORT, a) !== valueAt(block, SRC_PORT, b)) return false
  if (valueAt(block, DST_PORT, a) !== valueAt(block, DST_PORT, b)) return false
  if (valueAt(block, PROTO, a) !== valueAt(block, PROTO, b)) return false
  for (const column of KEYS) {
    if (block.touched[column] === 0) continue
    const words = block.words[column]!
    for (let i = 0; i < 4; i++) if (words[4 * a + i] !== words[4 * b + i]) return false
  }
  return true
}
