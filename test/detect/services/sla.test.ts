import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { sla } from '../../../detect/services/sla.js'
import type { EdgeRecord } from '../../../model/edge_record.js'
import { joined, Line, linkRecord, registryOf, STEP_MS, T0 } from '../samples.js'

const test = suite('detect/services/sla')
const services = [anyService(sla)]

/** A link that is well: 20 ms round trip with some unrest. */
const well = (step: number, more: Readonly<Record<string, unknown>> = {}): EdgeRecord =>
  linkRecord('d1', {
    latency_ms: 20 + (step % 3),
    latency_kind: 'round_trip',
    jitter_ms: 1 + (step % 2),
    loss_ratio: 0,
    state: 'up',
    ...more,
  })

test('a brown-out is told once, with what is normal and what the contract says, and closed after quiet', () => {
  const line = new Line(services, registryOf(1))
  line.run(30, (step, ms) => [joined(well(step), ms, 0)])
  line.run(12, (step, ms) => [
    joined(well(step, { latency_ms: 170, jitter_ms: 45, loss_ratio: 0.08 }), ms, 0),
  ])
  line.run(60, (step, ms) => [joined(well(step), ms, 0)])
  const [finding, ...others] = line.created()
  assert.equal(others, [])
  assert.is(finding!.site, 's0')
  assert.is(finding!.severity_id, 3)
  const { kind, link, supplier, measures, contract_missed, objective_round_trip_ms, baseline_latency_ms } =
    finding!.evidence
  assert.equal([kind, link, supplier, objective_round_trip_ms], ['brownout', 's0-a', 'north', 80])
  assert.equal(measures, ['latency', 'jitter', 'loss'])
  assert.ok((contract_missed as string[]).includes('delay'))
  assert.ok(Math.abs(Number(baseline_latency_ms) - 21) < 1)
  assert.ok(finding!.time - (T0 + 31 * STEP_MS) <= 60_000)
  assert.is(finding!.first_seen, T0 + 31 * STEP_MS)
  assert.equal(
    line.findings.filter((f) => f.activity === 'close').map((f) => f.uid),
    [finding!.uid],
  )
})

test('one bad sample, a small rise, and a shorter way are nothing to tell', () => {
  const line = new Line(services)
  line.run(30, (step, ms) => [joined(well(step), ms)])
  line.run(1, (step, ms) => [joined(well(step, { latency_ms: 900, loss_ratio: 0.5 }), ms)])
  line.run(20, (step, ms) => [joined(well(step), ms)])
  line.run(20, (step, ms) => [joined(well(step, { latency_ms: 34 }), ms)])
  line.run(60, (step, ms) => [joined(well(step, { latency_ms: 3 }), ms)])
  assert.equal(line.findings, [])
})

test('one way and round trip, and kinds of statistics, are never mixed', () => {
  const line = new Line(services, registryOf(1))
  // Each of the two is steady; one history for both would see a leap at every sample.
  line.run(60, (step, ms) => [
    joined(well(step, { latency_ms: 20 }), ms, 0),
    joined(well(step, { latency_ms: 300, latency_kind: 'one_way', latency_statistic: 'max' }), ms, 0),
  ])
  assert.equal(
    line.created().map((f) => [f.evidence.kind, f.evidence.contract_missed, f.severity_id]),
    [['contract_missed', ['delay'], 2]],
  )
})

test('zeros of a dead tunnel are no measurement; a path that nobody tells of any more is dead', () => {
  const tunnel = (step: number, remote: string, more = {}): EdgeRecord =>
    ({ ...well(step), kind: 'tunnel', remote, state: undefined, ...more }) as EdgeRecord
  const line = new Line(services, registryOf(2))
  line.run(30, (step, ms) => [joined(tunnel(step, 'r1'), ms, 0), joined(tunnel(step, 'r2'), ms, 0)])
  line.run(30, (step, ms) => [
    joined(tunnel(step, 'r1'), ms, 0),
    joined(tunnel(step, 'r2', { state: 'down', latency_ms: 0, jitter_ms: 0, loss_ratio: 0, mos: 0 }), ms, 0),
  ])
  const [dead] = line.created()
  assert.equal([dead!.evidence.kind, dead!.evidence.paths_down], ['tunnel_down', 1])
  line.run(90, (step, ms) => [joined(tunnel(step, 'r1'), ms, 0), joined(tunnel(step, 'r2'), ms, 0)])
  line.run(30, (step, ms) => [joined(tunnel(step, 'r1'), ms, 0)])
  assert.equal(
    line.created().map((f) => f.evidence.kind),
    ['tunnel_down', 'tunnel_down'],
  )
  assert.equal(line.created('brownout'), [])
})

