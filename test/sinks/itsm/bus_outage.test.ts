import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NatsJournal } from '../../../ingest/bus/journal.js'
import type { Step } from '../../../sinks/itsm/lifecycle_state.js'
import { NatsFixture, until } from '../../ingest/bus/nats_fixture.js'
import { openDesk } from './desk_fixture.js'
import { finding } from './lifecycle_fixture.js'
import { StrictTarget, strictKind } from './strict_target.js'

const test = suite('itsm without a bus')
const POLICY = { rules: [{ name: 'each', group_by: ['finding'], resolve_after_s: 0 }] }

test('NATS goes and comes back while tickets are told: each once, no step twice', async () => {
  const nats = new NatsFixture()
  await nats.start()
  const bus = await nats.bus()
  const tool = new StrictTarget()
  const desk = await openDesk(bus, { kinds: [strictKind(tool)], logger: nats.log, policy: POLICY })
  await desk.start()
  const about = { time: Date.now(), first_seen: Date.now(), last_seen: Date.now() }
  const uids = Array.from({ length: 300 }, (_, i) => `f${i}`)
  await desk.findings.publish(uids.map((uid) => finding(uid, about)))
  await until(() => tool.tickets.size >= 50, 'some are told')
  await nats.server.stop()
  await nats.server.start()
  await until(() => tool.tickets.size === 300, 'all are told', 60_000)
  await desk.findings.publish(uids.map((uid) => finding(uid, { ...about, activity: 'close' })))
  await until(() => [...tool.tickets.values()].every(({ state }) => state === 'resolved'), 'resolved', 60_000)
  await until(async () => (await desk.queue.waiting('tool')) === 0, 'nothing waits', 60_000)
  await desk.stop()
  assert.equal(tool.violations, [])
  const { entries } = await new NatsJournal(bus, 'incidents').read(0)
  const steps = entries.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Step)
  const keys = steps.flatMap(({ transitions }) => transitions.map((t) => `${t.incident}.${t.version}`))
  assert.is(keys.length, 600)
  assert.is(new Set(keys).size, 600)
  await nats.stop()
})

test.run()
