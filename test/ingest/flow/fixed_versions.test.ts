import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytes, decode, EXPORT_S } from './datagrams.js'

const test = suite('NetFlow v1, v5 and v7')
const UPTIME = 60_000

/** The fields that the three versions begin their records with. */
const common = (packets: number): Buffer =>
  bytes(
    '0a000001 0a000002 0a0000fe',
    [3, 2],
    [4, 2],
    [packets, 4],
    [packets * 100, 4],
    [UPTIME - 2000, 4],
    [UPTIME - 1000, 4],
    [1234, 2],
    [443, 2],
  )

const head = (version: number, count: number): Buffer =>
  bytes([version, 2], [count, 2], [UPTIME, 4], [EXPORT_S, 4], [250_000_000, 4])

const v5Record = (packets: number): Buffer =>
  bytes(common(packets), '00 1b 06 b8', [64512, 2], [64513, 2], '18 10 0000')
const v5Head = (count: number, sampling = 0): Buffer => bytes(head(5, count), [77, 4], '02 03', [sampling, 2])

const FLOW = {
  time_received: new Date(EXPORT_S * 1000 + 500).toISOString(),
  flow_start: new Date(EXPORT_S * 1000 + 250 - 2000).toISOString(),
  flow_end: new Date(EXPORT_S * 1000 + 250 - 1000).toISOString(),
  exporter_addr: '192.0.2.1',
  src_addr: '10.0.0.1',
  dst_addr: '10.0.0.2',
  next_hop: '10.0.0.254',
  src_port: 1234,
  dst_port: 443,
  ip_proto: 6,
  ip_tos: 184,
  tcp_flags: 27,
  bytes: 500,
  packets: 5,
  in_if: 3,
  out_if: 4,
}
const AS_AND_MASKS = { src_as: 64512, dst_as: 64513, src_mask: 24, dst_mask: 16 }

test('a v5 record fills its columns; engine type and id are the domain', () => {
  const { rows } = decode(bytes(v5Head(1), v5Record(5)))
  const expected = { ...FLOW, ...AS_AND_MASKS, export_protocol: 'netflow5', observation_domain: 0x0203 }
  assert.equal(sorted(rows[0]), sorted(expected))
})

test('a v7 record is one of v5 and the router behind it', () => {
  const record = bytes(common(5), '00 1b 06 b8', [64512, 2], [64513, 2], '18 10 0000 c0000263')
  const { rows } = decode(bytes(head(7, 1), [77, 4], [0, 4], record))
  const expected = { ...FLOW, ...AS_AND_MASKS, export_protocol: 'netflow7', observation_domain: 0 }
  assert.equal(sorted(rows[0]), sorted(expected))
})

test('a v1 record has its own order of protocol, service and flags', () => {
  const { rows } = decode(bytes(head(1, 1), common(5), '0000 06 b8 1b 00000000000000'))
  assert.equal(sorted(rows[0]), sorted({ ...FLOW, export_protocol: 'netflow1', observation_domain: 0 }))
})

test('the v5 header gives the sampling rate, whatever its mode says', () => {
  for (const sampling of [1000, 0x4000 | 1000]) {
    const [row] = decode(bytes(v5Head(1, sampling), v5Record(1))).rows
    assert.equal([row?.sampling_rate, row?.sampling_source], [1000, 'header'])
  }
  const [row] = decode(bytes(v5Head(1), v5Record(1))).rows
  assert.equal([row?.sampling_rate, row?.sampling_source], [undefined, undefined])
})

test('a count beyond the datagram gives the records that are there', () => {
  const { rows, report } = decode(bytes(v5Head(163), v5Record(1), v5Record(2)))
  assert.equal(
    rows.map((r) => r.packets),
    [1, 2],
  )
  assert.equal([report.records, report.flows, report.countsWrong], [2, 2, 1])
})

test('a count below what the datagram holds is believed', () => {
  const { rows, report } = decode(bytes(v5Head(1), v5Record(1), v5Record(2)))
  assert.is(rows.length, 1)
  assert.is(report.countsWrong, 1)
})

test('a datagram shorter than its header is rejected whole', () => {
  const { rows, report } = decode(v5Head(1).subarray(0, 20), bytes([9, 2], [1, 2]), bytes([8, 2], [1, 2]))
  assert.is(rows.length, 0)
  assert.equal(
    report.rejects.map((r) => [r.code, r.count, r.entry]),
    [
      ['datagram_truncated', 1, 0],
      ['datagram_truncated', 1, 1],
      ['version_unknown', 1, 2],
    ],
  )
})

function sorted(row: object | undefined): object {
  return Object.fromEntries(Object.entries(row ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
}

test.run()
