import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { OfflineSession } from '../../../ingest/flow/offline.js'
import type { OfflineRecord } from '../../../ingest/flow/offline_printer.js'
import {
  bytes,
  EXPORT_S,
  entryOf,
  type Field,
  ipfix,
  layout,
  OTHER_EXPORTER,
  optionsTemplate,
  set,
  template,
  v9,
  variable,
} from './datagrams.js'

const test = suite('a session over files')
const PORTS = layout('7:2 11:2')

function run(datagrams: Uint8Array[], exporter?: Uint8Array) {
  const session = new OfflineSession({ ie: true, all: true })
  const records: OfflineRecord[] = datagrams.flatMap((d) => session.take(entryOf(d, exporter)))
  records.push(...session.end())
  return { records, summary: session.summary }
}
const ieOf = (fields: Field[], record: Uint8Array): unknown =>
  run([ipfix({}, set(2, template(256, fields)), set(256, record))]).records[0]?.ie

test('datagrams that came before their template are given when it comes', () => {
  const early = v9({}, set(256, bytes([1, 2], [2, 2])))
  const late = v9({}, set(0, template(256, PORTS)), set(256, bytes([3, 2], [4, 2])))
  const { records, summary } = run([early, late])
  assert.equal(new Set(records.map((r) => r.src_port)), new Set([1, 3]))
  assert.equal([summary.flows, summary.templates, summary.undecodable, summary.errors], [2, 1, 0, {}])
})

test('what waits for a template that never comes is counted', () => {
  const known = v9({}, set(0, template(256, PORTS)))
  const half = v9({}, set(256, bytes([1, 2], [2, 2])), set(300, bytes('00')))
  const { records, summary } = run([known, half, v9({}, set(301, bytes('00'))), bytes('0003 0000 0000')])
  assert.equal(
    records.map((r) => r.src_port),
    [1],
  )
  assert.equal(summary.errors, { version_unknown: 1, template_missing: 2 })
  assert.equal([summary.datagrams, summary.undecodable], [4, 3])
})

test('ie has every element by name, in the form of its type', () => {
  const fields = layout('8:4 27:16 56:6 152:8 96:* 276:1 311:8 434:4 1:8 99999.77:3')
  const record = bytes(
    '0a000001 20010db8000000000000000000000001 0102030405ff',
    [EXPORT_S * 1000, 8],
    variable('ssh'),
    '01 3fe0000000000000 ffffffff',
    [2n ** 60n, 8],
    'abcdef',
  )
  assert.equal(ieOf(fields, record), {
    sourceIPv4Address: '10.0.0.1',
    sourceIPv6Address: '2001:db8::1',
    sourceMacAddress: '01:02:03:04:05:ff',
    flowStartMilliseconds: new Date(EXPORT_S * 1000).toISOString(),
    applicationName: 'ssh',
    dataRecordsReliability: true,
    samplingProbability: 0.5,
    mibObjectValueInteger: -1,
    octetDeltaCount: '1152921504606846976',
    '99999.77': 'abcdef',
  })
})

test('repeated elements are a list, those without bytes have no value', () => {
  assert.equal(ieOf(layout('7:2 7:2 11:0'), bytes([1, 2], [2, 2])), {
    sourceTransportPort: [1, 2],
    destinationTransportPort: null,
  })
})

test('reverse elements have names of their own', () => {
  assert.equal(ieOf(layout('29305.1:4'), bytes([5, 4])), { reverseOctetDeltaCount: 5 })
})

test('structured data is walked: a list of an element, records of a template, and several of them', () => {
  const fields = layout('291:* 292:* 293:*')
  const basic = bytes('03', [7, 2], [2, 2], [80, 2], [443, 2])
  const list = bytes('ff', [300, 2], [1, 2], [2, 2], [3, 2], [4, 2])
  const multi = bytes('04', [300, 2], [8, 2], [5, 2], [6, 2], [999, 2], [5, 2], 'aa')
  const sets = [set(2, template(256, fields), template(300, PORTS))]
  const record = bytes(variable(basic), variable(list), variable(multi))
  const { records } = run([ipfix({}, ...sets, set(256, record))])
  const pair = (a: number, b: number) => ({ sourceTransportPort: a, destinationTransportPort: b })
  assert.equal(records[0]?.ie, {
    basicList: { semantic: 'allOf', element: 'sourceTransportPort', values: [80, 443] },
    subTemplateList: { semantic: 'undefined', template: 300, records: [pair(1, 2), pair(3, 4)] },
    subTemplateMultiList: {
      semantic: 'ordered',
      lists: [
        { template: 300, records: [pair(5, 6)] },
        { template: 999, bytes: 'aa' },
      ],
    },
  })
})

