import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { flowRows } from '../../../bench/flow_rows.js'
import { FlowBlock } from '../../../model/flow_block.js'
import { COL, FLOW_COLUMNS } from '../../../model/flow_columns.js'
import { encodeNative } from '../../../sinks/clickhouse/native.js'
import { gather, mergeNative } from '../../../sinks/clickhouse/native_merge.js'
import { NativeRows } from '../../../sinks/clickhouse/native_rows.js'
import { startStore, type TestStore, temporaryDir } from './start_store.js'

const native = suite('native blocks')
let store: TestStore

native.before(async () => {
  store = await startStore({ data_dir: temporaryDir() })
  await store.rows(
    `CREATE TABLE flows (${FLOW_COLUMNS.map(({ name, type }) => `${name} ${type}`).join(', ')}) ENGINE = MergeTree ORDER BY tuple()`,
  )
})
native.after(() => store.stop())

const insert = (table: string, bytes: Uint8Array): Promise<string> =>
  store.rows(bytes as unknown as string, { words: { query: `INSERT INTO ${table} FORMAT Native` } })
const join = (pieces: Iterable<Uint8Array>): Buffer => Buffer.concat([...pieces])

native('takes the bytes of the format, in a buffer of their own', () => {
  const block = new FlowBlock(8)
  block.touch(COL.src_port!)
  block.rows = 2
  block.words[COL.src_port!]!.set([1, 0x0203])
  const bytes = encodeNative(block)
  assert.is(bytes.byteOffset, 0)
  assert.is(bytes.buffer.byteLength, bytes.length, 'a worker can transfer it')
  const text = Buffer.from(bytes).toString('latin1')
  // src_port, and the columns whose unknown value is not zero.
  assert.is(text.slice(0, 2), '\x05\x02')
  assert.ok(text.includes('\x08src_port\x06UInt16\x01\x00\x03\x02'))
  assert.ok(text.includes('\x09icmp_type\x05UInt8\xff\xff'))
  assert.ok(text.includes('\x07counted\x05UInt8\x01\x01'))
})

native('of no rows are no bytes', () => {
  assert.is(encodeNative(new FlowBlock(8)).length, 0)
  assert.is(new NativeRows({ a: 'String' }).encode([]).length, 0)
})

native('of rows that nobody wrote a column for are an error', () => {
  const block = new FlowBlock(8)
  block.rows = 1
  assert.throws(() => encodeNative(block), /no touched column/)
})

native('hold texts as a table and indices', async () => {
  const block = new FlowBlock(1000)
  block.touch(COL.app_label!)
  block.touch(COL.in_if_label!)
  block.rows = 1000
  const long = 'é'.repeat(200)
  for (let row = 0; row < 1000; row++) {
    block.words[COL.app_label!]![row] = block.intern(row % 3 === 0 ? long : `app ${row % 7}`)
    block.words[COL.in_if_label!]![row] = row < 500 ? 0 : block.intern('')
  }
  await insert('flows', encodeNative(block))
  assert.is(
    await store.rows(
      `SELECT countIf(app_label = '${long}'), uniq(app_label), countIf(in_if_label = ''), count() FROM flows`,
    ),
    '334\t8\t1000\t1000',
  )
})

native('laid together are the same rows in the same order', async () => {
  const blocks = [1, 2, 3, 4].map((seed) =>
    encodeNative(flowRows({ rows: 100 * seed, seed, startMs: 1.7e12, rowsPerSecond: 10, sites: 9 })),
  )
  await store.rows('CREATE TABLE apart AS flows')
  await store.rows('CREATE TABLE together AS flows')
  await insert('apart', join(blocks))
  const pieces = mergeNative(blocks)
  assert.is(join(pieces)[0], blocks[0]![0], 'one block of as many columns')
  assert.is(pieces.filter((piece) => Buffer.from(piece).includes('time_received')).length, 1)
  await insert('together', join(gather(pieces, 1000)))
  const hash = 'SELECT count(), groupBitXor(cityHash64(*)), sum(bytes * rowNumberInAllBlocks()) FROM'
  assert.is(await store.rows(`${hash} together`), await store.rows(`${hash} apart`))
})

