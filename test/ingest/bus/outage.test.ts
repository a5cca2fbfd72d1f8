import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import { framePublisherSchema, frameSourceSchema } from '../../../ingest/bus/config.js'
import { encodeFrame, frameNumber } from '../../../ingest/bus/frame.js'
import { FrameMemoryPool } from '../../../ingest/bus/frame_memory.js'
import { FramePublisher } from '../../../ingest/bus/frame_publisher.js'
import { FrameSource } from '../../../ingest/bus/frame_source.js'
import { PartialStream } from '../../../ingest/bus/partial_stream.js'
import { Spool, SpoolFullError } from '../../../ingest/bus/spool.js'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import { LogBook, NatsFixture, until } from './nats_fixture.js'

const nats = new NatsFixture()
let bus: Bus

const frame = (number: number, bytes = 2000, collector = 'c'): Uint8Array =>
  encodeFrame({
    collector,
    number,
    closedMs: 1,
    totals: { received: 0, framed: 0, rejected: {}, waiting: 0, kernelDropped: 0, sequenceLost: 0 },
    context: new Uint8Array(bytes).fill(number),
    entries: [],
  })

const publisherOn = async (on: Bus, more: object = {}, log = nats.log): Promise<FramePublisher> => {
  const config = framePublisherSchema.parse({
    spool_dir: join(nats.dir, 'spool'),
    ack_timeout_ms: 300,
    ...more,
  })
  const publisher = new FramePublisher(config, { bus: on, logger: log, metrics: new Registry() })
  await publisher.start()
  return publisher
}

/** The numbers of all frames in the stream, in its order. */
async function numbersInStream(): Promise<number[]> {
  const { state } = await bus.jsm.streams.info('FRAMES')
  const numbers: number[] = []
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await bus.jsm.direct.getMessage('FRAMES', { seq })
    if (message !== null) numbers.push(frameNumber(message.data))
  }
  return numbers
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

const tests = suite('outage')

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())
tests.before.each(async () => {
  await bus.jsm.streams.purge('FRAMES')
})

tests(
  'NATS stops and comes back: no frame is lost, none comes twice, the order stays, readers go on',
  async () => {
    const publisher = await publisherOn(bus)
    const source = new FrameSource(frameSourceSchema.parse({ ack_wait_ms: 1000 }), {
      bus,
      memory: new FrameMemoryPool(1e7),
      logger: nats.log,
      metrics: new Registry(),
    })
    await source.start()
    const partials = new PartialStream({ bus, logger: nats.log })
    const reader = await partials.read(1)
    const seen: number[] = []
    const readPartials = (async () => {
      for await (const partial of reader.partials) seen.push(partial.frameSequence)
    })()
    const got: number[] = []
    const readFrames = (async () => {
      for await (const delivery of source.frames()) {
        if (!delivery.redelivered) got.push(frameNumber(delivery.take()))
        delivery.ack()
      }
    })()
    let number = 0
    const publish = (n: number) =>
      Promise.all(
        Array.from({ length: n }, () => publisher.publish(frame(++number), { collector: 'c', number })),
      )

    await publish(20)
    await partials.publish(1, [Uint8Array.of(1)])
    const underWay = publish(10)
    await nats.server.stop()
    await underWay
    await publish(50)
    assert.ok(publisher.spooling)
    assert.ok(nats.log.said('frames go to the spool'))
    await nats.server.start()
    await publish(10)
    await until(() => !publisher.spooling, 'the spool is sent')
    await publish(10)
    assert.equal(await numbersInStream(), upTo(100))
    await until(() => got.length === 100, 'all frames are read')
    assert.equal(got, upTo(100))
    await until(async () => {
      await partials.publish(2, [Uint8Array.of(2)])
      return seen.includes(2)
    }, 'partials go on')
    assert.equal(seen, [1, 2])
    await new NatsStateStore(bus).put('alive', Uint8Array.of(1))
    reader.stop()
    source.close()
    await Promise.all([readPartials, readFrames])
    await source.stop()
    await publisher.stop()
    assert.equal(readdirSync(join(nats.dir, 'spool')), [], 'an empty spool leaves no file')
  },
)

