import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import type { Registry } from 'prom-client'
import type { Component, Logger } from '../../../model/ports.js'
import type { StoreConfig } from '../config.js'
import { Answer, type QueryCounts } from './answer.js'
import { RequestBody, type SpooledData, spool } from './body.js'
import { Engine, type EngineSession } from './engine.js'
import { fromEngine, storeError } from './http_error.js'
import { NamedSessions } from './named_sessions.js'
import { prepare, type Query, type QueryDeps, runQuery } from './query_run.js'
import { type QueryText, readForm, readQueryText } from './query_text.js'
import { refuseToReaders } from './reader_rules.js'
import { type QueryRequest, readRequest } from './request.js'
import { ResultPipes } from './result_pipes.js'
import { quoteName } from './sql_quote.js'
import { type StoreMetrics, storeMetrics } from './store_metrics.js'
import { engineSettings, shareThreads } from './threads.js'
import { Turns } from './turns.js'
import { allowedSettings, authenticate, ChallengeError, refuseWebPages, type StoreUser } from './users.js'

export interface EmbeddedStoreDeps {
  readonly logger: Logger
  readonly metrics: Registry
}

/** ClickHouse's own; a client must let go of an idle connection before. */
const KEEP_ALIVE_MS = 30_000
const STOP_TIMEOUT_MS = 5_000
const DRAIN_TIMEOUT_MS = 60_000
const CONNECTIONS_MAX = 1024

/**
 * ClickHouse's HTTP interface over the embedded engine: curl, `@clickhouse/client`, Grafana and people see a server.
 *
 * ```
 * INSERT … FORMAT x   body ──▶ file in the page cache ──▶ INSERT … FROM INFILE ──▶ parts
 * SELECT …            SELECT … INTO OUTFILE ──▶ named pipe ──▶ answer, held back until its bound or its end
 * ```
 */
export class EmbeddedStore implements Component {
  readonly #config: StoreConfig
  readonly #deps: EmbeddedStoreDeps
  readonly #queries: Turns
  readonly #inserts: Turns
  readonly #metrics: StoreMetrics
  readonly #engine: Engine
  readonly #sessions: NamedSessions
  readonly #pipes: ResultPipes
  readonly #dirs: { readonly pipes: string; readonly incoming: string; readonly answers: string }
  #server: Server | undefined

  constructor(config: StoreConfig, deps: EmbeddedStoreDeps) {
    this.#config = config
    this.#deps = deps
    const { queries, inserts } = shareThreads(config, process.env.UV_THREADPOOL_SIZE)
    this.#queries = new Turns(queries, config.waiting_max)
    this.#inserts = new Turns(inserts, config.waiting_max)
    this.#metrics = storeMetrics(deps.metrics, this.#queries, this.#inserts)
    const below = (name: string): string => resolve(config.data_dir, name)
    this.#dirs = { pipes: below('pipes'), incoming: below('incoming'), answers: below('answers') }
    this.#engine = new Engine({ dir: below('engine'), settings: engineSettings(config) })
    this.#sessions = new NamedSessions(this.#engine)
    this.#pipes = new ResultPipes(this.#dirs.pipes, queries)
  }

