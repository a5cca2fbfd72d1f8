import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { flowRows } from '../../../bench/flow_rows.js'
import { FlowBlock, V4_MAPPED_WORD, writeMs } from '../../../model/flow_block.js'
import { COL } from '../../../model/flow_columns.js'
import { RefusedError } from '../../../model/refused_error.js'
import { encodeNative } from '../../../sinks/clickhouse/native.js'
import { ClickHouseWriter } from '../../../sinks/clickhouse/writer.js'
import { startStore, type TestStore, temporaryDir } from './start_store.js'

/** Batches of flows into the real engine: once each, whatever happens. */
const writing = suite('writer')
const dir = temporaryDir()
const DAY_MS = 86_400_000
/** Noon of today: older rows would be dropped by a merge. */
const NOON = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2
let store: TestStore
let writer: ClickHouseWriter

async function start(): Promise<void> {
  store = await startStore({ data_dir: dir, schema: true })
  writer = new ClickHouseWriter({ url: store.url })
}

async function end(how: 'stop' | 'kill'): Promise<void> {
  await writer.close()
  await store[how]()
}

writing.before(start)
writing.after(() => end('stop'))

/** Blocks of one batch; `domain` tells its rows from others'. */
function batch(domain: number, rows = 3000, startMs = NOON): Uint8Array[] {
  return [0, 1, 2].map((n) => {
    const block = flowRows({
      rows: rows / 3,
      seed: domain * 3 + n,
      startMs,
      rowsPerSecond: 10_000,
      sites: 50,
    })
    block.words[COL.observation_domain!]!.fill(domain)
    return encodeNative(block)
  })
}

const insert = (blocks: readonly Uint8Array[], token: string): Promise<void> =>
  writer.insert({ table: 'vigie.flows', token, blocks, rows: 0 })

const flows = async (domain: number): Promise<number> =>
  Number(await store.rows(`SELECT count() FROM vigie.flows WHERE observation_domain = ${domain}`))

/** Rows, octets and estimated packets of the table and of its rollup: equal when each row was rolled up once. */
async function balanced(): Promise<void> {
  const table = await store.rows(
    'SELECT count(), sum(bytes), sum(packets * greatest(sampling_rate, 1)) FROM vigie.flows',
  )
  assert.is(await store.rows('SELECT sum(flows), sum(bytes), sum(packets_est) FROM vigie.flows_1m'), table)
}

writing('stores what a block holds, and the unknown value where it holds nothing', async () => {
  const block = new FlowBlock(4)
  for (const name of [
    'time_received',
    'src_addr',
    'dst_port',
    'export_protocol',
    'bytes',
    'app_key',
    'src_mac_u48',
    'src_country_code',
    'src_region_code',
    'in_if_label',
  ])
    block.touch(COL[name]!)
  block.rows = 2
  const set = (name: string, at: number, value: number): void => {
    block.words[COL[name]!]![at] = value
  }
  writeMs(block.words[COL.time_received!] as Uint32Array, 0, NOON + 1)
  writeMs(block.words[COL.time_received!] as Uint32Array, 1, NOON + 2)
  set('src_addr', 2, V4_MAPPED_WORD)
  set('src_addr', 3, 0x0100000a)
  block.bytes[COL.src_addr!]!.set([0x20, 1, 0x0d, 0xb8], 16)
  set('dst_port', 0, 443)
  set('export_protocol', 0, 9)
  set('bytes', 2, 7)
  set('bytes', 3, 1)
  set('app_key', 0, 80)
  set('app_key', 1, 13 << 24)
  set('src_mac_u48', 0, 0x0a0b0c0d)
  set('src_country_code', 0, ('C'.charCodeAt(0) << 8) | 'A'.charCodeAt(0))
  set('src_region_code', 0, 6)
  set('in_if_label', 1, block.intern('Gi0/0'))
  await insert([encodeNative(block)], 'values')
  const row = await store.rows(
    `SELECT time_received, src_addr, dst_port, export_protocol, bytes, icmp_type, direction, counted, src_port,
       next_hop, app_id, src_mac, src_country, src_region, in_if_name, src_org, dst_mac, src_site_name
     FROM vigie.flows ORDER BY time_received FORMAT JSONCompactEachRow`,
  )
  const time = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
  assert.equal(
    row.split('\n').map((line) => JSON.parse(line)),
    [
      [
        time(NOON + 1),
        '::ffff:10.0.0.1',
        443,
        'netflow9',
        0,
        255,
        255,
        1,
        0,
        '::',
        '13:80',
        '00:00:0A:0B:0C:0D',
        'CA',
        '06',
        '',
        '',
        '',
        '',
      ],
      [
        time(NOON + 2),
        '2001:db8::',
        0,
        'unknown',
        4294967303,
        255,
        255,
        1,
        0,
        '::',
        '',
        '',
        '',
        '',
        'Gi0/0',
        '',
        '',
        '',
      ],
    ],
  )
})

