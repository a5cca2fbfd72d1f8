import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { ClickHouseClient } from '@clickhouse/client'
import { FLOW_COLUMNS } from '../../model/flow_columns.js'
import type { Logger } from '../../model/ports.js'
import { onCluster } from './cluster.js'
import { columnSql, FLOW_ALIASES, flowColumnsSql } from './flow_table.js'

/** Values that the SQL files leave open. */
export interface SchemaOptions {
  /** Days that rows of `vigie.flows` are kept; a change takes effect at the next start. */
  readonly flows_days: number
  readonly rollup_days: number
  /** Days of findings and matches of threat indicators; left out: as the tables say. */
  readonly findings_days?: number
  /** Days that samples of edges are kept, and one-hour rollups. */
  readonly samples_days?: number
  readonly rollup_1h_days?: number
  /** Days that one-day rollups are kept. */
  readonly rollup_1d_days?: number
  /** Where days and months begin. It is written into the rollups of days when they are made. */
  readonly time_zone?: string
  /** How often days are rolled, min. */
  readonly roll_minutes?: number
  /** Name of a cluster; '' for one server. */
  readonly cluster?: string
}

export const SAMPLES_DAYS = 30
export const ROLLUP_1H_DAYS = 1100
export const ROLLUP_1D_DAYS = 1500
export const TIME_ZONE = 'America/Toronto'
export const ROLL_MINUTES = 5

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
    .replaceAll('{{samples_days}}', String(options.samples_days ?? SAMPLES_DAYS))
    .replaceAll('{{rollup_1h_days}}', String(options.rollup_1h_days ?? ROLLUP_1H_DAYS))
    .replaceAll('{{rollup_1d_days}}', String(options.rollup_1d_days ?? ROLLUP_1D_DAYS))
    .replaceAll('{{time_zone}}', options.time_zone ?? TIME_ZONE)
    .replaceAll('{{roll_minutes}}', String(options.roll_minutes ?? ROLL_MINUTES))
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
    .flatMap((statement) => (options.cluster ? onCluster(statement, options.cluster) : [statement]))
}

/** Without those settings of a table that this server does not know: they are about speed, and servers differ in them. */
export function knownSettings(statement: string, known: ReadonlySet<string>): string {
  return statement.replace(/\nSETTINGS ([\s\S]*)$/, (_, list: string) => {
    const kept = list.split(/,\s*/).filter((setting) => known.has(setting.split(/\s*=/)[0]!.trim()))
    return kept.length === 0 ? '' : `\nSETTINGS ${kept.join(', ')}`
  })
}

async function column(client: ClickHouseClient, sql: string): Promise<string[][]> {
  const answer = await client.query({ query: sql, format: 'JSONCompactEachRow' })
  return answer.json<string[]>()
}

/** Tables that hold the rows of `table`: itself, or on a cluster those of the servers and the one in front. */
const tablesOf = (table: string, cluster: string | undefined): string[] =>
  cluster
    ? [`vigie.${table}_local ON CLUSTER ${cluster}`, `vigie.${table} ON CLUSTER ${cluster}`]
    : [`vigie.${table}`]

/** Columns that a newer version of the flow's model has and the table has not. */
async function addFlowColumns(
  client: ClickHouseClient,
  options: SchemaOptions,
  logger: Logger,
): Promise<void> {
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
  for (const table of tablesOf('flows', options.cluster))
    await client.command({
      query: `ALTER TABLE ${table} ${missing.map((sql) => `ADD COLUMN IF NOT EXISTS ${sql}`).join(', ')}`,
    })
  logger.info({ columns: missing.length }, 'columns were added to vigie.flows')
}

/** Time of keeping, where the configuration has another than the table. Parts drop out as they are; none is rewritten. */
async function keepFor(
  client: ClickHouseClient,
  table: string,
  expression: string,
  days: number,
  options: SchemaOptions,
  logger: Logger,
): Promise<void> {
  const [[ddl = ''] = []] = await column(
    client,
    `SELECT create_table_query FROM system.tables WHERE database = 'vigie' AND name = '${table}${options.cluster ? '_local' : ''}'`,
  )
  if (ddl.includes(`toIntervalDay(${days})`)) return
  const [holder] = tablesOf(table, options.cluster)
  await client.command({
    query: `ALTER TABLE ${holder} MODIFY TTL ${expression} + INTERVAL ${days} DAY`,
    clickhouse_settings: { materialize_ttl_after_modify: 0 },
  })
  logger.info({ table, days }, 'rows are kept for another time than before')
}

