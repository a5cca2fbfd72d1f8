import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

/** Asks the store small questions: one query, rows as objects, 64-bit numbers as numbers. */
export interface StoreReader {
  rows<T>(sql: string): Promise<T[]>
  close(): Promise<void>
}

export function storeReader(url: string): StoreReader {
  const client: ClickHouseClient = createClient({
    url,
    log: { level: ClickHouseLogLevel.OFF },
    application: 'vigie',
    request_timeout: 30_000,
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return {
    async rows<T>(sql: string) {
      const answer = await client.query({ query: sql, format: 'JSONEachRow' })
      return answer.json<T>()
    },
    close: () => client.close(),
  }
}
