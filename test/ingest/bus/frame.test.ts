import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  decodeFrame,
  encodeFrame,
  FrameError,
  FrameWriter,
  frameIdentity,
  frameNumber,
} from '../../../ingest/bus/frame.js'
import type { CollectorTotals, Frame } from '../../../model/frame.js'

const totals: CollectorTotals = {
  received: 10,
  framed: 7,
  rejected: { datagram_truncated: 2 },
  waiting: 1,
  kernelDropped: 3,
  sequenceLost: 4,
}

/** A frame of `n` datagrams of growing length with recognisable bytes. */
const frameOf = (n: number): Frame => ({
  collector: 'lyon-1',
  number: 9_007_199_254_740_000,
  closedMs: 1_700_000_000_123,
  totals,
  context: Uint8Array.of(1, 2, 3),
  entries: Array.from({ length: n }, (_, i) => ({
    exporter: new Uint8Array(16).fill(i),
    exporterPort: 50_000 + i,
    receivedUs: 1_700_000_000_000_000 + i,
    datagram: new Uint8Array(i * 7).fill(i),
  })),
})

const frames = suite('frame')

frames('reads back what was written', () => {
  for (const n of [0, 1, 2, 40]) {
    const frame = frameOf(n)
    assert.equal(decodeFrame(encodeFrame(frame)), frame)
  }
})

frames('gives entries as views of the bytes it was given', () => {
  const bytes = encodeFrame(frameOf(3))
  const { entries, context } = decodeFrame(bytes)
  assert.is(entries[2]!.datagram.buffer, bytes.buffer)
  assert.is(context.buffer, bytes.buffer)
})

frames('reads from the middle of a larger buffer at any alignment', () => {
  const bytes = encodeFrame(frameOf(5))
  const larger = new Uint8Array(bytes.length + 13)
  larger.set(bytes, 5)
  assert.equal(decodeFrame(larger.subarray(5, 5 + bytes.length)), frameOf(5))
})

frames('tells which frame it is without reading it', () => {
  const bytes = encodeFrame(frameOf(2))
  assert.equal(frameIdentity(bytes), {
    collector: 'lyon-1',
    number: 9_007_199_254_740_000,
    closedMs: 1_700_000_000_123,
    datagrams: 2,
  })
  assert.is(frameNumber(bytes), 9_007_199_254_740_000)
})

frames('the writer takes datagrams up to its bound, and is empty after finish', () => {
  const writer = new FrameWriter(4096, 64)
  const datagram = new Uint8Array(1000)
  const exporter = new Uint8Array(16)
  let taken = 0
  while (writer.append(exporter, 1, taken, datagram)) taken++
  assert.is(taken, 3)
  assert.is(writer.datagrams, 3)
  assert.ok(writer.bytes <= 4096)
  const first = writer.finish({ ...frameOf(0), number: 1 })
  assert.is(writer.datagrams, 0)
  writer.append(exporter, 2, 5, Uint8Array.of(9))
  assert.equal(
    decodeFrame(writer.finish({ ...frameOf(0), number: 2 })).entries[0]!.datagram,
    Uint8Array.of(9),
  )
  assert.is(decodeFrame(first).entries.length, 3, 'a finished frame does not change')
})

frames('a frame with any byte changed is refused', () => {
  const bytes = encodeFrame(frameOf(3))
  for (let at = 0; at < bytes.length; at++) {
    const wrong = bytes.slice()
    wrong[at]! ^= 0x5a
    assert.throws(
      () => decodeFrame(wrong),
      (error: unknown) => error instanceof FrameError,
      `byte ${at}`,
    )
  }
})

frames('a frame cut anywhere is refused', () => {
  const bytes = encodeFrame(frameOf(3))
  for (let length = 0; length < bytes.length; length++)
    assert.throws(
      () => decodeFrame(bytes.subarray(0, length)),
      (error: unknown) => error instanceof FrameError,
    )
})

frames.run()
