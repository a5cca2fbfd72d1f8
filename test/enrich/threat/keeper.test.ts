import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { Registry as Metrics } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ThreatStage } from '../../../enrich/stages/threat_stage.js'
import { threatsSchema } from '../../../enrich/threat/config.js'
import { ThreatKeeper } from '../../../enrich/threat/threat_keeper.js'
import { ThreatWatch } from '../../../enrich/threat/threat_watch.js'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import type { ThreatFeed } from '../../../model/registry.js'
import { encodeNative } from '../../../sinks/clickhouse/native.js'
import { ClickHouseThreats } from '../../../sinks/clickhouse/threat_store.js'
import { ClickHouseWriter } from '../../../sinks/clickhouse/writer.js'
import { NatsFixture, until } from '../../ingest/bus/nats_fixture.js'
import { startStore, type TestStore, temporaryDir } from '../../sinks/clickhouse/start_store.js'
import { blockOf, columnOf, type TestFlow } from '../stages/block_fixture.js'
import { bundleOf, indicatorOf } from './stix_objects.js'

const test = suite('threat feeds in force')

const nats = new NatsFixture()
const dir = temporaryDir()
let store: TestStore
let client: ClickHouseClient
let state: NatsStateStore
test.before(async () => {
  await nats.start()
  state = new NatsStateStore(await nats.bus())
  store = await startStore({ data_dir: join(dir, 'store'), schema: true })
  client = createClient({ url: store.url })
})
test.after(async () => {
  await client.close()
  await store.stop()
  await nats.stop()
})

const NOW = Date.parse('2026-11-22T12:00:00Z')
const clock = { now: NOW, nowMs: () => clock.now }
let feeds: ThreatFeed[] = []

const keeping = (threats = new ClickHouseThreats(client)): ThreatKeeper =>
  new ThreatKeeper(threatsSchema.parse({ retro_days: 2, retry_s: 60 }), {
    feeds: () => feeds,
    state,
    store: threats,
    env: {},
    clock,
    logger: nats.log,
    metrics: new Metrics(),
  })

const watching = (): ThreatWatch =>
  new ThreatWatch({ poll_interval_ms: 10 }, { state, logger: nats.log, metrics: new Metrics() })

const fileOf = (name: string, text: string): string => {
  const path = join(dir, name)
  writeFileSync(path, text)
  return path
}

const flow = (src: string, dst: string, agoH = 1): TestFlow => ({
  src_addr: src,
  dst_addr: dst,
  dst_port: 443,
  ip_proto: 6,
  bytes: 100n,
  packets: 2n,
  counted: 1,
  time_received: BigInt(NOW - agoH * 3_600_000),
})

async function matched(watch: ThreatWatch, flows: readonly TestFlow[]): Promise<string[]> {
  const block = blockOf(flows)
  new ThreatStage(watch.current!.tables).run(block)
  return columnOf(block, 'threat_id').map((n) => (n === 0 ? '' : nameOf(watch, n)))
}

const nameOf = (watch: ThreatWatch, number: number): string => {
  const { feed, value } = watch.current!.nameOf(number)!
  return `${feed}:${value}`
}

test('come into force in workers, in the store and for the days that are stored', async () => {
  const writer = new ClickHouseWriter({ url: store.url })
  const past = [
    flow('10.0.0.1', '198.51.100.7'),
    flow('203.0.113.9', '10.0.0.2', 30),
    flow('10.0.0.1', '198.51.100.7', 72),
  ]
  await writer.insert({ table: 'vigie.flows', token: 'past', blocks: [encodeNative(blockOf(past))], rows: 3 })
  await writer.close()
  const source = fileOf('list.txt', '198.51.100.7\n198.51.100.8\n')
  const expired = indicatorOf(2, "[ipv4-addr:value = '10.0.0.2']", { valid_until: '2026-11-02T00:00:00Z' })
  const bundle = bundleOf([
    indicatorOf(1, "[ipv4-addr:value ISSUBSET '203.0.113.0/24']", { name: 'bots' }),
    expired,
  ])
  feeds = [
    { id: 'list', format: 'cidr', source },
    { id: 'stix', format: 'stix', source: fileOf('bundle.json', JSON.stringify(bundle)), severity_id: 5 },
  ]
  const [keeper, watch] = [keeping(), watching()]
  await watch.start()
  await keeper.start()
  await until(() => watch.current?.tables.version === 2, 'both feeds are in use')
  const flows = [
    flow('10.0.0.1', '198.51.100.8'),
    flow('203.0.113.1', '10.0.0.1'),
    flow('10.0.0.2', '10.0.0.3'),
  ]
  assert.equal(await matched(watch, flows), ['list:198.51.100.8', 'stix:203.0.113.0/24', ''])
  await keeper.stored()
  assert.is(
    await store.rows(
      'SELECT feed, value, flows, threat_end FROM vigie.threat_matches FINAL ORDER BY number FORMAT CSV',
    ),
    '"list","198.51.100.7",1,"dst"\n"stix","203.0.113.0/24",1,"src"',
  )
  const names =
    "SELECT dictGet('vigie.threat_indicators_names', ('text', 'name'), toUInt64(number)) FROM vigie.threat_indicators ORDER BY number"
  assert.is(
    await store.rows(names),
    "('list:198.51.100.7','')\n('list:198.51.100.8','')\n('stix:203.0.113.0/24','bots')\n('stix:10.0.0.2','')",
  )

  // A feed that goes, one that changes, one that breaks.
  fileOf('list.txt', '198.51.100.8\n198.51.100.9\n')
  feeds = [feeds[0]!, { id: 'broken', format: 'stix', source: fileOf('broken.json', '<html>') }]
  clock.now += 3_600_000
  keeper.look()
  await until(() => watch.current?.tables.version === 4, 'what changed is in use')
  const after = [...flows, flow('10.0.0.1', '198.51.100.9'), flow('10.0.0.1', '198.51.100.7')]
  assert.equal(await matched(watch, after), ['list:198.51.100.8', '', '', 'list:198.51.100.9', ''])
  await keeper.stored()
  const retired =
    'SELECT value FROM vigie.threat_indicators FINAL WHERE toUnixTimestamp(retired) > 0 ORDER BY number'
  assert.is(await store.rows(retired), '198.51.100.7\n203.0.113.0/24\n10.0.0.2')
  await until(() => nats.log.said('a threat feed cannot be read'), 'the broken feed is told')
  await keeper.stop()
  await watch.stop()
})

test('survive a restart with their numbers, and fill a store that has lost them', async () => {
  const watch = watching()
  await watch.start()
  assert.is(watch.current?.tables.version, 4)
  const before = await store.rows(
    'SELECT number, value FROM vigie.threat_indicators FINAL WHERE version >= 4 ORDER BY number',
  )
  await client.command({ query: 'TRUNCATE TABLE vigie.threat_indicators' })
  // The store comes up after the keeper.
  let asked = 0
  const late = new ClickHouseThreats(client)
  const version = late.version.bind(late)
  late.version = async () => {
    if (++asked === 1) throw new Error('the store is not there yet')
    return version()
  }
  const keeper = keeping(late)
  await keeper.start()
  const rows = 'SELECT count() FROM vigie.threat_indicators'
  await until(async () => (await store.rows(rows)) === '2', 'the store has the rows again')
  assert.ok(
    (await store.rows('SELECT number, value FROM vigie.threat_indicators FINAL ORDER BY number')).includes(
      '198.51.100.9',
    ),
  )
  assert.ok(before !== '')
  assert.ok(asked > 1)
  assert.is(keeper.version, 4)
  await keeper.stop()
  await watch.stop()
})

test.run()
