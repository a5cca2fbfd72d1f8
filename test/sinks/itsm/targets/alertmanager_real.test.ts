import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Target } from '../../../../sinks/itsm/target.js'
import { alertmanager } from '../../../../sinks/itsm/targets/alertmanager.js'
import { aDelivery, UID } from '../an_incident.js'
import { type FakeAnswer, type FakeCall, HttpFake, LossyProxy } from '../fakes/http_fake.js'
import { freePort, RealServer, untilAnswers, withPackage } from './real_server.js'
import { context, deliver, failure, RefusedError, RetryableError, TargetFixture } from './target_fixture.js'

/** Against Debian's Alertmanager, which tells a receiver of ours what it was told. */
const PROGRAM = '/usr/bin/prometheus-alertmanager'
const NEEDS = { files: [PROGRAM], packages: 'prometheus-alertmanager' }

interface Notified {
  readonly status: 'firing' | 'resolved'
  readonly alerts: readonly { status: string; labels: Record<string, string> }[]
}

/** Takes Alertmanager's notifications. */
class Receiver extends HttpFake {
  readonly notified: Notified[] = []

  protected answer(call: FakeCall): FakeAnswer {
    this.notified.push(JSON.parse(call.body) as Notified)
    return { status: 200 }
  }
}

const CONFIG = (receiver: string): string => `
route:
  receiver: vigie
  group_by: [vigie_incident]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: vigie
    webhook_configs:
      - url: ${receiver}
        send_resolved: true
`

interface AlertSeen {
  readonly labels: Record<string, string>
  readonly annotations: Record<string, string>
  readonly status: { state: string }
}

const fixture = new TargetFixture()
const server = new RealServer('alertmanager')
const receiver = new Receiver()
let proxy: LossyProxy
let target: Target
let url = ''

const alerts = async (uid: string): Promise<AlertSeen[]> => {
  const filter = encodeURIComponent(`vigie_incident="${uid}"`)
  return (await (await fetch(`${url}/api/v2/alerts?filter=${filter}`)).json()) as AlertSeen[]
}
const toldOf = (uid: string): string[] =>
  receiver.notified
    .flatMap((n) => n.alerts.filter((a) => a.labels.vigie_incident === uid))
    .map((a) => a.status)

const tests = suite('Alertmanager')
const real = (name: string, test: () => Promise<void>): void => withPackage(tests, NEEDS, name, test)

real('comes up', async () => {
  await receiver.start()
  const port = await freePort()
  const file = join(server.dir, 'alertmanager.yml')
  writeFileSync(file, CONFIG(receiver.url))
  url = `http://127.0.0.1:${port}`
  const listen = `--web.listen-address=127.0.0.1:${port}`
  const args = [`--config.file=${file}`, `--storage.path=${server.folder('data')}`, listen]
  server.start(PROGRAM, [...args, '--cluster.listen-address='], {})
  await untilAnswers(async () => (await fetch(`${url}/-/ready`)).ok, 'Alertmanager')
  proxy = await new LossyProxy(port).start()
  // Alertmanager compares with its own clock.
  fixture.now = Date.now()
  target = fixture.make(alertmanager, { url: proxy.url })
  assert.match((await target.check!(context())).en, /^Alertmanager \d/)
})

/** Deliveries at the present time, as Alertmanager needs them. */
const now = (): { opened: number } => ({ opened: fixture.now - 1000 })

real('an alert fires once, changes its labels, ends and fires again', async () => {
  const incident = now()
  assert.is((await deliver(target, aDelivery('open', { incident }))).outcome, 'created')
  const [opened] = await alerts(UID)
  assert.is(opened!.labels.severity, 'critical')
  assert.is(opened!.labels.org, 'sante-06')
  assert.match(opened!.annotations.description!, /Éléments de preuve/)
  await untilAnswers(async () => toldOf(UID).length === 1, 'the first notification')

  const worse = { ...incident, priority: 1 as const }
  assert.is((await deliver(target, aDelivery('update', { version: 2, incident: worse }))).outcome, 'updated')
  const active = await alerts(UID)
  assert.equal(
    active.map(({ labels }) => labels.priority),
    ['1'],
    'the alert with the labels of before has ended',
  )
  fixture.now = Date.now()
  await deliver(target, aDelivery('resolve', { version: 3, incident: worse }))
  assert.equal(await alerts(UID), [])
  await untilAnswers(async () => toldOf(UID).at(-1) === 'resolved', 'the notification of the end')
  const reopen = aDelivery('reopen', { version: 4, incident: worse })
  await deliver(target, { ...reopen, transition: { ...reopen.transition, time: Date.now() } })
  assert.is((await alerts(UID)).length, 1)
})

real('an answer that is lost makes no second alert', async () => {
  const incident = { ...now(), uid: 'feed'.repeat(8) }
  proxy.trouble({ kind: 'lost' }, ({ method }) => method === 'POST')
  await failure(deliver(target, aDelivery('open', { incident })), RetryableError)
  const again = await deliver(target, aDelivery('open', { incident, attempt: 2, mayExist: true }))
  assert.is(again.outcome, 'updated')
  assert.is((await alerts(incident.uid)).length, 1)
})

real('a silence comes back as taking charge, once', async () => {
  const uid = 'cafe'.repeat(8)
  const remote = await deliver(target, aDelivery('open', { incident: { ...now(), uid } }))
  const open = [{ incident: uid, remote }]
  const before = await target.poll!(undefined, open, context())
  assert.equal(before.events, [])
  const silenced = await fetch(`${url}/api/v2/silences`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      matchers: [{ name: 'vigie_incident', value: uid, isRegex: false, isEqual: true }],
      startsAt: new Date(Date.now() - 1000).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdBy: 'analyste',
      comment: 'Fournisseur avisé',
    }),
  })
  assert.ok(silenced.ok)
  // Alertmanager marks silenced alerts when it next looks at their group.
  let taken = before
  await untilAnswers(async () => {
    taken = await target.poll!(before.cursor, open, context())
    return taken.events.length > 0
  }, 'the silence')
  assert.is(taken.events.length, 1)
  assert.is(taken.events[0]!.by, 'analyste')
  assert.is(taken.events[0]!.comment, 'Fournisseur avisé')
  assert.ok(taken.events[0]!.acknowledged)
  assert.equal((await target.poll!(taken.cursor, open, context())).events, [])
})

real('what Alertmanager will not take is refused', async () => {
  const labels = { ['é'.normalize()]: 'x' }
  assert.throws(() => fixture.make(alertmanager, { url, labels }))
  proxy.trouble({ kind: 'answer', answer: { status: 400, json: 'start time must be before end time' } })
  await failure(deliver(target, aDelivery('open', { incident: now() })), RefusedError)
})

tests.after(async () => {
  await target?.stop?.()
  await proxy?.stop()
  await server.stop()
  await receiver.stop().catch(() => undefined)
})

tests.run()
