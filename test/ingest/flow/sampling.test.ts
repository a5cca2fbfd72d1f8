import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeContext, encodeContext } from '../../../ingest/flow/context.js'
import { FlowLearner } from '../../../ingest/flow/learner.js'
import {
  bytes,
  decode,
  decodeFrame,
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
} from './datagrams.js'

const test = suite('sampling rates')

const rates = (...datagrams: Buffer[]): unknown[] =>
  decode(...datagrams).rows.map((r) => [r.sampling_rate, r.sampling_source])

/** NetFlow v9: one options record about the whole system, and its template. */
const v9Options = (fields: Field[], record: Buffer, domain = 1): Buffer =>
  v9({ domain }, set(1, optionsTemplate(9, 300, layout('1:4'), fields)), set(300, bytes([0, 4], record)))
const v9Flows = (fields: Field[], ...records: Buffer[]): Buffer =>
  v9({}, set(0, template(256, fields)), set(256, ...records))
const PLAIN = layout('4:1')

test('the record itself comes first', () => {
  assert.equal(
    rates(v9Options(layout('34:4'), bytes([50, 4])), v9Flows(layout('34:4'), bytes([10, 4]), bytes([0, 4]))),
    [
      [10, 'record'],
      [50, 'options'],
    ],
  )
})

test('IPFIX records say one in so many in five ways', () => {
  const ways: [Field[], Buffer, number][] = [
    [[[34, 4]], bytes([7, 4]), 7],
    [[[50, 4]], bytes([8, 4]), 8],
    [
      [
        [305, 4],
        [306, 4],
      ],
      bytes([1, 4], [99, 4]),
      100,
    ],
    [
      [
        [309, 4],
        [310, 4],
      ],
      bytes([2, 4], [1000, 4]),
      500,
    ],
    [[[311, 8]], bytes('3f50624dd2f1a9fc'), 1000],
  ]
  for (const [fields, record, rate] of ways) {
    const message = ipfix({}, set(2, template(256, fields)), set(256, record))
    assert.equal(rates(message), [[rate, 'record']], `element ${fields[0]![0]}`)
  }
})

test('options about the system hold for records that name no sampler', () => {
  assert.equal(rates(v9Options(layout('34:4 35:1'), bytes([100, 4], '02')), v9Flows(PLAIN, bytes('06'))), [
    [100, 'options'],
  ])
})

test('options that come after the first flows of a frame hold for them as well', () => {
  assert.equal(rates(v9Flows(PLAIN, bytes('06')), v9Options(layout('34:4'), bytes([100, 4]))), [
    [100, 'options'],
  ])
})

test('several samplers are told apart by the id in the record', () => {
  const sampler = layout('48:4 49:1 50:4')
  const options = v9(
    {},
    set(1, optionsTemplate(9, 300, layout('1:4'), sampler)),
    set(300, bytes([0, 4], [1, 4], '02', [1000, 4]), bytes([0, 4], [2, 4], '02', [2000, 4])),
  )
  const flows = v9Flows(layout('48:1'), bytes('01'), bytes('02'), bytes('03'))
  assert.equal(rates(options, flows), [
    [1000, 'options'],
    [2000, 'options'],
    [undefined, undefined],
  ])
})

test('the only sampler stands for records that name none', () => {
  const options = v9Options(layout('48:4 50:4'), bytes([7, 4], [64, 4]))
  assert.equal(rates(options, v9Flows(PLAIN, bytes('06'))), [[64, 'options']])
  assert.equal(rates(options, v9Flows(layout('48:4'), bytes([0, 4]), bytes([7, 4]))), [
    [64, 'options'],
    [64, 'options'],
  ])
})

test('IPFIX selectors are samplers', () => {
  const options = ipfix(
    {},
    set(3, optionsTemplate(10, 300, layout('302:8'), layout('304:2 305:4 306:4'))),
    set(300, bytes([9, 8], [1, 2], [1, 4], [511, 4])),
  )
  const flows = ipfix({}, set(2, template(256, layout('302:8'))), set(256, bytes([9, 8])))
  assert.equal(rates(options, flows), [[512, 'options']])
})

