import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CaptureReader } from '../../../ingest/flow/capture/capture_reader.js'
import { describeSflow5 } from '../../../ingest/flow/sflow5_description.js'
import { Sflow5Header, scanSflow5 } from '../../../ingest/flow/sflow5_header.js'
import {
  address,
  counterSample,
  discardSample,
  ethernet,
  expandedFlowSample,
  flowSample,
  hex,
  ipv4,
  ipv4Packet,
  ipv6Packet,
  rawHeader,
  record,
  sflowDatagram,
  tcp,
  udp,
  word,
} from './sflow5_builder.js'
import { decodeAll, onlyRow } from './sflow5_rows.js'

const test = suite('sFlow v5')

const frame = ethernet(hex('8100 0064 0800'), ipv4Packet(6, tcp(443, 50_000, 0x12), { tos: 184 }))

test('a flow sample with a sampled header becomes a row', () => {
  const row = onlyRow(sflowDatagram([flowSample({}, rawHeader(frame, 1, 1518))]))
  assert.equal(row, {
    time_received: 1_700_000_000_123,
    flow_start: 1_700_000_000_123,
    flow_end: 1_700_000_000_123,
    export_protocol: 11,
    exporter_addr: '192.0.2.1',
    observation_domain: 17,
    src_addr: '10.0.0.1',
    dst_addr: '10.0.0.2',
    src_port: 443,
    dst_port: 50_000,
    ip_proto: 6,
    ip_tos: 184,
    tcp_flags: 0x12,
    bytes: 1518,
    packets: 1,
    sampling_rate: 512,
    sampling_source: 1,
    in_if: 3,
    out_if: 4,
    src_mac_u48: 0x0200000000aa,
    dst_mac_u48: 0x0200000000bb,
    src_vlan: 100,
    direction: 0,
  })
})

test('bytes count the frame, or the IP layer where that was asked for and the header shows it', () => {
  const datagram = sflowDatagram([flowSample({}, rawHeader(frame, 1, 1518))])
  assert.is(onlyRow(datagram).bytes, 1518)
  assert.is(onlyRow(datagram, { bytes: 'ip' }).bytes, 40)
  const arp = sflowDatagram([flowSample({}, rawHeader(ethernet(hex('0806'), Buffer.alloc(28)), 1, 64))])
  assert.is(onlyRow(arp, { bytes: 'ip' }).bytes, 64)
})

test('agents without an address are known by the source of the datagram, IPv6 ones by theirs', () => {
  const sample = [flowSample({}, rawHeader(frame))]
  assert.is(onlyRow(sflowDatagram(sample, { agent: word(0) })).exporter_addr, '198.51.100.9')
  assert.is(onlyRow(sflowDatagram(sample, { agent: word(1, 0) })).exporter_addr, '198.51.100.9')
  const v6 = hex('20010db8000000000000000000000001')
  assert.is(
    onlyRow(sflowDatagram(sample, { agent: address(v6) })).exporter_addr,
    '20010db8000000000000000000000001',
  )
})

test('interfaces: indices, discards, several outputs, the device itself', () => {
  const rowOf = (input: number, output: number) =>
    onlyRow(sflowDatagram([flowSample({ input, output, source: 3 }, rawHeader(frame))]))
  const plain = rowOf(9, 3)
  assert.equal([plain.in_if, plain.out_if, plain.direction], [9, 3, 1])
  const discarded = rowOf(3, 0x40000000 + 258)
  assert.equal([discarded.out_if, discarded.forwarding_status, discarded.direction], [undefined, 130, 0])
  assert.is(rowOf(3, 0x40000000).forwarding_status, 131)
  assert.is(rowOf(3, 0x40000000 + 4).forwarding_status, 133)
  assert.is(rowOf(3, 0x40000000 + 256).forwarding_status, 128)
  const several = rowOf(3, 0x80000007)
  assert.equal([several.out_if, several.forwarding_status], [undefined, undefined])
  const internal = rowOf(0x3fffffff, 8)
  assert.equal([internal.in_if, internal.direction], [undefined, undefined])
  const expanded = onlyRow(sflowDatagram([expandedFlowSample([0, 70_000, 0, 0xff000001], rawHeader(frame))]))
  assert.equal([expanded.in_if, expanded.out_if, expanded.direction], [70_000, 0xff000001, 0])
  assert.is(expanded.sampling_rate, 2048)
})

