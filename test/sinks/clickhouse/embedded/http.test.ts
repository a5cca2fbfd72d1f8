import { request } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startStore, type TestStore, temporaryDir } from '../start_store.js'

/** The interface as curl and other plain clients use it. */
const http = suite('embedded store over HTTP')
let store: TestStore

http.before(async () => {
  store = await startStore({ data_dir: temporaryDir() })
  await store.rows('CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a')
})
http.after(() => store.stop())

http('answers /ping, and / without a query', async () => {
  for (const path of ['/ping', '/replicas_status', '/']) {
    const answer = await fetch(store.url + path)
    assert.is(answer.status, 200)
    assert.is(await answer.text(), 'Ok.\n')
  }
  assert.is((await fetch(`${store.url}/nowhere`)).status, 404)
})

http('takes the query from the body, from the URL, and from both', async () => {
  assert.is(await store.rows('SELECT 1 + 1'), '2')
  assert.is(await store.rows('SELECT 1 + 2', { method: 'GET' }), '3')
  assert.is(await store.rows(' + 3', { words: { query: 'SELECT 1' } }), '4')
})

http('takes the format from the query, else the URL, else the header', async () => {
  const headers = { 'X-ClickHouse-Format': 'CSV' }
  const json = await store.ask('SELECT 1 AS a FORMAT JSONEachRow', {
    words: { default_format: 'TSV' },
    headers,
  })
  assert.is(json.text, '{"a":1}\n')
  assert.is(json.headers.get('x-clickhouse-format'), 'JSONEachRow')
  assert.is(json.headers.get('content-type'), 'application/x-ndjson; charset=UTF-8')
  assert.is(
    await store.rows("SELECT 'a'", { words: { default_format: 'JSONCompactEachRow' }, headers }),
    '["a"]',
  )
  assert.is(await store.rows("SELECT 'a'", { headers }), '"a"')
})

http('takes database, settings and parameters from the URL', async () => {
  await store.rows('CREATE DATABASE IF NOT EXISTS other')
  assert.is(await store.rows('SELECT currentDatabase()', { words: { database: 'other' } }), 'other')
  assert.is(
    await store.rows('SELECT currentDatabase()', { headers: { 'X-ClickHouse-Database': 'other' } }),
    'other',
  )
  assert.is(await store.rows("SELECT getSetting('max_threads')", { words: { max_threads: '1' } }), '1')
  assert.is(await store.rows("SELECT getSetting('max_block_size')"), '65409', 'settings end with their query')
  const words = { param_n: '7', param_s: "it's \\t é", param_list: '[1,2]', param_table: 't' }
  const sql = 'SELECT {n:UInt8}, {s:String}, {list:Array(UInt8)}, count() FROM {table:Identifier}'
  assert.is(await store.rows(sql, { words }), "7\tit\\'s \\t é\t[1,2]\t0")
})

http('takes data in any format, in the body or behind the query', async () => {
  const insert = (query: string, body: string | Uint8Array, headers = {}): Promise<unknown> =>
    store.rows(body as string, { words: { query }, headers })
  await insert('INSERT INTO t FORMAT CSV', '1,"a\n\nb"\n')
  await insert('INSERT INTO t (a) FORMAT JSONEachRow', '{"a":2}\n{"a":3}')
  await insert('INSERT INTO t VALUES', "(4, 'it''s'), (2 + 3, concat('x', ';'))")
  await insert('INSERT INTO t FORMAT CSV', gzipSync('6,g\n'), { 'Content-Encoding': 'gzip' })
  await store.rows('INSERT INTO t FORMAT TSV\n7\te\n8\tf\n')
  await store.rows(gzipSync('INSERT INTO t FORMAT TSV\n9\tz\n') as unknown as string, {
    headers: { 'Content-Encoding': 'gzip' },
  })
  await store.rows("INSERT INTO t SETTINGS max_threads = 1 VALUES (10, 'v')")
  await store.rows("INSERT INTO t SELECT 11, 's'")
  const rows = await store.rows('SELECT a, s FROM t ORDER BY a FORMAT JSONCompactEachRow')
  assert.equal(
    rows.split('\n').map((line) => JSON.parse(line)),
    [
      [1, 'a\n\nb'],
      [2, ''],
      [3, ''],
      [4, "it's"],
      [5, 'x;'],
      [6, 'g'],
      [7, 'e'],
      [8, 'f'],
      [9, 'z'],
      [10, 'v'],
      [11, 's'],
    ],
  )
})

