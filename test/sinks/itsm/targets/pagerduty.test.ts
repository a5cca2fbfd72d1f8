import { createHmac } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ReceivedCall, Target } from '../../../../sinks/itsm/target.js'
import { pagerduty } from '../../../../sinks/itsm/targets/pagerduty.js'
import { aDelivery, UID } from '../an_incident.js'
import { HTML } from '../fakes/http_fake.js'
import { PagerDutyFake } from '../fakes/pagerduty_fake.js'
import {
  deliver,
  failure,
  RefusedError,
  RetryableError,
  TargetFixture,
  UnauthorisedError,
} from './target_fixture.js'

const fixture = new TargetFixture()
fixture.secrets.set('env:PD_HOOK', 'signing-secret-of-the-subscription')
let fake: PagerDutyFake
const make = (changes: object = {}): Target =>
  fixture.make(pagerduty, { url: fake.url, routing_key: 'env:PD', webhook_secret: 'env:PD_HOOK', ...changes })

const tests = suite('PagerDuty')

tests.before(async () => {
  fake = await new PagerDutyFake().start()
  fixture.secrets.set('env:PD', fake.routingKey)
})

tests('an alert is triggered once, acknowledged, resolved and triggered again', async () => {
  const target = make()
  fake.trouble({ kind: 'lost' })
  await failure(deliver(target, aDelivery('open')), RetryableError)
  await deliver(target, aDelivery('open', { attempt: 2, mayExist: true }))
  await deliver(target, aDelivery('update', { version: 2, incident: { severity_id: 4 } }))
  const alert = fake.alerts.get(UID)!
  assert.equal([alert.status, alert.severity, fake.alerts.size], ['triggered', 'error', 1])
  await deliver(target, aDelivery('acknowledge', { version: 3 }))
  assert.is(alert.status, 'acknowledged')
  await deliver(target, aDelivery('resolve', { version: 4 }))
  await deliver(target, aDelivery('resolve', { version: 4, attempt: 2 }))
  assert.is(alert.status, 'resolved')
  await deliver(target, aDelivery('reopen', { version: 5 }))
  assert.is(fake.alerts.get(UID)!.status, 'triggered')
})

tests(
  'what PagerDuty refuses is for the dead letters, what it cannot take now is kept; its key stays ours',
  async () => {
    fixture.secrets.set('env:OTHER', 'X'.repeat(32))
    const wrong = await failure(
      deliver(make({ routing_key: 'env:OTHER' }), aDelivery('open')),
      UnauthorisedError,
    )
    assert.match(wrong.message, /Invalid routing key/)
    fixture.secrets.set('env:SHORT', 'court')
    await failure(deliver(make({ routing_key: 'env:SHORT' }), aDelivery('open')), UnauthorisedError)
    const target = make()
    fake.trouble({ kind: 'answer', answer: { status: 429, text: `slow down ${fake.routingKey}` } })
    const slow = await failure(deliver(target, aDelivery('open')), RetryableError)
    assert.not.ok(slow.message.includes(fake.routingKey))
    for (const trouble of [
      HTML,
      { kind: 'cut' } as const,
      { kind: 'answer', answer: { status: 502, text: 'Bad Gateway' } } as const,
    ]) {
      fake.trouble(trouble)
      await failure(deliver(target, aDelivery('open')), RetryableError)
    }
    fake.trouble({
      kind: 'answer',
      answer: { status: 200, json: { status: 'invalid event', message: 'no' } },
    })
    await failure(deliver(target, aDelivery('open')), RefusedError)
    fake.trouble({ kind: 'silent' })
    await failure(deliver(make({ timeout_ms: 100 }), aDelivery('open')), RetryableError)
    assert.not.ok(fixture.logged.join('\n').includes(fake.routingKey))
  },
)

/** A webhook v3 as PagerDuty signs it. */
function call(event: object, secret = 'signing-secret-of-the-subscription'): ReceivedCall {
  const body = JSON.stringify({ event })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const headers = { 'x-pagerduty-signature': `v1=${'0'.repeat(64)},v1=${signature}` }
  return { headers, query: {}, body: Buffer.from(body) }
}
const acknowledged = {
  id: '01EVENT',
  event_type: 'incident.acknowledged',
  resource_type: 'incident',
  occurred_at: '2026-11-22T01:00:00Z',
  agent: { id: 'PXPGF42', type: 'user_reference', summary: 'Analyste' },
  data: {
    id: 'PT4KHLK',
    type: 'incident',
    incident_key: UID,
    status: 'acknowledged',
    assignees: [{ summary: 'Analyste' }],
  },
}

tests('a signed webhook brings acknowledge, assignee and state home; any other does not', async () => {
  const target = make()
  const taken = await target.receive!(call(acknowledged))
  assert.is(taken.status, 202)
  assert.equal(taken.events, [
    {
      id: 'pagerduty:01EVENT',
      incident: UID,
      time: Date.UTC(2026, 10, 22, 1),
      by: 'Analyste',
      state: 'in_progress',
      acknowledged: true,
      assignee: 'Analyste',
    },
  ])
  const resolved = await target.receive!(call({ ...acknowledged, id: '2', event_type: 'incident.resolved' }))
  assert.is(resolved.events[0]!.state, 'resolved')
  const own = { ...acknowledged, agent: { type: 'inbound_integration_reference', summary: 'Vigie' } }
  assert.equal((await target.receive!(call(own))).events, [], 'our own change is no news')
  assert.equal((await target.receive!(call({ ...acknowledged, event_type: 'pagey.ping' }))).events, [])
  assert.is((await target.receive!(call(acknowledged, 'another'))).status, 401)
  const changed = {
    ...call(acknowledged),
    body: Buffer.from(JSON.stringify({ event: { ...acknowledged, id: 'x' } })),
  }
  assert.is((await target.receive!(changed)).status, 401)
  assert.is((await target.receive!(call({ id: 1 }))).status, 400)
  const deaf = make({ webhook_secret: undefined })
  assert.is((await deaf.receive!(call(acknowledged))).status, 401)
})

tests.after(() => fake.stop())

tests.run()
