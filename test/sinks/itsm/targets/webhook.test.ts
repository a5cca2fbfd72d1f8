import { createHmac, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ReceivedCall, Target } from '../../../../sinks/itsm/target.js'
import { createWebhook, webhook } from '../../../../sinks/itsm/targets/webhook.js'
import { aDelivery, anIncident, UID } from '../an_incident.js'
import { type FakeAnswer, type FakeCall, HttpFake } from '../fakes/http_fake.js'
import {
  deliver,
  failure,
  RefusedError,
  RetryableError,
  TargetFixture,
  UnauthorisedError,
} from './target_fixture.js'

/** A program that takes webhooks as Standard Webhooks and CloudEvents 1.0 (JSON format, section 3) say it must. */
class Consumer extends HttpFake {
  readonly events: { id: string; type: string; subject: string; data: { incident: { uid: string } } }[] = []
  readonly ids = new Set<string>()
  readonly key: Buffer

  constructor(key: Buffer) {
    super()
    this.key = key
  }

  protected answer({ headers, body, method }: FakeCall): FakeAnswer {
    if (method !== 'POST') return { status: 405 }
    const [id, stamp] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])]
    const mine = createHmac('sha256', this.key).update(`${id}.${stamp}.${body}`).digest('base64')
    if (!String(headers['webhook-signature']).split(' ').includes(`v1,${mine}`)) return { status: 401 }
    if (!/^application\/cloudevents\+json/.test(String(headers['content-type']))) return { status: 415 }
    const event = JSON.parse(body)
    if (event.specversion !== '1.0' || event.id !== id || !event.source || !event.type) return { status: 400 }
    if (event.type !== event.type.toLowerCase() || !Date.parse(event.timestamp)) return { status: 400 }
    if (body.length > 65_536) return { status: 413 }
    if (!this.ids.has(id)) this.events.push(event)
    this.ids.add(id)
    return { status: 204 }
  }
}

const KEY = randomBytes(32)
const SECRET = `whsec_${KEY.toString('base64')}`
const fixture = new TargetFixture()
fixture.secrets.set('env:HOOK', SECRET)
const loopback = { secrets: ['env:HOOK'], allow_hosts: ['127.0.0.1'], allow_private: ['127.0.0.0/8'] }
const make = (url: string, changes: object = {}): Target =>
  fixture.make(webhook, { url, ...loopback, ...changes })

const tests = suite('webhook')

tests('sends a signed CloudEvent that is known again when its answer was lost', async () => {
  const consumer = await new Consumer(KEY).start()
  const target = make(`${consumer.url}/hook/?tenant=a`)
  consumer.trouble({ kind: 'lost' })
  await failure(deliver(target, aDelivery('open')), RetryableError)
  await deliver(target, aDelivery('open', { attempt: 2 }))
  await deliver(target, aDelivery('resolve', { version: 2 }))
  assert.equal(
    consumer.events.map(({ type, subject }) => [type, subject]),
    [
      ['vigie.incident.open', UID],
      ['vigie.incident.resolve', UID],
    ],
  )
  assert.is(consumer.calls[0]!.path, '/hook/')
  assert.is(consumer.calls[0]!.query.get('tenant'), 'a')
  await consumer.stop()
})

tests('signs with the old and the new secret while one takes the place of the other', async () => {
  const consumer = await new Consumer(KEY).start()
  fixture.secrets.set('env:NEXT', `whsec_${randomBytes(32).toString('base64')}`)
  await deliver(make(consumer.url, { secrets: ['env:NEXT', 'env:HOOK'] }), aDelivery('open'))
  assert.is(consumer.events.length, 1)
  await failure(deliver(make(consumer.url, { secrets: ['env:NEXT'] }), aDelivery('open')), UnauthorisedError)
  fixture.secrets.set('env:BAD', '')
  const error = await failure(
    deliver(make(consumer.url, { secrets: ['env:BAD'] }), aDelivery('open')),
    UnauthorisedError,
  )
  assert.match(error.message, /env:BAD/)
  await consumer.stop()
})

tests('evidence is left out before an event is too large', async () => {
  const consumer = await new Consumer(KEY).start()
  const one = anIncident().evidence[0]!
  const evidence = Array.from({ length: 100 }, () => ({ ...one, evidence: { note: 'y'.repeat(2000) } }))
  await deliver(make(consumer.url), aDelivery('open', { incident: { evidence } }))
  assert.is(consumer.events.length, 1)
  await consumer.stop()
})