test('extended data: switch, router, gateway, NAT, MPLS', () => {
  const v6 = hex('20010db8000000000000000000000009')
  const row = onlyRow(
    sflowDatagram([
      flowSample(
        {},
        rawHeader(frame),
        record(1001, word(7, 0, 8, 0)),
        record(1002, address(ipv4('192.0.2.99')), word(24, 0xffffff80)),
        record(
          1003,
          address(v6),
          word(65_000, 65_001, 65_002, 2, 2, 2, 64_512, 64_513, 1, 1, 4_200_000_000, 1, 99, 100),
        ),
        record(1006, address(ipv4('192.0.2.98')), word(2, 0x00010000, 0x00020100, 0)),
        record(1007, address(ipv4('203.0.113.1')), address(v6)),
        record(1020, word(1024, 80)),
      ),
    ]),
  )
  assert.equal([row.src_vlan, row.dst_vlan], [7, 8])
  assert.equal([row.next_hop, row.src_mask, row.dst_mask], ['192.0.2.99', 24, 25])
  assert.equal([row.bgp_next_hop, row.src_as, row.dst_as], [v6.toString('hex'), 65_001, 4_200_000_000])
  assert.equal([row.mpls_label_1, row.mpls_label_2, row.mpls_label_3], [16, 32, undefined])
  assert.equal([row.post_nat_src_addr, row.post_nat_dst_addr], ['203.0.113.1', v6.toString('hex')])
  assert.equal([row.post_napt_src_port, row.post_napt_dst_port], [1024, 80])
})

test('samples without a header: Ethernet, IPv4, IPv6', () => {
  const ethernetRecord = record(2, word(64), hex('0200000000aa0000 0200000000bb0000'), word(0x88cc))
  const ethernetRow = onlyRow(sflowDatagram([flowSample({}, ethernetRecord)]))
  assert.equal(
    [ethernetRow.bytes, ethernetRow.src_mac_u48, ethernetRow.src_addr],
    [64, 0x0200000000aa, undefined],
  )
  const v4 = record(3, word(1000, 17), ipv4('10.9.8.7'), ipv4('10.9.8.6'), word(53, 5353, 0, 46))
  const v4Row = onlyRow(sflowDatagram([flowSample({}, v4)]))
  assert.equal([v4Row.src_addr, v4Row.dst_port, v4Row.ip_tos, v4Row.bytes], ['10.9.8.7', 5353, 46, 1000])
  const addresses = hex('20010db8000000000000000000000001 20010db8000000000000000000000002')
  const v6Row = onlyRow(
    sflowDatagram([flowSample({}, record(4, word(900, 6), addresses, word(1, 2, 0x10, 0)))]),
  )
  assert.equal([v6Row.ip_proto, v6Row.tcp_flags, v6Row.dst_addr], [6, 16, addresses.toString('hex', 16)])
  const both = onlyRow(sflowDatagram([flowSample({}, rawHeader(frame, 1, 1518), v4)]))
  assert.equal([both.src_addr, both.bytes], ['10.0.0.1', 1518])
})

test('headers that begin with IP, MPLS or PPP', () => {
  const packet = ipv6Packet(58, hex('8700 00000000'))
  const rows = [
    onlyRow(sflowDatagram([flowSample({}, rawHeader(packet, 12))])),
    onlyRow(sflowDatagram([flowSample({}, rawHeader(Buffer.concat([hex('000641ff'), packet]), 13))])),
    onlyRow(sflowDatagram([flowSample({}, rawHeader(Buffer.concat([hex('0057'), packet]), 7))])),
  ]
  for (const row of rows) assert.equal([row.icmp_type, row.icmp_code], [135, 0])
  assert.is(rows[1]!.mpls_label_1, 100)
  const unknown = onlyRow(sflowDatagram([flowSample({}, rawHeader(packet, 4, 90))]))
  assert.equal([unknown.src_addr, unknown.bytes], [undefined, 90])
})

