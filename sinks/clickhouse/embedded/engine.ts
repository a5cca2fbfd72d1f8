import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ChdbBinding, type ChdbConnection, type ChdbResult, loadChdb } from './chdb_binding.js'
import { mendDeduplication } from './deduplication.js'
import { quoteText } from './sql_quote.js'

export interface EngineOptions {
  /** Folder of the tables; one process at a time may have it. */
  readonly dir: string
  /** Settings of engine and queries, `name → value`, as on clickhouse-local's command line. */
  readonly settings: Readonly<Record<string, string | number>>
}

/** Statements on one connection, run one after the other. Closed by whoever opened it. */
export interface EngineSession {
  run(sql: string, format?: string): Promise<ChdbResult>
  close(): void
}

/** Another process has the folder. */
export class EngineBusyError extends Error {
  override readonly name = 'EngineBusyError'
}

const KILL_AGAIN_MS = 100

/**
 * ClickHouse inside this process, on one data folder. Sessions share the folder and run side by side, each statement on
 * a thread of libuv's pool; a session costs a tenth of a millisecond, so that every request has its own and settings of
 * one never reach another.
 */
export class Engine {
  readonly #options: EngineOptions
  #chdb: ChdbBinding | undefined
  /** Keeps the engine open while no query runs. */
  #anchor: ChdbConnection | undefined
  #version = ''
  #timezone = ''
  readonly #running = new Set<Promise<unknown>>()

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** Version of ClickHouse, `26.7.2.1`. */
  get version(): string {
    return this.#version
  }

  get timezone(): string {
    return this.#timezone
  }

  /**
   * Opens the folder, which is made when it is not there.
   * @throws EngineBusyError when another process has it open
   */
  async start(): Promise<void> {
    const { dir, settings } = this.#options
    await mkdir(dir, { recursive: true })
    await mendDeduplication(dir)
    this.#chdb = loadChdb()
    const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`)
    try {
      this.#anchor = this.#chdb.CreateConnection(dir, args)
    } catch (cause) {
      throw openingFailed(dir, cause)
    }
    const session = this.open()
    const { bytes } = await session.run('SELECT version(), timezone()').finally(() => session.close())
    const [version = '', timezone = ''] = bytes.toString().trim().split('\t')
    this.#version = version
    this.#timezone = timezone
  }

  open(): EngineSession {
    const chdb = this.#chdb
    if (chdb === undefined || this.#anchor === undefined) throw new Error('the engine is not open')
    const connection = chdb.CreateConnection(this.#options.dir)
    return {
      run: (sql, format = 'TabSeparated') => this.#track(chdb.QueryAsyncConnection(connection, sql, format)),
      close: () => chdb.CloseConnection(connection),
    }
  }

  /**
   * Ends the statements that carry `mark` in their log_comment, again and again until `done` settles: a query that is
   * still being planned is not in the list of processes yet.
   */
  async kill(mark: string, done: Promise<unknown>): Promise<void> {
    let over = false
    const settled = done.then(
      () => (over = true),
      () => (over = true),
    )
    while (!over && this.#anchor !== undefined) {
      const session = this.open()
      try {
        await session.run(`KILL QUERY WHERE Settings['log_comment'] LIKE ${quoteText(`%${mark}`)} ASYNC`)
      } finally {
        session.close()
      }
      const again = new Promise((resolve) => setTimeout(resolve, KILL_AGAIN_MS).unref())
      await Promise.race([settled, again])
    }
  }

  /** Waits for what runs, lets `last` close the sessions that are left, then lets go of the folder. */
  async stop(last: () => void = () => undefined): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running])
    last()
    if (this.#anchor !== undefined) this.#chdb?.CloseConnection(this.#anchor)
    this.#anchor = undefined
  }

  #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running)
    const forget = (): unknown => this.#running.delete(running)
    running.then(forget, forget)
    return running
  }
}

/** The engine does not say why it could not open; its status file says who has the folder. */
function openingFailed(dir: string, cause: unknown): Error {
  let holder: string | undefined
  try {
    holder = /PID:\s*(\d+)/.exec(readFileSync(join(dir, 'status'), 'utf8'))?.[1]
    if (holder !== undefined && Number(holder) !== process.pid) process.kill(Number(holder), 0)
  } catch {
    // No status file, or the process that wrote it is gone: the folder is not the trouble.
    holder = undefined
  }
  if (holder === undefined) return new Error(`the engine could not open ${dir}`, { cause })
  return new EngineBusyError(`the process ${holder} has the store in ${dir} open: stop it first`, { cause })
}
