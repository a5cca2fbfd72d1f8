import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { has, only, read } from './reading.js'

const test = suite('traps of the other vendors')

test('VeloCloud: one way per direction, bpsOfBestPath is a capacity, a score of 0 was not measured', () => {
  const records = read([
    {
      linkId: 3,
      bestLatencyMsTx: 7,
      bestLatencyMsRx: 5,
      bestLossPctTx: 0.5,
      bestLossPctRx: 0,
      bpsOfBestPathTx: 1e6,
      scoreTx: 0,
      link: {
        edgeSerialNumber: 'VC1',
        internalId: 'x',
        linkState: 'UNSTABLE',
        isp: null,
        linkLastActive: '2020-01-01T00:00:00Z',
      },
    },
  ])
  has(only(records, 'tx'), { latency_ms: 7, latency_kind: 'one_way', loss_ratio: 0.005, mos: undefined })
  has(only(records, 'both'), {
    state: 'degraded',
    tx_capacity_bps: 1e6,
    tx_bps: undefined,
    carrier: undefined,
  })
  has(only(records, 'rx'), { latency_ms: 5, observed_at_source: 'received', link: 'x' })
})

test('VeloCloud: words of a message are no state, detail is JSON in a string', () => {
  const event = {
    event: 'LINK_DEAD',
    eventTime: '2024-01-01T00:00:00Z',
    edgeName: 'Cisco Meraki',
    category: 'NETWORK',
  }
  const record = only(read({ data: [{ ...event, message: 'was alive', detail: '{"internalId":"i1"}' }] }))
  has(record, { vendor: 'velocloud', state: 'down', link: 'i1', device: 'Cisco Meraki' })
})

test('VeloCloud: IPFIX loss is in percent, else lost of lost and the rest', () => {
  const records = read({
    '12292 latencyMsTx': 4,
    '12318 lossPctRx': 0.5,
    packetsLostTx: 1,
    packetsLostCompTx: 3,
    linkUUID: 'u',
  })
  has(only(records, 'tx'), { latency_ms: 4, loss_ratio: 0.25 })
  has(only(records, 'rx'), { loss_ratio: 0.005 })
})

test('Versa: rows are positional and the first column joins the key; losses are percent', () => {
  const records = read({
    aaData: [['A,B,INET,MPLS,ef', 'A', 'B', 'INET', 'MPLS', 'ef', 20, 1, 2, 0.5, 0, 1]],
  })
  has(only(records, 'both'), {
    latency_ms: 20,
    latency_kind: 'round_trip',
    loss_ratio: 0.01,
    sla_class: 'ef',
  })
  has(only(records, 'tx'), { jitter_ms: 1, loss_ratio: 0.005, remote: 'B', remote_color: 'MPLS' })
  has(only(records, 'rx'), { jitter_ms: 2, loss_ratio: 0 })
})

test('Versa: duration is ms, generateTime s; quoted values hold commas; per-application counts are not the circuit', () => {
  const line = (rest: string) => `2024-01-01T00:00:09+0000 bwMonLog, applianceName=E1, ${rest}`
  const record = only(
    read(
      line(
        'generateTime=1700000000, sentOctets=1500, recvdOctets=0, duration=60000, site="Oslo, 2", accCkt=W1, x=',
      ),
    ),
  )
  has(record, {
    tx_bps: 200,
    rx_bps: 0,
    interval_s: 60,
    site: 'Oslo, 2',
    observed_at: '2023-11-14T22:13:20.000Z',
  })
  assert.equal(read(line('mstatsType=sdwan-acc-ckt-app-stats, sentOctets=1, duration=1000, accCkt=W1')), [])
})

test('Versa: an SLA event that is set oftener than cleared stands', () => {
  const line =
    'eventLog, applianceName=E1, generateTime=1700000000, eventType=sdwan-sla-status, eventSetCntr=2, eventClrCntr=1'
  has(only(read(line)), { kind: 'event', event: 'sdwan-sla-status', state: 'degraded' })
})

