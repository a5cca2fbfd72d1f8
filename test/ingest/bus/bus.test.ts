import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import { framePublisherSchema, frameSourceSchema, natsServerSchema } from '../../../ingest/bus/config.js'
import { NatsDeadLetters } from '../../../ingest/bus/dead_letters.js'
import { FindingStream } from '../../../ingest/bus/finding_stream.js'
import { encodeFrame } from '../../../ingest/bus/frame.js'
import { FrameMemoryPool } from '../../../ingest/bus/frame_memory.js'
import { FramePublisher } from '../../../ingest/bus/frame_publisher.js'
import { FrameSource } from '../../../ingest/bus/frame_source.js'
import { NatsServer, NatsServerMissingError } from '../../../ingest/bus/nats_server.js'
import { PartialStream } from '../../../ingest/bus/partial_stream.js'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import type { Finding } from '../../../model/finding.js'
import { LogBook, NatsFixture, until } from './nats_fixture.js'

const nats = new NatsFixture()
let bus: Bus

const frame = (number: number, bytes = 1000, collector = 'c'): Uint8Array =>
  encodeFrame({
    collector,
    number,
    closedMs: 1,
    totals: { received: 0, framed: 0, rejected: {}, waiting: 0, kernelDropped: 0, sequenceLost: 0 },
    context: new Uint8Array(bytes).fill(number),
    entries: [],
  })

const publisherOn = (on: Bus, spool: string, more: object = {}): FramePublisher =>
  new FramePublisher(
    framePublisherSchema.parse({ spool_dir: join(nats.dir, spool), ack_timeout_ms: 500, ...more }),
    {
      bus: on,
      logger: nats.log,
      metrics: new Registry(),
    },
  )

const sourceOn = (on: Bus, more: object = {}): FrameSource =>
  new FrameSource(frameSourceSchema.parse({ ack_wait_ms: 1000, ...more }), {
    bus: on,
    memory: new FrameMemoryPool(1e7),
    logger: nats.log,
    metrics: new Registry(),
  })

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')

const tests = suite('bus')

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())
tests.before.each(async () => {
  for (const name of ['FRAMES', 'PARTIALS', 'FINDINGS', 'DEAD']) await bus.jsm.streams.purge(name)
})

tests('one clear sentence when the server is not installed', async () => {
  const config = natsServerSchema.parse({
    data_dir: join(nats.dir, 'none'),
    binary: 'no-such-nats-server',
    port: 0,
  })
  try {
    await new NatsServer(config, { logger: new LogBook() }).start()
    assert.unreachable()
  } catch (error) {
    assert.instance(error, NatsServerMissingError)
    assert.match((error as Error).message, 'apt-get install nats-server')
  }
})

