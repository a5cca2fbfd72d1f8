import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FlowLearner, type LearnResult } from '../../../ingest/flow/learner.js'
import {
  bytes,
  decodeFrame,
  EXPORT_S,
  EXPORTER,
  entryOf,
  type Field,
  frameOf,
  ipfix,
  layout,
  OTHER_EXPORTER,
  optionsTemplate,
  RECEIVED_MS,
  set,
  template,
  v9,
  variable,
} from './datagrams.js'

const test = suite('learner')
const PORTS = layout('7:2 11:2')
const SWAPPED = layout('11:2 7:2')
const templateOf = (fields: Field[], id = 256, domain = 1): Buffer =>
  v9({ domain }, set(0, template(id, fields)))
const data = (port: number, id = 256, domain = 1): Buffer =>
  v9({ domain }, set(id, bytes([port, 2], [port + 1, 2])))

const look = (
  learner: FlowLearner,
  datagram: Uint8Array,
  exporter = EXPORTER,
  last = false,
): LearnResult => ({
  ...learner.learn(exporter, datagram, RECEIVED_MS, last),
})
const flags = (r: LearnResult): string =>
  ['missing', 'learned', 'changed', 'redefines'].filter((k) => r[k as keyof LearnResult] === true).join(' ')

test('tells protocol, domain, sequence and units for the accounting of losses', () => {
  const learner = new FlowLearner()
  const told = (d: Uint8Array) => {
    const { protocol, domain, sequence, units, exportMs } = look(learner, d)
    return [protocol, domain, sequence, units, exportMs === EXPORT_S * 1000]
  }
  const v5 = bytes([5, 2], [2, 2], [1, 4], [EXPORT_S, 4], [0, 4], [77, 4], '0102 0000', '00'.repeat(96))
  assert.equal(told(v5), [5, 0x0102, 77, 2, true])
  assert.equal(told(bytes([1, 2], [1, 2], [1, 4], [EXPORT_S, 4], [0, 4], '00'.repeat(52))), [
    1,
    0,
    -1,
    1,
    true,
  ])
  assert.equal(told(v9({ domain: 3, sequence: 9 })), [9, 3, 9, 1, true])
  const sflow = bytes([5, 4], [1, 4], '0a000001', [4, 4], [88, 4], [1000, 4], [0, 4])
  assert.equal(told(sflow), [11, 4, 88, 1, false])
})

test('IPFIX sequence numbers count data records, those of options too', () => {
  const learner = new FlowLearner()
  const sets = [
    set(2, template(256, PORTS), template(257, layout('96:*'))),
    set(3, optionsTemplate(10, 258, layout('149:4'), layout('41:4'))),
    set(256, bytes([1, 2], [2, 2], [3, 2], [4, 2])),
    set(257, variable('abc'), variable(''), variable('x')),
    set(258, bytes([1, 4], [1, 4])),
  ]
  assert.is(look(learner, ipfix({}, ...sets)).units, 6)
  assert.is(look(learner, ipfix({}, set(300, bytes([1, 4])), ...sets)).units, -1)
})

test('datagrams that can never be used are rejected', () => {
  const learner = new FlowLearner()
  const code = (d: Uint8Array) => look(learner, d).reject
  assert.is(code(bytes()), 'datagram_truncated')
  assert.is(code(bytes('0009 0001 00')), 'datagram_truncated')
  assert.is(code(bytes([3, 2], '00'.repeat(40))), 'version_unknown')
  assert.is(code(ipfix({ length: 3 })), 'header_invalid')
  assert.is(code(bytes([5, 4], [3, 4], '00'.repeat(40))), 'header_invalid')
})

