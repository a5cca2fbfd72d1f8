import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Counter, Histogram, type Registry } from 'prom-client'
import type { Bilingual } from '../../../model/finding.js'
import type { Clock, Logger } from '../../../model/ports.js'
import type { ServiceName } from '../../board.js'
import type { BuiltDashboard } from '../../built.js'
import { PAGE_TITLES } from '../../i18n/common.js'
import { TRIAGE } from '../../i18n/triage.js'
import { VIEWER, type ViewerText } from '../../i18n/viewer.js'
import { LANGUAGES, type Language } from '../../language.js'
import { PAGES, type PageId, pageUid } from '../../pages.js'
import { QueryError, type RowSource } from '../../row_source.js'
import { colourForms } from '../../vocabulary/palette.js'
import { marksOf } from '../shared/marks.js'
import type { MarksAnswer, PageData, PanelAnswer, VariableAnswer } from '../shared/protocol.js'
import { Assets, CHART_LIBRARY } from './assets.js'
import { boardView } from './board_view.js'
import type { ViewerConfig } from './config.js'
import type { FindingDesk } from './finding_desk.js'
import { FindingRoutes } from './finding_routes.js'
import { Gate, GateFull } from './gate.js'
import { messageHtml, pageHtml } from './html.js'
import { LogIn } from './log_in.js'
import { planMarks, planPanel, planVariable, type Query, RequestError } from './panel_query.js'
import { RowAccess } from './row_access.js'
import type { ViewerUser } from './users_file.js'

export interface ViewerDeps {
  readonly rows: RowSource
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Registry
  /** The dashboards of both languages, as the build makes them. */
  readonly dashboards: readonly BuiltDashboard[]
  /** What the security services are called; left out, by their ids. */
  readonly services?: readonly ServiceName[]
  /** Those who may log in; left out, everybody sees everything. */
  readonly users?: readonly ViewerUser[]
  /** What may be done about findings; left out, nothing. */
  readonly desk?: FindingDesk
}

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

const isLanguage = (text: unknown): text is Language => LANGUAGES.includes(text as Language)

/** ClickHouse's codes for a query that was stopped for its time or its memory. */
const TOO_MUCH = new Set([159, 160, 241])

/** What went wrong, as status and sentence. The store's own words stay in the log: they may name tables and hosts. */
function faultOf(error: unknown): { status: number; text: ViewerText } {
  if (error instanceof RequestError) return { status: 400, text: error.message as ViewerText }
  if (error instanceof GateFull) return { status: 503, text: 'busy' }
  if (error instanceof QueryError) {
    if (TOO_MUCH.has(error.code)) return { status: 504, text: 'store_slow' }
    return error.code === 0 ? { status: 503, text: 'store_away' } : { status: 502, text: 'store_refused' }
  }
  return { status: 500, text: 'failed' }
}

/** The viewer's routes: pages, their rows by panel id, and the files of the browser side. It never takes SQL. */
export class Viewer {
  readonly #config: ViewerConfig
  readonly #deps: ViewerDeps
  readonly #assets = new Assets()
  readonly #gate: Gate
  readonly #boards: ReadonlyMap<string, BuiltDashboard>
  readonly #logIn: LogIn | undefined
  readonly #access: RowAccess
  readonly #findings: FindingRoutes
  readonly #seconds: Histogram
  readonly #failures: Counter

