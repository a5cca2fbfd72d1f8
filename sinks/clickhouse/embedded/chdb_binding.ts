import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** A connection to the engine: settings, parameters and database of its own; many share one data folder. */
export type ChdbConnection = { readonly __chdb: never }

/** What the engine tells of a statement when it is done. */
export interface ChdbResult {
  readonly bytes: Buffer
  /** Seconds. */
  readonly elapsed: number
  /** Rows read, or written by an INSERT. */
  readonly rowsRead: number
  readonly bytesRead: number
}

/** The calls of chDB's addon that the store uses. */
export interface ChdbBinding {
  /** The first call opens the engine on `dir` and takes some 100 ms; further ones take a tenth of one. */
  CreateConnection(dir: string, args?: readonly string[]): ChdbConnection
  /** No call may be under way on the connection. */
  CloseConnection(connection: ChdbConnection): void
  /** Runs on a thread of libuv's pool until the statement is done. */
  QueryAsyncConnection(connection: ChdbConnection, sql: string, format: string): Promise<ChdbResult>
}

/**
 * The addon itself rather than the package's `Session`: a session that is closed waits until every query of the process
 * is done, so that under one long query the connections of all others would pile up.
 */
export function loadChdb(): ChdbBinding {
  const require = createRequire(import.meta.url)
  const root = dirname(require.resolve('chdb/package.json'))
  const loader = require(join(root, 'dist', 'loader.js')) as { loadNative(): ChdbBinding }
  return loader.loadNative()
}
