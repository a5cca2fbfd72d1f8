import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runTemplateBombBench, TEST_SIZE } from '../../bench/template_bomb.js'

const test = suite('bench template_bomb')

test('every flow of the other exporter is decoded, and the bomb is refused at its bound', () => {
  const { flows, refused, templates, rounds, grownMib } = runTemplateBombBench(TEST_SIZE)
  assert.is(flows, (rounds + 1) * 380 * 24)
  assert.is(templates, 20_000)
  assert.ok(refused > 1000)
  assert.ok(grownMib < 64)
})

test.run()
