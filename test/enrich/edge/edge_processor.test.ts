import { PassThrough } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { storeReader } from '../../../app/ask_store.js'
import { deadCommand } from '../../../app/dead_command.js'
import { drawEdgeBalance } from '../../../app/edge_conservation.js'
import { edgeConservationText } from '../../../app/edge_conservation_text.js'
import type { CommandIo } from '../../../app/io.js'
import { NatsDeadLetters } from '../../../ingest/bus/dead_letters.js'
import { SampleStream } from '../../../ingest/bus/sample_stream.js'
import { until } from '../../ingest/bus/nats_fixture.js'
import { EdgeBed, end } from './edge_bed.js'

/** Payloads in, rows out: the real bus, the real store, the role in a process of its own. */
const edges = suite('payloads of edges')
const bed = new EdgeBed()
edges.before(() => bed.start())
edges.after(() => bed.stop())

const REGISTRY = {
  organizations: [{ id: 'lab', name: { fr: 'Laboratoire', en: 'Laboratory' } }],
  sites: [
    { id: 'lab-1', organization: 'lab' },
    { id: 'lab-2', organization: 'lab' },
  ],
  suppliers: [{ id: 'carrier', name: 'Carrier' }],
  links: [{ id: 'lab-1-a', site: 'lab-1', supplier: 'carrier' }],
  edges: [
    {
      id: 'e1',
      site: 'lab-1',
      identities: ['AA:BB:CC:00:11:22', '10.255.0.1'],
      links: [{ link: 'lab-1-a', name: 'wan1' }],
    },
    { id: 'e2', site: 'lab-2', identities: ['10.255.0.2'] },
  ],
}

/** What a command writes to its standard output. */
async function capture(
  run: (io: CommandIo) => Promise<number>,
  env: Record<string, string>,
): Promise<string> {
  const out = new PassThrough()
  await run({ stdout: out, stderr: new PassThrough(), env })
  return String(out.read())
}

const T0 = Date.now() - 60_000
const at = (s: number): string => new Date(T0 + s * 1000).toISOString()
const line = (more: object): object => ({ kind: 'tunnel', vendor: 'acme', observed_at: at(0), ...more })
const ssr = (name: string, value: number, peer = 'B'): string =>
  JSON.stringify({
    name,
    tags: {
      router: 'A',
      node: 'n1',
      'device-name': 'wan',
      'peer-name': peer,
      'peer-host': '1.2.3.4',
      vlan: '0',
    },
    fields: { [name]: value },
    timestamp: Math.floor(T0 / 1000),
  })

edges('join the registry by any of its names; an unknown device is there all the same', async () => {
  await bed.apply(REGISTRY)
  const role = await bed.role()
  await bed.publish(
    'generic',
    line({ device: 'aabb.cc00.1122', link: 'WAN1', remote: '10.255.0.2', latency_ms: 5 }),
  )
  await bed.publish('generic', line({ device: 'stranger', state: 'down' }))
  await bed.publish('generic', { ...line({ device: 'E2', tx_bps: 7 }), kind: 'counters' })
  await bed.publish('generic', {
    ...line({ site: 'lab-1', event: 'failover', message: 'a → b' }),
    kind: 'event',
  })
  await bed.settled()
  const rows = await bed.store.rows(
    `SELECT device, edge, org_id, site_id, link_id, supplier_id, remote_site_id, latency_ms, state, way, source
     FROM vigie.tunnel_samples ORDER BY device FORMAT JSONCompactEachRow`,
  )
  assert.equal(
    rows.split('\n').map((row) => JSON.parse(row) as unknown[]),
    [
      ['aabb.cc00.1122', 'e1', 1, 1, 1, 1, 2, 5, '', 'http', 'test'],
      ['stranger', '', 0, 0, 0, 0, 0, null, 'down', 'http', 'test'],
    ],
  )
  assert.is(await bed.store.rows('SELECT site_id, tx_bps, rx_bps FROM vigie.if_counters'), '2\t7\t\\N')
  assert.is(
    await bed.store.rows('SELECT site_id, event, message FROM vigie.edge_events'),
    '1\tfailover\ta → b',
  )
  assert.is(await bed.number('sum(unknown_devices)', 'edge_ledger'), 1)
  await end(role, 'SIGTERM')
})

