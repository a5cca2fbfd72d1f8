import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createBrotliCompress, createDeflate, createGzip } from 'node:zlib'
import type { Answer, QueryCounts } from './answer.js'
import type { ChdbResult } from './chdb_binding.js'
import type { Engine, EngineSession } from './engine.js'
import { fromEngine } from './http_error.js'
import { NativeRevision } from './native_revision.js'
import type { QueryRequest } from './request.js'
import type { ResultPipes } from './result_pipes.js'
import { quoteName, quoteText } from './sql_quote.js'
import type { Statement } from './sql_text.js'

/** One query, ready to run. */
export interface Query {
  /** The text up to where data begins; `statement` has the offsets in it. */
  readonly sql: Buffer
  readonly statement: Statement
  readonly request: QueryRequest
  /** Settings of the request that the user may set, and those forced on it. */
  readonly settings: Readonly<Record<string, string>>
  readonly readonly: boolean
  /** The file that holds the data of an INSERT, and how it is packed. */
  readonly data: { readonly path: string; readonly packing: string } | undefined
  /** Finds the query in the list of processes. */
  readonly mark: string
}

export interface QueryDeps {
  readonly engine: Engine
  readonly pipes: ResultPipes
  /** Folder for answers that are held back until the query is done. */
  readonly dir: string
}

const SYNTAX_ERROR = 62

/** Tells a session what holds for the query: settings, database, parameters, and last that it may only read. */
export async function prepare(session: EngineSession, query: Query): Promise<void> {
  const { request, mark } = query
  const set = (values: readonly (readonly [string, string])[]): Promise<unknown> =>
    session.run(`SET ${values.map(([name, value]) => `${quoteName(name)} = ${quoteText(value)}`).join(', ')}`)
  const settings = { ...query.settings, log_comment: `${query.settings.log_comment ?? ''}${mark}` }
  await set(Object.entries(settings))
  if (request.database !== '') await session.run(`USE ${quoteName(request.database)}`)
  const parameters = Object.entries(request.parameters)
  if (parameters.length > 0) await set(parameters.map(([name, value]) => [`param_${name}`, value]))
  if (query.readonly) await set([['readonly', '1']])
  else if (request.safe && request.session === undefined) await set([['readonly', '2']])
}

/**
 * Runs the query on a prepared session and writes its answer.
 * @returns what was counted
 * @throws HttpError when it fails
 */
export async function runQuery(
  session: EngineSession,
  query: Query,
  answer: Answer,
  deps: QueryDeps,
): Promise<QueryCounts> {
  if (query.statement.kind === 'rows') return runRows(session, query, answer, deps)
  const { sql, own } =
    query.data === undefined ? { sql: plainSql(query), own: [] } : fromFile(query, query.data)
  try {
    const result = await session.run(sql, query.request.format)
    answer.describe(query.request.format, undefined, query.request.progress)
    if (result.bytes.length > 0) await answer.write(result.bytes)
    return counts(result, query.statement.verb === 'INSERT')
  } catch (error) {
    throw fromEngine(error, own)
  }
}

