import { mkdirSync } from 'node:fs'
import { Session } from 'chdb'

/** Settings and parameters of one query, as they came with the request. */
export interface QueryOptions {
  readonly database: string
  readonly settings: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
  readonly format: string
  /** Set last, so that the query can set no more. */
  readonly readonly: boolean
}

/** An answer: its bytes one after the other, and what the engine counted. */
export interface Answer {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly counts: { rows: number; bytes: number }
}

/** Formats whose answer may be cut between rows without a header or a footer: they are streamed. */
const STREAMED = new Set([
  'JSONEachRow',
  'JSONCompactEachRow',
  'JSONStringsEachRow',
  'TabSeparated',
  'TSV',
  'CSV',
  'Native',
  'RowBinary',
])

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const identifier = (text: string): string => `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``

/**
 * The engine on one data folder. Each query has a session of its own, made in about a millisecond, so that settings of
 * one never reach another; sessions of one process share the folder and run side by side on the engine's threads.
 */
export class Engine {
  readonly #dir: string
  /** Keeps the engine open while no query runs. */
  readonly #anchor: Session

  /** @throws Error when another process has the folder */
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true })
    this.#dir = dir
    this.#anchor = new Session(dir)
  }

  get version(): string {
    return this.#anchor.query('SELECT version()', 'TSV').trim()
  }

  /** Runs a query that gives rows, or none. The answer must be read to its end. */
  async run(sql: string, kind: 'read' | 'insert' | 'other', options: QueryOptions): Promise<Answer> {
    const session = new Session(this.#dir)
    try {
      prepare(session, options)
      if (kind === 'read' && STREAMED.has(options.format)) return await stream(session, sql, options.format)
      const result = await session.queryAsync(sql, { format: options.format })
      const bytes = result.bytes()
      const counts = { rows: result.rowsRead, bytes: result.bytesRead }
      session.close()
      return { chunks: once(bytes), counts }
    } catch (error) {
      session.close()
      throw error
    }
  }

  close(): void {
    this.#anchor.close()
  }
}

function prepare(session: Session, { database, settings, parameters, readonly }: QueryOptions): void {
  if (database !== '' && database !== 'default') session.query(`USE ${identifier(database)}`)
  const sets = [
    ...Object.entries(settings).map(([name, value]) => `${identifier(name)} = ${quote(value)}`),
    ...(readonly ? ['`readonly` = 1'] : []),
  ]
  for (const [name, value] of Object.entries(parameters))
    session.query(`SET ${identifier(`param_${name}`)} = ${quote(value)}`)
  if (sets.length > 0) session.query(`SET ${sets.join(', ')}`)
}

/** The first chunk is waited for, so that a query that is wrong fails before anything was answered. */
async function stream(session: Session, sql: string, format: string): Promise<Answer> {
  const source = session.queryStream(sql, { format })
  const chunks = source[Symbol.asyncIterator]()
  const counts = { rows: 0, bytes: 0 }
  const first = await chunks.next()
  async function* all(): AsyncIterableIterator<Uint8Array> {
    try {
      for (let at = first; !at.done; at = await chunks.next()) {
        counts.rows += at.value.numRows
        counts.bytes += at.value.numBytes
        yield at.value.raw()
      }
    } finally {
      if (!source.closed) source.cancel()
      session.close()
    }
  }
  return { chunks: all(), counts }
}

async function* once(bytes: Uint8Array): AsyncIterableIterator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
