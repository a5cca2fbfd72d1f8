import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WaitingRoom } from '../../../ingest/udp/waiting_room.js'

const room = suite('waiting room')
const CONFIG = { bytes_max: 1 << 20, exporter_bytes_max: 1 << 20, wait_ms_max: 120_000 }
const datagram = (n: number, bytes = 100): Uint8Array => {
  const d = new Uint8Array(bytes)
  d[0] = n
  return d
}
const setUp = (config = CONFIG) => {
  const left: string[] = []
  const waiting = new WaitingRoom<{ name: string }>(config, (e, why) =>
    left.push(`${e.source.name}${e.datagram[0]} ${why}`),
  )
  return { left, waiting, a: { name: 'a' }, b: { name: 'b' } }
}

room('lets datagrams go in the order in which they came, when their template is known', () => {
  const { left, waiting, a, b } = setUp()
  for (let n = 0; n < 5; n++) waiting.add(a, 1, n, datagram(n), 256 + (n % 2))
  waiting.add(b, 1, 9, datagram(9), 256)
  const taken: number[] = []
  const take = (e: { datagram: Uint8Array }): number => {
    taken.push(e.datagram[0]!)
    return -1
  }
  assert.is(waiting.release(a, 256, take), 3)
  assert.equal(taken, [0, 2, 4])
  assert.equal([waiting.size, waiting.sizeOf(a), waiting.sizeOf(b)], [3, 2, 1])
  assert.equal(left, [])
})

room('keeps a datagram that needs a second template until that one comes too', () => {
  const { waiting, a } = setUp()
  waiting.add(a, 1, 1, datagram(1), 256)
  assert.is(
    waiting.release(a, 256, () => 300),
    0,
  )
  assert.is(waiting.size, 1)
  assert.is(
    waiting.release(a, 256, () => -1),
    0,
  )
  assert.is(
    waiting.release(a, 300, () => -1),
    1,
  )
  assert.equal([waiting.size, waiting.bytes], [0, 0])
})

room('lets the oldest go when it has waited too long, and only those', () => {
  const { left, waiting, a, b } = setUp()
  waiting.add(a, 1, 1_000_000, datagram(1), 256)
  waiting.add(b, 1, 2_000_000, datagram(2), 256)
  waiting.add(a, 1, 3_000_000, datagram(3), 257)
  waiting.expire(122_500_000)
  assert.equal(left, ['a1 expired', 'b2 expired'])
  assert.is(waiting.size, 1)
})

room('holds its bounds, for one exporter and for all', () => {
  const { left, waiting, a, b } = setUp({ bytes_max: 3000, exporter_bytes_max: 1500, wait_ms_max: 1000 })
  for (let n = 1; n <= 6; n++) waiting.add(a, 1, n, datagram(n, 200), 256)
  assert.equal(left, ['a1 overflow', 'a2 overflow', 'a3 overflow'])
  for (let n = 1; n <= 3; n++) waiting.add(b, 1, n, datagram(n, 200), 256)
  waiting.add({ name: 'c' }, 1, 1, datagram(1, 200), 256)
  assert.equal(left.slice(3), ['a4 overflow'])
  assert.ok(waiting.bytes <= 3000)
})

room('takes one datagram that is larger than its bounds', () => {
  const { left, waiting, a } = setUp({ bytes_max: 300, exporter_bytes_max: 300, wait_ms_max: 1000 })
  waiting.add(a, 1, 1, datagram(1, 900), 256)
  waiting.add(a, 1, 2, datagram(2, 900), 256)
  assert.equal(left, ['a1 overflow'])
  assert.is(waiting.size, 1)
})

room('does not grow by what has left it', () => {
  const { waiting, a } = setUp()
  waiting.add(a, 1, 0, datagram(0), 1)
  for (let n = 1; n < 100_000; n++) {
    waiting.add(a, 1, n, datagram(1), 256)
    waiting.release(a, 256, () => -1)
  }
  assert.equal([waiting.size, waiting.bytes], [1, 356])
  assert.equal(waiting.keysOf(a), [1])
})

room('counts every datagram once, whatever happens', () => {
  let gone = 0
  const waiting = new WaitingRoom<{ name: string }>(
    { bytes_max: 20_000, exporter_bytes_max: 8000, wait_ms_max: 1 },
    () => gone++,
  )
  const sources = [1, 2, 3, 4].map((n) => ({ name: String(n) }))
  let x = 7
  const draw = (n: number): number => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    return (x >>> 8) % n
  }
  let released = 0
  for (let n = 0; n < 50_000; n++) {
    const source = sources[draw(4)]!
    waiting.add(source, 1, n, datagram(1, draw(500)), draw(5))
    if (draw(10) === 0) released += waiting.release(source, draw(5), () => (draw(3) === 0 ? draw(5) : -1))
    if (draw(100) === 0) waiting.expire(n - 500)
    assert.is(gone + released + waiting.size, n + 1)
  }
  waiting.empty()
  assert.equal([gone + released, waiting.size, waiting.bytes], [50_000, 0, 0])
})

room.run()
