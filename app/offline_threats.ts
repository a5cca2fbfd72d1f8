import { dirname, isAbsolute, resolve } from 'node:path'
import { threatsSchema } from '../enrich/threat/config.js'
import { fetchFeed, isWeb } from '../enrich/threat/fetch_feed.js'
import { readFeed } from '../enrich/threat/formats.js'
import { IndicatorSet } from '../enrich/threat/indicator_set.js'
import { mergeFeed } from '../enrich/threat/merge_feed.js'
import { builtThreats, ThreatView } from '../enrich/threat/threat_view.js'
import type { ThreatFeed } from '../model/registry.js'

/**
 * The indicators of a registry's feeds, for recorded flows: those that are files, beside the registry or by their whole path.
 * Feeds of the web are for the live pipeline; `leftOut` is told of them.
 *
 * @throws FeedError when a file cannot be read or is not of its feed's format
 */
export async function offlineThreats(
  feeds: readonly ThreatFeed[],
  registryFile: string,
  leftOut: (feed: ThreatFeed) => void,
): Promise<ThreatView | undefined> {
  const limits = threatsSchema.parse({})
  let set = IndicatorSet.empty()
  for (const feed of feeds) {
    if (feed.format === 'taxii' || isWeb(feed.source)) {
      leftOut(feed)
      continue
    }
    const whole = isAbsolute(feed.source) || feed.source.startsWith('file:')
    const source = whole ? feed.source : resolve(dirname(registryFile), feed.source)
    const { text = '' } = await fetchFeed(
      { ...feed, source },
      {},
      { timeoutMs: limits.fetch_timeout_ms, maxBytes: limits.feed_max_bytes },
      {},
    )
    const content = readFeed(feed, text, limits.feed_max_indicators)
    set = mergeFeed(set, { feed: feed.id, mode: 'replace', content }).set
  }
  return set.size === 0 ? undefined : new ThreatView(builtThreats(set.pack()))
}
