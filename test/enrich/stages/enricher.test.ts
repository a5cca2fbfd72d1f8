import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { APPLICATION_CATALOGUE } from '../../../enrich/registry/application_catalogue.js'
import { Enricher } from '../../../enrich/stages/enricher.js'
import { buildTables } from '../../../enrich/tables/build_tables.js'
import { parseServicePorts } from '../../../enrich/tables/service_port.js'
import type { FlowBlock } from '../../../model/flow_block.js'
import { COL } from '../../../model/flow_columns.js'
import { APP_CLASSES, EMPTY_SNAPSHOT, type RegistryInput } from '../../../model/registry.js'
import { blockOf, columnOf, snapshotOf, type TestFlow } from './block_fixture.js'

const test = suite('enricher')

function enrich(registry: RegistryInput | undefined, flows: readonly TestFlow[]): FlowBlock {
  const block = blockOf(flows)
  new Enricher(buildTables(registry === undefined ? EMPTY_SNAPSHOT : snapshotOf(registry))).enrich(block)
  return block
}

const pairs = (...list: readonly (readonly [string, string])[]): TestFlow[] =>
  list.map(([src_addr, dst_addr]) => ({ src_addr, dst_addr }))

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
  const block = enrich(
    REGISTRY,
    pairs(
      ['10.1.2.3', '10.1.7.9'],
      ['2001:db8:2::5', '192.0.2.1'],
      ['198.51.100.7', '2001:db8:1::1'],
      ['203.0.113.1', '203.0.113.2'],
    ),
  )
  assert.equal(columnOf(block, 'src_org_id'), [1, 2, 1, 0])
  assert.equal(columnOf(block, 'src_site_id'), [1, 2, 0, 0])
  assert.equal(columnOf(block, 'src_region_code'), [6, 17, 0, 0])
  assert.equal(columnOf(block, 'dst_org_id'), [2, 0, 1, 0])
  assert.equal(columnOf(block, 'dst_site_id'), [2, 0, 1, 0])
  assert.equal(columnOf(block, 'dst_region_code'), [17, 0, 6, 0])
  assert.equal(columnOf(block, 'locality'), [3, 1, 3, 0])
})

test('takes private addresses for inside where there is no registry, and leaves organisations out', () => {
  const block = enrich(
    undefined,
    pairs(
      ['10.1.2.3', '192.168.7.9'],
      ['172.31.0.1', '192.0.2.1'],
      ['8.8.8.8', 'fd00::1'],
      ['172.32.0.1', '2001:db8::1'],
      ['fe80::1', '169.254.3.4'],
    ),
  )
  assert.equal(columnOf(block, 'locality'), [3, 1, 2, 0, 3])
  assert.is(block.touched[COL.src_org_id!], 0)
  assert.is(block.touched[COL.counted!], 0)
})

test('leaves nothing of one block in the next', () => {
  const enricher = new Enricher(buildTables(snapshotOf(REGISTRY)))
  const first = blockOf(pairs(['10.1.2.3', '10.1.7.9'], ['10.1.2.3', '10.1.7.9']))
  enricher.enrich(first)
  first.reset()
  enricher.enrich(first)
  assert.is(first.rows, 0)
  const second = blockOf(pairs(['203.0.113.1', '10.1.7.9']))
  enricher.enrich(second)
  assert.equal(columnOf(second, 'src_site_id'), [0])
  const without = blockOf([{ ip_proto: 6 }])
  enricher.enrich(without)
  assert.equal(columnOf(without, 'locality'), [0])
  assert.is(enricher.version, 3)
})

const VRFS: RegistryInput = {
  organizations: REGISTRY.organizations!,
  vrfs: [
    { id: 'voice', numbers: [100] },
    { id: 'guest', numbers: [200] },
  ],
  sites: [
    { id: 'data', organization: 'lab', prefixes: ['10.0.0.0/8', '192.0.2.0/24'] },
    { id: 'phones', organization: 'lab', prefixes: [{ prefix: '10.0.0.0/8', vrf: 'voice' }] },
    { id: 'guests', organization: 'hop', prefixes: [{ prefix: '10.0.0.0/8', vrf: 'guest' }] },
  ],
  exporters: [{ address: '203.0.113.9', site: 'data', vrf: 'guest' }],
}

test('takes the same addresses in two VRFs for two sites', () => {
  const ends = { src_addr: '10.1.1.1', dst_addr: '10.2.2.2' }
  const block = enrich(VRFS, [
    { ...ends, in_vrf: 0, out_vrf: 0 },
    { ...ends, in_vrf: 100, out_vrf: 0 },
    { ...ends, in_vrf: 100, out_vrf: 200 },
    { ...ends, in_vrf: 999, out_vrf: 0 },
    { ...ends, exporter_addr: '203.0.113.9', in_vrf: 0, out_vrf: 0 },
    { ...ends, exporter_addr: '203.0.113.9', in_vrf: 100, out_vrf: 0 },
    { src_addr: '10.1.1.1', dst_addr: '192.0.2.7', in_vrf: 100, out_vrf: 0 },
  ])
  assert.equal(columnOf(block, 'src_site_id'), [1, 2, 2, 1, 3, 2, 2])
  // What a VRF does not know is what the global table says.
  assert.equal(columnOf(block, 'dst_site_id'), [1, 2, 3, 1, 3, 2, 1])
})

