import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCollectorBench, TEST_SIZE } from '../../bench/collector.js'

const test = suite('bench collector')

test('small: every datagram that was sent is in a frame', async () => {
  const { collector } = await runCollectorBench(TEST_SIZE)
  assert.ok(collector.sent > 100)
  assert.is(collector.framed + collector.kernelDropped, collector.sent)
})

test.run()
