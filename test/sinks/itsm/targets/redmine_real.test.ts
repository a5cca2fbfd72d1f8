import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Target } from '../../../../sinks/itsm/target.js'
import { redmine } from '../../../../sinks/itsm/targets/redmine.js'
import { aDelivery } from '../an_incident.js'
import { LossyProxy } from '../fakes/http_fake.js'
import { withPackage } from './real_server.js'
import { REDMINE_NEEDS, RedmineServer } from './redmine_server.js'
import {
  context,
  deliver,
  failure,
  RefusedError,
  RetryableError,
  TargetFixture,
  UnauthorisedError,
} from './target_fixture.js'

/** Against Debian's Redmine on SQLite. */
const fixture = new TargetFixture()
const server = new RedmineServer()
let proxy: LossyProxy
let target: Target

interface Seen {
  readonly subject: string
  readonly status: { id: number }
  readonly priority: { id: number }
  readonly journals: readonly { notes: string }[]
  readonly custom_fields: readonly { id: number; value: string }[]
}
const see = async (id: string): Promise<Seen> =>
  (await server.as<{ issue: Seen }>('analyste', 'GET', `/issues/${id}.json?include=journals`)).issue
const change = (id: string, issue: object): Promise<unknown> =>
  server.as('analyste', 'PUT', `/issues/${id}.json`, { issue })
const make = (changes: object = {}): Target =>
  fixture.make(redmine, {
    url: proxy.url,
    // A busy machine makes a real server slow.
    timeout_ms: 60_000,
    api_key: 'env:REDMINE_KEY',
    project: 'reseau',
    key_field_id: server.keyField,
    closing_field_id: server.closingField,
    ...changes,
  })

const tests = suite('Redmine')
const real = (name: string, test: () => Promise<void>): void => withPackage(tests, REDMINE_NEEDS, name, test)

real('comes up', async () => {
  await server.start()
  proxy = await new LossyProxy(server.port).start()
  fixture.secrets.set('env:REDMINE_KEY', server.key('vigie'))
  target = make()
  assert.match((await target.check!(context())).en, /reseau/)
})

real('an issue is opened, updated, acknowledged, resolved and reopened', async () => {
  const remote = await deliver(target, aDelivery('open'))
  assert.is(remote.outcome, 'created')
  const opened = await see(remote.id)
  assert.is(opened.subject, 'VIG-01234567 Attaque volumétrique vers un hôte du site hopital-1')
  assert.equal([opened.status.id, opened.priority.id], [1, 4])
  await deliver(target, aDelivery('update', { version: 2, remote, incident: { priority: 1 } }))
  assert.is((await see(remote.id)).priority.id, 5)
  await deliver(target, aDelivery('acknowledge', { version: 3, remote }))
  assert.is((await see(remote.id)).status.id, 2)
  await deliver(target, aDelivery('resolve', { version: 4, remote }))
  const resolved = await see(remote.id)
  assert.is(resolved.status.id, 3)
  assert.is(resolved.custom_fields.find(({ id }) => id === server.closingField)!.value, 'recovered')
  await deliver(target, aDelivery('reopen', { version: 5, remote }))
  const reopened = await see(remote.id)
  assert.is(reopened.status.id, 2)
  assert.is(reopened.journals.filter(({ notes }) => notes !== '').length, 4)
})

real('an answer that is lost makes no second issue and no second note', async () => {
  const incident = { uid: 'feed'.repeat(8), number: 'VIG-FEEDFEED' }
  proxy.trouble({ kind: 'lost' }, ({ method }) => method === 'POST')
  await failure(deliver(target, aDelivery('open', { incident })), RetryableError)
  const again = await deliver(target, aDelivery('open', { incident, attempt: 2, mayExist: true }))
  assert.is(again.outcome, 'existing')
  proxy.trouble({ kind: 'lost' }, ({ method }) => method === 'PUT')
  const update = aDelivery('update', { incident, version: 2, remote: again })
  await failure(deliver(target, update), RetryableError)
  assert.is((await deliver(target, { ...update, attempt: 2 })).outcome, 'unchanged')
  assert.is((await see(again.id)).journals.filter(({ notes }) => notes !== '').length, 1)
  const all = `/issues.json?status_id=*&cf_${server.keyField}=${incident.uid}`
  assert.is((await server.as<{ total_count: number }>('analyste', 'GET', all)).total_count, 1)
})

real('what an analyst does comes back: taken, then closed as a false positive', async () => {
  const incident = { uid: 'cafe'.repeat(8), number: 'VIG-CAFECAFE' }
  const remote = await deliver(target, aDelivery('open', { incident }))
  const open = [{ incident: incident.uid, remote }]
  const before = await target.poll!(undefined, open, context())
  assert.equal(before.events, [])
  await change(remote.id, { assigned_to_id: server.userIds.get('analyste'), status_id: 2 })
  const taken = await target.poll!(before.cursor, open, context())
  assert.ok(taken.events.every(({ acknowledged, by }) => acknowledged && by === 'analyste Test'))
  assert.ok(taken.events.some(({ assignee }) => assignee === 'analyste Test'))
  assert.ok(taken.events.some(({ state }) => state === 'in_progress'))
  await change(remote.id, {
    status_id: 5,
    notes: 'Balayage autorisé',
    custom_fields: [{ id: server.closingField, value: 'Faux positif' }],
  })
  const seen = new Set(taken.events.map(({ id }) => id))
  const closed = (await target.poll!(taken.cursor, open, context())).events.filter(({ id }) => !seen.has(id))
  assert.is(closed.length, 1)
  assert.is(closed[0]!.closing, 'false_positive')
  assert.is(closed[0]!.state, 'closed')
  assert.is(closed[0]!.comment, 'Balayage autorisé')
  await deliver(target, aDelivery('update', { incident, version: 2, remote }))
  assert.is((await see(remote.id)).status.id, 5, 'an update leaves the state that people set')
})

real('what Redmine will not take is said, and its key never', async () => {
  const incident = { uid: 'b'.repeat(32) }
  await failure(deliver(make({ project: 'absent' }), aDelivery('open', { incident })), RefusedError)
  const priorities = make({ priority_ids: [97, 97, 97, 97, 97] })
  const unknown = await failure(deliver(priorities, aDelivery('open', { incident })), RefusedError)
  assert.is(unknown.status, 422)
  const remote = await deliver(target, aDelivery('open', { incident }))
  const status = make({ statuses: { resolved: 77 } })
  const left = await failure(
    deliver(status, aDelivery('resolve', { version: 2, remote, incident })),
    RefusedError,
  )
  assert.match(left.message, /workflow/)
  fixture.secrets.set('env:REDMINE_KEY', 'f'.repeat(40))
  assert.is((await failure(deliver(make(), aDelivery('open')), UnauthorisedError)).status, 401)
  for (const key of [server.key('vigie'), 'f'.repeat(40)])
    assert.not.ok(fixture.logged.join('\n').includes(key))
})

tests.after(async () => {
  await target?.stop?.()
  await proxy?.stop()
  await server.stop()
})

tests.run()
