import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { FlowJson } from '../../../ingest/flow/flow_json.js'
import { OfflineSession } from '../../../ingest/flow/offline.js'
import type { OfflineRecord } from '../../../ingest/flow/offline_printer.js'
import {
  bytes,
  decode,
  EXPORT_S,
  entryOf,
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

/** Templates as the vendors' own pages print them, each with a record, and what must come of it. */
const test = suite('templates of vendors')

const WEB_V4 = bytes('0a000001 c0000202 c350 01bb 06')
const WEB_FIELDS = '8:4 12:4 7:2 11:2 4:1'
const WEB = { src_addr: '10.0.0.1', dst_addr: '192.0.2.2', src_port: 50_000, dst_port: 443, ip_proto: 6 }

function holds(row: FlowJson | undefined, want: FlowJson): void {
  const got = Object.fromEntries(Object.keys(want).map((key) => [key, row?.[key]]))
  assert.equal(got, want)
}

function decoded(...datagrams: Buffer[]): OfflineRecord[] {
  const session = new OfflineSession({ ie: true, all: true })
  return [...datagrams.flatMap((d) => session.take(entryOf(d))), ...session.end()]
}

const iso = (ms: number): string => new Date(ms).toISOString()

test('Cisco ASA (NSEL): a created flow has no counts, a teardown has both directions and its own begin', () => {
  const event = EXPORT_S * 1000 - 1500
  const created = layout(
    `148:4 ${WEB_FIELDS} 10:2 14:2 176:1 177:1 225:4 226:4 227:2 228:2 233:1 33002:2 323:8`,
  )
  const nat = bytes([3, 2], [4, 2], '00 00 c6336401 c0000202 9c40 01bb')
  const [first] = v9Rows(created, bytes([7, 4], WEB_V4, nat, '01 0000', [event, 8]))
  holds(first, {
    ...WEB,
    in_if: 3,
    out_if: 4,
    post_nat_src_addr: '198.51.100.1',
    post_napt_src_port: 40_000,
    firewall_event: 1,
    flow_start: iso(event),
    bytes: undefined,
  })
  const torn = layout(
    `148:4 ${WEB_FIELDS} 231:4 232:4 298:4 299:4 233:1 33002:2 323:8 152:8 33000:12 40000:20`,
  )
  const counts = bytes([5000, 4], [90_000, 4], [40, 4], [80, 4])
  const user = bytes('00'.repeat(12), Buffer.from('jdupont'), '00'.repeat(13))
  const [second] = v9Rows(
    torn,
    bytes([7, 4], WEB_V4, counts, '02 07e1', [event, 8], [event - 60_000, 8], user),
  )
  holds(second, {
    bytes: 5000,
    packets: 40,
    reverse_bytes: 90_000,
    reverse_packets: 80,
    flow_start: iso(event - 60_000),
    flow_end: iso(event),
  })
})

test('Palo Alto: both NAT templates, application and user by name', () => {
  const fields = layout(`${WEB_FIELDS} 1:8 2:8 10:4 14:4 22:4 21:4 61:1 233:1 148:8 346:4 56701:32 56702:64`)
  const record = bytes(WEB_V4, [900, 8], [6, 8], [11, 4], [12, 4], [990_000, 4], [995_000, 4], '00 01')
  const names = bytes([1, 8], [25461, 4], Buffer.from('web-browsing'.padEnd(32, '\0')), '00'.repeat(64))
  const [row] = v9Rows(fields, bytes(record, names))
  holds(row, { ...WEB, bytes: 900, packets: 6, app_name: 'web-browsing', firewall_event: 1, direction: 0 })
})

test('FortiGate: application ids of nine bytes are named by the options of the same exporter', () => {
  const id = bytes('14', [12_356, 4], [41_540, 4])
  const name = Buffer.from('SSL'.padEnd(64, '\0'))
  const names = v9(
    {},
    set(1, optionsTemplate(9, 256, layout('1:4'), layout('95:9 96:64'))),
    set(256, bytes([0, 4], id, name)),
  )
  const flow = v9(
    { sequence: 2 },
    set(0, template(258, layout(`${WEB_FIELDS} 1:8 23:8 2:4 24:4 10:2 14:2 95:9 89:1 136:1`))),
    set(258, bytes(WEB_V4, [1500, 8], [64_000, 8], [10, 4], [50, 4], [1, 2], [2, 2], id, '40 03')),
  )
  const [row] = decoded(names, flow).filter((r) => r.kind === undefined)
  holds(row, { ...WEB, bytes: 1500, packets: 10, app_name: 'SSL', forwarding_status: 64, flow_end_reason: 3 })
})

test('Cisco AVC: a connection is known by its client and server where no address stands beside', () => {
  const avc = layout('9.12236:4 9.12237:4 9.12240:2 9.12241:2 4:1 95:4 231:8 298:8 232:8 299:8 9.12235:*')
  const record = bytes('0a000001 c0000202 c350 01bb 06 0d0001bb', [700, 8], [7, 8], [9000, 8], [9, 8])
  const [row] = ipfixRows(avc, bytes(record, variable('\x03\0\0\x50\x34\x02example.org')))
  holds(row, { ...WEB, app_id: '13:443', bytes: 700, packets: 7, reverse_bytes: 9000 })
  const both = layout('9.12236:4 8:4 12:4 9.12237:4')
  const [outer] = ipfixRows(both, bytes('0a0000ff 0a000001 c0000202 c00002ff'))
  holds(outer, { src_addr: '10.0.0.1', dst_addr: '192.0.2.2' })
})

test('Cisco NBAR: the selector of an enterprise application keeps the enterprise', () => {
  const [row] = v9Rows(layout('95:8 4:1'), bytes('14 00000009 000123 06'))
  holds(row, { app_id: '20:150995235' })
})

test('Juniper MX (inline jflow): rate by options without sampler, exceptions of forwarding', () => {
  const flows = layout(
    `${WEB_FIELDS} 5:1 32:2 10:4 58:2 9:1 13:1 16:4 17:4 15:4 6:1 14:4 52:1 53:1 136:1 60:1 1:8 2:8 152:8 153:8`,
  )
  const record = bytes(
    WEB_V4,
    '00 0000',
    [532, 4],
    '0000 18 18',
    [64_512, 4],
    [64_513, 4],
    'c0000201 1b',
    [533, 4],
    '40 40 02 04',
    [1500, 8],
    [1, 8],
    [EXPORT_S * 1000 - 900, 8],
    [EXPORT_S * 1000 - 100, 8],
  )
  const options = optionsTemplate(
    10,
    512,
    layout('144:4'),
    layout('160:8 130:4 131:16 34:4 36:2 37:2 214:1 215:1'),
  )
  const system = bytes([2, 4], [(EXPORT_S - 1000) * 1000, 8], 'c0000205', '00'.repeat(16), [1000, 4])
  const rows = decode(
    ipfix({}, set(3, options), set(512, bytes(system, [60, 2], [60, 2], '0a 11'))),
    ipfix({}, set(2, template(256, flows)), set(256, record)),
  ).rows
  holds(rows[0], {
    ...WEB,
    in_if: 532,
    out_if: 533,
    sampling_rate: 1000,
    sampling_source: 'options',
    src_mask: 24,
  })
  const cpid = (word: number) => ipfixRows(layout('4:1 2636.137:2'), bytes('06', [word, 2]))[0]
  assert.is(cpid(0x0800)?.forwarding_status, 64)
  assert.is(cpid(0x0842)?.forwarding_status, 128)
  assert.is(cpid(0x0442)?.forwarding_status, 0)
})

test('Nokia BRAS: NAT events have times, addresses on both sides, and no counts', () => {
  const [row] = ipfixRows(
    layout('230:1 323:8 8:4 225:4 7:2 227:2 4:1 361:2 362:2 637.91:2 637.93:*'),
    bytes('04', [EXPORT_S * 1000, 8], '0a000001 c6336401 c350 9c40 06 0400 07ff 0001', variable('sub-42')),
  )
  holds(row, {
    src_addr: '10.0.0.1',
    post_nat_src_addr: '198.51.100.1',
    post_napt_src_port: 40_000,
    flow_start: iso(EXPORT_S * 1000),
    bytes: undefined,
  })
})

test('MikroTik: IPFIX times go by the start of the router, which stands in the record', () => {
  const start = (EXPORT_S - 5000) * 1000
  const [row] = ipfixRows(
    layout('60:1 160:8 22:4 21:4 2:4 1:4 10:4 14:4 8:4 12:4 4:1 5:1 7:2 11:2 15:4 225:4 226:4 227:2 228:2'),
    bytes(
      '04',
      [start, 8],
      [4_000_000, 4],
      [4_001_000, 4],
      [3, 4],
      [180, 4],
      [1, 4],
      [2, 4],
      '0a000001 c0000202 06 00 c350 01bb c0000201 c6336401 c0000202 9c40 01bb',
    ),
  )
  holds(row, {
    ...WEB,
    flow_start: iso(start + 4_000_000),
    flow_end: iso(start + 4_001_000),
    post_nat_src_addr: '198.51.100.1',
  })
})

test('IPFIX times since a start that nobody tells are unknown, and the flow stays', () => {
  const [row] = ipfixRows(layout(`${WEB_FIELDS} 22:4 21:4 1:8`), bytes(WEB_V4, [10, 4], [20, 4], [77, 8]))
  holds(row, { ...WEB, bytes: 77, flow_start: undefined, flow_end: undefined })
})

test('nProbe: elements of NetFlow v9 above 57472 have names, 23 and 24 are not the flow', () => {
  const fields = layout(`${WEB_FIELDS} 1:4 2:4 23:4 24:4 57590:2 57591:16 57595:4`)
  const record = bytes(
    WEB_V4,
    [400, 4],
    [4, 4],
    [9000, 4],
    [9, 4],
    '005b',
    Buffer.from('TLS'.padEnd(16, '\0')),
  )
  const [flow] = decoded(v9({}, set(0, template(256, fields)), set(256, bytes(record, [1234, 4]))))
  holds(flow, { ...WEB, bytes: 400, packets: 4, app_name: 'TLS' })
  assert.is(Object.keys(flow!.ie as object).length, fields.length)
})

test('VeloCloud, Viptela, Gigamon, Citrix, VMware: what has no column stands in ie by name', () => {
  const enterprise = '45346.12234:1 41916.4321:4 26866.1:* 5951.128:4 6876.880:1 12356.77:2'
  const fields = layout(`${WEB_FIELDS} ${enterprise}`)
  const record = bytes(WEB_V4, '02', [40, 4], variable('/index.html'), [1200, 4], '06 beef')
  const [flow] = decoded(ipfix({}, set(2, template(256, fields)), set(256, record)))
  holds(flow, WEB)
  const ie = flow!.ie as Record<string, unknown>
  holds(ie, { vcPriority: 2, viptelaVPNId: 40, roundTripTime: 1200, tenantProtocol: 6, '12356.77': 'beef' })
  assert.is(Object.keys(ie).length, fields.length)
})

test('YAF: a biflow is one record, its lists are walked, options and tombstones are no flows', () => {
  const biflow = layout('152:8 153:8 1:8 29305.1:8 2:8 29305.2:8 27:16 28:16 7:2 11:2 4:1 6871.14:1 293:*')
  const inner = template(260, layout('6871.18:*'))
  const v6 = '20010db8000000000000000000000001 20010db8000000000000000000000002'
  const list = bytes('03', [260, 2], variable('hello'))
  const record = bytes(
    [EXPORT_S * 1000 - 9000, 8],
    [EXPORT_S * 1000, 8],
    [10, 8],
    [20, 8],
    [1, 8],
    [2, 8],
    v6,
    'c350 01bb 06 02',
    variable(list),
  )
  const tombstone = optionsTemplate(10, 300, layout('6871.550:4'), layout('6871.551:4 322:4'))
  const records = decoded(
    ipfix({}, set(3, tombstone), set(300, bytes([1, 4], [2, 4], [EXPORT_S, 4]))),
    ipfix({}, set(2, template(256, biflow), inner), set(256, record)),
  )
  const [flow] = records.filter((r) => r.kind === undefined)
  holds(flow, { bytes: 10, reverse_bytes: 20, packets: 1, reverse_packets: 2, src_addr: '2001:db8::1' })
  assert.is(records.filter((r) => r.kind === 'options').length, 1)
})

test('Huawei and H3C: rates in the record, interfaces of four bytes, lengths of 65535 in NetFlow v9', () => {
  const fields = layout(`${WEB_FIELDS} 10:4 14:4 1:4 2:4 34:4 35:1 82:*`)
  const record = bytes(WEB_V4, [0x5000000b, 4], [12, 4], [100, 4], [1, 4], [4096, 4], '02')
  const [row] = v9Rows(fields, bytes(record, variable('GE1/0/1')))
  holds(row, {
    ...WEB,
    in_if: 0x5000000b,
    sampling_rate: 4096,
    sampling_source: 'record',
    in_if_name: 'GE1/0/1',
  })
})

test('SonicWall and Barracuda: records of one template and padding, ids of their own kept', () => {
  const fields = layout(`${WEB_FIELDS} 10:4 14:4 1:4 2:4 22:4 21:4 8741.100:4`)
  const record = bytes(WEB_V4, [1, 4], [2, 4], [300, 4], [3, 4], [900, 4], [950, 4], [9, 4])
  const rows = decode(
    ipfix({}, set(2, template(256, fields)), set(256, record, record, bytes('000000'))),
  ).rows
  assert.is(rows.length, 2)
  holds(rows[1], { ...WEB, bytes: 300 })
})

test('interfaces named by their physical index are named', () => {
  const options = optionsTemplate(10, 300, layout('252:4'), layout('82:*'))
  const names = ipfix({}, set(3, options), set(300, bytes([7, 4], variable('xe-0/0/7'))))
  const flow = ipfix({}, set(2, template(256, layout('252:4 4:1'))), set(256, bytes([7, 4], '06')))
  const [row] = decoded(names, flow).filter((r) => r.kind === undefined)
  holds(row, { in_if: 7, in_if_name: 'xe-0/0/7' })
})

test.run()
