import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { BlockStore } from '../../model/ports.js'

/** ClickHouse said no for good: the same bytes would be refused again. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

export interface WriterOptions {
  readonly url: string
  /** Threads of one insert: one keeps a batch in one part. */
  readonly insertTimeoutMs?: number
}

/** Codes of ClickHouse that another try does not mend: the data or the schema is wrong. */
const REFUSALS = new Set([
  '6',
  '16',
  '26',
  '27',
  '33',
  '38',
  '41',
  '44',
  '47',
  '53',
  '60',
  '62',
  '69',
  '70',
  '81',
  '117',
  '349',
])

/**
 * Settings of an insert. Small blocks are squashed to one before they are written, so that a batch is one part; the token
 * goes on to the views; a sort of the rollup's rows at insert would be done again by the first merge.
 */
const SETTINGS = {
  deduplicate_blocks_in_dependent_materialized_views: 1,
  insert_deduplicate: 1,
  async_insert: 0,
  input_format_defaults_for_omitted_fields: 0,
  optimize_on_insert: 0,
  max_insert_threads: '1',
  max_threads: 1,
  min_insert_block_size_rows: '2000000',
  min_insert_block_size_bytes: '1000000000',
  wait_end_of_query: 1,
} as const

/** Native blocks into ClickHouse over HTTP, exactly once by their token. */
export class ClickHouseWriter implements BlockStore {
  readonly #client: ClickHouseClient

  constructor({ url, insertTimeoutMs = 120_000 }: WriterOptions) {
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
   * @throws RefusedError when ClickHouse will never take these rows; any other error is worth another try
   */
  async insert({ table, token, blocks }: Parameters<BlockStore['insert']>[0]): Promise<void> {
    try {
      const { stream } = await this.#client.exec({
        query: `INSERT INTO ${table} FORMAT Native`,
        values: Readable.from(
          blocks.map((block) => Buffer.from(block.buffer, block.byteOffset, block.byteLength)),
          {
            objectMode: false,
          },
        ),
        clickhouse_settings: { ...SETTINGS, insert_deduplication_token: token },
      })
      await drain(stream)
    } catch (error) {
      if (error instanceof ClickHouseError && REFUSALS.has(error.code))
        throw new RefusedError(`${table}: ClickHouse refuses the rows for good: ${error.message}`, {
          cause: error,
        })
      throw error
    }
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

async function drain(stream: Readable): Promise<void> {
  for await (const _ of stream) {
    // An insert answers with no rows; reading to the end gives the connection back.
  }
}
