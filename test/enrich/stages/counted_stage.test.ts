import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { randomWords } from '../../../bench/naive_table.js'
import { Enricher } from '../../../enrich/stages/enricher.js'
import { buildTables } from '../../../enrich/tables/build_tables.js'
import { readU64 } from '../../../model/flow_block.js'
import { COL } from '../../../model/flow_columns.js'
import type { RegistryInput } from '../../../model/registry.js'
import { blockOf, columnOf, snapshotOf, type TestFlow } from './block_fixture.js'

const test = suite('one count per flow')

const REGISTRY: RegistryInput = {
  organizations: [{ id: 'a', name: { fr: 'A', en: 'A' } }],
  sites: [
    { id: 'north', organization: 'a', prefixes: ['10.1.0.0/16'] },
    { id: 'south', organization: 'a', prefixes: ['10.2.0.0/16'] },
    { id: 'hub', organization: 'a', prefixes: ['10.9.0.0/16'] },
    // No exporter stands here.
    { id: 'cabin', organization: 'a', prefixes: ['10.3.0.0/16'] },
  ],
  exporters: [
    { address: '192.0.2.9', site: 'hub', role: 'core' },
    { address: '192.0.2.8', site: 'hub', role: 'core' },
    { address: '192.0.2.1', site: 'north' },
    { address: '192.0.2.2', site: 'south' },
    { address: '192.0.2.3', site: 'north', role: 'core' },
  ],
}
const CORE_1 = '192.0.2.9'
const CORE_2 = '192.0.2.8'
const NORTH = '192.0.2.1'
const SOUTH = '192.0.2.2'
const NORTH_CORE = '192.0.2.3'
const STRANGER = '203.0.113.1'

function counted(flows: readonly TestFlow[], registry = REGISTRY): number[] {
  const block = blockOf(flows)
  new Enricher(buildTables(snapshotOf(registry))).enrich(block)
  return columnOf(block, 'counted')
}

const seenBy = (flow: TestFlow, ...exporters: string[]): TestFlow[] =>
  exporters.map((exporter_addr) => ({ ...flow, exporter_addr }))

const flow = (src_addr: string, dst_addr: string, src_port = 5000, dst_port = 443): TestFlow => ({
  src_addr,
  dst_addr,
  src_port,
  dst_port,
  ip_proto: 6,
})

test('is the edge of the source, whoever else saw the flow', () => {
  assert.equal(
    counted(seenBy(flow('10.1.0.1', '10.2.0.1'), SOUTH, CORE_1, NORTH, CORE_2, STRANGER)),
    [0, 0, 1, 0, 0],
  )
  assert.equal(counted(seenBy(flow('10.2.0.1', '10.1.0.1'), SOUTH, CORE_1, NORTH, CORE_2)), [1, 0, 0, 0])
})

test('is the edge of the destination where the source has none', () => {
  assert.equal(counted(seenBy(flow('8.8.8.8', '10.2.0.1'), CORE_1, SOUTH, STRANGER)), [0, 1, 0])
  assert.equal(counted(seenBy(flow('10.3.0.1', '10.2.0.1'), CORE_1, SOUTH)), [0, 1])
})

test('is the first of the registry that shows it where neither has one', () => {
  assert.equal(counted(seenBy(flow('10.3.0.1', '8.8.8.8'), STRANGER, CORE_2, CORE_1)), [0, 0, 1])
  assert.equal(counted(seenBy(flow('10.3.0.1', '8.8.8.8'), STRANGER, CORE_2)), [0, 1])
  assert.equal(counted(seenBy(flow('10.3.0.1', '8.8.8.8'), STRANGER)), [1])
})

test('is decided for each direction of a conversation by itself', () => {
  const there = seenBy(flow('10.3.0.1', '8.8.8.8', 5000, 443), CORE_1)
  const back = seenBy(flow('8.8.8.8', '10.3.0.1', 443, 5000), CORE_2)
  assert.equal(counted([...there, ...back]), [1, 1])
})

test('is one of the exporters of a site for what stays within the site', () => {
  assert.equal(counted(seenBy(flow('10.1.0.1', '10.1.0.2'), NORTH_CORE, NORTH, CORE_1)), [0, 1, 0])
  assert.equal(counted(seenBy(flow('10.1.0.1', '10.1.0.2'), NORTH_CORE)), [1])
})

test('is the direction that an exporter which meters both says', () => {
  const registry: RegistryInput = {
    ...REGISTRY,
    exporters: [
      { address: NORTH, site: 'north', count: 'egress' },
      { address: SOUTH, site: 'south', count: 'ingress' },
    ],
  }
  const ways = (src: string, dst: string, exporter: string): TestFlow[] =>
    [0, 1, 255].map((direction) => ({ ...flow(src, dst), exporter_addr: exporter, direction }))
  assert.equal(counted(ways('10.1.0.1', '10.2.0.1', NORTH), registry), [0, 1, 1])
  assert.equal(counted(ways('10.2.0.1', '10.1.0.1', SOUTH), registry), [1, 0, 1])
})

test('makes sums over four observations of every flow equal to the truth', () => {
  const random = randomWords(11)
  const flows: TestFlow[] = []
  let truth = 0
  const inside = [1, 2, 3, 9]
  for (let i = 0; i < 3000; i++) {
    const end = (): string =>
      random() % 4 === 0
        ? `8.8.${random() % 256}.${random() % 256}`
        : `10.${inside[random() % 4]}.${random() % 256}.${random() % 256}`
    const [src, dst] = [end(), end()]
    const bytes = 40 + (random() % 100_000)
    const one = { ...flow(src, dst, random() % 65_536, random() % 65_536), bytes }
    truth += bytes
    const edges = [NORTH, SOUTH].filter((_, site) =>
      [src, dst].some((address) => address.startsWith(`10.${site + 1}.`)),
    )
    const exporters = [...edges, CORE_1, CORE_2, STRANGER, '203.0.113.2'].slice(0, 4)
    for (const at of [0, 1, 2, 3].sort(() => (random() % 2) * 2 - 1))
      flows.push({ ...one, exporter_addr: exporters[at]! })
  }
  const block = blockOf(flows)
  new Enricher(buildTables(snapshotOf(REGISTRY))).enrich(block)
  const marks = columnOf(block, 'counted')
  let sum = 0
  for (let row = 0; row < block.rows; row++) {
    if (marks[row] === 1) sum += readU64(block.words[COL.bytes!] as Uint32Array, row)
  }
  assert.ok(Math.abs(sum - truth) <= truth / 1000, `${sum} against ${truth}`)
})

test.run()
