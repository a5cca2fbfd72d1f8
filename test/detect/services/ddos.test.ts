import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { ddos } from '../../../detect/services/ddos.js'
import type { Finding } from '../../../model/finding.js'
import { type NetworkOptions, network, outsideAddress, seeded, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/ddos')
const services = [anyService(ddos)]
const make = (more: Partial<NetworkOptions> = {}): ReturnType<typeof network> =>
  network({ services, ...more })
const created = (findings: readonly Finding[]): Finding[] => findings.filter((f) => f.activity === 'create')

/** Ordinary traffic: web answers to a few hosts, every second. */
function ordinary(fromMs: number, seconds: number): TestFlow[] {
  const random = seeded(7)
  return Array.from({ length: seconds * 20 }, (_, i) => ({
    src: outsideAddress(i % 50),
    dst: `10.1.0.${1 + (i % 30)}`,
    srcPort: 443,
    dstPort: 50_000 + (i % 1000),
    packets: 20 + Math.floor(random() * 40),
    bytes: 30_000,
    startMs: fromMs + Math.floor(i / 20) * 1000 + Math.floor(random() * 900),
  }))
}

/** A flood of `packetsPerS` from many sources to one host, in flows of a hundredth of a second's packets. */
function flood(fromMs: number, seconds: number, packetsPerS: number, flow: Partial<TestFlow>): TestFlow[] {
  return Array.from({ length: seconds * 100 }, (_, i) => ({
    src: outsideAddress(1000 + (i % 400)),
    dst: '10.1.0.9',
    srcPort: 1024 + (i % 50_000),
    dstPort: 9000,
    proto: 17,
    packets: packetsPerS / 100,
    bytes: (packetsPerS / 100) * 500,
    startMs: fromMs + i * 10,
    ...flow,
  }))
}

test('finds a UDP flood within ten seconds of its first record', () => {
  const start = T0 + 63_000
  const findings = make().run([...ordinary(T0, 120), ...flood(start, 30, 50_000, {})])
  const [finding, ...more] = created(findings)
  assert.is(more.length, 0)
  assert.equal([finding!.service, finding!.dst, finding!.technique], ['ddos', ['10.1.0.9'], 'T1498.001'])
  assert.ok(finding!.time - start <= 10_000, `${finding!.time - start} ms`)
  assert.is(finding!.dst_port, 9000)
  assert.ok(Math.abs(Number(finding!.evidence.sources_estimated) - 400) < 150)
  assert.not.match(finding!.title.fr, /\d+\.\d+\.\d+\.\d+/)
})

test('closes it after quiet, with the same uid', () => {
  const net = make()
  const findings = net.run([
    ...ordinary(T0, 60),
    ...flood(T0 + 60_000, 30, 50_000, {}),
    ...ordinary(T0 + 90_000, 200),
  ])
  assert.equal([...new Set(findings.map((f) => f.uid))].length, 1)
  assert.equal(
    findings.map((f) => f.activity).filter((a) => a !== 'update'),
    ['create', 'close'],
  )
})

test('finds a SYN flood by requests without connections', () => {
  const syn = { proto: 6, flags: 2, packets: 1, bytes: 40, dstPort: 443 }
  const findings = make().run([...ordinary(T0, 60), ...flood(T0 + 60_000, 20, 100, syn)])
  const [finding] = created(findings)
  assert.is(finding!.technique, 'T1499.001')
  assert.is(finding!.dst_port, 443)
})

test('finds a SYN flood half a minute after the start of detection, wherever in a step it begins', () => {
  const syn = { proto: 6, flags: 2, packets: 1, bytes: 40, dstPort: 443 }
  for (let ms = 0; ms < 10_000; ms += 500) {
    const start = T0 + 22_000 + ms
    const [finding] = created(make().run([...ordinary(T0, 50), ...flood(start, 20, 100, syn)]))
    assert.ok(finding, `a flood that begins ${ms} ms later is missed`)
    assert.ok(finding.time - start <= 10_000, `${ms}: told after ${finding.time - start} ms`)
  }
})

test('a busy server whose requests become connections is no SYN flood', () => {
  const connections = flood(T0, 60, 100, { proto: 6, flags: 0x1b, packets: 12, bytes: 4000, dstPort: 443 })
  const some = flood(T0, 60, 100, { proto: 6, flags: 2, packets: 1, bytes: 40, dstPort: 443 }).filter(
    (_, i) => i % 5 === 0,
  )
  assert.is(make().run([...connections, ...some]).length, 0)
})

test('a vertical port scan is no SYN flood', () => {
  const scan = flood(T0, 30, 100, { proto: 6, flags: 2, packets: 1, bytes: 40, src: '203.0.113.5' })
  const ports = scan.map((f, i) => ({ ...f, dstPort: 1 + i }))
  assert.is(make().run(ports).length, 0)
})

test('finds reflection by source port, packet size and number of reflectors', () => {
  const dns = { srcPort: 53, dstPort: 40_000, packets: 50, bytes: 50 * 1400 }
  const findings = make().run([...ordinary(T0, 40), ...flood(T0 + 40_000, 20, 5000, dns)])
  const [finding, ...more] = created(findings)
  assert.is(more.length, 0)
  assert.is(finding!.technique, 'T1498.002')
  assert.is(finding!.evidence.reflector, 'DNS')
  assert.match(finding!.title.fr, /réflexion \(DNS\)/)
})

test('finds carpet bombing where no single host is under attack', () => {
  const bombs = flood(T0 + 60_000, 30, 60_000, {}).map((f, i) => ({
    ...f,
    dst: `10.7.3.${i % 250}`,
    dstSite: 7,
  }))
  const findings = make().run([...ordinary(T0, 90), ...bombs])
  const [finding, ...more] = created(findings)
  assert.is(more.length, 0, JSON.stringify(more))
  assert.is(finding!.evidence.kind, 'carpet_bombing')
  assert.ok(Number(finding!.evidence.hosts_estimated) > 100)
})

test('one who knocks at all hosts of a prefix scans it, whatever the rate; many who do bomb it', () => {
  const knocks = (src: (i: number) => string) =>
    flood(T0 + 60_000, 30, 4000, { proto: 6, flags: 2, packets: 1, bytes: 44, dstPort: 22 }).map((f, i) => ({
      ...f,
      src: src(i),
      dst: `10.7.3.${i % 250}`,
      dstSite: 7,
    }))
  const run = (src: (i: number) => string) => created(make().run([...ordinary(T0, 90), ...knocks(src)]))
  assert.equal(
    run(() => '203.0.113.5').map((f) => f.evidence.kind),
    [],
  )
  assert.equal(
    run((i) => `198.19.${i % 100}.${i % 97}`).map((f) => f.evidence.kind),
    ['carpet_bombing'],
  )
})

test('finds a flood that leaves from our own host', () => {
  const out: TestFlow[] = flood(T0 + 60_000, 20, 20_000, {}).map((f) => ({
    ...f,
    src: '10.1.0.66',
    dst: '203.0.113.80',
    locality: 'outbound',
  }))
  const [finding] = created(make().run([...ordinary(T0, 80), ...out]))
  assert.is(finding!.evidence.kind, 'outbound_flood')
  assert.equal([finding!.src, finding!.dst], [['10.1.0.66'], ['203.0.113.80']])
})

test('a minute of volume in one record makes no spike', () => {
  // 6 million packets in one record that lasted ten minutes: 10,000 a second never came.
  const long: TestFlow = {
    src: '203.0.113.9',
    dst: '10.1.0.9',
    proto: 17,
    packets: 3_000_000,
    bytes: 3_000_000_000,
    startMs: T0 - 500_000,
    endMs: T0 + 100_000,
  }
  assert.is(make().run([...ordinary(T0, 110), long]).length, 0)
})

test('what was normal for long is no attack', () => {
  const steady = flood(T0, 400, 20_000, {})
  const findings = make().run(steady)
  // The traffic was there when the detector started: nothing changed.
  assert.is(created(findings).length, 0)
})

test('a few sampled packets are no flood, however many they stand for', () => {
  const syn = (count: number): TestFlow[] =>
    flood(T0 + 60_000, 3, 200, { proto: 6, flags: 2, packets: 1, bytes: 44, dstPort: 443, sampling: 1000 })
      .slice(0, count)
      .map((f, i) => ({ ...f, src: `198.19.${i}.7` }))
  const kinds = (count: number) =>
    created(make().run([...ordinary(T0, 90), ...syn(count)])).map((f) => f.evidence.kind)
  assert.equal(kinds(5), [])
  assert.equal(kinds(60), ['syn_flood'])
})

test('counts are multiplied by the sampling rate, and the error is told', () => {
  const sampled = flood(T0 + 60_000, 20, 200, { packets: 2, bytes: 1000, sampling: 1000 })
  const [finding] = created(make().run([...ordinary(T0, 80), ...sampled]))
  assert.ok(Number(finding!.evidence.peak_packets_per_s) > 50_000)
  assert.ok(Number(finding!.evidence.sampling_error_ratio) > 0)
})

test('an organisation may set its own floor, and shadow mode sends nothing', () => {
  const small = flood(T0 + 60_000, 30, 2_000, {})
  const lower = { packets_per_s: 1_000, bits_per_s: 1e9 }
  assert.is(created(make().run([...ordinary(T0, 90), ...small])).length, 0)
  const own = make({ organizations: [{ id: 1, services: { ddos: lower } }] })
  assert.is(created(own.run([...ordinary(T0, 90), ...small])).length, 1)
  const shadow = make({ organizations: [{ id: 1, services: { ddos: { ...lower, mode: 'shadow' } } }] })
  assert.is(shadow.run([...ordinary(T0, 90), ...small]).length, 0)
  assert.is(shadow.engine.counts.services.ddos!.created, 1)
})

test.run()
