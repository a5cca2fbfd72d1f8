import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Counter, type Registry } from 'prom-client'
import { z } from 'zod'
import type { Clock, Logger } from '../../../model/ports.js'
import type { ServiceName } from '../../board.js'
import { TRIAGE, type TriageText } from '../../i18n/triage.js'
import type { Language } from '../../language.js'
import { COMMENT_MAX, MARK_DAYS, type Rights, SILENCE_HOURS, TOKEN_HEADER } from '../shared/triage.js'
import { ActionRate } from './action_rate.js'
import type { Act, FindingDesk } from './finding_desk.js'
import { type Ask, type FindingScope, findingScope, findingView, incidentOf } from './finding_view.js'
import type { ViewerUser } from './users_file.js'

export interface FindingRouteDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Registry
  /** Left out, nobody acts here. */
  readonly desk?: FindingDesk
  readonly services: readonly ServiceName[]
  /** Where there is no log-in: whether those at this machine may act. */
  readonly actWithoutLogIn: boolean
  language(request: FastifyRequest): Language
  /** `user` is undefined where nobody is logged in, `session` where there is no log-in at all. */
  who(request: FastifyRequest): { readonly user?: ViewerUser; readonly session?: string } | undefined
  /** Runs a query as the one who asks. */
  ask(request: FastifyRequest, sql: string, signal: AbortSignal): ReturnType<Ask>
  /** Turns what failed into an answer. */
  fail(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply
}

const comment = z.string().max(COMMENT_MAX).optional()
const bodySchema = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('mark'),
    verdict: z.enum(['true_positive', 'false_positive', 'expected', 'none']),
    days: z.literal([...MARK_DAYS]).optional(),
    comment,
  }),
  z.strictObject({ action: z.literal('acknowledge'), comment }),
  z.strictObject({ action: z.literal('silence'), hours: z.literal([...SILENCE_HOURS]), comment }),
])
type Body = z.infer<typeof bodySchema>

const BODY_BYTES_MAX = 8_192
const DAY_MS = 86_400_000
const UID = /^[\w.-]{1,64}$/
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/** What is refused, as status and sentence. */
class Refused extends Error {
  readonly status: number
  readonly text: TriageText

  constructor(status: number, text: TriageText) {
    super(text)
    this.status = status
    this.text = text
  }
}

/**
 * One finding, and what people do about it. Whoever acts must be allowed to, must see the finding, and must come from a page
 * that this server gave to the same session; every action is written down with who, when and from where.
 */
export class FindingRoutes {
  readonly #deps: FindingRouteDeps
  /** Tokens are good as long as this process lives, as are sessions. */
  readonly #key = randomBytes(32)
  readonly #rate: ActionRate
  readonly #actions: Counter

