import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import { natsServerSchema } from '../../../ingest/bus/config.js'
import { NatsServer } from '../../../ingest/bus/nats_server.js'
import type { Frame } from '../../../model/frame.js'
import { NatsFixture, until } from '../bus/nats_fixture.js'
import { CollectorFixture, decodeFrames, framesOf } from './collector_fixture.js'
import { data5, data9, template9 } from './netflow9.js'

const nats = new NatsFixture()
let bus: Bus
const datagramsOf = (frames: readonly Frame[]): number => frames.reduce((sum, f) => sum + f.entries.length, 0)
const received = (fixture: CollectorFixture, n: number) =>
  until(() => fixture.collector.totals.received >= n, `${n} datagrams are received`)
const balanced = ({ collector }: CollectorFixture): void => {
  const { totals } = collector
  const rejected = Object.values(totals.rejected).reduce((sum, n) => sum + n, 0)
  assert.is(totals.framed + rejected + totals.waiting, totals.received, JSON.stringify(totals))
}

const tests = suite('collector without NATS')

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())

tests('NATS goes and comes back: lag, no loss, and templates learned meanwhile are kept', async () => {
  const fixture = await new CollectorFixture(nats, bus, { name: 'away' }).start()
  const sender = await fixture.sender()
  await sender.send(fixture.port, template9(0), data9({ sequence: 1, ports: [1] }))
  await received(fixture, 2)
  await nats.server.stop()
  await sender.send(fixture.port, template9(2, 300), data9({ sequence: 3, template: 300, ports: [2] }))
  await received(fixture, 4)
  for (let n = 4; n < 204; n += 50) {
    const some = Array.from({ length: 50 }, (_, i) => data9({ sequence: n + i, ports: [n + i] }))
    await sender.send(fixture.port, ...some)
    await received(fixture, n + 50)
  }
  await until(() => fixture.publisher.spooling, 'frames go to the spool')
  await nats.server.start()
  await until(() => bus.connected, 'the connection is back')
  await until(async () => datagramsOf(await framesOf(bus, 'away')) === 204, 'all is in the stream')
  balanced(fixture)
  await until(() => !fixture.publisher.spooling, 'the spool is empty')
  await until(async () => /state_pending 0/.test(await fixture.metrics.metrics()), 'the template is stored')
  await fixture.stop()
  const frames = await framesOf(bus, 'away')
  assert.equal(
    frames.map((f) => f.number),
    Array.from(frames, (_, i) => i + 1),
  )
  assert.is(decodeFrames(frames).flows.length, 202)
  const again = await new CollectorFixture(nats, bus, { name: 'away' }).start()
  const late = await again.sender()
  await late.send(again.port, data9({ sequence: 204, template: 300, ports: [9] }))
  await received(again, 205)
  await again.stop()
  assert.is(again.collector.totals.framed, 205)
  assert.is(decodeFrames(await framesOf(bus, 'away')).flows.at(-1)!.srcPort, 9)
})

tests('stream away and spool full: what is lost is counted, the rest arrives', async () => {
  const spool = { spool_max_bytes: 1024 * 1024, spool_segment_bytes: 65_536 }
  const config = { name: 'full', frame_age_ms: 5 }
  const fixture = await new CollectorFixture(nats, bus, config, spool).start()
  const sender = await fixture.sender()
  await nats.server.stop()
  let sent = 0
  while ((fixture.collector.totals.rejected.spool_full ?? 0) === 0) {
    await sender.send(fixture.port, ...Array.from({ length: 50 }, () => data5(30 * sent++, 30)))
    await received(fixture, sent)
    balanced(fixture)
  }
  await nats.server.start()
  await until(() => bus.connected, 'the connection is back')
  await until(() => !fixture.publisher.spooling, 'the spool is empty', 60_000)
  await fixture.stop()
  const { totals } = fixture.collector
  assert.is(totals.received, sent)
  assert.is(totals.framed + totals.rejected.spool_full!, sent)
  assert.is(datagramsOf(await framesOf(bus, 'full')), totals.framed)
})

tests('ended while NATS was away: the totals are those of the newest frame in the spool', async () => {
  const server = new NatsServer(natsServerSchema.parse({ data_dir: join(nats.dir, 'second'), port: 0 }), {
    logger: nats.log,
  })
  await server.start()
  const own = await nats.bus({ url: server.url })
  const first = await new CollectorFixture(nats, own, { name: 'spooled' }).start()
  const sender = await first.sender()
  await sender.send(first.port, data5(0, 1))
  await until(async () => datagramsOf(await framesOf(own, 'spooled')) === 1, 'the first is in the stream')
  await server.stop()
  await sender.send(first.port, data5(1, 1), data5(2, 1))
  await received(first, 3)
  await first.stop()
  await server.start()
  await until(() => own.connected, 'the connection is back')
  const second = await new CollectorFixture(nats, own, { name: 'spooled' }).start()
  assert.is(second.collector.totals.framed, 3)
  await until(async () => datagramsOf(await framesOf(own, 'spooled')) === 3, 'all is in the stream')
  await second.stop()
  await server.stop()
})

tests.run()
