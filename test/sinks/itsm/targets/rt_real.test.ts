import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Target } from '../../../../sinks/itsm/target.js'
import { rt } from '../../../../sinks/itsm/targets/rt.js'
import { aDelivery, UID } from '../an_incident.js'
import { LossyProxy } from '../fakes/http_fake.js'
import { withPackage } from './real_server.js'
import { RT_NEEDS, RtServer } from './rt_server.js'
import {
  context,
  deliver,
  failure,
  RefusedError,
  RetryableError,
  TargetFixture,
  UnauthorisedError,
} from './target_fixture.js'

/** Against Debian's Request Tracker on SQLite. */
const fixture = new TargetFixture()
let server: RtServer
let proxy: LossyProxy
let target: Target

interface RtTicketSeen {
  readonly Status: string
  readonly Subject: string
  readonly Priority: string
  readonly CustomFields: readonly { name: string; values: string[] }[]
}
const see = (id: string): Promise<RtTicketSeen> => server.as('analyste', 'GET', `/ticket/${id}`)
const commentsOf = async (id: string): Promise<number> => {
  const { items } = await server.as<{ items: { Type: string }[] }>(
    'analyste',
    'GET',
    `/ticket/${id}/history?fields=Type&per_page=100`,
  )
  return items.filter(({ Type }) => Type === 'Comment').length
}
const make = (changes: object = {}): Target =>
  fixture.make(rt, {
    url: proxy.url,
    // A busy machine makes a real server slow.
    timeout_ms: 60_000,
    token: 'env:RT_TOKEN',
    queue: 'Reseau',
    closing_field: 'Code de fermeture',
    ...changes,
  })

const tests = suite('Request Tracker')
const real = (name: string, test: () => Promise<void>): void => withPackage(tests, RT_NEEDS, name, test)

real('comes up', async () => {
  server = new RtServer()
  await server.start()
  proxy = await new LossyProxy(server.port).start()
  fixture.secrets.set('env:RT_TOKEN', server.tokens.get('vigie')!)
  target = make()
  assert.match((await target.check!(context())).en, /Reseau/)
})

real('a ticket is opened, updated, acknowledged, resolved and reopened', async () => {
  const remote = await deliver(target, aDelivery('open'))
  assert.is(remote.outcome, 'created')
  const opened = await see(remote.id)
  assert.is(opened.Status, 'new')
  assert.is(opened.Subject, 'VIG-01234567 Attaque volumétrique vers un hôte du site hopital-1')
  assert.equal(opened.CustomFields.find(({ name }) => name === 'Vigie')!.values, [UID])
  assert.is(Number(opened.Priority), 80)

  const updated = aDelivery('update', { version: 2, remote, incident: { priority: 1 } })
  assert.is((await deliver(target, updated)).outcome, 'updated')
  assert.is(Number((await see(remote.id)).Priority), 100)
  await deliver(target, aDelivery('acknowledge', { version: 3, remote }))
  assert.is((await see(remote.id)).Status, 'open')
  await deliver(target, aDelivery('resolve', { version: 4, remote }))
  const resolved = await see(remote.id)
  assert.is(resolved.Status, 'resolved')
  assert.equal(resolved.CustomFields.find(({ name }) => name === 'Code de fermeture')!.values, ['recovered'])
  await deliver(target, aDelivery('reopen', { version: 5, remote }))
  assert.is((await see(remote.id)).Status, 'open')
  assert.is(await commentsOf(remote.id), 4)
})

real('an answer that is lost makes no second ticket and no second comment', async () => {
  const incident = { uid: 'feed'.repeat(8), number: 'VIG-FEEDFEED' }
  proxy.trouble({ kind: 'lost' }, ({ method, path }) => method === 'POST' && path === '/REST/2.0/ticket')
  await failure(deliver(target, aDelivery('open', { incident })), RetryableError)
  const again = await deliver(target, aDelivery('open', { incident, attempt: 2, mayExist: true }))
  assert.is(again.outcome, 'existing')

  proxy.trouble({ kind: 'lost' }, ({ path }) => path.endsWith('/comment'))
  const update = aDelivery('update', { incident, version: 2, remote: again })
  await failure(deliver(target, update), RetryableError)
  await deliver(target, { ...update, attempt: 2 })
  assert.is(await commentsOf(again.id), 1)
  const query = `/tickets?query=${encodeURIComponent(`CF.{Vigie} = '${incident.uid}'`)}`
  const { items } = await server.as<{ items: unknown[] }>('analyste', 'GET', query)
  assert.is(items.length, 1)
})

real('what an analyst does comes back once: taken, then closed as a false positive', async () => {
  const incident = { uid: 'cafe'.repeat(8), number: 'VIG-CAFECAFE' }
  const remote = await deliver(target, aDelivery('open', { incident }))
  const open = [{ incident: incident.uid, remote }]
  const before = await target.poll!(undefined, open, context())
  assert.equal(before.events, [])

  await server.as('analyste', 'PUT', `/ticket/${remote.id}`, { Owner: 'analyste', Status: 'open' })
  const taken = await target.poll!(before.cursor, open, context())
  assert.ok(taken.events.every((event) => event.acknowledged && event.incident === incident.uid))
  assert.ok(taken.events.some(({ assignee }) => assignee === 'analyste'))
  assert.ok(taken.events.some(({ state, by }) => state === 'in_progress' && by === 'analyste'))

  await server.as('analyste', 'PUT', `/ticket/${remote.id}`, {
    CustomFields: { 'Code de fermeture': 'Faux positif' },
  })
  await server.as('analyste', 'PUT', `/ticket/${remote.id}`, { Status: 'resolved' })
  await deliver(target, aDelivery('update', { incident, version: 2, remote }))
  const closed = await target.poll!(taken.cursor, open, context())
  assert.equal(
    closed.events.map(({ state, closing }) => [state, closing]),
    [['resolved', 'false_positive']],
  )
  assert.is((await see(remote.id)).Status, 'resolved', 'an update leaves the state that people set')
  assert.equal((await target.poll!(closed.cursor, open, context())).events, [])
})

real('what RT will not take is said, and its token never', async () => {
  const bad = await failure(
    deliver(make({ queue: 'Absente' }), aDelivery('open', { incident: { uid: 'b'.repeat(32) } })),
    UnauthorisedError,
  )
  assert.is(bad.status, 403)
  const held = { uid: 'd'.repeat(32), state: 'on_hold' as const }
  const remote = await deliver(target, aDelivery('open', { incident: held }))
  const status = make({ statuses: { resolved: 'fermé' } })
  const refused = await failure(
    deliver(status, aDelivery('resolve', { version: 2, remote, incident: { uid: 'd'.repeat(32) } })),
    RefusedError,
  )
  assert.match(refused.message, /instead of fermé/)
  fixture.secrets.set('env:RT_TOKEN', '1-27-00000000000000000000000000000000')
  assert.is((await failure(deliver(make(), aDelivery('open')), UnauthorisedError)).status, 401)
  const said = fixture.logged.join('\n')
  for (const token of server.tokens.values()) assert.not.ok(said.includes(token))
})

tests.after(async () => {
  await target?.stop?.()
  await proxy?.stop()
  await server?.stop()
})

tests.run()
