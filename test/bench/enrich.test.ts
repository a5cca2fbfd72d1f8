import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runEnrichBench, TEST_SIZE } from '../../bench/enrich.js'

const test = suite('bench enrich')

test('small: lookups are the naive table’s, and the columns keep their meaning', () => {
  const result = runEnrichBench(TEST_SIZE)
  assert.is(result.wrong, 0)
  assert.is(result.hash, 'e51e7340e5e41d4f')
})

test.run()
