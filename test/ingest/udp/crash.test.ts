import { createSocket } from 'node:dgram'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CollectorRoleConfig } from '../../../app/collector_role.js'
import type { Bus } from '../../../ingest/bus/bus.js'
import { busSchema, framePublisherSchema } from '../../../ingest/bus/config.js'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import { type CollectorConfig, collectorSchema } from '../../../ingest/udp/config.js'
import { FrameNumbers } from '../../../ingest/udp/frame_numbers.js'
import type { Frame } from '../../../model/frame.js'
import { NatsFixture, until } from '../bus/nats_fixture.js'
import { decodeFrames, framesOf, Sender } from './collector_fixture.js'
import { CollectorProcess } from './collector_process.js'
import { data9, template9 } from './netflow9.js'

const nats = new NatsFixture()
let bus: Bus

function configOf(name: string, more: Partial<CollectorConfig> = {}): CollectorRoleConfig {
  const { url } = nats.server
  return {
    collector: collectorSchema.parse({ name, hosts: ['127.0.0.1'], ports: [0], frame_age_ms: 20, ...more }),
    bus: busSchema.parse({ url }),
    publisher: framePublisherSchema.parse({
      spool_dir: join(nats.dir, `spool-${name}`),
      ack_timeout_ms: 500,
    }),
  }
}

const datagramsOf = (frames: readonly Frame[]): number => frames.reduce((sum, f) => sum + f.entries.length, 0)

const tests = suite('collector killed')

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())

tests(
  'kill -9 again and again: no number comes twice, the books are exact, no template is asked for again',
  async () => {
    const config = configOf('killed')
    const sender = new Sender(createSocket('udp4'), '127.0.0.1')
    let sequence = 0
    let expected = 0
    for (let life = 0; life < 5; life++) {
      const collector = await CollectorProcess.start(config)
      // Each life learns one template more, and is killed as soon as a frame that relies on it is in the stream.
      await sender.send(collector.port, template9(sequence++, 256 + life))
      for (let id = 256; id <= 256 + life; id++) {
        await sender.send(collector.port, data9({ sequence: sequence++, template: id, ports: [id, life] }))
      }
      expected += 2 + life
      await until(
        async () => datagramsOf(await framesOf(bus, 'killed')) === expected,
        `life ${life} is framed`,
      )
      await collector.end(life === 3 ? 'SIGTERM' : 'SIGKILL')
    }
    sender.socket.close()
    const frames = await framesOf(bus, 'killed')
    assert.is(new Set(frames.map((f) => f.number)).size, frames.length)
    assert.equal(
      frames.map((f) => f.number),
      frames.map((f) => f.number).sort((a, b) => a - b),
      'numbers only grow',
    )
    let framed = 0
    for (const { entries, totals } of frames) {
      framed += entries.length
      assert.equal([totals.received, totals.framed, totals.waiting], [framed, framed, 0])
    }
    const { flows, rejects } = decodeFrames(frames)
    assert.equal([flows.length, rejects], [2 * (1 + 2 + 3 + 4 + 5), {}])
  },
)

tests('what waited for its template in a killed collector is in the books', async () => {
  const config = configOf('waiter')
  const sender = new Sender(createSocket('udp4'), '127.0.0.1')
  const first = await CollectorProcess.start(config)
  const lost = [1, 2, 3].map((n) => data9({ sequence: n, template: 300, ports: [n] }))
  await sender.send(first.port, ...lost, template9(4, 256), data9({ sequence: 5, template: 256, ports: [5] }))
  await until(async () => datagramsOf(await framesOf(bus, 'waiter')) === 2, 'the others are framed')
  await first.end('SIGKILL')
  const second = await CollectorProcess.start(config)
  await sender.send(second.port, data9({ sequence: 6, template: 256, ports: [6] }))
  await until(async () => datagramsOf(await framesOf(bus, 'waiter')) === 3, 'the next is framed')
  await second.end('SIGTERM')
  sender.socket.close()
  const { totals } = (await framesOf(bus, 'waiter')).at(-1)!
  assert.equal(totals.rejected, { collector_killed: 3 })
  assert.equal([totals.received, totals.framed, totals.waiting], [6, 3, 0])
})

tests('a number is never given out twice, wherever the reservation was interrupted', async () => {
  const store = new NatsStateStore(bus)
  const seen = new Set<number>()
  const take = (numbers: FrameNumbers, count: number): void => {
    for (let i = 0; i < count; i++) {
      const number = numbers.take()!
      assert.not.ok(seen.has(number), `${number} again`)
      seen.add(number)
    }
  }
  let last = 0
  for (let life = 0; life < 20; life++) {
    const numbers = new FrameNumbers(store, 'test.numbers')
    // The stream may have been read too early to show the last frame of the life before.
    await numbers.start(Math.max(0, last - 3))
    take(numbers, 10)
    last = numbers.last
    if (life % 3 === 0) await numbers.stop()
  }
  assert.is(seen.size, 200)
})

tests(
  'no number is given out that was not reserved, and a failing store only delays the reservation',
  async () => {
    const values = new Map<string, Uint8Array>()
    let away = false
    const store = {
      get: async (key: string) => values.get(key),
      put: async (key: string, value: Uint8Array) => {
        if (away) throw new Error('away')
        values.set(key, value)
      },
      delete: async () => undefined,
      keys: async () => [],
    }
    const reserved = (): number => Number(Buffer.from(values.get('n')!).toString())
    const numbers = new FrameNumbers(store, 'n')
    await numbers.start(0)
    away = true
    let taken = 0
    for (let n = numbers.take(); n !== undefined; n = numbers.take()) {
      taken = n
      assert.ok(n <= reserved())
    }
    assert.is(taken, reserved())
    assert.is(numbers.take(), undefined)
    try {
      await numbers.renew()
      assert.unreachable()
    } catch (error) {
      assert.match((error as Error).message, 'away')
    }
    away = false
    await numbers.renew()
    assert.is(numbers.take(), taken + 1)
  },
)

tests.run()
