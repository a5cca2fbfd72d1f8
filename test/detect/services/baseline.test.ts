import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalogue } from '../../../detect/catalogue.js'
import { HorizonEngine } from '../../../detect/horizon_engine.js'
import { anyService } from '../../../detect/service.js'
import { baseline } from '../../../detect/services/baseline.js'
import { SERIES_KINDS, type SeriesKind } from '../../../detect/services/baseline_questions.js'
import { discoveryBound, upperTail } from '../../../detect/services/baseline_step.js'
import type { Finding } from '../../../model/finding.js'
import type { StoreRow } from '../../../model/ports.js'

const test = suite('detect/services/baseline')
const T0 = Date.UTC(2026, 10, 23, 14)
const STEP_MS = 300_000
/** Octets and flows of five usual minutes. */
const USUAL = { in: 6e8, out: 2e8, flows: 9000 }
const SITES = 40

interface Series {
  readonly kind: SeriesKind
  readonly subject: number
  readonly org?: number
  readonly site?: number
  readonly supplier?: number
  readonly weeks?: number
}

const SERIES: readonly Series[] = [
  ...Array.from(
    { length: SITES },
    (_, i) => ({ kind: 'site', subject: i + 1, org: 1 + (i % 4), supplier: 1 + (i % 3) }) as const,
  ),
  ...Array.from({ length: SITES }, (_, i) => {
    return { kind: 'link', subject: 101 + i, org: 1 + (i % 4), site: i + 1, supplier: 1 + (i % 3) } as const
  }),
  ...[1, 2, 3, 4].map((org) => ({ kind: 'organization', subject: org, org }) as const),
]

function profile({ kind, subject, org = 0, site = 0, supplier = 0, weeks = 4 }: Series): StoreRow {
  const sides = [
    [USUAL.in, 1e5],
    [USUAL.out, 1e5],
    [USUAL.flows, 10],
  ].flatMap(([value, unit]) => [Math.log1p(value! / unit!), 0.25, 0.25])
  const place = kind === 'site' ? subject : site
  return [
    SERIES_KINDS[kind],
    subject,
    weeks,
    36 * weeks,
    0,
    org,
    place,
    supplier,
    `supplier-${supplier}`,
    kind === 'link' ? `link-${subject}` : '',
    ...sides,
  ]
}

/** Times the usual of each series in a step; 0 leaves no row. */
type Times = (series: Series, step: number) => number

class Net {
  readonly engine: HorizonEngine
  step = 0

  constructor(series: readonly Series[] = SERIES) {
    this.engine = new HorizonEngine({
      catalogue: new Catalogue({ services: [anyService(baseline)] }),
      orgName: (id) => `org-${id}`,
      siteName: (id) => (id === 0 ? undefined : `site-${id}`),
    })
    this.answer('profiles', T0 - 3_600_000, series.map(profile))
  }

  answer(horizon: string, startMs: number, rows?: readonly StoreRow[]): Finding[] {
    const about = { service: 'baseline', horizon, startMs }
    return this.engine.apply(
      rows === undefined ? { ...about, outcome: 'late' } : { ...about, outcome: 'answered', rows },
    )
  }

  run(steps: number, times: Times = () => 1, more: readonly StoreRow[] = [], series = SERIES): Finding[] {
    const found: Finding[] = []
    for (let i = 0; i < steps; i++, this.step++) {
      const rows = series.flatMap((s): StoreRow[] => {
        const x = times(s, i)
        const flows = Math.round(USUAL.flows * x)
        return x === 0
          ? []
          : [['value', SERIES_KINDS[s.kind], s.subject, USUAL.in * x, USUAL.out * x, flows, flows]]
      })
      found.push(...this.answer('values', T0 + this.step * STEP_MS, [...rows, ...more]))
    }
    return found
  }
}

const isOf = (site: number) => (s: Series) => (s.kind === 'site' ? s.subject === site : s.site === site)
const told = (findings: readonly Finding[]): string[] =>
  findings.map((f) => `${f.activity} ${f.evidence.series_kind} ${f.evidence.series} ${f.evidence.kind}`)

test('tells a site that always talks and falls silent after two steps, once, and closes it when it is back', () => {
  const net = new Net()
  assert.equal(told(net.run(10)), [])
  const silent = net.run(4, (s) => (isOf(7)(s) ? 0 : 1))
  assert.equal(told(silent), ['create site 7 silence'])
  assert.is(silent[0]!.severity_id, 4)
  assert.is(silent[0]!.time, T0 + 12 * STEP_MS)
  assert.is(silent[0]!.first_seen, T0 + 10 * STEP_MS)
  assert.is(silent[0]!.title.fr, 'Interruption du trafic du site site-7')
  assert.equal(told(net.run(8)), ['close site 7 silence'])
})

