import { buildAddressFilter } from './address_filter.js'
import { type Prefix, wordMask } from './prefix.js'
import { PrefixList } from './prefix_list.js'
import { PrefixTableBuilder, share } from './prefix_table.js'
import {
  CONFIDENCE_UNKNOWN,
  THREAT_FROM,
  THREAT_NEXT,
  THREAT_NUMBER,
  THREAT_RANK,
  THREAT_UNTIL,
  THREAT_WORDS,
  type ThreatTables,
} from './shared_tables.js'

/** Indicators as columns; `enrich/threat/indicator_set.ts` draws them. */
export interface ThreatColumns {
  readonly size: number
  /** Four a row: the address as 128 bits, first bits first, IPv4 as ::ffff:a.b.c.d. */
  readonly words: Uint32Array
  /** Bits of it that count, 0 to 128. */
  readonly lengths: Uint8Array
  /** Stored in `threat_id`; 1 and up. */
  readonly numbers: Uint32Array
  /** s since 1970: an indicator holds from `from` to before `until`; `THREAT_FOR_EVER` is no end. */
  readonly from: Uint32Array
  readonly until: Uint32Array
  /** OCSF: 1 informational to 6 fatal. */
  readonly severities: Uint8Array
  /** 0 to 100, 255 unknown. */
  readonly confidences: Uint8Array
}

/**
 * Builds the tables of the indicators that are in force; those of the same prefix, or of one around it, are
 * chained, so that one that has expired hides no other.
 */
export function buildThreats(version: number, columns: ThreatColumns): ThreatTables {
  const { size, numbers, from, until, severities, confidences } = columns
  const facts = new Uint32Array((size + 1) * THREAT_WORDS)
  for (let row = 0; row < size; row++) {
    const at = (row + 1) * THREAT_WORDS
    const confidence = confidences[row]!
    facts[at + THREAT_NUMBER] = numbers[row]!
    facts[at + THREAT_FROM] = from[row]!
    facts[at + THREAT_UNTIL] = until[row]!
    facts[at + THREAT_RANK] = severities[row]! * 256 + (confidence === CONFIDENCE_UNKNOWN ? 0 : confidence)
  }
  const builder = new PrefixTableBuilder()
  for (const family of [4, 6] as const) {
    const list = listOf(columns, family)
    const heads = new PrefixList(family, list.size)
    for (const at of chain(list, facts)) heads.addFrom(list, at)
    builder.addList(heads, family)
  }
  return { version, prefixes: builder.build(), filter: buildAddressFilter(columns), facts: share(facts) }
}

/** The prefixes of one family, each with the index of its indicator. */
function listOf(columns: ThreatColumns, family: 4 | 6): PrefixList {
  const list = new PrefixList(family)
  for (let row = 0; row < columns.size; row++) {
    if (isV4(columns, row) === (family === 4)) list.add(prefixAt(columns, row), row + 1)
  }
  return list
}

const isV4 = ({ words, lengths }: ThreatColumns, row: number): boolean =>
  lengths[row]! >= 96 && words[4 * row] === 0 && words[4 * row + 1] === 0 && words[4 * row + 2] === 0xffff

/** The prefix of a row. */
export function prefixAt(columns: ThreatColumns, row: number): Prefix {
  const { words, lengths } = columns
  const at = 4 * row
  const w3 = words[at + 3]!
  const length = lengths[row]!
  if (isV4(columns, row)) return { family: 4, length: length - 96, w0: 0, w1: 0, w2: 0, w3 }
  return { family: 6, length, w0: words[at]!, w1: words[at + 1]!, w2: words[at + 2]!, w3 }
}

/** Writes who is asked after whom; gives the place in the list of the gravest indicator of each prefix. */
function chain(list: PrefixList, facts: Uint32Array): number[] {
  const heads: number[] = []
  /** Places in the list of the gravest of the prefixes around the place reached. */
  const open: number[] = []
  const order = list.sorted()
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (to < order.length && isSame(list, order[from]!, order[to]!)) to++
    while (open.length > 0 && !holds(list, open[open.length - 1]!, order[from]!)) open.pop()
    const around = open.length === 0 ? 0 : list.values[open[open.length - 1]!]!
    const head = to - from === 1 ? order[from]! : chainEqual(list, order.subarray(from, to), facts, around)
    if (to - from === 1) facts[list.values[head]! * THREAT_WORDS + THREAT_NEXT] = around
    open.push(head)
    heads.push(head)
    from = to
  }
  return heads
}

/** Chains indicators of one prefix, the gravest first; gives its place. */
function chainEqual(list: PrefixList, equal: Uint32Array, facts: Uint32Array, around: number): number {
  const { values } = list
  const group = [...equal].sort(
    (a, b) => rankOf(facts, values[b]!) - rankOf(facts, values[a]!) || values[a]! - values[b]!,
  )
  group.forEach((at, i) => {
    const next = group[i + 1]
    facts[values[at]! * THREAT_WORDS + THREAT_NEXT] = next === undefined ? around : values[next]!
  })
  return group[0]!
}

const rankOf = (facts: Uint32Array, index: number): number => facts[index * THREAT_WORDS + THREAT_RANK]!

function isSame({ width, words, lengths }: PrefixList, a: number, b: number): boolean {
  if (lengths[a] !== lengths[b]) return false
  for (let i = 0; i < width; i++) if (words[a * width + i] !== words[b * width + i]) return false
  return true
}

/** Whether prefix `a` of a list holds prefix `b`. */
function holds({ width, words, lengths }: PrefixList, a: number, b: number): boolean {
  if (lengths[a]! > lengths[b]!) return false
  for (let i = 0; i < width; i++) {
    if (((words[a * width + i]! ^ words[b * width + i]!) & wordMask(lengths[a]!, i)) !== 0) return false
  }
  return true
}