http('gives back in any format what it took in any format', async () => {
  for (const format of [
    'Native',
    'RowBinary',
    'RowBinaryWithNamesAndTypes',
    'JSONEachRow',
    'CSV',
    'TSV',
    'Parquet',
    'Arrow',
    'ORC',
    'Avro',
    'MsgPack',
  ]) {
    const answer = await fetch(`${store.url}/?default_format=${format}`, {
      method: 'POST',
      body: "SELECT number AS a, concat('é', toString(number)) AS s FROM numbers(70000)",
    })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    await store.rows('CREATE OR REPLACE TABLE copy (a UInt64, s String) ENGINE = Memory')
    await store.rows(bytes as unknown as string, { words: { query: `INSERT INTO copy FORMAT ${format}` } })
    assert.is(
      await store.rows("SELECT count(), sum(a), any(s) LIKE 'é%' FROM copy"),
      '70000\t2449965000\t1',
      format,
    )
  }
})

http('gives one document of a format that has a head and a foot, however long', async () => {
  const answer = await store.rows('SELECT number FROM numbers(300000) FORMAT JSONCompact')
  const { data, rows } = JSON.parse(answer)
  assert.is(rows, 300_000)
  assert.is(data.length, 300_000)
})

http('compresses answers when it is asked to', async () => {
  const words = { enable_http_compression: '1' }
  for (const encoding of ['gzip', 'deflate', 'br']) {
    const { text, headers } = await store.ask('SELECT 1', { words, headers: { 'Accept-Encoding': encoding } })
    assert.is(headers.get('content-encoding'), encoding)
    assert.is(text, '1\n')
  }
  const zstd = await fetch(`${store.url}/?enable_http_compression=1&query=SELECT+1`, {
    headers: { 'Accept-Encoding': 'zstd' },
  })
  assert.is(zstd.headers.get('content-encoding'), 'zstd')
  assert.is(Buffer.from(await zstd.arrayBuffer()).readUInt32LE(), 0xfd2fb528)
  const plain = await store.ask('SELECT 1', { headers: { 'Accept-Encoding': 'gzip' } })
  assert.is(plain.headers.get('content-encoding'), null)
  await store.rows('SELECT 1 SETTINGS max_threads = 1', { words: { ...words, wait_end_of_query: '1' } })
})

http('says what it counted, under the id that the client gave', async () => {
  const { headers } = await store.ask('SELECT * FROM numbers(5)', { words: { query_id: 'mine' } })
  assert.is(headers.get('x-clickhouse-query-id'), 'mine')
  assert.is(headers.get('x-clickhouse-server-display-name'), 'vigie')
  assert.ok(headers.get('x-clickhouse-timezone'))
  assert.is(JSON.parse(headers.get('x-clickhouse-summary')!).read_rows, '5')
  const inserted = await store.ask('(1)(2)(3)', {
    words: { query: "INSERT INTO FUNCTION null('x UInt8') VALUES" },
  })
  assert.is(JSON.parse(inserted.headers.get('x-clickhouse-summary')!).written_rows, '3')
  const held = await store.ask('SELECT * FROM numbers(1000000)', { words: { wait_end_of_query: '1' } })
  assert.is(JSON.parse(held.headers.get('x-clickhouse-summary')!).read_rows, '1000000')
})

