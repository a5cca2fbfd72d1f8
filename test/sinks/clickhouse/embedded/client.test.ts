import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startStore, type TestStore, temporaryDir } from '../start_store.js'

/** The interface as ClickHouse's own client for Node uses it. */
const client = suite('embedded store with @clickhouse/client')
let store: TestStore
let db: ClickHouseClient

client.before(async () => {
  store = await startStore({ data_dir: temporaryDir() })
  db = createClient({ url: store.url, log: { level: ClickHouseLogLevel.OFF } })
  await db.command({
    query: 'CREATE TABLE t (a UInt64, s String, m Map(String, UInt8)) ENGINE = MergeTree ORDER BY a',
  })
})
client.after(async () => {
  await db.close()
  await store.stop()
})

client('pings both ways', async () => {
  assert.equal(await db.ping(), { success: true })
  assert.equal(await db.ping({ select: true }), { success: true })
})

client('inserts rows, and says how many', async () => {
  const rows = [
    { a: 1, s: 'é', m: { x: 1 } },
    { a: 2, s: '', m: {} },
  ]
  const done = await db.insert({ table: 't', values: rows, format: 'JSONEachRow' })
  assert.is(done.summary?.written_rows, '2')
  assert.is(done.executed, true)
  await db.insert({ table: 't', values: Readable.from([[3, 'c', {}]]), format: 'JSONCompactEachRow' })
  await db.insert({
    table: 't',
    columns: ['a'],
    values: Readable.from(['4\n', '5\n'], { objectMode: false }),
    format: 'CSV',
  })
})

client('gives rows in every JSON format', async () => {
  const query = 'SELECT a, s FROM t WHERE a < 3 ORDER BY a'
  const objects = [
    { a: 1, s: 'é' },
    { a: 2, s: '' },
  ]
  for (const format of ['JSONEachRow', 'JSONStringsEachRow'] as const) {
    const rows = await (await db.query({ query, format })).json<{ a: unknown; s: string }>()
    assert.equal(
      rows.map(({ a, s }) => ({ a: Number(a), s })),
      objects,
      format,
    )
  }
  for (const format of ['JSON', 'JSONStrings'] as const) {
    const { data, rows } = await (await db.query({ query, format })).json<{ a: unknown }>()
    assert.is(rows, 2, format)
    assert.equal(
      data.map(({ a }) => Number(a)),
      [1, 2],
      format,
    )
  }
  const compact = await (await db.query({ query, format: 'JSONCompact' })).json<[number, string]>()
  assert.equal(compact.data, [
    [1, 'é'],
    [2, ''],
  ])
  for (const format of [
    'JSONCompactEachRow',
    'JSONCompactEachRowWithNames',
    'JSONCompactEachRowWithNamesAndTypes',
  ] as const)
    assert.equal((await (await db.query({ query, format })).json<unknown[]>()).at(-1), [2, ''], format)
  const columns = await (await db.query({ query, format: 'JSONColumnsWithMetadata' })).json<{
    data: unknown
  }>()
  assert.equal((columns as { data: unknown }).data, { a: [1, 2], s: ['é', ''] })
  const text = await (await db.query({ query, format: 'CSVWithNames' })).text()
  assert.is(text, '"a","s"\n1,"é"\n2,""\n')
  assert.ok((await (await db.query({ query, format: 'Parquet' })).text()).startsWith('PAR1'))
})

client('streams rows', async () => {
  const result = await db.query({ query: 'SELECT number FROM numbers(1000000)', format: 'JSONEachRow' })
  let sum = 0
  for await (const rows of result.stream<{ number: number }>())
    for (const row of rows) sum += row.json<{ number: number }>().number
  assert.is(sum, 499_999_500_000)
})

