import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FLOW_COLUMNS } from '../../../model/flow_columns.js'
import type { Logger } from '../../../model/ports.js'
import { onCluster } from '../../../sinks/clickhouse/cluster.js'
import { knownSettings, migrate } from '../../../sinks/clickhouse/migrate.js'
import { startStore, type TestStore, temporaryDir } from './start_store.js'

/** The schema on the real engine. */
const schema = suite('migrate')
const OPTIONS = { flows_days: 15, rollup_days: 400 }
const told: string[] = []
const note = (_: object, message: string): unknown => told.push(message)
const logger = { debug: note, info: note, warn: note, error: note } as Logger
let store: TestStore
let client: ClickHouseClient

schema.before(async () => {
  store = await startStore({ data_dir: temporaryDir() })
  client = createClient({ url: store.url })
  await migrate(client, OPTIONS, logger)
})
schema.after(async () => {
  await client.close()
  await store.stop()
})

const columns = async (table: string): Promise<string[]> =>
  (await store.rows(`SELECT name FROM system.columns WHERE database = 'vigie' AND table = '${table}'`)).split(
    '\n',
  )

schema('makes every name of the contract a column', async () => {
  const names =
    `time_received flow_start flow_end export_protocol exporter_addr observation_domain src_addr dst_addr next_hop
    bgp_next_hop src_port dst_port ip_proto ip_tos tcp_flags icmp_type icmp_code bytes packets reverse_bytes reverse_packets
    sampling_rate sampling_source in_if out_if in_if_name out_if_name src_as dst_as src_mask dst_mask src_mac dst_mac src_vlan
    dst_vlan direction forwarding_status flow_end_reason firewall_event app_id app_name in_vrf out_vrf mpls_label_1 mpls_label_2
    mpls_label_3 post_nat_src_addr post_nat_dst_addr post_napt_src_port post_napt_dst_port src_org dst_org src_site dst_site
    src_region dst_region provider link app app_class src_country dst_country counted threat_id`.split(/\s+/)
  const there = new Set(await columns('flows'))
  assert.equal(
    names.filter((name) => !there.has(name)),
    [],
  )
  await store.rows(`SELECT ${names.join(', ')} FROM vigie.flows`)
})

schema('gives each stored column its comment and its unknown value', async () => {
  const rows = (
    await store.rows(
      "SELECT name, comment, default_expression FROM system.columns WHERE database = 'vigie' AND table = 'flows' AND default_kind != 'ALIAS' FORMAT JSONCompactEachRow",
    )
  )
    .split('\n')
    .map((line) => JSON.parse(line) as string[])
  assert.equal(
    rows,
    FLOW_COLUMNS.map(({ name, comment, unknown }) => [name, comment, unknown === 0 ? '' : String(unknown)]),
  )
})

schema('does nothing the second time', async () => {
  const applied = await store.rows('SELECT name, applied FROM vigie.migrations ORDER BY name')
  told.length = 0
  await migrate(client, OPTIONS, logger)
  assert.equal(told, [])
  assert.is(await store.rows('SELECT name, applied FROM vigie.migrations ORDER BY name'), applied)
})

schema('adds columns that the table lacks, with what they hold in rows that are there', async () => {
  await store.rows('INSERT INTO vigie.flows (time_received) VALUES (now64(3))')
  await store.rows(
    'ALTER TABLE vigie.flows DROP COLUMN src_mac, DROP COLUMN icmp_type, DROP COLUMN bgp_next_hop',
  )
  await migrate(client, OPTIONS, logger)
  assert.is(await store.rows('SELECT icmp_type, bgp_next_hop, src_mac FROM vigie.flows'), '255\t::\t')
})

schema('changes how long rows are kept', async () => {
  const ttl = (table: string): Promise<string> =>
    store.rows(
      `SELECT extract(create_table_query, 'TTL (.*?)\\\\s+SETTINGS') FROM system.tables WHERE database = 'vigie' AND name = '${table}'`,
    )
  assert.match(await ttl('flows'), /toIntervalDay\(15\)/)
  await migrate(client, { flows_days: 3, rollup_days: 30 }, logger)
  assert.match(await ttl('flows'), /toIntervalDay\(3\)/)
  assert.match(await ttl('flows_1m'), /toIntervalDay\(30\)/)
})

