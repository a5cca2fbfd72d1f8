import { deserialize, serialize } from 'node:v8'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyHash, type SavedBook, VolumeBook } from '../../detect/volume_book.js'
import type { VolumeSeries } from '../../detect/volume_series.js'
import { VolumeEntry } from '../../detect/volume_table.js'

const test = suite('detect/volume_book')

/** Notes volume of host `n` in `step`; how many series had to go. */
function note(book: VolumeBook, n: number, step: number): { series: VolumeSeries | undefined; gone: number } {
  const entry = new VolumeEntry()
  entry.address.set([0, 0, 0xffff0000, n])
  let gone = 0
  const hash = keyHash(entry.address, 0, entry.tag)
  const series = book.of(
    entry,
    hash,
    step,
    () => `host ${n}`,
    (count) => {
      gone += count
    },
  )
  if (series !== undefined) series.newest = step
  return { series, gone }
}

test('keeps one series a key and notes each once until it was judged', () => {
  const book = new VolumeBook(100)
  const { series } = note(book, 1, 5)
  note(book, 2, 5)
  assert.is(note(book, 1, 6).series, series)
  assert.equal(
    [...book.changed].map(({ subject }) => subject),
    ['host 1', 'host 2'],
  )
  book.judged()
  note(book, 2, 7)
  assert.equal(
    [...book.changed].map(({ subject }) => subject),
    ['host 2'],
  )
})

test('makes room for a tenth at once, of those that were quiet for longest, and finds the others again', () => {
  const book = new VolumeBook(100)
  const all = Array.from({ length: 100 }, (_, n) => note(book, n, n < 30 ? 10 : 20).series)
  assert.is(note(book, 100, 21).gone, 10)
  assert.equal(book.changed.size, 91)
  for (let n = 10; n < 100; n++) assert.is(note(book, n, 22).series, all[n])
  assert.is.not(note(book, 3, 22).series, all[3])
})

test('goes on from what it saved as if it had not stopped', () => {
  const book = new VolumeBook(50)
  for (let n = 0; n < 50; n++) note(book, n, n)
  book.judged()
  for (const n of [7, 3]) note(book, n, 60)
  const other = new VolumeBook(50)
  other.restore(deserialize(serialize(book.snapshot())) as SavedBook)
  for (const of of [book, other]) {
    assert.equal(
      [...of.changed].map(({ subject }) => subject),
      ['host 7', 'host 3'],
    )
    assert.is(note(of, 50, 61).gone, 5)
    assert.is(note(of, 49, 61).series!.subject, 'host 49')
  }
  assert.equal(serialize(other.snapshot()), serialize(book.snapshot()))
})

test.run()
