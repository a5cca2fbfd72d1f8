import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  bytes,
  decode,
  EXPORT_S,
  type Field,
  ipfix,
  ipfixRows,
  layout,
  optionsTemplate,
  set,
  template,
  v9,
  v9Rows,
  variable,
} from './datagrams.js'

const test = suite('times of a flow')
const EXPORT_MS = EXPORT_S * 1000
const UPTIME = 1_000_000
const NTP_EPOCH_S = 2_208_988_800

/** Start and end as milliseconds before the export. */
const before = (row: Record<string, unknown> | undefined): (number | undefined)[] =>
  [row?.flow_start, row?.flow_end].map((t) =>
    t === undefined ? undefined : EXPORT_MS - Date.parse(t as string),
  )

test('sysUpTime of the header gives NetFlow v9 times', () => {
  const fields = layout('22:4 21:4')
  assert.equal(before(v9Rows(fields, bytes([UPTIME - 5000, 4], [UPTIME - 20, 4]))[0]), [5000, 20])
})

test('sysUpTime may wrap between a flow and its export', () => {
  const fields = layout('22:4 21:4')
  const sets = [set(0, template(256, fields)), set(256, bytes([2 ** 32 - 3000, 4], [500, 4]))]
  assert.equal(before(decode(v9({ uptime: 1000 }, ...sets)).rows[0]), [4000, 500])
})

test('a flow that starts at uptime zero has no known time', () => {
  const fields = layout('22:4 21:4')
  assert.equal(before(v9Rows(fields, bytes([0, 4], [0, 4]))[0]), [undefined, undefined])
})

test('seconds, milliseconds, microseconds and nanoseconds are absolute', () => {
  const ntp = (ms: number) =>
    bytes([Math.floor(ms / 1000) + NTP_EPOCH_S, 4], [Math.ceil(((ms % 1000) / 1000) * 2 ** 32), 4])
  const [start, end] = [EXPORT_MS - 2250, EXPORT_MS - 750]
  const forms: [Field[], Buffer][] = [
    [
      [
        [150, 4],
        [151, 4],
      ],
      bytes([EXPORT_S - 2, 4], [EXPORT_S - 1, 4]),
    ],
    [
      [
        [152, 8],
        [153, 8],
      ],
      bytes([start, 8], [end, 8]),
    ],
    [
      [
        [154, 8],
        [155, 8],
      ],
      bytes(ntp(start), ntp(end)),
    ],
    [
      [
        [156, 8],
        [157, 8],
      ],
      bytes(ntp(start), ntp(end)),
    ],
    [
      [
        [158, 4],
        [159, 4],
      ],
      bytes([2_250_000, 4], [750_000, 4]),
    ],
  ]
  for (const [fields, record] of forms) {
    const expected = fields[0]![0] === 150 ? [2000, 1000] : [2250, 750]
    assert.equal(before(ipfixRows(fields, record)[0]), expected, `element ${fields[0]![0]}`)
  }
})

test('a count of microseconds since 1970 in place of an NTP timestamp is understood', () => {
  const record = bytes([(EXPORT_MS - 10) * 1000, 8], [BigInt(EXPORT_MS - 5) * 1_000_000n, 8])
  assert.equal(before(ipfixRows(layout('154:8 157:8'), record)[0]), [10, 5])
})

test('IPFIX times since the start of the exporter need to know that start', () => {
  const fields = layout('22:4 21:4')
  const record = bytes([7000, 4], [8000, 4])
  assert.equal(before(ipfixRows(fields, record)[0]), [undefined, undefined])
  const own = ipfixRows([...fields, [160, 8]], bytes(record, [EXPORT_MS - 10_000, 8]))
  assert.equal(before(own[0]), [3000, 2000])
  const told = ipfix(
    {},
    set(3, optionsTemplate(10, 300, layout('149:4'), layout('160:8'))),
    set(300, bytes([1, 4], [EXPORT_MS - 9000, 8])),
  )
  const flows = ipfix({}, set(2, template(256, fields)), set(256, record))
  assert.equal(before(decode(told, flows).rows[0]), [2000, 1000])
})

test('a start of the exporter whose length varies is not used', () => {
  const fields = layout('160:* 22:4 21:4 4:1')
  const record = bytes(variable(bytes([1_690_000_000_000, 8])), [1000, 4], [2000, 4], '06')
  const [row] = ipfixRows(fields, record)
  assert.equal([row?.flow_start, row?.flow_end, row?.ip_proto], [undefined, undefined, 6])
})

test('the other end comes from the duration', () => {
  const start = ipfixRows(layout('152:8 161:4'), bytes([EXPORT_MS - 500, 8], [200, 4]))
  assert.equal(before(start[0]), [500, 300])
  const end = ipfixRows(layout('153:8 162:4'), bytes([EXPORT_MS - 500, 8], [200_000, 4]))
  assert.equal(before(end[0]), [700, 500])
})

test('an event has the time that it was observed at, unless it has times of a flow', () => {
  assert.equal(before(v9Rows(layout('323:8'), bytes([EXPORT_MS - 3, 8]))[0]), [3, 3])
  const both = v9Rows(layout('152:8 323:8'), bytes([EXPORT_MS - 9, 8], [EXPORT_MS - 3, 8]))
  assert.equal(before(both[0]), [9, 3])
  const lasting = layout('152:8 161:4 323:8')
  assert.equal(before(v9Rows(lasting, bytes([EXPORT_MS - 9, 8], [4, 4], [EXPORT_MS, 8]))[0]), [9, 5])
})

test('absurd times become the export time, and are counted', () => {
  const fields = layout('152:8 153:8')
  const far = [EXPORT_MS + 3 * 86_400_000, EXPORT_MS - 400 * 86_400_000, 2 ** 53, 2 ** 63]
  for (const ms of far) {
    const sets = [set(2, template(256, fields)), set(256, bytes([BigInt(ms), 8], [EXPORT_MS, 8]))]
    const { rows, report } = decode(ipfix({}, ...sets))
    assert.equal(before(rows[0]), [0, 0], `${ms}`)
    assert.is(report.timesClamped, 1, `${ms}`)
  }
})

test('times that fit the receipt are kept where the clock of the export is wrong', () => {
  const sets = [set(2, template(256, layout('152:8'))), set(256, bytes([EXPORT_MS, 8]))]
  const { rows, report } = decode(ipfix({ exportS: 1000 }, ...sets))
  assert.equal(before(rows[0]), [0, undefined])
  assert.is(report.timesClamped, 0)
})

test('times of zero are unknown, not absurd', () => {
  const { rows, report } = decode(
    ipfix({}, set(2, template(256, layout('152:8'))), set(256, bytes([0, 8]))),
    v9({}, set(0, template(256, layout('150:4'))), set(256, bytes([0, 4]))),
  )
  assert.equal(rows.map(before), [
    [undefined, undefined],
    [undefined, undefined],
  ])
  assert.is(report.timesClamped, 0)
})

test.run()
