import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SequenceStream } from '../../../ingest/udp/loss.js'

const NETFLOW9 = 9
const IPFIX = 10
const loss = suite('loss')

/** Feeds a v9 stream: one unit a datagram, no up time. */
const feed = (stream: SequenceStream, sequences: Iterable<number>): void => {
  for (const sequence of sequences) stream.arrive(sequence >>> 0, 1, -1, -1)
}
function* range(from: number, to: number): Generator<number> {
  for (let n = from; n < to; n++) yield n
}

loss('finds nothing lost in an unbroken sequence', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  feed(stream, range(1000, 3000))
  assert.equal(
    [stream.lost, stream.reordered, stream.duplicates, stream.restarts, stream.open],
    [0, 0, 0, 0, 0],
  )
})

loss('counts a missing datagram only when 64 more have come without it', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  feed(stream, range(0, 10))
  feed(stream, range(11, 11 + 65))
  assert.equal([stream.lost, stream.open], [0, 1])
  feed(stream, [76])
  assert.equal([stream.lost, stream.open], [1, 0])
})

loss('takes a datagram that was overtaken for late, not lost', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  feed(stream, [1, 2, 5, 3, 4, 6, 8, 7])
  feed(stream, range(9, 200))
  assert.equal([stream.lost, stream.reordered, stream.duplicates], [0, 3, 0])
})

loss('counts duplicates apart', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  feed(stream, [...range(0, 100), 99, 98, 60, ...range(100, 300)])
  assert.equal([stream.lost, stream.duplicates, stream.restarts], [0, 3, 0])
})

loss('goes on over the end of the 32 bits', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  feed(stream, range(2 ** 32 - 50, 2 ** 32 + 50))
  feed(stream, range(2 ** 32 + 53, 2 ** 32 + 200))
  assert.equal([stream.lost, stream.restarts], [3, 0])
})

loss('counts records for v5 and IPFIX, by the records of each datagram', () => {
  const stream = new SequenceStream(IPFIX, 1, 0)
  let next = 4_000_000_000
  let lost = 0
  for (let i = 0; i < 500; i++) {
    const records = 1 + (i % 30)
    if (i % 50 === 7) lost += records
    else stream.arrive(next >>> 0, records, 1, -1)
    next += records
  }
  assert.is(stream.lost + stream.open, lost)
  assert.is(stream.duplicates, 0)
})

loss('puts a late datagram of records back into the middle of its gap', () => {
  const stream = new SequenceStream(IPFIX, 1, 0)
  stream.arrive(0, 10, 1, -1)
  stream.arrive(40, 10, 1, -1)
  stream.arrive(20, 10, 1, -1)
  assert.equal([stream.open, stream.reordered], [20, 1])
  for (let i = 0; i < 70; i++) stream.arrive(50 + 10 * i, 10, 1, -1)
  assert.equal([stream.lost, stream.open], [20, 0])
})

loss('takes a fall of the up time for a restart, with no loss', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  for (let i = 0; i < 100; i++) stream.arrive(90_000 + i, 1, -1, 500_000_000 + i)
  for (let i = 0; i < 100; i++) stream.arrive(i, 1, -1, 1000 + i)
  assert.equal([stream.lost, stream.restarts, stream.duplicates], [0, 1, 0])
})

loss('counts what was still missing when the exporter restarted', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  for (const sequence of [1, 2, 5]) stream.arrive(sequence, 1, -1, 500_000_000)
  stream.arrive(0, 1, -1, 10)
  assert.equal([stream.lost, stream.restarts], [2, 1])
})

loss('lets the up time wrap after 49.7 days without a restart', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  for (let i = 0; i < 100; i++) stream.arrive(5 * i, 1, -1, (2 ** 32 - 1000 + 20 * i) >>> 0)
  assert.is(stream.restarts, 0)
  assert.is(stream.lost + stream.open, 4 * 99)
})

loss('takes numbers that begin anew for a restart where there is no up time', () => {
  for (const before of [3_000_000, 3_000_000_000]) {
    const stream = new SequenceStream(IPFIX, 1, 0)
    feed(stream, range(before, before + 100))
    feed(stream, range(0, 100))
    assert.equal([stream.lost, stream.restarts], [0, 1], `from ${before}`)
  }
})

loss('does not believe one datagram with a wild number', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  feed(stream, [...range(0, 100), 3_000_000_000, ...range(100, 200), 1_000_000_000, ...range(200, 300)])
  assert.equal([stream.lost, stream.open, stream.restarts], [0, 0, 0])
})

loss(
  'believes a long silence of the path when the numbers go on from it and the device did not restart',
  () => {
    const stream = new SequenceStream(NETFLOW9, 1, 0)
    for (let i = 0; i < 10; i++) stream.arrive(i, 1, -1, 1000 + i)
    for (let i = 0; i < 10; i++) stream.arrive(10_000_010 + i, 1, -1, 9_000_000 + i)
    assert.equal([stream.lost, stream.restarts], [10_000_000, 0])
  },
)

loss('notices an exporter that counts records where datagrams are due, and forgets the false gaps', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  let next = 0
  for (let i = 0; i < 300; i++) {
    const records = 20 + (i % 5)
    if (i === 150) next += 33
    stream.arrive(next, 1, records, -1)
    next += records
  }
  assert.equal([stream.lost, stream.open, stream.duplicates], [33, 0, 0])
})

loss('notices an exporter that tells the number of its last record, and leaves options data out', () => {
  // As softflowd 1.1 does for IPFIX: each number counts the flows up to the end of its datagram.
  const stream = new SequenceStream(IPFIX, 1, 0)
  let flows = 0
  for (let i = 0; i < 300; i++) {
    const options = i % 16 === 0 ? 1 : 0
    const records = 20 + ((i * 7) % 9)
    flows += records
    if (i === 150) flows += 100
    stream.arrive(flows, records + options, 1, -1)
  }
  assert.equal([stream.lost, stream.open, stream.duplicates, stream.restarts], [100, 0, 0, 0])
})

loss('does not take options data for loss that an exporter leaves out of its count', () => {
  const stream = new SequenceStream(IPFIX, 1, 0)
  let flows = 0
  for (let i = 0; i < 300; i++) {
    const records = 20 + ((i * 7) % 9)
    stream.arrive(flows, records + (i % 16 === 0 ? 1 : 0), 1, -1)
    flows += records
  }
  assert.equal([stream.lost, stream.open, stream.duplicates], [0, 0, 0])
})

loss('claims nothing where it cannot know how many records a datagram held', () => {
  const stream = new SequenceStream(IPFIX, 1, 0)
  for (let i = 0; i < 300; i++) stream.arrive(7 * i, -1, 1, -1)
  assert.equal([stream.lost, stream.open, stream.restarts], [0, 0, 0])
})

loss('stays small and finite whatever the numbers are', () => {
  const stream = new SequenceStream(NETFLOW9, 1, 0)
  let x = 123456789
  for (let i = 0; i < 200_000; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    stream.arrive(x, x % 40, x % 7, i % 3 === 0 ? x : -1)
  }
  assert.ok(Number.isSafeInteger(stream.lost) && stream.lost >= 0)
  assert.ok(stream.open >= 0)
})

loss.run()
