import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Incident, IncidentState, Transition, TransitionKind } from '../../../model/incident.js'
import { planDeliveries, type Told } from '../../../sinks/itsm/coalesce.js'
import { Pace } from '../../../sinks/itsm/pace.js'
import { testIncident } from '../../../sinks/itsm/test_incident.js'

const coalesce = suite('what a target is told')
const KINDS: TransitionKind[] = ['open', 'update', 'acknowledge', 'escalate', 'resolve', 'reopen', 'close']
const FOLLOWS: Partial<Record<TransitionKind, IncidentState>> = {
  acknowledge: 'in_progress',
  resolve: 'resolved',
  reopen: 'in_progress',
  close: 'closed',
}

/** An incident with these transitions; `kind@target` was said by a target. */
function incidentOf(...said: string[]): Incident {
  let state: IncidentState = 'new'
  const history = said.map((text, i): Transition => {
    const [kind, by] = text.split('@') as [TransitionKind, string | undefined]
    state = FOLLOWS[kind] ?? state
    const rule = by === undefined ? 'test' : `target:${by}`
    return { version: i + 1, kind, time: i, by: 'vigie', rule, note: { fr: '', en: '' } }
  })
  const incident = testIncident('n', 'open', 0, { lang: 'fr', target: 'tool' })
  return { ...incident, state, version: said.length, history }
}

const told = (version: number, state: IncidentState): Told => ({
  version,
  state,
  remote: { id: '1', number: '1' },
})
const kinds = (incident: Incident, before?: Told, can = KINDS): string =>
  planDeliveries(incident, before, 'tool', { kinds: can })
    .map(({ kind }) => kind)
    .join()

coalesce('an unknown incident is opened, and ended where it has ended', () => {
  assert.is(kinds(incidentOf('open')), 'open')
  assert.is(kinds(incidentOf('open', 'update', 'acknowledge', 'update')), 'open')
  assert.is(kinds(incidentOf('open', 'update', 'resolve')), 'open,resolve')
  assert.is(kinds(incidentOf('open', 'resolve', 'reopen', 'resolve', 'close')), 'open,resolve,close')
  assert.is(kinds(incidentOf('open', 'resolve', 'reopen')), 'open')
})

coalesce('of what waited the weightiest is told, and only where the ticket does not stand there yet', () => {
  const before = told(1, 'new')
  assert.is(kinds(incidentOf('open', 'update', 'escalate', 'update'), before), 'escalate')
  assert.is(kinds(incidentOf('open', 'acknowledge', 'update', 'resolve'), before), 'resolve')
  assert.is(kinds(incidentOf('open', 'resolve', 'reopen'), before), 'update')
  assert.is(kinds(incidentOf('open', 'resolve', 'reopen'), told(2, 'resolved')), 'reopen')
  assert.is(kinds(incidentOf('open', 'resolve', 'reopen', 'resolve'), told(2, 'resolved')), 'update')
  assert.is(kinds(incidentOf('open', 'resolve', 'close'), told(2, 'resolved')), 'close')
  assert.is(kinds(incidentOf('open'), before), '')
})

coalesce('a process that died between opening and end leaves the end to be told', () => {
  const incident = incidentOf('open', 'resolve')
  const [open] = planDeliveries(incident, undefined, 'tool', { kinds: KINDS })
  assert.is(open!.transitions.at(-1)!.version, 1)
  assert.is(kinds(incident, told(open!.transitions.at(-1)!.version, open!.state)), 'resolve')
  assert.is(kinds(incident, told(2, 'new')), 'resolve', 'even where the version says that nothing is new')
})

coalesce('a target is not told what it said itself', () => {
  assert.is(kinds(incidentOf('open', 'acknowledge@tool'), told(1, 'new')), '')
  assert.is(kinds(incidentOf('open', 'acknowledge@other'), told(1, 'new')), 'acknowledge')
  assert.is(kinds(incidentOf('open', 'resolve@tool'), told(1, 'new')), '')
  assert.is(kinds(incidentOf('open', 'resolve@tool', 'close'), told(1, 'new')), 'close')
  assert.is(kinds(incidentOf('open', 'resolve@tool', 'reopen'), told(1, 'new')), 'reopen')
})

coalesce('a word that a target has not is told as an update; what it need not know is left out', () => {
  const few: TransitionKind[] = ['open', 'update', 'resolve']
  assert.is(kinds(incidentOf('open', 'escalate'), told(1, 'new'), few), 'update')
  assert.is(kinds(incidentOf('open', 'resolve', 'reopen'), told(2, 'resolved'), few), 'update')
  assert.is(kinds(incidentOf('open', 'resolve', 'close'), told(2, 'resolved'), few), '')
})

coalesce('the key of an opening is always the same; that of another delivery is its version', () => {
  const keys = (incident: Incident, before?: Told) =>
    planDeliveries(incident, before, 'tool', { kinds: KINDS }).map(({ idempotencyKey }) =>
      idempotencyKey.slice(32),
    )
  assert.equal(keys(incidentOf('open', 'update')), ['.open'])
  assert.equal(keys(incidentOf('open', 'update', 'resolve')), ['.open', '.3.resolve'])
})

coalesce('a target that fails is left alone for longer and longer, then probed by one, then let grow', () => {
  const pace = new Pace(
    { rate_per_s: 1000, concurrency: 8, backoff_first_ms: 100, backoff_max_ms: 1000 },
    () => 1,
  )
  assert.is(pace.allowed, 8)
  for (let i = 0; i < 3; i++) pace.failed(0, { wholeTarget: false })
  assert.ok(pace.away)
  assert.is(pace.take(0), 100)
  assert.is(pace.take(100), 0)
  pace.failed(100, { wholeTarget: false })
  assert.is(pace.take(100), 200)
  for (let i = 0; i < 10; i++) pace.failed(300, { wholeTarget: false })
  assert.is(pace.take(300), 1000, 'bounded')
  pace.failed(300, { wholeTarget: true, retryAfterMs: 60_000 })
  assert.is(pace.take(300), 60_000, 'as long as it asked for')
  assert.is(pace.allowed, 1)
  pace.succeeded()
  assert.is(pace.allowed, 2)
  pace.succeeded()
  pace.succeeded()
  pace.succeeded()
  assert.is(pace.allowed, 8)
})

coalesce('no more than the rate', () => {
  const pace = new Pace({ rate_per_s: 10, concurrency: 8, backoff_first_ms: 1, backoff_max_ms: 1 }, () => 0)
  let taken = 0
  for (let now = 0; now < 10_000; now++) if (pace.take(now) === 0) taken++
  assert.ok(taken <= 110, `${taken} in ten seconds`)
  assert.ok(taken >= 105, `${taken} in ten seconds`)
})

coalesce.run()
