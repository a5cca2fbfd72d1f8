import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runBaselineBench, STORE_SETTINGS, TEST_SIZE } from '../../bench/baseline.js'
import { baselinePage, intoBaselinePage } from '../../bench/baseline_page.js'
import { poissonLower, poissonUpper } from '../../bench/detection_page.js'
import { startStore, temporaryDir } from '../sinks/clickhouse/start_store.js'

const test = suite('bench baseline')

test('finds what was put into the traffic, an outage once, and nothing in a hole of the telemetry', async () => {
  const store = await startStore({ data_dir: temporaryDir(), schema: true, ...STORE_SETTINGS })
  const results = await runBaselineBench(TEST_SIZE, store.url).finally(() => store.stop())
  const [result] = results
  assert.equal(
    result!.counted.filter((c) => !c.found),
    [],
  )
  assert.is(result!.supplier, 1)
  assert.is(result!.gap, 0)
  const page = baselinePage(TEST_SIZE, results)
  assert.match(page, /recall 1\.000 \(3 of 3\)/)
  const marked = intoBaselinePage(
    'a\n<!-- written by bench/baseline.ts: begin -->\nformer\n<!-- written by bench/baseline.ts: end -->\nb\n',
    page,
  )
  assert.not.match(marked, /former/)
})

test('the interval of a Poisson count is the exact one', () => {
  // Garwood's: 0 → 3.689; 3 → 0.619 to 8.767.
  assert.ok(Math.abs(poissonUpper(0) - 3.689) < 0.001)
  assert.ok(Math.abs(poissonLower(3) - 0.6187) < 0.001)
  assert.ok(Math.abs(poissonUpper(3) - 8.7673) < 0.001)
})

test.run()
