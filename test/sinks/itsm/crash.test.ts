import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import { FindingStream } from '../../../ingest/bus/finding_stream.js'
import { NatsJournal } from '../../../ingest/bus/journal.js'
import { OutboxStream } from '../../../ingest/bus/outbox_stream.js'
import { STREAMS } from '../../../ingest/bus/streams.js'
import type { Step } from '../../../sinks/itsm/lifecycle_state.js'
import { NatsFixture, until } from '../../ingest/bus/nats_fixture.js'
import { DeskProcess } from './desk_process.js'
import { finding } from './lifecycle_fixture.js'
import { StrictServer } from './strict_server.js'

/** The sender of tickets is killed while it works; the ticketing tool, which outlives it, keeps the books. */
const crash = suite('itsm killed')
const nats = new NatsFixture()
const server = new StrictServer()
let bus: Bus
const POLICY = { rules: [{ name: 'each', group_by: ['finding'], resolve_after_s: 0 }] }
const COUNT = 1_000

crash.before(async () => {
  await nats.start()
  await server.start()
  bus = await nats.bus()
})
crash.after(async () => {
  await server.stop()
  await nats.stop()
})

/** Faster than a real tool would like, for the test's sake. */
const OUTBOX = { rate_per_s: 2000, backoff_first_ms: 100, backoff_max_ms: 1000 }
const startDesk = () =>
  DeskProcess.start({ nats: nats.server.url, tool: server.url, policy: POLICY, outbox: OUTBOX })

/** Resolves when the tool has so many tickets. */
const reached = (tickets: number): Promise<void> =>
  new Promise((resolve) => {
    server.onTaken = (n) => n >= tickets && resolve()
  })

const outbox = async () => (await bus.jsm.streams.info(STREAMS.outbox)).state

/** All steps that were written down. */
async function steps(): Promise<Step[]> {
  const { entries } = await new NatsJournal(bus, 'incidents').read(0)
  return entries.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Step)
}

crash(
  'a tool that was away for ten minutes with 2,000 transitions waiting, kill -9 in the middle: each incident once, in its last state, in order',
  async () => {
    server.away = true
    server.loseEvery = 37
    const findings = new FindingStream({ bus, logger: nats.log })
    const queue = new OutboxStream({ bus, logger: nats.log })
    let desk = await startDesk()
    const uids = Array.from({ length: COUNT }, (_, i) => `f${i}`)
    const now = Date.now()
    const about = { time: now, first_seen: now, last_seen: now }
    await findings.publish(uids.map((uid) => finding(uid, about)))
    await until(async () => (await outbox()).messages === COUNT, 'all wait')
    for (let minute = 0; minute < 10; minute++) desk.advance(60_000)
    await findings.publish(uids.map((uid) => finding(uid, { ...about, activity: 'close', time: now + 1 })))
    await until(async () => (await outbox()).last_seq === 2 * COUNT, 'two transitions each are decided')
    assert.is(await queue.waiting('tool'), COUNT, 'one word an incident waits, not two')
    server.away = false
    const back = performance.now()
    await reached(400)
    await desk.kill()
    desk = await startDesk()
    await until(async () => (await outbox()).messages === 0, 'nothing waits any more', 60_000)
    process.stdout.write(
      `  ${COUNT} incidents told ${((performance.now() - back) / 1000).toFixed(1)} s after it was back\n`,
    )
    await desk.stop()

    const { tickets, violations } = server.tool
    assert.is(tickets.size, COUNT)
    assert.equal(violations, [])
    const shapes = new Set([...tickets.values()].map(({ state, kinds }) => `${state}: ${kinds.join()}`))
    for (const shape of shapes) assert.match(shape, /^resolved: open(,resolve)+$/)
    const written = await steps()
    const transitions = written.flatMap((step) => step.transitions)
    const keys = transitions.map(({ incident, version }) => `${incident}.${version}`)
    assert.is(new Set(keys).size, keys.length, 'no transition was decided twice')
    assert.is(keys.length, 2 * COUNT)
    const delivered = written.flatMap((step) => step.notifications).map(({ key }) => key)
    assert.is(new Set(delivered).size, 2 * COUNT, 'and what became of each is written down')
  },
)

crash.run()