writing('lays blocks of different columns and with texts into one batch', async () => {
  const before = Number(await store.rows('SELECT count() FROM vigie.flows'))
  const texts = flowRows({ rows: 1000, seed: 5, startMs: NOON, rowsPerSecond: 1000, sites: 0 })
  texts.touch(COL.app_label!)
  texts.words[COL.app_label!]!.fill(texts.intern('voix'))
  const plain = batch(1)
  await insert([plain[0]!, encodeNative(texts), plain[1]!, plain[2]!, new Uint8Array(0)], 'mixed')
  assert.is(Number(await store.rows('SELECT count() FROM vigie.flows')), before + 4000)
  assert.is(await store.rows("SELECT count() FROM vigie.flows WHERE app_name = 'voix'"), '1000')
  assert.is(
    await store.rows(
      'SELECT uniqExact(src_addr, src_port) > 900 FROM vigie.flows WHERE observation_domain = 1',
    ),
    '1',
  )
  await balanced()
})

writing('writes a batch as one part', async () => {
  const parts = (): Promise<string> =>
    store.rows("SELECT max(max_block_number) FROM system.parts WHERE database = 'vigie' AND table = 'flows'")
  const before = Number(await parts())
  await insert(batch(2, 60_000), 'one part')
  assert.is(Number(await parts()), before + 1)
})

writing('folds a batch that comes again, in the table and in the rollup', async () => {
  for (let again = 0; again < 3; again++) await insert(batch(3), 'again')
  assert.is(await flows(3), 3000)
  await insert(batch(3), 'another token')
  assert.is(await flows(3), 6000)
  await balanced()
})

for (const how of ['stop', 'kill'] as const)
  writing(`folds a batch that comes again after a ${how} of the store`, async () => {
    await insert(batch(how === 'stop' ? 4 : 5), how)
    await end(how)
    await start()
    await insert(batch(how === 'stop' ? 4 : 5), how)
    assert.is(await flows(how === 'stop' ? 4 : 5), 3000)
    await balanced()
  })

writing('folds a batch over midnight, which is two parts', async () => {
  const midnight = NOON - DAY_MS / 2 - 50
  for (let again = 0; again < 2; again++) await insert(batch(6, 3000, midnight), 'midnight')
  assert.is(
    await store.rows(
      'SELECT uniq(toDate(time_received)), count() FROM vigie.flows WHERE observation_domain = 6',
    ),
    '2\t3000',
  )
  await end('kill')
  await start()
  await insert(batch(6, 3000, midnight), 'midnight')
  assert.is(await flows(6), 3000)
  await balanced()
})

/** Signs on the disk of how far an insert has come. */
const SIGNS: readonly ((table: string, view: string) => boolean)[] = [
  () => readdirSync(join(dir, 'incoming')).length > 0,
  (table) => readdirSync(table).some((name) => name.startsWith('tmp_insert')),
  (_, view) => readdirSync(view).some((name) => name.startsWith('tmp_insert')),
  () => readdirSync(join(dir, 'incoming')).length === 0,
]

writing('leaves each batch once when it is killed in the middle of inserts', async () => {
  const path = async (table: string): Promise<string> =>
    JSON.parse(
      await store.rows(
        `SELECT data_paths[1] FROM system.tables WHERE database = 'vigie' AND name = '${table}' FORMAT JSONCompactEachRow`,
      ),
    )[0]
  const [table, view] = [await path('flows'), await path('flows_1m')]
  assert.ok(existsSync(table) && existsSync(view))
  for (let round = 0; round < 8; round++) {
    const domain = 100 + round
    const midnight = round % 2 === 0 ? NOON : NOON - DAY_MS / 2 - 500
    const blocks = batch(domain, 30_000, midnight)
    let over = false
    const inserted = insert(blocks, `killed ${round}`).then(
      () => (over = true),
      () => (over = true),
    )
    const sign = SIGNS[round % SIGNS.length]!
    if (round % SIGNS.length === 3) while (!over && !SIGNS[0]!(table, view)) await delay(1)
    while (!over && !sign(table, view)) await delay(1)
    await end('kill')
    await inserted
    await start()
    await insert(blocks, `killed ${round}`)
    assert.is(await flows(domain), 30_000, `round ${round}`)
  }
  await balanced()
})

writing('tells what ClickHouse refuses for good from what may yet succeed', async () => {
  const thrown = async (inserting: Promise<void>): Promise<unknown> =>
    inserting.then(
      () => undefined,
      (error: unknown) => error,
    )
  const garbage = Buffer.from('\x01\x02\x05bytes\x06String\x01a\x01b')
  assert.instance(await thrown(insert([garbage], 'garbage')), RefusedError)
  const cut = encodeNative(
    flowRows({ rows: 100, seed: 1, startMs: NOON, rowsPerSecond: 10, sites: 0 }),
  ).subarray(0, 500)
  assert.instance(await thrown(insert([cut], 'cut')), RefusedError)
  const missing = await thrown(
    writer.insert({ table: 'vigie.nowhere', token: 'x', blocks: batch(7), rows: 0 }),
  )
  assert.ok(missing instanceof Error && !(missing instanceof RefusedError), 'a table may still be made')
  const nobody = new ClickHouseWriter({ url: 'http://127.0.0.1:1' })
  const refused = await thrown(nobody.insert({ table: 'vigie.flows', token: 'x', blocks: batch(7), rows: 0 }))
  assert.ok(refused instanceof Error && !(refused instanceof RefusedError))
  await nobody.close()
  await insert(batch(7), 'garbage')
  assert.is(await flows(7), 3000, 'the token of a refused batch is free')
})

writing.run()
