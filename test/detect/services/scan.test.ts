import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { scan } from '../../../detect/services/scan.js'
import type { Finding } from '../../../model/finding.js'
import { type NetworkOptions, network, outsideAddress, seeded, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/scan')
const services = [anyService(scan)]
const make = (more: Partial<NetworkOptions> = {}): ReturnType<typeof network> =>
  network({ services, ...more })
const created = (findings: readonly Finding[]): Finding[] => findings.filter((f) => f.activity === 'create')

const SYN = { flags: 2, packets: 1, bytes: 44 }
const MINUTE = 60_000

/** `n` requests in vain from one source, `gapMs` apart. */
function ask(n: number, gapMs: number, flow: (i: number) => Partial<TestFlow>): TestFlow[] {
  return Array.from({ length: n }, (_, i) => ({
    src: '203.0.113.9',
    dst: '10.1.0.5',
    ...SYN,
    startMs: T0 + i * gapMs,
    ...flow(i),
  }))
}

test('finds one port asked of many hosts from inside', () => {
  const flows = ask(40, 200, (i) => ({
    src: '10.1.0.7',
    dst: `10.2.0.${i}`,
    dstPort: 445,
    locality: 'internal',
    srcSite: 3,
  }))
  const [finding, ...more] = created(make().run(flows))
  assert.is(more.length, 0)
  assert.equal([finding!.src, finding!.dst_port, finding!.technique], [['10.1.0.7'], 445, 'T1046'])
  assert.is(finding!.site, 'site-3')
  assert.is(finding!.title.fr, 'Balayage d’un port sur de nombreux hôtes par un hôte du site site-3')
})

test('finds many ports asked of one host', () => {
  const [finding] = created(make().run(ask(30, 100, (i) => ({ dstPort: 1000 + i * 7 }))))
  assert.is(finding!.evidence.kind, 'vertical')
  assert.equal(finding!.dst, ['10.1.0.5'])
  assert.is(finding!.technique, 'T1595.001')
})

test('finds an ICMP sweep', () => {
  const flows = ask(20, 100, (i) => ({
    src: '10.1.0.7',
    dst: `10.1.0.${100 + i}`,
    proto: 1,
    icmpType: 8,
    flags: 0,
    locality: 'internal',
  }))
  const [finding] = created(make().run(flows))
  assert.equal([finding!.evidence.kind, finding!.technique], ['icmp', 'T1018'])
})

test('replies to a sweep are no sweep', () => {
  const flows = ask(40, 100, (i) => ({
    src: '10.1.0.7',
    dst: `10.1.0.${i}`,
    proto: 1,
    icmpType: 0,
    flags: 0,
    locality: 'internal',
  }))
  assert.is(make().run(flows).length, 0)
})

test('finds a slow scan over a day, and says it once', () => {
  const findings = make().run(ask(90, 15 * MINUTE, (i) => ({ dstPort: 2000 + ((i * 7919) % 60_000) })))
  assert.is(created(findings).length, 1)
  assert.is(created(findings)[0]!.evidence.kind, 'slow')
})

test('finds one port of one host asked again and again from outside', () => {
  const [finding] = created(make().run(ask(60, MINUTE, () => ({ dstPort: 23 }))))
  assert.is(finding!.evidence.kind, 'persistent')
})

test('finds a source that fails at several sites', () => {
  const flows = ask(8, 5 * MINUTE, (i) => ({ dst: `10.${i % 4}.0.${i}`, dstPort: 22, dstSite: 1 + (i % 4) }))
  const [finding] = created(make().run(flows))
  assert.is(finding!.evidence.kind, 'fleet')
})

test('a server that is down makes no scanner of its clients', () => {
  const clients = Array.from({ length: 30 }, (_, c) =>
    ask(10, 20_000, () => ({
      src: `10.1.0.${c}`,
      dst: '10.9.0.1',
      dstPort: 443,
      locality: 'internal' as const,
    })),
  ).flat()
  assert.is(make().run(clients).length, 0)
})

test('a proxy of which some requests fail is no scanner', () => {
  const random = seeded(3)
  const flows: TestFlow[] = Array.from({ length: 6000 }, (_, i) => ({
    src: '10.1.0.8',
    dst: outsideAddress(Math.floor(random() * 3000)),
    srcPort: 30_000 + (i % 30_000),
    dstPort: 443,
    packets: 12,
    startMs: T0 + i * 50,
    locality: 'outbound',
    ...(random() < 0.02 ? SYN : {}),
  }))
  assert.is(make().run(flows).length, 0)
})

test('answers of a name server are no UDP scan', () => {
  const flows: TestFlow[] = []
  for (let i = 0; i < 400; i++) {
    const question = {
      srcPort: 20_000 + i,
      dstPort: 53,
      proto: 17,
      flags: 0,
      packets: 1,
      startMs: T0 + i * 100,
    }
    flows.push({ src: '10.1.0.5', dst: '10.9.0.53', locality: 'internal', ...question })
    flows.push({
      src: '10.9.0.53',
      dst: '10.1.0.5',
      locality: 'internal',
      ...question,
      srcPort: 53,
      dstPort: 20_000 + i,
    })
  }
  assert.is(make().run(flows).length, 0)
})

test('sampled requests of connections that come about are no scan', () => {
  // One packet in a thousand: now and then the SYN of a connection is the only packet seen of it.
  const random = seeded(5)
  const flows: TestFlow[] = Array.from({ length: 4000 }, (_, i) => ({
    src: '10.1.0.7',
    dst: outsideAddress(Math.floor(random() * 1000)),
    srcPort: 30_000 + (i % 30_000),
    dstPort: 443,
    sampling: 1000,
    packets: 1,
    flags: random() < 0.05 ? 2 : 0x10,
    startMs: T0 + i * 50,
    locality: 'outbound',
  }))
  assert.is(make().run(flows).length, 0)
})

test('the scanning of the Internet is told as one, and its strongest sources by themselves', () => {
  const flows: TestFlow[] = []
  for (let s = 0; s < 200; s++) {
    flows.push(
      ...ask(30, 10 * MINUTE, (i) => ({
        src: outsideAddress(s),
        dstPort: 1 + i * 13,
        startMs: T0 + i * 10 * MINUTE + s * 2000,
      })),
    )
  }
  flows.push(...ask(900, 20_000, (i) => ({ src: '203.0.113.77', dstPort: 3000 + i })))
  const findings = created(make().run(flows))
  const background = findings.filter((f) => f.evidence.kind === 'background')
  assert.is(background.length, 1)
  assert.equal([background[0]!.src, background[0]!.dst], [[], []])
  assert.ok(findings.some((f) => f.src.includes('203.0.113.77')))
  assert.ok(findings.length <= 12, `${findings.length} findings`)
})

test('a flood from forged sources leaves no scanners behind', () => {
  const flows = Array.from({ length: 5000 }, (_, i) => ({
    src: outsideAddress(i),
    dst: '10.1.0.5',
    ...SYN,
    startMs: T0 + i,
  }))
  const net = make()
  net.run(flows)
  assert.ok(net.engine.counts.services.scan!.flood_contacts_skipped! > 3000)
})

test('an address on the allow-list may ask', () => {
  const flows = ask(40, 200, (i) => ({ dst: `10.2.0.${i}`, dstPort: 445 }))
  assert.is(make({ subscriptions: { scan: { allow: ['203.0.113.9'] } } }).run(flows).length, 0)
})

test('told, closed after quiet, it is told again only for as much again', () => {
  const first = ask(40, 200, (i) => ({ dstPort: 1000 + i }))
  const later = ask(3, 200, (i) => ({ dstPort: 5000 + i, startMs: T0 + 20 * 3_600_000 + i }))
  const findings = make().run([...first, ...later])
  assert.equal(
    findings.map((f) => f.activity).filter((a) => a !== 'update'),
    ['create', 'close'],
  )
})

test('flows between strangers are left alone', () => {
  assert.is(make().run(ask(60, 100, (i) => ({ dstPort: 1000 + i, locality: 'transit' }))).length, 0)
})

test('UDP of which packets are sampled is no scan for want of answers', () => {
  const asked = (sampling: number): TestFlow[] =>
    ask(60, 200, (i) => ({
      src: '10.1.0.7',
      dst: '203.0.113.80',
      proto: 17,
      flags: 0,
      dstPort: 1000 + 37 * i,
      locality: 'outbound',
      sampling,
    }))
  assert.is(created(make().run(asked(1000))).length, 0)
  assert.is(created(make().run(asked(1))).length, 1)
})

test.run()
