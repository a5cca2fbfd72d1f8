import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runInsertBench, TEST_SIZE } from '../../bench/insert.js'

const test = suite('bench insert')

test('inserts the same rows every time, and rolls them up', async () => {
  const result = await runInsertBench(TEST_SIZE)
  assert.is(result.hash, 'ee9d60cbd7e39edf')
  for (const { rowsPerSecond, storeUsPerRow, bytesPerRow } of [
    result,
    result.withoutRollup,
    result.manySites,
  ])
    assert.ok(rowsPerSecond > 0 && storeUsPerRow >= 0 && bytesPerRow > 0)
  assert.is(result.withoutRollup.rollupPerMille, 0)
  assert.ok(result.rollupPerMille > 0 && result.rollupPerMille < result.manySites.rollupPerMille)
})

test.run()
