import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { demo } from '../../../../sinks/itsm/targets/demo.js'
import { aDelivery, UID } from '../an_incident.js'
import { context, deliver, failure, RefusedError, TargetFixture } from './target_fixture.js'

const tests = suite('built-in ticketing tool')

tests('keeps one ticket an incident, in order', async () => {
  const fixture = new TargetFixture()
  const target = fixture.make(demo, {})
  const remote = await deliver(target, aDelivery('open'))
  assert.is(remote.outcome, 'created')
  assert.is((await deliver(target, aDelivery('open', { attempt: 2 }))).outcome, 'existing')
  assert.is((await deliver(target, aDelivery('resolve', { version: 3, remote }))).id, remote.id)
  await failure(deliver(target, aDelivery('update', { version: 2, remote })), RefusedError)
  const [gauge] = await fixture.deps.metrics.getMetricsAsJSON()
  assert.equal(
    gauge!.values.map(({ value, labels }) => [labels.state, value]),
    [['resolved', 1]],
  )
})

tests('its service desk takes charge, and closes false positives', async () => {
  const fixture = new TargetFixture()
  const target = fixture.make(demo, { false_positives_percent: 100 })
  const open = [{ incident: UID, remote: await deliver(target, aDelivery('open')) }]
  assert.equal((await target.poll!(undefined, open, context())).events, [])
  fixture.now += 20_000
  const [taken] = (await target.poll!('', open, context())).events
  assert.ok(taken!.acknowledged)
  assert.equal((await target.poll!('', open, context())).events, [])
  fixture.now += 20_000
  const [closed] = (await target.poll!('', open, context())).events
  assert.is(closed!.closing, 'false_positive')
})

tests.run()
