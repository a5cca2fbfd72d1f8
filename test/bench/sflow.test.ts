import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runSflowBench, TEST_SIZE } from '../../bench/sflow.js'

const test = suite('bench sflow')

test('small: every sample becomes a row, and the columns keep their meaning', () => {
  const result = runSflowBench(TEST_SIZE)
  assert.is(result.samples, TEST_SIZE.datagrams * 7)
  assert.is(result.hash, '6a505ac1aa12f59e')
})

test.run()
