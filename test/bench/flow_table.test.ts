import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runFlowTableBench, TEST_SIZE } from '../../bench/flow_table.js'

const test = suite('bench flow_table')

test('fills and merges every form of the table', async () => {
  const forms = await runFlowTableBench(TEST_SIZE)
  assert.ok(forms.length >= 8)
  assert.is(forms[0]!.form, 'as it is')
  for (const { form, bytesPerRow } of forms) assert.ok(bytesPerRow > 0, form)
  const bytes = (form: string): number => forms.find((f) => f.form === form)!.bytesPerRow
  assert.ok(bytes('ZSTD(1) for all') < bytes('LZ4 alone'))
})

test.run()
