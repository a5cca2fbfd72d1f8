import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Enricher } from '../../../enrich/stages/enricher.js'
import { buildTables } from '../../../enrich/tables/build_tables.js'
import { parsePrefix } from '../../../enrich/tables/prefix.js'
import { swap } from '../../../enrich/tables/prefix_table.js'
import { FlowBlock } from '../../../model/flow_block.js'
import { COL } from '../../../model/flow_columns.js'
import {
  assignIds,
  EMPTY_SNAPSHOT,
  type RegistryInput,
  type RegistrySnapshot,
  registrySchema,
} from '../../../model/registry.js'

const test = suite('enricher')

function snapshot(input: RegistryInput): RegistrySnapshot {
  const registry = registrySchema.parse(input)
  return { version: 3, registry, ids: assignIds(registry) }
}

/** A block with a flow for each pair of addresses. */
function blockOf(...pairs: readonly (readonly [string, string])[]): FlowBlock {
  const block = new FlowBlock(16)
  block.touch(COL.src_addr!)
  block.touch(COL.dst_addr!)
  pairs.forEach((pair, row) => {
    pair.forEach((text, end) => {
      const p = parsePrefix(text)
      assert.type(p, 'object')
      if (typeof p === 'string') return
      const words = p.family === 4 ? [0, 0, 0xffff, p.w3] : [p.w0, p.w1, p.w2, p.w3]
      words.forEach((word, i) => {
        block.words[end === 0 ? COL.src_addr! : COL.dst_addr!]![4 * row + i] = swap(word)
      })
    })
  })
  block.rows = pairs.length
  return block
}

const column = (block: FlowBlock, name: string): number[] => [
  ...block.words[COL[name]!]!.subarray(0, block.rows),
]

const REGISTRY: RegistryInput = {
  organizations: [
    { id: 'lab', name: { fr: 'Laboratoire', en: 'Laboratory' }, prefixes: ['198.51.100.0/24'] },
    { id: 'hop', name: { fr: 'Hôpital', en: 'Hospital' } },
  ],
  sites: [
    { id: 'lab-1', organization: 'lab', region: '06', prefixes: ['10.1.0.0/16', '2001:db8:1::/48'] },
    { id: 'hop-1', organization: 'hop', region: '17', prefixes: ['10.1.7.0/24', '2001:db8:2::/48'] },
  ],
}

test('tells organisation, site and region of both ends by the longest prefix', () => {
  const block = blockOf(
    ['10.1.2.3', '10.1.7.9'],
    ['2001:db8:2::5', '192.0.2.1'],
    ['198.51.100.7', '2001:db8:1::1'],
    ['203.0.113.1', '203.0.113.2'],
  )
  new Enricher(buildTables(snapshot(REGISTRY))).enrich(block)
  assert.equal(column(block, 'src_org_id'), [1, 2, 1, 0])
  assert.equal(column(block, 'src_site_id'), [1, 2, 0, 0])
  assert.equal(column(block, 'src_region_code'), [6, 17, 0, 0])
  assert.equal(column(block, 'dst_org_id'), [2, 0, 1, 0])
  assert.equal(column(block, 'dst_site_id'), [2, 0, 1, 0])
  assert.equal(column(block, 'dst_region_code'), [17, 0, 6, 0])
  assert.equal(column(block, 'locality'), [3, 1, 3, 0])
})

test('takes private addresses for inside where there is no registry, and leaves the other columns out', () => {
  const block = blockOf(
    ['10.1.2.3', '192.168.7.9'],
    ['172.31.0.1', '192.0.2.1'],
    ['8.8.8.8', 'fd00::1'],
    ['172.32.0.1', '2001:db8::1'],
    ['fe80::1', '169.254.3.4'],
  )
  new Enricher(buildTables(EMPTY_SNAPSHOT)).enrich(block)
  assert.equal(column(block, 'locality'), [3, 1, 2, 0, 3])
  assert.is(block.touched[COL.src_org_id!], 0)
})

test('gives the same columns again on a block that is used again', () => {
  const enricher = new Enricher(buildTables(snapshot(REGISTRY)))
  const block = blockOf(['10.1.2.3', '10.1.7.9'], ['10.1.2.3', '10.1.7.9'])
  enricher.enrich(block)
  block.reset()
  const empty = block
  enricher.enrich(empty)
  assert.is(empty.rows, 0)
  const again = blockOf(['203.0.113.1', '10.1.7.9'])
  enricher.enrich(again)
  assert.equal(column(again, 'src_site_id'), [0])
  assert.is(enricher.version, 3)
})

test('keeps numbers of entries over edits of the registry', () => {
  const first = snapshot(REGISTRY)
  const edited = registrySchema.parse({
    organizations: [{ id: 'new', name: { fr: 'N', en: 'N' } }, ...REGISTRY.organizations!.slice(1)],
    sites: [{ id: 'hop-0', organization: 'hop' }, ...REGISTRY.sites!.slice(1)],
  })
  const ids = assignIds(edited, first.ids)
  assert.equal({ ...ids.organizations }, { lab: 1, hop: 2, new: 3 })
  assert.equal({ ...ids.sites }, { 'lab-1': 1, 'hop-1': 2, 'hop-0': 3 })
  const back = assignIds(registrySchema.parse(REGISTRY), ids)
  assert.equal({ ...back.organizations }, { lab: 1, hop: 2, new: 3 })
})

test.run()
