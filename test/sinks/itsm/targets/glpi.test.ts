import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Target } from '../../../../sinks/itsm/target.js'
import { glpi } from '../../../../sinks/itsm/targets/glpi.js'
import { aDelivery, UID } from '../an_incident.js'
import { GlpiFake } from '../fakes/glpi_fake.js'
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
let fake: GlpiFake
const make = (changes: object = {}): Target =>
  fixture.make(glpi, {
    url: `${fake.url}/apirest.php`,
    app_token: 'env:GLPI_APP',
    user_token: 'env:GLPI_USER',
    groups: { reseau: 3 },
    closing_back: { 4: 'false_positive' },
    ...changes,
  })

const tests = suite('GLPI')

tests.before(async () => {
  fake = await new GlpiFake().start()
  fixture.secrets.set('env:GLPI_APP', fake.appToken)
  fixture.secrets.set('env:GLPI_USER', fake.userToken)
})

tests('a ticket is opened once, told, taken, solved and reopened', async () => {
  const target = make()
  assert.match((await target.check!(context())).en, /GLPI answers/)
  fake.trouble({ kind: 'lost' }, ({ method }) => method === 'POST')
  await failure(deliver(target, aDelivery('open')), RetryableError)
  const remote = await deliver(target, aDelivery('open', { attempt: 2, mayExist: true }))
  assert.equal([remote.outcome, fake.tickets.length], ['existing', 1])
  const [ticket] = fake.tickets
  assert.equal([ticket!.status, ticket!.urgency, ticket!.impact], [1, 5, 3])
  assert.ok(ticket!.content.includes(UID) && ticket!.content.includes('<br>'))
  fake.trouble({ kind: 'lost' }, ({ path }) => path.endsWith('/ITILFollowup'))
  const acknowledge = aDelivery('acknowledge', { version: 2, remote })
  await failure(deliver(target, acknowledge), RetryableError)
  await deliver(target, { ...acknowledge, attempt: 2 })
  assert.equal([ticket!.status, ticket!.followups.length], [2, 1])
  fake.trouble({ kind: 'lost' }, ({ path }) => path.endsWith('/ITILSolution'))
  const resolve = aDelivery('resolve', { version: 3, remote })
  await failure(deliver(target, resolve), RetryableError)
  assert.is((await deliver(target, { ...resolve, attempt: 2 })).outcome, 'unchanged')
  assert.equal([ticket!.status, ticket!.solutions.length], [5, 1])
  await deliver(target, aDelivery('reopen', { version: 4, remote }))
  assert.is(ticket!.status, 2)
})

tests('a session that ends is opened again', async () => {
  const target = make()
  await deliver(target, aDelivery('update', { version: 5 }))
  const opened = fake.sessionsOpened
  fake.expireSessions()
  await deliver(target, aDelivery('update', { version: 6 }))
  assert.is(fake.sessionsOpened, opened + 1)
})

tests('what people do comes back, and our own changes do not', async () => {
  const target = make()
  const uid = 'cafe'.repeat(8)
  const remote = await deliver(target, aDelivery('open', { incident: { uid } }))
  const open = [{ incident: uid, remote }]
  const first = await target.poll!(undefined, open, context())
  assert.equal(first.events, [])
  await deliver(target, aDelivery('update', { version: 2, remote, incident: { uid } }))
  const own = await target.poll!(first.cursor, open, context())
  assert.equal(own.events, [])
  fake.change(remote.id, { technician: 42, status: 2 })
  const taken = await target.poll!(own.cursor, open, context())
  assert.equal(
    taken.events.map(({ assignee, state, acknowledged }) => [assignee, state, acknowledged]),
    [['analyste', 'in_progress', true]],
  )
  fake.change(remote.id, {
    status: 5,
    solutions: [{ users_id: 42, solutiontypes_id: 4, content: 'autorisé' }],
  })
  const closed = await target.poll!(taken.cursor, open, context())
  assert.equal(
    closed.events.map(({ state, closing }) => [state, closing]),
    [['resolved', 'false_positive']],
  )
  const later = await target.poll!(closed.cursor, open, context())
  assert.is(later.events.at(-1)?.id, closed.events.at(-1)!.id, 'nothing that was not told')
})

tests('its troubles become the errors of the outbox, and no token comes out', async () => {
  const other = { incident: { uid: 'e'.repeat(32) } }
  for (const answer of [
    { status: 429, json: {} },
    { status: 500, json: ['ERROR', 'x'] },
    { status: 404, text: '<html>Not Found</html>' },
  ]) {
    fake.trouble({ kind: 'answer', answer }, ({ path }) => path.includes('/search'))
    await failure(deliver(make(), aDelivery('open', other)), RetryableError)
  }
  fake.trouble(HTML)
  await failure(deliver(make(), aDelivery('open', other)), RetryableError)
  fake.trouble({ kind: 'cut' })
  await failure(deliver(make(), aDelivery('open', other)), RetryableError)
  fake.trouble({ kind: 'silent' })
  await failure(deliver(make({ timeout_ms: 100 }), aDelivery('open', other)), RetryableError)
  const gone = { status: 200, json: [{ 101: false, message: 'You do not have permission' }] }
  fake.trouble({ kind: 'answer', answer: gone }, ({ method }) => method === 'PUT')
  const refused = await failure(deliver(make(), aDelivery('update', { version: 9 })), RefusedError)
  assert.match(refused.message, /permission/)
  fixture.secrets.set('env:WRONG', 'un-autre-jeton')
  await failure(deliver(make({ app_token: 'env:WRONG' }), aDelivery('open')), UnauthorisedError)
  await failure(deliver(make({ user_token: 'env:WRONG' }), aDelivery('open')), UnauthorisedError)
  const echo = { status: 400, json: ['ERROR', `${fake.userToken} ${fake.appToken} session-9-0123456789`] }
  fake.trouble({ kind: 'answer', answer: echo })
  const echoed = await failure(deliver(make(), aDelivery('open')), RefusedError)
  for (const token of [fake.userToken, fake.appToken]) {
    assert.not.ok(echoed.message.includes(token), echoed.message)
    assert.not.ok(fixture.logged.join('\n').includes(token))
  }
})

tests.after(() => fake.stop())

tests.run()
