import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ReceivedCall, Target } from '../../../../sinks/itsm/target.js'
import { jiraIssue } from '../../../../sinks/itsm/targets/jira_issue.js'
import { jsmAlert } from '../../../../sinks/itsm/targets/jsm_alert.js'
import { aDelivery, UID } from '../an_incident.js'
import { HTML, type Trouble } from '../fakes/http_fake.js'
import { JiraFake } from '../fakes/jira_fake.js'
import { JsmFake } from '../fakes/jsm_fake.js'
import {
  context,
  deliver,
  failure,
  RefusedError,
  RetryableError,
  TargetFixture,
  UnauthorisedError,
} from './target_fixture.js'

const fixture = new TargetFixture()
let jsm: JsmFake
let jira: JiraFake
const TOKEN = 'jeton-api-très-secret'
const alerts = (changes: object = {}): Target =>
  fixture.make(jsmAlert, { url: jsm.url, api_key: 'env:JSM', webhook_token: 'env:JSM_HOOK', ...changes })
const issues = (changes: object = {}): Target =>
  fixture.make(jiraIssue, {
    url: jira.url,
    auth: { type: 'basic', user: 'vigie@test.invalid', password: 'env:JIRA' },
    project: 'NET',
    ...changes,
  })
/** What every product is put through; all of it may be tried again. */
const TROUBLES: readonly Trouble[] = [
  HTML,
  { kind: 'answer', answer: { status: 429, json: {}, headers: { 'retry-after': '5' } } },
  { kind: 'answer', answer: { status: 502, text: '<html>Bad Gateway</html>' } },
  { kind: 'answer', answer: { status: 200, json: { unexpected: true } } },
  { kind: 'cut' },
]

const tests = suite('Jira Service Management')

tests.before(async () => {
  jsm = await new JsmFake().start()
  jira = await new JiraFake().start()
  fixture.secrets.set('env:JSM', jsm.apiKey)
  fixture.secrets.set('env:JSM_HOOK', 'jeton-du-rappel')
  fixture.secrets.set('env:JIRA', TOKEN)
  jira.authorization = `Basic ${Buffer.from(`vigie@test.invalid:${TOKEN}`).toString('base64')}`
})

tests('an alert is made once, told, acknowledged, closed and made again', async () => {
  const target = alerts()
  jsm.trouble({ kind: 'lost' })
  await failure(deliver(target, aDelivery('open')), RetryableError)
  const remote = await deliver(target, aDelivery('open', { attempt: 2, mayExist: true }))
  assert.is(remote.id, 'alert-1')
  await deliver(target, aDelivery('update', { version: 2, remote }))
  await deliver(target, aDelivery('acknowledge', { version: 3, remote }))
  const [alert] = jsm.alerts
  assert.equal([alert!.priority, alert!.acknowledged, alert!.notes.length], ['P2', true, 2])
  await deliver(target, aDelivery('resolve', { version: 4, remote }))
  assert.is(alert!.status, 'closed')
  const again = await deliver(target, aDelivery('resolve', { version: 4, remote, attempt: 2 }))
  assert.is(again.outcome, 'unchanged')
  await deliver(target, aDelivery('reopen', { version: 5, remote }))
  assert.equal([jsm.alerts.length, jsm.open(UID)!.count], [2, 1])
})

tests('what its queue never tells the end of has been taken', async () => {
  jsm.lateness = 1000
  assert.is(
    (await deliver(alerts(), aDelivery('open', { incident: { uid: 'c'.repeat(32) } }))).id,
    'c'.repeat(32),
  )
  jsm.lateness = 0
})

tests('the alert’s troubles become the errors of the outbox', async () => {
  for (const trouble of TROUBLES) {
    jsm.trouble(trouble)
    await failure(deliver(alerts(), aDelivery('open')), RetryableError)
  }
  assert.throws(() => alerts({ tags: ['x'.repeat(60)] }))
  jsm.trouble({ kind: 'silent' })
  await failure(deliver(alerts({ timeout_ms: 100 }), aDelivery('open')), RetryableError)
  fixture.secrets.set('env:WRONG', 'une-autre-clé')
  await failure(deliver(alerts({ api_key: 'env:WRONG' }), aDelivery('open')), UnauthorisedError)
  jsm.trouble({ kind: 'answer', answer: { status: 422, json: { message: `no ${jsm.apiKey}` } } })
  const refused = await failure(deliver(alerts(), aDelivery('open')), RefusedError)
  assert.not.ok(refused.message.includes(jsm.apiKey))
})

const call = (body: object, token = 'jeton-du-rappel'): ReceivedCall => ({
  headers: { authorization: `Bearer ${token}` },
  query: {},
  body: Buffer.from(JSON.stringify(body)),
})

