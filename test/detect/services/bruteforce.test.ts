import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { bruteforce } from '../../../detect/services/bruteforce.js'
import type { Finding } from '../../../model/finding.js'
import { type NetworkOptions, network, outsideAddress, seeded, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/bruteforce')
const services = [anyService(bruteforce)]
const make = (more: Partial<NetworkOptions> = {}): ReturnType<typeof network> =>
  network({ services, ...more })
const created = (findings: readonly Finding[]): Finding[] => findings.filter((f) => f.activity === 'create')

/** `n` log-in attempts of one size, `gapMs` apart. */
function guess(n: number, gapMs: number, more: (i: number) => Partial<TestFlow> = () => ({})): TestFlow[] {
  const random = seeded(n)
  return Array.from({ length: n }, (_, i) => {
    const startMs = T0 + i * gapMs
    return {
      src: '203.0.113.9',
      dst: '10.1.0.22',
      srcPort: 40_000 + i,
      dstPort: 22,
      flags: 0x1b,
      packets: 14 + Math.floor(random() * 2),
      bytes: 1900 + Math.floor(random() * 60),
      startMs,
      endMs: startMs + 2500,
      ...more(i),
    }
  })
}

test('finds guessing by connections of one size', () => {
  const [finding, ...more] = created(make().run(guess(60, 3000)))
  assert.is(more.length, 0)
  assert.equal(
    [finding!.src, finding!.dst, finding!.dst_port, finding!.technique],
    [['203.0.113.9'], ['10.1.0.22'], 22, 'T1110.001'],
  )
})

test('finds it on an odd port, and when it is slow', () => {
  assert.is(created(make().run(guess(30, 5000, () => ({ dstPort: 30_122 })))).length, 1)
  assert.is(created(make().run(guess(40, 150_000))).length, 1)
})

test('finds the same attempt on many hosts', () => {
  const [finding] = created(make().run(guess(24, 8000, (i) => ({ dst: `10.1.0.${i % 12}` }))))
  assert.equal([finding!.evidence.kind, finding!.technique], ['spraying', 'T1110.003'])
})

test('a session after the attempts makes it critical', () => {
  const session = guess(1, 0, () => ({
    startMs: T0 + 200_000,
    endMs: T0 + 900_000,
    packets: 900,
    bytes: 90_000,
  }))
  const findings = make().run([...guess(60, 3000), ...session])
  assert.ok(findings.some((f) => f.severity_id === 5 && f.evidence.kind === 'success_hint'))
})

test('connections of all sizes are work, not guessing', () => {
  const random = seeded(8)
  const work = guess(200, 3000, () => ({
    packets: 6 + Math.floor(random() * 50),
    bytes: 600 + Math.floor(random() * 15_000),
  }))
  assert.is(make().run(work).length, 0)
})

test('requests to web servers are left alone, however regular', () => {
  for (const dstPort of [80, 443, 8080])
    assert.is(make().run(guess(300, 1000, () => ({ dstPort }))).length, 0)
})

test('what an answer looks like is no attempt', () => {
  const answers = guess(100, 1000, (i) => ({
    src: '10.1.0.22',
    dst: '203.0.113.9',
    srcPort: 22,
    dstPort: 40_000 + i,
    locality: 'outbound',
  }))
  assert.is(make().run(answers).length, 0)
})

test('from inside it takes more, and only where one logs in', () => {
  const inside = { src: '10.2.0.9', locality: 'internal' as const }
  assert.is(make().run(guess(15, 3000, () => inside)).length, 0)
  assert.is(created(make().run(guess(80, 3000, () => inside))).length, 1)
  assert.is(make().run(guess(80, 3000, () => ({ ...inside, dstPort: 30_122 }))).length, 0)
})

test('hundreds of sources are told as one, and a few by themselves', () => {
  const all = Array.from({ length: 150 }, (_, s) =>
    guess(30, 60_000, () => ({ src: outsideAddress(s) })),
  ).flat()
  const findings = created(make().run(all))
  assert.is(findings.filter((f) => f.evidence.kind === 'background').length, 1)
  assert.ok(findings.length <= 8, `${findings.length} findings`)
})

test.run()
