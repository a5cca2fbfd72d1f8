import { randomUUID } from 'node:crypto'
import type { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Processor } from '../../enrich/processor.js'
import type { ProcessorConfig } from '../../enrich/processor_config.js'
import type { Bus } from '../../ingest/bus/bus.js'
import { NatsDeadLetters } from '../../ingest/bus/dead_letters.js'
import { encodeFrame, frameIdentity } from '../../ingest/bus/frame.js'
import type { FrameSource } from '../../ingest/bus/frame_source.js'
import { encodeContext } from '../../ingest/flow/context.js'
import type { LedgerRow } from '../../model/ledger.js'
import type { RejectCode } from '../../model/reject.js'
import { NatsFixture, until } from '../ingest/bus/nats_fixture.js'
import { bytes, entryOf, frameOf, layout, optionsTemplate, set, v9 } from '../ingest/flow/datagrams.js'
import { DEADLY } from './deadly_worker.js'
import { makeProcessor } from './processor_parts.js'
import { HttpTokenStore, TokenStore } from './token_store.js'
import { v5Frame } from './v5_frames.js'

const nats = new NatsFixture()
let store: TokenStore
let bus: Bus
let running: { processor: Processor; source: FrameSource }[] = []

async function run(config: Partial<ProcessorConfig> = {}, more: Parameters<typeof makeProcessor>[2] = {}) {
  const parts = { bus, store: new HttpTokenStore(store.url), logger: nats.log, id: randomUUID() }
  const made = makeProcessor(parts, config, more)
  running.push(made)
  await made.source.start()
  await made.processor.start()
  return made
}

const publish = async (number: number, bytes = v5Frame(number, 4, 10)): Promise<void> => {
  await bus.js.publish('vigie.frames.c', bytes)
}
const ledger = (): LedgerRow[] =>
  store
    .inserts('vigie.ledger')
    .flatMap((insert) => insert.text.split('\n').map((line) => JSON.parse(line) as LedgerRow))
const rowsStored = (): number => store.inserts('vigie.flows').reduce((sum, insert) => sum + insert.rows, 0)
const settled = () =>
  until(async () => {
    const info = await bus.jsm.consumers.info('FRAMES', 'processor')
    return info.num_ack_pending === 0 && info.num_pending === 0
  }, 'every frame is acknowledged')
const deadLetters = async (code: RejectCode) => {
  const letters = []
  for await (const letter of new NatsDeadLetters(bus).list({ code })) letters.push(letter)
  return letters
}

const inHand = async (metrics: Registry): Promise<number> =>
  (await metrics.getSingleMetric('vigie_processor_frames_in_hand')!.get()).values[0]!.value

const tests = suite('processor')

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())
tests.before.each(async () => {
  store = new TokenStore()
  await store.start()
  for (const name of ['FRAMES', 'PARTIALS', 'DEAD']) await bus.jsm.streams.purge(name)
})
tests.after.each(async () => {
  for (const { processor, source } of running) {
    await processor.stop()
    await source.stop()
  }
  running = []
  await store.stop()
})

tests('frames become rows, a ledger, and partials in reach of the detectors', async () => {
  await run()
  for (let n = 1; n <= 12; n++) await publish(n)
  await until(() => ledger().length === 12, 'twelve frames in the ledger')
  await settled()
  assert.is(rowsStored(), 12 * 40)
  const row = ledger().find((r) => r.number === 3)!
  assert.equal(
    { ...row, sequence: 0, batch: '' },
    {
      sequence: 0,
      collector: 'c',
      number: 3,
      closed: 1_790_000_000_750,
      datagrams: 4,
      records: 40,
      stored: 40,
      rejected: 0,
      rejected_by: {},
      batch: '',
      registry_version: 1,
      received: 3,
      framed: 3,
      waiting: 0,
      kernel_dropped: 0,
      sequence_lost: 0,
      collector_rejected: {},
    },
  )
  const { state } = await bus.jsm.streams.info('PARTIALS')
  assert.is(state.messages, 12)
})

tests('frames without rows have their row in the ledger all the same', async () => {
  await run()
  await publish(1, v5Frame(1, 0, 0))
  await until(() => ledger().length === 1, 'the ledger')
  await settled()
  assert.is(rowsStored(), 0)
  assert.is(ledger()[0]!.stored, 0)
})

tests('a store that refuses holds the stream back within bounds, and loses nothing', async () => {
  store.refusing = true
  const { processor, metrics } = await run({ batch_rows: 400, batch_max_frames: 10 })
  for (let n = 1; n <= 200; n++) await publish(n)
  const tried = async () =>
    Number(
      (await metrics.getSingleMetric('vigie_processor_insert_retries_total')!.get()).values[0]?.value ?? 0,
    )
  await until(async () => (await tried()) > 3, 'the store was asked several times')
  const held = await inHand(metrics)
  // Two batches that are being stored and one that gathers, of ten frames each, and what the worker has before it.
  assert.ok(held <= 3 * 10 + 4, `${held} frames in hand`)
  store.refusing = false
  await until(() => ledger().length === 200, 'all frames in the ledger')
  await settled()
  assert.is(rowsStored(), 200 * 40)
  assert.ok(nats.log.said('the store takes inserts again'))
  await processor.stop()
})

