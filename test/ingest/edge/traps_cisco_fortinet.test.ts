import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { normalisePayload } from '../../../ingest/edge/normalise.js'
import { has, only, read } from './reading.js'

const test = suite('traps of Cisco and Fortinet')

const appRoute = {
  entry_time: 1700000000000,
  statcycletime: 1700000300000,
  local_system_ip: '10.9.0.1',
  remote_system_ip: '10.9.0.2',
  local_color: 'lte',
  remote_color: 'mpls',
  siteid: 7,
  latency: 40,
  jitter: 3,
  loss: 5,
  total: 200,
  loss_percentage: 2.5,
  vqoe_score: '9',
  state: 'Up',
  sla_class_names: 'voice, bulk',
}

test('Catalyst: loss is lost packets of total, loss_percentage the percent; the cycle is not the time', () => {
  const record = only(read({ data: [appRoute] }))
  has(record, { kind: 'tunnel', observed_at: '2023-11-14T22:13:20.000Z', loss_ratio: 0.025, site: '7' })
  has(record, { qoe: 9, qoe_scale_max: 10, mos: undefined, sla_met: { voice: true, bulk: true } })
  const { loss_percentage: _, ...packetsOnly } = appRoute
  has(only(read([packetsOnly])), { loss_ratio: 0.025 })
})

test('Catalyst: numbers come as integers, reals and strings', () => {
  has(only(read([{ ...appRoute, latency: '40', jitter: '3.0', loss_percentage: '2.5' }])), {
    latency_ms: 40,
    jitter_ms: 3,
    loss_ratio: 0.025,
  })
})

test('Catalyst: of a BFD session the system-ip is the remote, and the site is not ours', () => {
  const record = only(
    read([
      {
        'vdevice-name': '10.9.0.1',
        'system-ip': '10.9.0.2',
        'site-id': 5,
        'local-color': 'lte',
        color: 'mpls',
        state: 'down',
        lastupdated: 1700000000000,
        'uptime-date': 1600000000000,
      },
    ]),
  )
  has(record, { device: '10.9.0.1', remote: '10.9.0.2', site: undefined, state: 'down', local_color: 'lte' })
  has(record, { observed_at: '2023-11-14T22:13:20.000Z' })
})

test('Catalyst: severity number 1 is the worst, and receive_time is not when it happened', () => {
  const record = only(
    read({
      eventname: 'bfd-state-change',
      severity_number: 2,
      entry_time: 1700000000000,
      receive_time: 1699000000000,
      values: [{ 'system-ip': '10.9.0.1', 'remote-system-ip': '10.9.0.2', 'new-state': 'down' }],
    }),
  )
  has(record, { kind: 'event', severity_id: 4, observed_at: '2023-11-14T22:13:20.000Z', remote: '10.9.0.2' })
})

test('Catalyst: rates and capacities of an interface are kbit/s', () => {
  has(
    only(
      read([
        { interface: 'ge0', vdevice_name: '10.9.0.1', tx_kbps: 1.5, rx_kbps: 2, bw_up: 100, bw_down: 0 },
      ]),
    ),
    {
      kind: 'counters',
      tx_bps: 1500,
      rx_bps: 2000,
      tx_capacity_bps: 100_000,
      rx_capacity_bps: undefined,
    },
  )
})

test('Catalyst: of the CLI the means count, not the buckets below them', () => {
  const lines = [
    'app-route statistics 10.0.0.1 10.0.0.2 ipsec 12346 12346',
    ' remote-system-ip 10.9.0.2',
    ' mean-loss        1',
    ' mean-latency     30',
    ' mean-jitter      2',
    ' INDEX   PACKETS  LOSS  LATENCY  JITTER',
    ' 0       596      0     1        0',
    ' 1       596      9     99       0',
  ]
  has(only(read(lines.join('\n'))), { latency_ms: 30, loss_ratio: 0.01, remote: '10.9.0.2' })
})