edges(
  'puts together what comes apart, over payloads and over a kill; time goes on when nothing comes',
  async () => {
    let role = await bed.role({ tick_ms: 200 })
    await bed.publish('juniper-ssr', ssr('latency', 10))
    await bed.publish('juniper-ssr', ssr('latency', 10))
    await bed.publish('juniper-ssr', ssr('latency', 30, 'C'))
    await bed.settled()
    await until(async () => (await bed.bus.state.get('edge.checkpoint.head')) !== null, 'a checkpoint')
    await end(role, 'SIGKILL')
    role = await bed.role({ tick_ms: 200 })
    await bed.publish('juniper-ssr', ssr('jitter', 2))
    await bed.publish('juniper-ssr', ssr('loss', 1))
    await bed.settled()
    const whole = "FROM vigie.tunnel_samples WHERE vendor = 'juniper-ssr' AND remote LIKE"
    assert.is(
      await bed.store.rows(`SELECT latency_ms, jitter_ms, loss_ratio, mos_computed > 4 ${whole} 'B%'`),
      '10\t2\t0.01\t1',
    )
    // The other path never tells more: it leaves as it is, when its window has passed.
    await until(
      async () => (await bed.store.rows(`SELECT count() ${whole} 'C%'`)) === '1',
      'the window passes',
    )
    await bed.settled()
    const sums = 'sum(records), sum(merged_away), sum(tunnels)'
    const ssrLedger = `SELECT ${sums} FROM vigie.edge_ledger WHERE vendor = 'juniper-ssr'`
    assert.is(await bed.store.rows(ssrLedger), '5\t3\t2')
    await end(role, 'SIGTERM')
  },
)

edges('keep what cannot be read, with its bytes and its origin', async () => {
  const role = await bed.role()
  await bed.publish('auto', '{"broken": ', { origin: { way: 'syslog', source: 'udp', address: '10.9.9.9' } })
  await bed.publish('fortinet', 'Nothing that a FortiGate says')
  await bed.settled()
  const letters = []
  for await (const letter of new NatsDeadLetters(bed.bus).list()) letters.push(letter)
  const [broken, foreign] = letters
  assert.is(broken!.code, 'payload_unreadable')
  assert.is(Buffer.from(broken!.bytes!).toString(), '{"broken": ')
  assert.equal(broken!.origin, { way: 'syslog', source: 'udp', address: '10.9.9.9' })
  assert.is(broken!.stored, 0)
  assert.equal([foreign!.code, foreign!.vendor], ['vendor_unknown', 'fortinet'])
  assert.is(
    await bed.store
      .rows(
        'SELECT sum(rejected_payloads), sum(r) FROM vigie.edge_ledger LEFT ARRAY JOIN mapValues(rejected_by) AS r',
      )
      .then((row) => row.split('\t')[1]),
    '2',
  )
  await end(role, 'SIGTERM')
})

