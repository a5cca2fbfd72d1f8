import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SERVICE_TITLES } from '../../app/service_titles.js'
import { checkDashboards } from '../../dashboards/check.js'
import { LANGUAGES } from '../../dashboards/language.js'
import { clickHouseRows, type RowSource } from '../../dashboards/row_source.js'
import { type DemoStore, startDemoStore } from './demo_store.js'

const check = suite('dashboards: every query on the store')
let store: DemoStore
let rows: RowSource

check.before(async () => {
  store = await startDemoStore()
  rows = clickHouseRows(store.url, 4)
})
check.after(async () => {
  await rows.close()
  await store.stop()
})

check('every panel of both languages runs, has the right shape, and draws rows', async () => {
  const { faults, empty, queries } = await checkDashboards(LANGUAGES, rows, store.nowMs, SERVICE_TITLES)
  assert.equal(faults, [])
  assert.equal(empty, [])
  assert.ok(queries > 200, `${queries}`)
})

check('reads one row or a thousand within its bounds', async () => {
  const bounds = { rowsMax: 10, secondsMax: 5 }
  const frame = await rows.query('SELECT number FROM numbers(1000)', bounds)
  assert.is(frame.rows.length, 10)
  assert.is(frame.truncated, true)
})

check('cannot write', async () => {
  const bounds = { rowsMax: 10, secondsMax: 5 }
  for (const sql of [
    'DROP TABLE vigie.flows',
    'INSERT INTO vigie.findings (uid) VALUES (1)',
    'SET readonly = 0',
  ]) {
    try {
      await rows.query(sql, bounds)
    } catch (error) {
      assert.is((error as Error).name, 'QueryError', sql)
      continue
    }
    assert.unreachable(sql)
  }
})

check.run()
