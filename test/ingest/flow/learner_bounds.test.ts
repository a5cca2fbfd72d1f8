import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { collectGarbage } from '../../../bench/collect_garbage.js'
import { FlowLearner } from '../../../ingest/flow/learner.js'
import {
  bytes,
  EXPORTER,
  type Field,
  layout,
  OTHER_EXPORTER,
  optionsTemplate,
  RECEIVED_MS,
  set,
  template,
  v9,
} from './datagrams.js'

const test = suite('bounds of the learner')
const MIB = 1 << 20
const PORTS = layout('7:2 11:2')
const data = (id: number, domain = 1): Buffer => v9({ domain }, set(id, bytes([1, 2], [2, 2])))
const oneTemplate = (id: number, domain = 1): Buffer => v9({ domain }, set(0, template(id, PORTS)))
const address = (n: number): Buffer => bytes('00000000000000000000ffff 0a', [n, 3])

const heapBytes = (): number => {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const BOMB_TEMPLATES = 24
const BOMB_FIELDS = 14

/** A datagram of 24 templates, all different from any other datagram's. */
function bomb(n: number): Buffer {
  const set = Buffer.alloc(4 + BOMB_TEMPLATES * (4 + 4 * BOMB_FIELDS))
  set.writeUInt16BE(set.length, 2)
  let at = 4
  for (let serial = n * BOMB_TEMPLATES; serial < (n + 1) * BOMB_TEMPLATES; serial++) {
    set.writeUInt16BE(256 + (serial % 65280), at)
    set.writeUInt16BE(BOMB_FIELDS, at + 2)
    at += 4
    for (let f = 0; f < BOMB_FIELDS; f++) {
      set.writeUInt16BE(1 + ((serial >>> (2 * f)) & 255), at)
      set.writeUInt16BE(4, at + 2)
      at += 4
    }
  }
  return v9({ domain: n % 100_000 }, set)
}

const NO_BUDGETS = { definitionsBurst: Number.POSITIVE_INFINITY, splitsBurst: Number.POSITIVE_INFINITY }

/** Drops `datagrams` bombs on a learner; gives what its memory grew by. */
function dropBombs(learner: FlowLearner, datagrams: number): number {
  learner.learn(OTHER_EXPORTER, oneTemplate(256), RECEIVED_MS)
  const before = heapBytes()
  for (let n = 0; n < datagrams; n++) learner.learn(EXPORTER, bomb(n), RECEIVED_MS + n)
  return heapBytes() - before
}

test('a bomb of a million templates in 100,000 domains stays under 64 MiB and hurts nobody else', () => {
  for (const [limits, datagrams] of [
    [{}, 42_000],
    [NO_BUDGETS, 10_000],
  ] as const) {
    const learner = new FlowLearner(limits)
    const grown = dropBombs(learner, datagrams)
    assert.ok(grown < 64 * MIB, `${Math.round(grown / MIB)} MiB`)
    assert.ok(learner.size.bytes < 64 * MIB)
    assert.ok(learner.templatesOf(EXPORTER) <= 4096)
    assert.ok(learner.evicted.templates + learner.evicted.domains > 0)
    assert.is(learner.evicted.exporters, 0)
    assert.is(learner.learn(OTHER_EXPORTER, data(256), RECEIVED_MS).missing, false)
  }
})

test('an exporter that only ever defines templates is refused before it costs much', () => {
  const learner = new FlowLearner()
  let refused = 0
  for (let n = 0; n < 2000; n++) {
    if (learner.learn(EXPORTER, bomb(n), RECEIVED_MS).reject === 'exporter_limit') refused++
  }
  assert.ok(refused > 1600, `${refused} refused`)
  assert.is(learner.learn(OTHER_EXPORTER, oneTemplate(256), RECEIVED_MS).reject, undefined)
  assert.is(
    learner.learn(EXPORTER, oneTemplate(256), RECEIVED_MS + 60_000).reject,
    undefined,
    'a minute later',
  )
})

test('of one exporter those templates go that were not used for longest', () => {
  const learner = new FlowLearner({ templatesPerExporter: 8 })
  for (let id = 256; id < 264; id++) learner.learn(EXPORTER, oneTemplate(id), RECEIVED_MS + id)
  learner.learn(EXPORTER, data(256), RECEIVED_MS + 500)
  learner.takeContext()
  learner.learn(EXPORTER, oneTemplate(264), RECEIVED_MS + 600)
  const missing = (id: number) => learner.learn(EXPORTER, data(id), RECEIVED_MS + 700).missing
  assert.equal([256, 257, 258, 259, 264].map(missing), [false, true, true, false, false])
  assert.is(learner.evicted.templates, 2)
})

test('what the frame in hand refers to is not forgotten', () => {
  const learner = new FlowLearner({ templatesPerExporter: 2 })
  for (const id of [256, 257]) learner.learn(EXPORTER, oneTemplate(id), RECEIVED_MS)
  for (const id of [256, 257]) learner.learn(EXPORTER, data(id), RECEIVED_MS)
  assert.is(learner.learn(EXPORTER, oneTemplate(258), RECEIVED_MS).reject, 'exporter_limit')
  learner.takeContext()
  assert.is(learner.learn(EXPORTER, oneTemplate(258), RECEIVED_MS).reject, undefined)
})

test('of all exporters those go that were silent longest', () => {
  const learner = new FlowLearner({ exporters: 100 })
  for (let n = 0; n < 101; n++) learner.learn(address(n), oneTemplate(256), RECEIVED_MS + n)
  assert.ok(learner.size.exporters <= 100)
  assert.is(learner.learn(address(0), data(256), RECEIVED_MS).missing, true)
  assert.is(learner.learn(address(100), data(256), RECEIVED_MS).missing, false)
  assert.ok(learner.evicted.exporters >= 1)
})

test('spoofed exporters without number stay within the whole', () => {
  const learner = new FlowLearner({ bytesTotal: 4 * MIB })
  for (let n = 0; n < 20_000; n++) learner.learn(address(n), oneTemplate(256), RECEIVED_MS + n)
  assert.ok(learner.size.bytes <= 4 * MIB)
  assert.is(learner.size.templates, 1, 'equal templates are one')
})

test('a template that swings to and fro closes only so many frames', () => {
  const learner = new FlowLearner()
  let closed = 0
  let refused = 0
  for (let n = 0; n < 1000; n++) {
    const fields: Field[] = [
      [7, 2],
      [11, n % 2 === 0 ? 2 : 4],
    ]
    learner.learn(EXPORTER, v9({}, set(0, template(256, fields))), RECEIVED_MS)
    let result = learner.learn(EXPORTER, data(256), RECEIVED_MS)
    if (result.redefines) {
      learner.takeContext()
      closed++
      result = learner.learn(EXPORTER, data(256), RECEIVED_MS)
    }
    if (result.reject === 'exporter_limit') refused++
  }
  assert.is(closed, 64)
  assert.ok(refused > 900)
})

test('samplers without number are learned up to the bound', () => {
  const learner = new FlowLearner(NO_BUDGETS)
  const sampler = optionsTemplate(9, 300, layout('1:4'), layout('48:4 50:4'))
  for (let domain = 0; domain < 100; domain++) {
    const records = Array.from({ length: 1200 }, (_, i) => bytes([0, 4], [i + 1, 4], [100, 4]))
    learner.learn(EXPORTER, v9({ domain }, set(1, sampler), set(300, ...records)), RECEIVED_MS)
  }
  assert.ok(learner.size.bytes < 4 * MIB, `${learner.size.bytes} bytes`)
})

test('a frame whose context is full is closed before the next datagram', () => {
  const learner = new FlowLearner(NO_BUDGETS)
  let closed = 0
  let largest = 0
  for (let n = 0; n < 5000; n++) {
    learner.learn(address(n), oneTemplate(256), RECEIVED_MS)
    if (!learner.learn(address(n), data(256), RECEIVED_MS).redefines) continue
    closed++
    largest = Math.max(largest, learner.takeContext().length)
    assert.is(learner.learn(address(n), data(256), RECEIVED_MS).redefines, false)
  }
  assert.ok(closed >= 1)
  assert.ok(largest < 300 * 1024, `${largest} bytes`)
})

test.run()
