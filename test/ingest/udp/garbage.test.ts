import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import { NatsFixture, until } from '../bus/nats_fixture.js'
import { CollectorFixture, decodeFrames, framesOf, type Sender } from './collector_fixture.js'
import { data5, data9, template9 } from './netflow9.js'

const nats = new NatsFixture()
let bus: Bus
const MIB = 1024 * 1024

/** Numbers from a seed (Numerical Recipes), so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let x = seed >>> 0
  return (below) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    return (x >>> 8) % below
  }
}

/** Sends in steps that the receive buffer holds, so that nothing is lost on the way and counts can be exact. */
async function sendAll(
  fixture: CollectorFixture,
  sender: Sender,
  datagrams: readonly Uint8Array[],
): Promise<void> {
  const before = fixture.collector.totals.received
  for (let at = 0; at < datagrams.length; at += 100) {
    await sender.send(fixture.port, ...datagrams.slice(at, at + 100))
    const due = before + Math.min(at + 100, datagrams.length)
    await until(() => fixture.collector.totals.received >= due, `${due} datagrams are received`)
  }
}

const balanced = ({ collector: { totals } }: CollectorFixture): void => {
  const rejected = Object.values(totals.rejected).reduce((sum, n) => sum + n, 0)
  assert.is(totals.framed + rejected + totals.waiting, totals.received, JSON.stringify(totals))
}

const tests = suite('garbage')

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())

tests(
  'what is no flow datagram is counted under its code, kept in the dead letters, and harms nobody',
  async () => {
    const fixture = await new CollectorFixture(nats, bus, {
      name: 'garbage',
      dead_letters_per_s_max: 5,
    }).start()
    const sender = await fixture.sender()
    const noise = Buffer.from('GET / HTTP/1.1\r\n\r\n')
    const short = data9({ sequence: 1, ports: [1] }).subarray(0, 19)
    const badLength = Buffer.from('000a000f6543210000000000000000010000000000000000', 'hex')
    const empty = Buffer.alloc(0)
    const bad = Array.from({ length: 50 }, () => [noise, short, badLength, empty]).flat()
    await sendAll(fixture, sender, [...bad, data5(0, 1)])
    await fixture.stop()
    const { totals } = fixture.collector
    assert.equal(totals.rejected, { version_unknown: 50, datagram_truncated: 100, header_invalid: 50 })
    assert.is(totals.framed, 1)
    balanced(fixture)
    const told: Record<string, number> = {}
    let letters = 0
    for await (const letter of fixture.deadLetters.list()) {
      letters++
      told[letter.code] = (told[letter.code] ?? 0) + letter.count
      if (letter.code === 'version_unknown') assert.equal(Buffer.from(letter.bytes!), noise)
    }
    assert.equal(told, totals.rejected, 'the letters stand for all of them')
    assert.ok(letters < 60, `${letters} letters`)
  },
)

tests('random bytes behind real headers: up, balanced, and good datagrams still come through', async () => {
  const fixture = await new CollectorFixture(nats, bus, {
    name: 'random',
    waiting_bytes_max: MIB,
    waiting_exporter_bytes_max: MIB / 2,
  }).start()
  const sender = await fixture.sender()
  const draw = random(20261121)
  const heads = [Buffer.from([0, 9]), Buffer.from([0, 10]), Buffer.from([0, 5]), Buffer.from([0, 0, 0, 5])]
  const datagrams = Array.from({ length: 20_000 }, () => {
    const noise = Buffer.from(Array.from({ length: draw(200) }, () => draw(draw(4) === 0 ? 2 : 256)))
    return Buffer.concat([heads[draw(4)]!, noise])
  })
  await sendAll(fixture, sender, datagrams)
  balanced(fixture)
  const good = await fixture.sender('127.0.0.9')
  await sendAll(fixture, good, [template9(0), data9({ sequence: 1, ports: [7777] })])
  await fixture.stop()
  balanced(fixture)
  assert.is(fixture.collector.totals.received, 20_002)
  assert.ok(decodeFrames(await framesOf(bus, 'random')).flows.some((f) => f.srcPort === 7777))
})

tests(
  'a bomb of templates and of data without any: memory is bounded, a good exporter is served meanwhile',
  async () => {
    const fixture = await new CollectorFixture(nats, bus, {
      name: 'bomb',
      waiting_bytes_max: 4 * MIB,
      waiting_exporter_bytes_max: MIB,
    }).start()
    const bomber = await fixture.sender('127.0.0.66')
    const good = await fixture.sender('127.0.0.9')
    await sendAll(fixture, good, [template9(0)])
    const from = process.memoryUsage().rss
    for (let wave = 0; wave < 20; wave++) {
      const domain = wave * 1000
      const bomb = Array.from({ length: 1000 }, (_, i) =>
        i % 2 === 0
          ? template9(i, 256 + (i % 512), domain + i)
          : data9({ sequence: i, domain: domain + i, template: 60_000, ports: [1, 2, 3] }),
      )
      await sendAll(fixture, bomber, bomb)
      await sendAll(fixture, good, [data9({ sequence: 1 + wave, ports: [5000 + wave] })])
      balanced(fixture)
    }
    const grown = (process.memoryUsage().rss - from) / MIB
    const text = await fixture.metrics.metrics()
    const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)![1])
    assert.ok(metric('vigie_collector_waiting_bytes') <= MIB)
    assert.ok(metric('vigie_collector_learned_bytes') <= 64 * MIB)
    assert.ok(grown < 200, `${grown} MiB more`)
    await fixture.stop()
    const served = decodeFrames(await framesOf(bus, 'bomb')).flows.filter((f) => f.srcPort >= 5000)
    assert.is(served.length, 20)
  },
)

tests('a flood of invented addresses does not push out the exporters that are known', async () => {
  const fixture = await new CollectorFixture(nats, bus, { name: 'flood', exporters_max: 50 }).start()
  const good = await fixture.sender('127.0.0.9')
  await sendAll(fixture, good, [template9(0), data9({ sequence: 1, ports: [1] })])
  for (let n = 1; n <= 100; n++) {
    const one = await fixture.sender(`127.0.1.${n}`)
    await sendAll(fixture, one, [data5(0, 1)])
  }
  await sendAll(fixture, good, [data9({ sequence: 2, ports: [2] })])
  await fixture.stop()
  balanced(fixture)
  assert.equal(fixture.collector.totals.rejected, { exporter_limit: 51 })
  const { flows } = decodeFrames(await framesOf(bus, 'flood'))
  assert.equal(
    flows.filter((f) => f.bytes === 1000).map((f) => f.srcPort),
    [1, 2],
  )
})

tests('more than the kernel holds: received and dropped add up to what was sent', async () => {
  if (process.platform !== 'linux') return
  const fixture = await new CollectorFixture(nats, bus, {
    name: 'kernel',
    receive_buffer_bytes: 65_536,
  }).start()
  const sender = await fixture.sender()
  // Sends of one turn reach the kernel before the collector, in the same process, gets its turn.
  await sender.send(fixture.port, ...Array.from({ length: 500 }, (_, i) => data5(30 * i, 30)))
  await until(() => {
    const { received, kernelDropped } = fixture.collector.totals
    return received + kernelDropped === 500
  }, 'the drops are seen')
  assert.ok(fixture.collector.totals.kernelDropped > 0)
  await fixture.stop()
  assert.ok(fixture.log.said('the kernel dropped datagrams'))
})

tests.run()
