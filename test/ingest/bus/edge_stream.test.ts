import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { edgePublisherSchema, edgeSourceSchema } from '../../../ingest/bus/config.js'
import { EdgeBusyError, EdgePublisher } from '../../../ingest/bus/edge_publisher.js'
import { EdgeSource } from '../../../ingest/bus/edge_source.js'
import { SampleStream } from '../../../ingest/bus/sample_stream.js'
import type { EdgePayload } from '../../../model/edge_payload.js'
import type { JoinedPayload, JoinedRecord } from '../../../model/joined_record.js'
import type { DeliveredPayload, DeliveredSamples } from '../../../model/ports.js'
import { NatsFixture } from './nats_fixture.js'

/** Payloads of edges through a real server. */
const streams = suite('the stream of payloads')
const nats = new NatsFixture()
streams.before(() => nats.start())
streams.after(() => nats.stop())

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const payloadOf = (body: string, more: Partial<EdgePayload> = {}): EdgePayload => ({
  vendor: 'versa',
  origin: { way: 'http', source: 'versa-1', address: '10.0.0.1', device: 'Bâtiment\n3' },
  receivedMs: 1_700_000_000_123,
  bytes: Buffer.from(body),
  ...more,
})

async function take<T>(from: AsyncIterableIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  for await (const one of from) {
    taken.push(one)
    if (taken.length === count) break
  }
  return taken
}

streams('keeps bytes, origin and receipt; the same id is one payload', async () => {
  const bus = await nats.bus()
  const metrics = new Registry()
  const publisher = new EdgePublisher(edgePublisherSchema.parse({}), { bus, metrics })
  const source = new EdgeSource(edgeSourceSchema.parse({}), { bus, logger: nats.log, metrics })
  await publisher.publish(payloadOf('one'), 'a')
  await publisher.publish(payloadOf('one'), 'a')
  await source.tick(5)
  await bus.connection.publish('vigie.in.fortinet.syslogd.fgt-1', 'two')
  await bus.connection.flush()
  const [one, tick, two] = (await take(source.payloads(1), 3)) as DeliveredPayload[]
  assert.is(text(one!.payload!.bytes), 'one')
  assert.equal({ ...one!.payload!, bytes: 0 }, {
    ...payloadOf(''),
    bytes: 0,
    origin: { ...payloadOf('').origin, device: 'Bâtiment 3' },
  } as never)
  assert.is(tick!.payload, undefined)
  assert.ok(Math.abs(tick!.storedMs - Date.now()) < 60_000)
  assert.is(two!.payload!.vendor, 'fortinet')
  assert.equal(two!.payload!.origin, { way: 'nats', source: 'syslogd', device: 'fgt-1' })
  assert.is((await source.extent()).last, 3)
  source.close()
})

streams('refuses what is too large, and everything while NATS is away', async () => {
  const bus = await nats.bus({ edge_payload_max_bytes: 1024 })
  const publisher = new EdgePublisher(edgePublisherSchema.parse({}), { bus, metrics: new Registry() })
  const refusal = async (body: string): Promise<string> => {
    try {
      await publisher.publish(payloadOf(body))
    } catch (error) {
      assert.instance(error, EdgeBusyError)
      return (error as Error).message
    }
    return 'taken'
  }
  assert.match(await refusal('x'.repeat(1025)), 'larger than 1024')
  await bus.stop()
  assert.is(await refusal('x'), 'NATS is away')
})

streams('hands on joined records in order, and what is said again once', async () => {
  const bus = await nats.bus()
  const samples = new SampleStream({ bus, logger: nats.log })
  const record = (device: string): JoinedRecord =>
    ({ record: { kind: 'link', vendor: 'x', device, state: 'up' }, observedMs: 1, orgId: 7 }) as JoinedRecord
  const payload = (sequence: number, records: number): JoinedPayload => ({
    sequence,
    receivedMs: sequence,
    records: Array.from({ length: records }, (_, i) => record(`${sequence}.${i}`)),
  })
  const batch = [payload(1, 2), payload(2, 0), payload(3, 600), payload(4, 1)]
  await samples.publish(batch)
  await samples.publish(batch)
  await samples.publish([payload(5, 1)])
  const { samples: read, stop } = await samples.read(1)
  const seen: DeliveredSamples[] = []
  for await (const one of read) {
    seen.push(one)
    if (one.payloads.some(({ sequence }) => sequence === 5)) break
  }
  stop()
  const devices = seen.flatMap(({ payloads }) =>
    payloads.flatMap(({ records }) => records.map(({ record: { device } }) => device)),
  )
  assert.equal(
    devices,
    [...batch, payload(5, 1)].flatMap(({ records }) => records.map((r) => r.record.device)),
  )
  // The second holds nothing but the time, and that is handed on too.
  const told = seen.flatMap(({ payloads }) => payloads.map(({ sequence, part = 0 }) => [sequence, part]))
  assert.equal(told, [
    [1, 0],
    [2, 0],
    [3, 0],
    [3, 1],
    [4, 0],
    [5, 0],
  ])
})

streams.run()