test('rows go through a block smaller than the datagram, each with its own values', () => {
  const packets = Array.from({ length: 8 }, (_, i) =>
    i % 2 === 0
      ? rawHeader(ethernet(hex('0800'), ipv4Packet(17, udp(i + 1, 53, Buffer.alloc(4)))), 1, 100 + i)
      : record(1001, word(i, 0, i, 0)),
  )
  const { rows, report } = decodeAll(sflowDatagram(packets.map((packet) => flowSample({ rate: 0 }, packet))))
  assert.equal([report.records, report.flows], [8, 8])
  rows.forEach((row, i) => {
    assert.is(row.src_port, i % 2 === 0 ? i + 1 : undefined)
    assert.is(row.src_vlan, i % 2 === 0 ? undefined : i)
    assert.is(row.bytes, i % 2 === 0 ? 100 + i : undefined)
    assert.is(row.sampling_source, undefined)
  })
})

test('counters, discards and samples of enterprises are passed over and counted', () => {
  const other = Buffer.concat([word((4413 << 12) | 1), word(4), word(1)])
  const samples = [counterSample(), discardSample(258), other, flowSample({}, rawHeader(frame))]
  const { rows, report, decoder } = decodeAll(sflowDatagram(samples))
  assert.is(rows.length, 1)
  assert.equal([report.counters, report.discards, decoder.otherSamples], [1, 1, 1])
})

test('what is cut is counted under its code, and what was before is kept', () => {
  const whole = sflowDatagram([flowSample({}, rawHeader(frame)), flowSample({}, rawHeader(frame))])
  assert.equal(decodeAll(whole.subarray(0, 27)).rejects, { datagram_truncated: 1 })
  assert.equal(decodeAll(whole.subarray(0, 7)).rejects, { datagram_truncated: 1 })
  assert.equal(decodeAll(Buffer.concat([word(5, 9), Buffer.alloc(40)])).rejects, { header_invalid: 1 })
  assert.equal(decodeAll(Buffer.concat([word(4, 1), Buffer.alloc(40)])).rejects, { version_unknown: 1 })
  const half = decodeAll(whole.subarray(0, 28 + (whole.length - 28) / 2 + 20))
  assert.is(half.rows.length, 1)
  assert.equal(half.rejects, { sample_invalid: 1 })
  assert.is(half.report.records, 2)
  const claims = decodeAll(sflowDatagram([flowSample({}, rawHeader(frame))], { samples: 0xffffffff }))
  assert.is(claims.rows.length, 1)
  assert.equal(claims.rejects, { sample_invalid: 1 })
  assert.equal(decodeAll(sflowDatagram([], { samples: 0 })).rejects, {})
})

test('trailing bytes after the last sample mean nothing', () => {
  const datagram = Buffer.concat([sflowDatagram([flowSample({}, rawHeader(frame))]), Buffer.alloc(300, 1)])
  assert.is(decodeAll(datagram).rows.length, 1)
})

test('the accounting of losses gets agent, sub-agent and sequence', () => {
  const header = new Sflow5Header()
  assert.ok(scanSflow5(sflowDatagram([counterSample(), counterSample()]), header))
  assert.equal(
    [header.subAgent, header.sequence, header.uptimeMs, header.samples, header.hasAgent],
    [17, 4242, 99_000, 2, true],
  )
  assert.equal([...header.agent.subarray(10)], [255, 255, 192, 0, 2, 1])
  assert.not.ok(scanSflow5(Buffer.alloc(10), header))
})

/** Park and Miller's generator. */
function* randoms(seed: number): Generator<number, never> {
  let state = seed
  for (;;) {
    state = (state * 48271) % 2147483647
    yield state
  }
}