test('data that comes before its template is missing something until the template is learned', () => {
  const learner = new FlowLearner()
  assert.is(flags(look(learner, data(1))), 'missing')
  assert.is(flags(look(learner, templateOf(PORTS))), 'learned changed')
  assert.is(flags(look(learner, templateOf(PORTS))), '')
  assert.is(flags(look(learner, data(1))), '')
  assert.is(flags(look(learner, data(1, 256, 2))), 'missing', 'another domain')
  assert.is(flags(look(learner, data(1), OTHER_EXPORTER)), 'missing', 'another exporter')
})

test('a datagram that waits leaves nothing in the context, one that is framed all the same does', () => {
  const learner = new FlowLearner()
  const both = v9({}, set(256, bytes([1, 2], [2, 2])), set(300, bytes('00')))
  look(learner, templateOf(PORTS))
  look(learner, both)
  const without = learner.takeContext()
  assert.is(flags(look(learner, both, EXPORTER, true)), 'missing')
  const withIt = learner.takeContext()
  assert.equal(decodeFrame(frameOf(without, [entryOf(both)])).report.flows, 0)
  const { report } = decodeFrame(frameOf(withIt, [entryOf(both)]))
  assert.equal([report.flows, report.rejects[0]?.code], [1, 'template_missing'])
})

test('a frame whose datagrams use a template is closed before the template means something else', () => {
  const learner = new FlowLearner()
  const redefinition = v9({}, set(0, template(256, SWAPPED)), set(256, bytes([3, 2], [4, 2])))
  look(learner, templateOf(PORTS))
  look(learner, data(1))
  assert.is(flags(look(learner, redefinition)), 'learned changed', 'it carries its own meaning')
  assert.is(flags(look(learner, data(5))), 'redefines')
  const first = learner.takeContext()
  assert.is(flags(look(learner, data(5))), '')
  const second = learner.takeContext()
  const { rows } = decodeFrame(frameOf(first, [entryOf(data(1)), entryOf(redefinition)]))
  rows.push(...decodeFrame(frameOf(second, [entryOf(data(5))])).rows)
  assert.equal(
    rows.map((r) => r.src_port),
    [1, 4, 6],
  )
})

test('what a datagram that closes the frame has taught is told by the second look', () => {
  const learner = new FlowLearner()
  look(learner, templateOf(PORTS))
  look(learner, data(1))
  look(learner, templateOf(SWAPPED))
  const mixed = v9({}, set(0, template(400, PORTS)), set(256, bytes([3, 2], [4, 2])))
  assert.match(flags(look(learner, mixed)), /redefines/)
  learner.takeContext()
  assert.is(flags(look(learner, mixed)), 'learned changed')
})

test('a datagram that changes a template after using it means the same in the next frame', () => {
  const learner = new FlowLearner()
  look(learner, templateOf(PORTS))
  look(learner, templateOf(PORTS, 257))
  look(learner, data(1, 257))
  look(learner, templateOf(SWAPPED, 257))
  const ports = bytes([3, 2], [4, 2])
  const mixed = v9({}, set(256, ports), set(0, template(256, SWAPPED)), set(257, ports), set(256, ports))
  assert.match(flags(look(learner, mixed)), /redefines/)
  const first = learner.takeContext()
  look(learner, mixed)
  const second = learner.takeContext()
  look(learner, mixed)
  const third = learner.takeContext()
  assert.equal(Buffer.from(third), Buffer.from(second), 'as when a frame turns out to be full')
  assert.is(decodeFrame(frameOf(first, [entryOf(data(1, 257))])).rows[0]?.src_port, 1)
  const { rows } = decodeFrame(frameOf(second, [entryOf(mixed)]))
  assert.equal(
    rows.map((r) => r.src_port),
    [3, 4, 4],
  )
})