tests(
  'a private destination is refused unless it is allowed, also behind a name and a redirect',
  async () => {
    const consumer = await new Consumer(KEY).start()
    const refused = async (target: Target): Promise<void> => {
      const error = await failure(deliver(target, aDelivery('open')), UnauthorisedError)
      assert.match(error.message, /private address|allow_hosts|redirect/)
    }
    await refused(make(consumer.url, { allow_private: [] }))
    await refused(
      make(`http://localhost:${consumer.port}`, { allow_hosts: ['localhost'], allow_private: [] }),
    )
    await refused(make(consumer.url, { allow_hosts: ['hooks.example.org'] }))
    for (const literal of ['2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '[::1]']) {
      const url = `http://${literal}:${consumer.port}`
      const allow_hosts = [new URL(url).hostname.replace(/[[\]]/g, '')]
      await refused(make(url, { allow_hosts, allow_private: [], plain_http: true }))
    }
    const named = webhook.config.parse({
      url: 'https://hooks.example.org',
      ...loopback,
      allow_hosts: ['*.example.org'],
      allow_private: [],
    })
    for (const address of ['10.0.0.1', '169.254.169.254', 'fd00::1', '::ffff:192.168.1.1', '64:ff9b::a00:1'])
      await refused(
        createWebhook(named, fixture.deps, (_host, done) =>
          done(null, [
            { address: '93.184.215.14', family: 4 },
            { address, family: address.includes(':') ? 6 : 4 },
          ]),
        ),
      )
    assert.is(consumer.calls.length, 0, 'nothing was sent')

    const inside = await new Consumer(KEY).start()
    const location = `${inside.url}/latest/meta-data`
    for (const status of [301, 302, 307, 308]) {
      consumer.trouble({ kind: 'answer', answer: { status, headers: { location } } })
      await refused(make(consumer.url))
    }
    assert.is(inside.calls.length, 0, 'no redirect was followed')
    await inside.stop()
    await consumer.stop()
  },
)

tests('the connection goes to the address that was checked', async () => {
  const consumer = await new Consumer(KEY).start()
  let asked = 0
  const config = webhook.config.parse({
    url: `http://hooks.example.org:${consumer.port}`,
    ...loopback,
    plain_http: true,
    allow_hosts: ['hooks.example.org'],
  })
  const target = createWebhook(config, fixture.deps, (_host, done) => {
    asked++
    done(null, [{ address: '127.0.0.1', family: 4 }])
  })
  await deliver(target, aDelivery('open'))
  assert.is(asked, 1)
  assert.is(consumer.events.length, 1)
  await consumer.stop()
})

tests('410 holds the target back, 429 asks for patience, 400 is for the dead letters', async () => {
  const consumer = await new Consumer(KEY).start()
  const target = make(consumer.url)
  const answer = (status: number, headers = {}): void =>
    consumer.trouble({ kind: 'answer', answer: { status, headers, text: `no ${SECRET}` } })
  answer(410)
  await failure(deliver(target, aDelivery('open')), UnauthorisedError)
  answer(429, { 'retry-after': '7' })
  const slow = await failure(deliver(target, aDelivery('open')), RetryableError)
  assert.is((slow as RetryableError).retryAfterMs, 7000)
  answer(400)
  const refused = await failure(deliver(target, aDelivery('open')), RefusedError)
  assert.not.ok(refused.message.includes(KEY.toString('base64')), refused.message)
  await consumer.stop()
})

/** A call as a program that answers would make it. */
function answered(data: object, changes: object = {}, secret = SECRET): ReceivedCall {
  const id = 'msg_1'
  const now = new Date()
  const event = {
    specversion: '1.0',
    id,
    source: 'https://itsm.example.org',
    type: 'org.example.taken',
    data,
    ...changes,
  }
  const body = JSON.stringify(event)
  return {
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, now, body),
    },
    query: {},
    body: Buffer.from(body),
  }
}

tests('a signed event comes back; one that is not signed, too old or wrong does not', async () => {
  const target = make('https://hooks.example.org', { allow_hosts: ['hooks.example.org'] })
  const data = { incident: UID, acknowledged: true, assignee: 'Analyste', comment: 'x'.repeat(5000) }
  const good = await target.receive!(answered(data))
  assert.is(good.status, 202)
  assert.is(good.events[0]!.incident, UID)
  assert.is(good.events[0]!.id, 'webhook:https://itsm.example.org:msg_1')
  assert.is(good.events[0]!.comment!.length, 2000)
  const forged = answered(data, {}, `whsec_${randomBytes(32).toString('base64')}`)
  const old = answered(data)
  const late = { ...old, headers: { ...old.headers, 'webhook-timestamp': '1600000000' } }
  const changed = { ...old, body: Buffer.from(Buffer.from(old.body).toString().replace('true', 'false')) }
  for (const call of [forged, late, changed, { headers: {}, query: {}, body: Buffer.from('{}') }])
    assert.equal(await target.receive!(call), { status: 401, events: [] })
  for (const wrong of [
    answered({ incident: '../x' }),
    answered(data, { specversion: '0.3' }),
    answered({ ...data, state: 'x' }),
  ])
    assert.is((await target.receive!(wrong)).status, 400)
})

tests.run()