test('IP SLA: a timed-out operation has a state and no zeros, and a one-way delay above the round trip is rejected', () => {
  const text = (code: string, latest: string) =>
    [
      'IPSLA operation id: 12',
      `        Latest RTT: ${latest}`,
      `Latest operation return code: ${code}`,
      '        Number Of RTT: 10    RTT Min/Avg/Max: 0/8/9 milliseconds',
      '        Source to Destination Latency one way Min/Avg/Max: 2/3/4 milliseconds',
      '        Destination to Source Latency one way Min/Avg/Max: 70/80/90 milliseconds',
    ].join('\n')
  const good = read(text('OK', '8 milliseconds'))
  has(only(good, 'both'), { vendor: 'cisco-ip-sla', latency_ms: 8, latency_kind: 'round_trip', state: 'up' })
  has(only(good, 'tx'), { latency_ms: 3, latency_kind: 'one_way' })
  assert.is(good.filter((r) => r.direction === 'rx').length, 0)
  has(only(read(text('Timeout', 'NoConnection/Busy/Timeout'))), { state: 'down', latency_ms: undefined })
})

test('IP SLA: the MIB gives MOS in hundredths, and its sense says whether zeros are measurements', () => {
  const prefix = 'rttMonLatest'
  const records = read({
    [`${prefix}RttOperCompletionTime.1`]: '0',
    [`${prefix}RttOperSense.1`]: 4,
    [`${prefix}JitterOperNumOfRTT.2`]: '90',
    [`${prefix}JitterOperRTTSum.2`]: '1800',
    [`${prefix}JitterOperPacketLossSD.2`]: '10',
    [`${prefix}JitterOperMOS.2`]: '434',
  })
  has(records[0]!, { link: 'ip-sla 1', state: 'down', latency_ms: undefined })
  has(records[1]!, { link: 'ip-sla 2', latency_ms: 20, mos: 4.34 })
  has(only(records, 'tx'), { loss_ratio: 0.1 })
})

test('Meraki: a probe target is no tunnel end, and a null of a recent bucket is no zero', () => {
  const records = read([
    {
      serial: 'Q1',
      uplink: 'wan2',
      ip: '1.1.1.1',
      timeSeries: [
        { ts: '2024-01-01T00:00:00Z', lossPercent: 1, latencyMs: 9.5 },
        { ts: '2024-01-01T00:01:00Z', lossPercent: null, latencyMs: 9 },
        { ts: '2024-01-01T00:02:00Z', lossPercent: null, latencyMs: null },
      ],
    },
  ])
  assert.is(records.length, 2)
  has(records[0]!, { kind: 'link', remote: undefined, latency_kind: 'round_trip', loss_ratio: 0.01 })
  has(records[1]!, { loss_ratio: undefined, latency_ms: 9 })
})

test('Meraki: four summaries join on the two uplinks, kilobytes count once a peer', () => {
  const uplinks = { senderUplink: 'wan1', receiverUplink: 'wan2' }
  const records = read([
    {
      networkId: 'N_9',
      merakiVpnPeers: [
        {
          networkId: 'N_8',
          usageSummary: { sentInKilobytes: 3, receivedInKilobytes: 4 },
          latencySummaries: [{ ...uplinks, avgLatencyMs: 20 }],
          jitterSummaries: [{ ...uplinks, avgJitter: 1 }],
          lossPercentageSummaries: [{ ...uplinks, avgLossPercentage: 0 }],
          mosSummaries: [{ ...uplinks, avgMos: 4.3 }],
        },
      ],
    },
  ])
  assert.is(records.length, 2)
  has(records[0]!, { latency_ms: 20, jitter_ms: 1, loss_ratio: 0, mos: 4.3, remote_color: 'wan2' })
  has(records[1]!, { tx_bytes: 3000, rx_bytes: 4000, latency_ms: undefined })
})

