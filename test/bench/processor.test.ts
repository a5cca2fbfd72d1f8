import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runProcessorBench, TEST_SIZE } from '../../bench/processor.js'

const test = suite('bench processor')

test('stores every flow it published, and says where the time went', async () => {
  const result = await runProcessorBench(TEST_SIZE, 'all')
  assert.ok(result.flows > 0 && result.flows < TEST_SIZE.datagrams * TEST_SIZE.rounds * 24)
  assert.ok(result.nsPerFlow > 0 && result.mainNsPerFlow > 0)
  assert.equal(Object.keys(result.stageNsPerFlow).sort(), ['decode', 'encode', 'enrich', 'observe'])
})

test.run()