tests('the server of a killed process is stopped by the next start, and its streams are there', async () => {
  const config = natsServerSchema.parse({ data_dir: join(nats.dir, 'orphan'), port: 0 })
  const script = `
    import { NatsServer } from ${JSON.stringify(new URL('../../../ingest/bus/nats_server.js', import.meta.url).href)}
    const silent = { debug() {}, info() {}, warn() {}, error() {} }
    const server = new NatsServer(${JSON.stringify(config)}, { logger: silent })
    await server.start()
    console.log(server.pid)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(parent.stdout, 'data')
  const orphan = Number(String(said))
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  const commandLine = () =>
    existsSync(`/proc/${orphan}`) ? readFileSync(`/proc/${orphan}/cmdline`, 'utf8') : ''
  assert.match(commandLine(), /nats-server/, 'it outlives its parent')
  const log = new LogBook()
  const next = new NatsServer(config, { logger: log })
  await next.start()
  assert.ok(log.said('a nats-server of an earlier run'))
  assert.is(commandLine(), '')
  await next.stop()
})

tests('a second process finds the streams, and brings them to its configuration', async () => {
  const other = await nats.bus({ dead_max_bytes: 2 * 1024 * 1024 })
  const { config } = await other.jsm.streams.info('DEAD')
  assert.is(config.max_bytes, 2 * 1024 * 1024)
})

tests(
  'frames come out as they went in, once, in order, and are gone when they are acknowledged',
  async () => {
    const publisher = publisherOn(bus, 'a')
    await publisher.start()
    const source = sourceOn(bus, { durable: 'order' })
    await source.start()
    const sent = Array.from({ length: 30 }, (_, i) => frame(i + 1))
    await Promise.all(sent.map((bytes, i) => publisher.publish(bytes, { collector: 'c', number: i + 1 })))
    await publisher.publish(sent[0]!, { collector: 'c', number: 1 })
    const got: string[] = []
    for await (const delivery of source.frames()) {
      const bytes = hex(delivery.take())
      got.push(bytes)
      assert.is(delivery.redelivered, false)
      assert.is(hex(await source.fetch(delivery.sequence)), bytes)
      if (got.length === sent.length) await delivery.ackConfirmed()
      else delivery.ack()
      if (got.length === sent.length) break
    }
    assert.ok(got.join() === sent.map(hex).join(), 'other bytes')
    assert.is(source.inHand, 0)
    const info = await bus.jsm.consumers.info('FRAMES', 'order')
    assert.is(info.num_ack_pending, 0)
    assert.is(info.num_pending, 0, 'the repeated frame was folded')
    assert.is(await publisher.lastNumber('c'), 30)
    assert.is(hex(await publisher.lastFrame('c')), hex(sent[29]))
    assert.is(await publisher.lastNumber('nobody'), 0)
    await source.stop()
    await publisher.stop()
  },
)

tests('what a dead reader held comes again to another, what a live one holds does not', async () => {
  const publisher = publisherOn(bus, 'b')
  await publisher.start()
  for (let n = 1; n <= 4; n++) await publisher.publish(frame(n), { collector: 'r', number: n })
  const dead = sourceOn(bus, { durable: 'again' })
  const live = sourceOn(bus, { durable: 'again' })
  await dead.start()
  const taken = dead.frames()
  const first = [(await taken.next()).value, (await taken.next()).value]
  const second = [(await taken.next()).value, (await taken.next()).value]
  await live.start()
  // Twice as long as a frame may be silent: the heartbeats of `dead` keep its frames.
  await until(
    async () => (await bus.jsm.consumers.info('FRAMES', 'again')).num_ack_pending === 4,
    'all delivered',
  )
  for (const delivery of first) delivery.ack()
  await dead.stop()
  const again: number[] = []
  for await (const delivery of live.frames()) {
    assert.is(delivery.redelivered, true)
    again.push(delivery.sequence)
    delivery.ack()
    if (again.length === 2) break
  }
  assert.equal(again.sort(), second.map((d) => d.sequence).sort())
  await live.stop()
  await publisher.stop()
})

tests('the source keeps to its bound in bytes', async () => {
  const publisher = publisherOn(bus, 'c')
  await publisher.start()
  for (let n = 1; n <= 40; n++) await publisher.publish(frame(n, 1024 * 1024), { collector: 'q', number: n })
  const source = sourceOn(bus, { durable: 'bytes', max_queued_bytes: 16 * 1024 * 1024 })
  await source.start()
  const frames = source.frames()
  let most = 0
  for (let n = 0; n < 40; n++) {
    const delivery = (await frames.next()).value
    most = Math.max(most, source.inHand)
    delivery.ack()
  }
  assert.ok(most <= 17, `${most} frames of 1 MiB at once`)
  await source.stop()
  await publisher.stop()
})

tests('stored frames are trimmed to the history, others never are', async () => {
  const short = await nats.bus({ frames_history_bytes: 10_000 })
  const publisher = publisherOn(short, 'd')
  await publisher.start()
  for (let n = 1; n <= 60; n++) await publisher.publish(frame(n), { collector: 'h', number: n })
  const source = sourceOn(short, { durable: 'history' })
  await source.start()
  const frames = source.frames()
  for (let n = 1; n <= 40; n++) await (await frames.next()).value.ackConfirmed()
  const before = (await bus.jsm.streams.info('FRAMES')).state
  await source.trimHistory()
  const after = (await bus.jsm.streams.info('FRAMES')).state
  assert.is(after.last_seq, before.last_seq)
  // Twenty that are not stored, and of the stored ones what 10,000 bytes hold.
  assert.ok(after.messages >= 20 && after.messages <= 30, `${after.messages} frames are left`)
  await source.stop()
  await publisher.stop()
})

tests('state is kept by key and listed by prefix', async () => {
  const store = new NatsStateStore(bus)
  await store.put('templates.a', Uint8Array.of(1))
  await store.put('templates.b', Uint8Array.of(2))
  await store.put('counters', Uint8Array.of(3))
  assert.is(hex(await store.get('templates.b')), '02')
  assert.is(await store.get('templates.none'), undefined)
  assert.equal((await store.keys('templates.')).sort(), ['templates.a', 'templates.b'])
  await store.delete('templates.a')
  assert.is(await store.get('templates.a'), undefined)
  assert.equal(await store.keys('templates.'), ['templates.b'])
  assert.equal((await store.keys('')).sort(), ['counters', 'templates.b'])
})

tests('dead letters keep their bytes and what is known of them', async () => {
  const dead = new NatsDeadLetters(bus)
  const known = {
    code: 'template_missing',
    message: 'no template 256 came in time\nfrom é',
    exporter: '192.0.2.1',
    receivedUs: 17,
    count: 3,
  } as const
  await dead.keep({ ...known, bytes: Uint8Array.of(1, 2) })
  await dead.keep({ code: 'frame_corrupt', message: 'm', count: 1 })
  const letters = []
  for await (const one of dead.list({ code: 'template_missing' })) letters.push(one)
  assert.is(letters.length, 1)
  const { sequence, keptMs, bytes, ...rest } = letters[0]!
  assert.is(hex(bytes), '0102')
  assert.equal(rest, { ...known, message: 'no template 256 came in time from' })
  assert.ok(sequence > 0 && keptMs > 0)
})

tests(
  'findings come to each sink until it acknowledges them, and once however often they are said',
  async () => {
    const findings = new FindingStream({ bus, logger: nats.log })
    const finding: Finding = {
      time: 5,
      service: 'scan',
      activity: 'create',
      uid: 'u1',
      severity_id: 3,
      src: ['192.0.2.1'],
      dst: [],
      first_seen: 1,
      last_seen: 5,
      score: 50,
      evidence: { ports: 3 },
      title: { fr: 'balayage', en: 'scan' },
    }
    await findings.publish([finding, { ...finding, activity: 'close', time: 9 }])
    await findings.publish([finding])
    const reader = await findings.consume('itsm')
    const first = (await reader.findings.next()).value
    assert.equal(first.finding, finding)
    first.retry(1)
    const second = (await reader.findings.next()).value
    assert.is(second.finding.activity, 'close')
    second.ack()
    const third = (await reader.findings.next()).value
    assert.equal(third.finding, finding)
    assert.is(third.redelivered, true)
    third.ack()
    await until(
      async () => (await bus.jsm.consumers.info('FINDINGS', 'itsm')).num_ack_pending === 0,
      'all acknowledged',
    )
    reader.stop()
  },
)

tests('partials are read in order from where a reader stood', async () => {
  const partials = new PartialStream({ bus, logger: nats.log })
  for (const n of [7, 8, 9]) await partials.publish(n, [Uint8Array.of(n)])
  await partials.publish(8, [Uint8Array.of(8)])
  const all = await partials.read(1)
  const first = (await all.partials.next()).value
  assert.equal([first.frameSequence, [...first.bytes]], [7, [7]])
  all.stop()
  const rest = await partials.read(first.streamSequence + 1)
  assert.is((await rest.partials.next()).value.frameSequence, 8)
  assert.is((await rest.partials.next()).value.frameSequence, 9)
  rest.stop()
})

tests(
  'each shard of detection reads its own partials, and is told of a frame that did not read',
  async () => {
    const partials = new PartialStream({ bus, logger: nats.log, shards: 3 })
    const shards = [0, 1, 2]
    await partials.publish(
      5,
      shards.map((shard) => Uint8Array.of(shard)),
    )
    await partials.publish(6, [])
    for (const shard of shards) {
      const { partials: read, stop } = await partials.read(1, shard)
      const [first, second] = [(await read.next()).value, (await read.next()).value]
      assert.equal([first.frameSequence, [...first.bytes]], [5, [shard]])
      assert.equal([second.frameSequence, second.bytes.length], [6, 0])
      stop()
    }
  },
)

tests.run()
