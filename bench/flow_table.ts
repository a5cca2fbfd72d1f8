import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { encodeNative } from '../sinks/clickhouse/native.js'
import { ClickHouseWriter } from '../sinks/clickhouse/writer.js'
import { Bed } from './bed.js'
import { flowRows } from './flow_rows.js'

/**
 * Forms of the table of flows side by side in one store: what an insert costs, what one merge of all its parts costs, and
 * what a row takes on the disk. Rows of a network of sites, without the rollup, merges kept apart from inserts. The forms
 * take turns, so that what else runs on the machine falls on all of them alike. No goal: it is what the schema was chosen by.
 */
export interface FlowTableBenchSize {
  /** Batches of each form. */
  readonly batches: number
  readonly batchRows: number
  readonly seed: number
}

export interface FlowTableForm {
  readonly form: string
  /** CPU of the store, µs a row. */
  readonly insertUsPerRow: number
  readonly mergeUsPerRow: number
  readonly bytesPerRow: number
}

export const FULL_SIZE: FlowTableBenchSize = { batches: 10, batchRows: 200_000, seed: 1 }
export const TEST_SIZE: FlowTableBenchSize = { batches: 2, batchRows: 2_000, seed: 1 }

const SITES = 2000
/** No merge but the one that is asked for. */
const NO_MERGES = 'max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1'

/** Statements that make another form of a copy of the table. */
type Change = (table: string, columns: readonly { name: string; type: string }[]) => readonly string[]

const codec =
  (codecOf: (type: string) => string | undefined): Change =>
  (table, columns) =>
    columns.flatMap(({ name, type }) => {
      const wanted = codecOf(type)
      return wanted === undefined ? [] : [`ALTER TABLE ${table} MODIFY COLUMN ${name} CODEC(${wanted})`]
    })
const setting =
  (settings: string): Change =>
  (table) => [`ALTER TABLE ${table} MODIFY SETTING ${settings}`]

/** Of each form its sort key and granularity where they differ, and what is changed in the copy. */
const FORMS: readonly { form: string; order?: string; granularity?: number; change?: Change }[] = [
  { form: 'as it is' },
  { form: 'sorted by minute and source site', order: '(toStartOfMinute(time_received), src_site_id)' },
  { form: 'sorted by minute and source address', order: '(toStartOfMinute(time_received), src_addr)' },
  { form: 'LZ4 alone', change: codec(() => 'LZ4') },
  { form: 'LZ4 for addresses too', change: codec((type) => (type === 'IPv6' ? 'LZ4' : undefined)) },
  { form: 'ZSTD(1) for all', change: codec(() => 'ZSTD(1)') },
  { form: 'one file a column (wide parts)', change: setting('min_bytes_for_wide_part = 0') },
  { form: 'marks every 8,192 rows', granularity: 8192 },
  { form: 'no sparse columns', change: setting('ratio_of_defaults_for_sparse_serialization = 1') },
  { form: 'with statistics of columns', change: setting("auto_statistics_types = 'basic, uniq_v2'") },
]

async function makeForms(client: ClickHouseClient): Promise<string[]> {
  const answer = await client.query({
    query: `SELECT name, type FROM system.columns WHERE database = 'vigie' AND table = 'flows' AND default_kind != 'ALIAS'`,
    format: 'JSONEachRow',
  })
  const columns = await answer.json<{ name: string; type: string }>()
  const [{ statement }] = (await (
    await client.query({ query: 'SHOW CREATE TABLE vigie.flows', format: 'JSONEachRow' })
  ).json<{ statement: string }>()) as [{ statement: string }]
  const tables: string[] = []
  for (const [n, { order, granularity, change }] of FORMS.entries()) {
    const table = `vigie.form_${n}`
    const query = statement
      .replace('vigie.flows', table)
      .replace(/ORDER BY .*/, (same) => (order === undefined ? same : `ORDER BY ${order}`))
      .replace(/index_granularity = \d+/, (same) =>
        granularity === undefined ? same : `index_granularity = ${granularity}`,
      )
    await client.command({ query })
    for (const sql of change?.(table, columns) ?? []) await client.command({ query: sql })
    await client.command({ query: `ALTER TABLE ${table} MODIFY SETTING ${NO_MERGES}` })
    tables.push(table)
  }
  return tables
}

/** Makes every form, fills them in turns, merges them in turns, and measures each. */
export async function runFlowTableBench(size: FlowTableBenchSize): Promise<FlowTableForm[]> {
  const bed = await Bed.make(['store'])
  const writer = new ClickHouseWriter({ url: bed.config.clickhouse_url })
  try {
    const { client } = writer
    const tables = await makeForms(client)
    const spent = tables.map(() => ({ insert: 0, merge: 0 }))
    const timed = async (
      what: 'insert' | 'merge',
      n: number,
      work: () => Promise<unknown>,
    ): Promise<void> => {
      const before = (await bed.cpu()).store!
      await work()
      spent[n]![what] += (await bed.cpu()).store! - before
    }
    for (let batch = 0; batch < size.batches; batch++) {
      const blocks = [
        encodeNative(
          flowRows({
            rows: size.batchRows,
            seed: size.seed + batch,
            startMs: Date.now(),
            rowsPerSecond: 700_000,
            sites: SITES,
          }),
        ),
      ]
      for (const [n, table] of tables.entries())
        await timed('insert', n, () =>
          writer.insert({ table, token: `${batch}`, blocks, rows: size.batchRows }),
        )
    }
    await delay(100)
    for (const [n, table] of tables.entries())
      await timed('merge', n, () => client.command({ query: `OPTIMIZE TABLE ${table} FINAL` }))
    const rows = size.batches * size.batchRows
    return await Promise.all(
      FORMS.map(async ({ form }, n) => {
        const [parts] = await bed.store.rows<{ bytes: number }>(
          `SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts WHERE active AND table = 'form_${n}'`,
        )
        return {
          form,
          insertUsPerRow: (spent[n]!.insert / rows) * 1e6,
          mergeUsPerRow: (spent[n]!.merge / rows) * 1e6,
          bytesPerRow: parts!.bytes,
        }
      }),
    )
  } finally {
    await writer.close()
    await bed.end()
  }
}
