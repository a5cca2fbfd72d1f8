import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { serviceCategory } from '../../../app/service_titles.js'
import { incidentSchema } from '../../../model/incident.js'
import { Lifecycle } from '../../../sinks/itsm/lifecycle.js'
import { networkOf } from '../../../sinks/itsm/network.js'
import { Policy } from '../../../sinks/itsm/policy.js'
import { policySchema } from '../../../sinks/itsm/policy_config.js'
import { Bench, finding, registryOf, T0 } from './lifecycle_fixture.js'

const lifecycle = suite('the life of incidents')

lifecycle('an attack is an incident at once, and resolves when it is over', () => {
  const bench = new Bench()
  bench.findings(finding('a'))
  assert.equal(bench.kinds(), ['open'])
  const open = bench.single()
  assert.is(open.state, 'new')
  assert.is(open.group, 'Equipe-Org1')
  assert.equal(open.targets, ['itsm'])
  assert.ok(incidentSchema.safeParse(open).success, incidentSchema.safeParse(open).error?.message)
  bench.now += 10_000
  bench.findings(finding('a', { activity: 'close', time: bench.now, last_seen: bench.now }))
  bench.pass(59)
  assert.equal(bench.kinds(), ['open'], 'a moment of quiet is no end')
  bench.pass(2)
  assert.equal(bench.kinds(), ['open', 'resolve'])
  const resolved = bench.single()
  assert.is(resolved.state, 'resolved')
  assert.is(resolved.resolved, T0 + 10_000, 'it ended when its last finding did')
  assert.is(resolved.closing, 'recovered')
  assert.equal(
    resolved.history.map(({ version }) => version),
    [1, 2],
  )
  bench.pass(3 * 86_400 + 60, 600)
  assert.is(bench.single().state, 'closed')
  assert.is(bench.lifecycle.book.cases.size, 0)
  assert.is(bench.lifecycle.book.findingCount, 0)
})

lifecycle('minor findings are recorded, and open an incident when they grow', () => {
  const bench = new Bench()
  bench.findings(finding('a', { severity_id: 2 }))
  assert.equal(bench.kinds(), [])
  assert.equal(bench.links.get('a'), { finding: 'a', incident: '', rule: 'default_minor', time: T0 })
  bench.findings(finding('a', { severity_id: 5, activity: 'update', time: T0 + 5000 }))
  assert.equal(bench.kinds(), ['open'])
  assert.is(bench.links.get('a')?.incident, bench.single().uid)
})

lifecycle(
  'findings of one group are one incident; updates keep their distance, a higher priority does not',
  () => {
    const bench = new Bench()
    bench.findings(finding('a'))
    bench.pass(5)
    bench.findings(finding('b'), finding('c'))
    bench.pass(200)
    assert.equal(bench.kinds(), ['open'])
    bench.pass(100)
    assert.equal(bench.kinds(), ['open', 'update'])
    assert.is(bench.single().findings, 3)
    bench.findings(finding('d', { severity_id: 6 }))
    assert.equal(bench.kinds(), ['open', 'update', 'update'])
    assert.is(bench.transitions.at(-1)?.rule, 'priority')
    assert.is(bench.single().evidence[0]?.finding, 'd', 'weightiest first')
  },
)

lifecycle('a link that blips within the wait opens nothing', () => {
  const bench = new Bench()
  const link = { service: 'sla', evidence: { link: 's1-a' } } as const
  bench.findings(finding('a', link))
  bench.pass(10)
  bench.findings(finding('a', { ...link, activity: 'close', time: T0 + 10_000 }))
  bench.pass(60)
  assert.equal(bench.kinds(), [])
  assert.equal(bench.links.get('a')?.rule, 'over_within_wait')
})

lifecycle('a site that is down explains its links and tunnels, before and after it is known', () => {
  const bench = new Bench()
  bench.findings(finding('link', { service: 'sla', evidence: { link: 's1-a' } }))
  bench.findings(
    finding('far', { service: 'sla', site: 's2', evidence: { link: 's2-a', remote_site: 's1' } }),
    finding('down', { service: 'telemetry', evidence: { kind: 'site_down' } }),
    finding('traffic', { service: 'baseline' }),
  )
  bench.pass(40)
  const incident = bench.single()
  assert.match(incident.title.fr, 'Site s1 hors service')
  assert.is(incident.findings, 4)
  for (const uid of ['link', 'far', 'down', 'traffic'])
    assert.is(bench.links.get(uid)?.incident, incident.uid)
})

lifecycle('what a site explained and goes on without it stands for itself', () => {
  const bench = new Bench()
  const down = { service: 'telemetry', evidence: { kind: 'site_down' } } as const
  bench.findings(finding('down', down), finding('link', { service: 'sla', evidence: { link: 's1-a' } }))
  bench.pass(40)
  const site = bench.single()
  bench.findings(finding('down', { ...down, activity: 'close', time: bench.now }))
  bench.pass(301)
  assert.is(bench.incidents.get(site.uid)?.state, 'resolved')
  bench.pass(31)
  assert.equal(bench.kinds(), ['open', 'resolve', 'open'])
  assert.is.not(bench.links.get('link')?.incident, site.uid)
})