test('Prisma: one array a metric, merged by site, path and time; ids stay whole', () => {
  const path = (data: object) => [
    { site_id: '9007199254740993', paths: [{ path_id: '15999999999999999', data }] },
  ]
  const records = read({
    metrics: [
      { name: 'LqmLatencyPointMetric', sites: path({ rtt_latency: 30 }) },
      { name: 'LqmJitterPointMetric', sites: path({ uplink_jitter_avg: 2 }) },
      { name: 'LqmPktLossPointMetric', sites: path({ uplink_pkt_loss_avg: 1, downlink_pkt_loss_avg: 0 }) },
    ],
  })
  assert.is(records.length, 3)
  has(only(records, 'tx'), { jitter_ms: 2, loss_ratio: 0.01, link: '15999999999999999' })
  has(only(records, 'both'), { latency_ms: 30, site: '9007199254740993' })
})

test('EdgeConnect: hundredths but for the jitter, two stages of loss, and 2^64-1 is a bad value', () => {
  const cells = Array.from({ length: 72 }, () => '')
  const set: Record<number, string> = {
    1: 't1',
    2: 'to_HUB',
    3: '0',
    6: '7500',
    14: '1234',
    23: '150',
    24: '50',
    69: '7',
    71: '1700000000',
  }
  for (const [i, value] of Object.entries(set)) cells[Number(i)] = value
  const [after, before] = read(cells.join(','))
  has(after!, { latency_ms: 12.34, jitter_ms: 7, loss_ratio: 0.005, loss_stage: 'post_fec', tx_bps: 1000 })
  has(before!, { loss_ratio: 0.015, loss_stage: 'pre_fec', sla_class: 'underlay' })
  cells[14] = cells[24] = '18446744073709551615'
  has(read(cells.join(','))[0]!, { latency_ms: undefined, loss_ratio: undefined, jitter_ms: 7 })
})

test('SSR: one metric a line, and one peer has several hosts', () => {
  const line = (host: string, fields: object) =>
    JSON.stringify({
      name: 'bfd',
      fields,
      tags: { router: 'r', node: 'n', 'device-name': 'W', 'peer-name': 'p', 'peer-host': host, vlan: '0' },
      timestamp: 1700000000,
    })
  const records = read(
    [
      line('a', { mos: 435 }),
      line('b', { latency: 5 }),
      line('a', { latency: 101 }),
      line('a', { loss: 8 }),
    ].join('\n'),
  )
  assert.is(records.length, 2)
  has(records[0]!, { mos: 4.35, latency_ms: 101, loss_ratio: 0.08, remote: 'p/a' })
  has(records[1]!, { latency_ms: 5, mos: undefined, observed_at: '2023-11-14T22:13:20.000Z' })
})

test('Mist: a peer without metrics has a state and no zeros; seconds have a fraction', () => {
  const record = only(
    read({ results: [{ mac: 'aa', peer_mac: 'bb', port_id: 'ge', up: false, last_seen: 1700000000.5 }] }),
  )
  has(record, {
    state: 'down',
    latency_ms: undefined,
    loss_ratio: undefined,
    observed_at: '2023-11-14T22:13:20.500Z',
  })
})

test('SRX: a space in the time, microseconds, and targets are no measurements', () => {
  const line = (name: string, data: string) =>
    `<14>1 2024-01-01T00: 6:15.274 fw1 RT_FLOW - APPTRACK_APPQOE_${name} [junos@2636.1.1.1.2.129 destination-interface-name="ge-0/0/1.0" ${data}]`
  const report = only(read(line('ACTIVE_SLA_METRIC_REPORT', 'rtt="2500" rtt-jitter="100" pkt-loss="3"')))
  has(report, { observed_at: '2024-01-01T00:06:15.274Z', latency_ms: 2.5, jitter_ms: 0.1, loss_ratio: 0.03 })
  has(only(read(line('SLA_METRIC_VIOLATION', 'rtt="2500" target-rtt="4" sla-rule="s"'))), {
    kind: 'event',
    latency_ms: undefined,
    sla_met: { s: false },
  })
})

test('Nuage: the word Null is no value, and a violation carries none', () => {
  const hit = (source: object) => ({ hits: { hits: [{ _index: 'i', _source: source }] } })
  const probe = {
    SrcNSG: '1.1.1.1',
    DestinationNSG: 'B',
    AvgDelay: 5,
    AvgPktLoss: 2,
    AvgJitter: 'Null',
    UnderlayName: 'Null',
    timestamp: 1700000000000,
  }
  has(only(read(hit(probe))), { loss_ratio: 0.02, jitter_ms: undefined, carrier: undefined })
  has(
    only(
      read(hit({ SrcNSG: '1.1.1.1', ViolationType: 'Jitter', APMGroup: 'Gold', timestamp: 1700000000000 })),
    ),
    {
      kind: 'event',
      jitter_ms: undefined,
      sla_met: { Gold: false },
    },
  )
})

