import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import { edgePublisherSchema } from '../../../ingest/bus/config.js'
import { EdgePublisher } from '../../../ingest/bus/edge_publisher.js'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import { STREAMS } from '../../../ingest/bus/streams.js'
import { pollersSchema, pollingSchema } from '../../../ingest/poll/config.js'
import { PollerSet } from '../../../ingest/poll/poller_set.js'
import { type ControllerData, SimulatedController } from '../../../simulate/edges/controller.js'
import { velocloudController } from '../../../simulate/edges/controllers/velocloud.js'
import { NatsFixture } from '../bus/nats_fixture.js'
import { KeptLog, ManualClock } from './poll_fixture.js'

/** Pollers on the real stream and the real state store: what a stop, a kill and a second poller leave. */
const tests = suite('pollers on NATS')

const START = Date.parse('2026-03-01T10:00:00Z')
const MINUTE = 60_000
const nats = new NatsFixture()
const dir = mkdtempSync(join(tmpdir(), 'vigie-poll-nats-'))
let bus: Bus

const data: ControllerData = {
  rows: (report, fromMs, toMs) =>
    report === 'events'
      ? Array.from({ length: Math.floor((toMs - fromMs) / 10_000) }, (_, i) => ({
          event: 'LINK_ALIVE',
          eventTime: new Date(fromMs + i * 10_000).toISOString(),
          edgeName: `${fromMs + i * 10_000}`,
          category: 'NETWORK',
        }))
      : [],
  present: () => [],
}

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(async () => {
  await nats.stop()
  rmSync(dir, { recursive: true, force: true })
})

function pollerSet(url: string, clock: ManualClock): PollerSet {
  const credentials_file = join(dir, 'credentials.yaml')
  writeFileSync(credentials_file, JSON.stringify(velocloudController.credentials))
  const poller = {
    id: 'vco',
    vendor: 'velocloud',
    url,
    credentials_file,
    feeds: ['events'],
    every_s: 60,
    lag_s: 30,
  }
  return new PollerSet(
    { pollers: pollersSchema.parse([poller]), snmp: [], polling: pollingSchema.parse({}) },
    {
      sink: new EdgePublisher(edgePublisherSchema.parse({}), { bus, metrics: new Registry() }),
      state: new NatsStateStore(bus),
      clock,
      logger: new KeptLog(),
      metrics: new Registry(),
      random: () => 0.5,
      env: {},
    },
  )
}

/** Times of the events in the stream, in order. */
async function storedEvents(): Promise<number[]> {
  const { state } = await bus.jsm.streams.info(STREAMS.edge)
  const events: number[] = []
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await bus.jsm.direct.getMessage(STREAMS.edge, { seq })
    const { data: rows } = JSON.parse(Buffer.from(message!.data).toString('utf8')) as {
      data: { edgeName: string }[]
    }
    events.push(...rows.map(({ edgeName }) => Number(edgeName)))
  }
  return events.sort((a, b) => a - b)
}

tests('a poller that is stopped and started, and a second one beside it, leave each event once', async () => {
  const clock = new ManualClock(START)
  const controller = new SimulatedController(velocloudController, {
    data,
    nowMs: () => clock.nowMs(),
    pageRows: 2,
  })
  await controller.start()
  for (let minute = 3; minute <= 12; minute += 3) {
    const set = pollerSet(controller.url, clock)
    await set.start()
    await clock.runTo(START + minute * MINUTE)
    // Whatever was under way is cut.
    await set.stop()
  }
  const [one, two] = [pollerSet(controller.url, clock), pollerSet(controller.url, clock)]
  await Promise.all([one.start(), two.start()])
  await clock.runTo(START + 16 * MINUTE, 2)
  await Promise.all([one.stop(), two.stop()])
  await controller.stop()
  const [first, last] = [START - 2 * MINUTE, START + 15 * MINUTE]
  const expected = Array.from({ length: (last - first) / 10_000 }, (_, i) => first + i * 10_000)
  assert.equal(await storedEvents(), expected)
})

tests('the state store holds a cursor and no secret', async () => {
  const state = new NatsStateStore(bus)
  assert.equal(await state.keys('poll.'), ['poll.vco.events'])
  const text = Buffer.from((await state.get('poll.vco.events'))!).toString('utf8')
  assert.match(text, /^\{"v":1,"to":\d+/)
  assert.not.match(text, /secret|session/)
})

tests.run()
