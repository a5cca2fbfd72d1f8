import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { beacon } from '../../../detect/services/beacon.js'
import type { Finding } from '../../../model/finding.js'
import { network, outsideAddress, seeded, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/beacon')
const services = [anyService(beacon)]
const find = (flows: readonly TestFlow[]): Finding[] =>
  network({ services })
    .run(flows)
    .filter((f) => f.activity === 'create')

/** Calls home every `periodS` with the given jitter (0.5: half a period either way). */
function calls(
  n: number,
  periodS: number,
  jitter: number,
  more: Partial<TestFlow> = {},
  seed = 1,
): TestFlow[] {
  const random = seeded(seed)
  let at = T0
  return Array.from({ length: n }, (_, i) => {
    at += periodS * 1000 * (1 + jitter * (2 * random() - 1))
    return {
      src: '10.1.0.66',
      dst: '203.0.113.20',
      srcPort: 40_000 + i,
      dstPort: 443,
      flags: 0x1b,
      packets: 9,
      bytes: 1200,
      startMs: at,
      endMs: at + 300,
      locality: 'outbound' as const,
      ...more,
    }
  })
}

test('finds calls at a beat, with jitter up to half a period', () => {
  for (const [periodS, jitter] of [
    [2, 0.02],
    [60, 0],
    [60, 0.5],
    [300, 0.25],
    [3600, 0.1],
  ] as const) {
    const [finding, ...more] = find(calls(300, periodS, jitter))
    assert.is(more.length, 0)
    assert.ok(finding, `${periodS} s, jitter ${jitter}`)
    assert.equal(
      [finding.src, finding.dst, finding.technique],
      [['10.1.0.66'], ['203.0.113.20'], 'T1071.001'],
    )
    assert.ok(Math.abs(Number(finding.evidence.period_s) - periodS) <= 0.3 * periodS)
  }
})

test('finds calls of which every tenth is missed', () => {
  assert.is(find(calls(200, 60, 0.1).filter((_, i) => i % 10 !== 3)).length, 1)
})

test('finds calls that are never answered, and says so', () => {
  const [finding] = find(calls(120, 60, 0.1, { flags: 2, packets: 3, bytes: 180, dstPort: 8443 }))
  assert.is(finding!.evidence.kind, 'failing')
  assert.is(finding!.severity_id, 2)
})

test('people at random times, and calls of all sizes, are no beat', () => {
  const random = seeded(2)
  const people = calls(300, 60, 0).map((f) => {
    const startMs = T0 + Math.floor(random() * 5 * 3_600_000)
    return { ...f, startMs, endMs: startMs + 300 }
  })
  assert.is(find(people).length, 0)
  assert.is(
    find(calls(300, 60, 0.1).map((f) => ({ ...f, bytes: 500 + Math.floor(random() * 20_000) }))).length,
    0,
  )
})

test('one long conversation exported in pieces is no beat', () => {
  assert.is(find(calls(300, 60, 0, { srcPort: 51_000 })).length, 0)
})

test('sessions that last are no beat', () => {
  assert.is(find(calls(100, 900, 0).map((f) => ({ ...f, endMs: f.startMs + 100_000 }))).length, 0)
})

test('time and names are asked at a beat by everybody', () => {
  for (const dstPort of [53, 123])
    assert.is(find(calls(300, 64, 0.01, { proto: 17, flags: 0, packets: 1, dstPort })).length, 0)
})

test('a place that many hosts call is no place of command', () => {
  const everybody = Array.from({ length: 120 }, (_, h) =>
    calls(60, 60, 0.05, { src: `10.1.${h >> 6}.${h & 63}` }, h + 1),
  ).flat()
  // The first hosts of the day are told before the others have shown up; no more than those.
  const net = network({ services })
  net.run(everybody)
  const { created = 0, popular_calls_skipped = 0 } = net.engine.counts.services.beacon!
  assert.is(created, 0)
  assert.ok(popular_calls_skipped > 6000)
})

test('more calls than are watched are counted, and a watched pair is watched whole', () => {
  const random = seeded(4)
  const noise: TestFlow[] = Array.from({ length: 30_000 }, (_, i) => ({
    src: `10.2.${i & 127}.${(i >> 7) & 127}`,
    dst: outsideAddress(Math.floor(random() * 60_000)),
    srcPort: 50_000,
    dstPort: 443,
    flags: 0x1b,
    packets: 8,
    startMs: T0 + 600_000 + Math.floor(random() * 1000),
    locality: 'outbound',
  }))
  const net = network({ services })
  const findings = net.run([...noise, ...calls(100, 12, 0.1)])
  assert.ok(net.engine.counts.services.beacon!.calls_not_watched! > 10_000)
  assert.is(findings.filter((f) => f.activity === 'create').length, 1)
})

test('closes when the beat has stopped', () => {
  const later = { ...calls(1, 1, 0)[0]!, src: '10.1.0.1', startMs: T0 + 90_000_000, endMs: T0 + 90_000_000 }
  const findings = network({ services }).run([...calls(100, 60, 0.1), later])
  assert.is(findings.at(-1)!.activity, 'close')
})

test.run()