async function runRows(
  session: EngineSession,
  query: Query,
  answer: Answer,
  deps: QueryDeps,
): Promise<QueryCounts> {
  const { request, statement } = query
  const format = statement.format ?? request.format
  const revise = request.revision > 0 && format === 'Native'
  // What this process still changes, this process packs.
  const encoding = revise ? request.encodings.find((way) => way in PACKERS) : request.encodings[0]
  answer.describe(format, encoding, request.progress)
  const clause = (path: string): string => {
    const packed =
      encoding !== undefined && !revise ? ` COMPRESSION '${encoding}' LEVEL ${request.compressionLevel}` : ''
    return `\n INTO OUTFILE ${quoteText(path)} TRUNCATE${packed} `
  }
  const shape = (bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> =>
    revise ? packed(revised(bytes, request.revision), encoding, request.compressionLevel) : bytes
  try {
    const result = request.waitEnd
      ? await throughFile(session, query, clause, shape, answer, deps)
      : await throughPipe(session, query, clause, shape, answer, deps)
    return counts(result, false)
  } catch (error) {
    const said = fromEngine(error)
    if (said.code !== SYNTAX_ERROR || answer.begun) throw said
    return runPlain(session, query, answer)
  }
}

/**
 * Where the engine finds the text wrong that was made of the query, the query's own text gives the message that helps; and
 * one that takes no clause for a file runs then, and answers with what it has.
 */
async function runPlain(session: EngineSession, query: Query, answer: Answer): Promise<QueryCounts> {
  const { request, statement } = query
  try {
    const result = await session.run(plainSql(query), request.format)
    answer.describe(statement.format ?? request.format, undefined, request.progress)
    if (result.bytes.length > 0) await answer.write(result.bytes)
    return counts(result, false)
  } catch (error) {
    throw fromEngine(error)
  }
}

type Clause = (path: string) => string
type Shape = (bytes: AsyncIterable<Buffer>) => AsyncIterable<Buffer>

/** The answer flows while the query runs. */
async function throughPipe(
  session: EngineSession,
  query: Query,
  clause: Clause,
  shape: Shape,
  answer: Answer,
  { engine, pipes }: QueryDeps,
): Promise<ChdbResult> {
  const pipe = pipes.take()
  try {
    const done = session.run(intoFile(query, clause(pipe.path)))
    done.then(pipe.noMoreWriters, pipe.noMoreWriters)
    try {
      for await (const bytes of shape(pipe.stream)) await answer.write(bytes)
    } catch (error) {
      await Promise.allSettled([engine.kill(query.mark, done), done])
      throw error
    }
    return await done
  } finally {
    pipe.release()
  }
}

/** The answer lies in a file until the query is done. */
async function throughFile(
  session: EngineSession,
  query: Query,
  clause: Clause,
  shape: Shape,
  answer: Answer,
  { dir }: QueryDeps,
): Promise<ChdbResult> {
  const path = join(dir, randomUUID())
  try {
    const result = await session.run(intoFile(query, clause(path)))
    answer.holdNoMore(counts(result, false))
    for await (const bytes of shape(createReadStream(path))) await answer.write(bytes)
    return result
  } finally {
    await unlink(path).catch(() => undefined)
  }
}

const plainSql = ({ sql, statement }: Query): string => sql.toString('utf8', 0, statement.end)

/** A statement that gives rows, with a clause that sends them to a file. */
function intoFile({ sql, statement, request }: Query, clause: string): string {
  const head = sql.toString('utf8', 0, statement.fileAt)
  if (statement.format === undefined) return `${head}${clause}FORMAT ${quoteName(request.format)}`
  return head + clause + sql.toString('utf8', statement.formatAt, statement.end)
}

/** `INSERT INTO t (a) SETTINGS … FORMAT x` with its data in a file; and which texts are not the user's. */
function fromFile(
  { sql, statement }: Query,
  { path, packing }: { path: string; packing: string },
): { sql: string; own: string[] } {
  const clause = ` FROM INFILE ${quoteText(path)} COMPRESSION ${quoteText(packing)} `
  const text = (from: number, to: number): string => sql.toString('utf8', from, to)
  const format =
    statement.format === 'Values' ? 'FORMAT Values' : text(statement.formatAt, statement.formatEnd)
  return {
    sql: text(0, statement.fileAt) + clause + text(statement.fileAt, statement.formatAt) + format,
    own: [
      clause.trim(),
      `: (in file/uri ${path})`,
      ` (in file/uri ${path})`,
      ': data for INSERT was parsed from file',
    ],
  }
}

function counts({ rowsRead, bytesRead }: ChdbResult, written: boolean): QueryCounts {
  return {
    readRows: rowsRead,
    readBytes: bytesRead,
    writtenRows: written ? rowsRead : 0,
    writtenBytes: written ? bytesRead : 0,
  }
}

async function* revised(bytes: AsyncIterable<Buffer>, revision: number): AsyncGenerator<Buffer> {
  const blocks = new NativeRevision(revision)
  for await (const chunk of bytes) yield* blocks.add(chunk)
  yield* blocks.end()
}

const PACKERS: Readonly<Record<string, (level: number) => NodeJS.ReadWriteStream>> = {
  gzip: (level) => createGzip({ level }),
  deflate: (level) => createDeflate({ level }),
  br: () => createBrotliCompress(),
}

function packed(
  bytes: AsyncIterable<Buffer>,
  encoding: string | undefined,
  level: number,
): AsyncIterable<Buffer> {
  const pack = encoding === undefined ? undefined : PACKERS[encoding]
  if (pack === undefined) return bytes
  const source = Readable.from(bytes, { objectMode: false })
  const packer = pack(level)
  source.once('error', (error) => packer.emit('error', error))
  return source.pipe(packer) as unknown as AsyncIterable<Buffer>
}
