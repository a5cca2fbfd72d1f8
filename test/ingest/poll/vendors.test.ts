import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { normalisePayload } from '../../../ingest/edge/normalise.js'
import { POLL_VENDORS } from '../../../ingest/poll/vendors/index.js'
import type { EdgeRecord } from '../../../model/edge_record.js'
import type { ControllerContract, ControllerData } from '../../../simulate/edges/controller.js'
import { ciscoCatalystController } from '../../../simulate/edges/controllers/cisco_catalyst.js'
import { CONTROLLERS } from '../../../simulate/edges/controllers/index.js'
import { nokiaNuageController } from '../../../simulate/edges/controllers/nokia_nuage.js'
import { controllerData } from '../../../simulate/edges/format.js'
import { EDGE_FORMATS } from '../../../simulate/edges/formats/index.js'
import { EdgeWorld } from '../../../simulate/edges/world.js'
import { buildNetwork } from '../../../simulate/network.js'
import * as others from './controllers/others.js'
import { PollFixture } from './poll_fixture.js'

/** Each kind of controller by its contract: login, pages, a session that ends in the middle; what comes is read without rejects. */
const tests = suite('pollers by vendor')

const START = Date.parse('2026-03-01T10:00:00Z')
const MINUTE = 60_000

const minutes = (fromMs: number, toMs: number): number[] => {
  const first = Math.ceil(fromMs / MINUTE) * MINUTE
  return Array.from({ length: Math.max(0, Math.ceil((toMs - first) / MINUTE)) }, (_, i) => first + i * MINUTE)
}

/** Rows of the controllers that the reference network does not have: one a minute and link, unless it is the present. */
const ROWS: Readonly<Record<string, (report: string, at: number[]) => readonly object[]>> = {
  fortinet: () => [HEALTH],
  fortimanager: () => [HEALTH],
  versa: (report, at) => at.map((t) => VERSA[report]!(t)) as unknown as object[],
  'hpe-edgeconnect': (_report, at) => at.map((t) => [t / 1000, 1000, 2000]) as unknown as object[],
  'juniper-mist': (_report, [t]) =>
    [1, 2, 3, 4, 5].map((n) => ({
      mac: `02000000000${n}`,
      peer_mac: '020000000009',
      port_id: 'wan1',
      up: true,
      latency: 10 + n,
      last_seen: t! / 1000,
    })),
  'juniper-ssr': () => [GRAPH],
  cato: (_report, at) => [
    {
      id: '4001',
      interfaces: [
        {
          name: 'WAN1',
          interfaceInfo: { id: 'WAN1', name: 'WAN1' },
          timeseries: [{ label: 'rtt', data: at.map((t) => [t, 22]) }],
        },
      ],
    },
  ],
  rest: () => [{ ...HEALTH, serial: undefined }],
  citrix: () => [
    {
      from_link: 'MCN-1',
      to_link: 'BR1-1',
      bandwidth: '1200',
      bowt: '11',
      jitter: '1',
      packet_loss: '0.00',
      path_state: 'GOOD',
    },
  ],
  peplink: (report) => [PEPLINK[report]!],
  thousandeyes: (_report, at) =>
    at.map((t) => ({
      agent: { agentId: '1', agentName: 'a' },
      roundId: t / 1000,
      startTime: new Date(t).toISOString(),
      server: 'hub:443',
      avgLatency: 20,
      loss: 0,
      jitter: 1,
    })),
}

const HEALTH = {
  http_method: 'GET',
  results: {
    RGT: { wan1: { status: 'up', latency: 12.5, jitter: 1, packet_loss: 0 }, wan2: { status: 'disable' } },
  },
  vdom: 'root',
  path: 'virtual-wan',
  name: 'health-check',
  serial: 'FGT60F0000000001',
}
const VERSA: Readonly<Record<string, (t: number) => readonly unknown[]>> = {
  slam: (t) => [`a,b,W1,W1,${t}`, 'a', 'b', 'W1', 'W1', String(t), 20, 1, 1, 0, 0, 0],
  linkusage: (t) => [`a,W${t}`, 'a', `W${t}`, '1000', '1000', 'x', 'x', '1.1.1.1', 'isp', 1, 2, 3, 4],
  linkstatus: (t) => [`a,W${t}`, 'a', `W${t}`, 98.5],
}
const GRAPH = {
  allRouters: {
    nodes: [
      {
        name: 'r1',
        peers: {
          nodes: [
            {
              name: 'p1',
              paths: [{ node: 'n', status: 'UP', deviceInterface: 'wan', adjacentAddress: '10.0.0.1' }],
            },
          ],
        },
      },
    ],
  },
}
const PEPLINK: Readonly<Record<string, object>> = {
  'wan.connection': { 1: { name: 'WAN 1', enable: true, statusLed: 'green', message: 'Connected' } },
  pepvpn: {
    tunnel: { 1: { wan: { 1: { name: 'WAN 1', rtt: 23, rx: 1, tx: 1 } } } },
    peer: { 1: { name: 'HQ', status: 'CONNECTED' } },
  },
  traffic: { bandwidth: { unit: 'kbps', 1: { name: 'WAN 1', overall: { download: 1, upload: 1 } } } },
}

