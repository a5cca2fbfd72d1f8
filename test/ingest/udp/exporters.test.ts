import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FlowLearner } from '../../../ingest/flow/learner.js'
import { addressBytes, isPrefix } from '../../../ingest/udp/address.js'
import { ExporterTable } from '../../../ingest/udp/exporters.js'

const exporters = suite('exporters')
const CONFIG = {
  exporters_max: 3,
  exporter_idle_s: 600,
  exporter_streams_max: 4,
  exporter_datagrams_per_s_max: 0,
  exporters: [],
  allow: [],
}
const never = (): void => assert.unreachable('nothing was to be forgotten')

/** A v9 header with no sets. */
function netflow9(sequence: number, domain: number, unixSeconds: number): Buffer {
  const d = Buffer.alloc(20)
  d.writeUInt16BE(9, 0)
  d.writeUInt32BE(1000, 4)
  d.writeUInt32BE(unixSeconds, 8)
  d.writeUInt32BE(sequence, 12)
  d.writeUInt32BE(domain, 16)
  return d
}

exporters('reads addresses of both families to 16 bytes', () => {
  const hex = (text: string): string => Buffer.from(addressBytes(text)).toString('hex')
  assert.is(hex('192.0.2.33'), '00000000000000000000ffffc0000221')
  assert.is(hex('::ffff:192.0.2.33'), '00000000000000000000ffffc0000221')
  assert.is(hex('2001:db8::1'), '20010db8000000000000000000000001')
  assert.is(hex('::1'), '00000000000000000000000000000001')
  assert.is(hex('fe80::a:b%eth0'), 'fe8000000000000000000000000a000b')
  assert.is(hex('1:2:3:4:5:6:7:8'), '00010002000300040005000600070008')
  assert.is(hex('nonsense'), '0'.repeat(32))
})

exporters('knows an allow-list entry when it sees one', () => {
  for (const good of ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1']) assert.ok(isPrefix(good), good)
  for (const bad of ['10.0.0.0/33', '10.0.0', '::/129', 'a/8', '10.0.0.0/8/8', '10.0.0.0/']) {
    assert.not.ok(isPrefix(bad), bad)
  }
})

exporters('refuses who is not on the allow-list', () => {
  const table = new ExporterTable({ ...CONFIG, allow: ['10.0.0.0/8', '2001:db8::/32'] })
  assert.is(table.admit('192.0.2.1', 0, never), 'exporter_refused')
  assert.is(table.admit('2001:db9::1', 0, never), 'exporter_refused')
  assert.type(table.admit('10.1.2.3', 0, never), 'object')
  assert.type(table.admit('2001:db8::1', 0, never), 'object')
  assert.is(table.size, 2)
})

exporters('does not let new addresses push out those that are alive', () => {
  const table = new ExporterTable(CONFIG)
  for (const n of [1, 2, 3]) table.admit(`10.0.0.${n}`, n, never)
  assert.is(table.admit('10.0.0.4', 1e6, never), 'exporter_limit')
  table.get('10.0.0.1')!.lastSeenUs = 599e6
  const forgotten: string[] = []
  assert.type(
    table.admit('10.0.0.4', 601e6, (e) => forgotten.push(e.address)),
    'object',
  )
  assert.equal(forgotten, ['10.0.0.2', '10.0.0.3'])
  assert.equal([table.size, table.evicted], [2, 2])
})

exporters('keeps an account for each observation domain, bounded', () => {
  const table = new ExporterTable(CONFIG)
  const exporter = table.admit('10.0.0.1', 0, never)
  if (typeof exporter === 'string') throw new Error(exporter)
  const learner = new FlowLearner()
  const send = (sequence: number, domain: number): void => {
    exporter.datagrams++
    const datagram = netflow9(sequence, domain, 0)
    exporter.account(learner.learn(exporter.bytes16, datagram, 0), datagram, 0)
  }
  for (let i = 0; i < 200; i++) {
    send(i, 1)
    send(1000 + 2 * i, 2)
  }
  assert.equal(
    [exporter.lost, exporter.duplicates],
    [134, 0],
    'only the second domain misses every other one',
  )
  for (let domain = 10; domain < 1000; domain++) send(7, domain)
  assert.equal([exporter.lost, exporter.restarts], [134, 0])
})

exporters('tells the clock skew by a median that one wild header does not move', () => {
  const table = new ExporterTable(CONFIG)
  const exporter = table.admit('10.0.0.1', 0, never)
  if (typeof exporter === 'string') throw new Error(exporter)
  assert.is(exporter.record(0).clock_skew_ms, undefined)
  const learner = new FlowLearner()
  for (let s = 0; s < 20; s++) {
    const datagram = netflow9(s, 1, s === 9 ? 4_000_000_000 : 1_700_000_000 + s - 7)
    const nowUs = (1_700_000_000 + s) * 1e6
    exporter.account(learner.learn(exporter.bytes16, datagram, nowUs / 1000), datagram, nowUs)
  }
  assert.is(exporter.record(0).clock_skew_ms, -6500)
  assert.equal(exporter.record(0).protocols, ['netflow9'])
})

exporters('holds an exporter to its datagrams a second', () => {
  const table = new ExporterTable(CONFIG)
  const exporter = table.admit('10.0.0.1', 0, never)
  if (typeof exporter === 'string') throw new Error(exporter)
  let admitted = 0
  for (let ms = 0; ms < 10_000; ms++) if (exporter.admit(1e12 + ms * 1000, 100)) admitted++
  assert.ok(admitted >= 1050 && admitted <= 1100, `${admitted} of 10,000 in 10 s at 100/s`)
})

exporters('goes on from a published record', () => {
  const table = new ExporterTable(CONFIG)
  const first = table.admit('10.0.0.1', 5e6, never)
  const second = new ExporterTable(CONFIG).admit('10.0.0.1', 9e6, never)
  if (typeof first === 'string' || typeof second === 'string') throw new Error('refused')
  first.datagrams = 17
  first.lost = 3
  first.protocolBits = 1 << 9
  second.resume(first.record(0))
  assert.equal(second.record(0), first.record(0))
})

exporters.run()
