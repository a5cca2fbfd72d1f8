import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addressText } from '../../../detect/address.js'
import { mix } from '../../../detect/hash.js'
import { CountMin } from '../../../detect/sketches/count_min.js'
import { Doorkeeper } from '../../../detect/sketches/doorkeeper.js'
import {
  addHeavyKey,
  clearHeavyKeys,
  heavyKeys,
  surestCount,
  topHeavyKeys,
} from '../../../detect/sketches/heavy_keys.js'
import { hllAdd, hllEstimate, hllMerge } from '../../../detect/sketches/hyperloglog.js'
import {
  spaceSaving,
  spaceSavingAdd,
  spaceSavingMerge,
  spaceSavingTop,
} from '../../../detect/sketches/space_saving.js'
import { seeded } from '../flows.js'

const test = suite('detect/sketches')

test('HyperLogLog errs by no more than four standard errors, from one to a million', () => {
  for (const m of [64, 256, 4096]) {
    for (const n of [1, 10, 100, 1000, 100_000, 1_000_000]) {
      const registers = new Uint8Array(m)
      for (let i = 0; i < n; i++) hllAdd(registers, 0, m, mix(i * 2654435761 + n))
      const error = Math.abs(hllEstimate(registers, 0, m) - n) / n
      assert.ok(error <= (4 * 1.04) / Math.sqrt(m), `${m} registers, ${n}: ${error}`)
    }
  }
})

test('HyperLogLog: merged sketches are the sketch of all', () => {
  const [a, b, all] = [new Uint8Array(64), new Uint8Array(64), new Uint8Array(64)]
  for (let i = 0; i < 5000; i++) {
    hllAdd(i % 2 === 0 ? a : b, 0, 64, mix(i))
    hllAdd(all, 0, 64, mix(i))
  }
  hllMerge(a, 0, b, 0, 64)
  assert.equal(a, all)
})

test('Count-Min is never too low, and too high by little', () => {
  const sketch = new CountMin(2048, 4)
  const random = seeded(1)
  const counts = new Map<number, number>()
  for (let i = 0; i < 50_000; i++) {
    const key = mix(Math.floor(random() ** 3 * 5000))
    counts.set(key, (counts.get(key) ?? 0) + 1)
    sketch.add(key, 1)
  }
  let far = 0
  for (const [key, count] of counts) {
    assert.ok(sketch.count(key) >= count)
    if (sketch.count(key) > count + (Math.E / 2048) * 50_000) far++
  }
  assert.ok(far <= counts.size * Math.exp(-4) * 2, `${far} of ${counts.size}`)
})

test('Count-Min: merged sketches are the sketch of all', () => {
  const [a, b, all] = [new CountMin(64, 2), new CountMin(64, 2), new CountMin(64, 2)]
  for (let i = 0; i < 500; i++) {
    const part = i % 3 === 0 ? a : b
    part.add(mix(i), i)
    all.add(mix(i), i)
  }
  a.merge(b)
  assert.equal(a.cells, all.cells)
  assert.throws(() => a.merge(new CountMin(128, 2)), /size/)
  assert.throws(() => new CountMin(100, 2), /power of two/)
})

test('Space-Saving keeps every key heavier than N/k, and says how far a count may be off', () => {
  const sketch = spaceSaving(20)
  const random = seeded(2)
  const counts = new Map<string, number>()
  for (let i = 0; i < 20_000; i++) {
    const key = `k${Math.floor(random() ** 4 * 1000)}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
    spaceSavingAdd(sketch, key, 1)
  }
  for (const [key, count] of counts) if (count > 20_000 / 20) assert.ok(sketch.entries.has(key), key)
  for (const [key, { count, error }] of sketch.entries) {
    assert.ok(count >= counts.get(key)! && count - error <= counts.get(key)!)
    assert.ok(error <= 20_000 / 20)
  }
  const top = spaceSavingTop(sketch, 3)
  assert.ok(top[0]![1].count >= top[1]![1].count)
})

test('Space-Saving: a merged sketch keeps the bound', () => {
  const [a, b] = [spaceSaving(10), spaceSaving(10)]
  const counts = new Map<string, number>()
  const random = seeded(3)
  for (let i = 0; i < 10_000; i++) {
    const key = `k${Math.floor(random() ** 4 * 300)}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
    spaceSavingAdd(i % 2 === 0 ? a : b, key, 1)
  }
  spaceSavingMerge(a, b)
  assert.is(a.entries.size, 10)
  for (const [key, { count, error }] of a.entries) {
    assert.ok(count >= counts.get(key)! && count - error <= counts.get(key)!, key)
  }
})

test('the doorkeeper knows every acquaintance, and takes few strangers for one', () => {
  const door = new Doorkeeper()
  for (let i = 0; i < 1_500_000; i++) door.knows(mix(i))
  for (let i = 600_000; i < 1_500_000; i += 1000) assert.ok(door.knows(mix(i)), String(i))
  let strangers = 0
  for (let i = 0; i < 10_000; i++) if (door.knows(mix(i + 50_000_000))) strangers++
  assert.ok(strangers < 1500, `${strangers} strangers of 10,000`)
})

test('Space-Saving over words is Space-Saving over their texts, ties and all', () => {
  const random = seeded(5)
  const byWords = heavyKeys(8, 4)
  for (const round of [1, 2]) {
    const byText = spaceSaving(8)
    clearHeavyKeys(byWords)
    for (let i = 0; i < 4000; i++) {
      const key = Uint32Array.of(7, 0, 0, 0xffff0000, Math.floor(random() ** 2 * 60) * 0x01020301)
      const weight = 1 + Math.floor(random() * 3)
      addHeavyKey(byWords, key, 1, weight, addressText)
      spaceSavingAdd(byText, addressText(key, 1), weight)
    }
    const expected = spaceSavingTop(byText, 8).map(([key, of]) => ({ key, ...of }))
    assert.equal(topHeavyKeys(byWords, 8, addressText), expected, `round ${round}`)
    assert.is(surestCount(byWords), Math.max(...expected.map(({ count, error }) => count - error)))
  }
})

test.run()
