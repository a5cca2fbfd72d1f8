import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Bench, finding, T0 } from './lifecycle_fixture.js'

const lifecycle = suite('what people do with incidents')

lifecycle('what people did at a target comes home once, and its echo changes nothing', () => {
  const bench = new Bench()
  bench.findings(finding('a'))
  const { uid } = bench.single()
  const remote = { id: '42', number: 'RT-42' }
  bench.give([
    {
      type: 'notification',
      notification: {
        key: `${uid}.open`,
        target: 'itsm',
        incident: uid,
        version: 1,
        kind: 'open',
        status: 'delivered',
        transitions: 1,
        attempts: 1,
        decided: T0,
        done: T0 + 300,
        remote,
      },
    },
  ])
  assert.equal(bench.single().remotes, { itsm: remote })
  const event = {
    id: 'e1',
    remoteId: '42',
    time: T0 + 5000,
    by: 'anne',
    acknowledged: true,
    assignee: 'anne',
    state: 'in_progress',
  } as const
  bench.pass(6)
  const acknowledge = { type: 'event', by: 'target:itsm', event } as const
  bench.give([acknowledge, acknowledge, { ...acknowledge, event: { ...event, id: 'e2' } }])
  assert.equal(bench.kinds(), ['open', 'acknowledge', 'assign'])
  assert.is(bench.single().acknowledged, T0 + 5000)
  assert.is(bench.single().acknowledged_by, 'target:anne')
  bench.give([
    {
      type: 'event',
      by: 'target:itsm',
      event: { id: 'e3', incident: uid, time: bench.now, state: 'closed', closing: 'false_positive' },
    },
  ])
  assert.is(bench.single().closing, 'false_positive')
  const marks = bench.steps.flatMap((step) => step.marks)
  assert.equal(
    marks.map(({ finding: f, verdict, by }) => [f, verdict, by]),
    [['a', 'false_positive', 'target:itsm']],
  )
})

lifecycle('after a false positive the same is quiet for a day, unless it is worse', () => {
  const bench = new Bench()
  bench.findings(finding('a'))
  const event = {
    id: 'e',
    incident: bench.single().uid,
    time: T0,
    state: 'resolved',
    closing: 'false_positive',
  } as const
  bench.give([{ type: 'event', by: 'operator:anne', event }])
  bench.findings(finding('a', { activity: 'close', time: T0 + 1 }), finding('b', { time: T0 + 2 }))
  assert.equal(bench.kinds(), ['open', 'resolve'])
  assert.match(bench.links.get('b')!.rule, 'false_positive:VIG-')
  bench.findings(finding('c', { time: T0 + 3, severity_id: 5 }))
  assert.is(bench.kinds().at(2), 'reopen')
})

const closed = (uid: string, time: number, verdict?: 'false_positive' | 'expected') =>
  finding(uid, {
    activity: 'close',
    time,
    evidence: verdict === undefined ? {} : { marked: verdict, marked_by: 'operator:anne' },
  })

lifecycle('a finding that people marked takes its part with it, and no mark goes back to detection', () => {
  const bench = new Bench()
  bench.findings(finding('a'), finding('b'))
  bench.findings(closed('a', T0 + 1, 'false_positive'))
  assert.equal(bench.kinds(), ['open', 'update'])
  assert.is(bench.transitions[1]!.rule, 'marked')
  assert.match(bench.transitions[1]!.note.fr, 'Un constat en moins : faux positif, selon anne')
  bench.findings(closed('b', T0 + 2, 'false_positive'))
  assert.equal(bench.kinds(), ['open', 'update', 'resolve'])
  assert.is(bench.single().closing, 'false_positive')
  assert.is(bench.transitions[2]!.by, 'operator:anne')
  assert.equal(
    bench.steps.flatMap((step) => step.marks),
    [],
  )
  bench.findings(finding('c', { time: T0 + 3 }))
  assert.match(bench.links.get('c')!.rule, 'false_positive:VIG-')
  bench.findings(
    finding('d', { time: T0 + 4, evidence: { outgrew_mark: { finding: 'a', verdict: 'false_positive' } } }),
  )
  assert.is(bench.kinds().at(3), 'reopen', 'what is clearly beyond a mark is told')
})

lifecycle('an incident of which a part was marked and a part was real recovers', () => {
  const bench = new Bench()
  bench.findings(finding('a'), finding('b'))
  bench.findings(closed('b', T0 + 1))
  bench.findings(closed('a', T0 + 2, 'expected'))
  bench.pass(120, 10)
  assert.equal(bench.kinds(), ['open', 'update', 'resolve'])
  assert.is(bench.single().closing, 'recovered')
})

lifecycle('the marks of an incident that was closed as nothing come back as ends, and change nothing', () => {
  const bench = new Bench()
  bench.findings(finding('a'), finding('b'))
  const event = {
    id: 'e',
    incident: bench.single().uid,
    time: T0,
    state: 'resolved',
    closing: 'expected',
  } as const
  bench.give([{ type: 'event', by: 'operator:anne', event }])
  const marks = bench.steps.flatMap((step) => step.marks)
  assert.equal(
    marks.map(({ finding: f, verdict, org }) => [f, verdict, org]),
    [
      ['a', 'expected', 'org1'],
      ['b', 'expected', 'org1'],
    ],
  )
  bench.findings(closed('a', T0 + 1, 'expected'), closed('b', T0 + 1, 'expected'))
  assert.equal(bench.kinds(), ['open', 'resolve'])
  assert.is(bench.steps.flatMap((step) => step.marks).length, 2)
})

lifecycle('resolved by people while its findings go on: opened again after an hour', () => {
  const bench = new Bench()
  bench.findings(finding('a'))
  const event = {
    id: 'e',
    incident: bench.single().uid,
    time: T0,
    state: 'resolved',
    closing: 'fixed',
  } as const
  bench.give([{ type: 'event', by: 'operator:anne', event }])
  bench.pass(3601, 10)
  assert.equal(bench.kinds().slice(0, 3), ['open', 'resolve', 'reopen'])
  assert.is(bench.transitions[2]?.rule, 'still_open')
})

lifecycle.run()
