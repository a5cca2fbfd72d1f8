import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BASELINE_HORIZONS, profileOf, valuesOf } from '../../../detect/services/baseline_questions.js'
import type { StoreRow } from '../../../model/ports.js'
import { QuestionError } from '../../../model/question_error.js'
import { ClickHouseQuestions } from '../../../sinks/clickhouse/questions.js'
import { startStore, type TestStore, temporaryDir } from './start_store.js'

const test = suite('sinks/clickhouse/series')
const [PROFILES, VALUES] = BASELINE_HORIZONS
let store: TestStore
let questions: ClickHouseQuestions

test.before(async () => {
  store = await startStore({
    data_dir: temporaryDir(),
    schema: true,
    roll_minutes: 100_000,
    rollup_days: 20_000,
  })
  questions = new ClickHouseQuestions({ url: store.url })
  await store.rows(
    `INSERT INTO vigie.sites (number, id, version, organization) VALUES (1, 'a', 1, 5), (2, 'b', 1, 5)`,
  )
  await store.rows(`INSERT INTO vigie.links (number, id, version, site, supplier) VALUES (9, 'a-1', 1, 1, 3)`)
  for (const name of ['sites', 'links']) await store.rows(`SYSTEM RELOAD DICTIONARY vigie.${name}_names`)
})
test.after(async () => {
  await questions.close()
  await store.stop()
})

test('rolls the minutes of a slot by site, link, class and organisation, and again when frames of it come later', async () => {
  const [slotMs] = (
    await store.rows('SELECT toUnixTimestamp(toStartOfFiveMinutes(now() - INTERVAL 20 MINUTE)) * 1000')
  )
    .split('\n')
    .map(Number)
  const at = `toDateTime(${slotMs! / 1000})`
  const minute = (counted: number, bytes: number): string => `INSERT INTO vigie.flows_1m
    (minute, src_org_id, dst_org_id, src_site_id, dst_site_id, link_id, app_class_id, counted, flows, bytes_est)
    VALUES (${at} + 60, 5, 5, 1, 2, 9, 4, ${counted}, 10, ${bytes})`
  const ledger = `INSERT INTO vigie.ledger (sequence, closed) VALUES (1, ${at} + 90)`
  const roll = async (): Promise<void> => {
    await store.rows('SYSTEM REFRESH VIEW vigie.series_5m_roll')
    await store.rows('SYSTEM WAIT VIEW vigie.series_5m_roll')
  }
  for (const sql of [minute(1, 1000), minute(0, 5000), ledger]) await store.rows(sql)
  await roll()
  const slot = { startMs: slotMs!, endMs: slotMs! + 300_000 }
  assert.equal(await questions.ask(VALUES!.question(slot)), [], 'frames behind the slot are not stored yet')
  for (const sql of [minute(1, 500), `INSERT INTO vigie.ledger (sequence, closed) VALUES (2, ${at} + 301)`])
    await store.rows(sql)
  await store.rows(`INSERT INTO vigie.ledger (sequence, closed) VALUES (3, ${at} + 95)`)
  await roll()
  const { values } = valuesOf(await questions.ask(VALUES!.question(slot)))
  assert.equal(Object.fromEntries([...values].sort()), {
    '1:1': { of: [0, 1500, 20], records: 30 },
    '1:2': { of: [1500, 0, 20], records: 30 },
    '2:9': { of: [0, 1500, 20], records: 30 },
    // Within an organisation it both sends and gets.
    '3:1284': { of: [1500, 1500, 20], records: 30 },
    '4:5': { of: [1500, 1500, 20], records: 30 },
  })
})

const HOUR = Date.UTC(2026, 10, 2, 15)
const profiles = async (): Promise<readonly StoreRow[]> =>
  questions.ask(PROFILES!.question({ startMs: HOUR - 3_600_000, endMs: HOUR }))

/** The hours of four weeks that tell of `HOUR`: site 1 sends 10 MB in 100 flows; site 2 speaks in the last two weeks only. */
const HISTORY = `INSERT INTO vigie.series_5m
  SELECT toDateTime(${HOUR / 1000} - 604800 * week - 3600 + 300 * n, 'UTC'), 'site', site,
    2000000, 10000000 + 1000000 * (n % 5), 100, 100, now64(3)
  FROM (SELECT intDiv(number, 36) % 4 + 1 AS week, number % 36 AS n, intDiv(number, 144) + 1 AS site FROM numbers(288))
  WHERE site = 1 OR (week <= 2 AND n % 2 = 0)`

test('the profile of an hour of the week comes from the same hours of four weeks, silent slots counted as such', async () => {
  await store.rows('TRUNCATE TABLE vigie.series_5m')
  await store.rows(HISTORY)
  const [a, b] = (await profiles()).map(profileOf)
  assert.equal(
    [a!.key, a!.weeks, a!.samples, a!.quiet, a!.orgId, a!.siteId, a!.supplier],
    ['1:1', 4, 144, 0, 5, 1, 3],
  )
  assert.ok(Math.abs(a!.usual[3]! - Math.log1p(120)) < 1e-3, String(a!.usual[3]))
  assert.equal([b!.key, b!.weeks, b!.samples, b!.quiet], ['1:2', 2, 72, 0.5])
})

test('maintenance and what was found are not learned from', async () => {
  const from = HOUR / 1000 - 604_800
  await store.rows(
    `INSERT INTO vigie.maintenance_windows (version, id, valid_from, valid_to, sites) VALUES (1, 'w', toDateTime(${from}), toDateTime(${from + 1800}), [1])`,
  )
  await store.rows('INSERT INTO vigie.registry_versions (version) VALUES (1)')
  await store.rows(`INSERT INTO vigie.findings (uid, time, activity, service, first_seen, last_seen, evidence)
    VALUES ('u', toDateTime(${from + 6000}), 'create', 'baseline', toDateTime(${from + 3600}), toDateTime(${from + 4500}), '{"series_kind":"site","series":1}')`)
  const [a] = (await profiles()).map(profileOf)
  assert.is(a!.samples, 144 - 6 - 3)
  const slot = { startMs: HOUR - 604_800_000, endMs: HOUR - 604_800_000 + 300_000 }
  await store.rows(`INSERT INTO vigie.ledger (sequence, closed) VALUES (9, '2100-01-01 00:00:00')`)
  const { held } = valuesOf(await questions.ask(VALUES!.question(slot)))
  assert.equal([...held].sort(), ['1:1', '2:9'])
})

test('a question is cut by its bounds of rows and time, fails where the store does not take it, and only reads', async () => {
  const ask = async (sql: string, bounds: { maxRows?: number; timeoutMs?: number } = {}): Promise<string> => {
    try {
      await questions.ask({ sql, params: {}, maxRows: 10, timeoutMs: 60_000, ...bounds })
      return 'answered'
    } catch (error) {
      return error instanceof QuestionError ? error.outcome : 'away'
    }
  }
  assert.is(await ask('SELECT number FROM numbers(10)'), 'answered')
  assert.is(await ask('SELECT number FROM numbers(100000)'), 'cut')
  assert.is(
    await ask('SELECT sum(cityHash64(number)) FROM numbers(1000000000000)', { timeoutMs: 1000 }),
    'cut',
  )
  assert.is(await ask('SELECT nothing'), 'failed')
  assert.is(await ask('TRUNCATE TABLE vigie.series_5m'), 'failed')
  assert.is(await ask('SELECT 1 FROM vigie.not_there_yet'), 'away')
})

test.run()
