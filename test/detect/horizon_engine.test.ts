import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalogue } from '../../detect/catalogue.js'
import { HorizonEngine } from '../../detect/horizon_engine.js'
import type { Horizon } from '../../detect/service.js'
import type { Finding } from '../../model/finding.js'
import { toyHorizon, toyService } from './horizons.js'

const test = suite('detect/horizon_engine')
const T0 = Date.UTC(2026, 10, 21, 12)
const engineOf = (...horizons: Horizon[]): HorizonEngine =>
  new HorizonEngine({ catalogue: new Catalogue({ services: [toyService(horizons)] }) })

/** Answers all slots that are due at `nowMs`; in which order they were, and what was found. */
function answer(engine: HorizonEngine, nowMs: number): { order: string[]; findings: Finding[] } {
  const order: string[] = []
  const findings: Finding[] = []
  for (let due = engine.due(nowMs); due !== undefined; due = engine.due(nowMs)) {
    const { service, horizon, slot } = due
    order.push(`${horizon.id} ${(slot.startMs - T0) / 60_000}`)
    const about = { service, horizon: horizon.id, startMs: slot.startMs, outcome: 'answered' } as const
    findings.push(...engine.apply({ ...about, rows: [[slot.startMs / 1000]] }))
  }
  return { order, findings }
}

test('begins with the newest slot, and asks for a slot once it has settled', () => {
  const engine = engineOf(toyHorizon('five', 300, { settleS: 120 }))
  assert.equal(answer(engine, T0 + 119_000).order, ['five -10'])
  assert.is(engine.nextMs(T0 + 119_000), T0 + 120_000)
  assert.equal(answer(engine, T0 + 120_000).order, ['five -5'])
  assert.equal(answer(engine, T0 + 121_000).order, [])
})

test('puts the slots of several horizons in the order in which they have settled', () => {
  const engine = engineOf(
    toyHorizon('hour', 3600, { settleS: 180 }),
    toyHorizon('five', 300, { settleS: 120 }),
  )
  answer(engine, T0 - 60_000)
  const { order } = answer(engine, T0 + 430_000)
  assert.equal(order, ['five -5', 'hour -60', 'five 0'])
})

test('asks for missed slots afterwards, up to a bound, and counts those beyond', () => {
  const engine = engineOf(toyHorizon('five', 300, { catchUp: 3 }))
  answer(engine, T0)
  assert.equal(answer(engine, T0 + 3_000_000).order, ['five 35', 'five 40', 'five 45'])
  assert.equal(engine.counts.slots, { answered: 4, cut: 0, failed: 0, late: 0, missed: 7 })
})

test('a question without an answer moves time on, and its slot is not asked for again', () => {
  const engine = engineOf(toyHorizon('five', 300))
  const due = engine.due(T0)!
  engine.apply({ service: due.service, horizon: 'five', startMs: due.slot.startMs, outcome: 'cut' })
  assert.is(engine.due(T0), undefined)
  assert.is(engine.nowMs, T0)
  assert.is(engine.counts.slots.cut, 1)
})

test('goes on from a snapshot after any answer as if nothing had been', () => {
  const horizons = [toyHorizon('five', 300), toyHorizon('hour', 3600)]
  const whole = engineOf(...horizons)
  const first = answer(whole, T0)
  const rest = answer(whole, T0 + 8_000_000)
  let engine = engineOf(...horizons)
  const found: Finding[] = []
  for (let nowMs = T0; nowMs <= T0 + 8_000_000; nowMs += 100_000) {
    found.push(...answer(engine, nowMs).findings)
    const bytes = engine.snapshot()
    engine = engineOf(...horizons)
    engine.restore(bytes)
  }
  assert.equal(JSON.stringify(found), JSON.stringify([...first.findings, ...rest.findings]))
  assert.equal(engine.counts, whole.counts)
})

test.run()
