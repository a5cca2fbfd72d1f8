import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withBus } from '../../app/connect_bus.js'
import type { CommandIo } from '../../app/io.js'
import { privacyCommand } from '../../app/privacy_command.js'
import { Bed } from '../../bench/bed.js'
import { CryptoPan } from '../../enrich/privacy/crypto_pan.js'
import { isSealed, Sealer } from '../../enrich/privacy/seal.js'
import { v4Text } from '../../enrich/tables/prefix_text.js'
import { edgePublisherSchema } from '../../ingest/bus/config.js'
import { NatsDeadLetters } from '../../ingest/bus/dead_letters.js'
import { EdgePublisher } from '../../ingest/bus/edge_publisher.js'
import { until } from './until.js'

/** The real pipeline over an organisation whose addresses are pseudonymised: nothing it writes but the raw frames holds one. */
const test = suite('the pipeline with privacy')

/** A protected host, which scans its neighbours, 10.201.160.0 and up. */
const HOST = 0x0ac9ad59
const NEIGHBOURS = 0x0ac9a000
const OUTSIDE = 0xcb007107
const key = randomBytes(32)
const dir = mkdtempSync(join(tmpdir(), 'vigie-privacy-'))
const socket = createSocket('udp4')
let bed: Bed

test.before(async () => {
  writeFileSync(join(dir, 'key'), key.toString('hex'))
  const registry = {
    organizations: [{ id: 'hop', name: { fr: 'Hôpital', en: 'Hospital' }, privacy: { mode: 'pseudonym' } }],
    sites: [{ id: 'hop-1', organization: 'hop', prefixes: ['10.201.0.0/16'] }],
  }
  writeFileSync(join(dir, 'registry.json'), JSON.stringify(registry))
  bed = await Bed.make(['store', 'collector', 'processor', 'detector', 'edge'], {
    registry_files: [join(dir, 'registry.json')],
    'privacy.keys': [{ id: 7, file: join(dir, 'key') }],
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
})

test.after(async () => {
  socket.close()
  await bed.end()
  rmSync(dir, { recursive: true, force: true })
})

/** NetFlow v5, 30 records a datagram: SYNs of the host to so many neighbours. */
function v5(flows: readonly (readonly [src: number, dst: number, port: number])[], sequence: number): Buffer {
  const bytes = Buffer.alloc(24 + 48 * flows.length)
  const uptime = 1_000_000
  bytes.writeUInt16BE(5, 0)
  bytes.writeUInt16BE(flows.length, 2)
  bytes.writeUInt32BE(uptime, 4)
  bytes.writeUInt32BE(Math.floor(Date.now() / 1000), 8)
  bytes.writeUInt32BE(sequence, 16)
  for (const [i, [src, dst, port]] of flows.entries()) {
    const at = 24 + 48 * i
    bytes.writeUInt32BE(src, at)
    bytes.writeUInt32BE(dst, at + 4)
    bytes.writeUInt32BE(1, at + 16)
    bytes.writeUInt32BE(40, at + 20)
    bytes.writeUInt32BE(uptime, at + 24)
    bytes.writeUInt32BE(uptime, at + 28)
    bytes.writeUInt16BE(40_000 + (dst & 0xff), at + 32)
    bytes.writeUInt16BE(port, at + 34)
    bytes[at + 37] = 2
    bytes[at + 38] = 6
  }
  return bytes
}

const send = (bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) =>
    socket.send(bytes, bed.port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
  )

/** Files below a folder, but those of the streams of raw frames and payloads. */
function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (name === 'FRAMES' || name === 'EDGE') continue
    if (statSync(path).isDirectory()) yield* filesBelow(path)
    else yield path
  }
}

/** Gives how many flows it sent. */
const scan = async (round: number): Promise<number> => {
  for (let d = 0; d < 10; d++) {
    const flows = Array.from(
      { length: 30 },
      (_, i) => [HOST, NEIGHBOURS + round * 300 + d * 30 + i, 445] as const,
    )
    await send(v5(flows, (round * 10 + d) * 30))
  }
  return 300
}

/** Payloads of edges that speak of the host: an event of it, and two that cannot be read. */
async function tellOfHost(): Promise<void> {
  const texts = [
    JSON.stringify({
      kind: 'event',
      vendor: 'acme',
      device: 'e1',
      event: 'blocked',
      message: `${v4Text(HOST)} is blocked`,
    }),
    `{"broken": "${v4Text(HOST)}"`,
    `${v4Text(HOST)} said nothing that is known`,
  ]
  await withBus(bed.config.bus, 'test', async (bus) => {
    const publisher = new EdgePublisher(edgePublisherSchema.parse({}), { bus, metrics: new Registry() })
    for (const [i, text] of texts.entries()) {
      const origin = { way: 'nats', source: 'test' } as const
      const payload = { vendor: 'auto', origin, receivedMs: Date.now(), bytes: Buffer.from(text) }
      await publisher.publish(payload, `privacy-${i}`)
    }
    await until(async () => (await bus.jsm.streams.info('DEAD')).state.messages >= 3, 'letters of edges')
  })
}

