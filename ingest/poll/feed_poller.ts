import type { EdgePayloadSink, Logger } from '../../model/ports.js'
import type { Answer } from './answer.js'
import type { Asker } from './asker.js'
import { type Cursor, shortHash } from './cursor.js'
import { faultOf, POLL_FAULTS, PollFault } from './fault.js'
import type { PollMetrics } from './poll_metrics.js'
import type { Feed, PollRequest, Round, VendorContext } from './poll_vendor.js'
import type { PollClock } from './ports.js'

export interface FeedParts {
  readonly source: string
  readonly adapter: string
  readonly controller: string
  readonly feed: Feed
  readonly everyMs: number
  readonly lagMs: number
  readonly lookbackMs: number
  readonly requestsAtOnce: number
  readonly pagesMax: number
  readonly requestsMax: number
  readonly asker: Asker
  readonly cursor: Cursor
  readonly sink: EdgePayloadSink
  readonly clock: PollClock
  readonly logger: Logger
  readonly metrics: PollMetrics
  random(): number
  context(): Promise<VendorContext>
}

const AGAIN_MAX = 3
const FAILED_FIRST_MS = 2000
const FAILED_MAX_MS = 300_000
/** Wrong credentials are not tried often: controllers lock accounts. */
const NEVER_FIRST_MS = 30_000
const PARTS_MAX = 5000

