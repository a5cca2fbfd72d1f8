import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { intel } from '../../../detect/services/intel.js'
import { lateral } from '../../../detect/services/lateral.js'
import type { Finding } from '../../../model/finding.js'
import { network, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/lateral')
const services = [anyService(lateral)]
const DAY = 86_400_000
const HOUR = 3_600_000

/** A session between two hosts inside, both directions. */
function session(src: string, dst: string, atMs: number, dstPort = 445): TestFlow[] {
  const times = { startMs: atMs, endMs: atMs + 4000 }
  const common = { packets: 40, bytes: 9000, locality: 'internal' as const, ...times }
  return [
    { src, dst, srcPort: 51_000, dstPort, ...common },
    { src: dst, dst: src, srcPort: dstPort, dstPort: 51_000, ...common },
  ]
}

/** Fifteen days in which everybody does what they always do. */
const habits = (): TestFlow[] =>
  Array.from({ length: 15 * 8 }, (_, n) => {
    const atMs = T0 + n * 3 * HOUR
    const servers = Array.from({ length: 20 }, (_, h) =>
      session(`10.1.0.${h + 1}`, '10.9.0.10', atMs + h * 1000),
    )
    const admin = Array.from({ length: 8 }, (_, h) =>
      session('10.8.0.5', `10.2.0.${1 + ((n * 8 + h) % 60)}`, atMs + h * 2000, 22),
    )
    return [...servers.flat(), ...admin.flat()]
  }).flat()

const find = (flows: readonly TestFlow[], subscription: Record<string, unknown> = {}): Finding[] =>
  network({ services, subscriptions: { lateral: subscription }, frameMs: 60_000 })
    .run(flows)
    .filter((f) => f.activity === 'create')

const attack = (n: number, atMs: number): TestFlow[] =>
  Array.from({ length: n }, (_, i) => session('10.1.0.7', `10.3.0.${i + 1}`, atMs + i * 60_000, 3389)).flat()

test('finds a host that reaches others for the first time, once it knows the network', () => {
  const [finding, ...more] = find([...habits(), ...attack(5, T0 + 15 * DAY)])
  assert.is(more.length, 0)
  assert.equal([finding!.src, finding!.dst_port, finding!.technique], [['10.1.0.7'], 3389, 'T1021.001'])
  assert.equal([finding!.evidence.kind, finding!.severity_id], ['new_edges', 3])
  assert.is(finding!.dst.length, 3)
})

test('many of them are a fan-out', () => {
  const findings = network({ services, frameMs: 60_000 }).run([...habits(), ...attack(20, T0 + 15 * DAY)])
  assert.equal([findings.at(-1)!.evidence.kind, findings.at(-1)!.severity_id], ['fan_out', 4])
  assert.is(new Set(findings.map((f) => f.uid)).size, 1)
})

test('nothing is told while it learns, and nothing of what it learnt', () => {
  assert.is(find([...habits(), ...attack(20, T0 + 3 * DAY)]).length, 0)
  assert.is(find(habits(), { learning_days: 1 }).length, 0)
})

test('new servers for everybody are no movement: the first ones to use them are told at most', () => {
  const rollout = Array.from({ length: 20 }, (_, h) =>
    [0, 1, 2, 3].map((s) =>
      session(`10.1.0.${h + 1}`, `10.9.1.${s}`, T0 + 15 * DAY + h * 5000 + s * 100_000),
    ),
  )
  const told = find([...habits(), ...rollout.flat(2)])
  assert.ok(told.length <= 2, JSON.stringify(told.map((f) => [f.src, f.dst])))
})

test('probes that found a port open are no sessions', () => {
  const probes = attack(20, T0 + 15 * DAY).map((f) => ({ ...f, packets: 2, bytes: 120 }))
  assert.is(find([...habits(), ...probes]).length, 0)
})

test('a host that another finding makes suspect needs no learning', () => {
  const both = [anyService(intel), anyService(lateral)]
  const threats = { 7: { number: 7, feed: 'lab', value: '203.0.113.9', id: '', name: '', severity_id: 4 } }
  const call: TestFlow = {
    src: '10.1.0.7',
    dst: '203.0.113.9',
    srcPort: 50_000,
    packets: 20,
    startMs: T0,
    endMs: T0 + 500,
    locality: 'outbound',
    threat: 7,
  }
  const ordinary = Array.from({ length: 10 }, (_, i) =>
    session('10.1.0.8', `10.3.1.${i}`, T0 + 60_000 + i * 1000),
  ).flat()
  const findings = network({ services: both, threats }).run([call, ...ordinary, ...attack(3, T0 + 120_000)])
  const chain = findings.filter((f) => f.service === 'lateral' && f.activity === 'create')
  assert.is(chain.length, 1)
  assert.equal([chain[0]!.evidence.kind, chain[0]!.severity_id, chain[0]!.src], ['chain', 4, ['10.1.0.7']])
  assert.equal(
    [chain[0]!.evidence.suspected_by, chain[0]!.evidence.suspected_uid],
    ['intel', findings[0]!.uid],
  )
})

test('jump hosts are allowed', () => {
  assert.is(find([...habits(), ...attack(5, T0 + 15 * DAY)], { allow: ['10.1.0.7'] }).length, 0)
})

test.run()