test('a link that is down, all links of a site, a link that flaps', () => {
  const line = new Line(services, registryOf(3))
  const state = (word: string): EdgeRecord => linkRecord('d1', { state: word })
  const both = (a: string, b: string, ms: number) => [joined(state(a), ms, 0, 0), joined(state(b), ms, 0, 1)]
  line.run(10, (_, ms) => both('up', 'up', ms))
  line.run(10, (_, ms) => both('down', 'up', ms))
  assert.equal(
    line.created().map((f) => [f.evidence.kind, f.evidence.link]),
    [['link_down', 's0-a']],
  )
  line.run(10, (_, ms) => both('down', 'down', ms))
  const site = line.created('site_down')
  assert.equal([site.length, site[0]!.site, site[0]!.severity_id], [1, 's0', 4])
  assert.is(line.created('link_down').length, 1)
  line.run(60, (_, ms) => both('up', 'up', ms))
  line.run(40, (step, ms) => both(step % 4 < 2 ? 'down' : 'up', 'up', ms))
  assert.is(line.created('flapping').length, 1)
})

test('half of the links of a supplier are one finding on the supplier', () => {
  const line = new Line(services, registryOf(10))
  const all = (step: number, ms: number, bad: (site: number) => boolean) =>
    Array.from({ length: 10 }, (_, site) => [
      joined(well(step, bad(site) ? { latency_ms: 180, loss_ratio: 0.1 } : {}), ms, site, 0),
      joined(well(step), ms, site, 1),
    ]).flat()
  line.run(30, (step, ms) => all(step, ms, () => false))
  line.run(30, (step, ms) => all(step, ms, (site) => site < 6))
  const [outage, ...others] = line.created()
  assert.equal(others, [])
  assert.is(outage!.site, undefined)
  const { kind, supplier, region, links_affected, links_known, sites } = outage!.evidence
  assert.equal(
    [kind, supplier, region, links_affected, links_known],
    ['carrier_outage', 'north', '06', 6, 10],
  )
  assert.equal(sites, ['s0', 's1', 's2', 's3', 's4', 's5'])
})

test('three of ten are three links', () => {
  const line = new Line(services, registryOf(10))
  line.run(40, (step, ms) =>
    Array.from({ length: 10 }, (_, site) =>
      joined(linkRecord('d', { state: step > 20 && site < 3 ? 'down' : 'up' }), ms, site),
    ),
  )
  assert.equal(
    line.created().map((f) => f.evidence.kind),
    ['link_down', 'link_down', 'link_down'],
  )
})

test('planned maintenance silences what it covers, and nothing else', () => {
  const start = new Date(T0).toISOString()
  const end = new Date(T0 + 3_600_000).toISOString()
  const line = new Line(services, registryOf(2, { maintenance: [{ id: 'm1', start, end, sites: ['s0'] }] }))
  line.run(30, (step, ms) => [
    joined(linkRecord('d', { state: step > 10 ? 'down' : 'up' }), ms, 0),
    joined(linkRecord('d', { state: step > 10 ? 'down' : 'up' }), ms, 1),
  ])
  assert.equal(
    line.created().map((f) => f.site),
    ['s1'],
  )
})

test('without a registry a device is judged all the same; what came late or twice is not judged again', () => {
  const line = new Line(services)
  line.run(30, (step, ms) => [joined(well(step), ms), joined(well(step), ms)])
  line.run(10, (step, ms) => [
    joined(well(step, { latency_ms: 200, loss_ratio: 0.09 }), ms),
    joined(well(step, { latency_ms: 800 }), ms - 7_200_000),
  ])
  const [finding, ...others] = line.created()
  assert.equal(others, [])
  assert.equal([finding!.org, finding!.evidence.device, finding!.evidence.latency_ms], [undefined, 'd1', 200])
  assert.is(line.engine.counts.services.sla!.too_late, 10)
})

test('what a link has been for a day is its new normal', () => {
  const line = new Line(services, undefined, { sla: { rebaseline_s: 1800 } })
  line.run(30, (step, ms) => [joined(well(step), ms)])
  line.run(400, (step, ms) => [joined(well(step, { latency_ms: 150 }), ms)])
  assert.equal(
    line.findings.map((f) => f.activity).filter((a) => a !== 'update'),
    ['create', 'close'],
  )
})

test.run()
