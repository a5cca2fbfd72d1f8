import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runDecodeBench, TEST_SIZE } from '../../bench/decode.js'

const test = suite('bench decode')

test('decodes every record it made, to the same columns every time', () => {
  const result = runDecodeBench(TEST_SIZE)
  assert.is(result.records, TEST_SIZE.datagrams * 24)
  assert.is(result.hash, '6ec00ea2638d1740')
  assert.is.not(result.hash, runDecodeBench({ ...TEST_SIZE, seed: 2 }).hash)
  assert.ok(result.recordsPerSecond > 0 && result.learnNsPerDatagram > 0)
})

test.run()
