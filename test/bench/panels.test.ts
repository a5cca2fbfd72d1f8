import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { panelsSection, runPanels, TEST_SIZE } from '../../bench/panels.js'
import { builtIn } from '../../dashboards/build.js'
import { startStore, type TestStore, temporaryDir } from '../sinks/clickhouse/start_store.js'

const test = suite('bench panels')
let store: TestStore

test.before(async () => {
  store = await startStore({ data_dir: temporaryDir(), schema: true, roll_minutes: 100_000 })
})
test.after(() => store.stop())

test('fills a store with the same rows every time, and asks every query of every page', async () => {
  const now = Math.floor(Date.now() / 3_600_000) * 3600
  const figures = await runPanels(TEST_SIZE, now, store.url, () => undefined)
  assert.is(figures.hash, 'f7cf930f2f74c22b')
  const panels = builtIn('fr').reduce((sum, board) => sum + board.panels.length, 0)
  const readers = 2
  assert.is(figures.queries, readers * panels)
  assert.ok(figures.p50 > 0 && figures.p50 <= figures.p95 && figures.p95 <= figures.worst)
  const shown = figures.panels.filter(
    ({ reader, range, rows }) => reader === 'all' && range === 'own' && rows > 0,
  )
  assert.ok(shown.length > panels * 0.9, `${shown.length} of ${panels} panels show rows`)
  assert.match(panelsSection(figures), /\| traffic \| \d+ \|/)
})

test.run()
