import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  bytes,
  decode,
  EXPORT_S,
  ipfix,
  ipfixRows,
  layout,
  set,
  template,
  v9,
  v9Rows,
  variable,
} from './datagrams.js'

const test = suite('columns of a record')
const iso = (ms: number): string => new Date(ms).toISOString()
const only = (row: Record<string, unknown> | undefined, ...keys: string[]): unknown[] =>
  keys.map((k) => row?.[k])

test('a plain NetFlow v9 record fills its columns, zeros included', () => {
  const fields = layout('8:4 12:4 7:2 11:2 4:1 5:1 6:1 10:2 14:4 1:4 2:4')
  const record = bytes(
    '0a000001 0a000002',
    [443, 2],
    [50000, 2],
    '06 00 1b',
    [7, 2],
    [0, 4],
    [1500, 4],
    [3, 4],
  )
  assert.equal(v9Rows(fields, record), [
    {
      time_received: iso(EXPORT_S * 1000 + 500),
      export_protocol: 'netflow9',
      exporter_addr: '192.0.2.1',
      observation_domain: 1,
      src_addr: '10.0.0.1',
      dst_addr: '10.0.0.2',
      src_port: 443,
      dst_port: 50000,
      ip_proto: 6,
      ip_tos: 0,
      tcp_flags: 27,
      bytes: 1500,
      packets: 3,
      in_if: 7,
      out_if: 0,
    },
  ])
})

test('reduced-size encoding gives the same number at every width', () => {
  for (const width of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const [row] = ipfixRows(
      [
        [1, width],
        [10, width],
      ],
      bytes([0x7b, width], [0x7b, width]),
    )
    assert.equal(only(row, 'bytes', 'in_if'), [0x7b, 0x7b], `${width} bytes`)
  }
  const [row] = ipfixRows(layout('1:8 2:7 232:6'), bytes('0001020304050607 01020304050607 010203040506'))
  assert.equal(
    only(row, 'bytes', 'packets', 'reverse_bytes'),
    [0x1020304050607, 0x1020304050607, 0x10203040506],
  )
})

test('counters beyond 2^53 are kept to the last digit', () => {
  const [row] = ipfixRows(layout('1:8'), bytes('ffffffffffffffff'))
  assert.is(row?.bytes, '18446744073709551615')
})

test('an address comes from the family that is not zero', () => {
  const fields = layout('27:16 8:4 28:16 12:4')
  const v4 = bytes('00'.repeat(16), '0a000001', '00'.repeat(16), '0a000002')
  const v6 = bytes('20010db8000000000000000000000001 00000000 20010db8000000000000000000000002 00000000')
  const rows = v9Rows(fields, v4, v6)
  assert.equal(only(rows[0], 'src_addr', 'dst_addr'), ['10.0.0.1', '10.0.0.2'])
  assert.equal(only(rows[1], 'src_addr', 'dst_addr'), ['2001:db8::1', '2001:db8::2'])
})

test('of repeated elements the first is the flow, for the others are inner headers', () => {
  const fields = layout('27:16 7:2 4:1 8:4 7:2 4:1')
  const record = bytes('20010db8000000000000000000000001', [0, 2], [4, 1], '0a000001', [53, 2], [17, 1])
  assert.equal(only(ipfixRows(fields, record)[0], 'src_addr', 'src_port', 'ip_proto'), ['2001:db8::1', 0, 4])
})

test('ports come from the transport elements where the general ones are missing or zero', () => {
  assert.equal(
    only(ipfixRows(layout('180:2 181:2'), bytes([53, 2], [999, 2]))[0], 'src_port', 'dst_port'),
    [53, 999],
  )
  assert.equal(
    only(ipfixRows(layout('182:2 183:2'), bytes([80, 2], [81, 2]))[0], 'src_port', 'dst_port'),
    [80, 81],
  )
  assert.is(ipfixRows(layout('7:2 182:2'), bytes([0, 2], [80, 2]))[0]?.src_port, 80)
})

test('ICMP type and code come from one number or from two, and zero is a value', () => {
  assert.equal(only(v9Rows(layout('32:2'), bytes('0301'))[0], 'icmp_type', 'icmp_code'), [3, 1])
  assert.equal(only(ipfixRows(layout('139:2'), bytes('8600'))[0], 'icmp_type', 'icmp_code'), [134, 0])
  assert.equal(only(ipfixRows(layout('176:1 177:1'), bytes('0000'))[0], 'icmp_type', 'icmp_code'), [0, 0])
  assert.equal(only(ipfixRows(layout('178:1 179:1'), bytes('8104'))[0], 'icmp_type', 'icmp_code'), [129, 4])
})

