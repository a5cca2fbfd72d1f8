import { parentPort, workerData } from 'node:worker_threads'
import type { ThreatFeed } from '../../model/registry.js'
import { readFeed } from './formats.js'
import { type FeedContent, FeedError } from './indicator.js'
import { IndicatorRows } from './indicator_rows.js'
import { IndicatorSet } from './indicator_set.js'
import { mergeFeed } from './merge_feed.js'

// Entry of the thread that reads the content of a feed: it is started with one job, answers, and ends.

/** A feed's content into the set; without a text the feed is gone, without a feed all rows of the set are asked for. */
export interface FeedJob {
  /** The packed set; left out while there is none. */
  readonly before?: Uint8Array
  readonly nowMs: number
  readonly max: number
  readonly feed?: ThreatFeed
  readonly text?: string
  readonly mode: 'replace' | 'merge'
}

/** First the set, so that it comes into force at once, then the rows of the store. */
export type FeedAnswer =
  | {
      readonly type: 'set'
      readonly version: number
      /** Left out where nothing changed. */
      readonly packed?: Uint8Array
      readonly size: number
      readonly added: number
      readonly changed: number
      readonly retired: number
      readonly skipped: FeedContent['skipped']
    }
  | { readonly type: 'rows'; readonly rows: readonly Uint8Array[] }
  | { readonly type: 'bad'; readonly message: string }

function run({ before, nowMs, max, feed, text, mode }: FeedJob, answer: (a: FeedAnswer) => void): void {
  const set = before === undefined ? IndicatorSet.empty() : IndicatorSet.unpack(before)
  if (feed === undefined) {
    answer({ type: 'rows', rows: allRows(set, nowMs) })
    return
  }
  const content = text === undefined ? undefined : readFeed(feed, text, max)
  const merged = mergeFeed(set, { feed: feed.id, mode, ...(content && { content }) })
  const { added, changed, retired } = merged
  const packed = merged.set === set ? undefined : merged.set.pack()
  answer({
    type: 'set',
    version: merged.set.header.version,
    size: merged.set.size,
    added,
    changed,
    retired,
    skipped: content?.skipped ?? {},
    ...(packed && { packed }),
  })
  answer({ type: 'rows', rows: merged.rows(nowMs) })
}

function allRows(set: IndicatorSet, nowMs: number): readonly Uint8Array[] {
  const rows = new IndicatorRows(set.header.version, nowMs)
  for (let row = 0; row < set.size; row++) rows.add(set, row, false)
  return rows.finish()
}

try {
  run(workerData as FeedJob, (answer) => parentPort?.postMessage(answer))
} catch (error) {
  if (!(error instanceof FeedError)) throw error
  parentPort?.postMessage({ type: 'bad', message: error.message } satisfies FeedAnswer)
}