lifecycle(
  '10,000 findings of a carrier outage over 500 sites are at most 5 incidents, and each is linked',
  () => {
    const bench = new Bench({}, registryOf(600))
    let n = 0
    for (let second = 0; second < 100; second++) {
      bench.now = T0 + second * 1000
      const batch = []
      for (let i = 0; i < 5; i++) {
        const site = `s${second * 5 + i}`
        const at = { site, time: bench.now }
        batch.push(
          finding(`f${n++}`, {
            ...at,
            service: 'telemetry',
            severity_id: 5,
            evidence: { kind: 'site_down' },
          }),
        )
        for (let k = 0; k < 12; k++)
          batch.push(
            finding(`f${n++}`, { ...at, service: 'sla', evidence: { link: `${site}-a`, tunnel: `t${k}` } }),
          )
        for (let k = 0; k < 4; k++)
          batch.push(finding(`f${n++}`, { ...at, service: 'sla', evidence: { remote_site: site } }))
        for (let k = 0; k < 3; k++) batch.push(finding(`f${n++}`, { ...at, service: 'baseline' }))
      }
      bench.findings(...batch)
    }
    assert.is(n, 10_000)
    bench.pass(120)
    const incidents = [...bench.incidents.values()]
    assert.ok(incidents.length <= 5, `${incidents.length} incidents`)
    const carrier = incidents.find(({ supplier, site }) => supplier === 'telco-a' && site === undefined)
    assert.ok(carrier)
    assert.is(carrier.sites, 500)
    assert.is(carrier.priority, 1)
    assert.match(carrier.title.fr, 'Télé A')
    assert.is(bench.links.size, 10_000)
    const uids = new Set(incidents.map(({ uid }) => uid))
    assert.ok([...bench.links.values()].every(({ incident }) => uids.has(incident)))
    assert.ok(
      bench.steps.every((step) => JSON.stringify(step).length < 1_000_000),
      'a step fits one message',
    )
  },
)

lifecycle('links that have been bad for days are no outage of their carrier', () => {
  const bench = new Bench()
  for (let i = 0; i < 8; i++) {
    const at = { site: `s${i}`, time: bench.now, first_seen: bench.now, last_seen: bench.now }
    bench.findings(finding(`f${i}`, { ...at, service: 'sla', evidence: { link: `s${i}-a` } }))
    bench.pass(3600, 60)
  }
  assert.is(bench.incidents.size, 8)
})

lifecycle('maintenance holds its findings back; what outlives it is told', () => {
  const registry = registryOf(5, {
    maintenance: [
      { id: 'CHG1', start: '2026-11-20T14:00:00Z', end: '2026-11-20T16:00:00Z', suppliers: ['telco-a'] },
      { id: 'CHG2', start: '2026-11-20T14:00:00Z', end: '2026-11-20T15:00:01Z', sites: ['s1'] },
    ],
  })
  const bench = new Bench({}, registry)
  const link = { service: 'sla', evidence: { link: 's1-a' } } as const
  bench.findings(
    finding('a', link),
    finding('b', { ...link, site: 's2', evidence: { link: 's2-a' } }),
    finding('x'),
  )
  bench.pass(100)
  assert.equal(
    bench.transitions.map(({ kind, incident }) => [kind, bench.incidents.get(incident)?.service]),
    [['open', 'ddos']],
    'an attack during a maintenance is an attack',
  )
  assert.is(bench.links.get('a')?.rule, 'maintenance:CHG1')
  bench.findings(finding('b', { ...link, site: 's2', activity: 'close', time: bench.now }))
  bench.pass(3600, 60)
  bench.pass(60)
  const told = [...bench.incidents.values()].filter(({ service }) => service === 'sla')
  assert.equal(
    told.map(({ site, findings }) => [site, findings]),
    [['s1', 1]],
  )
})

lifecycle('the past opens nothing: a replay of last month, or a stream of before the first start', () => {
  const bench = new Bench()
  bench.findings(
    finding('old', { time: T0 - 86_400_000 }),
    finding('night', { time: T0 - 5 * 3_600_000, site: 's2' }),
  )
  assert.equal(bench.kinds(), ['open'])
  assert.is(bench.links.get('old')?.rule, 'stale')
})