tests('its webhook brings acknowledge, owner and close home, if it knows the token', async () => {
  const target = alerts()
  const alert = { alertId: 'a1', alias: UID, username: 'analyste@test.invalid', updatedAt: 1 }
  const said = { source: { type: 'web' }, alert }
  const taken = await target.receive!(call({ ...said, action: 'Acknowledge' }))
  assert.equal([taken.status, taken.events[0]!.state], [202, 'in_progress'])
  const owned = await target.receive!(call({ ...said, action: 'TakeOwnership' }))
  assert.is(owned.events[0]!.assignee, 'analyste@test.invalid')
  assert.is((await target.receive!(call({ ...said, action: 'Close' }))).events[0]!.state, 'resolved')
  const own = { ...said, source: { type: 'API' }, action: 'Close' }
  assert.equal((await target.receive!(call(own))).events, [])
  assert.is((await target.receive!(call({ ...said, action: 'Close' }, 'autre'))).status, 401)
  assert.is((await target.receive!(call({ nothing: 1 }))).status, 400)
})

tests('an issue is made once, moved along its workflow, and told', async () => {
  const target = issues({ resolutions: { recovered: 'Done' } })
  assert.match((await target.check!(context())).en, /NET/)
  jira.trouble({ kind: 'lost' }, ({ method }) => method === 'POST')
  await failure(deliver(target, aDelivery('open')), RetryableError)
  const remote = await deliver(target, aDelivery('open', { attempt: 2, mayExist: true }))
  assert.equal([remote.outcome, remote.number, jira.issues.length], ['existing', 'NET-1', 1])
  const [issue] = jira.issues
  assert.equal([issue!.status, issue!.priority], ['Open', 'High'])
  jira.trouble({ kind: 'lost' }, ({ path }) => path.endsWith('/comment'))
  const acknowledge = aDelivery('acknowledge', { version: 2, remote })
  await failure(deliver(target, acknowledge), RetryableError)
  await deliver(target, { ...acknowledge, attempt: 2 })
  assert.equal([issue!.status, issue!.comments.length], ['In progress', 1])
  await deliver(target, aDelivery('resolve', { version: 3, remote }))
  assert.equal([issue!.status, issue!.resolution], ['Completed', 'Done'])
  await deliver(target, aDelivery('reopen', { version: 4, remote }))
  assert.is(issue!.status, 'In progress')
})

tests('what people do with an issue comes back, and our own moves do not', async () => {
  const target = issues()
  const uid = 'cafe'.repeat(8)
  const remote = await deliver(target, aDelivery('open', { incident: { uid } }))
  const open = [{ incident: uid, remote }]
  await deliver(target, aDelivery('hold', { version: 2, remote, incident: { uid } }))
  const first = await target.poll!(undefined, open, context())
  assert.equal(first.events, [])
  jira.change(remote.id, { status: 'In progress', assignee: 'Analyste' })
  const taken = await target.poll!(first.cursor, open, context())
  assert.equal(
    taken.events.map(({ state, assignee, by }) => [state, assignee, by]),
    [
      ['in_progress', undefined, 'Analyste'],
      [undefined, 'Analyste', 'Analyste'],
    ],
  )
  jira.change(remote.id, { status: 'Completed', resolution: "Won't Do" })
  const closed = (await target.poll!(taken.cursor, open, context())).events
  assert.equal(
    closed.filter(({ state }) => state === 'resolved').map(({ closing }) => closing),
    ['expected'],
  )
})

tests('the issue’s troubles become the errors of the outbox', async () => {
  for (const trouble of TROUBLES) {
    jira.trouble(trouble, ({ path }) => path.includes('/search'))
    await failure(deliver(issues(), aDelivery('open', { incident: { uid: 'e'.repeat(32) } })), RetryableError)
  }
  jira.trouble({ kind: 'silent' })
  await failure(deliver(issues({ timeout_ms: 100 }), aDelivery('open')), RetryableError)
  const incident = { uid: 'f'.repeat(32) }
  await failure(deliver(issues({ issue_type: 'Absent' }), aDelivery('open', { incident })), RefusedError)
  const remote = await deliver(issues(), aDelivery('open', { incident }))
  const lost = issues({ statuses: { resolved: 'Fini' } })
  const error = await failure(
    deliver(lost, aDelivery('resolve', { version: 2, remote, incident })),
    RefusedError,
  )
  assert.match(error.message, /Fini, only to In progress, Pending, Completed/)
  const wrong = { type: 'basic', user: 'vigie@test.invalid', password: 'env:WRONG' }
  await failure(deliver(issues({ auth: wrong }), aDelivery('open')), UnauthorisedError)
  assert.not.ok(fixture.logged.join('\n').includes(TOKEN))
})

tests.after(async () => {
  await jsm.stop()
  await jira.stop()
})

tests.run()
