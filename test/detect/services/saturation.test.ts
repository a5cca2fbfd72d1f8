import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { saturation } from '../../../detect/services/saturation.js'
import { joined, Line, linkRecord, registryOf } from '../samples.js'

const test = suite('detect/services/saturation')
const services = [anyService(saturation)]

test('a full link is told once, by direction, against the capacity of the registry', () => {
  const line = new Line(services, registryOf(1))
  line.run(10, (_, ms) => [
    joined(linkRecord('d', { tx_bps: 10e6, rx_bps: 60e6, rx_capacity_bps: 1e9 }), ms, 0),
  ])
  line.run(20, (_, ms) => [
    joined(linkRecord('d', { tx_bps: 10e6, rx_bps: 96e6, rx_capacity_bps: 1e9 }), ms, 0),
  ])
  const [finding, ...others] = line.created()
  assert.equal(others, [])
  const { kind, link, supplier, direction, capacity_bps, rate_bps } = finding!.evidence
  assert.equal(
    [kind, link, supplier, direction, capacity_bps, rate_bps],
    ['saturated', 's0-a', 'north', 'rx', 100e6, 96e6],
  )
  line.run(90, (_, ms) => [joined(linkRecord('d', { tx_bps: 10e6, rx_bps: 60e6 }), ms, 0)])
  assert.is(line.findings.at(-1)!.activity, 'close')
})

test('a peak is none, and neither is a link whose capacity nobody knows', () => {
  const line = new Line(services)
  line.run(40, (step, ms) => [
    joined(linkRecord('d1', { tx_bps: step % 8 < 2 ? 99e6 : 5e6, tx_capacity_bps: 100e6 }), ms),
    joined(linkRecord('d2', { tx_bps: 99e6 }), ms),
  ])
  assert.equal(line.findings, [])
})

test('counters: bytes of the interval, and readings that go round or begin anew', () => {
  const capacity = { rx_capacity_bps: 1e9 }
  const line = new Line(services)
  // 95 % of a gigabit in ten seconds; the counter of 32 bits goes round every fourth step.
  let counter = 2 ** 31
  const full = 0.95e9 * 1.25
  line.run(20, (_, ms) => {
    counter = (counter + full) % 2 ** 32
    return [
      joined(linkRecord('round', { rx_bytes: counter, bytes_kind: 'cumulative', ...capacity }), ms),
      joined(linkRecord('delta', { rx_bytes: full, bytes_kind: 'delta', ...capacity }), ms),
    ]
  })
  assert.equal(
    line.created().map((f) => f.evidence.device),
    ['round', 'delta'],
  )
  // A restarted device counts from nothing: no rate of it may be as large as what the counter held before.
  const anew = new Line(services)
  let bytes = 5e12
  anew.run(40, (step, ms) => {
    bytes = step % 5 === 0 ? 0 : bytes + 1e6
    return [joined(linkRecord('anew', { rx_bytes: bytes, bytes_kind: 'cumulative', ...capacity }), ms)]
  })
  assert.equal(anew.findings, [])
})

test('latency that rises with the load is queueing; without load it is not', () => {
  const line = new Line(services)
  const of = (device: string, load: number, latency_ms: number) =>
    linkRecord(device, { tx_bps: load * 1e8, tx_capacity_bps: 1e8, latency_ms })
  line.run(30, (step, ms) => [
    joined(of('busy', 0.2, 20 + (step % 2)), ms),
    joined(of('calm', 0.2, 20 + (step % 2)), ms),
  ])
  line.run(20, (_, ms) => [joined(of('busy', 0.8, 90), ms), joined(of('calm', 0.3, 90), ms)])
  assert.equal(
    line.created().map((f) => [f.evidence.kind, f.evidence.device]),
    [['queueing', 'busy']],
  )
})

test.run()
