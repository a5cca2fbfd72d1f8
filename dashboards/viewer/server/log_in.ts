import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Counter, type Registry } from 'prom-client'
import type { Clock, Logger } from '../../../model/ports.js'
import { VIEWER } from '../../i18n/viewer.js'
import type { Language } from '../../language.js'
import { Gate, GateFull } from './gate.js'
import { logInHtml } from './html.js'
import { passwordIs } from './passwords.js'
import { Sessions } from './sessions.js'
import type { ViewerUser } from './users_file.js'

export interface LogInDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Registry
  language(request: FastifyRequest): Language
}

const COOKIE = 'vigie_session'
/** Failed tries of a name or an address, and how long they count. */
const FAILURES_MAX = 10
const FAILURES_MS = 5 * 60_000
/** Names and addresses whose failures are remembered; the oldest makes room. */
const REMEMBERED_MAX = 10_000
const FORM_BYTES_MAX = 8_192
/** Passwords are tried two at a time: each try takes 16 MiB and a core. */
const AT_ONCE = 2
const WAITING = 16

const cookieOf = (request: FastifyRequest): string | undefined =>
  new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]{20,100})(?:;|$)`).exec(request.headers.cookie ?? '')?.[1]

/** Only an address of this site: a page of another one must not be where a log-in leads. */
const insideOf = (next: unknown): string =>
  typeof next === 'string' && /^\/(?![/\\])[\w\-./?=&%:,]*$/.test(next) ? next : '/'

/** Remembers who failed to log in too often. */
class Failures {
  readonly #clock: Clock
  readonly #of = new Map<string, { count: number; sinceMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  tooMany(key: string): boolean {
    const known = this.#of.get(key)
    if (known === undefined) return false
    if (this.#clock.nowMs() - known.sinceMs >= FAILURES_MS) this.#of.delete(key)
    else return known.count >= FAILURES_MAX
    return false
  }

  note(key: string): void {
    const known = this.#of.get(key)
    if (known !== undefined) {
      known.count++
      return
    }
    if (this.#of.size >= REMEMBERED_MAX) this.#of.delete(this.#of.keys().next().value!)
    this.#of.set(key, { count: 1, sinceMs: this.#clock.nowMs() })
  }
}

/** Log-in by name and password, sessions in a cookie that scripts and other sites cannot use. */
export class LogIn {
  readonly #users: ReadonlyMap<string, ViewerUser>
  readonly #deps: LogInDeps
  readonly #sessions: Sessions
  readonly #lifetimeS: number
  readonly #secure: boolean
  readonly #failures: Failures
  readonly #gate = new Gate(AT_ONCE, WAITING)
  readonly #tries: Counter

  constructor(
    users: readonly ViewerUser[],
    config: { readonly session_hours: number; readonly secure_cookie: boolean },
    deps: LogInDeps,
  ) {
    this.#users = new Map(users.map((user) => [user.name, user]))
    this.#deps = deps
    this.#lifetimeS = config.session_hours * 3600
    this.#secure = config.secure_cookie
    this.#sessions = new Sessions(this.#lifetimeS * 1000, deps.clock)
    this.#failures = new Failures(deps.clock)
    this.#tries = new Counter({
      name: 'vigie_viewer_log_ins_total',
      help: 'Tries to log in to the viewer, by what came of them.',
      labelNames: ['result'],
      registers: [deps.metrics],
    })
  }

  userOf(request: FastifyRequest): ViewerUser | undefined {
    return this.#sessions.userOf(cookieOf(request))
  }

  /** What tells this session from all others; undefined where there is none. */
  sessionOf(request: FastifyRequest): string | undefined {
    return this.userOf(request) === undefined ? undefined : cookieOf(request)
  }

  register(app: FastifyInstance): void {
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_BYTES_MAX },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    )
    app.get('/login', async (request, reply) => this.#form(request, reply, 200))
    app.post('/login', async (request, reply) => this.#try(request, reply))
    app.post('/logout', async (request, reply) => {
      const token = cookieOf(request)
      if (token !== undefined) this.#sessions.close(token)
      return reply.header('set-cookie', this.#cookie('', 0)).code(204).send()
    })
  }

  #form(request: FastifyRequest, reply: FastifyReply, status: number, said?: string): FastifyReply {
    const lang = this.#deps.language(request)
    const { next } = request.query as { next?: unknown }
    // The one page with a form.
    const policy =
      "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    return reply
      .code(status)
      .header('content-security-policy', policy)
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(logInHtml(lang, insideOf(next), said))
  }

  async #try(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { body } = request
    const form = body instanceof URLSearchParams ? body : new URLSearchParams()
    const name = form.get('name') ?? ''
    const keys = [`name ${name.slice(0, 100)}`, `address ${request.ip}`]
    const lang = this.#deps.language(request)
    if (keys.some((key) => this.#failures.tooMany(key)))
      return this.#refuse(request, reply, 429, 'log_in_too_often')
    const user = this.#users.get(name)
    try {
      if (
        user !== undefined &&
        (await this.#gate.run(() => passwordIs(form.get('password') ?? '', user.password)))
      ) {
        this.#tries.inc({ result: 'in' })
        const cookie = this.#cookie(this.#sessions.open(user), this.#lifetimeS)
        return reply.header('set-cookie', cookie).redirect(insideOf(form.get('next')), 303)
      }
    } catch (error) {
      if (!(error instanceof GateFull)) throw error
      return this.#refuse(request, reply, 503, 'busy')
    }
    for (const key of keys) this.#failures.note(key)
    this.#deps.logger.warn({ address: request.ip, lang }, 'a log-in to the viewer failed')
    return this.#refuse(request, reply, 401, 'log_in_wrong')
  }

  #refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
    text: 'log_in_too_often' | 'log_in_wrong' | 'busy',
  ): FastifyReply {
    this.#tries.inc({ result: text === 'log_in_wrong' ? 'wrong' : 'refused' })
    return this.#form(request, reply, status, VIEWER[text][this.#deps.language(request)])
  }

  #cookie(value: string, seconds: number): string {
    const parts = [`${COOKIE}=${value}`, 'Path=/', 'HttpOnly', 'SameSite=Strict', `Max-Age=${seconds}`]
    return [...parts, ...(this.#secure ? ['Secure'] : [])].join('; ')
  }
}
