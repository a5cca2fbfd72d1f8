import { ClickHouseLogLevel, createClient, type SettingsMap } from '@clickhouse/client'
import type { Cell, Frame, FrameColumn } from './viewer/shared/protocol.js'

/** Bounds of one query, whatever a page asks for. */
export interface QueryBounds {
  readonly rowsMax: number
  readonly secondsMax: number
  /** `additional_table_filters`: rows of each table that may be read. */
  readonly filters?: string
}

/** Where rows come from. A query that fails rejects with `QueryError`. */
export interface RowSource {
  query(sql: string, bounds: QueryBounds, signal?: AbortSignal): Promise<Frame>
  close(): Promise<void>
}

/** The store refused or did not answer. `code` is ClickHouse's, 0 where there was no answer. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly code: number

  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

const kindOf = (type: string): FrameColumn['kind'] => {
  const bare = type.replaceAll(/(?:Nullable|LowCardinality)\(|\)+$/g, '')
  if (/^Date/.test(bare)) return 'time'
  return /^(?:U?Int|Float|Decimal|Bool)/.test(bare) ? 'number' : 'string'
}

/** A value of JSONCompact as a cell. */
function cell(value: unknown, kind: FrameColumn['kind']): Cell {
  if (value === null || value === undefined) return null
  if (kind === 'string') return typeof value === 'string' ? value : JSON.stringify(value)
  const number = kind === 'time' ? Date.parse(String(value)) : Number(value)
  return Number.isFinite(number) ? number : null
}

interface Compact {
  readonly meta: readonly { name: string; type: string }[]
  readonly data: readonly (readonly unknown[])[]
}

/** Rows of a ClickHouse server, or of the embedded store, over HTTP; read only, bounded in rows and time. */
export function clickHouseRows(url: string, connections: number): RowSource {
  const client = createClient({
    url,
    application: 'vigie-dashboards',
    // What fails is told to whoever asked; the client's own log would say it twice.
    log: { level: ClickHouseLogLevel.OFF },
    max_open_connections: connections,
    request_timeout: 60_000,
    compression: { response: false, request: false },
  })
  const query = async (sql: string, bounds: QueryBounds, signal?: AbortSignal): Promise<Frame> => {
    const answer = await client.query({
      query: sql,
      format: 'JSONCompact',
      ...(signal === undefined ? {} : { abort_signal: signal }),
      clickhouse_settings: {
        readonly: '1',
        max_execution_time: bounds.secondsMax,
        max_result_rows: String(bounds.rowsMax + 1),
        result_overflow_mode: 'break',
        output_format_json_quote_64bit_integers: 0,
        output_format_json_quote_denormals: 0,
        date_time_output_format: 'iso',
        // As text, which is how it goes over the wire: the client's own map does not escape quotation marks.
        ...(bounds.filters !== undefined && {
          additional_table_filters: bounds.filters as unknown as SettingsMap,
        }),
      },
    })
    const { meta, data } = (await answer.json()) as unknown as Compact
    const columns = meta.map(({ name, type }) => ({ name, kind: kindOf(type) }))
    return {
      columns,
      rows: data.slice(0, bounds.rowsMax).map((row) => row.map((value, i) => cell(value, columns[i]!.kind))),
      truncated: data.length > bounds.rowsMax,
    }
  }
  return {
    async query(sql, bounds, signal) {
      try {
        return await query(sql, bounds, signal)
      } catch (error) {
        const { message, code } = error as Error & { code?: unknown }
        throw new QueryError(message.split('\n')[0]!.slice(0, 500), Number(code) || 0)
      }
    },
    close: () => client.close(),
  }
}
