import type { ThreatFeed } from '../../model/registry.js'
import type { ThreatsConfig } from './config.js'
import { fetchFeed, type SourceMark } from './fetch_feed.js'
import { pollTaxii } from './taxii.js'

/** What a source says that it did not say before. */
export interface FeedNews {
  readonly text: string
  readonly mode: 'replace' | 'merge'
  /** Says that it was taken: what comes next is news after it. */
  taken(): void
}

/** One feed's source: when it is due, and what was read of it already. */
export class FeedSource {
  readonly #feed: ThreatFeed
  readonly #spec: string
  readonly #config: ThreatsConfig
  readonly #env: Readonly<Record<string, string | undefined>>
  #dueMs = 0
  #mark: SourceMark = {}
  /** TAXII: where the next poll begins, and when the collection is read whole again. */
  #since: string | undefined
  #wholeMs = 0

  constructor(feed: ThreatFeed, config: ThreatsConfig, env: Readonly<Record<string, string | undefined>>) {
    this.#feed = feed
    this.#spec = JSON.stringify(feed)
    this.#config = config
    this.#env = env
  }

  /** Whether the registry says of the feed what it said when this was made. */
  isOf(feed: ThreatFeed): boolean {
    return JSON.stringify(feed) === this.#spec
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs
  }

  /** Sets when it is due again, after it could not be read. */
  failed(nowMs: number): void {
    this.#dueMs = nowMs + Math.min(this.#config.retry_s * 1000, this.#refreshMs())
  }

  /** Asks the source; undefined where it says nothing new. @throws FeedError */
  async fetch(nowMs: number): Promise<FeedNews | undefined> {
    this.#dueMs = nowMs + this.#refreshMs()
    const { fetch_timeout_ms, feed_max_bytes, taxii_page } = this.#config
    const limits = { timeoutMs: fetch_timeout_ms, maxBytes: feed_max_bytes, page: taxii_page }
    if (this.#feed.format === 'taxii') return this.#poll(nowMs, limits)
    const { text, mark } = await fetchFeed(this.#feed, this.#mark, limits, this.#env)
    if (text === undefined) return undefined
    const taken = (): void => {
      this.#mark = mark
    }
    return { text, mode: 'replace', taken }
  }

  async #poll(nowMs: number, limits: Parameters<typeof pollTaxii>[2]): Promise<FeedNews | undefined> {
    const whole = this.#since === undefined || nowMs >= this.#wholeMs
    const { text, since } = await pollTaxii(this.#feed, whole ? undefined : this.#since, limits, this.#env)
    if (!whole && text === '') return undefined
    const taken = (): void => {
      this.#since = since
      if (whole) this.#wholeMs = nowMs + this.#config.taxii_full_s * 1000
    }
    return { text, mode: whole ? 'replace' : 'merge', taken }
  }

  #refreshMs(): number {
    return (this.#feed.refresh_s ?? this.#config.refresh_s) * 1000
  }
}
