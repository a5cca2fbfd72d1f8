import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { StoreQuestion, StoreQuestions, StoreRow } from '../../model/ports.js'
import { QuestionError } from '../../model/question_error.js'

/** Codes of a question that ran into its bounds. */
const CUT: Readonly<Record<string, string>> = {
  158: 'TOO_MANY_ROWS',
  159: 'TIMEOUT_EXCEEDED',
  160: 'TOO_SLOW',
  241: 'MEMORY_LIMIT_EXCEEDED',
  307: 'TOO_MANY_BYTES',
  396: 'TOO_MANY_ROWS_OR_BYTES',
}
/** Codes that pass: the schema is not there yet, or the store is busy or stops. */
const PASSING: Readonly<Record<string, string>> = {
  60: 'UNKNOWN_TABLE',
  81: 'UNKNOWN_DATABASE',
  202: 'TOO_MANY_SIMULTANEOUS_QUERIES',
  209: 'SOCKET_TIMEOUT',
  210: 'NETWORK_ERROR',
  236: 'ABORTED',
  279: 'ALL_CONNECTION_TRIES_FAILED',
  394: 'QUERY_WAS_CANCELLED',
}
const MEMORY_BYTES = 2 * 1024 ** 3
/** What a store that does not keep to its own bound of time gets beyond it, ms. */
const GRACE_MS = 5000
const LONGEST_MS = 600_000

/** Questions with bounds over ClickHouse's HTTP interface. */
export class ClickHouseQuestions implements StoreQuestions {
  readonly #client: ClickHouseClient

  constructor({ url }: { readonly url: string }) {
    this.#client = createClient({
      url,
      log: { level: ClickHouseLogLevel.OFF },
      application: 'vigie',
      request_timeout: LONGEST_MS,
      max_open_connections: 2,
      compression: { request: false, response: false },
    })
  }

  /** @throws QuestionError when it is not answered within its bounds, or never will be */
  async ask(
    { sql, params, maxRows, timeoutMs }: StoreQuestion,
    signal?: AbortSignal,
  ): Promise<readonly StoreRow[]> {
    const late = AbortSignal.timeout(timeoutMs + GRACE_MS)
    try {
      const answer = await this.#client.query({
        query: sql,
        query_params: params,
        format: 'JSONCompactEachRow',
        abort_signal: signal === undefined ? late : AbortSignal.any([late, signal]),
        clickhouse_settings: {
          // 2: nothing but reading, and the bounds beside it may be set.
          readonly: '2',
          max_execution_time: Math.max(1, Math.ceil(timeoutMs / 1000)),
          timeout_overflow_mode: 'throw',
          max_result_rows: String(maxRows),
          result_overflow_mode: 'throw',
          max_memory_usage: String(MEMORY_BYTES),
          max_threads: 1,
          output_format_json_quote_64bit_integers: 0,
          cancel_http_readonly_queries_on_client_close: 1,
        },
      })
      return await answer.json<StoreRow>()
    } catch (error) {
      if (late.aborted) throw new QuestionError('cut', `no answer within ${timeoutMs} ms`, { cause: error })
      if (!(error instanceof ClickHouseError) || error.code in PASSING) throw error
      throw new QuestionError(error.code in CUT ? 'cut' : 'failed', error.message, { cause: error })
    }
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}
