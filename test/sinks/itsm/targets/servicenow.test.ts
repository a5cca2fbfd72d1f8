import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Target } from '../../../../sinks/itsm/target.js'
import { servicenowEvent } from '../../../../sinks/itsm/targets/servicenow_event.js'
import { servicenowImport } from '../../../../sinks/itsm/targets/servicenow_import.js'
import { servicenowIncident } from '../../../../sinks/itsm/targets/servicenow_incident.js'
import { aDelivery, UID } from '../an_incident.js'
import { HTML } from '../fakes/http_fake.js'
import { ServiceNowFake } from '../fakes/servicenow_fake.js'
import {
  context,
  deliver,
  failure,
  RefusedError,
  RetryableError,
  TargetFixture,
  UnauthorisedError,
} from './target_fixture.js'

const PASSWORD = 'mot de passe très secret'
const fixture = new TargetFixture()
fixture.secrets.set('env:SNOW', PASSWORD)
const auth = { type: 'basic', user: 'vigie', password: 'env:SNOW' }

async function start(): Promise<ServiceNowFake> {
  const fake = await new ServiceNowFake().start()
  fake.authorizations.add(`Basic ${Buffer.from(`vigie:${PASSWORD}`).toString('base64')}`)
  return fake
}
const event = (fake: ServiceNowFake, changes: object = {}): Target =>
  fixture.make(servicenowEvent, { url: fake.url, auth, ...changes })
const incident = (fake: ServiceNowFake, changes: object = {}): Target =>
  fixture.make(servicenowIncident, { url: fake.url, auth, ...changes })
const staging = (fake: ServiceNowFake, changes: object = {}): Target =>
  fixture.make(servicenowImport, { url: fake.url, auth, staging_table: 'u_imp_vigie', ...changes })

const tests = suite('ServiceNow')

tests(
  'events of an incident are one alert, which severity 0 clears and the next event opens again',
  async () => {
    const fake = await start()
    const target = event(fake)
    assert.match((await target.check!(context())).en, /em_alert/)
    await deliver(target, aDelivery('open'))
    const alert = fake.alerts.get(UID)!
    assert.equal([alert.state, alert.severity], ['Open', '1'])
    assert.is(fake.events[0]!.time_of_event, '2026-11-21 19:06:30')
    assert.is(JSON.parse(fake.events[0]!.additional_info!).vigie_severity_id, 5)
    await deliver(target, aDelivery('update', { version: 2, incident: { severity_id: 3 } }))
    assert.is(alert.severity, '3')
    await deliver(target, aDelivery('resolve', { version: 3 }))
    assert.is(alert.state, 'Closed')
    await deliver(target, aDelivery('reopen', { version: 4 }))
    assert.equal([alert.state, fake.alerts.size], ['Reopen', 1])
    await fake.stop()
  },
)

tests('an alert that is acknowledged, assigned and closed comes back', async () => {
  const fake = await start()
  const target = event(fake)
  const open = [{ incident: UID, remote: await deliver(target, aDelivery('open')) }]
  const first = await target.poll!(undefined, open, context())
  assert.equal(first.events, [])
  fake.change('em_alert', UID, { acknowledged: 'true', assigned_to: 'Analyste' }, 'analyste')
  const taken = await target.poll!(first.cursor, open, context())
  assert.is(taken.events[0]!.assignee, 'Analyste')
  assert.ok(taken.events[0]!.acknowledged)
  fake.change('em_alert', UID, { state: 'Closed' }, 'analyste')
  const closed = await target.poll!(taken.cursor, open, context())
  assert.is(closed.events.at(-1)!.state, 'resolved')
  await fake.stop()
})

tests('an incident is opened once, told, resolved with code and notes, and reopened', async () => {
  const fake = await start()
  const target = incident(fake, { groups: { reseau: 'Réseau et télécom' }, caller_id: 'vigie' })
  fake.trouble({ kind: 'lost' }, ({ method }) => method === 'POST')
  await failure(deliver(target, aDelivery('open')), RetryableError)
  const remote = await deliver(target, aDelivery('open', { attempt: 2, mayExist: true }))
  assert.is(remote.outcome, 'existing')
  assert.is(fake.incidents.size, 1)
  const [record] = fake.incidents.values()
  assert.equal([record!.state, record!.impact, record!.urgency], ['1', '2', '1'])
  assert.is(record!.assignment_group, 'Réseau et télécom')

  fake.trouble({ kind: 'lost' }, ({ method }) => method === 'PATCH')
  const update = aDelivery('acknowledge', { version: 2, remote })
  await failure(deliver(target, update), RetryableError)
  await deliver(target, { ...update, attempt: 2 })
  assert.is(record!.state, '2')
  assert.is(fake.workNotes.length, 1, 'one note, told twice')
  await deliver(target, aDelivery('resolve', { version: 3, remote }))
  assert.equal([record!.state, record!.close_code], ['6', 'Solution provided'])
  await deliver(target, aDelivery('reopen', { version: 4, remote }))
  assert.is(record!.state, '2')
  await fake.stop()
})

