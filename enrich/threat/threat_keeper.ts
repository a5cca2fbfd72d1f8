import { Counter, Gauge, type Registry as Metrics } from 'prom-client'
import type { Clock, Component, Logger, StateStore } from '../../model/ports.js'
import type { ThreatFeed } from '../../model/registry.js'
import type { ThreatStore } from '../../model/threat.js'
import { VersionedBlob } from '../registry/versioned_blob.js'
import type { ThreatsConfig } from './config.js'
import { FeedJobs } from './feed_jobs.js'
import { FeedSource } from './feed_source.js'
import { IndicatorSet } from './indicator_set.js'
import { ThreatStoreWriter } from './store_writer.js'

/** Name of the set in the durable map, and versions of it that are kept. */
export const THREATS_BLOB = 'threats'
export const THREATS_KEPT = 2

export interface ThreatKeeperDeps {
  /** The feeds of the registry in force. */
  feeds(): readonly ThreatFeed[]
  readonly state: StateStore
  readonly store: ThreatStore
  /** Where feeds' secrets are. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

const IDLE_MS = 1_000

/**
 * Keeps the set of threat indicators: fetches each feed when it is due, merges what it says, and puts the new set
 * in force; then writes names to the store and looks back at stored flows. A feed that cannot be read leaves its
 * indicators as they were. One keeper runs in an installation.
 */
export class ThreatKeeper implements Component {
  readonly #config: ThreatsConfig
  readonly #deps: ThreatKeeperDeps
  readonly #blob: VersionedBlob
  readonly #jobs = new FeedJobs()
  readonly #writer: ThreatStoreWriter
  readonly #sources = new Map<string, FeedSource>()
  readonly #errors: Counter
  readonly #skipped: Counter
  readonly #indicators: Gauge
  #packed: Uint8Array | undefined
  #version = 0
  #feedsInSet: readonly string[] = []
  #running: Promise<void> | undefined
  #stopped = false
  #wake: () => void = () => {}

  constructor(config: ThreatsConfig, deps: ThreatKeeperDeps) {
    this.#config = config
    this.#deps = deps
    this.#blob = new VersionedBlob(deps.state, THREATS_BLOB, THREATS_KEPT)
    this.#writer = new ThreatStoreWriter(deps.store, config.retro_days, deps)
    const registers = [deps.metrics]
    this.#errors = new Counter({
      name: 'vigie_threat_feed_errors_total',
      help: 'Times a threat feed could not be read; its indicators stayed as they were.',
      labelNames: ['feed'],
      registers,
    })
    this.#skipped = new Counter({
      name: 'vigie_threat_feed_skipped_total',
      help: 'Entries of a threat feed that are no indicators of addresses in force, by reason.',
      labelNames: ['feed', 'reason'],
      registers,
    })
    this.#indicators = new Gauge({
      name: 'vigie_threat_indicators',
      help: 'Indicators of all threat feeds in force.',
      registers,
    })
  }

  /** Version of the set in force. */
  get version(): number {
    return this.#version
  }

  /** Resolves when the set in force was read; feeds are fetched from then on. */
  async start(): Promise<void> {
    this.#stopped = false
    const head = await this.#blob.head()
    if (head !== undefined) {
      this.#packed = await this.#blob.read(head)
      this.#version = head.version
      const { header } = IndicatorSet.unpack(this.#packed)
      this.#feedsInSet = header.feeds
      this.#indicators.set(header.size)
    }
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#jobs.stop()
    await this.#writer.stop()
    await this.#running
  }

  /** Looks at the feeds at once: the registry has changed. */
  look(): void {
    this.#wake()
  }

  /** Resolves when the store has all that is in force. */
  stored(): Promise<void> {
    return this.#writer.idle()
  }

  async #run(): Promise<void> {
    if (this.#packed !== undefined) await this.#catchUp(this.#packed)
    while (!this.#stopped) {
      const feeds = this.#deps.feeds()
      for (const id of this.#feedsInSet) {
        if (!this.#stopped && !feeds.some((feed) => feed.id === id)) await this.#drop(id)
      }
      for (const feed of feeds) if (!this.#stopped) await this.#look(feed)
      await this.#sleep()
    }
  }

  /** Rows that a store lacks, which was away when they were made, or is another. */
  async #catchUp(packed: Uint8Array): Promise<void> {
    const version = this.#version
    const rows = async (): Promise<readonly Uint8Array[]> => {
      const stored = await this.#deps.store.version()
      return stored >= version ? [] : this.#jobs.rows(packed, this.#deps.clock.nowMs())
    }
    await this.#writer.add({ version, rows })
  }

  #sleep(): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #look(feed: ThreatFeed): Promise<void> {
    let source = this.#sources.get(feed.id)
    if (source === undefined || !source.isOf(feed)) {
      source = new FeedSource(feed, this.#config, this.#deps.env)
      this.#sources.set(feed.id, source)
    }
    const nowMs = this.#deps.clock.nowMs()
    if (!source.isDue(nowMs)) return
    try {
      const news = await source.fetch(nowMs)
      if (news === undefined) return
      await this.#merge(feed, news.text, news.mode)
      news.taken()
    } catch (error) {
      if (this.#stopped) return
      source.failed(nowMs)
      this.#errors.inc({ feed: feed.id })
      const { message } = error as Error
      this.#deps.logger.warn(
        { feed: feed.id, error: message },
        'a threat feed cannot be read; it stays as it was',
      )
    }
  }

  async #drop(id: string): Promise<void> {
    this.#sources.delete(id)
    try {
      await this.#merge({ id, format: 'cidr', source: '-' }, undefined, 'replace')
    } catch (error) {
      if (this.#stopped) return
      this.#deps.logger.warn(
        { feed: id, error: (error as Error).message },
        'a threat feed could not be dropped',
      )
    }
  }

  /** Puts a feed's content in force. */
  async #merge(feed: ThreatFeed, text: string | undefined, mode: 'replace' | 'merge'): Promise<void> {
    const before = this.#packed
    const { set, rows } = await this.#jobs.merge({
      feed,
      mode,
      nowMs: this.#deps.clock.nowMs(),
      max: this.#config.feed_max_indicators,
      ...(before && { before }),
      ...(text !== undefined && { text }),
    })
    const { version, packed, size, added, changed, retired, skipped } = set
    for (const [reason, count] of Object.entries(skipped)) this.#skipped.inc({ feed: feed.id, reason }, count)
    if (packed === undefined) return
    await this.#blob.write(version, packed)
    this.#packed = packed
    this.#version = version
    this.#indicators.set(size)
    const others = this.#feedsInSet.filter((id) => id !== feed.id)
    this.#feedsInSet = text === undefined ? others : [...others, feed.id]
    const fields = { feed: feed.id, version, indicators: size, added, changed, retired, ...skipped }
    this.#deps.logger.info(fields, 'threat indicators have changed')
    // A thread that died before it gave the rows: all of the set are as good.
    const again = () => this.#jobs.rows(packed, this.#deps.clock.nowMs())
    await this.#writer.add({ version, rows: () => rows.catch(again) })
  }
}