/** What the edges of the reference network would tell their controller. */
function simulated(vendor: string): ControllerData {
  const format = EDGE_FORMATS.find((one) => one.vendor === vendor)!
  const world = new EdgeWorld(buildNetwork(1, 120), {
    models: [format.model],
    startMs: START - 60 * MINUTE,
    everyS: 60,
    troubleEveryS: 60,
  })
  return controllerData(format, world)
}

const listed = (id: string): ControllerData => ({
  rows: (report, fromMs, toMs) => ROWS[id]!(report, minutes(fromMs, toMs)),
  present: (report, nowMs) => ROWS[id]!(report, [Math.floor(nowMs / MINUTE) * MINUTE]),
})

interface Case {
  readonly contract: ControllerContract
  readonly data: ControllerData
}
const CASES: readonly Case[] = [
  ...CONTROLLERS.map((contract) => ({ contract, data: simulated(contract.id) })),
  ...Object.values(others).map((contract) => ({ contract, data: listed(contract.id) })),
]

/** Twelve minutes of polling, the sessions ending every few requests. */
async function polled({ contract, data }: Case): Promise<{ f: PollFixture; records: EdgeRecord[] }> {
  const f = new PollFixture(contract, data, { startMs: START, pageRows: 3 })
  await f.controller.start()
  let n = 0
  f.controller.mishap = () => {
    if (++n % 11 === 0) f.controller.expire()
    return undefined
  }
  const vendor = POLL_VENDORS.find(({ id }) => id === contract.id)!
  await f.start({ every_s: 120, lag_s: 180, requests_per_s: 1000, pages_max: 5000 })
  await f.clock.runTo(START + 12 * MINUTE, vendor.feeds.filter(({ optional }) => !optional).length)
  await f.stop()
  const records = [...f.sink.payloads.values()].flatMap(({ vendor: adapter, bytes, receivedMs, origin }) => {
    const text = Buffer.from(bytes).toString('utf8')
    const read = normalisePayload(text, { vendor: adapter, receivedMs, origin })
    assert.equal(read.rejects, [], `${contract.id}: ${text.slice(0, 200)}`)
    return read.records
  })
  return { f, records }
}

for (const one of CASES) {
  tests(`${one.contract.id}: all that it holds is published once and read`, async () => {
    const { f, records } = await polled(one)
    await f.close()
    assert.ok(records.length > 0, f.log.lines.slice(0, 5).join('\n'))
    const told = records.map((record) => JSON.stringify(record))
    assert.is(new Set(told).size, told.length, 'a record came twice')
    const secret = Object.values(one.contract.credentials).at(-1)!
    for (const line of f.log.lines) assert.not.match(line, secret)
  })
}

tests('every kind of controller has a contract that it is held against', () => {
  const held = CASES.map(({ contract }) => contract.id)
  assert.equal(
    POLL_VENDORS.map(({ id }) => id).filter((id) => !held.includes(id)),
    [],
  )
})

tests('wrong credentials are tried seldom, and said', async () => {
  const f = new PollFixture(
    { ...ciscoCatalystController, credentials: { username: 'x', password: 'wrong-one' } },
    simulated('cisco-catalyst'),
    { startMs: START },
  )
  await f.controller.start()
  await f.start({ feeds: ['bfd'] })
  await f.clock.runTo(START + 10 * MINUTE)
  assert.ok(f.controller.log.length < 30, `${f.controller.log.length} requests`)
  assert.match(f.log.lines.join('\n'), /check the credentials/)
  assert.not.match(f.log.lines.join('\n'), /wrong-one/)
  await f.close()
})

tests('Elasticsearch is read on behind the last document of a full page', async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => ({
    timestamp: START - 6 * MINUTE + Math.floor(i / 10),
    SrcNSG: `n${i}`,
    AvgDelay: 1,
  }))
  const data: ControllerData = {
    rows: (report, from, to) =>
      report === 'nuage_dpi_probestats'
        ? rows.filter(({ timestamp }) => timestamp >= from && timestamp < to)
        : [],
    present: () => [],
  }
  const f = new PollFixture(nokiaNuageController, data, { startMs: START })
  await f.controller.start()
  await f.start({ feeds: ['probes'], every_s: 600, lag_s: 60 })
  await f.clock.runTo(START + 2 * MINUTE)
  const names = f.sink.texts.flatMap((text) =>
    (JSON.parse(text) as { hits: { hits: { _source: { SrcNSG: string } }[] } }).hits.hits.map(
      ({ _source }) => _source.SrcNSG,
    ),
  )
  assert.is(names.length, 5000)
  assert.is(new Set(names).size, 5000)
  await f.close()
})

tests.run()