test('stores pseudonyms, and no true address of the organisation anywhere', async () => {
  await send(v5([[HOST, OUTSIDE, 443]], 0))
  // Of no version that there is: a dead letter that holds the address.
  const odd = v5([[HOST, OUTSIDE, 443]], 1)
  odd.writeUInt16BE(99, 0)
  await send(odd)
  let round = 0
  let told = 0
  const findings = 'SELECT count() AS n FROM vigie.findings'
  await until(async () => {
    if (round < 12 && (await bed.count()) >= told) told += await scan(round++)
    const [row] = await bed.store.rows<{ n: number }>(findings)
    return (row?.n ?? 0) > 0
  }, 'a finding of the scan')

  const web = 'SELECT count() AS n FROM vigie.flows WHERE dst_port = 443'
  await until(async () => (await bed.store.rows<{ n: number }>(web))[0]?.n !== 0, 'the flow is stored')
  const pan = new CryptoPan(key)
  const [flow] = await bed.store.rows<Record<string, unknown>>(
    `SELECT toString(src_addr) AS src, toString(dst_addr) AS dst, privacy_key, src_org FROM vigie.flows WHERE dst_port = 443 LIMIT 1`,
  )
  const image = v4Text(pan.map4(HOST))
  assert.equal(flow, { src: `::ffff:${image}`, dst: '::ffff:203.0.113.7', privacy_key: 7, src_org: 'hop' })
  const [finding] = await bed.store.rows<{ src: string[]; service: string }>(
    'SELECT src, service FROM vigie.findings',
  )
  assert.equal(finding, { src: [image], service: 'scan' })

  await tellOfHost()
  const events = 'SELECT message FROM vigie.edge_events'
  await until(async () => (await bed.store.rows(events)).length > 0, 'the event of an edge is stored')
  const [event] = await bed.store.rows<{ message: string }>(events)
  assert.equal(event, { message: `${image} is blocked` })

  // Of every table, every column.
  const columns = await bed.store.rows<{ table: string; name: string }>(
    `SELECT table, name FROM system.columns WHERE database = 'vigie' AND table IN
       (SELECT name FROM system.tables WHERE database = 'vigie' AND engine LIKE '%MergeTree%') AND default_kind != 'ALIAS'`,
  )
  assert.ok(columns.length > 100)
  const tables = [...new Set(columns.map((c) => c.table))]
  for (const table of tables) {
    const like = columns
      .filter((c) => c.table === table)
      .map((c) => `toString(\`${c.name}\`) LIKE '%10.201.1%'`)
    const [row] = await bed.store.rows<{ n: number }>(
      `SELECT count() AS n FROM vigie.${table} WHERE ${like.join(' OR ')}`,
    )
    assert.is(row?.n, 0, table)
  }
})

/** What `vigie privacy` writes, and how it ends. */
async function privacy(...args: string[]): Promise<{ code: number; rows: Record<string, unknown>[] }> {
  let out = ''
  const stream = (take: (text: string) => void): { write(text: string): boolean } => ({
    write(text) {
      take(text)
      return true
    },
  })
  const env = {
    VIGIE_LANG: 'en',
    NATS_URL: bed.config.bus.url,
    CLICKHOUSE_URL: bed.config.clickhouse_url,
    VIGIE_PRIVACY_KEYS: JSON.stringify([{ id: 7, file: join(dir, 'key') }]),
  }
  const io = {
    stdout: stream((text) => {
      out += text
    }),
    stderr: stream(() => {}),
    env,
  }
  const code = await privacyCommand([...args, '--format', 'jsonl'], io as unknown as CommandIo)
  return {
    code,
    rows: out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

test('forgets an address by itself and by its pseudonyms, when it is meant', async () => {
  const flows = `SELECT count() AS n FROM vigie.flows WHERE src_addr = toIPv6('${v4Text(new CryptoPan(key).map4(HOST))}')`
  const count = async (): Promise<number> => (await bed.store.rows<{ n: number }>(flows))[0]!.n
  const before = await count()
  assert.ok(before > 300)
  const shown = await privacy('forget', v4Text(HOST))
  assert.is(shown.code, 0)
  assert.is(shown.rows.find(({ where }) => where === 'vigie.flows')?.rows, before)
  assert.ok(shown.rows.some(({ where }) => where === 'vigie.findings'))
  assert.ok(shown.rows.some(({ where }) => where === 'FINDINGS'))
  assert.is(await count(), before)
  await privacy('forget', v4Text(HOST), '--yes')
  assert.is(await count(), 0)
  assert.is((await bed.store.rows<{ n: number }>('SELECT count() AS n FROM vigie.findings'))[0]?.n, 0)
  assert.equal((await privacy('forget', v4Text(HOST))).rows, [])
})

test('forgets an organisation', async () => {
  const shown = await privacy('forget', 'hop', '--yes')
  assert.ok(shown.rows.some(({ where }) => where === 'vigie.flows_1m'))
  assert.equal((await privacy('forget', 'hop')).rows, [])
  assert.is(await bed.count(), 0)
})

test('seals what holds true addresses for a while, and opens it where it must', async () => {
  const letters = await withBus(bed.config.bus, 'test', async (bus) => {
    const all = []
    for await (const letter of new NatsDeadLetters(bus).list()) all.push(letter)
    return all
  })
  assert.is(letters.length, 3)
  const sealer = new Sealer([{ id: 7, sinceMs: 0, bytes: new Uint8Array(key) }])
  for (const { bytes, vendor } of letters) {
    assert.ok(isSealed(bytes!), vendor ?? 'flow')
    if (vendor !== undefined) assert.ok(Buffer.from(sealer.open(bytes!)).includes(v4Text(HOST)))
  }
  // Text, and the four bytes of it, in all files of the bus and the logs.
  await bed.pipeline.stop('drain')
  const wanted = [
    Buffer.from('10.201.173.89'),
    Buffer.from([0x0a, 0xc9, 0xad, 0x59]),
    Buffer.from([0x59, 0xad, 0xc9, 0x0a]),
  ]
  let searched = 0
  for (const folder of ['nats', 'logs']) {
    for (const path of filesBelow(join(bed.dir, folder))) {
      const bytes = readFileSync(path)
      searched += bytes.length
      for (const text of wanted) assert.not.ok(bytes.includes(text), `${path} holds ${text.toString('hex')}`)
    }
  }
  assert.ok(searched > 10_000)
})

test.run()
