import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import { addressBytes } from '../../../ingest/udp/address.js'
import type { CollectorConfig } from '../../../ingest/udp/config.js'
import { readExporterRecords } from '../../../ingest/udp/exporter_records.js'
import type { CollectorTotals } from '../../../model/frame.js'
import { NatsFixture, until } from '../bus/nats_fixture.js'
import { CollectorFixture, decodeFrames, framesOf } from './collector_fixture.js'
import { data5, data9, template9 } from './netflow9.js'

const nats = new NatsFixture()
let bus: Bus
const running: CollectorFixture[] = []

async function start(name: string, config: Partial<CollectorConfig> = {}, spool: object = {}) {
  const fixture = await new CollectorFixture(nats, bus, { name, ...config }, spool).start()
  running.push(fixture)
  return fixture
}

const balanced = (t: CollectorTotals): void => {
  const rejected = Object.values(t.rejected).reduce((sum, n) => sum + n, 0)
  assert.is(t.framed + rejected + t.waiting, t.received, JSON.stringify(t))
}
const received = (fixture: CollectorFixture, n: number) =>
  until(() => fixture.collector.totals.received >= n, `${n} datagrams are received`)
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

const tests = suite('collector')

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())
tests.after.each(async () => {
  for (const fixture of running.splice(0)) await fixture.stop()
})

tests('what arrives is in the stream raw, with its exporter, port and time, over IPv4 and IPv6', async () => {
  const fixture = await start('raw', { hosts: ['127.0.0.1', '::1'] })
  const from = Date.now() * 1000
  const four = await fixture.sender('127.0.0.7')
  const six = await fixture.sender('::1')
  const datagrams = [template9(0), data9({ sequence: 1, ports: [1, 2, 3] })]
  await four.send(fixture.port, ...datagrams)
  await six.send(fixture.collector.listeners[1]!.port, data5(0, 2))
  await received(fixture, 3)
  const ports = [four, six].map((sender) => sender.socket.address().port)
  await fixture.stop()
  const entries = (await framesOf(bus, 'raw')).flatMap((frame) => frame.entries)
  const byFour = entries.filter((e) => e.exporter[15] === 7)
  assert.equal(
    byFour.map((e) => Buffer.from(e.datagram)),
    datagrams,
  )
  assert.equal(Buffer.from(byFour[0]!.exporter), Buffer.from(addressBytes('127.0.0.7')))
  assert.is(byFour[0]!.exporterPort, ports[0])
  const bySix = entries.find((e) => e.exporterPort === ports[1])!
  assert.equal(Buffer.from(bySix.exporter), Buffer.from(addressBytes('::1')))
  const to = Date.now() * 1000
  for (const { receivedUs } of entries) assert.ok(receivedUs >= from - 5000 && receivedUs <= to + 5000)
})

tests(
  'a frame is never older than its age nor larger than its size, and never closed before its entries',
  async () => {
    const fixture = await start('size', { frame_bytes: 128 * 1024, frame_age_ms: 10_000 })
    const sender = await fixture.sender()
    for (let n = 0; n < 300; n += 50) {
      await sender.send(fixture.port, ...range(n, n + 50).map((i) => data5(30 * i, 30)))
      await received(fixture, n + 50)
    }
    await until(async () => (await framesOf(bus, 'size')).length >= 3, 'frames are full')
    await fixture.stop()
    const frames = await framesOf(bus, 'size')
    assert.equal(
      frames.map((f) => f.number),
      range(1, frames.length + 1),
    )
    assert.is(frames.flatMap((f) => f.entries).length, 300)
    for (const frame of frames) {
      balanced(frame.totals)
      for (const { receivedUs } of frame.entries) assert.ok(receivedUs / 1000 <= frame.closedMs)
    }
    assert.is(frames.at(-1)!.totals.framed, 300)
    const aged = await start('age', { frame_age_ms: 1 })
    await (await aged.sender()).send(aged.port, data5(0, 1))
    await until(async () => (await framesOf(bus, 'age')).length === 1, 'the frame is closed by its age')
  },
)

tests('data that comes before its template waits, and goes into the frame behind it, in order', async () => {
  const fixture = await start('wait')
  const sender = await fixture.sender()
  await sender.send(fixture.port, ...range(1, 6).map((n) => data9({ sequence: n, ports: [n] })))
  await received(fixture, 5)
  assert.equal([fixture.collector.totals.waiting, fixture.collector.totals.framed], [5, 0])
  balanced(fixture.collector.totals)
  await sender.send(fixture.port, template9(6), data9({ sequence: 7, ports: [7] }))
  await received(fixture, 7)
  await fixture.stop()
  assert.equal([fixture.collector.totals.waiting, fixture.collector.totals.framed], [0, 7])
  const { flows, rejects } = decodeFrames(await framesOf(bus, 'wait'))
  assert.equal(
    flows.map((f) => f.srcPort),
    [1, 2, 3, 4, 5, 7],
  )
  assert.equal(rejects, {})
})