  constructor(config: ViewerConfig, deps: ViewerDeps) {
    this.#config = config
    this.#deps = deps
    this.#gate = new Gate(config.queries_at_once, config.queries_waiting_max)
    this.#access = new RowAccess(deps)
    this.#logIn =
      deps.users && new LogIn(deps.users, config, { ...deps, language: (request) => this.#language(request) })
    this.#findings = new FindingRoutes({
      clock: deps.clock,
      logger: deps.logger,
      metrics: deps.metrics,
      services: deps.services ?? [],
      ...(deps.desk && { desk: deps.desk }),
      actWithoutLogIn: config.act_without_log_in,
      language: (request) => this.#language(request),
      who: (request) => this.#who(request),
      ask: (request, sql, signal) => this.#query(request, sql, signal),
      fail: (request, reply, error) => this.#fail(request, reply, error, false),
    })
    this.#boards = new Map(deps.dashboards.map((board) => [board.uid, board]))
    const registers = [deps.metrics]
    this.#seconds = new Histogram({
      name: 'vigie_viewer_query_seconds',
      help: 'Time of the viewer’s queries, waiting included.',
      labelNames: ['dashboard'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
      registers,
    })
    this.#failures = new Counter({
      name: 'vigie_viewer_failed_queries_total',
      help: 'Queries of the viewer that gave no rows, by what was said.',
      labelNames: ['reason'],
      registers,
    })
  }

  register(app: FastifyInstance): void {
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers(SECURITY_HEADERS)
    })
    this.#logIn?.register(app)
    if (this.#logIn !== undefined)
      app.addHook('onRequest', async (request, reply) => this.#askWho(request, reply))
    app.get('/', async (request, reply) =>
      reply.redirect(`/d/${pageUid('soc_overview', this.#language(request))}`),
    )
    app.get('/d/:uid', async (request, reply) => this.#page(request, reply))
    app.get('/assets/*', async (request, reply) => this.#asset(request, reply))
    app.get('/api/v1/dashboards', async (request) => this.#list(this.#language(request)))
    app.get('/api/v1/dashboards/:uid', async (request, reply) => {
      const board = this.#board(request)
      return board === undefined ? this.#missing(request, reply) : boardView(board)
    })
    app.get('/api/v1/dashboards/:uid/panels/:id', async (request, reply) => this.#panel(request, reply))
    app.get('/api/v1/dashboards/:uid/annotations', async (request, reply) => this.#marks(request, reply))
    app.get('/api/v1/dashboards/:uid/variables/:name', async (request, reply) =>
      this.#variable(request, reply),
    )
    this.#findings.register(app)
  }

  #who(request: FastifyRequest): { user?: ViewerUser; session?: string } | undefined {
    if (this.#logIn === undefined) return undefined
    const [user, session] = [this.#logIn.userOf(request), this.#logIn.sessionOf(request)]
    return { ...(user && { user }), ...(session !== undefined && { session }) }
  }

  /** Whatever belongs to the viewer but its files and the form itself is for those who are logged in. */
  async #askWho(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const path = request.url.split('?')[0]!
    const asksForPage = path === '/' || path.startsWith('/d/')
    if (!asksForPage && !/^\/api\/v1\/(?:dashboards|findings)(?:\/|$)/.test(path)) return undefined
    if (this.#logIn!.userOf(request) !== undefined) return undefined
    const lang = this.#language(request)
    if (!asksForPage) return reply.code(401).send({ error: VIEWER.log_in_first[lang] })
    return reply.redirect(`/login?lang=${lang}&next=${encodeURIComponent(request.url)}`)
  }

  #language(request: FastifyRequest): Language {
    const { lang } = request.query as { lang?: unknown }
    if (isLanguage(lang)) return lang
    const uid = (request.params as { uid?: string }).uid
    return LANGUAGES.find((one) => uid?.startsWith(`vigie-${one}-`)) ?? this.#config.lang
  }

  #board(request: FastifyRequest): BuiltDashboard | undefined {
    return this.#boards.get((request.params as { uid: string }).uid)
  }

  #list(lang: Language): { uid: string; title: string }[] {
    return (Object.keys(PAGES) as PageId[])
      .map((id) => ({ uid: pageUid(id, lang), title: PAGE_TITLES[id][lang] }))
      .filter(({ uid }) => this.#boards.has(uid))
  }

  #missing(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    return reply.code(404).send({ error: VIEWER.not_found[this.#language(request)] })
  }

  #page(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const board = this.#board(request)
    const lang = this.#language(request)
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-store')
    if (board === undefined) {
      return reply.code(404).send(messageHtml(lang, VIEWER.product[lang], VIEWER.not_found[lang]))
    }
    const other: Language = lang === 'fr' ? 'en' : 'fr'
    const data: PageData = {
      lang,
      board: boardView(board),
      pages: this.#list(lang),
      otherLanguage: {
        uid: board.uid.replace(`vigie-${lang}-`, `vigie-${other}-`),
        name: VIEWER.other_language[lang],
        lang: other,
      },
      colours: colourForms(),
      texts: {
        ...textsOf(VIEWER, '', lang),
        ...textsOf(TRIAGE, 'triage.', lang),
      },
      rights: this.#findings.rights(request),
      chartLibrary: CHART_LIBRARY,
      ...(this.#logIn && { user: this.#logIn.userOf(request)?.name ?? '' }),
    }
    return reply.send(pageHtml(data, this.#assets.modules()))
  }

  #asset(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const asset = this.#assets.get(request.url.split('?')[0]!)
    if (asset === undefined) return this.#missing(request, reply)
    reply.headers({ etag: asset.etag, 'cache-control': 'no-cache', vary: 'accept-encoding' })
    if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send()
    const accepted = String(request.headers['accept-encoding'] ?? '')
    const coding = accepted.includes('br') ? 'br' : accepted.includes('gzip') ? 'gzip' : 'identity'
    if (coding !== 'identity') reply.header('content-encoding', coding)
    return reply.type(asset.type).send(asset.body[coding])
  }

  async #panel(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const board = this.#board(request)
    if (board === undefined) return this.#missing(request, reply)
    const { id } = request.params as { id: string }
    return this.#answer(request, reply, board, async (signal): Promise<PanelAnswer | undefined> => {
      const plan = planPanel(board, Number(id), request.query as Query, this.#deps.clock.nowMs())
      if (plan === undefined) return undefined
      const frames = await Promise.all(plan.statements.map((sql) => this.#query(request, sql, signal)))
      return { from: plan.from, to: plan.to, interval_s: plan.intervalS, frames }
    })
  }

  async #marks(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const board = this.#board(request)
    if (board === undefined) return this.#missing(request, reply)
    return this.#answer(request, reply, board, async (signal): Promise<MarksAnswer> => {
      const plans = planMarks(board, request.query as Query, this.#deps.clock.nowMs())
      const marks = await Promise.all(
        plans.map(async ({ kind, colour, sql }) =>
          marksOf(await this.#query(request, sql, signal), kind, colour),
        ),
      )
      return { marks: marks.flat() }
    })
  }

  async #variable(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const board = this.#board(request)
    if (board === undefined) return this.#missing(request, reply)
    const { name } = request.params as { name: string }
    return this.#answer(request, reply, board, async (signal): Promise<VariableAnswer | undefined> => {
      const sql = planVariable(board, name, request.query as Query, this.#deps.clock.nowMs())
      if (sql === undefined) return undefined
      const { rows } = await this.#query(request, sql, signal)
      return { options: rows.map(([value, text]) => ({ value: String(value), text: String(text ?? value) })) }
    })
  }

  #query(request: FastifyRequest, sql: string, signal: AbortSignal) {
    const { rows_max, query_seconds_max } = this.#config
    return this.#gate.run(async () => {
      const filters = await this.#access.filtersOf(
        this.#logIn && (this.#logIn.userOf(request)?.organizations ?? []),
      )
      const bounds = {
        rowsMax: rows_max,
        secondsMax: query_seconds_max,
        ...(filters !== undefined && { filters }),
      }
      return this.#deps.rows.query(sql, bounds, signal)
    })
  }

  /** Runs the work of one request, ends it when the browser has gone, and turns what fails into a sentence. */
  async #answer(
    request: FastifyRequest,
    reply: FastifyReply,
    board: BuiltDashboard,
    work: (signal: AbortSignal) => Promise<object | undefined>,
  ): Promise<FastifyReply> {
    const gone = new AbortController()
    const onClose = (): void => gone.abort()
    request.raw.socket.once('close', onClose)
    const done = this.#seconds.startTimer({ dashboard: board.uid })
    try {
      const answer = await work(gone.signal)
      if (answer === undefined) return this.#missing(request, reply)
      return reply.header('cache-control', 'no-store').send(answer)
    } catch (error) {
      return this.#fail(request, reply, error, gone.signal.aborted)
    } finally {
      done()
      request.raw.socket.off('close', onClose)
    }
  }

  #fail(request: FastifyRequest, reply: FastifyReply, error: unknown, gone: boolean): FastifyReply {
    const { status, text } = faultOf(error)
    this.#failures.inc({ reason: text })
    if (status >= 500 && !gone)
      this.#deps.logger.warn(
        { url: request.url, error: (error as Error).message },
        'a query of the viewer failed',
      )
    return reply.code(status).send({ error: VIEWER[text][this.#language(request)] })
  }
}

const textsOf = (
  catalogue: Readonly<Record<string, Bilingual>>,
  prefix: string,
  lang: Language,
): Record<string, string> =>
  Object.fromEntries(Object.entries(catalogue).map(([key, text]) => [prefix + key, text[lang]]))