schema('refuses a file that was changed after it was applied', async () => {
  await store.rows(
    "ALTER TABLE vigie.migrations UPDATE checksum = 'other' WHERE name = '0001_names.sql' SETTINGS mutations_sync = 1",
  )
  const error = await migrate(client, OPTIONS, logger).then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  assert.match(error!.message, /0001_names\.sql was applied in another form/)
})

schema('turns numbers into names that were written a moment ago', async () => {
  await store.rows(
    "INSERT INTO vigie.sites (number, id, name_fr, version, organization, region) VALUES (7, 'hop-1', 'Hôpital', 1, 3, 6)",
  )
  await store.rows(
    "INSERT INTO vigie.exporter_names VALUES ('::ffff:10.0.0.1', 'interface', 4, 'Gi0/4', now64(3))",
  )
  await store.rows(
    "INSERT INTO vigie.flows (time_received, exporter_addr, in_if, src_site_id, src_region_code) VALUES (now64(3), '::ffff:10.0.0.1', 4, 7, 6)",
  )
  const read = (): Promise<string> =>
    store.rows(
      'SELECT src_site, src_site_name, src_region, in_if_name FROM vigie.flows WHERE src_site_id = 7',
    )
  while ((await read()) !== 'hop-1\tHôpital\t06\tGi0/4');
})

schema('leaves out settings that a server does not know', () => {
  const sql =
    "CREATE TABLE t (a UInt8) ENGINE = MergeTree\nORDER BY a\nSETTINGS one = 1, two = 2,\n  three = ''"
  assert.is(
    knownSettings(sql, new Set(['one', 'three'])),
    "CREATE TABLE t (a UInt8) ENGINE = MergeTree\nORDER BY a\nSETTINGS one = 1, three = ''",
  )
  assert.is(knownSettings(sql, new Set()), 'CREATE TABLE t (a UInt8) ENGINE = MergeTree\nORDER BY a')
})

schema('replicates and distributes on a cluster', () => {
  const flows =
    'CREATE TABLE IF NOT EXISTS vigie.flows (\n  a UInt8\n) ENGINE = MergeTree\nORDER BY a\nSETTINGS non_replicated_deduplication_window = 10'
  assert.equal(onCluster(flows, 'c'), [
    "CREATE TABLE IF NOT EXISTS vigie.flows_local ON CLUSTER c (\n  a UInt8\n) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/vigie/flows', '{replica}')\nORDER BY a\nSETTINGS replicated_deduplication_window = 10",
    'CREATE TABLE IF NOT EXISTS vigie.flows ON CLUSTER c AS vigie.flows_local\nENGINE = Distributed(c, vigie, flows_local, rand())',
  ])
  const sites =
    'CREATE TABLE IF NOT EXISTS vigie.sites (\n  a UInt8\n) ENGINE = ReplacingMergeTree(version) ORDER BY a'
  assert.equal(onCluster(sites, 'c'), [
    "CREATE TABLE IF NOT EXISTS vigie.sites ON CLUSTER c (\n  a UInt8\n) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/vigie/sites', '{shard}-{replica}', version) ORDER BY a",
  ])
  const view =
    'CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flows_1m_view TO vigie.flows_1m AS SELECT 1 FROM vigie.flows AS f'
  assert.equal(onCluster(view, 'c'), [
    'CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flows_1m_view ON CLUSTER c TO vigie.flows_1m_local AS SELECT 1 FROM vigie.flows_local AS f',
  ])
  const rolled =
    'CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.r REFRESH EVERY 1 HOUR APPEND TO vigie.days EMPTY AS SELECT 1 FROM vigie.flows_1m'
  assert.equal(onCluster(rolled, 'c'), [rolled.replace('vigie.r ', 'vigie.r ON CLUSTER c ')])
  assert.equal(onCluster('ALTER TABLE vigie.days ADD COLUMN a UInt8', 'c'), [
    'ALTER TABLE vigie.days ON CLUSTER c ADD COLUMN a UInt8',
  ])
  assert.equal(onCluster('SELECT 1', 'c'), ['SELECT 1'])
})

schema.run()