lifecycle('a silence of an operator holds until it ends', () => {
  const bench = new Bench()
  const silence = { id: 'q', site: 's1', untilMs: T0 + 60_000, by: 'operator:a', comment: 'essai' }
  bench.give([{ type: 'silence', silence }])
  bench.findings(finding('a'), finding('b', { site: 's2' }))
  assert.equal(bench.kinds(), ['open'])
  assert.is(bench.links.get('a')?.rule, 'silence:q')
  bench.pass(61)
  assert.equal(bench.kinds(), ['open', 'open'])
  bench.give([
    { type: 'silence', silence: { ...silence, id: 'r', site: 's3', untilMs: bench.now + 86_400_000 } },
  ])
  bench.findings(finding('c', { site: 's3', time: bench.now }))
  assert.is(bench.kinds().length, 2)
  bench.give([{ type: 'silence', silence: { ...silence, id: 'r', site: 's3', untilMs: bench.now } }])
  assert.is(bench.kinds().length, 3, 'ended before its time')
})

lifecycle('an incident that comes and goes is damped, and what recurs is a problem', () => {
  const bench = new Bench()
  for (let i = 0; i < 4; i++) {
    bench.findings(finding(`f${i}`, { time: bench.now }))
    bench.pass(20)
    bench.findings(finding(`f${i}`, { activity: 'close', time: bench.now }))
    bench.pass(120)
  }
  const flapping = bench.single()
  assert.is(flapping.state, 'new', 'unstable: not resolved after a minute any more')
  assert.ok(flapping.flapping)
  assert.is(flapping.reopened, 2)
  bench.pass(1800, 10)
  assert.is(bench.single().state, 'resolved')
  for (let day = 0; day < 3; day++) {
    bench.findings(finding(`g${day}`, { time: bench.now }))
    bench.findings(finding(`g${day}`, { activity: 'close', time: bench.now + 1 }))
    bench.pass(86_400, 300)
  }
  const problems = [...bench.incidents.values()].filter(({ kind }) => kind === 'problem')
  assert.is(problems.length, 1)
  assert.match(problems[0]!.title.fr, 'Problème récurrent')
  assert.ok([...bench.incidents.values()].some(({ problem }) => problem === problems[0]!.uid))
})

lifecycle('nobody takes charge: it is escalated, times pass, and it is told again', () => {
  const bench = new Bench({
    rules: [{ name: 'loud', impact: 1, urgency: 1, escalation: 'night', repeat_s: 7200 }],
    chains: {
      night: [
        { after_s: 0, notify: ['on_call:noc'] },
        { after_s: 600, notify: ['group', 'Cadre'] },
      ],
    },
    on_call: { noc: { people: ['Anne', 'Blaise'], start: '2026-11-16' } },
  })
  bench.findings(finding('a'))
  assert.equal(bench.kinds(), ['open', 'escalate'])
  assert.equal(bench.single().notified, ['Anne'])
  bench.pass(600, 10)
  assert.is(bench.single().tier, 2)
  assert.equal(bench.single().notified, ['Anne', 'Equipe-Org1', 'Cadre'])
  bench.pass(7000, 10)
  assert.equal(bench.kinds(), ['open', 'escalate', 'breach', 'escalate', 'breach', 'remind'])
  assert.equal(bench.single().breached, ['notify', 'acknowledge'])
})

lifecycle('a machine that reads the steps of another stands where it stands', () => {
  const registry = registryOf(60)
  const bench = new Bench({}, registry)
  for (let i = 0; i < 300; i++) {
    bench.now += (i * 7919) % 4000
    const site = `s${(i * 31) % 60}`
    const network = i % 3 > 0
    bench.findings(
      finding(`f${i}`, {
        time: bench.now,
        first_seen: bench.now,
        site,
        severity_id: 2 + (i % 5),
        ...(network && { service: 'sla', evidence: { link: `${site}-a` } }),
      }),
      ...(i > 40
        ? [finding(`f${i - 40}`, { activity: 'close', time: bench.now, site: `s${((i - 40) * 31) % 60}` })]
        : []),
    )
    bench.pass(i % 5)
  }
  assert.ok(bench.kinds().includes('resolve'))
  const network = networkOf({ registry })
  const deps = {
    policy: new Policy(policySchema.parse({}), network, serviceCategory),
    network,
    targets: ['itsm'],
    lang: 'fr',
  } as const
  const other = new Lifecycle(deps)
  const half = Math.floor(bench.steps.length / 2)
  for (const step of bench.steps.slice(0, half)) other.apply(step)
  const third = new Lifecycle(deps)
  third.restore(JSON.parse(JSON.stringify(other.snapshot())))
  for (const step of bench.steps.slice(half)) third.apply(step)
  const sorted = ({ book, ...rest }: ReturnType<Lifecycle['snapshot']>) =>
    JSON.parse(
      JSON.stringify({
        ...rest,
        findings: [...book.findings].sort((a, b) => (a.uid < b.uid ? -1 : 1)),
        cases: [...book.cases].sort((a, b) => (a.key < b.key ? -1 : 1)),
        recurrences: [...book.recurrences].sort((a, b) => (a[0] < b[0] ? -1 : 1)),
      }),
    )
  assert.equal(sorted(third.snapshot()), sorted(bench.lifecycle.snapshot()))
})

lifecycle.run()