test('mutated datagrams neither throw nor make more rows than they have bytes for', () => {
  const random = randoms(11)
  const next = (below: number) => random.next().value % below
  const seed = sflowDatagram([
    flowSample(
      {},
      rawHeader(frame),
      record(1003, address(ipv4('192.0.2.1')), word(1, 2, 3, 1, 2, 1, 5, 1, 9, 1)),
    ),
    expandedFlowSample([0, 1, 0, 2], record(1006, address(ipv4('192.0.2.1')), word(1, 0x00010000, 0))),
    counterSample(
      record(1, Buffer.alloc(88)),
      record(2001, word(1, 5, 1, 0, 0)),
      record(10, Buffer.alloc(60)),
    ),
    discardSample(1, record(1038, word(3), hex('61626300'))),
  ])
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.from(seed)
    for (let i = 1 + next(6); i > 0; i--) bytes[next(bytes.length)] = next(3) === 0 ? 255 : next(256)
    const datagram = bytes.subarray(0, next(3) === 0 ? next(bytes.length) : bytes.length)
    const { rows, report } = decodeAll(datagram)
    assert.ok(rows.length <= datagram.length / 32)
    const described = describeSflow5(datagram)
    assert.is(described.filter(({ kind }) => kind === 'flow').length, rows.length)
    assert.is(described.filter(({ kind }) => kind === 'counters').length, report.counters)
    JSON.stringify(described)
  }
})

interface GoldenSample {
  readonly sampleType?: string
  readonly meanSkipCount?: string
  readonly elements?: Record<string, string>[]
}

function goldenOf(path: string): Record<string, string>[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  const samples = lines.flatMap((line): GoldenSample[] => {
    try {
      return (JSON.parse(line) as { samples?: GoldenSample[] }).samples ?? []
    } catch {
      // The tool that made the golden prints broken JSON for some structures.
      return []
    }
  })
  return samples
    .filter(({ sampleType }) => /FLOWSAMPLE/.test(sampleType ?? ''))
    .map((sample) => Object.assign({ rate: sample.meanSkipCount ?? '' }, ...(sample.elements ?? [])))
    .filter((sample) => sample.srcIP !== undefined)
}

test('the recorded scenarios give the counts and the flows of their golden', () => {
  const corpora = join(process.env.VIGIE_SHARED ?? '../shared', 'corpora')
  if (!existsSync(corpora)) {
    process.stdout.write(`skipped: no recordings at ${corpora}\n`)
    return
  }
  const [head, ...lines] = readFileSync(join(corpora, 'SCENARIOS.tsv'), 'utf8').trim().split('\n')
  const names = head!.split('\t')
  const scenarios = lines.map((line) =>
    Object.fromEntries(line.split('\t').map((cell, i) => [names[i], cell])),
  )
  for (const scenario of scenarios.filter(({ protocol }) => protocol === 'sFlow v5')) {
    const id = scenario.id!
    const reader = new CaptureReader(join(corpora, 'pcap', `${id}.pcap`))
    const decoded = [...reader.datagrams()].map(({ datagram }) => decodeAll(datagram))
    const rows = decoded.flatMap((one) => one.rows)
    assert.is(rows.length, Number(scenario.flows_in_order), id)
    const counters = decoded.reduce((sum, one) => sum + one.report.counters, 0)
    assert.is(counters, Number(scenario.sflow_counter_samples), id)
    const discards = decoded.reduce((sum, one) => sum + one.report.discards, 0)
    assert.is(discards, Number(scenario.sflow_discard_samples), id)
    for (const want of goldenOf(join(corpora, 'golden', 'sflowtool', `${id}.json`))) {
      const found = rows.some(
        (row) =>
          row.src_addr === want.srcIP &&
          row.dst_addr === want.dstIP &&
          row.ip_proto === Number(want.IPProtocol) &&
          row.bytes === Number(want.sampledPacketSize) &&
          row.sampling_rate === Number(want.rate) &&
          (row.src_port ?? 0) === Number(want.TCPSrcPort ?? want.UDPSrcPort ?? 0),
      )
      assert.ok(found, `${id}: ${JSON.stringify(want)}`)
    }
  }
})

test.run()