test('octets come from 85 and 231 where 1 is missing, and from 23 only alone', () => {
  assert.is(ipfixRows(layout('85:8'), bytes([9, 8]))[0]?.bytes, 9)
  assert.is(v9Rows(layout('231:4 298:4'), bytes([7, 4], [2, 4]))[0]?.packets, 2)
  assert.is(v9Rows(layout('23:4'), bytes([5, 4]))[0]?.bytes, 5)
  assert.is(v9Rows(layout('1:4 23:4'), bytes([0, 4], [5, 4]))[0]?.bytes, 0)
})

test('a biflow is one record with the other direction beside', () => {
  const fields = layout('1:8 2:8 29305.1:8 29305.2:8')
  const [row] = ipfixRows(fields, bytes([10, 8], [1, 8], [20, 8], [2, 8]))
  assert.equal(only(row, 'bytes', 'packets', 'reverse_bytes', 'reverse_packets'), [10, 1, 20, 2])
  const [nsel] = v9Rows(layout('231:4 232:4 299:4'), bytes([10, 4], [20, 4], [3, 4]))
  assert.equal(only(nsel, 'bytes', 'reverse_bytes', 'reverse_packets'), [10, 20, 3])
})

test('MAC addresses, VLANs, labels, VRFs, NAT and states have columns', () => {
  const fields = layout(
    '56:6 80:6 58:2 59:2 70:3 71:3 234:4 235:4 225:4 226:4 227:2 228:2 61:1 89:1 136:1 233:1 16:4 17:2 9:1 13:1 15:4 18:4',
  )
  const record = bytes('0102030405ff aabbccddeeff', [10, 2], [20, 2], '04e251 00001f', [1, 4], [2, 4])
  const nat = bytes(
    '01020304 05060708',
    [1024, 2],
    [443, 2],
    '01 42 03 02',
    [4200000000, 4],
    [65000, 2],
    '18 20',
  )
  const [row] = v9Rows(fields, bytes(record, nat, '0a0000fe 0a0000fd'))
  const keys = 'src_mac dst_mac src_vlan dst_vlan mpls_label_1 mpls_label_2 in_vrf out_vrf'.split(' ')
  assert.equal(only(row, ...keys), ['01:02:03:04:05:ff', 'aa:bb:cc:dd:ee:ff', 10, 20, 0x4e25, 1, 1, 2])
  const natKeys = 'post_nat_src_addr post_nat_dst_addr post_napt_src_port post_napt_dst_port'.split(' ')
  assert.equal(only(row, ...natKeys), ['1.2.3.4', '5.6.7.8', 1024, 443])
  const states =
    'direction forwarding_status flow_end_reason firewall_event src_as dst_as src_mask dst_mask'.split(' ')
  assert.equal(only(row, ...states), [1, 0x42, 3, 2, 4200000000, 65000, 24, 32])
  assert.equal(only(row, 'next_hop', 'bgp_next_hop'), ['10.0.0.254', '10.0.0.253'])
})

test('the events and translations of an old ASA have ids of their own', () => {
  const fields = layout('40001:4 40002:4 40003:2 40004:2 40005:1')
  const [row] = v9Rows(fields, bytes('01020304 05060708', [1, 2], [2, 2], '02'))
  assert.equal(only(row, 'post_nat_src_addr', 'post_napt_dst_port', 'firewall_event'), ['1.2.3.4', 2, 2])
})

test('an application id is engine and selector at any width, its name text', () => {
  assert.is(v9Rows(layout('95:4'), bytes('0d0001df'))[0]?.app_id, '13:479')
  assert.is(v9Rows(layout('95:2'), bytes('0306'))[0]?.app_id, '3:6')
  assert.is(
    ipfixRows(layout('95:*'), variable(bytes('14 00002f2d 0003')))[0]?.app_id,
    `20:${0x2f2d * 65536 + 3}`,
  )
  assert.is(ipfixRows(layout('95:9'), bytes('14 0001020304050607'))[0]?.app_id, `20:${0x01020304050607}`)
  assert.is(ipfixRows(layout('96:*'), variable('ssl'))[0]?.app_name, 'ssl')
  assert.is(v9Rows(layout('96:8'), Buffer.from('dns\0\0\0\0\0'))[0]?.app_name, 'dns')
})

