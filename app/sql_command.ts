import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { readConfig } from './config/vigie_config.js'
import { type CommandIo, UsageError } from './io.js'
import { formatOf } from './rows.js'

const FORMATS = { table: 'PrettyCompactMonoBlock', jsonl: 'JSONEachRow', csv: 'CSVWithNames' } as const

/** `vigie sql` */
export async function sqlCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { format: { type: 'string' }, config: { type: 'string' } },
    allowPositionals: true,
  })
  const [sql, ...rest] = positionals
  if (sql === undefined || rest.length > 0) throw new UsageError('vigie sql takes one query, in quotes')
  const { config } = readConfig(values.config === undefined ? [] : ['--config', values.config], io)
  const client = createClient({
    url: config.clickhouse_url,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, output_format_pretty_color: 0 },
  })
  try {
    const { stream } = await client.exec({
      query: sql,
      clickhouse_settings: { default_format: FORMATS[formatOf(values.format, io)] } as Record<string, string>,
    })
    await pipeline(stream, io.stdout, { end: false })
    return 0
  } catch (error) {
    if (error instanceof ClickHouseError)
      throw new Error(`ClickHouse says: ${error.message.trim()} (${error.type ?? error.code})`)
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')
      throw new Error(
        `no store at ${config.clickhouse_url}: start one with 'vigie up' or 'vigie demo', or set CLICKHOUSE_URL`,
      )
    throw error
  } finally {
    await client.close()
  }
}
