import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RecordShapes } from '../../../ingest/edge/record_shapes.js'

const test = suite('shapes of records')
const KEYS = Array.from(
  { length: 60 },
  (_, i) => `key_${String.fromCharCode(97 + (i % 26))}${'_'.repeat(i / 26)}`,
)

/** What any set of keys must give, put together the plain way. */
const plain = (values: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(KEYS.flatMap((key, i) => (values[i] === undefined ? [] : [[key, values[i]]])))

test('a record has the keys whose values are known, in their order, and no others', () => {
  const shapes = new RecordShapes(KEYS)
  for (const step of [1, 2, 3, 7, 29, 30, 31, 59]) {
    const values = KEYS.map((_, i) => (i % step === 0 ? `v${i}` : undefined))
    const made = shapes.make(values)
    assert.equal(Object.entries(made), Object.entries(plain(values)))
  }
  assert.equal(shapes.make(KEYS.map(() => undefined)), {})
})

test('more sets of keys than makers are kept for come out the same', () => {
  const shapes = new RecordShapes(KEYS)
  for (let n = 0; n < 1500; n++) {
    const values = KEYS.map((_, i) => ((n >> (i % 11)) & 1 ? n + i : undefined))
    assert.equal(Object.entries(shapes.make(values)), Object.entries(plain(values)))
  }
})

test('a key that is no name, or one too many, is refused', () => {
  assert.throws(() => new RecordShapes(['a-b']), /names/)
  assert.throws(() => new RecordShapes([...KEYS, 'x']), /sixty/)
})

test.run()
