import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { delimiter, join } from 'node:path'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { Registry as Metrics } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deviceAgent } from '../../../app/keepers.js'
import { devicesSchema } from '../../../enrich/devices/config.js'
import { type DeviceAgent, DevicePoller } from '../../../enrich/devices/device_poller.js'
import { interfacesOf } from '../../../enrich/devices/if_mib.js'
import { interfaceRows } from '../../../enrich/registry/interface_rows.js'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import { snmpSchema } from '../../../ingest/poll/snmp/config.js'
import { ClickHouseInterfaces } from '../../../sinks/clickhouse/interface_writer.js'
import { encodeNative } from '../../../sinks/clickhouse/native.js'
import { ClickHouseWriter } from '../../../sinks/clickhouse/writer.js'
import { LogBook, NatsFixture, until } from '../../ingest/bus/nats_fixture.js'
import { startStore, type TestStore, temporaryDir } from '../../sinks/clickhouse/start_store.js'
import { blockOf, snapshotOf } from '../stages/block_fixture.js'

const test = suite('names of interfaces')

const SNMPD = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  .map((path) => join(path, 'snmpd'))
  .find((path) => existsSync(path))
const nats = new NatsFixture()
const dir = temporaryDir()
let store: TestStore
let client: ClickHouseClient
let state: NatsStateStore
let daemon: ChildProcess | undefined
test.before(async () => {
  await nats.start()
  state = new NatsStateStore(await nats.bus())
  store = await startStore({ data_dir: join(dir, 'store'), schema: true })
  client = createClient({ url: store.url })
})
test.after(async () => {
  daemon?.kill('SIGKILL')
  await client.close()
  await store.stop()
  await nats.stop()
})

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

function startSnmpd(port: number): void {
  const conf = join(dir, 'snmpd.conf')
  writeFileSync(conf, `agentAddress udp:127.0.0.1:${port}\nrocommunity vigie-test 127.0.0.1\n`)
  const args = ['-f', '-C', '-c', conf, '-Lf', join(dir, 'snmpd.log'), '-p', join(dir, 'pid')]
  daemon = spawn(SNMPD!, args, {
    stdio: 'ignore',
    env: { ...process.env, SNMP_PERSISTENT_DIR: dir, MIBS: '' },
  })
}

const polling = (agents: readonly DeviceAgent[], logger: LogBook, metrics = new Metrics()): DevicePoller =>
  new DevicePoller(devicesSchema.parse({ every_s: 1, retry_s: 1 }), {
    agents,
    state,
    store: new ClickHouseInterfaces(client),
    clock: { nowMs: () => Date.now() },
    logger,
    metrics,
  })

test('are those of IF-MIB, with speeds that a gauge of 32 bits cannot tell', () => {
  const cells = {
    'ifDescr.1': 'GigabitEthernet0/0/1',
    'ifName.1': 'Gi0/0/1',
    'ifSpeed.1': 1_000_000_000,
    'ifHighSpeed.1': 1000,
    'ifAlias.1': 'vers le RGT\n',
    'ifDescr.7': 'Hu0/1',
    'ifSpeed.7': 4_294_967_295,
    'ifHighSpeed.7': 100_000,
    'ifSpeed.9': 5,
    'ifName.4294967296': 'too high',
  }
  const rest = { exporter_addr: '192.0.2.1', source: 'snmp', seen: 5 } as const
  assert.equal(interfacesOf(cells, '192.0.2.1', 5), [
    { ...rest, if_index: 1, name: 'Gi0/0/1', alias: 'vers le RGT', speed_bps: 1e9 },
    { ...rest, if_index: 7, name: 'Hu0/1', alias: '', speed_bps: 1e11 },
  ])
})

const names = (what: string): Promise<string> =>
  store
    .rows(`SYSTEM RELOAD DICTIONARIES`)
    .then(() => store.rows(`SELECT in_if, ${what} FROM vigie.flows ORDER BY in_if FORMAT CSV`))

