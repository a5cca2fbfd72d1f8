import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import { RefusedError, RetryableError, UnauthorisedError } from '../../target.js'

/** Longest pause that a target may ask for; a proxy that says `Retry-After: 999999999` does not stop tickets for years. */
const RETRY_AFTER_MS_MAX = 3_600_000
const EXCERPT_MAX = 200
/** Statuses after which the same request may succeed. */
const TRANSIENT = new Set([408, 409, 423, 425, 429])

/** `Retry-After`: seconds or a date (RFC 9110 section 10.2.3), in ms from now. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX) : undefined
}

/** What a target answered to one request, read to its end. */
export class Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** `POST host/path`, for messages. */
  readonly what: string
  readonly #conceal: (text: string) => string
  readonly #nowMs: number

  constructor(
    of: { status: number; headers: IncomingHttpHeaders; body: Buffer; what: string },
    conceal: (text: string) => string,
    nowMs: number,
  ) {
    this.status = of.status
    this.headers = of.headers
    this.body = of.body
    this.what = of.what
    this.#conceal = conceal
    this.#nowMs = nowMs
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  get text(): string {
    return this.body.toString('utf8')
  }

  /** The beginning of the body in one line, without secrets. */
  excerpt(): string {
    const text = this.#conceal(this.text.slice(0, EXCERPT_MAX * 20))
      .replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')
      .replace(/\s+/g, ' ')
      .trim()
    return text.length > EXCERPT_MAX ? `${text.slice(0, EXCERPT_MAX)}…` : text
  }

  /** The body as JSON; undefined where it is none. */
  parsed(): unknown {
    try {
      return JSON.parse(this.text)
    } catch {
      return undefined
    }
  }

  /**
   * The body as what the target's contract says. A page of a proxy or a log-in form comes with status 200 too.
   *
   * @throws RetryableError when it is something else
   */
  json<T>(schema: z.ZodType<T>): T {
    const value = this.parsed()
    if (value === undefined) {
      const type = this.headers['content-type'] ?? 'no content type'
      throw new RetryableError(
        `${this.what} answered ${this.status} with ${type} instead of JSON, as a proxy or a log-in page does: ${this.excerpt()}`,
        { status: this.status },
      )
    }
    const read = schema.safeParse(value)
    if (read.success) return read.data
    const issue = read.error.issues[0]!
    throw new RetryableError(
      `${this.what} answered ${this.status} with JSON that is not what its documentation says (${issue.path.join('.')}: ${issue.message}): ${this.excerpt()}`,
      { status: this.status },
    )
  }

  /** The error that a status other than 2xx stands for. */
  failure(): RetryableError | RefusedError | UnauthorisedError {
    const { status } = this
    const said = this.excerpt()
    const message = `${this.what} answered ${status}${said === '' ? '' : `: ${said}`}`
    if (status === 401 || status === 403 || status === 407) return new UnauthorisedError(message, { status })
    if (status >= 300 && status < 400) return new UnauthorisedError(this.#redirected(), { status })
    // A route that is not there is said in HTML by the proxy in front while the application restarts.
    const application = this.parsed() !== undefined || this.body.length === 0
    if (TRANSIENT.has(status) || status >= 500 || (status === 404 && !application)) {
      const after = retryAfterMs(this.headers['retry-after'], this.#nowMs)
      return new RetryableError(message, { status, ...(after === undefined ? {} : { retryAfterMs: after }) })
    }
    return new RefusedError(message, { status })
  }

  /** Redirects are never followed: they would take credentials to a place nobody configured. */
  #redirected(): string {
    const to = this.headers.location ?? ''
    const where = URL.canParse(to) ? new URL(to).host : 'another page'
    return `${this.what} answered ${this.status}, a redirect to ${where}, which is not followed: put the final address into url, or check the credentials`
  }
}
