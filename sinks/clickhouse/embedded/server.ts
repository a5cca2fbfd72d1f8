import { randomUUID, timingSafeEqual } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Component, Logger } from '../../../model/ports.js'
import type { StoreConfig } from '../config.js'
import { Engine } from './engine.js'
import { fromEngine, HttpError } from './http_error.js'
import { bodyOf, type QueryRequest, readRequest } from './request.js'
import { inlineData, insertFromFile, readStatement, type Statement } from './statement.js'
import { Turns } from './turns.js'

export interface EmbeddedStoreDeps {
  readonly logger: Logger
  readonly metrics: Registry
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  JSON: 'application/json; charset=UTF-8',
  JSONCompact: 'application/json; charset=UTF-8',
  JSONEachRow: 'application/x-ndjson; charset=UTF-8',
  JSONCompactEachRow: 'application/x-ndjson; charset=UTF-8',
  CSV: 'text/csv; charset=UTF-8; header=absent',
  CSVWithNames: 'text/csv; charset=UTF-8; header=present',
  TabSeparated: 'text/tab-separated-values; charset=UTF-8',
  TSV: 'text/tab-separated-values; charset=UTF-8',
  TabSeparatedWithNames: 'text/tab-separated-values; charset=UTF-8',
  Native: 'application/octet-stream',
  RowBinary: 'application/octet-stream',
  Parquet: 'application/octet-stream',
  Arrow: 'application/octet-stream',
}