test('tells the link of the interface a flow left by, else of the one it came in by, and its supplier', () => {
  const registry: RegistryInput = {
    ...REGISTRY,
    suppliers: [
      { id: 'sup-a', name: 'A' },
      { id: 'sup-b', name: 'B' },
    ],
    exporters: [
      { address: '192.0.2.1', site: 'lab-1' },
      { address: '2001:db8::1', site: 'hop-1' },
    ],
    links: [
      { id: 'l1', site: 'lab-1', supplier: 'sup-b', interfaces: [{ exporter: '192.0.2.1', index: 3 }] },
      { id: 'l2', site: 'hop-1', supplier: 'sup-a', interfaces: [{ exporter: '2001:db8:0::1', index: 3 }] },
    ],
  }
  const from = (exporter_addr: string, in_if: number, out_if: number): TestFlow => ({
    exporter_addr,
    in_if,
    out_if,
  })
  const block = enrich(registry, [
    from('192.0.2.1', 1, 3),
    from('192.0.2.1', 3, 1),
    from('2001:db8::1', 0, 3),
    from('192.0.2.1', 1, 2),
    from('192.0.2.9', 1, 3),
  ])
  assert.equal(columnOf(block, 'link_id'), [1, 1, 2, 0, 0])
  assert.equal(columnOf(block, 'provider_id'), [2, 2, 1, 0, 0])
})

test('tells applications by exporter, by server, by port, by the catalogue, in that order', () => {
  const registry: RegistryInput = {
    applications: [
      { id: 'dsq', name: 'DSQ', class: 'health_record', prefixes: ['198.51.100.0/24'], ports: ['tcp/443'] },
      { id: 'cloud', name: 'Nuage', class: 'cloud', prefixes: ['198.51.0.0/16', '2001:db8:c::/48'] },
      { id: 'radio', name: 'Radio', class: 'radio_gateway', ports: ['udp/9000-9010', 'esp'] },
      { id: 'nbar', name: 'NBAR', class: 'video', app_ids: ['13:495'] },
    ],
  }
  const flow = (
    proto: number,
    src: string,
    sport: number,
    dst: string,
    dport: number,
    key = 0n,
  ): TestFlow => ({
    ip_proto: proto,
    src_addr: src,
    src_port: sport,
    dst_addr: dst,
    dst_port: dport,
    app_key: key,
  })
  const block = enrich(registry, [
    flow(6, '10.0.0.1', 50_000, '198.51.100.7', 443),
    flow(6, '198.51.100.7', 443, '10.0.0.1', 50_000),
    flow(6, '10.0.0.1', 50_000, '198.51.100.7', 8443),
    flow(17, '2001:db8:c::1', 9000, '2001:db8::1', 9000),
    flow(17, '10.0.0.1', 9005, '10.0.0.2', 53),
    flow(50, '10.0.0.1', 0, '10.0.0.2', 0),
    flow(6, '10.0.0.1', 50_000, '198.51.100.7', 443, (13n << 56n) | 495n),
    flow(6, '10.0.0.1', 50_000, '10.0.0.2', 22),
    flow(6, '10.0.0.1', 443, '10.0.0.2', 1433),
    flow(6, '10.0.0.1', 50_000, '10.0.0.2', 50_001),
    flow(1, '10.0.0.1', 0, '10.0.0.2', 0),
  ])
  const [ssh, https, icmp] = ['ssh', 'https', 'icmp'].map(
    (id) => APPLICATION_CATALOGUE.find((a) => a.id === id)!.number,
  )
  assert.equal(columnOf(block, 'app_rule_id'), [
    1001,
    1001,
    1002,
    1002,
    1003,
    1003,
    1004,
    ssh,
    https,
    0,
    icmp,
  ])
  const { health_record, cloud, radio_gateway, video, remote_access, web, infrastructure } = APP_CLASSES
  assert.equal(columnOf(block, 'app_class_id'), [
    health_record,
    health_record,
    cloud,
    cloud,
    radio_gateway,
    radio_gateway,
    video,
    remote_access,
    web,
    0,
    infrastructure,
  ])
})

test('has a catalogue of applications whose numbers, ids and ports are each of one', () => {
  const numbers = APPLICATION_CATALOGUE.map((a) => a.number)
  assert.is(new Set(numbers).size, numbers.length)
  assert.ok(numbers.every((n) => n >= 1 && n <= 1000))
  assert.is(new Set(APPLICATION_CATALOGUE.map((a) => a.id)).size, numbers.length)
  const taken = new Set<string>()
  for (const { id, ports } of APPLICATION_CATALOGUE) {
    for (const text of ports) {
      const said = parseServicePorts(text)
      assert.ok(said, `${id} ${text}`)
      for (let port = said!.first; port <= (said!.hasPorts ? said!.last : said!.first); port++) {
        const key = `${said!.protocol} ${said!.hasPorts ? port : 'all'}`
        assert.not.ok(taken.has(key), `${id} ${text}: ${key} is taken`)
        taken.add(key)
      }
    }
  }
})

test.run()