test('Huawei: milliseconds in one answer, seconds in the other; percent of use is no rate', () => {
  const link = { linkName: 't', delay: 10, jitter: 1, pkgLoss: 0.4, bandwidthUsage: 80 }
  const records = read({
    data: [{ deviceName: 'd', reason: 'Loss', time: 1700000000000, lastLink: link, currentLink: link }],
  })
  has(records[0]!, { kind: 'event', observed_at: '2023-11-14T22:13:20.000Z', device: 'd' })
  has(records[1]!, { tx_bps: undefined, loss_ratio: undefined, latency_ms: 10 })
  const point = { timestamp: 1700000000, packetLoss: 2, upwardRate: 8 }
  const quality = { deviceName: 'd', wanLink: [{ interfaceName: 'W', wanLinkQuality: [point] }] }
  has(only(read({ data: [quality] })), {
    observed_at: '2023-11-14T22:13:20.000Z',
    loss_ratio: 0.02,
    tx_bps: 8,
  })
})

test('Cato: a value that a series tells is not told again by the total', () => {
  const row = {
    name: 'W',
    metrics: { bytesUpstream: 10, rtt: 5 },
    timeseries: [
      {
        label: 'bytesUpstream',
        data: [
          [1700000000000, 4],
          [1700000300000, 6],
        ],
      },
    ],
  }
  const records = read({
    data: { accountMetrics: { to: '2023-11-14T23:00:00Z', sites: [{ id: '1', interfaces: [row] }] } },
  })
  assert.is(
    records.reduce((sum, r) => sum + ((r.tx_bytes as number | undefined) ?? 0), 0),
    10,
  )
})

test('Citrix: strings, best one-way time, kbit/s', () => {
  const path = {
    from_link: 'A',
    to_link: 'B',
    bowt: '12',
    packet_loss: '1.50',
    bandwidth: '800',
    path_state: 'DEAD',
  }
  has(only(read({ paths_detailed: [path] })), {
    latency_ms: 12,
    latency_kind: 'one_way',
    loss_ratio: 0.015,
    tx_bps: 800_000,
    state: 'down',
  })
})

test('Peplink: the answer names its unit, counters of one reading give no rate', () => {
  const wan = { name: 'W', overall: { download: 3, upload: 2 } }
  has(read({ bandwidth: { timestamp: 1700000000, unit: 'Mbps', 1: wan, order: [1, 2] } })[0]!, {
    tx_bps: 2e6,
    rx_bps: 3e6,
  })
  const vpn = {
    tunnel: { 1: { wan: { 1: { name: 'W', rtt: 5, rx: 9, rxLossPkt: 3 } } } },
    peer: { 1: { name: 'HQ', status: 'CONNECTED' } },
  }
  has(only(read({ stat: 'ok', response: vpn })), {
    remote: 'HQ',
    bytes_kind: 'cumulative',
    loss_ratio: undefined,
    rx_bps: undefined,
  })
})

test('Sophos: the verdict is a sentence', () => {
  const line = (status: string) =>
    `log_id=158825619025 log_type="SD-WAN" profile_name="P" gw_name="W" latency=1 sla_status="${status}"`
  has(only(read(line('SLA not met'))), { sla_met: { P: false }, link: 'W' })
  has(only(read(line('SLA met'))), { sla_met: { P: true } })
})

test('flexiWAN: a round trip of 0 is a lost probe', () => {
  has(only(read({ tunnel_stats: { 4: { rtt: 0, drop_rate: 50, status: 'up' } } })), {
    latency_ms: undefined,
    loss_ratio: 0.5,
  })
})

test('ThousandEyes: -1 is no data, the figures of a proxy are of another path', () => {
  const result = {
    agent: { agentId: '1' },
    date: '2024-01-01T00:00:00Z',
    avgLatency: -1,
    loss: 100,
    jitter: -1,
    proxyLoss: 2,
    capacity: -1,
  }
  has(only(read({ test: {}, results: [result] })), {
    latency_ms: undefined,
    loss_ratio: 1,
    tx_capacity_bps: undefined,
  })
})

