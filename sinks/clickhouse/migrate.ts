import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { ClickHouseClient } from '@clickhouse/client'
import { FLOW_COLUMNS } from '../../model/flow_columns.js'
import type { Logger } from '../../model/ports.js'
import { columnSql, FLOW_ALIASES, flowColumnsSql } from './flow_table.js'

/** Values that the SQL files leave open. */
export interface SchemaOptions {
  readonly flows_days: number
  readonly rollup_days: number
}

interface Migration {
  readonly name: string
  readonly text: string
  readonly checksum: string
}

const FOLDER = new URL('../../../sinks/clickhouse/schema/', import.meta.url)

/** The numbered files of `schema/`, in order. */
function migrations(): Migration[] {
  return readdirSync(FOLDER)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const text = readFileSync(new URL(name, FOLDER), 'utf8')
      return { name, text, checksum: createHash('sha256').update(text).digest('hex').slice(0, 16) }
    })
}

/** The statements of a file: they end with a semicolon at the end of a line; comment lines are left out. */
export function statementsOf(text: string, options: SchemaOptions): string[] {
  return text
    .replace(/^\s*--.*$/gm, '')
    .replace('{{flow_columns}}', flowColumnsSql())
    .replaceAll('{{flows_days}}', String(options.flows_days))
    .replaceAll('{{rollup_days}}', String(options.rollup_days))
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}

async function column(client: ClickHouseClient, sql: string): Promise<string[][]> {
  const answer = await client.query({ query: sql, format: 'JSONCompactEachRow' })
  return answer.json<string[]>()
}

/** Columns that a newer version of the flow's model has and the table has not. */
async function addFlowColumns(client: ClickHouseClient, logger: Logger): Promise<void> {
  const rows = await column(
    client,
    "SELECT name FROM system.columns WHERE database = 'vigie' AND table = 'flows'",
  )
  const there = new Set(rows.map(([name]) => name))
  const missing = [
    ...FLOW_COLUMNS.filter(({ name }) => !there.has(name)).map(columnSql),
    ...Object.entries(FLOW_ALIASES)
      .filter(([name]) => !there.has(name))
      .map(([name, sql]) => `${name} String ALIAS ${sql}`),
  ]
  if (missing.length === 0) return
  await client.command({
    query: `ALTER TABLE vigie.flows ${missing.map((sql) => `ADD COLUMN ${sql}`).join(', ')}`,
  })
  logger.info({ columns: missing.length }, 'columns were added to vigie.flows')
}

/**
 * Brings the database to this version: applies the numbered files that were not applied yet, each recorded in
 * `vigie.migrations`. Doing it again does nothing.
 * @throws Error when an applied file was changed since
 */
export async function migrate(
  client: ClickHouseClient,
  options: SchemaOptions,
  logger: Logger,
): Promise<void> {
  await client.command({ query: 'CREATE DATABASE IF NOT EXISTS vigie' })
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS vigie.migrations (name String, checksum String, applied DateTime64(3, 'UTC') DEFAULT now64(3))
            ENGINE = MergeTree ORDER BY name`,
  })
  const applied = new Map(
    (await column(client, 'SELECT name, checksum FROM vigie.migrations')).map(([name, checksum]) => [
      name!,
      checksum!,
    ]),
  )
  for (const { name, text, checksum } of migrations()) {
    const before = applied.get(name)
    if (before !== undefined && before !== checksum)
      throw new Error(
        `migration ${name} was applied in another form: write a new file instead of changing it`,
      )
    if (before !== undefined) continue
    for (const query of statementsOf(text, options)) await client.command({ query })
    await client.insert({ table: 'vigie.migrations', values: [{ name, checksum }], format: 'JSONEachRow' })
    logger.info({ migration: name }, 'migration applied')
  }
  await addFlowColumns(client, logger)
}
