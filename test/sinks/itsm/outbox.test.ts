import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import { NatsDeadLetters } from '../../../ingest/bus/dead_letters.js'
import { RetryableError, UnauthorisedError } from '../../../sinks/itsm/target.js'
import { NatsFixture, until } from '../../ingest/bus/nats_fixture.js'
import { openDesk } from './desk_fixture.js'
import { finding } from './lifecycle_fixture.js'
import { StrictTarget, strictKind } from './strict_target.js'

/** Desk and outbox on a real NATS, against a ticketing tool that takes no nonsense. */
const outbox = suite('outbox')
const ONE_EACH = { rules: [{ name: 'each', group_by: ['finding'], resolve_after_s: 0 }] }
let nats: NatsFixture
let bus: Bus
let n = 0

outbox.before.each(async () => {
  nats = new NatsFixture()
  await nats.start()
  bus = await nats.bus()
})
outbox.after.each(() => nats.stop())

const open = async (tool: StrictTarget, more: object = {}) => {
  const parts = await openDesk(bus, {
    kinds: [strictKind(tool)],
    logger: nats.log,
    policy: ONE_EACH,
    ...more,
  })
  await parts.start()
  return parts
}
const now = () => ({ time: Date.now(), first_seen: Date.now(), last_seen: Date.now() })
const ids = (count: number): string[] => Array.from({ length: count }, () => `f${n++}`)

outbox('a finding is a ticket, and its end resolves it; the number comes home', async () => {
  const tool = new StrictTarget()
  const { desk, findings, queue, stop } = await open(tool)
  const [a] = ids(1)
  await findings.publish([finding(a!, now())])
  await until(() => tool.tickets.size === 1, 'ticket opened')
  await until(() => desk.incidents()[0]?.remotes.tool?.number === 'T1', 'the number comes home')
  await findings.publish([finding(a!, { ...now(), activity: 'close' })])
  await until(() => [...tool.tickets.values()][0]?.state === 'resolved', 'resolved')
  await until(async () => (await queue.waiting('tool')) === 0, 'nothing waits')
  assert.equal(tool.violations, [])
  assert.match(tool.calls[0]!.text.title, /^VIG-/)
  await stop()
})

outbox('what waited for a target that was away is told once each, in order, coalesced', async () => {
  const tool = new StrictTarget()
  tool.away = true
  const { desk, findings, queue, stop } = await open(tool)
  const uids = ids(200)
  await findings.publish(uids.map((uid) => finding(uid, now())))
  await until(() => desk.incidents().length === 200, 'all are open')
  const half = uids.slice(0, 100)
  await findings.publish(half.map((uid) => finding(uid, { ...now(), activity: 'close' })))
  await until(
    () => desk.incidents().filter(({ state }) => state === 'resolved').length === 100,
    'half are over',
  )
  for (const { uid } of desk.incidents().slice(100)) {
    const event = { id: `e${uid}`, incident: uid, time: Date.now(), acknowledged: true }
    await desk.give({ type: 'event', by: 'operator:anne', event })
  }
  await until(async () => (await queue.waiting('tool')) === 200, 'one word an incident waits')
  const before = tool.calls.length
  assert.ok(before < 100, `${before} calls while it was away`)
  tool.away = false
  await until(async () => (await queue.waiting('tool')) === 0, 'nothing waits any more')
  assert.equal(tool.violations, [])
  const tickets = [...tool.tickets.values()]
  assert.is(tickets.length, 200)
  assert.is(tickets.filter(({ state }) => state === 'resolved').length, 100)
  const told = tickets.map(({ kinds }) => kinds.join())
  assert.is(told.filter((t) => t === 'open,resolve').length, 100)
  assert.is(told.filter((t) => t === 'open').length, 100, 'opening and acknowledgement together')
  assert.ok([...tool.keys.values()].every((times) => times === 1))
  await stop()
})