test('structured data that contradicts itself stays bytes', () => {
  assert.equal(ieOf(layout('291:*'), variable(bytes('03', [7, 2], [4, 2], 'aabb'))), {
    basicList: '030007' + '0004aabb',
  })
  assert.equal(ieOf(layout('291:*'), variable(bytes('03', [7, 2], [0, 2], 'aabb'))), {
    basicList: { semantic: 'allOf', element: 'sourceTransportPort', values: [] },
  })
})

test('names told by options stand beside the numbers, of the same exporter only', () => {
  const interfaces = v9(
    {},
    set(1, optionsTemplate(9, 300, layout('2:4'), layout('82:4'))),
    set(300, bytes([3, 4], Buffer.from('wan0'))),
  )
  const applications = v9(
    {},
    set(1, optionsTemplate(9, 301, layout('1:4'), layout('95:4 96:4'))),
    set(301, bytes([0, 4], '0d0001df', Buffer.from('ica\0'))),
  )
  const flow = v9({}, set(0, template(256, layout('10:4 95:4'))), set(256, bytes([3, 4], '0d0001df')))
  const [row] = run([interfaces, applications, flow]).records.filter((r) => r.kind === undefined)
  assert.equal([row?.in_if_name, row?.app_name, row?.app_id], ['wan0', 'ica', '13:479'])
  const session = new OfflineSession({ ie: false, all: false })
  const records = [interfaces, applications].flatMap((d) => session.take(entryOf(d)))
  records.push(...session.take(entryOf(flow, OTHER_EXPORTER)), ...session.end())
  assert.equal(
    records.map((r) => [r.in_if, r.in_if_name, r.ie]),
    [[3, undefined, undefined]],
  )
})

test('options records show their scope apart', () => {
  const options = v9(
    {},
    set(1, optionsTemplate(9, 300, layout('1:4'), layout('34:4'))),
    set(300, bytes([7, 4], [100, 4])),
  )
  const [record] = run([options]).records
  assert.equal([record?.kind, record?.export_protocol], ['options', 'netflow9'])
  assert.equal([record?.scope, record?.ie], [{ scopeSystem: '00000007' }, { samplingInterval: 100 }])
})

test('messages of two connections mean different things by one template, their lists too', () => {
  const inner = (fields: string) => template(300, layout(fields))
  const outer = template(256, layout('4:1 292:*'))
  const flow = ipfix({}, set(256, bytes('06', variable(bytes('03', [300, 2], [80, 2], [443, 2])))))
  const session = new OfflineSession({ ie: true, all: true })
  const records = [
    ...session.take(
      { ...entryOf(ipfix({}, set(2, outer, inner('7:2 11:2')))), exporterPort: 50_001 },
      50_001,
    ),
    ...session.take(
      { ...entryOf(ipfix({}, set(2, outer, inner('11:2 7:2')))), exporterPort: 50_002 },
      50_002,
    ),
    ...session.take({ ...entryOf(flow), exporterPort: 50_001 }, 50_001),
    ...session.take({ ...entryOf(flow), exporterPort: 50_002 }, 50_002),
    ...session.take({ ...entryOf(flow), exporterPort: 50_003 }, 50_003),
    ...session.end(),
  ]
  const lists = records.map(
    (r) => (r.ie as { subTemplateList: { records: unknown[] } }).subTemplateList.records[0],
  )
  assert.equal(lists, [
    { sourceTransportPort: 80, destinationTransportPort: 443 },
    { destinationTransportPort: 80, sourceTransportPort: 443 },
  ])
  assert.equal(session.summary.errors, { template_missing: 1 })
})

test.run()
