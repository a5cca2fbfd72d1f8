import { buildAddressFilter } from './address_filter.js'
import { type Prefix, wordMask } from './prefix.js'
import { PrefixList } from './prefix_list.js'
import { PrefixTableBuilder, share } from './prefix_table.js'
import {
  THREAT_FOR_EVER,
  THREAT_FROM,
  THREAT_NEXT,
  THREAT_NUMBER,
  THREAT_RANK,
  THREAT_UNTIL,
  THREAT_WORDS,
  type ThreatTables,
} from './shared_tables.js'

/** What of an indicator the tables hold. */
export interface ThreatEntry {
  /** Stored in `threat_id`; 1 and up. */
  readonly number: number
  readonly prefix: Prefix
  /** ms since 1970; left out: without beginning, without end. It holds from `from` to before `until`. */
  readonly fromMs?: number
  readonly untilMs?: number
  /** OCSF: 1 informational to 6 fatal. */
  readonly severityId: number
  /** 0 to 100; left out: unknown. */
  readonly confidence?: number
}

/**
 * Builds the tables of the indicators that are in force; those of the same prefix, or of one around it, are
 * chained, so that one that has expired hides no other.
 */
export function buildThreats(version: number, entries: readonly ThreatEntry[]): ThreatTables {
  const facts = new Uint32Array((entries.length + 1) * THREAT_WORDS)
  entries.forEach((entry, i) => {
    const at = (i + 1) * THREAT_WORDS
    facts[at + THREAT_NUMBER] = entry.number
    facts[at + THREAT_FROM] = seconds(entry.fromMs ?? 0)
    facts[at + THREAT_UNTIL] =
      entry.untilMs === undefined ? THREAT_FOR_EVER : Math.min(THREAT_FOR_EVER - 1, seconds(entry.untilMs))
    facts[at + THREAT_RANK] = entry.severityId * 256 + (entry.confidence ?? 0)
  })
  const builder = new PrefixTableBuilder()
  const held: Prefix[] = []
  for (const family of [4, 6] as const) {
    const list = new PrefixList(family)
    entries.forEach(({ prefix }, i) => {
      if (prefix.family === family) list.add(prefix, i + 1)
    })
    for (const index of chain(list, facts)) {
      const { prefix } = entries[index - 1]!
      builder.add(prefix, index)
      held.push(prefix)
    }
  }
  return { version, prefixes: builder.build(), filter: buildAddressFilter(held), facts: share(facts) }
}

const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1000))

/** Writes who is asked after whom; gives the index of the gravest indicator of each prefix. */
function chain(list: PrefixList, facts: Uint32Array): number[] {
  const heads: number[] = []
  /** Positions in the list of the prefixes around the place reached, and their heads. */
  const open: { at: number; head: number }[] = []
  const order = list.sorted()
  for (let from = 0; from < order.length; ) {
    const at = order[from]!
    let to = from + 1
    while (to < order.length && isSame(list, at, order[to]!)) to++
    while (open.length > 0 && !holds(list, open.at(-1)!.at, at)) open.pop()
    const group: number[] = []
    for (let i = from; i < to; i++) group.push(list.values[order[i]!]!)
    group.sort((a, b) => rankOf(facts, b) - rankOf(facts, a) || a - b)
    group.forEach((index, i) => {
      facts[index * THREAT_WORDS + THREAT_NEXT] = group[i + 1] ?? open.at(-1)?.head ?? 0
    })
    open.push({ at, head: group[0]! })
    heads.push(group[0]!)
    from = to
  }
  return heads
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
