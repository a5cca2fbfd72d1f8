/** Asks the store one query; rows as objects. */
export type AskRows = <T>(sql: string) => Promise<T[]>

interface TableRow {
  readonly name: string
  readonly comment: string
  readonly create_table_query: string
}

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly comment: string
}

/** Values that a parameterised view can be described with. */
const SAMPLES: Readonly<Record<string, string>> = {
  Date: "'2025-01-01'",
  DateTime: "'2025-01-01 00:00:00'",
  String: "''",
  Float64: '0',
  UInt16: '1',
}

/** Units by the end of a column's name. */
const UNITS: readonly (readonly [string, string])[] = [
  ['_ratio', 'share, 0 to 1'],
  ['_minutes', 'minutes'],
  ['_ms', 'milliseconds'],
  ['_bps', 'bit/s'],
  ['_bps_per_week', 'bit/s a week'],
  ['_bytes', 'bytes'],
  ['_cad', 'Canadian dollars'],
  ['_on', 'day'],
  ['_at', 'moment, UTC'],
  ['_s', 'seconds'],
]

/** Tables that planners read beside the views. */
const TABLES = [
  'state_1d',
  'quality_1d',
  'traffic_5m',
  'traffic_1d',
  'flows_1h',
  'flows_1d',
  'capacity_weeks',
  'capacity_months',
  'capacity_forecasts',
  'migration_quality',
  'sla_months',
  'sla_month_versions',
  'billing_months',
  'supplier_invoice_lines',
  'tunnels',
  'link_terms',
  'site_terms',
  'sla_classes',
  'contracts',
  'maintenance_windows',
  'consolidations',
  'registry_versions',
]

/** Parameters of a view, in the order of their first use: name and type. */
export function parametersOf(createQuery: string): [name: string, type: string][] {
  const body = createQuery.replace(/COMMENT '(?:[^'\\]|\\.)*'/g, '')
  const found = new Map([...body.matchAll(/\{(\w+):\s*(\w+)\}/g)].map(([, name, type]) => [name!, type!]))
  return [...found]
}

const unitOf = (name: string): string => UNITS.find(([end]) => name.endsWith(end))?.[1] ?? ''

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

async function viewPart(ask: AskRows, view: TableRow): Promise<string> {
  const parameters = parametersOf(view.create_table_query)
  const call = parameters.map(([name, type]) => `${name} = ${SAMPLES[type]}`).join(', ')
  const from = `vigie.${view.name}${call === '' ? '' : `(${call})`}`
  const columns = await ask<ColumnRow>(`DESCRIBE TABLE (SELECT * FROM ${from})`)
  const shown = parameters.map(([name, type]) => `${name} ${type}`).join(', ')
  return `### vigie.${view.name}${shown === '' ? '' : `(${shown})`}

${view.comment}.

| column | type | unit |
| --- | --- | --- |
${columns.map(({ name, type }) => `| \`${name}\` | ${cell(type)} | ${unitOf(name)} |`).join('\n')}
`
}

async function tablePart(ask: AskRows, table: TableRow): Promise<string> {
  const columns = await ask<ColumnRow>(
    `SELECT name, type, comment FROM system.columns WHERE database = 'vigie' AND table = '${table.name}' ORDER BY position`,
  )
  return `### vigie.${table.name}

${table.comment}.

| column | type | meaning |
| --- | --- | --- |
${columns.map(({ name, type, comment }) => `| \`${name}\` | ${cell(type)} | ${cell(comment)} |`).join('\n')}
`
}

/** The data dictionary of planning as Markdown, from what the engine says of its views and tables. */
export async function dictionaryPage(ask: AskRows): Promise<string> {
  const tables = await ask<TableRow>(
    "SELECT name, comment, create_table_query FROM system.tables WHERE database = 'vigie' ORDER BY name",
  )
  const parts = [
    `# Data dictionary of planning

Written by \`npx vigie report dictionary > docs/planning/dictionary.md\` from the engine; do not edit. Names are stable: a view
gets columns, it loses none. Units end names. Questions that these views answer: [twenty questions](../questions.md).

## Views
`,
  ]
  for (const view of tables.filter(({ name }) => name.startsWith('v_'))) parts.push(await viewPart(ask, view))
  parts.push('## Tables\n')
  for (const name of TABLES) {
    const table = tables.find((row) => row.name === name)
    if (table !== undefined) parts.push(await tablePart(ask, table))
  }
  return `${parts.join('\n')}`
}
