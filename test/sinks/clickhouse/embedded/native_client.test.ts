import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startStore, type TestStore, temporaryDir } from '../start_store.js'

/**
 * The interface as clickhouse-go over HTTP uses it, and so Grafana: Native answers of a named revision, gzip, a handshake.
 * The reader below is a client's: it knows nothing of the store's code.
 */
const grafana = suite('embedded store with a client of the native protocol')
const WORDS = { default_format: 'Native', client_protocol_version: '54460', database: 'default' }
let store: TestStore

grafana.before(async () => {
  store = await startStore({ data_dir: temporaryDir(), reader_password: 'look' })
})
grafana.after(() => store.stop())

interface Column {
  readonly name: string
  readonly type: string
  readonly values: unknown[]
}

/** Reads blocks with information in front and a byte of layout behind each type. */
function readBlocks(bytes: Buffer): Column[][] {
  const blocks: Column[][] = []
  let at = 0
  const take = (n: number): Buffer => {
    at += n
    return bytes.subarray(at - n, at)
  }
  const varuint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = take(1)[0]!
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  const text = (): string => take(varuint()).toString()
  const value = (type: string): unknown =>
    type === 'String'
      ? text()
      : type === 'UInt8'
        ? take(1)[0]
        : type === 'UInt32'
          ? take(4).readUInt32LE()
          : Number(take(8).readBigUInt64LE())
  while (at < bytes.length) {
    assert.equal([varuint(), take(1)[0], varuint(), take(4).readInt32LE(), varuint()], [1, 0, 2, -1, 0])
    const [columns, rows] = [varuint(), varuint()]
    blocks.push(
      Array.from({ length: columns }, () => {
        const [name, type] = [text(), text()]
        assert.is(take(1)[0], 0)
        const nullable = /^Nullable\((\w+)\)$/.exec(type)?.[1]
        const nulls = nullable === undefined ? Buffer.alloc(rows) : take(rows)
        const list = /^Array\((\w+)\)$/.exec(type)?.[1]
        if (list !== undefined) {
          const ends = Array.from({ length: rows }, () => Number(take(8).readBigUInt64LE()))
          const items = Array.from({ length: ends.at(-1) ?? 0 }, () => value(list))
          return { name, type, values: ends.map((end, i) => items.slice(ends[i - 1] ?? 0, end)) }
        }
        const values = Array.from({ length: rows }, (_, row) => [nulls[row], value(nullable ?? type)])
        return { name, type, values: values.map(([none, v]) => (none ? null : v)) }
      }),
    )
  }
  return blocks
}

async function query(
  sql: string,
  words: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Column[][]> {
  const search = new URLSearchParams({ ...WORDS, ...words })
  const answer = await fetch(`${store.url}/?${search}`, { method: 'POST', body: sql, headers })
  const bytes = Buffer.from(await answer.arrayBuffer())
  assert.is(answer.status, 200, bytes.toString())
  return readBlocks(bytes)
}

grafana('shakes hands', async () => {
  const [columns] = await query('SELECT displayName(), version(), revision(), timezone()')
  assert.equal(
    columns!.map(({ type }) => type),
    ['String', 'String', 'UInt32', 'String'],
  )
  const [name, version, revision] = columns!.map(({ values }) => values[0])
  assert.is(name, 'vigie')
  assert.match(String(version), /^\d+\.\d+/)
  assert.ok(Number(revision) >= 54_454)
})

grafana('reads rows of many blocks', async () => {
  const blocks = await query(
    'SELECT number AS n, if(number % 2 = 0, NULL, toString(number)) AS s, range(number % 3) AS l FROM numbers(200000)',
    { max_block_size: '10000' },
  )
  assert.ok(blocks.length > 10)
  const rows = blocks.reduce((sum, [n]) => sum + n!.values.length, 0)
  assert.is(rows, 200_000)
  const [n, s, l] = blocks[0]!
  assert.equal(n!.values.slice(0, 3), [0, 1, 2])
  assert.equal(s!.values.slice(0, 3), [null, '1', null])
  assert.equal(l!.values.slice(0, 3), [[], [0], [0, 1]])
})

grafana('steps over columns of every type', async () => {
  const columns = [
    "toFixedString('ab', 2)",
    'toDecimal64(1, 2)',
    'toDecimal128(1, 2)',
    "map('a', 1)",
    "(1, 'x')::Tuple(a UInt8, b String)",
    "toIPv6('::1')",
    "toUUID('00000000-0000-0000-0000-000000000001')",
    "now64(3, 'UTC')",
    'today()',
    "'a'::Enum8('a' = 1, 'b,(' = 2)",
    "toLowCardinality('x')",
    "[toLowCardinality('y')]",
    '[[1, 2], []]',
    "toLowCardinality(toNullable('z'))",
    '[]::Array(LowCardinality(String))',
    'INTERVAL 1 DAY',
    'true',
    'NULL',
    '(1.0, 2.0)::Point',
    'toInt256(1)',
    "[('a', 1)]::Nested(k String, v UInt8)",
    '7 AS last',
  ]
  const sql = `SELECT ${columns.join(', ')}`
  const search = new URLSearchParams(WORDS)
  const answer = Buffer.from(
    await (await fetch(`${store.url}/?${search}`, { method: 'POST', body: sql })).arrayBuffer(),
  )
  const plain = Buffer.from(
    await (await fetch(`${store.url}/?default_format=Native`, { method: 'POST', body: sql })).arrayBuffer(),
  )
  assert.is(
    answer.length,
    plain.length + 8 + columns.length,
    'eight bytes for the block, one for each column',
  )
  assert.equal(answer.subarray(-8), Buffer.from([5, ...Buffer.from('UInt8'), 0, 7]))
})

grafana('compresses with gzip', async () => {
  const [columns] = await query(
    'SELECT 1 AS a',
    { enable_http_compression: '1' },
    { 'Accept-Encoding': 'gzip' },
  )
  assert.equal(columns, [{ name: 'a', type: 'UInt8', values: [1] }])
})

grafana('gives an error as text', async () => {
  const answer = await fetch(`${store.url}/?${new URLSearchParams(WORDS)}`, {
    method: 'POST',
    body: 'SELECT * FROM nowhere',
  })
  assert.is(answer.status, 404)
  assert.match(await answer.text(), /^Code: 60\. DB::Exception/)
})

grafana('lets the reader set what a panel needs, and nothing else', async () => {
  const headers = { Authorization: `Basic ${Buffer.from('reader:look').toString('base64')}` }
  const [columns] = await query(
    "SELECT toUInt8(getSetting('max_threads')) AS t",
    { max_threads: '1', readonly: '0' },
    headers,
  )
  assert.equal(columns![0]!.values, [1])
  for (const sql of [
    'SELECT 1 SETTINGS readonly = 0',
    'SET readonly = 0',
    'CREATE TABLE x (a UInt8) ENGINE = Memory',
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV')",
    "INSERT INTO FUNCTION null('a UInt8') VALUES (1)",
  ])
    assert.match((await store.ask(sql, { headers })).text, /READONLY|ACCESS_DENIED/, sql)
})

grafana.run()