outbox('Retry-After and refused credentials hold the whole target back and lose nothing', async () => {
  const tool = new StrictTarget()
  tool.faults.push(
    new RetryableError('slow down', { status: 429, retryAfterMs: 300 }),
    new UnauthorisedError('the token has expired'),
  )
  const { findings, stop } = await open(tool, { outbox: { concurrency: 1 } })
  const startedMs = performance.now()
  await findings.publish(ids(5).map((uid) => finding(uid, now())))
  await until(() => tool.tickets.size === 5, 'all told')
  assert.ok(performance.now() - startedMs >= 290, 'it was left alone as long as it asked for')
  assert.is(tool.calls.length, 7)
  assert.equal(tool.violations, [])
  await stop()
})

outbox('a ticket that is refused is a dead letter without secrets, and the others go on', async () => {
  const tool = new StrictTarget()
  const [bad, ...good] = ids(4)
  tool.refuse = ({ incident }) => incident.evidence[0]?.finding === bad
  const { desk, findings, queue, stop } = await open(tool)
  await findings.publish([bad!, ...good].map((uid) => finding(uid, now())))
  await until(() => tool.tickets.size === 3, 'the others are told')
  await until(async () => (await queue.waiting('tool')) === 0, 'nothing waits')
  const letters = []
  for await (const letter of new NatsDeadLetters(bus).list({ code: 'ticket_refused' })) letters.push(letter)
  assert.is(letters.length, 1)
  const word = JSON.parse(Buffer.from(letters[0]!.bytes!).toString())
  tool.refuse = () => false
  await queue.publish(word.target, word.incident.uid, Buffer.from(JSON.stringify({ ...word, again: true })))
  await until(() => tool.tickets.size === 4, 'told after all')
  assert.is(desk.incidents().length, 4)
  await stop()
})

outbox('a ticket that always fails while others succeed becomes a dead letter', async () => {
  const tool = new StrictTarget()
  const [bad] = ids(1)
  const deliver = tool.deliver.bind(tool)
  tool.deliver = async (delivery, context) => {
    if (delivery.incident.evidence[0]?.finding === bad) throw new RetryableError('500', { status: 500 })
    return deliver(delivery, context)
  }
  const { findings, queue, stop } = await open(tool, { outbox: { attempts_max: 3 } })
  await findings.publish([finding(bad!, now())])
  for (let i = 0; i < 12; i++) {
    await findings.publish(ids(1).map((uid) => finding(uid, now())))
    await until(() => tool.tickets.size === i + 1, 'others are told')
  }
  await until(async () => (await queue.waiting('tool')) === 0, 'nothing waits')
  const letters = []
  for await (const letter of new NatsDeadLetters(bus).list({ code: 'ticket_undelivered' }))
    letters.push(letter)
  assert.is(letters.length, 1)
  await stop()
})

outbox('a desk that starts again goes on where the other ended, and tells nothing twice', async () => {
  const tool = new StrictTarget()
  const first = await open(tool)
  const uids = ids(40)
  await first.findings.publish(uids.map((uid) => finding(uid, now())))
  await until(() => tool.tickets.size === 40, 'told')
  await first.stop()
  const calls = tool.calls.length
  const second = await open(tool)
  assert.is(second.desk.incidents().length, 40)
  await second.findings.publish(uids.map((uid) => finding(uid, { ...now(), activity: 'close' })))
  await until(() => [...tool.tickets.values()].every(({ state }) => state === 'resolved'), 'resolved')
  assert.is(tool.calls.length, calls + 40)
  assert.equal(tool.violations, [])
  await second.stop()
})

outbox('of two desks on one journal one gives up', async () => {
  const tool = new StrictTarget()
  const first = await open(tool)
  const second = await openDesk(bus, { kinds: [strictKind(tool)], logger: nats.log, policy: ONE_EACH })
  await second.desk.start()
  const lost = Promise.race([first.desk.failed, second.desk.failed]).then(
    () => '',
    (error: Error) => error.message,
  )
  await first.findings.publish(ids(300).map((uid) => finding(uid, now())))
  assert.match(await lost, 'another itsm role')
  await first.stop()
  await second.desk.stop()
})

outbox.run()
