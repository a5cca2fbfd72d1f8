import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nameRows } from '../../../enrich/registry/name_rows.js'
import { Enricher } from '../../../enrich/stages/enricher.js'
import { buildTables } from '../../../enrich/tables/build_tables.js'
import {
  assignIds,
  type RegistryInput,
  type RegistrySnapshot,
  registrySchema,
} from '../../../model/registry.js'
import { ClickHouseNames } from '../../../sinks/clickhouse/name_writer.js'
import { encodeNative } from '../../../sinks/clickhouse/native.js'
import { ClickHouseWriter } from '../../../sinks/clickhouse/writer.js'
import { blockOf } from '../../enrich/stages/block_fixture.js'
import { startStore, type TestStore, temporaryDir } from './start_store.js'

const test = suite('history')

let store: TestStore
let client: ClickHouseClient
test.before(async () => {
  store = await startStore({ data_dir: join(temporaryDir(), 'store'), schema: true })
  client = createClient({ url: store.url })
})
test.after(async () => {
  await client.close()
  await store.stop()
})

/** A site that moves: another region, organisation, supplier and name. */
const registryOf = (region: string, organization: string, supplier: string, name: string): RegistryInput => ({
  organizations: ['a', 'b'].map((id) => ({ id, name: { fr: id, en: id } })),
  suppliers: ['north', 'south'].map((id) => ({ id, name: `Télécom ${id}` })),
  sites: [{ id: 's', organization, region, name, prefixes: ['10.1.0.0/16'] }],
  exporters: [{ address: '192.0.2.1', site: 's' }],
  links: [{ id: 'l', site: 's', supplier, interfaces: [{ exporter: '192.0.2.1', index: 2 }] }],
})

let ids: RegistrySnapshot['ids'] | undefined
async function live(version: number, input: RegistryInput): Promise<void> {
  const registry = registrySchema.parse(input)
  ids = assignIds(registry, ids)
  const snapshot = { version, registry, ids }
  await new ClickHouseNames(client).write(nameRows(snapshot))
  const flow = {
    exporter_addr: '192.0.2.1',
    src_addr: '10.1.0.1',
    dst_addr: '8.8.8.8',
    out_if: 2,
    dst_port: version,
  }
  const block = blockOf([{ ...flow, time_received: BigInt(Date.now()) }])
  new Enricher(buildTables(snapshot)).enrich(block)
  const writer = new ClickHouseWriter({ url: store.url })
  await writer.insert({ table: 'vigie.flows', token: `v${version}`, blocks: [encodeNative(block)], rows: 1 })
  await writer.close()
}

test('stays right when a site moves: each flow has what held when it came', async () => {
  await live(1, registryOf('06', 'a', 'north', 'Ancien nom'))
  // Intervals are whole seconds.
  const second = Math.floor(Date.now() / 1000)
  while (Math.floor(Date.now() / 1000) < second + 2) await delay(20)
  await live(2, registryOf('03', 'b', 'south', 'Nouveau nom'))
  await store.rows('SYSTEM RELOAD DICTIONARIES')
  const columns = 'dst_port, src_org, src_site, src_site_name, src_region_name_fr, link, link_supplier'
  assert.is(
    await store.rows(`SELECT ${columns} FROM vigie.flows ORDER BY dst_port FORMAT CSV`),
    '1,"a","s","Nouveau nom","Montréal","l","Télécom north"\n2,"b","s","Nouveau nom","Capitale-Nationale","l","Télécom south"',
  )
  const then = "dictGet('vigie.sites_then', 'name_fr', toUInt64(src_site_id), toDateTime(time_received))"
  assert.is(await store.rows(`SELECT ${then} FROM vigie.flows ORDER BY dst_port`), 'Ancien nom\nNouveau nom')
  const long = "dictGet('vigie.sites_then', 'name_fr', toUInt64(1), toDateTime('2001-01-01 00:00:00'))"
  assert.is(await store.rows(`SELECT ${long}`), 'Ancien nom')
})

test.run()