tests('one exporter, two domains: a template of one does not release the data of the other', async () => {
  const fixture = await start('domains')
  const sender = await fixture.sender()
  await sender.send(
    fixture.port,
    data9({ sequence: 1, domain: 1, ports: [1] }),
    data9({ sequence: 1, domain: 2, ports: [2] }),
    template9(2, 256, 2),
  )
  await received(fixture, 3)
  assert.equal([fixture.collector.totals.waiting, fixture.collector.totals.framed], [1, 2])
  // Another port of the same address: a template belongs to the exporter and its domain, never to a port.
  await (await fixture.sender()).send(fixture.port, template9(2, 256, 1))
  await until(() => fixture.collector.totals.waiting === 0, 'the other is released')
  await fixture.stop()
  assert.equal(
    decodeFrames(await framesOf(bus, 'domains'))
      .flows.map((f) => f.srcPort)
      .sort(),
    [1, 2],
  )
})

tests(
  'data whose template never comes is framed all the same, and the decoder says why it is of no use',
  async () => {
    const fixture = await start('never', { waiting_ms_max: 30 })
    const sender = await fixture.sender()
    await sender.send(fixture.port, ...range(0, 4).map((n) => data9({ sequence: n, ports: [n] })))
    await until(() => fixture.collector.totals.framed === 4, 'the wait is over')
    await fixture.stop()
    assert.equal(decodeFrames(await framesOf(bus, 'never')), { flows: [], rejects: { template_missing: 4 } })
    assert.match(await fixture.metrics.metrics(), /vigie_collector_expired_datagrams_total 4/)
  },
)

tests('a template that changes its meaning closes the frame: each record is read by its own', async () => {
  const fixture = await start('change', { frame_age_ms: 10_000 })
  const sender = await fixture.sender()
  const script: Buffer[] = []
  for (let n = 0; n < 40; n += 4) {
    script.push(template9(n, 256, 1, n % 8 === 4), data9({ sequence: n + 1, ports: [n] }))
    script.push(data9({ sequence: n + 2, ports: [n + 1] }), data9({ sequence: n + 3, ports: [n + 2] }))
  }
  await sender.send(fixture.port, ...script)
  await received(fixture, script.length)
  await fixture.stop()
  const { flows, rejects } = decodeFrames(await framesOf(bus, 'change'))
  assert.equal(rejects, {})
  assert.is(flows.length, 30)
  for (const { srcPort, bytes, packets } of flows) {
    assert.equal([bytes, packets], srcPort % 8 < 4 ? [1000, 10] : [10, 1000], `port ${srcPort}`)
  }
})

tests('a restart decodes the first datagram, and goes on with numbers and totals', async () => {
  const first = await start('restart')
  await (await first.sender()).send(first.port, template9(0), data9({ sequence: 1, ports: [1] }))
  await received(first, 2)
  await first.stop()
  const second = await start('restart')
  assert.is(second.collector.totals.received, 2)
  await (await second.sender()).send(second.port, data9({ sequence: 2, ports: [2] }))
  await received(second, 3)
  await second.stop()
  const frames = await framesOf(bus, 'restart')
  assert.equal(
    frames.map((f) => f.number),
    range(1, frames.length + 1),
  )
  assert.equal(
    decodeFrames(frames).flows.map((f) => f.srcPort),
    [1, 2],
  )
  assert.equal([frames.at(-1)!.totals.received, frames.at(-1)!.totals.framed], [3, 3])
})

tests('a start that fails leaves numbers and totals as they were', async () => {
  const first = await start('twice')
  await (await first.sender()).send(first.port, data5(0, 1))
  await received(first, 1)
  await first.stop()
  const other = await start('other')
  const second = new CollectorFixture(nats, bus, { name: 'twice', ports: [0, other.port] })
  try {
    await second.start()
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, `UDP 127.0.0.1 port ${other.port}: bind EADDRINUSE`)
  }
  await second.stop()
  const third = await start('twice')
  await (await third.sender()).send(third.port, data5(1, 1))
  await received(third, 2)
  await third.stop()
  assert.equal(
    (await framesOf(bus, 'twice')).map((f) => [f.number, f.totals.framed]),
    [
      [1, 1],
      [2, 2],
    ],
  )
})