native('that cannot be laid together stay as they are', () => {
  const block = (seed: number): Uint8Array =>
    encodeNative(flowRows({ rows: 10, seed, startMs: 0, rowsPerSecond: 10, sites: 0 }))
  const other = new NativeRows({ a: 'UInt8', b: 'String' }).encode([{ a: 1, b: 'x' }])
  const texts = flowRows({ rows: 10, seed: 1, startMs: 0, rowsPerSecond: 10, sites: 0 })
  texts.touch(COL.app_label!)
  const mixed = [block(1), other, encodeNative(texts), block(2), new Uint8Array(0), block(1).subarray(0, 100)]
  assert.equal(
    join(mergeNative(mixed)),
    Buffer.concat([block(1), other, encodeNative(texts), block(2), block(1).subarray(0, 100)]),
  )
  assert.equal(mergeNative([]), [])
})

native('are gathered to buffers of a size, whatever the sizes of the pieces', () => {
  for (const sizes of [[1, 2, 3], [100, 1], [10, 10, 10], [0, 5], []]) {
    const pieces = sizes.map((size, i) => new Uint8Array(size).fill(i + 1))
    const gathered = [...gather(pieces, 10)]
    assert.equal(Buffer.concat(gathered), join(pieces), String(sizes))
    assert.ok(gathered.every(({ length }) => length > 0))
  }
})

native('of row objects hold every type', async () => {
  await store.rows(`CREATE TABLE small (s LowCardinality(String), b Bool, u8 UInt8, u16 UInt16, u32 UInt32, u64 UInt64, i32 Int32, i64 Int64, f Float64,
    t DateTime64(3, 'UTC'), a Array(String), n Array(UInt64), m Map(LowCardinality(String), UInt64)) ENGINE = Memory`)
  const rows = new NativeRows({
    s: 'String',
    b: 'Bool',
    u8: 'UInt8',
    u16: 'UInt16',
    u32: 'UInt32',
    u64: 'UInt64',
    i32: 'Int32',
    i64: 'Int64',
    f: 'Float64',
    t: 'DateTime64(3)',
    a: 'Array(String)',
    n: 'Array(UInt64)',
    m: 'Map(String, UInt64)',
  })
  const full = {
    s: 'é'.repeat(3000),
    b: true,
    u8: 255,
    u16: 65_535,
    u32: 4_294_967_295,
    u64: 2n ** 64n - 1n,
    i32: -1,
    i64: -(2n ** 62n),
    f: 0.1,
    t: 1_700_000_000_123,
    a: ['x', ''],
    n: [1, 2],
    m: { k: 1, l: 2 },
  }
  await insert('small', rows.encode([full, {}]))
  const [first, second] = (
    await store.rows('SELECT * FROM small FORMAT JSONCompactEachRow', {
      words: { output_format_json_quote_64bit_integers: '1' },
    })
  ).split('\n')
  assert.equal(JSON.parse(first!), [
    full.s,
    true,
    255,
    65_535,
    4_294_967_295,
    '18446744073709551615',
    -1,
    '-4611686018427387904',
    0.1,
    '2023-11-14 22:13:20.123',
    ['x', ''],
    ['1', '2'],
    { k: '1', l: '2' },
  ])
  assert.equal(JSON.parse(second!), [
    '',
    false,
    0,
    0,
    0,
    '0',
    0,
    '0',
    0,
    '1970-01-01 00:00:00.000',
    [],
    [],
    {},
  ])
})

native('of row objects refuse what their column cannot hold, by name', () => {
  const rows = new NativeRows({ n: 'UInt8', list: 'Array(String)' })
  for (const row of [{ n: 'text' }, { n: 1.5 }, { list: 'x' }, { list: [1] }])
    assert.throws(() => rows.encode([row as never]), /column (n|list) \(/)
})

native.run()
