import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { registrySchema } from '../../model/registry.js'
import { prefix4Text, prefix6Text, sizeOf4 } from '../../simulate/address.js'
import { buildNetwork, type Network } from '../../simulate/network.js'
import { registryJson, registryYaml } from '../../simulate/registry_file.js'

const network: Network = buildNetwork(7)
const test = suite('the reference network')

test('has 134 organisations, of which 34 are health establishments, and each has a site', () => {
  assert.is(network.organizations.length, 134)
  assert.is(network.organizations.filter((o) => o.kind === 'health_establishment').length, 34)
  assert.is(new Set(network.organizations.map((o) => o.id)).size, 134)
  assert.is(new Set(network.sites.map((s) => s.organization)).size, 134)
})

test('has 1,650 sites over the 17 regions, most where people live', () => {
  assert.is(network.sites.length, 1650)
  const perRegion = new Array<number>(17).fill(0)
  for (const site of network.sites) perRegion[site.region]!++
  assert.ok(perRegion.every((n) => n > 0))
  const largest = perRegion.indexOf(Math.max(...perRegion))
  assert.is(largest, 5, 'Montréal has most sites')
})

test('has every kind of site, one to three links each, and edges of every model', () => {
  const kinds = new Set(network.sites.map((s) => s.kind))
  assert.is(kinds.size, 7)
  assert.is(network.sites.filter((s) => s.kind === 'data_centre').length, 3)
  assert.ok(network.sites.every((s) => s.links.length >= 1 && s.links.length <= 3))
  assert.is(new Set(network.sites.map((s) => s.edge.model.id)).size, 14)
  assert.ok(new Set(network.sites.flatMap((s) => s.links.map((l) => l.supplier))).size >= 5)
})

test('has about 146,000 workstations', () => {
  const workstations = network.sites.reduce((sum, s) => sum + s.workstations, 0)
  assert.ok(Math.abs(workstations - 146_000) < 2_000, `${workstations}`)
})

test('gives no address twice', () => {
  const blocks = network.sites.map((s) => s.v4).sort((a, b) => a.base - b.base)
  for (let i = 1; i < blocks.length; i++) {
    const before = blocks[i - 1]!
    assert.ok(before.base + sizeOf4(before) <= blocks[i]!.base, `${prefix4Text(before)} overlaps`)
    assert.is(blocks[i]!.base % sizeOf4(blocks[i]!), 0, `${prefix4Text(blocks[i]!)} is aligned`)
  }
  assert.is(new Set(network.sites.map((s) => prefix6Text(s.v6))).size, 1650)
  assert.is(new Set(network.sites.map((s) => s.edge.address)).size, 1650)
  assert.ok(network.sites.every((s) => s.edge.address >>> 24 === 127))
})

test('is the same for the same seed and another for another', () => {
  const text = registryYaml(network)
  assert.is(registryYaml(buildNetwork(7)), text)
  assert.is.not(registryYaml(buildNetwork(8)), text)
})

test('is a registry that the schema takes, with nothing unknown referred to', () => {
  const registry = registrySchema.parse(parse(registryYaml(network)))
  assert.equal(registrySchema.parse(JSON.parse(registryJson(network))), registry)
  assert.is(registry.sites.length, 1650)
  assert.is(registry.exporters.length, 1650)
  const ids = (list: readonly { id: string }[]) => new Set(list.map((x) => x.id))
  const [sites, suppliers, contracts] = [
    ids(registry.sites),
    ids(registry.suppliers),
    ids(registry.contracts),
  ]
  for (const link of registry.links)
    assert.ok(sites.has(link.site) && suppliers.has(link.supplier) && contracts.has(link.contract!), link.id)
  for (const room of registry.consolidation) assert.ok(sites.has(room.room) && sites.has(room.into))
})

for (const sites of [10, 150, 5000])
  test(`can have ${sites} sites`, () => {
    assert.is(buildNetwork(1, sites).sites.length, sites)
  })

test.run()
