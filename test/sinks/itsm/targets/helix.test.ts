import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Target } from '../../../../sinks/itsm/target.js'
import { helix } from '../../../../sinks/itsm/targets/helix.js'
import { aDelivery, UID } from '../an_incident.js'
import { HelixFake } from '../fakes/helix_fake.js'
import { HTML } from '../fakes/http_fake.js'
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
let fake: HelixFake
const make = (changes: object = {}): Target =>
  fixture.make(helix, {
    url: fake.url,
    user: 'vigie',
    password: 'env:HELIX',
    first_name: 'Vigie',
    last_name: 'Réseau',
    groups: { reseau: { company: 'Exemple', organization: 'TI', group: 'Réseau' } },
    ...changes,
  })

const tests = suite('BMC Helix')

tests.before(async () => {
  fake = await new HelixFake().start()
  fixture.secrets.set('env:HELIX', fake.password)
})

tests('an incident is opened once, told, taken once it has an assignee, resolved and reopened', async () => {
  const target = make()
  assert.match((await target.check!(context())).en, /HPD:IncidentInterface/)
  fake.trouble({ kind: 'lost' }, ({ path }) => path.endsWith('_Create'))
  await failure(deliver(target, aDelivery('open')), RetryableError)
  const remote = await deliver(target, aDelivery('open', { attempt: 2, mayExist: true }))
  assert.equal([remote.outcome, remote.number, fake.incidents.length], ['existing', 'INC000000000001', 1])
  const [incident] = fake.incidents
  assert.equal(
    [incident!.Status, incident!.Impact, incident!.Urgency, incident!['Vendor Ticket Number']],
    ['Assigned', '2-Significant/Large', '1-Critical', UID],
  )
  await deliver(target, aDelivery('acknowledge', { version: 2, remote }))
  assert.is(incident!.Status, 'Assigned', 'nobody is assigned yet')
  fake.change(remote.id, { Assignee: 'Analyste' })
  fake.trouble({ kind: 'lost' }, ({ path, method }) => method === 'POST' && path.endsWith('WorkLog'))
  const acknowledge = aDelivery('acknowledge', { version: 3, remote })
  await failure(deliver(target, acknowledge), RetryableError)
  await deliver(target, { ...acknowledge, attempt: 2 })
  assert.equal([incident!.Status, fake.work.length], ['In Progress', 2])
  await deliver(target, aDelivery('resolve', { version: 4, remote }))
  assert.equal([incident!.Status, incident!.Status_Reason], ['Resolved', 'No Further Action Required'])
  await deliver(target, aDelivery('reopen', { version: 5, remote }))
  assert.is(incident!.Status, 'In Progress')
  fake.change(remote.id, { Status: 'Closed' })
  const again = await deliver(target, aDelivery('reopen', { version: 6, remote }))
  assert.equal([again.outcome, fake.incidents.length], ['created', 2])
})

tests('a token that ends is renewed', async () => {
  const target = make()
  await deliver(target, aDelivery('update', { version: 7 }))
  const logIns = fake.logIns
  fake.expireTokens()
  await deliver(target, aDelivery('update', { version: 8 }))
  assert.is(fake.logIns, logIns + 1)
})

tests('what people do comes back, and our own changes do not', async () => {
  const target = make()
  const uid = 'cafe'.repeat(8)
  const remote = await deliver(target, aDelivery('open', { incident: { uid } }))
  const open = [{ incident: uid, remote }]
  const first = await target.poll!(undefined, open, context())
  assert.equal(first.events, [])
  fake.change(remote.id, { Assignee: 'Analyste', Status: 'In Progress' })
  const taken = await target.poll!(first.cursor, open, context())
  assert.equal(
    taken.events.map(({ state, assignee, by, group }) => [state, assignee, by, group]),
    [['in_progress', 'Analyste', 'analyste', 'reseau']],
  )
  fake.change(remote.id, { Status: 'Resolved', Status_Reason: 'False alarm' })
  const closed = await target.poll!(taken.cursor, open, context())
  assert.equal(
    closed.events.map(({ state, closing }) => [state, closing]),
    [['resolved', 'false_positive']],
  )
})

tests(
  'what its workflow refuses is for the dead letters, its own troubles pass, and no password comes out',
  async () => {
    const other = { incident: { uid: 'e'.repeat(32) } }
    const nobody = make({ groups: {}, service_type: '' })
    const refused = await failure(deliver(nobody, aDelivery('open', other)), RefusedError)
    assert.match(refused.message, /ARERR 307.*Service_Type/)
    const down = [{ messageType: 'ERROR', messageNumber: 93, messageText: 'Timeout during database query' }]
    const text = `<html>${fake.password}</html>`
    for (const answer of [
      { status: 500, json: down },
      { status: 200, json: down },
      { status: 429, json: {} },
      { status: 503, text },
    ]) {
      fake.trouble({ kind: 'answer', answer }, ({ method }) => method === 'GET')
      const error = await failure(deliver(make(), aDelivery('open', other)), RetryableError)
      assert.not.ok(error.message.includes(fake.password))
    }
    fake.trouble(HTML)
    assert.match(
      (await failure(deliver(make(), aDelivery('open', other)), RetryableError)).message,
      /no token/,
    )
    fake.trouble({ kind: 'cut' })
    await failure(deliver(make(), aDelivery('open', other)), RetryableError)
    fake.trouble({ kind: 'silent' })
    await failure(deliver(make({ timeout_ms: 100 }), aDelivery('open', other)), RetryableError)
    const warned = [
      { messageType: 'ERROR', messageNumber: 44_991, messageText: 'You must choose an assignee' },
    ]
    fake.trouble({ kind: 'answer', answer: { status: 200, json: warned } }, ({ path }) =>
      path.endsWith('_Create'),
    )
    await failure(deliver(make(), aDelivery('open', other)), RefusedError)
    fixture.secrets.set('env:WRONG', 'autre')
    await failure(deliver(make({ password: 'env:WRONG' }), aDelivery('open')), UnauthorisedError)
    assert.not.ok(fixture.logged.join('\n').includes(fake.password))
  },
)

tests.after(() => fake.stop())

tests.run()