test('rates by interface go with the interface of the record', () => {
  const options = v9(
    {},
    set(1, optionsTemplate(9, 300, layout('2:4'), layout('34:4'))),
    set(300, bytes([5, 4], [10, 4]), bytes([6, 4], [20, 4])),
  )
  const flows = v9Flows(layout('10:4'), bytes([5, 4]), bytes([6, 4]), bytes([7, 4]))
  assert.equal(rates(options, flows), [
    [10, 'options'],
    [20, 'options'],
    [undefined, undefined],
  ])
})

test('a rate in the wrong byte order is turned round', () => {
  assert.equal(rates(v9Options(layout('34:4'), bytes('e8030000')), v9Flows(PLAIN, bytes('06'))), [
    [1000, 'options'],
  ])
  assert.equal(rates(v9Flows(layout('34:4'), bytes('00040000'))), [[262144, 'record']])
})

test('an exporter that describes its samplers in another domain is understood', () => {
  const options = v9Options(layout('48:4 50:4'), bytes([7, 4], [64, 4]), 99)
  assert.equal(rates(options, v9Flows(layout('48:4'), bytes([7, 4]))), [[64, 'options']])
})

test('domains that disagree are not mixed', () => {
  const [one, two] = [
    v9Options(layout('34:4'), bytes([10, 4]), 98),
    v9Options(layout('34:4'), bytes([20, 4]), 99),
  ]
  assert.equal(rates(one, two, v9Flows(PLAIN, bytes('06'))), [[undefined, undefined]])
})

test('without any word the rate is unknown, and the flow stays', () => {
  const { rows, report } = decode(v9Flows(layout('48:4 4:1'), bytes([7, 4], '06')))
  assert.equal([rows[0]?.sampling_rate, rows[0]?.ip_proto, report.flows], [undefined, 6, 1])
})

test('a scope without bytes, as Juniper SRX sends it, is read past', () => {
  const options = v9(
    {},
    set(1, optionsTemplate(9, 256, layout('1:0'), layout('35:1 34:4'))),
    set(256, bytes('02', [25, 4])),
  )
  const flows = v9({}, set(0, template(257, PLAIN)), set(257, bytes('06')))
  assert.equal(rates(options, flows), [[25, 'options']])
})

test('the configured rate stands in where nobody says one, for every protocol that may lack it', () => {
  const learner = new FlowLearner()
  learner.configure(EXPORTER, 512)
  const v5 = bytes(
    [5, 2],
    [1, 2],
    [1000, 4],
    [1_700_000_000, 4],
    [0, 4],
    [1, 4],
    '0000 0000',
    '00'.repeat(48),
  )
  const sampled = Buffer.from(v5)
  sampled.writeUInt16BE(64, 22)
  const own = v9Flows(layout('34:4'), bytes([10, 4]), bytes([0, 4]))
  const flows = ipfix({}, set(2, template(256, PLAIN)), set(256, bytes('06')))
  const datagrams = [v5, sampled, own, flows]
  for (const datagram of datagrams) learner.learn(EXPORTER, datagram, RECEIVED_MS)
  learner.learn(OTHER_EXPORTER, v5, RECEIVED_MS)
  const entries = [...datagrams.map((d) => entryOf(d)), entryOf(v5, OTHER_EXPORTER)]
  const context = learner.takeContext()
  assert.equal(
    decodeFrame(frameOf(context, entries)).rows.map((r) => [r.sampling_rate, r.sampling_source]),
    [
      [512, 'config'],
      [64, 'header'],
      [10, 'record'],
      [512, 'config'],
      [512, 'config'],
      [undefined, undefined],
    ],
  )
  assert.equal(encodeContext(decodeContext(context)), context)
})

test('what options say goes before the configured rate', () => {
  const learner = new FlowLearner()
  learner.configure(EXPORTER, 512)
  const datagrams = [v9Options(layout('34:4'), bytes([100, 4])), v9Flows(PLAIN, bytes('06'))]
  for (const datagram of datagrams) learner.learn(EXPORTER, datagram, RECEIVED_MS)
  const [row] = decodeFrame(
    frameOf(
      learner.takeContext(),
      datagrams.map((d) => entryOf(d)),
    ),
  ).rows
  assert.equal([row?.sampling_rate, row?.sampling_source], [100, 'options'])
})

test.run()