test('templates are withdrawn one by one, or all of a kind', () => {
  const learner = new FlowLearner()
  const message = (...sets: Buffer[]) => look(learner, ipfix({}, ...sets))
  const known = () => [256, 257, 300].map((id) => !message(set(id, bytes([0, 8]))).missing)
  const define = () =>
    message(
      set(2, template(256, PORTS), template(257, PORTS)),
      set(3, optionsTemplate(10, 300, layout('149:4'), layout('41:4'))),
    )
  define()
  assert.is(flags(message(set(2, bytes([256, 2], [0, 2])))), 'changed')
  assert.equal(known(), [false, true, true])
  message(set(2, bytes([2, 2], [0, 2])))
  assert.equal(known(), [false, false, true])
  message(set(3, bytes([3, 2], [0, 2])))
  assert.equal(known(), [false, false, false])
  define()
  assert.equal(known(), [true, true, true])
})

test('a context holds what the frame refers to, equal templates once, in the same bytes whatever came first', () => {
  const datagrams: [Buffer, Buffer][] = [
    [templateOf(PORTS), EXPORTER],
    [templateOf(PORTS), OTHER_EXPORTER],
    [templateOf(SWAPPED, 257), EXPORTER],
    [templateOf(PORTS, 256, 7), EXPORTER],
  ]
  const uses: [Buffer, Buffer][] = [
    [data(1), EXPORTER],
    [data(1), OTHER_EXPORTER],
    [data(1, 256, 7), EXPORTER],
  ]
  const contextOf = (order: [Buffer, Buffer][]): Uint8Array => {
    const learner = new FlowLearner()
    for (const [d, from] of datagrams) look(learner, d, from)
    learner.takeContext()
    for (const [d, from] of order) look(learner, d, from)
    return learner.takeContext()
  }
  const context = Buffer.from(contextOf(uses))
  assert.equal(Buffer.from(contextOf([...uses].reverse())), context)
  const key = template(256, PORTS).subarray(2)
  assert.is(context.indexOf(key), context.lastIndexOf(key))
  assert.is(context.indexOf(template(257, SWAPPED).subarray(2)), -1, 'not used')
  assert.ok(contextOf([]).length < 16)
})

test('a restarted learner knows all that the snapshot knew', () => {
  const learner = new FlowLearner()
  look(learner, templateOf(PORTS))
  look(learner, templateOf(SWAPPED, 256, 2), OTHER_EXPORTER)
  const sampling = v9(
    {},
    set(1, optionsTemplate(9, 300, layout('1:4'), layout('34:4'))),
    set(300, bytes([0, 4], [100, 4])),
  )
  assert.is(flags(look(learner, sampling)), 'learned changed')
  const restarted = new FlowLearner()
  restarted.restore(learner.snapshot())
  assert.equal(Buffer.from(restarted.snapshot()), Buffer.from(learner.snapshot()))
  assert.is(flags(look(restarted, data(1))), '')
  assert.is(flags(look(restarted, data(1, 256, 2), OTHER_EXPORTER)), '')
  const { rows } = decodeFrame(frameOf(restarted.takeContext(), [entryOf(data(1))]))
  assert.equal([rows[0]?.src_port, rows[0]?.sampling_rate], [1, 100])
  const one = new FlowLearner()
  one.restore(learner.snapshotExporter(OTHER_EXPORTER))
  assert.equal([one.size.exporters, one.size.templates], [1, 1])
})

test('bytes that are no snapshot are refused', () => {
  const learner = new FlowLearner()
  look(learner, templateOf(PORTS))
  const snapshot = learner.snapshot()
  const bad = [bytes(), bytes('02'), snapshot.subarray(0, -1), bytes(snapshot, '00')]
  for (const b of bad)
    assert.throws(
      () => new FlowLearner().restore(b),
      (e: Error) => e.name === 'ContextError',
    )
})

test('a datagram that defines its templates itself needs none of the context', () => {
  const learner = new FlowLearner()
  const whole = v9({}, set(0, template(256, PORTS)), set(256, bytes([1, 2], [2, 2])))
  look(learner, whole)
  const context = learner.takeContext()
  assert.ok(context.length < 16)
  assert.is(decodeFrame(frameOf(context, [entryOf(whole)])).report.flows, 1)
})

test.run()
