import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalogue } from '../../../detect/catalogue.js'
import { HorizonEngine } from '../../../detect/horizon_engine.js'
import { anyService } from '../../../detect/service.js'
import { saturation } from '../../../detect/services/saturation.js'
import type { StoreRow } from '../../../model/ports.js'
import { ClickHouseQuestions } from '../../../sinks/clickhouse/questions.js'
import { startStore, temporaryDir } from '../../sinks/clickhouse/start_store.js'

const test = suite('detect/services/saturation_forecast')
const DAY_MS = 86_400_000
/** A Monday. */
const TODAY = Date.UTC(2026, 10, 23)

const engineOf = (): HorizonEngine =>
  new HorizonEngine({
    catalogue: new Catalogue({ services: [anyService(saturation)] }),
    orgName: (id) => `org-${id}`,
    siteName: (id) => `site-${id}`,
  })

/** A link of 100 Mbit/s that carries 70 and grows by `growth` Mbit/s a week, give or take `error` at 95 %. */
const row = (growth: number, error: number, weeks = 20): StoreRow => {
  const until = (share: number): number => (share * 100 - 70) / growth
  return [
    1,
    'tx',
    TODAY / 1000,
    weeks,
    100e6,
    70e6,
    growth * 1e6,
    (growth - error) * 1e6,
    until(0.8),
    until(1),
    'link-1',
    7,
    3,
    'boreal',
  ]
}

const answer = (engine: HorizonEngine, day: number, rows: readonly StoreRow[]) =>
  engine.apply({
    service: 'saturation',
    horizon: 'forecasts',
    startMs: TODAY + (day - 1) * DAY_MS,
    outcome: 'answered',
    rows,
  })

test('tells a link that fills within ninety days also where it grows slowly, once', () => {
  const engine = engineOf()
  const found = answer(engine, 0, [row(1.2, 0.3)])
  assert.equal(
    found.map((f) => f.activity),
    ['create'],
  )
  const { evidence, title, org, site } = found[0]!
  assert.equal([org, site, title.fr], ['org-3', 'site-7', 'Saturation prévue du lien link-1'])
  assert.is(evidence.full_80_on, new Date(TODAY + 61 * DAY_MS).toISOString().slice(0, 10))
  assert.is(evidence.full_100_on, new Date(TODAY + 178 * DAY_MS).toISOString().slice(0, 10))
  const next = [1, 2, 3].flatMap((day) => answer(engine, day, [row(1.1, 0.5)]))
  assert.equal(
    next.filter((f) => f.activity === 'create'),
    [],
  )
})

test('an uncertain growth, a far day, a short history and a link that is full already are no forecast', () => {
  for (const rows of [
    [row(1.2, 1.2)],
    [row(0.4, 0.1)],
    [row(1.2, 0.3, 7)],
    [[...row(1.2, 0.3)].map((v, i) => (i === 5 ? 85e6 : v))],
  ])
    assert.equal(answer(engineOf(), 0, rows), [])
})

test('closes a forecast that has not been made for two weeks', () => {
  const engine = engineOf()
  answer(engine, 0, [row(1.2, 0.3)])
  const later = Array.from({ length: 16 }, (_, i) => answer(engine, i + 1, [row(0.1, 0.3)])).flat()
  assert.equal(
    later.map((f) => f.activity),
    ['close'],
  )
})

test('reads the newest forecast of the store', async () => {
  const store = await startStore({
    data_dir: temporaryDir(),
    schema: true,
    roll_minutes: 100_000,
    rollup_days: 20_000,
  })
  const questions = new ClickHouseQuestions({ url: store.url })
  try {
    await store.rows(`INSERT INTO vigie.sites (number, id, version, organization) VALUES (7, 'a', 1, 3)`)
    await store.rows(
      `INSERT INTO vigie.links (number, id, version, site, supplier) VALUES (1, 'link-1', 1, 7, 2)`,
    )
    await store.rows(`INSERT INTO vigie.suppliers (number, id, version) VALUES (2, 'boreal', 1)`)
    for (const name of ['sites', 'links', 'suppliers'])
      await store.rows(`SYSTEM RELOAD DICTIONARY vigie.${name}_names`)
    const forecast = (day: string, growth: number): string => `INSERT INTO vigie.capacity_forecasts
      (day, link, direction, weeks, capacity_bps, growth_bps_per_week, growth_low_bps_per_week, p95_now_bps, reached, reckoned)
      VALUES ('${day}', 1, 'tx', 20, 100e6, ${growth}, ${growth - 0.3e6}, 70e6, [(8.3, 7, 11), (25, 20, NULL)], now64(3))`
    await store.rows(forecast('2026-11-16', 0.1e6))
    await store.rows(forecast('2026-11-23', 1.2e6))
    const engine = engineOf()
    const { horizon, slot } = engine.due(TODAY + DAY_MS + 8 * 3_600_000)!
    const found = answer(engine, 1, await questions.ask(horizon.question(slot)))
    assert.is(slot.endMs, TODAY + DAY_MS)
    assert.is(found[0]?.evidence.growth_bps_per_week, 1.2e6)
    assert.is(found[0]?.evidence.supplier, 'boreal')
  } finally {
    await questions.close()
    await store.stop()
  }
})

test.run()
