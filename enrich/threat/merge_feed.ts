import type { FeedContent } from './indicator.js'
import { IndicatorRows } from './indicator_rows.js'
import { type IndicatorSet, SetBuilder } from './indicator_set.js'
import { KeyIndex } from './key_index.js'

export interface FeedChange {
  readonly feed: string
  /**
   * `replace`: what is not in the content has left the feed. `merge`: only what the content names changes. A feed
   * without content is gone.
   */
  readonly mode: 'replace' | 'merge'
  readonly content?: FeedContent
}

export interface FeedResult {
  /** The set that there was, where nothing changes. */
  readonly set: IndicatorSet
  readonly added: number
  readonly changed: number
  readonly retired: number
  /** Rows of `vigie.threat_indicators` that are new, as TabSeparated. */
  rows(nowMs: number): readonly Uint8Array[]
}

/** Number of a row of the content that is not known yet. */
const NEW = -1

/** The set with the new state of one feed. Who was there keeps its number; who comes gets the next one. */
export function mergeFeed(before: IndicatorSet, { feed, mode, content }: FeedChange): FeedResult {
  const was = rowsOf(before, feed)
  const known = matchRows(before, was, content)
  const named = mode === 'merge' ? namedIn(content) : undefined
  const gone = goneRows(before, was, known, named)
  const fresh = content === undefined ? [] : freshRows(before, known, content)
  const added = fresh.reduce((sum, row) => sum + (known[row] === NEW ? 1 : 0), 0)
  const counts = { added, changed: fresh.length - added, retired: gone.length }
  if (gone.length + fresh.length === 0) return { ...counts, set: before, rows: () => [] }
  const set = rebuild(before, { feed, was, known, named, ...(content && { content }) })
  const firstFresh = set.size - (content?.size ?? 0)
  return {
    ...counts,
    set,
    rows: (nowMs) => {
      const rows = new IndicatorRows(set.header.version, nowMs)
      for (const row of gone) rows.add(before, row, true)
      for (const row of fresh) rows.add(set, firstFresh + row, false)
      return rows.finish()
    },
  }
}

interface Range {
  readonly begin: number
  readonly end: number
}

/** The rows of a feed stand together. */
function rowsOf(set: IndicatorSet, feed: string): Range {
  const index = set.header.feeds.indexOf(feed)
  if (index < 0) return { begin: 0, end: 0 }
  const begin = set.feeds.indexOf(index)
  return begin < 0 ? { begin: 0, end: 0 } : { begin, end: set.feeds.lastIndexOf(index) + 1 }
}

/** For each row of the content, the row of the set that it is; NEW where there is none. */
function matchRows(set: IndicatorSet, { begin, end }: Range, content: FeedContent | undefined): Int32Array {
  const index = new KeyIndex(end - begin)
  for (let row = begin; row < end; row++) index.add(set, row)
  const known = new Int32Array(content?.size ?? 0)
  if (content === undefined) return known
  for (let row = 0; row < content.size; row++) {
    const id = content.ids[row]!
    known[row] = index.find(content, row, (other) => set.idOf(other) === id, set)
  }
  return known
}

/** Ids that a content speaks of: what was known of them goes before. */
const namedIn = (content: FeedContent | undefined): ReadonlySet<string> =>
  new Set([...(content?.ids ?? []), ...(content?.revoked ?? [])])

/** Rows of the feed that are not in it any more. */
function goneRows(
  set: IndicatorSet,
  { begin, end }: Range,
  known: Int32Array,
  named: ReadonlySet<string> | undefined,
): number[] {
  const kept = new Uint8Array(end - begin)
  for (const row of known) if (row !== NEW) kept[row - begin] = 1
  const gone: number[] = []
  for (let row = begin; row < end; row++) {
    if (kept[row - begin] === 0 && (named === undefined || named.has(set.idOf(row)))) gone.push(row)
  }
  return gone
}

/** Rows of the content that are new, or say something else than before. */
function freshRows(set: IndicatorSet, known: Int32Array, content: FeedContent): number[] {
  const fresh: number[] = []
  for (let row = 0; row < content.size; row++) {
    const before = known[row]!
    const same =
      before !== NEW &&
      set.severities[before] === content.severities[row] &&
      set.confidences[before] === content.confidences[row] &&
      set.from[before] === content.from[row] &&
      set.until[before] === content.until[row] &&
      set.nameOf(before) === content.names[row]
    if (!same) fresh.push(row)
  }
  return fresh
}

interface Rebuild {
  readonly feed: string
  readonly was: Range
  readonly known: Int32Array
  readonly named: ReadonlySet<string> | undefined
  readonly content?: FeedContent
}

/** Other feeds as they were, then this one: what a merge does not name, then the content. */
function rebuild(before: IndicatorSet, { feed, was, known, named, content }: Rebuild): IndicatorSet {
  const feeds = before.header.feeds.filter((id) => id !== feed)
  const builder = new SetBuilder(before.size + (content?.size ?? 0))
  feeds.forEach((id, index) => {
    const { begin, end } = rowsOf(before, id)
    builder.copy(before, begin, end, index)
  })
  let { lastNumber } = before.header
  if (content !== undefined) {
    const index = feeds.push(feed) - 1
    for (let row = was.begin; named !== undefined && row < was.end; row++) {
      if (!named.has(before.idOf(row))) builder.copy(before, row, row + 1, index)
    }
    for (let row = 0; row < content.size; row++) {
      const number = known[row] === NEW ? ++lastNumber : before.numbers[known[row]!]!
      builder.add(content, row, number, index)
    }
  }
  return builder.finish({ version: before.header.version + 1, lastNumber, feeds })
}
