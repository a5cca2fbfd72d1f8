import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { BlockStore } from '../../model/ports.js'
import { RefusedError } from '../../model/refused_error.js'
import { gather, mergeNative } from './native_merge.js'

export interface WriterOptions {
  /** With user and password where the server asks for them: `http://user:password@host:8123`. */
  readonly url: string
  readonly insertTimeoutMs?: number
  /** Shards of the cluster that the tables are distributed over; 1 on one server. */
  readonly shards?: number
}

/**
 * Codes that another try does not mend, since the data or the schema are wrong. All others may pass: no memory, too many
 * parts, a disk that is full, a server that stops, a table that is not there yet.
 */
const REFUSALS: Readonly<Record<string, string>> = {
  6: 'CANNOT_PARSE_TEXT',
  16: 'NO_SUCH_COLUMN_IN_TABLE',
  26: 'CANNOT_PARSE_QUOTED_STRING',
  27: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
  32: 'ATTEMPT_TO_READ_AFTER_EOF',
  33: 'CANNOT_READ_ALL_DATA',
  38: 'CANNOT_PARSE_DATE',
  41: 'CANNOT_PARSE_DATETIME',
  44: 'ILLEGAL_COLUMN',
  50: 'UNKNOWN_TYPE',
  53: 'TYPE_MISMATCH',
  62: 'SYNTAX_ERROR',
  69: 'ARGUMENT_OUT_OF_BOUND',
  70: 'CANNOT_CONVERT_TYPE',
  117: 'INCORRECT_DATA',
  131: 'TOO_LARGE_STRING_SIZE',
  349: 'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
  691: 'UNKNOWN_ELEMENT_OF_ENUM',
}

/** Blocks up to this size are laid together before they are written, so that a batch is one part (two over midnight). */
const PART_ROWS = 2_000_000
const PART_BYTES = 1_000_000_000

const SETTINGS = {
  // The token goes on to the views: a batch that comes again is folded there as well, and one whose insert was cut off
  // between table and view is completed.
  deduplicate_blocks_in_dependent_materialized_views: 1,
  insert_deduplicate: 1,
  async_insert: 0,
  // The rows of a rollup are grouped already: to sum them up before they are written costs as much as the grouping.
  optimize_on_insert: 0,
  max_insert_threads: '1',
  max_threads: 1,
  min_insert_block_size_rows: String(PART_ROWS),
  min_insert_block_size_bytes: String(PART_BYTES),
  wait_end_of_query: 1,
} as const

/** Native blocks into ClickHouse over HTTP, exactly once by their token. Not compressed: the store is near. */
export class ClickHouseWriter implements BlockStore {
  readonly #client: ClickHouseClient
  readonly #shards: number

  constructor({ url, insertTimeoutMs = 120_000, shards = 1 }: WriterOptions) {
    this.#shards = shards
    this.#client = createClient({
      url,
      log: { level: ClickHouseLogLevel.OFF },
      application: 'vigie',
      request_timeout: insertTimeoutMs,
      max_open_connections: 8,
      keep_alive: { enabled: true },
      compression: { request: false, response: false },
    })
  }

  get client(): ClickHouseClient {
    return this.#client
  }

  /**
   * Resolves when the rows can be read, once, however often the same token came.
   * @throws RefusedError when ClickHouse will never take these rows; any other error is worth another try under the same
   * token, also one of a connection that broke when the rows may have been written
   */
  async insert({ table, token, blocks }: Parameters<BlockStore['insert']>[0]): Promise<void> {
    try {
      const { stream } = await this.#client.exec({
        query: `INSERT INTO ${table} FORMAT Native`,
        values: Readable.from(gather(mergeNative(blocks)), { objectMode: false }),
        clickhouse_settings: {
          ...SETTINGS,
          ...this.#shardOf(token),
          insert_deduplication_token: token,
          // Flow columns that are left out are zero or empty: no default has to be computed for each row.
          input_format_defaults_for_omitted_fields: table === 'vigie.flows' ? 0 : 1,
        },
      })
      await drain(stream)
    } catch (error) {
      if (error instanceof ClickHouseError && error.code in REFUSALS)
        throw new RefusedError(`${table}: ClickHouse refuses the rows for good: ${error.message}`, {
          cause: error,
        })
      throw error
    }
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** A batch goes whole to one shard, the same every time: tokens are known to one shard only. */
  #shardOf(token: string): Readonly<Record<string, string | number>> {
    if (this.#shards <= 1) return {}
    let sum = 0
    for (let i = 0; i < token.length; i++) sum = (sum * 31 + token.charCodeAt(i)) >>> 0
    return { insert_shard_id: String(1 + (sum % this.#shards)), insert_distributed_sync: 1 }
  }
}

async function drain(stream: Readable): Promise<void> {
  for await (const _ of stream) {
    // An insert answers with no rows; reading to the end gives the connection back.
  }
}