tests('a stop reads what the kernel still holds', async () => {
  const fixture = await start('drain', { frame_age_ms: 10_000 })
  const sender = await fixture.sender()
  // All of it reaches the kernel before the collector's process gets to read.
  await sender.send(fixture.port, ...range(0, 400).map((n) => data5(n, 1)))
  await fixture.stop()
  const entries = (await framesOf(bus, 'drain')).flatMap((f) => f.entries)
  assert.is(entries.length, 400)
  assert.is(fixture.collector.totals.framed, 400)
})

tests('an exporter that is not on the allow-list is refused, counted, and kept for the curious', async () => {
  const fixture = await start('allow', { allow: ['127.0.0.7/32'] })
  const refused = data5(0, 1)
  await (await fixture.sender('127.0.0.8')).send(fixture.port, refused)
  await (await fixture.sender('127.0.0.7')).send(fixture.port, data5(0, 1))
  await received(fixture, 2)
  await fixture.stop()
  const { totals } = fixture.collector
  assert.equal([totals.framed, totals.rejected], [1, { exporter_refused: 1 }])
  balanced(totals)
  const [letter] = await lettersOf(fixture, 'exporter_refused')
  assert.is(letter!.exporter, '127.0.0.8')
  assert.equal(Buffer.from(letter!.bytes!), refused)
})

tests('an exporter beyond its rate is rejected, without harm to another', async () => {
  const fixture = await start('rate', { exporter_datagrams_per_s_max: 50 })
  await (await fixture.sender('127.0.0.8')).send(fixture.port, ...range(0, 300).map((n) => data5(n, 1)))
  await (await fixture.sender('127.0.0.7')).send(fixture.port, ...range(0, 40).map((n) => data5(n, 1)))
  await received(fixture, 340)
  await fixture.stop()
  const { totals } = fixture.collector
  balanced(totals)
  assert.ok(totals.rejected.exporter_limit! >= 240 && totals.rejected.exporter_limit! <= 250)
  const entries = (await framesOf(bus, 'rate')).flatMap((f) => f.entries)
  assert.is(entries.filter((e) => e.exporter[15] === 7).length, 40)
  assert.is(totals.sequenceLost, 0, 'what we rejected ourselves is not lost upstream')
})

tests('the exporters are told to who asks, and remembered over a restart', async () => {
  const fixture = await start('list', { publish_every_ms: 100 })
  const sender = await fixture.sender('127.0.0.9')
  const gap = [0, ...range(10, 100)].map((n) => data9({ sequence: n + 1, ports: [n] }))
  await sender.send(fixture.port, template9(0), ...gap)
  await received(fixture, 92)
  await until(async () => (await readExporterRecords(fixture.store, 'list')).length === 1, 'it is published')
  await fixture.stop()
  const again = await start('list')
  await again.stop()
  const [record] = await readExporterRecords(again.store, 'list')
  assert.is(record!.address, '127.0.0.9')
  assert.equal(record!.protocols, ['netflow9'])
  assert.equal([record!.datagrams, record!.sequence_lost, record!.templates], [92, 9, 1])
  assert.ok(record!.clock_skew_ms! < -1e9, 'the datagrams are of 2023')
  assert.is(again.collector.totals.sequenceLost, 9)
})

async function lettersOf(fixture: CollectorFixture, code: 'exporter_refused') {
  const letters = []
  for await (const letter of fixture.deadLetters.list({ code })) letters.push(letter)
  return letters
}

tests('says every few seconds who was heard, also while nothing comes; the accounts stay right', async () => {
  const fixture = await start('notes', { notes_every_ms: 100 })
  const sender = await fixture.sender('127.0.0.9')
  // Two records of thirty are missing between the second and the third.
  await sender.send(fixture.port, data5(0, 30), data5(30, 30), data5(62, 30))
  await received(fixture, 3)
  const silent = async () => (await framesOf(bus, 'notes')).filter(({ entries }) => entries.length === 0)
  await until(async () => (await silent()).length >= 2, 'frames that only tell the time')
  await fixture.stop()
  const notes = (await framesOf(bus, 'notes')).flatMap((frame) => frame.notes ?? [])
  const { address, datagrams, units, restarts, lastSeenMs } = notes.at(-1)!
  assert.equal([address, datagrams, units, restarts], ['127.0.0.9', 3, 90, 0])
  assert.ok(lastSeenMs <= Date.now())
  // Who was not heard again is not noted again.
  assert.ok(notes.length <= 3)
  balanced(fixture.collector.totals)
})

tests.run()
