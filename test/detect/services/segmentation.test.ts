import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CatalogueError } from '../../../detect/catalogue.js'
import type { Places } from '../../../detect/places.js'
import { anyService } from '../../../detect/service.js'
import { segmentation } from '../../../detect/services/segmentation.js'
import type { Finding } from '../../../model/finding.js'
import { network, seeded, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/segmentation')
const services = [anyService(segmentation)]
const places: Places = {
  organizations: [{ id: 1, name: 'chu', kind: 'health_establishment' }],
  sites: [
    { id: 1, name: 'chu-1', organization: 1, kind: 'hospital' },
    { id: 2, name: 'chu-2', organization: 1, kind: 'data_centre' },
    { id: 3, name: 'chu-3', organization: 1, kind: 'office' },
  ],
}
const policy = {
  zones: [
    { id: 'cameras', prefixes: ['10.1.40.0/24', '2001:db8:40::/48'] },
    { id: 'care', site_kinds: ['hospital'] },
    { id: 'servers', site_kinds: ['data_centre'] },
  ],
  rules: [
    { from: ['cameras'], to: ['servers'], action: 'allow', ports: ['tcp/554'] },
    { from: ['cameras'], to: ['*'], action: 'deny' },
    { from: ['servers'], to: ['care'], action: 'deny' },
    { from: ['internet'], to: ['servers'], action: 'deny', ports: ['tcp/22'] },
  ],
}

const find = (flows: readonly TestFlow[], more: object = {}): Finding[] =>
  network({ services, places, subscriptions: { segmentation: { ...policy, ...more } } })
    .run(flows)
    .filter((f) => f.activity === 'create')

const SITE = { care: 1, servers: 2, office: 3 } as const

/** A conversation, both of its directions. */
function talk(
  from: keyof typeof SITE,
  to: keyof typeof SITE,
  more: Partial<TestFlow> = {},
): [TestFlow, TestFlow] {
  const host = (zone: keyof typeof SITE): string => `10.${SITE[zone]}.0.5`
  const out: TestFlow = {
    src: host(from),
    dst: host(to),
    srcPort: 51_000,
    dstPort: 443,
    packets: 12,
    startMs: T0,
    endMs: T0 + 900,
    locality: 'internal',
    srcSite: SITE[from],
    dstSite: SITE[to],
    ...more,
  }
  const back: TestFlow = {
    ...out,
    src: out.dst,
    dst: out.src,
    srcPort: out.dstPort!,
    dstPort: out.srcPort!,
    srcSite: out.dstSite!,
    dstSite: out.srcSite!,
  }
  return [out, back]
}

test('tells what the rules deny, and who began', () => {
  const [finding, ...more] = find(talk('servers', 'care'))
  assert.is(more.length, 0)
  assert.equal([finding!.src, finding!.dst, finding!.dst_port], [['10.2.0.5'], ['10.1.0.5'], 443])
  assert.equal(
    [finding!.evidence.from_zone, finding!.evidence.to_zone, finding!.evidence.kind],
    ['servers', 'care', 'violation'],
  )
  assert.is(finding!.evidence.initiator_certain, 2)
})

test('the other way round it is allowed, in whatever order the records come', () => {
  const random = seeded(5)
  for (let i = 0; i < 200; i++) {
    const ports = {
      dstPort: [443, 445, 1433, 3389, 53, 8080][i % 6]!,
      srcPort: 1024 + Math.floor(random() * 64_000),
    }
    if ([1433, 3389, 8080].includes(ports.srcPort)) continue
    const [out, back] = talk('care', 'servers', ports)
    assert.is(find(i % 2 === 0 ? [out, back] : [back, out]).length, 0, JSON.stringify(ports))
  }
})

test('where only the lower port says who began, it wants more than one conversation', () => {
  const odd = (n: number): TestFlow[] =>
    Array.from(
      { length: n },
      (_, i) =>
        talk('servers', 'care', {
          srcPort: 45_000 + i,
          dstPort: 20_100,
          startMs: T0 + i * 1000,
          endMs: T0 + i * 1000 + 200,
        })[0],
    )
  assert.is(find(odd(2)).length, 0)
  assert.is(find(odd(3)).length, 1)
  const [out] = talk('servers', 'care', { srcPort: 20_100, dstPort: 45_000, flags: 2, packets: 1 })
  assert.is(
    find(Array.from({ length: 30 }, (_, i) => ({ ...out, startMs: T0 + i * 1000, endMs: T0 + i * 1000 })))
      .length,
    1,
    'SYN says it',
  )
})

test('a prefix comes before its site, and ports make exceptions', () => {
  const camera = { src: '10.1.40.9' }
  assert.is(find([talk('care', 'servers', { ...camera, dstPort: 554 })[0]]).length, 0)
  assert.is(find([talk('care', 'servers', { ...camera, dstPort: 443 })[0]]).length, 1)
  assert.is(find([talk('care', 'office', { ...camera, dstPort: 443 })[0]]).length, 1)
})

test('what is blocked is told after many attempts, less gravely', () => {
  const attempt = (i: number): TestFlow =>
    talk('servers', 'care', { flags: 2, packets: 1, startMs: T0 + i * 2000, endMs: T0 + i * 2000 })[0]
  assert.is(find([0, 1, 2].map(attempt)).length, 0)
  const [finding] = find(Array.from({ length: 25 }, (_, i) => attempt(i)))
  assert.equal([finding!.evidence.kind, finding!.severity_id], ['blocked', 2])
})

test('the Internet is a zone', () => {
  const ssh: TestFlow = {
    src: '203.0.113.9',
    dst: '10.2.0.5',
    srcPort: 50_000,
    dstPort: 22,
    packets: 20,
    startMs: T0,
    locality: 'inbound',
    dstSite: 2,
  }
  assert.is(find([ssh]).length, 1)
  assert.is(find([{ ...ssh, dstPort: 443 }]).length, 0)
})

test('without rules nothing is looked at; an unknown zone is a mistake of the subscription', () => {
  assert.is(network({ services, places }).run(talk('servers', 'care')).length, 0)
  assert.throws(
    () =>
      network({
        services,
        subscriptions: { segmentation: { rules: [{ from: ['nowhere'], to: ['*'], action: 'deny' }] } },
      }),
    (e: Error) => e instanceof CatalogueError && e.message.includes("there is no zone 'nowhere'"),
  )
})

test('each organisation has its own rules', () => {
  const flows = talk('servers', 'care')
  const own = (id: number): Finding[] =>
    network({ services, places, organizations: [{ id, services: { segmentation: policy } }] })
      .run(flows)
      .filter((f) => f.activity === 'create')
  assert.equal([own(1).length, own(2).length], [1, 0])
})

test.run()
