import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type StreamExtent, trimmableTo } from '../../../ingest/bus/frame_history.js'

const S = 1000
/** A hundred frames of 1,000 bytes from sequence 1, one a second. */
const stream: StreamExtent = {
  messages: 100,
  bytes: 100_000,
  first_seq: 1,
  last_seq: 100,
  first_ts: new Date(0).toISOString(),
  last_ts: new Date(99 * S).toISOString(),
}
const ample = { bytes: 1e9, ageMs: 1e9 }

const tests = suite('history of frames')

tests('nothing goes while the history has room', () => {
  assert.is(trimmableTo(stream, 100, ample), 1)
})

tests('what exceeds the bytes goes, oldest first', () => {
  assert.is(trimmableTo(stream, 80, { ...ample, bytes: 50_000 }), 31)
})

tests('what is too old goes', () => {
  const seq = trimmableTo(stream, 80, { ...ample, ageMs: 60 * S })
  assert.ok(seq >= 39 && seq <= 41, `below ${seq}`)
})

tests('frames that are not stored never go, and the newest always stay', () => {
  assert.is(trimmableTo(stream, 10, { bytes: 0, ageMs: 0 }), 11)
  assert.is(trimmableTo(stream, 0, { bytes: 0, ageMs: 0 }), 1)
  assert.ok(trimmableTo(stream, 100, { bytes: 0, ageMs: 0 }) <= 85)
})

tests('an empty stream has nothing to lose', () => {
  const empty = { ...stream, messages: 0, bytes: 0, first_seq: 101 }
  assert.is(trimmableTo(empty, 100, { bytes: 0, ageMs: 0 }), 101)
})

tests.run()