const errors: readonly (readonly [string, number, number, RegExp])[] = [
  ['SELEC 1', 400, 62, /^Code: 62\. DB::Exception: Syntax error: failed at position 7 \(1\)/],
  ['SELECT\n1 +', 400, 62, /failed at position 11 \(end of query\)/],
  ['SELECT 1; SELECT 2', 400, 62, /Multi-statements are not allowed/],
  ['', 400, 62, /Empty query/],
  ['SELECT * FROM nowhere', 404, 60, /nowhere.*\(UNKNOWN_TABLE\) \(version [\d.]+ \(official build\)\)\n$/],
  ['SELECT * FROM nowhere.t', 404, 81, /Database nowhere does not exist/],
  ['SELECT nothing', 404, 47, /UNKNOWN_IDENTIFIER/],
  ['SELECT noFunction()', 404, 46, /UNKNOWN_FUNCTION/],
  ['SELECT 1 FORMAT Nothing', 404, 73, /Unknown format Nothing/],
  ['SELECT 1 SETTINGS nothing = 1', 404, 115, /UNKNOWN_SETTING/],
  ['SELECT {a:UInt8}', 500, 456, /Substitution `a` is not set/],
  ['SELECT throwIf(1)', 500, 395, /FUNCTION_THROW_IF_VALUE_IS_NON_ZERO/],
  ['INSERT INTO t FORMAT CSV\nx,y\n', 400, 27, /CANNOT_PARSE_INPUT_ASSERTION_FAILED/],
  ['INSERT INTO nowhere FORMAT CSV\n1\n', 404, 60, /UNKNOWN_TABLE/],
  ["SELECT 1 INTO OUTFILE '/tmp/x'", 500, 358, /INTO_OUTFILE_NOT_ALLOWED/],
  ["INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", 404, 78, /UNKNOWN_TYPE_OF_QUERY/],
  ['DROP TABLE nowhere', 404, 60, /UNKNOWN_TABLE/],
]
for (const [query, status, code, text] of errors)
  http(`refuses '${query.replaceAll('\n', ' ')}' as a server does`, async () => {
    const answer = await store.ask(query)
    assert.is(answer.status, status, answer.text)
    assert.is(answer.headers.get('x-clickhouse-exception-code'), String(code))
    assert.match(answer.text, text)
    assert.not.match(answer.text, /OUTFILE '|INFILE '|\/pipes\/|\/incoming\//, 'no path of this machine')
  })

http('changes nothing on GET', async () => {
  const { status, text } = await store.ask('DROP TABLE t', { method: 'GET' })
  assert.is(status, 500)
  assert.match(text, /method GET implies readonly.*\(READONLY\)/)
  assert.is(await store.rows('SELECT 1 SETTINGS max_threads = 1', { method: 'GET' }), '1')
})

http('tells an error behind rows that are gone already, and cuts the connection', async () => {
  const answer = await fetch(`${store.url}/?max_block_size=1000`, {
    method: 'POST',
    body: 'SELECT throwIf(number = 900000) FROM numbers(2000000)',
  })
  assert.is(answer.status, 200)
  const tag = answer.headers.get('x-clickhouse-exception-tag')
  let text = ''
  let cut = false
  try {
    for await (const chunk of answer.body!) text += Buffer.from(chunk).toString()
  } catch {
    cut = true
  }
  assert.ok(cut)
  const told = new RegExp(
    `\\r\\n__exception__\\r\\n${tag}\\r\\n(Code: 395[\\s\\S]*\\n)(\\d+) ${tag}\\r\\n__exception__\\r\\n$`,
  ).exec(text)
  assert.ok(told, text.slice(-300))
  assert.is(Buffer.byteLength(told[1]!), Number(told[2]))
})

http('keeps temporary tables and settings of a session', async () => {
  const words = { session_id: 'mine' }
  await store.rows('CREATE TEMPORARY TABLE kept (a UInt8)', { words })
  await store.rows('INSERT INTO kept VALUES (1), (2)', { words })
  await store.rows('SET max_threads = 1', { words })
  assert.is(await store.rows("SELECT sum(a), getSetting('max_threads') FROM kept", { words }), '3\t1')
  assert.is((await store.ask('SELECT * FROM kept')).status, 404)
  assert.match(
    (await store.ask('SELECT 1', { words: { session_id: 'none', session_check: '1' } })).text,
    /SESSION_NOT_FOUND/,
  )
  const [one, other] = await Promise.all([
    store.ask('SELECT sleep(0.2)', { words }),
    store.ask('SELECT 1', { words }),
  ])
  assert.match([one, other].find(({ status }) => status !== 200)!.text, /SESSION_IS_LOCKED/)
})

http('takes query and parameters from a form', async () => {
  const form = new FormData()
  form.set('query', 'SELECT {a:String}')
  form.set('param_a', 'x'.repeat(20_000))
  const answer = await fetch(store.url, { method: 'POST', body: form })
  assert.is((await answer.text()).length, 20_001)
})

http('inserts nothing of a body that breaks off', async () => {
  const before = await store.rows('SELECT count() FROM t')
  await new Promise<void>((done) => {
    const broken = request(`${store.url}/?query=INSERT+INTO+t+FORMAT+CSV`, { method: 'POST' })
    broken.on('error', () => done())
    broken.write('100,a\n'.repeat(10_000), () => broken.destroy(new Error('gone')))
  })
  assert.is(await store.rows('SELECT count() FROM t'), before)
})

http('reads the engine as gunzip does what it packed', async () => {
  const answer = await new Promise<Buffer>((resolve, reject) => {
    request(
      `${store.url}/?enable_http_compression=1&query=SELECT+number+FROM+numbers(1000000)`,
      { headers: { 'Accept-Encoding': 'gzip' } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve(Buffer.concat(chunks)))
        response.on('error', reject)
      },
    ).end()
  })
  assert.is(gunzipSync(answer).toString().split('\n').length, 1_000_001)
})

http.run()
