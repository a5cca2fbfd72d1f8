import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeSflow5 } from '../../../ingest/flow/sflow5_description.js'
import { ipv6Text } from '../../../ingest/flow/sflow5_fields.js'
import { COUNTER_STRUCTURES, FLOW_STRUCTURES } from '../../../ingest/flow/sflow5_structures.js'
import {
  address,
  counterSample,
  discardSample,
  ethernet,
  flowSample,
  hex,
  ipv4,
  ipv4Packet,
  long,
  opaque,
  rawHeader,
  record,
  sflowDatagram,
  tcp,
  text,
  udp,
  word,
} from './sflow5_builder.js'

const test = suite('sFlow v5 in words')

/** The fields of a record in a counter or flow sample of its own. */
function described(tag: number, body: Buffer, name: string, inFlow = false): unknown {
  const sample = inFlow ? flowSample({}, record(tag, body)) : counterSample(record(tag, body))
  return describeSflow5(sflowDatagram([sample]))[0]!.fields[name]
}

test('a flow sample tells of itself and of its records, the inner packet of a tunnel included', () => {
  const inner = ethernet(hex('0800'), ipv4Packet(6, tcp(80, 81, 2)))
  const vxlan = udp(5000, 4789, Buffer.concat([hex('08000000 00006400'), inner]))
  const frame = ethernet(hex('88a8 a064 8100 0065 0800'), ipv4Packet(17, vxlan))
  const [sample] = describeSflow5(
    sflowDatagram([flowSample({ output: 0x80000002 }, rawHeader(frame), record(1001, word(1, 2, 3, 4)))]),
  )
  assert.is(sample!.kind, 'flow')
  const { sampled_header: header, ...rest } = sample!.fields as Record<string, Record<string, unknown>>
  assert.equal(rest, {
    sequence_number: 9,
    source_id_type: 'ifIndex',
    source_id_index: 3,
    sampling_rate: 512,
    sample_pool: 1000,
    drops: 0,
    input: 3,
    output: { multiple: 2 },
    extended_switch: { src_vlan: 1, src_priority: 2, dst_vlan: 3, dst_priority: 4 },
  })
  assert.is(header!.header, frame.toString('hex'))
  assert.equal([header!.dot1qVlanId, header!.dot1qCustomerVlanId, header!.dot1qPriority], [100, 101, 5])
  assert.equal([header!.tunnel, header!.vni], ['vxlan', 100])
  const { sourceIPv4Address, sourceTransportPort, tcpControlBits } = header!.inner as Record<string, unknown>
  assert.equal([sourceIPv4Address, sourceTransportPort, tcpControlBits], ['10.0.0.1', 80, 2])
})

test('tunnels in tunnels are told to a bounded depth', () => {
  let packet = ipv4Packet(6, tcp(1, 2, 0))
  for (let i = 0; i < 20; i++) packet = ipv4Packet(4, packet)
  let fields = describeSflow5(sflowDatagram([flowSample({}, rawHeader(packet, 11))]))[0]!.fields
    .sampled_header as Record<string, unknown>
  let depth = 0
  while (fields.inner !== undefined) {
    fields = fields.inner as Record<string, unknown>
    depth++
  }
  assert.is(depth, 4)
})

test('interface counters, and those that an agent does not have', () => {
  const body = Buffer.concat([
    word(14, 6),
    long(10_000_000_000n),
    word(1, 3),
    long(2n ** 60n),
    word(181, 0, 0xffffffff, 0, 0, 0xffffffff),
    long(2n ** 64n - 1n),
    word(466, 1, 2, 3, 4, 0),
  ])
  assert.equal(described(1, body, 'if_counters'), {
    ifIndex: 14,
    ifType: 6,
    ifSpeed_bps: 10_000_000_000,
    ifDirection: 1,
    ifStatus: 3,
    ifInOctets: '1152921504606846976',
    ifInUcastPkts: 181,
    ifInMulticastPkts: 0,
    ifInDiscards: 0,
    ifInErrors: 0,
    ifOutUcastPkts: 466,
    ifOutMulticastPkts: 1,
    ifOutBroadcastPkts: 2,
    ifOutDiscards: 3,
    ifOutErrors: 4,
    ifPromiscuousMode: 0,
  })
})