client('binds parameters of all kinds', async () => {
  const result = await db.query({
    query:
      'SELECT {n:UInt8} AS n, {s:String} AS s, {l:Array(String)} AS l, {d:DateTime} AS d, {z:Nullable(UInt8)} AS z, {m:Map(String, UInt8)} AS m',
    query_params: {
      n: 1,
      s: "it's \\ \t\n é",
      l: ['a', "b'"],
      d: new Date(86_400_000),
      z: null,
      m: { k: 2 },
    },
    format: 'JSONEachRow',
  })
  const expected = {
    n: 1,
    s: "it's \\ \t\n é",
    l: ['a', "b'"],
    d: '1970-01-02 00:00:00',
    z: null,
    m: { k: 2 },
  }
  assert.equal(await result.json(), [expected])
})

client('gives errors their code and type', async () => {
  const error = await db.query({ query: 'SELECT * FROM nowhere' }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.instance(error, ClickHouseError)
  assert.is((error as ClickHouseError).code, '60')
  assert.is((error as ClickHouseError).type, 'UNKNOWN_TABLE')
})

client('gives an error that comes behind rows', async () => {
  const result = await db.query({
    query: 'SELECT throwIf(number = 900000) FROM numbers(2000000)',
    format: 'JSONEachRow',
    clickhouse_settings: { max_block_size: '1000' },
  })
  try {
    for await (const _ of result.stream()) {
      // All rows before the error are read.
    }
    assert.unreachable()
  } catch (error) {
    assert.instance(error, ClickHouseError)
    assert.is((error as ClickHouseError).code, '395')
  }
})

client('ends a query whose client has aborted it', async () => {
  const abort = new AbortController()
  const query = 'SELECT sum(sipHash64(number)) FROM numbers(100000000000)'
  const asked = db.query({ query, abort_signal: abort.signal })
  const running = async (): Promise<number> =>
    Number(
      await store.rows(
        "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(number)%' AND query NOT LIKE '%processes%'",
      ),
    )
  while ((await running()) === 0);
  abort.abort()
  const error = await asked.then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  assert.match(error!.message, /aborted/)
  while ((await running()) > 0);
  assert.match(await store.metrics(), /vigie_store_queries_cancelled_total(\{\})? 1\n/)
})

client('runs commands and takes raw streams', async () => {
  const { stream } = await db.exec({ query: 'SELECT 1 FORMAT TSV' })
  let text = ''
  for await (const chunk of stream) text += chunk
  assert.is(text, '1\n')
  const inserted = await db.exec({
    query: 'INSERT INTO t (a) FORMAT TSV',
    values: Readable.from(['6\n7\n'], { objectMode: false }),
  })
  for await (const _ of inserted.stream);
  const count = await db.query({ query: 'SELECT count() AS n FROM t', format: 'JSONEachRow' })
  assert.equal(await count.json(), [{ n: 7 }])
})

client('compresses both ways', async () => {
  const packed = createClient({ url: store.url, compression: { request: true, response: true } })
  await packed.insert({ table: 't', values: [{ a: 8 }], format: 'JSONEachRow' })
  const result = await packed.query({ query: 'SELECT number FROM numbers(100000)', format: 'JSONEachRow' })
  assert.is((await result.json()).length, 100_000)
  await packed.close()
})

client('keeps a session', async () => {
  const own = createClient({ url: store.url, session_id: 'client', max_open_connections: 1 })
  await own.command({ query: 'CREATE TEMPORARY TABLE kept (a UInt8)' })
  await own.insert({ table: 'kept', values: [{ a: 1 }], format: 'JSONEachRow' })
  assert.equal(await (await own.query({ query: 'SELECT * FROM kept', format: 'JSONEachRow' })).json(), [
    { a: 1 },
  ])
  await own.close()
})

client('asks for progress', async () => {
  const settings = { send_progress_in_http_headers: 1, http_headers_progress_interval_ms: '100' } as const
  const result = await db.query({ query: 'SELECT 1', format: 'JSONEachRow', clickhouse_settings: settings })
  assert.ok(result.response_headers['x-clickhouse-progress'])
})

client.run()