tests('what comes again after the end is a new incident', async () => {
  const fake = await start()
  const target = incident(fake)
  const remote = await deliver(target, aDelivery('open'))
  await deliver(target, aDelivery('close', { version: 2, remote }))
  assert.is([...fake.incidents.values()][0]!.state, '7')
  const again = await deliver(target, aDelivery('reopen', { version: 3, remote }))
  assert.is(again.outcome, 'created')
  assert.is.not(again.id, remote.id)
  await deliver(target, aDelivery('update', { version: 4, remote: again }))
  assert.is(fake.incidents.size, 2)
  await fake.stop()
})

tests('what people do with an incident comes back, and our own changes do not', async () => {
  const fake = await start()
  const groups = { reseau: 'Réseau et télécom' }
  for (const target of [incident(fake, { groups }), staging(fake, { groups })]) {
    const uid = String(fake.incidents.size).repeat(32)
    const told = { incident: { uid } }
    const open = [{ incident: uid, remote: await deliver(target, aDelivery('open', told)) }]
    const first = await target.poll!(undefined, open, context())
    assert.equal(first.events, [])
    fake.change('incident', uid, { assigned_to: 'Analyste', state: '2' }, 'analyste')
    const taken = await target.poll!(first.cursor, open, context())
    assert.equal(
      taken.events.map(({ assignee, state, acknowledged, group }) => [assignee, state, acknowledged, group]),
      [['Analyste', 'in_progress', true, 'reseau']],
    )
    const end = { state: '6', close_code: 'Faux positif', close_notes: 'Balayage autorisé' }
    fake.change('incident', uid, end, 'analyste')
    const closed = (await target.poll!(taken.cursor, open, context())).events.at(-1)!
    assert.equal(
      [closed.state, closed.closing, closed.comment],
      ['resolved', 'false_positive', 'Balayage autorisé'],
    )
  }
  await fake.stop()
})

tests('an import set coalesces, and says its errors with status 201', async () => {
  const fake = await start()
  const target = staging(fake)
  fake.trouble({ kind: 'lost' }, ({ method }) => method === 'POST')
  await failure(deliver(target, aDelivery('open')), RetryableError)
  const remote = await deliver(target, aDelivery('open', { attempt: 2, mayExist: true }))
  assert.match(remote.number, /^INC/)
  await deliver(target, aDelivery('acknowledge', { version: 2, remote }))
  await deliver(target, aDelivery('update', { version: 3, remote }))
  const [record] = fake.incidents.values()
  assert.is(record!.state, '2')
  await deliver(target, aDelivery('resolve', { version: 4, remote }))
  assert.equal([record!.state, fake.incidents.size], ['6', 1])
  const wrong = staging(fake, { close_codes: { recovered: 'Inconnu' } })
  const error = await failure(deliver(wrong, aDelivery('resolve', { version: 5, remote })), RefusedError)
  assert.match(error.message, /Resolution code/)
  await failure(deliver(staging(fake, { staging_table: 'u_autre' }), aDelivery('open')), RefusedError)
  await fake.stop()
})

tests('a token that ends is renewed; credentials that are wrong hold the target back', async () => {
  const fake = await start()
  fixture.secrets.set('env:CLIENT', fake.oauth.client_secret)
  const oauth = {
    type: 'oauth2',
    token_path: '/oauth_token.do',
    client_id: 'vigie',
    client_secret: 'env:CLIENT',
  }
  const target = incident(fake, { auth: oauth })
  const remote = await deliver(target, aDelivery('open'))
  fake.expireTokens()
  assert.is((await deliver(target, aDelivery('update', { version: 2, remote }))).outcome, 'updated')
  fixture.secrets.set('env:CLIENT', 'un-autre-secret')
  await failure(deliver(incident(fake, { auth: oauth }), aDelivery('open')), UnauthorisedError)
  fixture.secrets.set('env:WRONG', 'faux')
  const wrong = { type: 'basic', user: 'vigie', password: 'env:WRONG' }
  assert.is(
    (await failure(deliver(event(fake, { auth: wrong }), aDelivery('open')), UnauthorisedError)).status,
    401,
  )
  await fake.stop()
})

tests('its troubles become the errors of the outbox', async () => {
  const fake = await start()
  for (const target of [event(fake), incident(fake), staging(fake)]) {
    const open = (): Promise<unknown> => deliver(target, aDelivery('open'))
    fake.trouble({ kind: 'answer', answer: { status: 429, json: {}, headers: { 'retry-after': '30' } } })
    assert.is(((await failure(open(), RetryableError)) as RetryableError).retryAfterMs, 30_000)
    fake.trouble({ kind: 'answer', answer: { status: 503, text: '<html>hibernating</html>' } })
    await failure(open(), RetryableError)
    fake.trouble(HTML)
    await failure(open(), RetryableError)
    fake.trouble({ kind: 'cut' }, ({ method }) => method === 'POST')
    await failure(open(), RetryableError)
    const cancelled = {
      error: { message: 'Transaction cancelled: maximum execution time exceeded' },
      result: [],
    }
    fake.trouble({ kind: 'answer', answer: { status: 200, json: cancelled } })
    assert.match((await failure(open(), RetryableError)).message, /Transaction cancelled/)
  }
  await failure(deliver(incident(fake, { table: 'absent' }), aDelivery('open')), RefusedError)
  const slow = incident(fake, { timeout_ms: 100 })
  fake.trouble({ kind: 'silent' })
  await failure(deliver(slow, aDelivery('open')), RetryableError)
  assert.not.ok(fixture.logged.join('\n').includes(PASSWORD))
  await fake.stop()
})

tests.run()
