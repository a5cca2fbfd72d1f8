import { type FlowBlock, readU64, V4_MAPPED_WORD } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import { keyAt, type PrivacyKey } from '../privacy/keys.js'
import { Pseudonyms } from '../privacy/pseudonyms.js'
import { wordMask } from '../tables/prefix.js'
import { PrefixTable, swap } from '../tables/prefix_table.js'
import {
  POLICY_MODE,
  POLICY_PSEUDONYM,
  POLICY_V4_BITS,
  POLICY_V6_BITS,
  POLICY_WORDS,
  type SharedTables,
} from '../tables/shared_tables.js'
import type { RowScratch } from './row_scratch.js'

const KEY = COL.privacy_key!
const RECEIVED = COL.time_received!

/** The ends of a flow: the columns that hold its address, before and after translation, and its hardware's. */
const ENDS = [
  { address: COL.src_addr!, translated: COL.post_nat_src_addr!, mac: COL.src_mac_u48! },
  { address: COL.dst_addr!, translated: COL.post_nat_dst_addr!, mac: COL.dst_mac_u48! },
] as const
/** Addresses of others, which have places of their own. */
const OTHERS = [COL.next_hop!, COL.bgp_next_hop!] as const

/**
 * Takes true addresses out of the rows of those organisations and sites that the registry says so of, after detection has seen
 * them and before they are stored. A pseudonym without a key in force is no pseudonym: the address is blotted out whole.
 */
export class PrivacyStage {
  readonly #policies: Uint8Array
  readonly #facts: Uint8Array
  readonly #places: PrefixTable
  readonly #keys: readonly PrivacyKey[]
  readonly #pseudonyms: readonly Pseudonyms[]

  constructor(tables: SharedTables, privacy: NonNullable<SharedTables['privacy']>) {
    this.#policies = new Uint8Array(privacy.policies)
    this.#facts = new Uint8Array(privacy.facts)
    this.#places = new PrefixTable(tables.prefixes)
    this.#keys = tables.privacyKeys?.keys ?? []
    const entries = tables.privacyKeys?.cacheEntries ?? 0
    this.#pseudonyms = this.#keys.map(({ bytes }) => new Pseudonyms(bytes, entries))
  }

  /** @param scratch as the place stage left it */
  run(block: FlowBlock, scratch: RowScratch, useVrfs: boolean): void {
    this.#protectEnd(block, ENDS[0], scratch.srcPlaces, useVrfs ? scratch.srcVrfs : undefined)
    this.#protectEnd(block, ENDS[1], scratch.dstPlaces, useVrfs ? scratch.dstVrfs : undefined)
    for (const column of OTHERS) {
      if (block.touched[column] === 0) continue
      const words = block.words[column] as Uint32Array
      for (let row = 0; row < block.rows; row++) {
        const policy = this.#policies[this.#places.lookupRow(words, row)]!
        if (policy !== 0) this.#protect(block, words, row, policy)
      }
    }
  }

  #protectEnd(
    block: FlowBlock,
    { address, translated, mac }: (typeof ENDS)[number],
    places: Uint32Array,
    vrfs: Uint16Array | undefined,
  ): void {
    const own = block.touched[address] === 1 ? (block.words[address] as Uint32Array) : undefined
    const after = block.touched[translated] === 1 ? (block.words[translated] as Uint32Array) : undefined
    const macs = block.touched[mac] === 1 ? block.words[mac]! : undefined
    for (let row = 0; row < block.rows; row++) {
      const policy = this.#policies[places[row]!]!
      if (after !== undefined) {
        const place = this.#places.lookupRow(after, row, vrfs === undefined ? 0 : vrfs[row]!)
        const translatedPolicy = policy === 0 ? this.#policies[place]! : policy
        if (translatedPolicy !== 0) this.#protect(block, after, row, translatedPolicy)
      }
      if (policy === 0) continue
      if (own !== undefined) this.#protect(block, own, row, policy)
      if (macs !== undefined) macs.fill(0, 2 * row, 2 * row + 2)
    }
  }

  #protect(block: FlowBlock, words: Uint32Array, row: number, policy: number): void {
    const at = 4 * row
    const isV4 = words[at] === 0 && words[at + 1] === 0 && words[at + 2] === V4_MAPPED_WORD
    // No address at all: what a column holds that does not know it.
    if (!isV4 && (words[at]! | words[at + 1]! | words[at + 2]! | words[at + 3]!) === 0) return
    const facts = policy * POLICY_WORDS
    if (this.#facts[facts + POLICY_MODE] === POLICY_PSEUDONYM) this.#replace(block, words, row, isV4)
    else this.#cut(words, at, isV4, this.#facts[facts + (isV4 ? POLICY_V4_BITS : POLICY_V6_BITS)]!)
  }

  #replace(block: FlowBlock, words: Uint32Array, row: number, isV4: boolean): void {
    const at = 4 * row
    const received = block.touched[RECEIVED] === 1 ? readU64(block.words[RECEIVED] as Uint32Array, row) : 0
    const key = keyAt(this.#keys, received)
    if (key < 0) {
      this.#cut(words, at, isV4, 0)
      return
    }
    const pseudonyms = this.#pseudonyms[key]!
    if (isV4) words[at + 3] = swap(pseudonyms.map4(swap(words[at + 3]!)))
    else {
      const image = pseudonyms.map6(
        swap(words[at]!),
        swap(words[at + 1]!),
        swap(words[at + 2]!),
        swap(words[at + 3]!),
      )
      for (let i = 0; i < 4; i++) words[at + i] = swap(image[i]!)
    }
    block.touch(KEY)
    block.words[KEY]![row] = this.#keys[key]!.id
  }

  /** Leaves the first bits of an address. */
  #cut(words: Uint32Array, at: number, isV4: boolean, bits: number): void {
    if (isV4) words[at + 3]! &= swap(wordMask(bits, 0))
    else for (let i = 0; i < 4; i++) words[at + i]! &= swap(wordMask(bits, i))
  }
}