test('interface names in the record go to ingress, then to egress', () => {
  const [row] = ipfixRows(layout('82:* 82:*'), bytes(variable('ge-0/0/0'), variable('ge-0/0/1')))
  assert.equal(only(row, 'in_if_name', 'out_if_name'), ['ge-0/0/0', 'ge-0/0/1'])
})

test('behind a relay the record says who exported it', () => {
  const rows = ipfixRows(layout('130:4 4:1'), bytes('c6336401 06'), bytes('00000000 06'))
  assert.equal(
    rows.map((r) => r.exporter_addr),
    ['198.51.100.1', '192.0.2.1'],
  )
  const [v6] = ipfixRows(layout('131:16'), bytes('20010db8000000000000000000000009'))
  assert.is(v6?.exporter_addr, '2001:db8::9')
})

test('fields of variable length cut a record into runs', () => {
  const fields = layout('8:4 82:* 7:2 96:* 11:2')
  const record = (port: number, name: string, long?: boolean) =>
    bytes('0a000001', variable('eth0'), [port, 2], variable(name, long), [port + 1, 2])
  const rows = ipfixRows(fields, record(1, ''), record(3, 'x'.repeat(300)), record(5, 'short', true))
  assert.equal(
    rows.map((r) => r.src_port),
    [1, 3, 5],
  )
  assert.equal(
    rows.map((r) => r.dst_port),
    [2, 4, 6],
  )
  assert.equal(
    rows.map((r) => r.app_name),
    [undefined, 'x'.repeat(255), 'short'],
  )
})

test('numbers and addresses of variable length are read as well', () => {
  const fields = layout('1:* 8:* 12:* 4:*')
  const [row] = ipfixRows(
    fields,
    bytes(
      variable(bytes([1 << 20, 5])),
      variable(bytes('0a000001')),
      variable(bytes('20010db8', '00'.repeat(12))),
      '0106',
    ),
  )
  assert.equal(only(row, 'bytes', 'src_addr', 'dst_addr', 'ip_proto'), [1 << 20, '10.0.0.1', '2001:db8::', 6])
})

test('the first bytes of a packet stand in for the elements that the record lacks', () => {
  const ip = '45 b8 0028 0000 0000 40 06 0000 0a000001 0a000002'
  const tcp = '01bb c350 00000000 00000000 5012 0000 0000 0000'
  const frame = bytes('aabbccddeeff 0102030405ff 8100 0014 0800', ip, tcp)
  const [row] = ipfixRows(layout('10:4 312:2 315:*'), bytes([3, 4], [64, 2], variable(frame)))
  const keys = 'src_addr dst_addr src_port dst_port ip_proto ip_tos tcp_flags src_vlan src_mac in_if'.split(
    ' ',
  )
  const expected = ['10.0.0.1', '10.0.0.2', 443, 50000, 6, 0xb8, 0x12, 20, '01:02:03:04:05:ff', 3]
  assert.equal(only(row, ...keys), expected)
  assert.equal(only(row, 'bytes', 'packets', 'icmp_type'), [64, 1, undefined])
  const [own] = ipfixRows(layout('313:40 8:4 2:4'), bytes(ip, tcp, '0a0000ff', [9, 4]))
  assert.equal(only(own, 'src_addr', 'dst_addr', 'bytes', 'packets'), ['10.0.0.255', '10.0.0.2', 40, 9])
})

test('fields without bytes are no values', () => {
  const [row] = ipfixRows(layout('8:4 7:0 27:0 1:0'), bytes('0a000001'))
  assert.equal(only(row, 'src_addr', 'src_port', 'bytes'), ['10.0.0.1', undefined, undefined])
})

test('H3C sends fields of variable length in NetFlow v9', () => {
  const rows = v9Rows(layout('8:4 236:* 7:2'), bytes('0a000001', variable('vpn-a'), [9, 2]))
  assert.equal(only(rows[0], 'src_addr', 'src_port'), ['10.0.0.1', 9])
})

test('a row of one template leaves nothing in the row of another', () => {
  const { rows } = decode(
    v9({}, set(0, template(256, layout('8:4 61:1'))), set(256, bytes('0a000001 00'))),
    v9({}, set(0, template(257, layout('27:16'))), set(257, bytes('20010db8', '00'.repeat(12)))),
    ipfix({}, set(2, template(256, layout('8:4'))), set(256, bytes('0a000002'))),
  )
  assert.equal(
    rows.map((r) => r.src_addr),
    ['10.0.0.1', '2001:db8::', '10.0.0.2'],
  )
  assert.equal(
    rows.map((r) => r.direction),
    [0, undefined, undefined],
  )
})

test.run()
