import { readFile } from 'node:fs/promises'
import { Asker } from './asker.js'
import type { PollerConfig } from './config.js'
import { readCredentials } from './credentials.js'
import { Cursor } from './cursor.js'
import { FeedPoller } from './feed_poller.js'
import { RateGate, Semaphore } from './gate.js'
import { HttpClient } from './http_client.js'
import type { PollMetrics } from './poll_metrics.js'
import type { Feed, PollVendor, VendorContext } from './poll_vendor.js'
import type { PollDeps } from './ports.js'

export interface SourceParts extends PollDeps {
  readonly pollMetrics: PollMetrics
  /** Places that all pollers share. */
  readonly places: Semaphore
}

/** How often a file that cannot be read is looked for again. */
const CA_RETRY_MS = 30_000

/** One controller: its feeds share the connection, the session, the rate and the clock. */
export class PollSource {
  readonly #config: PollerConfig
  readonly #vendor: PollVendor
  readonly #parts: SourceParts

  constructor(config: PollerConfig, vendor: PollVendor, parts: SourceParts) {
    this.#config = config
    this.#vendor = vendor
    this.#parts = parts
  }

  get feeds(): readonly Feed[] {
    const { feeds } = this.#config
    return this.#vendor.feeds.filter(({ id, optional }) => feeds?.includes(id) ?? !optional)
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const ca = await this.#authorities(signal)
    if (signal.aborted) return
    const client = this.#client(ca)
    const asker = this.#asker(client)
    try {
      await Promise.all(this.feeds.map((feed) => this.#feed(feed, asker).run(signal)))
    } finally {
      client.close()
    }
  }

  async #authorities(signal: AbortSignal): Promise<string | undefined> {
    const { ca_file, id } = this.#config
    if (ca_file === undefined) return undefined
    for (;;) {
      try {
        return await readFile(ca_file, 'utf8')
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        this.#parts.logger.error({ source: id, code }, `${ca_file} cannot be read: see ca_file`)
        await this.#parts.clock.sleep(CA_RETRY_MS, signal)
        if (signal.aborted) return undefined
      }
    }
  }

  #client(ca: string | undefined): HttpClient {
    const { url, tls_verify, timeout_s, answer_bytes_max } = this.#config
    return new HttpClient(
      {
        url,
        ca,
        verify: tls_verify,
        timeoutMs: timeout_s * 1000,
        bytesMax: answer_bytes_max,
        connections: this.#atOnce,
        hosts: this.#vendor.hosts,
      },
      this.#parts.clock,
    )
  }

  get #atOnce(): number {
    return this.#config.requests_at_once ?? this.#vendor.requestsAtOnce
  }

  #asker(client: HttpClient): Asker {
    const { clock, places, pollMetrics } = this.#parts
    const { id: source, requests_per_s, attempts_max } = this.#config
    return new Asker({
      vendor: this.#vendor,
      client,
      clock,
      gate: new RateGate(clock, requests_per_s ?? this.#vendor.requestsPerS),
      places: [new Semaphore(this.#atOnce), places],
      attemptsMax: attempts_max,
      random: () => this.#parts.random(),
      context: () => this.#context(),
      onAttempt: (outcome) => pollMetrics.count('requests', { source, outcome }),
      onLogin: () => pollMetrics.count('logins', { source }),
    })
  }

  async #context(): Promise<VendorContext> {
    const { credentials_file, credentials_env, options } = this.#config
    const sources = { file: credentials_file, env: credentials_env }
    const credentials = await readCredentials(sources, this.#parts.env, this.#vendor.credentials)
    return { credentials, options }
  }

  #feed(feed: Feed, asker: Asker): FeedPoller {
    const { sink, state, clock, logger, pollMetrics } = this.#parts
    const { id: source, url, pages_max, requests_max, every_s, lag_s, lookback_s } = this.#config
    const everyMs = 1000 * (every_s ?? feed.everyS)
    const lagMs = 1000 * (lag_s ?? feed.history?.lagS ?? 0)
    const lookbackMs = 1000 * (lookback_s ?? feed.history?.lookbackS ?? 0)
    return new FeedPoller({
      source,
      adapter: this.#vendor.adapter,
      controller: new URL(url).hostname,
      feed,
      everyMs,
      lagMs,
      // At least the interval that is just over can be had.
      lookbackMs: Math.max(lookbackMs, lagMs + 2 * everyMs),
      requestsAtOnce: this.#atOnce,
      pagesMax: pages_max,
      requestsMax: requests_max,
      asker,
      cursor: new Cursor(state, source, feed.id),
      sink,
      clock,
      logger,
      metrics: pollMetrics,
      random: () => this.#parts.random(),
      context: () => this.#context(),
    })
  }
}