test('structures of every kind of field', () => {
  assert.equal(described(1001, Buffer.concat([word(1450, 0xffffffff, 0), long(1n), long(2n)]), 'processor'), {
    '5s_cpu_percent': 14.5,
    '5m_cpu_percent': 0,
    total_memory_bytes: 1,
    free_memory_bytes: 2,
  })
  const lag = Buffer.concat([
    hex('7e606973 8f420000 00000000 00010000'),
    word(1),
    hex('05750000'),
    word(0, 1),
  ])
  assert.equal(described(7, lag, 'lag_port_stats'), {
    dot3adAggPortActorSystemID: '7e:60:69:73:8f:42',
    dot3adAggPortPartnerOperSystemID: '00:00:00:00:00:01',
    dot3adAggPortAttachedAggID: 1,
    dot3adAggPortState: '05750000',
    dot3adAggPortStatsLACPDUsRx: 0,
    dot3adAggPortStatsMarkerPDUsRx: 1,
  })
  const host = Buffer.concat([
    text('srv-1'),
    hex('20d11d01 515011cb 957d9905 21365ba3'),
    word(3, 2),
    text('6.1'),
  ])
  assert.equal(described(2000, host, 'host_descr'), {
    hostname: 'srv-1',
    uuid: '20d11d01-5150-11cb-957d-990521365ba3',
    machine_type: 3,
    os_name: 2,
    os_release: '6.1',
  })
  assert.equal(described(2001, Buffer.concat([word(1, 2, 1), hex('020000000001 0000')]), 'host_adapters'), {
    adapters: [{ ifIndex: 2, mac_address: ['02:00:00:00:00:01'] }],
  })
  const gateway = Buffer.concat([
    address(ipv4('192.0.2.9')),
    word(1, 2, 3, 2, 2, 2, 10, 11, 1, 2, 12, 13, 1, 77, 5),
  ])
  assert.equal(described(1003, gateway, 'extended_gateway', true), {
    nexthop: '192.0.2.9',
    as: 1,
    src_as: 2,
    src_peer_as: 3,
    dst_as_path: [10, 11, [12, 13]],
    communities: [77],
    localpref: 5,
  })
  const url = Buffer.concat([word(1), text('/a'), text('b.example')])
  assert.equal(described(1005, url, 'extended_url', true), { direction: 1, url: '/a', host: 'b.example' })
  const user = Buffer.concat([word(106), text('jean'), word(106), text('')])
  assert.equal(described(1004, user, 'extended_user', true), {
    src_charset: 106,
    src_user: 'jean',
    dst_charset: 106,
    dst_user: '',
  })
  const load = Buffer.alloc(4)
  load.writeFloatBE(0.47)
  assert.equal(described(2003, load, 'host_cpu'), { load_one: 0.47 })
})

test('what nobody told us is kept as bytes, and what comes twice is a list', () => {
  const [sample] = describeSflow5(
    sflowDatagram([
      counterSample(record(4000, hex('01020304')), record(1005, text('a')), record(1005, text('b'))),
    ]),
  )
  assert.is(sample!.fields['0.4000'], '01020304')
  assert.equal(sample!.fields.port_name, [{ name: 'a' }, { name: 'b' }])
})

test('discarded packets say why', () => {
  const [sample] = describeSflow5(sflowDatagram([discardSample(289, record(1038, text('udp_rcv')))]))
  assert.is(sample!.kind, 'discards')
  assert.is(sample!.fields.reason, 'unknown_l4')
  assert.equal(sample!.fields.extended_function, { symbol: 'udp_rcv' })
  assert.is(describeSflow5(sflowDatagram([discardSample(9999)]))[0]!.fields.reason, '9999')
})

test('strings and lists longer than their record end with it', () => {
  const long4 = Buffer.concat([word(0xffffffff), Buffer.from('abcd')])
  assert.equal(described(1005, long4, 'port_name'), { name: 'abcd' })
  assert.equal(described(1012, word(0xffffffff, 1, 2), 'extended_vlantunnel', true), { stack: [1, 2] })
})

test('every structure of the tables reads zeroes without a fault', () => {
  for (const [structures, inFlow] of [
    [COUNTER_STRUCTURES, false],
    [FLOW_STRUCTURES, true],
  ] as const) {
    for (const [tag, { name }] of Object.entries(structures)) {
      assert.type(described(Number(tag), Buffer.alloc(400), name, inFlow), 'object', name)
    }
  }
})

test('IPv6 addresses are written as RFC 5952 wants them', () => {
  const written = (groups: string) => ipv6Text(hex(groups), 0)
  assert.is(written('20010db8000000000000000000000001'), '2001:db8::1')
  assert.is(written('00000000000000000000000000000000'), '::')
  assert.is(written('20010db8000000010001000100010001'), '2001:db8:0:1:1:1:1:1')
  assert.is(written('fe800000000000000000000000000000'), 'fe80::')
})

test('an opaque of no length is an empty text', () => {
  assert.equal(
    described(1013, Buffer.concat([word(1), opaque(Buffer.alloc(0))]), 'extended_80211_payload', true),
    {
      ciphersuite: 1,
      data: '',
    },
  )
})

test.run()
