import { Registry as Metrics } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nameRows } from '../../../enrich/registry/name_rows.js'
import { RegistryStore } from '../../../enrich/registry/registry_store.js'
import type { RegistryView } from '../../../enrich/registry/registry_view.js'
import { RegistryWatch } from '../../../enrich/registry/registry_watch.js'
import { PrefixTable } from '../../../enrich/tables/prefix_table.js'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import { type Registry, type RegistryInput, registrySchema } from '../../../model/registry.js'
import type { NameRow } from '../../../model/registry_names.js'
import { NatsFixture } from '../../ingest/bus/nats_fixture.js'
import { makeRegistry } from './registry_fixture.js'

const test = suite('registry in force')

const nats = new NatsFixture()
let state: NatsStateStore
test.before(async () => {
  await nats.start()
  state = new NatsStateStore(await nats.bus())
})
test.after(() => nats.stop())

test.before.each(async () => {
  for (const key of await state.keys('registry.')) await state.delete(key)
})

const small = (...ids: string[]): Registry =>
  registrySchema.parse({
    organizations: [{ id: 'a', name: { fr: 'A', en: 'A' } }],
    sites: ids.map((id, i) => ({ id, organization: 'a', prefixes: [`10.${i}.0.0/16`] })),
  } satisfies RegistryInput)

const watching = (): RegistryWatch =>
  new RegistryWatch({ poll_interval_ms: 10 }, { state, logger: nats.log, metrics: new Metrics() })

const next = (watch: RegistryWatch): Promise<RegistryView> =>
  new Promise((resolve) => {
    const stop = watch.onChange((view) => {
      stop()
      resolve(view)
    })
  })

test('is the empty one while none was applied', async () => {
  const watch = watching()
  await watch.start()
  assert.is(watch.current.tables.version, 0)
  assert.is((await new RegistryStore(state).current()).version, 0)
  await watch.stop()
})

test('keeps numbers over edits, retires those of entries that go, and says what changed', async () => {
  const store = new RegistryStore(state)
  const first = await store.apply(small('x', 'y'))
  assert.is(first.snapshot.version, 1)
  assert.equal(
    first.changes.map(({ kind, section, id }) => `${kind} ${section} ${id}`),
    ['added organizations a', 'added sites x', 'added sites y'],
  )
  const second = await store.apply(small('z', 'y'))
  assert.equal(
    second.changes.map(({ kind, id, keys }) => `${kind} ${id} ${keys}`),
    ['removed x ', 'added z '],
  )
  const third = await store.apply(small('x'))
  assert.equal({ ...third.snapshot.ids.sites }, { x: 1, y: 2, z: 3 })
  const same = await store.apply(small('x'))
  assert.is(same.snapshot.version, 3)
  assert.equal(same.changes, [])
  const moved = await store.apply({ ...small('x'), sites: [{ ...small('x').sites[0]!, region: '06' }] })
  assert.equal(moved.changes, [{ section: 'sites', id: 'x', kind: 'changed', keys: ['region'] }])
})

test('is taken into use by those who watch, whole', async () => {
  const store = new RegistryStore(state)
  await store.apply(small('x', 'y'))
  const watch = watching()
  await watch.start()
  assert.is(watch.current.tables.version, 1)
  const before = watch.current
  const changed = next(watch)
  await store.apply(small('x'))
  const view = await changed
  assert.is(view.tables.version, 2)
  assert.is(view, watch.current)
  assert.is(view.snapshot.registry.sites.length, 1)
  assert.is(view.snapshot.registry.sites[0]?.prefixes, undefined)
  assert.is(new PrefixTable(before.tables.prefixes).lookup4(0x0a010001), 2)
  assert.is(new PrefixTable(view.tables.prefixes).lookup4(0x0a010001), 0)
  await watch.stop()
})

test('stays where the next one is broken', async () => {
  const store = new RegistryStore(state)
  await store.apply(small('x'))
  const metrics = new Metrics()
  const watch = new RegistryWatch({ poll_interval_ms: 10 }, { state, logger: nats.log, metrics })
  await watch.start()
  const head = (await store.head())!
  await state.put('registry.head', Buffer.from(JSON.stringify({ ...head, version: 9, sha256: '' })))
  const errors = async (): Promise<number> =>
    (await metrics.getSingleMetric('vigie_registry_errors_total')!.get()).values[0]!.value
  while ((await errors()) === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.is(watch.current.tables.version, 1)
  const changed = next(watch)
  await state.put('registry.head', Buffer.from(JSON.stringify(head)))
  await store.apply(small('x', 'y'))
  assert.is((await changed).tables.version, 2)
  await watch.stop()
})

test('of many sites goes through messages of any server, and old versions go', async () => {
  const store = new RegistryStore(state)
  const registry = registrySchema.parse(makeRegistry(3, 10_000))
  const { snapshot } = await store.apply(registry)
  assert.equal((await store.current()).ids, JSON.parse(JSON.stringify(snapshot.ids)))
  for (let i = 0; i < 12; i++) await store.apply(small(`s${i}`))
  const versions = new Set((await state.keys('registry.version.')).map((key) => key.split('.')[2]))
  assert.is(versions.size, 10)
  assert.is(versions.has('13'), true)
})

test('gives the name tables a row for every number', async () => {
  const { snapshot } = await new RegistryStore(state).apply(registrySchema.parse(makeRegistry(3, 40)))
  const rows = nameRows(snapshot)
  assert.is(rows.sites.length, 40)
  assert.is(rows.regions.length, 17)
  for (const table of Object.values(rows)) {
    const named = (table as readonly NameRow[]).filter((row) => row.number !== undefined)
    assert.is(new Set(named.map((row) => row.number)).size, named.length)
    for (const row of table) assert.is(row.version, 1)
  }
  const [site] = rows.sites
  assert.equal([site?.id, site?.moves_into], ['site-0', snapshot.ids.sites['site-39']])
})

test.run()