test('come from the exporter before the registry, from the registry before the agent', async () => {
  const writer = new ClickHouseWriter({ url: store.url })
  const flows = [1, 2, 3, 4].map((in_if) => ({
    exporter_addr: '192.0.2.1',
    in_if,
    time_received: BigInt(Date.now()),
  }))
  await writer.insert({ table: 'vigie.flows', token: 'a', blocks: [encodeNative(blockOf(flows))], rows: 4 })
  await writer.close()
  const interfaces = new ClickHouseInterfaces(client)
  const registry = snapshotOf({
    organizations: [{ id: 'o', name: { fr: 'O', en: 'O' } }],
    sites: [{ id: 's', organization: 'o' }],
    suppliers: [{ id: 'p', name: 'P' }],
    links: [
      {
        id: 'l',
        site: 's',
        supplier: 'p',
        interfaces: [
          { exporter: '192.0.2.1', index: 1, name: 'reg-1', alias: 'registry', speed_bps: 5e6 },
          { exporter: '192.0.2.1', index: 2, name: 'reg-2' },
        ],
      },
    ],
  })
  await interfaces.write(interfaceRows(registry))
  await client.insert({
    table: 'vigie.exporter_names',
    values: [
      {
        exporter_addr: '192.0.2.1',
        kind: 'interface',
        key: 1,
        name: 'opt-1',
        seen: '2026-11-20 00:00:00.000',
      },
    ],
    format: 'JSONEachRow',
  })
  const told = { exporter_addr: '192.0.2.1', speed_bps: 1e9, source: 'snmp' as const, seen: Date.now() }
  await interfaces.write(
    [1, 2, 3].map((if_index) => ({ ...told, if_index, name: `snmp-${if_index}`, alias: 'agent' })),
  )
  assert.is(
    await names('in_if_name, in_if_alias'),
    '1,"opt-1","registry"\n2,"reg-2","agent"\n3,"snmp-3","agent"\n4,"",""',
  )
  const speed = `SELECT dictGet('vigie.interfaces_dict', 'speed_bps', (toIPv6('192.0.2.1'), toUInt32(arrayJoin([1, 2]))))`
  assert.is(await store.rows(speed), '5000000\n1000000000')
})

test('are asked of a real agent, and stay when it goes away in the midst, while others go on', async () => {
  if (SNMPD === undefined) {
    if (process.env.CI === 'true') throw new Error('snmpd is not installed (Debian: snmpd)\n')
    process.stdout.write('skipped: snmpd is not installed (Debian: snmpd)\n')
    return
  }
  const port = await freePort()
  startSnmpd(port)
  const config = snmpSchema.parse({
    id: 'edge-1',
    host: '127.0.0.1',
    port,
    version: '2c',
    credentials_env: { community: 'SNMP_TEST_COMMUNITY' },
    tables: ['if-mib'],
    timeout_s: 0.3,
    retries: 0,
  })
  process.env.SNMP_TEST_COMMUNITY = 'vigie-test'
  let asked = 0
  const other: DeviceAgent = {
    id: 'edge-2',
    exporter: '192.0.2.2',
    ask: async () => ({ 'ifName.1': `wan${++asked}` }),
  }
  const real = deviceAgent(config, devicesSchema.parse({ exporters: { 'edge-1': '192.0.2.77' } }))
  const log = new LogBook()
  const metrics = new Metrics()
  const poller = polling([real, other], log, metrics)
  await poller.start()
  const rows = `SELECT count() FROM vigie.interfaces FINAL WHERE exporter_addr = toIPv6('192.0.2.77')`
  const there = Object.keys(networkInterfaces()).length
  await until(async () => Number(await store.rows(rows)) >= there, 'its interfaces are in the store')
  const lo = `SELECT name FROM vigie.interfaces FINAL WHERE exporter_addr = toIPv6('192.0.2.77') AND if_index = 1`
  assert.is(await store.rows(lo), 'lo')

  daemon!.kill('SIGKILL')
  await until(() => log.said('what was known stays'), 'the agent that went away is told')
  const before = asked
  await until(() => asked > before + 1, 'the other one is asked on')
  assert.ok(Number(await store.rows(rows)) >= there)
  await poller.stop()
  assert.match(await metrics.metrics(), /vigie_devices_polls_total\{result="failed"\} [1-9]/)

  // What was learned outlives the store and the poller.
  await client.command({ query: 'TRUNCATE TABLE vigie.interfaces' })
  const again = polling([real], log)
  await again.start()
  await until(async () => Number(await store.rows(rows)) >= there, 'what was known is in the store again')
  await again.stop()
})

test.run()
