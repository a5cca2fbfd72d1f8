import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runGeneratorBench, TEST_SIZE } from '../../bench/generator.js'

const test = suite('bench generator')

test('small: the same datagrams every time, all of them sent', async () => {
  const result = await runGeneratorBench(TEST_SIZE)
  assert.is(result.recordsPerDatagram, 25)
  assert.is(result.writeHash, '4e1a48f0b440cdea')
  assert.is(result.networkHash, '9a3c2f3e42c4a4ed')
  assert.ok(result.sentFlowsPerSecond > 0 && result.networkUsPerRecord > 0)
})

test.run()