test('a drop is told after three steps of five, a surge after five; less than a part or a multiple is none', () => {
  const net = new Net()
  const falls = net.run(5, (s) => (isOf(3)(s) ? 0.1 : 1))
  assert.equal(told(falls), ['create site 3 drop'])
  assert.is(falls[0]!.time, T0 + 3 * STEP_MS)
  assert.is(falls[0]!.evidence.times_usual, 0.1)
  const rises = new Net().run(6, (s) => (isOf(4)(s) ? 12 : 1))
  assert.equal(told(rises), ['create site 4 surge'])
  assert.is(rises[0]!.time, T0 + 5 * STEP_MS)
  assert.equal(told(new Net().run(12, (s) => (isOf(4)(s) ? 1.9 : 1))), [])
  assert.equal(told(new Net().run(12, (s, i) => (isOf(4)(s) && i % 6 === 0 ? 20 : 1))), [])
})

test('is silent about what it has not known for three weeks', () => {
  const young = SERIES.map((s) => (isOf(7)(s) ? { ...s, weeks: 2 } : s))
  assert.equal(told(new Net(young).run(6, (s) => (isOf(7)(s) ? 0 : 1))), [])
})

test('what all sites do is one finding on the fleet, and no anomaly of any of them', () => {
  const found = new Net().run(6, () => 0.3)
  assert.equal(told(found), ['create fleet 0 drop'])
  assert.is(found[0]!.org, 'org-0')
})

test('who stays as usual while all others fall is no anomaly, who rises is', () => {
  const holiday = (hospital: number) => (s: Series) => (isOf(7)(s) ? hospital : 0.2)
  assert.equal(told(new Net().run(8, holiday(1))), ['create fleet 0 drop'])
  assert.equal(told(new Net().run(8, holiday(12))).sort(), ['create fleet 0 drop', 'create site 7 surge'])
})

test('many links of one supplier are one finding on the supplier', () => {
  const found = new Net().run(5, (s) => (s.supplier === 2 ? 0 : 1))
  assert.equal(told(found), ['create supplier 2 silence'])
  assert.is(found[0]!.evidence.supplier, 'supplier-2')
})

test('half of the sites of an organisation are one finding on it', () => {
  const found = new Net().run(5, (s) =>
    s.org === 3 && s.kind !== 'organization' && s.subject % 8 !== 3 ? 0.05 : 1,
  )
  assert.equal(told(found), ['create organization 3 drop'])
  assert.is(found[0]!.org, 'org-3')
})

test('a link that is left for the other one of its site is one finding', () => {
  const two = [...SERIES, { kind: 'link', subject: 201, org: 1, site: 1, supplier: 2 } as const]
  const times: Times = (s) => (s.subject === 101 ? 0 : s.subject === 201 ? 40 : 1)
  assert.equal(told(new Net(two).run(7, times, [], two)), ['create link 101 silence'])
})

test('judges nothing in a hole of the telemetry, nor by a step without an answer', () => {
  const net = new Net()
  assert.equal(told(net.run(6, () => 0)), [])
  assert.equal(net.answer('values', T0 + net.step * STEP_MS), [])
  const counts = net.engine.counts.services.baseline!
  assert.is(counts.gap_steps, 6)
  assert.is(counts.steps_without_values, 1)
})

test('holds back what is under maintenance, and what only the exporter that counts does not see', () => {
  const quiet: Times = (s) => (isOf(7)(s) ? 0 : 1)
  const held: StoreRow[] = [
    ['held', 1, 7, 0, 0, 0, 0],
    ['held', 2, 107, 0, 0, 0, 0],
  ]
  assert.equal(told(new Net().run(6, quiet, held)), [])
  const seen: StoreRow[] = [
    ['value', 1, 7, 0, 0, 0, 400],
    ['value', 2, 107, 0, 0, 0, 400],
  ]
  assert.equal(told(new Net().run(6, quiet, seen)), [])
})

test('goes on from a snapshot after any step with the same findings', () => {
  const times: Times = (s, i) => (isOf(7)(s) && i > 2 && i < 9 ? 0 : isOf(9)(s) && i > 4 ? 30 : 1)
  const whole = new Net().run(24, times)
  const pieces: Finding[] = []
  let net = new Net()
  for (let i = 0; i < 24; i++) {
    pieces.push(...net.run(1, (s) => times(s, i)))
    const next = new Net()
    next.engine.restore(net.engine.snapshot())
    next.step = net.step
    net = next
  }
  assert.ok(whole.length >= 3)
  assert.is(JSON.stringify(pieces), JSON.stringify(whole))
})

test('the tail of the normal law and the bound of discoveries are those of the books', () => {
  for (const [z, p] of [
    [1, 0.158655],
    [3, 0.0013499],
    [6, 9.8659e-10],
  ] as const)
    assert.ok(Math.abs(upperTail(z) / p - 1) < 1e-4, `${z}`)
  // Benjamini and Hochberg 1995, their table of 15 tests at 0.05: four are rejected.
  const chances = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
    0.759, 1,
  ]
  assert.is(discoveryBound(chances, 15, 0.05), 0.0095)
})

test.run()