edges(
  'balance, also while parts wait; letters go back to the stream, and what is known by now is stored',
  async () => {
    const role = await bed.role()
    const store = storeReader(bed.store.url)
    await bed.publish('juniper-ssr', ssr('latency', 10, 'waits'))
    await bed.settled()
    await bed.publish(
      'generic',
      [line({ device: 'x', state: 'up' }), 'no row'].map((v) => JSON.stringify(v)).join('\n'),
    )
    await bed.settled()
    const balance = await drawEdgeBalance(bed.bus, store, Date.now())
    assert.ok(balance?.balanced, JSON.stringify(balance))
    assert.is(balance.payloads.in_flight, 0)
    assert.is(balance.records.waiting, 1)
    assert.match(edgeConservationText(balance, 'fr'), /attendent leur suite +1\n/)
    const before = balance.payloads
    // A letter whose payload reads today: it was addressed to a vendor that did not write it.
    await new NatsDeadLetters(bed.bus).keep({
      code: 'vendor_unknown',
      message: 'not known then',
      count: 1,
      receivedUs: Date.now() * 1000,
      bytes: Buffer.from(JSON.stringify(line({ device: 'late', state: 'up' }))),
      vendor: 'generic',
      origin: { way: 'http', source: 'late' },
      stored: 0,
    })
    const said = await capture((io) => deadCommand(['retry'], io), { NATS_URL: bed.nats.server.url })
    assert.is((JSON.parse(said) as { payloads: number }).payloads, 3, 'the two of before, and this one')
    await bed.settled()
    assert.is(await bed.number("count() FROM vigie.tunnel_samples WHERE device = 'late' --", ''), 1)
    const after = await drawEdgeBalance(bed.bus, store, Date.now())
    assert.ok(after?.balanced, JSON.stringify(after))
    assert.equal([after.payloads.stored - before.stored, after.payloads.rejected - before.rejected], [3, 2])
    await store.close()
    await end(role, 'SIGTERM')
  },
)

edges('are each stored once, however often the role is killed; a second role stands by', async () => {
  const TOTAL = 1200
  const settings = { batch_max_ms: 30, batch_rows: 150 }
  const before = await bed.number('count()', 'link_samples')
  let [role, standby] = [await bed.role(settings), await bed.role(settings)]
  const publishing = (async () => {
    for (let n = 0; n < TOTAL; n++) {
      const rows = [0, 1].map((i) => ({
        ...line({ device: `d${n}`, link: `l${i}`, latency_ms: n }),
        kind: 'link',
      }))
      await bed.publish('generic', rows.map((row) => JSON.stringify(row)).join('\n'))
      if (n % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 60))
    }
  })()
  for (const pauseMs of [150, 400, 60]) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    await end(role, 'SIGKILL')
    role = standby
    standby = await bed.role(settings)
  }
  await publishing
  await bed.settled()
  assert.is((await bed.number('count()', 'link_samples')) - before, 2 * TOTAL)
  const distinct = 'uniqExact(device, link)'
  assert.is(
    await bed.number(distinct, "link_samples WHERE vendor = 'acme' AND startsWith(device, 'd')"),
    2 * TOTAL,
  )
  const last = (await bed.bus.jsm.streams.info('EDGE')).state.last_seq
  assert.is(await bed.number('sum(payloads)', 'edge_ledger'), last)
  const minutes = "sum(samples) FROM vigie.link_samples_1m WHERE startsWith(device, 'd') --"
  assert.is(Number(await bed.store.rows(`SELECT ${minutes}`)), 2 * TOTAL)
  const seen = new Set<string>()
  const { samples, stop } = await new SampleStream({ bus: bed.bus, logger: bed.nats.log }).read(1)
  let applied = 0
  for await (const { payloads } of samples) {
    for (const { sequence, records } of payloads) {
      if (sequence <= applied) continue
      applied = sequence
      for (const { record } of records)
        if (record.kind === 'link') seen.add(`${record.device} ${record.link}`)
    }
    if (seen.size >= 2 * TOTAL) break
  }
  stop()
  assert.is(seen.size, 2 * TOTAL)
  await end(role, 'SIGTERM')
})

edges('the stream of samples tells the time while nothing comes', async () => {
  const role = await bed.role({ idle_tick_ms: 100 })
  await bed.publish('generic', line({ device: 'quiet', state: 'up' }))
  await bed.settled()
  const { samples, stop } = await new SampleStream({ bus: bed.bus, logger: bed.nats.log }).read(1)
  let [told, lastMs] = [0, 0]
  for await (const { payloads } of samples) {
    for (const { records, receivedMs } of payloads) {
      assert.ok(records.length > 0 || receivedMs >= lastMs)
      if (records.length === 0) told++
      lastMs = Math.max(lastMs, receivedMs)
    }
    if (told >= 2) break
  }
  stop()
  await end(role, 'SIGTERM')
})

edges.run()