test('Meraki: a webhook is dated when it happened, its secret goes nowhere, uplink "1" is wan2', () => {
  const records = read({
    alertTypeId: 'failover_event',
    occurredAt: '2024-01-01T00:00:00.5Z',
    sentAt: '2024-01-01T00:09:00Z',
    deviceSerial: 'Q1',
    sharedSecret: 'swordfish',
    alertData: { uplink: '1' },
  })
  has(only(records), { observed_at: '2024-01-01T00:00:00.500Z', link: 'wan2' })
  assert.not.match(JSON.stringify(records), 'swordfish')
})

const fortiLine = (more: string) =>
  `<189>date=2024-01-01 time=00:00:00 devid="FGT1" logid="0113022925" subtype="sdwan" healthcheck="dns" interface="wan1" ${more}`

test('FortiGate: zeros of a line that is down are no measurements; down with few lost is degraded, with all lost is down', () => {
  const line = (loss: string) =>
    fortiLine(
      `eventtime=1700000000123456789 status="down" latency="0.000" jitter="0.000" packetloss="${loss}"`,
    )
  has(only(read(line('4.000'))), {
    state: 'degraded',
    state_raw: 'down',
    latency_ms: undefined,
    jitter_ms: undefined,
  })
  has(only(read(line('100.000'))), { state: 'down', loss_ratio: 1, mos_computed: undefined })
})

test('FortiGate: eventtime is nanoseconds, or seconds in old releases', () => {
  const line = (time: string) => fortiLine(`eventtime=${time} status="up" latency="1.0" packetloss="0.000"`)
  has(only(read(line('1700000000123456789'))), { observed_at: '2023-11-14T22:13:20.123Z' })
  has(only(read(line('1700000000'))), { observed_at: '2023-11-14T22:13:20.000Z' })
})

test('FortiGate: rates change unit from line to line, and out is transmit', () => {
  const record = only(
    read(
      fortiLine(
        'latency="1.0" inbandwidthused="2.50Mbps" outbandwidthused="7kbps" outbandwidthavailable="1.00Gbps"',
      ),
    ),
  )
  has(record, { rx_bps: 2_500_000, tx_bps: 7000, tx_capacity_bps: 1e9, device: 'FGT1' })
})

test('FortiGate: the map of targets is hexadecimal, a bit a target', () => {
  has(only(read(fortiLine('latency="1.0" slatargetid=2 slamap="0x5"'))), {
    sla_met: { 1: true, 2: false, 3: true },
  })
})

test('FortiGate: a disabled member has a state only; shortcuts are links; state_changed is no time', () => {
  const up = { status: 'up', latency: 1, jitter: 0, packet_loss: 0, state_changed: 1700000000 }
  const records = read({
    serial: 'FGT1',
    results: { dns: { wan1: { ...up, child_intfs: { wan1_0: up } }, wan2: { status: 'disable' } } },
  })
  assert.equal(
    records.map((r) => r.link),
    ['wan1', 'wan1_0', 'wan2'],
  )
  has(records[2]!, { state: 'disabled', latency_ms: undefined, loss_ratio: undefined })
  for (const record of records) has(record, { observed_at: undefined, observed_at_source: 'received' })
})

test('FortiGate: by SNMP 0 is alive, and what was not polled is not zero', () => {
  const record = only(
    read({
      'fgVWLHealthCheckLinkState.3': '1',
      'fgVWLHealthCheckLinkLatency.3': '0.000',
      'fgVWLHealthCheckLinkName.3': 'dns',
    }),
  )
  has(record, { state: 'down', latency_ms: undefined, loss_ratio: undefined, sla_class: 'dns' })
})

test('FortiGate: a log of traffic is known and tells nothing of links; a torn line is rejected with its place', () => {
  const traffic = 'date=2024-01-01 devid="FGT1" logid="0000000013" type="traffic" subtype="forward"'
  assert.equal(read(traffic), [])
  const { records, rejects } = normalisePayload(`${fortiLine('latency="1.0"')}\nen\n`, { vendor: 'auto' })
  assert.is(records.length, 1)
  assert.equal(
    rejects.map(({ code, place }) => [code, place]),
    [['row_invalid', 'line 2']],
  )
})

test.run()
