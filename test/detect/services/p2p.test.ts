import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { p2p } from '../../../detect/services/p2p.js'
import type { Finding } from '../../../model/finding.js'
import { network, outsideAddress, seeded, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/p2p')
const services = [anyService(p2p)]

/** Questions to peers all over the Internet; a share of them answers. */
function peers(n: number, alive: number, bytes: number, more: Partial<TestFlow> = {}): TestFlow[] {
  const random = seeded(n)
  return Array.from({ length: n }, (_, i) => {
    const dst = outsideAddress(Math.floor(random() * 3_000_000))
    const startMs = T0 + i * 2000
    const out = {
      src: '10.1.0.66',
      dst,
      srcPort: 30_000,
      dstPort: 10_000 + Math.floor(random() * 20_000),
      proto: 17,
      packets: 2,
      bytes,
      startMs,
      endMs: startMs + 200,
      locality: 'outbound' as const,
      ...more,
    }
    const answer = {
      ...out,
      src: out.dst,
      dst: out.src,
      srcPort: out.dstPort,
      dstPort: out.srcPort,
      locality: 'inbound' as const,
    }
    return random() < alive ? [out, answer] : [out]
  }).flat()
}

/** One connection, exported every minute. */
const session = (minutes: number, dstPort: number, packetBytes: number): TestFlow[] =>
  Array.from({ length: minutes }, (_, i) => {
    const times = { startMs: T0 + i * 60_000, endMs: T0 + i * 60_000 + 59_000 }
    const out = {
      src: '10.1.0.66',
      dst: '203.0.113.9',
      srcPort: 50_123,
      dstPort,
      flags: 0x18,
      packets: 20,
      bytes: 20 * packetBytes,
      locality: 'outbound' as const,
      ...times,
    }
    return [
      out,
      { ...out, src: out.dst, dst: out.src, srcPort: dstPort, dstPort: 50_123, locality: 'inbound' as const },
    ]
  }).flat()

const find = (flows: readonly TestFlow[]): Finding[] =>
  network({ services })
    .run(flows)
    .filter((f) => f.activity === 'create')

test('finds a host that asks peers everywhere, half of which are gone', () => {
  const [finding, ...more] = find(peers(150, 0.5, 300))
  assert.is(more.length, 0)
  assert.equal(
    [finding!.src, finding!.evidence.kind, finding!.technique],
    [['10.1.0.66'], 'botnet', 'T1090.003'],
  )
  assert.ok(Number(finding!.evidence.networks) >= 30)
})

test('exchange of files is told as such', () => {
  assert.is(find(peers(150, 0.5, 900_000))[0]!.evidence.kind, 'sharing')
})

test('servers answer: games and meetings are no peers; where nobody does it is a scan', () => {
  assert.is(find(peers(150, 0.97, 300)).length, 0)
  assert.is(find(peers(150, 0.02, 300)).length, 0)
  const one = peers(300, 0.5, 300).map((f) => ({
    ...f,
    ...(f.locality === 'outbound' ? { dst: '203.0.113.7' } : { src: '203.0.113.7' }),
  }))
  assert.is(find(one).length, 0)
})

test('sources outside that ask a host of ours are not its peers', () => {
  assert.is(
    find(peers(200, 0, 300).map((f) => ({ ...f, src: f.dst, dst: f.src, locality: 'inbound' as const })))
      .length,
    0,
  )
})

test('finds long sessions with pools and IRC servers, and no short ones', () => {
  assert.equal(
    [find(session(40, 3333, 150))[0]!.evidence.kind, find(session(40, 6667, 120))[0]!.evidence.kind],
    ['mining', 'irc'],
  )
  assert.is(find(session(10, 6667, 120)).length, 0)
  assert.is(find(session(40, 5228, 120)).length, 0, 'notifications of telephones')
  assert.is(find(session(40, 6667, 1200)).length, 0, 'a transfer')
})

test.run()