tests(
  'rows refused for good go to the dead letters once others are taken, and are waited for until then',
  async () => {
    let first: string | undefined
    store.onFlows = (token) => {
      first ??= token
      store.poison.add(first)
    }
    const { metrics } = await run({ batch_rows: 40, batch_max_frames: 1 })
    await publish(1)
    const retries = async (): Promise<number> =>
      Number(
        (await metrics.getSingleMetric('vigie_processor_insert_retries_total')!.get()).values[0]?.value ?? 0,
      )
    await until(async () => (await retries()) > 6, 'the store was asked again and again')
    assert.is(ledger().length, 0, 'a store that takes nothing is waited for')
    await publish(2)
    await until(() => ledger().length === 2, 'both frames in the ledger')
    await settled()
    assert.is(rowsStored(), 40)
    const refused = ledger().find((row) => row.number === 1)!
    assert.equal([refused.records, refused.stored, refused.rejected_by], [40, 0, { store_refused: 40 }])
    const letters = await deadLetters('store_refused')
    assert.is(letters.length, 1)
    assert.is(letters[0]!.count, 40)
    assert.is(frameIdentity(letters[0]!.bytes!).number, 1, 'the letter is the frame itself')
  },
)

tests('a frame that does not read is kept whole as a dead letter; the others go on', async () => {
  await run()
  const spoilt = v5Frame(2, 4, 10)
  spoilt[100]! ^= 1
  await publish(1)
  await publish(2, spoilt)
  await publish(3, Buffer.from('no frame at all'))
  await publish(4)
  await until(() => ledger().length === 4, 'four frames in the ledger')
  await settled()
  assert.is(rowsStored(), 2 * 40)
  const bad = ledger().filter((row) => row.rejected_by.frame_corrupt === 1)
  assert.equal(bad.map((row) => [row.number, row.datagrams]).sort(), [
    [0, 0],
    [2, 4],
  ])
  const letters = await deadLetters('frame_corrupt')
  assert.is(letters.length, 2)
  assert.ok(letters.some((letter) => Buffer.compare(letter.bytes!, spoilt) === 0))
  assert.is((await bus.jsm.streams.info('PARTIALS')).state.messages, 4, 'every frame has its partial')
})

tests('datagrams that do not read are counted in the ledger and kept with their bytes', async () => {
  await run()
  await publish(1, v5Frame(1, 4, 10, 'c', 2))
  await until(() => ledger().length === 1, 'the ledger')
  assert.equal(ledger()[0]!.rejected_by, { datagram_truncated: 2 })
  assert.is(ledger()[0]!.rejected, 2)
  await until(async () => (await deadLetters('datagram_truncated')).length === 2, 'two dead letters')
  const [letter] = await deadLetters('datagram_truncated')
  assert.is(Buffer.from(letter!.bytes!).toString('hex'), '000500')
  assert.is(letter!.exporter, '127.0.0.1')
})

tests('names that exporters tell are stored once, and again when they change', async () => {
  await run()
  const named = (number: number, name: string): Uint8Array => {
    const template = optionsTemplate(9, 300, layout('2:4'), layout('82:8'))
    const datagram = v9({}, set(1, template), set(300, bytes([7, 4], Buffer.from(name.padEnd(8, '\0')))))
    return encodeFrame({ ...frameOf(encodeContext([]), [entryOf(datagram)]), number })
  }
  const stored = () => store.inserts('vigie.exporter_names').flatMap((insert) => insert.text.split('\n'))
  for (const [number, name] of [...['lan', 'lan', 'lan', 'wan', 'wan'].entries()]) {
    await publish(number + 1, named(number + 1, name))
    await until(() => ledger().length === number + 1, 'the frame is stored')
  }
  assert.equal(stored(), ['interface 7 lan', 'interface 7 wan'])
})

tests('a frame that kills, fails or stops a worker is tried once alone and then quarantined', async () => {
  const { metrics } = await run(
    { workers: 2, frame_timeout_ms: 1_000 },
    { worker: new URL('./deadly_worker.js', import.meta.url) },
  )
  for (let n = 1; n <= 12; n++) await publish(n)
  await until(() => ledger().length === 12, 'twelve frames in the ledger')
  await settled()
  const bad = ledger().filter((row) => row.rejected_by.frame_corrupt === 1)
  assert.equal(
    bad.map((row) => row.number).sort((a, b) => a - b),
    Object.values(DEADLY),
  )
  assert.is(rowsStored(), 9 * 40)
  assert.is((await deadLetters('frame_corrupt')).length, 3)
  const failures = await metrics.getSingleMetric('vigie_processor_worker_failures_total')!.get()
  assert.ok(failures.values[0]!.value >= 3)
})

tests('two processors share the frames and store each once', async () => {
  await run()
  await run()
  for (let n = 1; n <= 300; n++) await publish(n)
  await until(() => ledger().length >= 300, 'all frames in the ledger')
  await settled()
  assert.is(ledger().length, 300)
  assert.is(rowsStored(), 300 * 40)
})

tests('NATS stops and comes back in the middle of the work', async () => {
  await run({ batch_rows: 200 })
  for (let n = 1; n <= 100; n++) await publish(n)
  await until(() => ledger().length > 10, 'work is under way')
  await nats.server.stop()
  await nats.server.start()
  await until(() => bus.connected, 'the connection is back')
  for (let n = 101; n <= 150; n++) await publish(n)
  await until(() => ledger().length >= 150, 'all frames in the ledger')
  await settled()
  assert.is(ledger().length, 150)
  assert.is(rowsStored(), 150 * 40)
})

tests('stop stores what is in hand, and the next start finds nothing to do again', async () => {
  const { processor, source, metrics } = await run({ batch_max_ms: 60_000 })
  for (let n = 1; n <= 5; n++) await publish(n)
  await until(async () => (await inHand(metrics)) === 5, 'all frames are in hand')
  await processor.stop()
  await source.stop()
  assert.is(ledger().length, 5)
  await settled()
})

tests.run()