const same = (a: string, b: string): boolean => {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

async function readAll(stream: Readable, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax)
      throw new HttpError(
        413,
        131,
        `Code: 131. DB::Exception: The query is over ${bytesMax} bytes. (TOO_LARGE_STRING_SIZE)\n`,
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * ClickHouse's HTTP interface over the embedded engine: curl, `@clickhouse/client`, Grafana and people see a server.
 *
 * Data of an insert goes to a file below the data folder, from which the engine reads it in any of its formats; the page
 * cache holds it, and it is gone when the insert is done.
 */
export class EmbeddedStore implements Component {
  readonly #config: StoreConfig
  readonly #deps: EmbeddedStoreDeps
  readonly #turns: Turns
  readonly #spool: string
  readonly #seconds: Histogram
  readonly #failures: Counter
  #engine: Engine | undefined
  #server: Server | undefined
  #version = ''

  constructor(config: StoreConfig, deps: EmbeddedStoreDeps) {
    this.#config = config
    this.#deps = deps
    this.#turns = new Turns(config.queries_max, config.waiting_max)
    this.#spool = resolve(config.data_dir, 'incoming')
    const registers = [deps.metrics]
    this.#seconds = new Histogram({
      name: 'vigie_store_query_seconds',
      help: 'Time of queries from their turn to the end of the answer.',
      labelNames: ['kind'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    })
    this.#failures = new Counter({
      name: 'vigie_store_query_failures_total',
      help: 'Queries that ended in an error.',
      registers,
    })
    const turns = this.#turns
    new Gauge({
      name: 'vigie_store_queries',
      help: 'Queries that run, and that wait for their turn.',
      labelNames: ['state'],
      registers,
      collect() {
        this.set({ state: 'running' }, turns.active)
        this.set({ state: 'waiting' }, turns.queued)
      },
    })
  }

  /** Where it listens, once it is started. */
  get url(): string {
    if (this.#server === undefined) throw new Error('the embedded store is not started')
    const { address, port, family } = this.#server.address() as AddressInfo
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return
    await rm(this.#spool, { recursive: true, force: true })
    await mkdir(this.#spool, { recursive: true })
    this.#engine = new Engine(resolve(this.#config.data_dir, 'engine'))
    this.#version = this.#engine.version
    const server = createServer((request, response) => {
      this.#serve(request, response).catch((error: Error) => {
        this.#deps.logger.warn({ error: error.message }, 'an answer was cut off')
        response.destroy()
      })
    })
    server.keepAliveTimeout = 30_000
    server.requestTimeout = 0
    await new Promise<void>((done, failed) => {
      server.once('error', failed)
      server.listen(this.#config.port, this.#config.host, done)
    })
    this.#server = server
    this.#deps.logger.info({ url: this.url, version: this.#version }, 'the embedded store listens')
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server !== undefined) {
      const closed = new Promise((done) => server.close(done))
      server.closeIdleConnections()
      const timer = setTimeout(() => server.closeAllConnections(), 5_000)
      await closed
      clearTimeout(timer)
    }
    this.#engine?.close()
    this.#engine = undefined
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0]
    response.setHeader('X-ClickHouse-Server-Display-Name', 'vigie')
    if (path === '/ping' || path === '/replicas_status') {
      response.end('Ok.\n')
      return
    }
    try {
      const read = readRequest(request)
      const reader = this.#authenticate(read)
      if (path !== '/' && path !== '/query')
        throw new HttpError(404, 0, `There is no handle ${path}\n\nUse / or /ping for health checks.\n`)
      if (request.method === 'GET' && read.query === '') {
        response.end('Ok.\n')
        return
      }
      const turn = await this.#turns.take()
      if (turn === undefined)
        throw new HttpError(
          503,
          202,
          'Code: 202. DB::Exception: Too many simultaneous queries. (TOO_MANY_SIMULTANEOUS_QUERIES)\n',
        )
      try {
        await this.#answer(request, response, read, reader)
      } finally {
        turn()
      }
    } catch (error) {
      this.#fail(request, response, fromEngine(error, this.#version))
    }
  }

  /** @returns whether the user may only read */
  #authenticate({ user, password }: QueryRequest): boolean {
    const { password: wanted, reader_password: readers } = this.#config
    const known = user === 'default' || user === 'vigie' || (user === 'reader' && readers !== undefined)
    const right = user === 'reader' ? readers : wanted
    if (known && (right === undefined || same(password, right))) return user === 'reader'
    throw new HttpError(
      403,
      516,
      `Code: 516. DB::Exception: ${user}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)\n`,
    )
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    read: QueryRequest,
    reader: boolean,
  ): Promise<void> {
    const end = this.#seconds.startTimer()
    const started = process.hrtime.bigint()
    const { statement, file } = await this.#statement(request, read)
    try {
      if (read.fromGet && statement.kind !== 'read')
        throw new HttpError(
          500,
          164,
          'Code: 164. DB::Exception: default: Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries. (READONLY)\n',
        )
      const format = statement.format ?? read.format
      const answer = await this.#engine!.run(statement.sql, statement.kind, {
        ...read,
        format,
        readonly: reader,
      })
      const elapsed = String(process.hrtime.bigint() - started)
      const summary = {
        read_rows: '0',
        read_bytes: '0',
        written_rows: '0',
        written_bytes: '0',
        total_rows_to_read: '0',
        result_rows: '0',
        result_bytes: '0',
        elapsed_ns: elapsed,
      }
      const counted = statement.kind === 'insert' ? 'written' : 'read'
      response.setHeader(
        'X-ClickHouse-Summary',
        JSON.stringify({
          ...summary,
          [`${counted}_rows`]: String(answer.counts.rows),
          [`${counted}_bytes`]: String(answer.counts.bytes),
        }),
      )
      response.setHeader('X-ClickHouse-Query-Id', read.queryId ?? randomUUID())
      response.setHeader('X-ClickHouse-Format', format)
      response.setHeader('X-ClickHouse-Timezone', 'UTC')
      response.setHeader('Content-Type', CONTENT_TYPES[format] ?? 'text/plain; charset=UTF-8')
      if (read.compressAnswer) {
        response.setHeader('Content-Encoding', 'gzip')
        await pipeline(
          Readable.from(answer.chunks, { objectMode: false }),
          createGzip({ level: 1 }),
          response,
        )
      } else await pipeline(Readable.from(answer.chunks, { objectMode: false }), response)
    } finally {
      end({ kind: statement.kind })
      if (file !== undefined) await unlink(file).catch(() => undefined)
    }
  }

  /** The query, and the file its data was put in. */
  async #statement(
    request: IncomingMessage,
    read: QueryRequest,
  ): Promise<{ statement: Statement; file?: string }> {
    const named = read.query === '' ? undefined : readStatement(read.query)
    if (read.fromGet) return { statement: named! }
    const body = bodyOf(request)
    if (named?.kind === 'insert' && named.format !== undefined) {
      const file = join(this.#spool, randomUUID())
      await pipeline(body, createWriteStream(file))
      return { statement: { ...named, sql: insertFromFile(named, file)! }, file }
    }
    const text = await readAll(body, this.#config.query_bytes_max * 64)
    const whole = named === undefined ? text : Buffer.concat([Buffer.from(`${read.query}\n`), text])
    const inline = /^\s*insert\b/i.test(whole.subarray(0, 256).toString('latin1'))
      ? inlineData(whole)
      : undefined
    if (inline === undefined) return { statement: readStatement(whole.toString('utf8')) }
    const file = join(this.#spool, randomUUID())
    await pipeline(Readable.from([inline.data]), createWriteStream(file))
    const statement = readStatement(inline.sql)
    return { statement: { ...statement, sql: insertFromFile(statement, file)! }, file }
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: HttpError): void {
    this.#failures.inc()
    if (response.headersSent) {
      response.destroy()
      return
    }
    if (!request.complete) request.resume()
    response.removeHeader('Content-Encoding')
    response.statusCode = error.status
    if (error.code > 0) response.setHeader('X-ClickHouse-Exception-Code', String(error.code))
    response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
    response.end(error.message)
  }
}