tests('a frame that was sent without an answer is not sent again when the stream has it', async () => {
  // Published without message ids, as if the stream had forgotten them: only a look at the stream can tell.
  const dir = join(nats.dir, 'doubt')
  const spool = new Spool({ dir, maxBytes: 1e6, segmentBytes: 1e5, fsync: 'each' }, nats.log)
  await spool.open()
  for (const n of [1, 2, 3]) await spool.append(frame(n, 2000, 'd'), true)
  await spool.append(frame(4, 2000, 'd'), false)
  await spool.close()
  for (const n of [1, 2]) await bus.js.publish('vigie.frames.d', frame(n, 2000, 'd'))
  const publisher = await publisherOn(bus, { spool_dir: dir })
  assert.is(await publisher.lastNumber('d'), 4)
  // It comes from the spool or, when that was sent meanwhile, from the stream.
  const last = await publisher.lastFrame('d')
  assert.equal(Buffer.from(last!), Buffer.from(frame(4, 2000, 'd')))
  await until(() => !publisher.spooling, 'the spool is sent')
  assert.equal(await numbersInStream(), [1, 2, 3, 4])
  await publisher.stop()
})

tests('a killed publisher begins again at the frame it was about to send', async () => {
  const dir = join(nats.dir, 'killed')
  const spool = new Spool({ dir, maxBytes: 1e6, segmentBytes: 5000, fsync: 'never' }, nats.log)
  await spool.open()
  for (const n of upTo(9)) await spool.append(frame(n, 2000, 'k'), false)
  // Taken up to 4, and 5 was sent when the process died before it could say so.
  for (const n of upTo(4)) {
    const record = (await spool.peek())!
    assert.is(frameNumber(record.bytes), n)
    await bus.js.publish('vigie.frames.k', record.bytes)
    await spool.taken(record)
  }
  await bus.js.publish('vigie.frames.k', frame(5, 2000, 'k'))
  await spool.close()
  const publisher = await publisherOn(bus, { spool_dir: dir })
  await until(() => !publisher.spooling, 'the spool is sent')
  assert.equal(await numbersInStream(), upTo(9))
  await publisher.stop()
})

tests('a full stream refuses, and the frames wait in the spool until there is room', async () => {
  const small = await nats.bus({ frames_max_bytes: 1024 * 1024 })
  const publisher = await publisherOn(small)
  assert.is(publisher.spooling, false)
  for (const number of upTo(30))
    await publisher.publish(frame(number, 60_000, 'f'), { collector: 'f', number })
  assert.ok(publisher.spooling)
  const before = await numbersInStream()
  assert.ok(before.length < 30)
  await bus.jsm.streams.purge('FRAMES')
  await until(async () => {
    if (publisher.spooling) await bus.jsm.streams.purge('FRAMES', { keep: 1 })
    return !publisher.spooling
  }, 'the rest is sent')
  assert.is(await publisher.lastNumber('f'), 30)
  await publisher.stop()
  await nats.bus({ frames_max_bytes: 64 * 1024 * 1024 })
})

tests('a full spool refuses the frame, and goes on when it has room again', async () => {
  const spool = new Spool(
    { dir: join(nats.dir, 'full'), maxBytes: 10_000, segmentBytes: 3_000, fsync: 'never' },
    nats.log,
  )
  await spool.open()
  for (let n = 1; n <= 9; n++) await spool.append(new Uint8Array(1000).fill(n), false)
  try {
    await spool.append(new Uint8Array(1000), false)
    assert.unreachable()
  } catch (error) {
    assert.instance(error, SpoolFullError)
  }
  for (let n = 1; n <= 9; n++) {
    const record = (await spool.peek())!
    assert.is(record.bytes[0], n)
    await spool.taken(record)
  }
  assert.is(spool.bytes, 0)
  await spool.append(new Uint8Array(1000).fill(10), false)
  assert.is((await spool.peek())!.bytes[0], 10)
  await spool.close()
})

tests('a spool with torn and spoilt files gives all that reads, and says what does not', async () => {
  const dir = join(nats.dir, 'torn')
  const config = { dir, maxBytes: 1e6, segmentBytes: 3_000, fsync: 'never' } as const
  const log = new LogBook()
  const first = new Spool(config, log)
  await first.open()
  for (let n = 1; n <= 9; n++) await first.append(new Uint8Array(1000).fill(n), false)
  await first.close()
  const files = readdirSync(dir).sort()
  assert.is(files.length, 3)
  truncateSync(join(dir, files[0]!), 2500)
  const spoilt = readFileSync(join(dir, files[1]!))
  spoilt[1500]! ^= 1
  writeFileSync(join(dir, files[1]!), spoilt)
  const second = new Spool(config, log)
  await second.open()
  assert.is((await second.newest(1))![0], 9)
  await second.append(new Uint8Array(1000).fill(10), false)
  const got: number[] = []
  for (let record = await second.peek(); record !== undefined; record = await second.peek()) {
    got.push(record.bytes[0]!)
    await second.taken(record)
  }
  assert.equal(got, [1, 2, 4, 7, 8, 9, 10])
  assert.ok(log.said('does not read'))
  assert.ok(!existsSync(join(dir, files[0]!)))
  await second.close()
})

tests.run()