  /** Where it listens, once it is started. */
  get url(): string {
    if (this.#server === undefined) throw new Error('the embedded store is not started')
    const { address, port, family } = this.#server.address() as AddressInfo
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  /** @throws EngineBusyError when another process has the data folder; Error when the port is taken */
  async start(): Promise<void> {
    if (this.#server !== undefined) return
    const { config, logger } = { config: this.#config, logger: this.#deps.logger }
    const { short, ...turns } = shareThreads(config, process.env.UV_THREADPOOL_SIZE)
    if (short) logger.warn(turns, 'few threads for the store: start it with a larger UV_THREADPOOL_SIZE')
    await this.#engine.start()
    for (const dir of Object.values(this.#dirs)) {
      await rm(dir, { recursive: true, force: true })
      await mkdir(dir, { recursive: true, mode: 0o700 })
    }
    await this.#pipes.start()
    const server = createServer((request, response) => {
      this.#serve(request, response).catch((error: Error) => {
        logger.warn({ error: error.message }, 'an answer was cut off')
        response.destroy()
      })
    })
    server.keepAliveTimeout = KEEP_ALIVE_MS
    server.requestTimeout = 0
    server.maxConnections = CONNECTIONS_MAX
    await new Promise<void>((done, failed) => {
      server.once('error', failed)
      server.listen(config.port, config.host, done)
    }).catch(async (error: Error) => {
      await this.#engine.stop()
      throw error
    })
    this.#server = server
    logger.info({ url: this.url, version: this.#engine.version }, 'the embedded store listens')
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server !== undefined) {
      const closed = new Promise((done) => server.close(done))
      server.closeIdleConnections()
      // A query that goes on is ended by its connection's end.
      const timer = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT_MS)
      await closed
      clearTimeout(timer)
    }
    await this.#engine.stop(() => this.#sessions.close())
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://store')
    response.setHeader('X-ClickHouse-Server-Display-Name', 'vigie')
    if (url.pathname === '/ping' || url.pathname === '/replicas_status') {
      response.setHeader('Content-Type', 'text/html; charset=UTF-8')
      response.end('Ok.\n')
      return
    }
    const headers = {
      queryId: url.searchParams.get('query_id') || randomUUID(),
      version: this.#engine.version,
      timezone: this.#engine.timezone,
      cors: url.searchParams.get('add_http_cors_header') === '1',
    }
    const answer = new Answer(response, headers, this.#config.answer_buffer_bytes)
    try {
      refuseWebPages(this.#config, request)
      const user = authenticate(this.#config, request, url)
      if (url.pathname === '/' || url.pathname === '/query')
        await this.#query(user, request, url, response, answer)
      else {
        response.statusCode = 404
        response.end(`There is no handle ${url.pathname}\n\nUse / or /ping for health checks.\n`)
      }
    } catch (error) {
      if (error instanceof ChallengeError)
        response.setHeader('WWW-Authenticate', 'Basic realm="ClickHouse server HTTP API"')
      await this.#fail(request, answer, error)
    }
  }

  async #query(
    user: StoreUser,
    request: IncomingMessage,
    url: URL,
    response: ServerResponse,
    answer: Answer,
  ): Promise<void> {
    const form = await readForm(request, this.#config.query_bytes_max)
    const read = readRequest(request, url, form)
    if (read.bufferBytes !== undefined) answer.holdBack(read.bufferBytes)
    if (read.query === '' && read.safe) {
      response.setHeader('Content-Type', 'text/html; charset=UTF-8')
      response.end('Ok.\n')
      return
    }
    const body = read.safe || form !== undefined ? undefined : new RequestBody(request)
    let data: SpooledData | undefined
    try {
      const text = await readQueryText(read.query, body, this.#config.query_bytes_max)
      if (read.safe && text.statement.kind !== 'rows') throw changesByGet(user)
      if (user.readonly) refuseToReaders(text.sql.toString('latin1'), read.database)
      if (text.data !== undefined)
        data = await spool(this.#dirs.incoming, text.data, this.#config.insert_bytes_max)
      await this.#inTurn(user, read, text, data, response, answer)
    } finally {
      await Promise.all([body?.close(), data?.remove()])
    }
  }

  /** Runs the query when its turn has come, unless its client went away before. */
  async #inTurn(
    user: StoreUser,
    request: QueryRequest,
    text: QueryText,
    data: SpooledData | undefined,
    response: ServerResponse,
    answer: Answer,
  ): Promise<void> {
    const turns = data === undefined ? this.#queries : this.#inserts
    const turn = await turns.take()
    if (turn === undefined)
      throw storeError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', 'Too many simultaneous queries.')
    const end = this.#metrics.seconds.startTimer({ kind: text.statement.kind })
    try {
      if (answer.gone) return
      const query: Query = {
        sql: text.sql,
        statement: text.statement,
        request,
        settings: allowedSettings(user, request.settings),
        readonly: user.readonly,
        data: data && { path: data.path, packing: text.packing },
        mark: `vigie:${randomUUID()}`,
      }
      await this.#run(query, user, response, answer)
    } finally {
      end()
      turn()
    }
  }

  async #run(query: Query, user: StoreUser, response: ServerResponse, answer: Answer): Promise<void> {
    const named = user.readonly ? undefined : query.request.session
    const lent = named === undefined ? undefined : this.#sessions.take(named)
    const session = lent?.session ?? this.#engine.open()
    const deps: QueryDeps = { engine: this.#engine, pipes: this.#pipes, dir: this.#dirs.answers }
    const running = this.#prepared(session, query, answer, deps)
    const cancel = (): void => {
      if (response.writableFinished) return
      this.#metrics.cancelled.inc()
      this.#engine
        .kill(query.mark, running)
        .catch((error: Error) =>
          this.#deps.logger.warn({ error: error.message }, 'a query could not be ended'),
        )
    }
    response.once('close', cancel)
    let counts: QueryCounts
    try {
      counts = await running
      this.#metrics.insertedRows.inc(counts.writtenRows)
      this.#metrics.insertedBytes.inc(counts.writtenBytes)
    } finally {
      response.off('close', cancel)
      if (lent === undefined) session.close()
      else await restore(session, query).finally(() => lent.giveBack())
    }
    // Last of all: whoever has the whole answer may use the session again.
    answer.end(counts)
  }

  async #prepared(
    session: EngineSession,
    query: Query,
    answer: Answer,
    deps: QueryDeps,
  ): ReturnType<typeof runQuery> {
    await prepare(session, query)
    return runQuery(session, query, answer, deps)
  }

  /** The rest of a body passes unread before the answer: a client that still sends would not hear it. */
  async #fail(request: IncomingMessage, answer: Answer, error: unknown): Promise<void> {
    const told = fromEngine(error)
    this.#metrics.failures.inc({ code: told.code })
    if (!request.complete && !request.destroyed) {
      request.resume()
      await once(request, 'end', { signal: AbortSignal.timeout(DRAIN_TIMEOUT_MS) }).catch(() => undefined)
    }
    answer.fail(told)
  }
}

/** In a session that lives on, a query's own settings end with it. */
async function restore(session: EngineSession, { settings }: Query): Promise<void> {
  const names = ['log_comment', ...Object.keys(settings)]
  await session
    .run(`SET ${names.map((name) => `${quoteName(name)} = DEFAULT`).join(', ')}`)
    .catch(() => undefined)
}

function changesByGet(user: StoreUser): Error {
  const hint =
    'For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries.'
  return storeError(164, 'READONLY', `${user.name}: Cannot execute query in readonly mode. ${hint}`)
}
