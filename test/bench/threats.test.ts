import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runThreatBench, TEST_SIZE } from '../../bench/threats.js'

const test = suite('bench threats')

test('matches every flow that the feed names, and no other', () => {
  const { matched, expected, missNs } = runThreatBench(TEST_SIZE)
  assert.is(matched, expected)
  assert.ok(missNs > 0)
})

test.run()
