import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { exfil } from '../../../detect/services/exfil.js'
import type { Finding } from '../../../model/finding.js'
import { network, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/exfil')
const services = [anyService(exfil)]

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Bytes out in pieces over a minute, with the acknowledgements that come back, from `atMs` on. */
function send(megabytes: number, atMs: number, more: Partial<TestFlow> = {}): TestFlow[] {
  return Array.from({ length: 10 }, (_, i) => {
    const startMs = atMs + i * 6000
    const out = { src: '10.1.0.66', dst: '203.0.113.20', srcPort: 50_000, dstPort: 443, ...more }
    const times = { startMs, endMs: startMs + 5000 }
    return [
      { ...out, packets: megabytes * 70, bytes: megabytes * 1e5, locality: 'outbound' as const, ...times },
      {
        ...out,
        src: out.dst,
        dst: out.src,
        srcPort: out.dstPort,
        dstPort: out.srcPort,
        packets: megabytes * 20,
        bytes: megabytes * 1000,
        locality: 'inbound' as const,
        ...times,
      },
    ]
  }).flat()
}

const find = (flows: readonly TestFlow[], subscription: Record<string, unknown> = {}): Finding[] =>
  network({ services, subscriptions: { exfil: subscription }, frameMs: 60_000 })
    .run(flows)
    .filter((f) => f.activity === 'create')

test('finds much sent to one place by a host that nothing is known of', () => {
  const [finding, ...more] = find(send(400, T0))
  assert.is(more.length, 0)
  assert.equal([finding!.src, finding!.dst, finding!.technique], [['10.1.0.66'], ['203.0.113.20'], 'T1567'])
  assert.ok(Number(finding!.evidence.bytes_out) >= 200e6)
  assert.match(String(finding!.evidence.sql), /10\.1\.0\.66/)
})

test('downloads, and what a server of ours answers, are no exfiltration', () => {
  const download = send(400, T0).map((f) => ({ ...f, bytes: f.locality === 'outbound' ? 4e6 : 400e6 }))
  assert.is(find(download).length, 0)
  const server = send(400, T0, { srcPort: 443, dstPort: 50_000 })
  assert.is(find(server).length, 0)
})

test('a place that many hosts send to is a service that we use', () => {
  const others = Array.from({ length: 14 }, (_, h) =>
    send(30, T0 + h * 1000, { src: `10.2.0.${h + 1}` }),
  ).flat()
  assert.is(find([...others, ...send(400, T0 + 120_000)]).length, 0)
})

test('a backup of every night is its own normal; ten times as much is not', () => {
  const nights = Array.from({ length: 30 }, (_, d) => send(150, T0 + d * DAY)).flat()
  const told = find(nights)
  assert.ok(told.length <= 2, 'told while it is new, then no more')
  assert.ok(told.every((f) => f.time < T0 + 4 * DAY))
  const later = find([...nights, ...send(4000, T0 + 30 * DAY)])
  assert.is(later.length, told.length + 1)
  assert.ok(Number(later.at(-1)!.evidence.robust_z) > 6)
})

test('finds a little every day to a place that nobody else sends to', () => {
  const days = Array.from({ length: 5 }, (_, d) => send(35, T0 + d * DAY + 2 * HOUR)).flat()
  const [finding, ...more] = find(days)
  assert.is(more.length, 0)
  assert.equal([finding!.evidence.kind, finding!.technique], ['slow', 'T1030'])
})

test('a flood that nobody answers is no exfiltration; an upload over QUIC is', () => {
  const udp = send(400, T0, { proto: 17, flags: 0 })
  assert.is(find(udp.filter((f) => f.locality === 'outbound')).length, 0)
  assert.is(find(udp.map((f) => (f.locality === 'inbound' ? { ...f, bytes: 800_000 } : f))).length, 1)
})

test('what is allowed is not told', () => {
  assert.is(find(send(400, T0), { allow: ['203.0.113.20'] }).length, 0)
})

test.run()