  constructor(deps: FindingRouteDeps) {
    this.#deps = deps
    this.#rate = new ActionRate(deps.clock)
    this.#actions = new Counter({
      name: 'vigie_viewer_finding_actions_total',
      help: 'Actions on findings asked of the viewer, by what came of them.',
      labelNames: ['action', 'result'],
      registers: [deps.metrics],
    })
  }

  register(app: FastifyInstance): void {
    app.get('/api/v1/findings/:uid', async (request, reply) => this.#show(request, reply))
    app.post('/api/v1/findings/:uid/actions', { bodyLimit: BODY_BYTES_MAX }, async (request, reply) =>
      this.#act(request, reply),
    )
  }

  /** What the page may offer to its reader. */
  rights(request: FastifyRequest): Rights {
    const who = this.#deps.who(request)
    if (this.#deps.desk === undefined) return { act: false, why: 'off' }
    if (this.#mayAct(request)) return { act: true, token: this.#token(who?.session) }
    return { act: false, why: who === undefined ? 'log_in_to_act' : 'read_only' }
  }

  #mayAct(request: FastifyRequest): boolean {
    const who = this.#deps.who(request)
    if (who !== undefined) return who.user?.role === 'analyst'
    // Only from this machine, and only where the browser knows it by that name: a foreign name that leads here does not do.
    return (
      this.#deps.actWithoutLogIn &&
      LOOPBACK.test(request.ip) &&
      LOOPBACK_HOST.test(request.headers.host ?? '')
    )
  }

  #token(session = ''): string {
    return createHmac('sha256', this.#key).update(session).digest('base64url')
  }

  /** The request must come from a page of this server that was given to the same session. */
  #checkOrigin(request: FastifyRequest): void {
    const { origin, host, 'sec-fetch-site': site } = request.headers
    const given = Buffer.from(String(request.headers[TOKEN_HEADER] ?? ''))
    const wanted = Buffer.from(this.#token(this.#deps.who(request)?.session))
    const same = given.length === wanted.length && timingSafeEqual(given, wanted)
    const foreign =
      site !== undefined ? site !== 'same-origin' : origin !== undefined && hostOf(origin) !== host
    if (!same || foreign) throw new Refused(403, 'stale_page')
  }

  #asker(request: FastifyRequest): { ask: Ask; done(): void } {
    const gone = new AbortController()
    const onClose = (): void => gone.abort()
    request.raw.socket.once('close', onClose)
    return {
      ask: (sql) => this.#deps.ask(request, sql, gone.signal),
      done: () => request.raw.socket.off('close', onClose),
    }
  }

  async #show(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { ask, done } = this.#asker(request)
    try {
      const { language, services } = this.#deps
      const view = await findingView(ask, uidOf(request), language(request), services)
      if (view === undefined) throw new Refused(404, 'no_such_finding')
      return reply.header('cache-control', 'no-store').send(view)
    } catch (error) {
      return this.#refuse(request, reply, error)
    } finally {
      done()
    }
  }

  async #act(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { ask, done } = this.#asker(request)
    let action = 'none'
    try {
      const body = this.#allowed(request)
      action = body.action
      const scope = await findingScope(ask, uidOf(request), this.#deps.language(request))
      // What the reader does not see does not exist for it, whatever it knows of its uid.
      if (scope === undefined) throw new Refused(404, 'no_such_finding')
      await this.#do(request, body, scope, ask)
      this.#actions.inc({ action, result: 'done' })
      return reply.header('cache-control', 'no-store').code(202).send({ done: body.action })
    } catch (error) {
      this.#actions.inc({ action, result: error instanceof Refused ? error.text : 'failed' })
      return this.#refuse(request, reply, error)
    } finally {
      done()
    }
  }

  #allowed(request: FastifyRequest): Body {
    if (!this.#mayAct(request)) throw new Refused(403, 'forbidden')
    this.#checkOrigin(request)
    const name = this.#name(request)
    if (!this.#rate.take(name)) throw new Refused(429, 'too_many_actions')
    const body = bodySchema.safeParse(request.body)
    if (!body.success) throw new Refused(400, 'bad_action')
    return body.data
  }

  #name(request: FastifyRequest): string {
    return this.#deps.who(request)?.user?.name ?? 'viewer'
  }

  async #do(request: FastifyRequest, body: Body, scope: FindingScope, ask: Ask): Promise<void> {
    const { desk, clock, logger } = this.#deps
    if (desk === undefined) throw new Refused(403, 'forbidden')
    const act: Act = {
      finding: scope.uid,
      by: `operator:${this.#name(request)}`,
      origin: `viewer ${request.ip}`,
      time: clock.nowMs(),
      ...(scope.org !== '' && { org: scope.org }),
      ...(body.comment !== undefined && body.comment.trim() !== '' && { comment: body.comment.trim() }),
    }
    const work = await this.#work(desk, act, body, scope, ask, this.#deps.language(request))
    try {
      await work()
    } catch (error) {
      logger.warn(
        { error: (error as Error).message, finding: scope.uid },
        'an action on a finding was not done',
      )
      throw new Refused(503, 'action_failed')
    }
    const { finding, by, origin } = act
    logger.info({ finding, by, origin, action: body.action }, 'an action on a finding')
  }

  /** What is to be done, all that could speak against it looked at. */
  async #work(
    desk: FindingDesk,
    act: Act,
    body: Body,
    scope: FindingScope,
    ask: Ask,
    lang: Language,
  ): Promise<() => Promise<void>> {
    if (body.action === 'mark') {
      const until = body.days === undefined ? {} : { until: act.time + body.days * DAY_MS }
      return () => desk.mark({ ...act, ...until, verdict: body.verdict })
    }
    if (body.action === 'acknowledge') {
      const incident = await incidentOf(ask, scope.uid, lang)
      if (incident === undefined || !incident.open) throw new Refused(409, 'no_such_incident')
      return () => desk.acknowledge({ ...act, incident: incident.uid })
    }
    const { site, service, org } = scope
    if (org === '' && site === '') throw new Refused(409, 'nothing_to_silence')
    const until = act.time + body.hours * 3_600_000
    return () => desk.silence({ ...act, service, until, ...(site !== '' && { site }) })
  }

  #refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
    if (!(error instanceof Refused)) return this.#deps.fail(request, reply, error)
    return reply.code(error.status).send({ error: TRIAGE[error.text][this.#deps.language(request)] })
  }
}

function uidOf(request: FastifyRequest): string {
  const { uid } = request.params as { uid: string }
  if (!UID.test(uid)) throw new Refused(404, 'no_such_finding')
  return uid
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
