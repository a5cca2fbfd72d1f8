import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startStore, type TestStore, temporaryDir } from '../start_store.js'

const limits = suite('embedded store at its bounds')
const dir = temporaryDir()
const SLOW = 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)'
let store: TestStore

limits.before(async () => {
  store = await startStore({
    data_dir: dir,
    queries_max: 2,
    inserts_max: 1,
    waiting_max: 2,
    query_bytes_max: 65_536,
    insert_bytes_max: 1_048_576,
  })
})
limits.after(() => store.stop())

/** Queries of this text that the engine has under way. */
async function running(text: string): Promise<number> {
  const gauge = /vigie_store_queries\{kind="query",state="running"\} (\d+)/.exec(await store.metrics())
  return text === '' ? Number(gauge![1]) : 0
}
const waiting = async (): Promise<number> =>
  Number(/vigie_store_queries\{kind="query",state="waiting"\} (\d+)/.exec(await store.metrics())![1])

limits(
  'runs so many at once, lets so many wait, refuses the rest, and takes inserts beside them',
  async () => {
    await store.rows('CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a')
    const abort = new AbortController()
    const asked = Array.from({ length: 4 }, () =>
      store.ask(SLOW, { signal: abort.signal }).catch((error: Error) => error),
    )
    while ((await running('')) < 2 || (await waiting()) < 2);
    const refused = await store.ask('SELECT 1')
    assert.is(refused.status, 500)
    assert.match(refused.text, /^Code: 202\. .*TOO_MANY_SIMULTANEOUS_QUERIES/)
    assert.is((await store.ask('INSERT INTO t VALUES (1)')).status, 200, 'queries do not hold up inserts')
    assert.is((await fetch(`${store.url}/ping`)).status, 200)
    abort.abort()
    await Promise.all(asked)
    while ((await running('')) > 0 || (await waiting()) > 0);
    assert.is(await store.rows('SELECT count() FROM t'), '1')
  },
)

limits('refuses a query and data that are too long', async () => {
  const long = await store.ask(`SELECT '${'x'.repeat(70_000)}'`)
  assert.is(long.status, 400)
  assert.match(long.text, /Max query size exceeded/)
  const data = await store.ask(`INSERT INTO t FORMAT CSV\n${'1\n'.repeat(600_000)}`)
  assert.match(data.text, /^Code: 307\. .*TOO_MANY_BYTES/)
  assert.is(await store.rows('SELECT count() FROM t'), '1')
})

limits('holds back a query whose client does not read, in bounded memory', async () => {
  const memory = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${store.process.pid}/status`, 'utf8'))![1]) / 1024
  await store.rows('SELECT * FROM numbers(1000000) FORMAT JSON')
  const before = memory()
  const read = await new Promise<number>((resolve, reject) => {
    const asked = request(`${store.url}/`, { method: 'POST' }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes < 50_000_000) return
        response.destroy()
        resolve(bytes)
      })
      response.on('error', reject)
    })
    asked.end('SELECT number, toString(number) FROM numbers(10000000000) FORMAT JSONCompact')
  })
  assert.ok(read >= 50_000_000)
  const grown = memory() - before
  assert.ok(grown < 150, `${grown} MiB more`)
  while ((await running('')) > 0);
})

limits('says who has the folder', async () => {
  const error = await startStore({ data_dir: dir }).then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  assert.is(
    error?.message,
    `EngineBusyError: the process ${store.process.pid} has the store in ${dir}/engine open: stop it first`,
  )
})

limits('keeps its rows over a stop, and over kill -9', async () => {
  await store.stop()
  store = await startStore({ data_dir: dir })
  assert.is(await store.rows('SELECT count() FROM t'), '1')
  await store.rows('INSERT INTO t VALUES (2)')
  await store.kill()
  store = await startStore({ data_dir: dir })
  assert.is(await store.rows('SELECT sum(a) FROM t'), '3')
})

limits('asks for a password where one is set', async () => {
  await store.stop()
  const settings = {
    data_dir: dir,
    password: 'secret',
    reader_password: 'look',
    reader_settings: { additional_table_filters: "{'default.t': 'a = 2'}" },
  }
  store = await startStore(settings)
  const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` })
  assert.is((await store.ask('SELECT 1')).status, 401)
  assert.is((await store.ask('SELECT 1', { headers: basic('default:wrong') })).status, 403)
  assert.match(
    (await store.ask('SELECT 1', { headers: basic('nobody:') })).text,
    /^Code: 516\. .*AUTHENTICATION_FAILED/,
  )
  assert.is(await store.rows('SELECT 1', { headers: basic('default:secret') }), '1')
  assert.is(await store.rows('SELECT 1', { words: { user: 'default', password: 'secret' } }), '1')
  const keys = { 'X-ClickHouse-User': 'reader', 'X-ClickHouse-Key': 'look' }
  const words = { additional_table_filters: '{}' }
  assert.is(
    await store.rows('SELECT sum(a) FROM t', { headers: keys, words }),
    '2',
    'a reader sees its rows alone',
  )
  assert.is((await fetch(`${store.url}/ping`)).status, 200)
})

limits('refuses web pages while it has no password', async () => {
  await store.stop()
  store = await startStore({ data_dir: dir })
  assert.is((await store.ask('SELECT 1', { headers: { Origin: 'https://example.org' } })).status, 403)
  assert.is((await store.ask('SELECT 1', { headers: { Origin: 'http://localhost:8080' } })).status, 200)
  const rebound = await new Promise<number>((resolve) => {
    request(`${store.url}/?query=SELECT+1`, { headers: { Host: 'evil.example.org' } }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    }).end()
  })
  assert.is(rebound, 403)
})

limits('ends what runs when it is stopped', async () => {
  const asked = store.ask(SLOW).catch((error: Error) => error)
  while ((await running('')) === 0);
  await store.stop()
  assert.instance(await asked, Error)
})

limits.run()
