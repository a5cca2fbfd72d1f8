import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runReloadBench, TEST_SIZE } from '../../bench/reload.js'

const test = suite('bench reload')

test('loses no flow and mixes no versions while the registry is reloaded under load', async () => {
  const result = await runReloadBench(TEST_SIZE)
  assert.is(result.flowsOut, result.flowsIn)
  assert.is(result.mixed, 0)
  assert.ok(result.versions > 1, `${result.versions} versions were in use`)
})

test.run()