test('gNMI: nanoseconds beyond 2^53, counters in strings, JSON in base64, microseconds of probes', () => {
  const ietf = Buffer.from('{"openconfig-interfaces:counters":{"in-octets":"77"}}').toString('base64')
  const elem = [{ name: 'interfaces' }, { name: 'interface', key: { name: 'e1' } }, { name: 'state' }]
  const update = {
    timestamp: '1700000000123456789',
    prefix: { target: 'r1' },
    update: [{ path: { elem }, val: { jsonIetfVal: ietf } }],
  }
  has(only(read({ update })), {
    device: 'r1',
    link: 'e1',
    rx_bytes: 77,
    bytes_kind: 'cumulative',
    observed_at: '2023-11-14T22:13:20.123Z',
  })
  const probes =
    '{"name":"p","timestamp":1700000000123456789,"tags":{"source":"r1:57400","probe_name":"p","test_name":"t"},"values":{"/probes/probe/tests/test/results/state/avg-delay":"1500"}}'
  has(only(read(probes)), { latency_ms: 1.5, observed_at: '2023-11-14T22:13:20.123Z', device: 'r1' })
})

test('OTLP: temporality tells delta from cumulative, and an application is no link', () => {
  const point = (extra: object) => ({ timeUnixNano: '1700000000000000000', ...extra })
  const direction = { key: 'network.io.direction', value: { stringValue: 'receive' } }
  const metrics = [
    {
      name: 'system.network.io',
      unit: 'By',
      sum: { aggregationTemporality: 2, dataPoints: [point({ asInt: '5', attributes: [direction] })] },
    },
    { name: 'http.server.latency', unit: 'ms', gauge: { dataPoints: [point({ asDouble: 9 })] } },
    { name: 'tunnel.rtt', unit: 'us', gauge: { dataPoints: [point({ asDouble: 2500 })] } },
  ]
  const records = read({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })
  assert.is(records.length, 2)
  has(records[0]!, { kind: 'counters', rx_bytes: 5, bytes_kind: 'cumulative' })
  has(records[1]!, { latency_ms: 2.5, latency_kind: 'round_trip' })
})

test('TWAMP: us and ms in one column, and unsynchronised clocks are found out', () => {
  const text = [
    'Direction         Min         Max         Avg          Jitter     Loss',
    '  Outbound:       1.10ms      2.00ms      900us        10us      1.0%',
    '  Inbound:        50.1ms      60.0ms      55.0ms       20us      0.0%',
    '  Roundtrip:      1ms         3ms         2.50ms       500us     1.0%',
    '                                          Jitter Algorithm [RFC1889]',
  ]
  const records = read(text.join('\n'))
  has(only(records, 'both'), { latency_ms: 2.5, jitter_ms: 0.5, jitter_kind: 'smoothed', loss_ratio: 0.01 })
  has(only(records, 'tx'), { latency_ms: 0.9, jitter_ms: 0.01 })
  has(only(records, 'rx'), { latency_ms: undefined, loss_ratio: 0 })
})

test('RFC 9375: the unit is in the statistics, classes are records of their own', () => {
  const delay = { 'unit-value': 'microseconds', 'intermediate-delay-percentile': '1500' }
  const pm = {
    'end-time': '2024-01-01T00:01:00Z',
    'one-way-pm-statistics': { 'delay-statistics': delay, 'loss-statistics': { 'loss-ratio': '2' } },
    'one-way-pm-statistics-per-class': [
      { 'class-id': 'ef', 'delay-statistics': { 'high-delay-percentile': '9' } },
    ],
  }
  const tree = { 'ietf-network-topology:link': [{ 'link-id': 'l', 'ietf-network-vpn-pm:pm-attributes': pm }] }
  const [whole, ef] = read(tree)
  has(whole!, {
    latency_ms: 1.5,
    latency_statistic: 'median',
    latency_kind: 'one_way',
    loss_ratio: 0.02,
    interval_s: 60,
  })
  has(ef!, { sla_class: 'ef', latency_ms: 9, latency_statistic: 'p95' })
})

test.run()