/**
 * Brings the database to this version: applies the numbered files that were not applied yet, each recorded in
 * `vigie.migrations`; adds columns that the flow's model has got since; sets how long rows are kept. Doing it again does
 * nothing.
 * @throws Error when an applied file was changed since
 */
export async function migrate(
  client: ClickHouseClient,
  options: SchemaOptions,
  logger: Logger,
): Promise<void> {
  const on = options.cluster ? ` ON CLUSTER ${options.cluster}` : ''
  await client.command({ query: `CREATE DATABASE IF NOT EXISTS vigie${on}` })
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS vigie.migrations (name String, checksum String, applied DateTime64(3, 'UTC') DEFAULT now64(3))
            ENGINE = MergeTree ORDER BY name`,
  })
  const [applied, known] = await Promise.all([
    column(client, 'SELECT name, checksum FROM vigie.migrations'),
    column(client, 'SELECT name FROM system.merge_tree_settings'),
  ])
  const checksums = new Map(applied.map(([name, checksum]) => [name!, checksum!]))
  const settings = new Set(known.map(([name]) => name!))
  for (const { name, text, checksum } of migrations()) {
    const before = checksums.get(name)
    if (before !== undefined && before !== checksum)
      throw new Error(
        `migration ${name} was applied in another form: write a new file instead of changing it`,
      )
    if (before !== undefined) continue
    for (const statement of statementsOf(text, options))
      await client.command({ query: knownSettings(statement, settings) })
    await client.insert({ table: 'vigie.migrations', values: [{ name, checksum }], format: 'JSONEachRow' })
    logger.info({ migration: name }, 'migration applied')
  }
  await addFlowColumns(client, options, logger)
  await keepFor(client, 'flows', 'toDateTime(time_received)', options.flows_days, options, logger)
  await keepFor(client, 'flows_1m', 'minute', options.rollup_days, options, logger)
  if (options.findings_days !== undefined) {
    await keepFor(client, 'findings', 'toDateTime(time)', options.findings_days, options, logger)
    await keepFor(client, 'threat_matches', 'toDateTime(last_seen)', options.findings_days, options, logger)
  }
  for (const table of ['link_samples', 'tunnel_samples', 'if_counters']) {
    const { samples_days = SAMPLES_DAYS, rollup_1h_days = ROLLUP_1H_DAYS } = options
    await keepFor(client, table, 'toDateTime(received_at)', samples_days, options, logger)
    await keepFor(client, `${table}_1m`, 'minute', options.rollup_days, options, logger)
    await keepFor(client, `${table}_1h`, 'hour', rollup_1h_days, options, logger)
    if (table !== 'if_counters') await keepFor(client, `${table}_1d`, 'day', rollup_1h_days, options, logger)
  }
  await keepFor(client, 'edge_events', 'toDateTime(received_at)', options.rollup_days, options, logger)
  for (const table of ['state_1d', 'quality_1d', 'traffic_1d'])
    await keepFor(client, table, 'day', options.rollup_1d_days ?? ROLLUP_1D_DAYS, options, logger)
  for (const [table, expression] of [
    ['capacity_weeks', 'week'],
    ['capacity_months', 'month'],
    ['flows_1d', 'day'],
  ] as const)
    await keepFor(client, table, expression, options.rollup_1d_days ?? ROLLUP_1D_DAYS, options, logger)
  await keepFor(client, 'flows_1h', 'hour', options.rollup_1h_days ?? ROLLUP_1H_DAYS, options, logger)
  await keepFor(client, 'traffic_5m', 'day', options.rollup_days, options, logger)
  await keepFor(client, 'flow_mix_5m', 'bucket', options.rollup_days, options, logger)
  for (const [table, expression] of [
    ['flow_mix_1h', 'bucket'],
    ['flow_rolls', 'bucket'],
    ['exporter_1h', 'hour'],
    ['voice_1h', 'hour'],
  ] as const)
    await keepFor(client, table, expression, options.rollup_1h_days ?? ROLLUP_1H_DAYS, options, logger)
}
