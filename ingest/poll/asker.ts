import type { Answer } from './answer.js'
import { ControllerClock } from './controller_clock.js'
import { faultOf, POLL_FAULTS, PollFault } from './fault.js'
import type { RateGate, Semaphore } from './gate.js'
import type { HttpClient } from './http_client.js'
import type { PollRequest, PollVendor, Session, VendorContext, Verdict } from './poll_vendor.js'
import type { PollClock } from './ports.js'

export interface AskerParts {
  readonly vendor: PollVendor
  readonly client: HttpClient
  readonly clock: PollClock
  readonly gate: RateGate
  /** Places of this controller, and of all together. */
  readonly places: readonly Semaphore[]
  readonly attemptsMax: number
  random(): number
  /** Reads credentials and options anew. */
  context(): Promise<VendorContext>
  /** Told of each attempt; `ok` or the code of its fault. */
  onAttempt(outcome: string): void
  onLogin(): void
}

const BACKOFF_FIRST_MS = 1000
const BACKOFF_MAX_MS = 60_000
const THROTTLED_FIRST_MS = 5000
const RETRY_AFTER_MAX_MS = 3_600_000
const RENEWALS_MAX = 2
/** A session is renewed this much before it ends, or a tenth of its life, whichever is less. */
const RENEW_EARLY_MS = 60_000

/** A request of the session went out with a token that no longer holds. */
class Expired extends Error {
  readonly status: number
  constructor(status: number) {
    super('expired')
    this.status = status
  }
}

/** Asks a controller with patience: one login for all, its renewal in the middle, rate limits, retries with full jitter. */
export class Asker {
  readonly clock: ControllerClock
  readonly #parts: AskerParts
  #session: { readonly value: Promise<Session>; untilMs: number } | undefined

  constructor(parts: AskerParts) {
    this.#parts = parts
    this.clock = new ControllerClock(parts.clock)
  }

  /**
   * @param onward the answer moves the controller's place: where it may have been lost nothing is asked twice
   * @throws PollFault when all attempts are used up, or more of them would be no use
   */
  async ask(request: PollRequest, signal: AbortSignal, onward = false): Promise<Answer> {
    let renewals = 0
    return this.#patiently(signal, onward, async () => {
      for (;;) {
        const current = this.#current(signal)
        const session = await current.value
        try {
          return await this.#attempt(request, session, signal)
        } catch (error) {
          if (!(error instanceof Expired)) throw error
          if (this.#session === current) this.#session = undefined
          if (++renewals < RENEWALS_MAX) continue
          if (error.status === 403)
            throw new PollFault(
              'refused',
              `${request.path}: forbidden: the account needs the right to read it`,
            )
          throw new PollFault(
            'login',
            `${request.path}: refused right after the login: check the credentials`,
          )
        }
      }
    })
  }

  #current(signal: AbortSignal): { readonly value: Promise<Session>; untilMs: number } {
    const { clock } = this.#parts
    if (this.#session !== undefined && clock.nowMs() < this.#session.untilMs) return this.#session
    const made = { value: this.#login(signal), untilMs: Number.POSITIVE_INFINITY }
    this.#session = made
    made.value.then(
      ({ expiresInS }) => {
        if (expiresInS === undefined) return
        const lifeMs = expiresInS * 1000
        made.untilMs = clock.nowMs() + lifeMs - Math.min(RENEW_EARLY_MS, lifeMs / 10)
      },
      () => {
        if (this.#session === made) this.#session = undefined
      },
    )
    return made
  }

  async #login(signal: AbortSignal): Promise<Session> {
    const { vendor, context, onLogin } = this.#parts
    const known = await context()
    onLogin()
    // Whoever waits for the session is patient; the login itself need not be.
    return vendor.login(known, async (request) => {
      try {
        return await this.#attempt(request, undefined, signal)
      } catch (error) {
        if (!(error instanceof Expired)) throw error
        throw new PollFault('login', `${request.path}: the login was refused: check the credentials`)
      }
    })
  }

  async #patiently(signal: AbortSignal, once: boolean, attempt: () => Promise<Answer>): Promise<Answer> {
    const { attemptsMax, clock, gate, random } = this.#parts
    for (let n = 0; ; n++) {
      try {
        return await attempt()
      } catch (error) {
        const fault = faultOf(error)
        const { code, waitMs } = fault
        const throttled = code === 'throttled'
        if (throttled && waitMs !== undefined) gate.hold(waitMs)
        if (signal.aborted || n + 1 >= attemptsMax || POLL_FAULTS[code] === 'never') throw fault
        if (once && !throttled)
          throw new PollFault('place_lost', `${fault.message}; the list is read again from its first page`)
        const first = throttled ? THROTTLED_FIRST_MS : BACKOFF_FIRST_MS
        const most = waitMs === undefined ? Math.min(BACKOFF_MAX_MS, first * 2 ** n) : BACKOFF_FIRST_MS
        await clock.sleep((throttled ? 0 : (waitMs ?? 0)) + random() * most, signal)
      }
    }
  }

  async #attempt(request: PollRequest, session: Session | undefined, signal: AbortSignal): Promise<Answer> {
    const { client, gate, places, clock, onAttempt } = this.#parts
    await gate.pass(signal)
    for (const place of places) await place.enter()
    try {
      if (signal.aborted) throw new PollFault('unreachable', 'stopped')
      const askedMs = clock.nowMs()
      const answer = await client.ask(request, session, signal)
      this.clock.observe(answer, askedMs)
      this.#judge(answer)
      onAttempt('ok')
      return answer
    } catch (error) {
      onAttempt(error instanceof Expired ? 'expired' : faultOf(error).code)
      throw error
    } finally {
      for (const place of places) place.leave()
    }
  }

  #judge(answer: Answer): void {
    const { status, of } = answer
    const verdict = status < 300 ? this.#parts.vendor.verdict?.(answer) : VERDICTS[status]
    if (verdict === 'expired') throw new Expired(status)
    if (verdict === 'throttled')
      throw new PollFault('throttled', `${of}: asked to wait (${status})`, retryAfterMs(answer))
    if (verdict === 'server_error' || status >= 500)
      throw new PollFault('server_error', `${of}: answered ${status}`, retryAfterMs(answer))
    if (status === 404 || status === 410) throw new PollFault('gone', `${of}: answered ${status}: not there`)
    if (verdict === 'refused' || status >= 300)
      throw new PollFault('refused', `${of}: answered ${status}: see the page of the vendor in docs/edges`)
  }
}

const VERDICTS: Readonly<Record<number, Verdict>> = { 401: 'expired', 403: 'expired', 429: 'throttled' }

/** Retry-After in seconds, or as a date by the clock that wrote it (RFC 9110, 10.2.3). */
function retryAfterMs(answer: Answer): number | undefined {
  const text = answer.header('retry-after')
  if (text === undefined) return undefined
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : undefined
  const date = Date.parse(text)
  const now = Date.parse(answer.header('date') ?? '') || answer.receivedMs
  const ms = seconds ?? (Number.isNaN(date) ? undefined : Math.max(0, date - now))
  return ms === undefined ? undefined : Math.min(ms, RETRY_AFTER_MAX_MS)
}
