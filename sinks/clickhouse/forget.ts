import type { ClickHouseClient } from '@clickhouse/client'

/** Who is to be forgotten. */
export type Subject =
  | {
      readonly kind: 'address'
      /** The address and its pseudonyms, as text; IPv4 also as it stands in columns, ::ffff:a.b.c.d. */
      readonly texts: readonly string[]
    }
  | {
      readonly kind: 'org'
      readonly id: string
      /** What rows store of it; 0 where it was never given a number. */
      readonly number: number
    }

/** Rows of one table that are about a subject. */
export interface SubjectRows {
  readonly table: string
  readonly where: string
  readonly rows: number
}

interface Column {
  readonly table: string
  readonly name: string
  readonly type: string
}

/** Tables of names and bookkeeping: no row of them is about a host, and none is left without its names. */
const KEPT = new Set([
  'organizations',
  'sites',
  'suppliers',
  'links',
  'applications',
  'app_classes',
  'regions',
  'exporter_names',
  'interfaces',
  'autonomous_systems',
  'threat_indicators',
  'ledger',
  'migrations',
])
/** Tables whose texts are labels of devices, so many that they are not read through: addresses are columns there. */
const NO_TEXTS = new Set(['flows', 'flows_1m'])
/** Addresses of devices, not of hosts. */
const DEVICE_COLUMNS = new Set(['exporter_addr'])
const ORG_NUMBERS = new Set(['org_id', 'src_org_id', 'dst_org_id'])

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/**
 * Deletes what tables hold of a subject. Which columns hold addresses, texts or organisations is asked of the database, so
 * that a table that comes later is not forgotten.
 */
export class Forgetter {
  readonly #client: ClickHouseClient
  readonly #cluster: string

  constructor(client: ClickHouseClient, cluster = '') {
    this.#client = client
    this.#cluster = cluster
  }

  /** What there is of the subject, table by table. */
  async find(subject: Subject): Promise<SubjectRows[]> {
    const byTable = new Map<string, string[]>()
    for (const column of await this.#columns()) {
      const condition = conditionOf(column, subject)
      if (condition === undefined) continue
      byTable.set(column.table, [...(byTable.get(column.table) ?? []), condition])
    }
    const found: SubjectRows[] = []
    for (const [table, conditions] of byTable) {
      const where = conditions.join(' OR ')
      const answer = await this.#client.query({
        query: `SELECT toFloat64(count()) AS n FROM vigie.${table} WHERE ${where}`,
        format: 'JSONEachRow',
      })
      const [row] = await answer.json<{ n: number }>()
      if (row !== undefined && row.n > 0) found.push({ table, where, rows: row.n })
    }
    return found
  }

  /** Resolves when the rows are gone from the disk's parts. */
  async delete({ table, where }: SubjectRows): Promise<void> {
    const [target, on] = this.#cluster
      ? [await this.#localOf(table), ` ON CLUSTER ${this.#cluster}`]
      : [table, '']
    await this.#client.command({
      query: `ALTER TABLE vigie.${target}${on} DELETE WHERE ${where}`,
      clickhouse_settings: { mutations_sync: '2', wait_end_of_query: 1 },
    })
  }

  async #columns(): Promise<Column[]> {
    const answer = await this.#client.query({
      query: `SELECT c.table AS table, c.name AS name, c.type AS type FROM system.columns AS c
        INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
        WHERE c.database = 'vigie' AND c.default_kind NOT IN ('ALIAS', 'EPHEMERAL')
          AND (t.engine LIKE '%MergeTree' OR t.engine = 'Distributed') AND t.name NOT LIKE '%\\_local'
        ORDER BY c.table, c.position`,
      format: 'JSONEachRow',
    })
    return (await answer.json<Column>()).filter(({ table }) => !KEPT.has(table) && !table.startsWith('.'))
  }

  async #localOf(table: string): Promise<string> {
    const answer = await this.#client.query({
      query: `SELECT name FROM system.tables WHERE database = 'vigie' AND name = '${table}_local'`,
      format: 'JSONEachRow',
    })
    return (await answer.json<{ name: string }>())[0]?.name ?? table
  }
}

function conditionOf({ table, name, type }: Column, subject: Subject): string | undefined {
  const column = `\`${name}\``
  if (subject.kind === 'org') {
    if (ORG_NUMBERS.has(name) && subject.number > 0) return `${column} = ${subject.number}`
    return name === 'org' && /String/.test(type) ? `${column} = ${quote(subject.id)}` : undefined
  }
  if (type === 'IPv6') {
    if (DEVICE_COLUMNS.has(name)) return undefined
    return `${column} IN (${subject.texts.map((text) => `toIPv6(${quote(text)})`).join(', ')})`
  }
  if (!/^(LowCardinality\()?String|^Array\((LowCardinality\()?String/.test(type) || NO_TEXTS.has(table))
    return undefined
  const pattern = quote(subjectPattern(subject.texts))
  return type.startsWith('Array')
    ? `arrayExists(text -> match(text, ${pattern}), ${column})`
    : `match(${column}, ${pattern})`
}

/** An address as a word of its own: 10.0.0.1 is not in 10.0.0.12. RE2. */
const subjectPattern = (texts: readonly string[]): string =>
  `(^|[^0-9a-fA-F:.])(${texts.map((t) => t.replaceAll('.', String.raw`\.`)).join('|')})($|[^0-9a-fA-F:.]|[.:]($|[^0-9a-fA-F]))`

/** The same for texts that are read here. */
export const subjectExpression = (texts: readonly string[]): RegExp => new RegExp(subjectPattern(texts))