/** One feed of one controller: its rounds, one after the other, from where it stood. */
export class FeedPoller {
  readonly #parts: FeedParts
  #failures = 0

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, cursor } = this.#parts
    let loaded = false
    while (!signal.aborted) {
      try {
        if (!loaded) await cursor.load()
        loaded = true
        const round = this.#next()
        const waitMs = this.#dueMs(round) - this.#nowMs()
        if (waitMs > 0) await clock.sleep(waitMs, signal)
        else await this.#round(round, signal)
      } catch (error) {
        const fault = faultOf(error)
        if (signal.aborted) break
        const waitMs = this.#failed(fault)
        await clock.sleep(fault.code === 'too_early' ? 1000 : waitMs * (0.5 + random() / 2), signal)
      }
    }
    if (loaded) await cursor.save()
  }

  /** Intervals are over by the controller's clock; the present is ours. */
  #nowMs(): number {
    const { feed, asker, clock } = this.#parts
    return feed.history === undefined ? clock.nowMs() : asker.clock.nowMs()
  }

  #labels(): { source: string; feed: string } {
    const { source, feed } = this.#parts
    return { source, feed: feed.id }
  }

  /** The round to go on with, or the next one. */
  #next(): Round {
    const { feed, cursor, everyMs, lagMs, lookbackMs } = this.#parts
    const now = this.#nowMs()
    const grid = (ms: number): number => Math.floor(ms / everyMs) * everyMs
    if (feed.history === undefined) {
      const slot = grid(now)
      const last = cursor.toMs
      // A slot that was begun before a stop is finished, if its time is not over.
      if (last !== undefined && slot <= last) return { fromMs: last + everyMs, toMs: last + everyMs }
      if (last !== undefined && slot > last + everyMs && cursor.round?.toMs !== slot)
        this.#missed(slot - last - everyMs, slot - everyMs)
      return { fromMs: slot, toMs: slot }
    }
    const oldest = grid(now - lookbackMs) + everyMs
    const from = cursor.toMs ?? grid(now - lagMs) - everyMs
    if (from < oldest) this.#missed(oldest - from, oldest)
    const fromMs = Math.max(from, oldest)
    return cursor.round?.fromMs === fromMs ? cursor.round : { fromMs, toMs: grid(fromMs) + everyMs }
  }

  #missed(ms: number, toMs: number): void {
    const { cursor, metrics, logger, source, feed } = this.#parts
    cursor.skipTo(toMs)
    metrics.count('missed_seconds', this.#labels(), ms / 1000)
    const fields = { source, feed: feed.id, missed_s: ms / 1000 }
    if (feed.history === undefined) logger.debug(fields, 'the present was not asked for in its time')
    else logger.warn(fields, 'intervals are further back than the poller may look: they were not asked for')
  }

  #dueMs({ toMs }: Round): number {
    return toMs + (this.#parts.feed.history === undefined ? 0 : this.#parts.lagMs)
  }

  /** Counts and tells a fault; gives how long to wait. */
  #failed(fault: PollFault): number {
    const { metrics, logger, source, feed, everyMs } = this.#parts
    if (fault.code === 'too_early') return 0
    this.#failures++
    metrics.count('rounds', { ...this.#labels(), result: 'failed' })
    logger.warn({ source, feed: feed.id, code: fault.code, failures: this.#failures }, fault.message)
    const first = POLL_FAULTS[fault.code] === 'never' ? NEVER_FIRST_MS : FAILED_FIRST_MS
    const most = Math.min(everyMs, FAILED_MAX_MS)
    return Math.max(first, Math.min(most, first * 2 ** Math.min(10, this.#failures - 1)))
  }

  async #round(round: Round, signal: AbortSignal): Promise<void> {
    const { feed, asker, cursor, requestsMax, metrics, context } = this.#parts
    cursor.begin(round)
    const requests = await feed.requests(round, await context(), (request) => asker.ask(request, signal))
    if (requests.length > requestsMax)
      throw new PollFault('refused', `${requests.length} requests in a round, more than requests_max`)
    const open = requests.filter(({ key }) => !cursor.isDone(key))
    const faults = await this.#requests(open, round, signal)
    const first = faults.values().next().value
    if (first !== undefined) {
      await cursor.save()
      if (first.code === 'too_large' && this.#halve(round)) return
      throw first
    }
    await cursor.roundDone()
    this.#failures = 0
    metrics.count('rounds', { ...this.#labels(), result: 'done' })
    metrics.lag.set(this.#labels(), Math.max(0, (this.#nowMs() - round.toMs) / 1000))
    if (asker.clock.skewMs !== undefined)
      metrics.skew.set({ source: this.#parts.source }, asker.clock.skewMs / 1000)
  }

  /** An interval whose answer is too large is asked for in two halves, if nothing of it is published yet. */
  #halve({ fromMs, toMs }: Round): boolean {
    const { feed, cursor } = this.#parts
    const halfMs = Math.floor((toMs - fromMs) / 2000) * 1000
    if (feed.history === undefined || halfMs < 1000 || cursor.begun) return false
    cursor.begin({ fromMs, toMs: fromMs + halfMs })
    return true
  }

  /** Asks them all, some at a time; gives the faults of those that are not done. */
  async #requests(
    requests: readonly PollRequest[],
    round: Round,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, PollFault>> {
    const { requestsAtOnce, cursor, metrics, logger, source, feed } = this.#parts
    const faults = new Map<string, PollFault>()
    const queue = [...requests]
    const work = async (): Promise<void> => {
      for (let request = queue.shift(); request !== undefined && !signal.aborted; request = queue.shift()) {
        try {
          await this.#chain(request, round, signal)
          cursor.requestDone(request.key)
        } catch (error) {
          faults.set(request.key, faultOf(error))
          // What holds for one holds for all: the others would only knock in vain.
          if (['login', 'tls', 'too_early', 'not_kept'].includes(faultOf(error).code)) queue.length = 0
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(requestsAtOnce, requests.length) }, work))
    if (signal.aborted) throw new PollFault('unreachable', 'stopped')
    // A device that went, or that alone refuses, must not hold up the others.
    for (const [key, { code, message }] of faults) {
      const alone = faults.size < requests.length
      if (code !== 'gone' && !(code === 'refused' && alone)) continue
      faults.delete(key)
      cursor.requestDone(key)
      metrics.count('passed_over', this.#labels())
      logger.warn({ source, feed: feed.id, code }, message)
    }
    return faults
  }

  /** The pages of one request. What loses its place begins again, and publishes nothing twice. */
  async #chain(request: PollRequest, round: Round, signal: AbortSignal): Promise<void> {
    for (let turn = 1; ; turn++) {
      try {
        return await this.#pages(request, round, signal)
      } catch (error) {
        const fault = faultOf(error)
        if (turn >= AGAIN_MAX || signal.aborted) throw fault
        if (fault.code !== 'place_lost' && fault.code !== 'repeated') throw fault
      }
    }
  }

  async #pages(first: PollRequest, round: Round, signal: AbortSignal): Promise<void> {
    const { feed, pagesMax, cursor, metrics } = this.#parts
    const seen = new Set<string>()
    let last: string | undefined
    let again = 0
    let request: PollRequest | undefined = first
    for (let page = 1; request !== undefined; ) {
      if (page > pagesMax) throw new PollFault('repeated', `${first.path}: more than ${pagesMax} pages`)
      const answer: Answer = await this.#ask(request, page, signal)
      this.#mustBeOver(round)
      const rows = feed.rows?.(answer)
      const identity = shortHash(rows === undefined ? answer.bytes : JSON.stringify(rows))
      const following: PollRequest | undefined = feed.next?.(answer, request)
      const circle = feed.pages !== 'onward' && following !== undefined && seen.has(placeOf(following))
      if (page > 1 && rows?.length !== 0 && (identity === last || circle)) {
        metrics.count('repeated_pages', this.#labels())
        if (feed.pages === 'onward' || ++again > AGAIN_MAX)
          throw new PollFault('repeated', `${answer.of}: page ${page} is the one before, or leads back`)
        continue
      }
      if (page > cursor.published(first.key)) {
        if (rows?.length !== 0) await this.#publish(answer, first, page, round)
        await cursor.page(first.key, page)
      }
      seen.add(placeOf(request))
      last = identity
      request = following
      page++
    }
  }

  async #ask(request: PollRequest, page: number, signal: AbortSignal): Promise<Answer> {
    const onward = this.#parts.feed.pages === 'onward' && page > 1
    try {
      return await this.#parts.asker.ask(request, signal, onward)
    } catch (error) {
      const fault = faultOf(error)
      const lost = page > 1 && (fault.code === 'gone' || fault.code === 'refused')
      throw lost ? new PollFault('place_lost', fault.message) : fault
    }
  }

  /**
   * The first answer tells the controller's clock. By it the interval may not be over, and what came is not all of it.
   */
  #mustBeOver(round: Round): void {
    if (this.#parts.feed.history !== undefined && this.#dueMs(round) > this.#nowMs())
      throw new PollFault('too_early', "the interval is not over by the controller's clock")
  }

  async #publish(answer: Answer, request: PollRequest, page: number, round: Round): Promise<void> {
    const { feed, sink, adapter, source, controller, metrics } = this.#parts
    const parts = feed.parts?.(answer) ?? [{ bytes: answer.bytes, key: '' }]
    if (parts.length > PARTS_MAX)
      throw new PollFault('too_large', `${answer.of}: more than ${PARTS_MAX} parts`)
    for (const part of parts) {
      const device = 'device' in part ? (part.device ?? request.device) : request.device
      const id = [adapter, source, feed.id, round.fromMs, round.toMs, shortHash(request.key), page, part.key]
      const origin = {
        way: 'poll' as const,
        source,
        controller,
        ...(device !== undefined && { device }),
        ...(feed.history !== undefined && { fromMs: round.fromMs, toMs: round.toMs }),
      }
      const payload = { vendor: adapter, origin, receivedMs: answer.receivedMs, bytes: part.bytes }
      try {
        await sink.publish(payload, id.join('/'))
      } catch (error) {
        throw new PollFault('not_kept', `the stream did not take a page: ${(error as Error).message}`)
      }
      metrics.count('page_bytes', this.#labels(), part.bytes.length)
    }
    metrics.count('pages', this.#labels())
  }
}

const placeOf = ({ method, path, query, json }: PollRequest): string =>
  shortHash(JSON.stringify([method, path, query, json]))
