import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { has, only, read } from './reading.js'

/** Other forms of what vendors send: other answers of the same API, other spellings, events beside samples. */
const test = suite('variants of vendors')

const T = 1767225600000
const ISO = '2026-01-01T00:00:00.000Z'

test('Catalyst: keys with dashes say what those with underscores say', () => {
  const row = { entry_time: String(T), 'local-system-ip': '10.1.1.1', 'remote-system-ip': '10.1.1.2' }
  const values = { latency: '12', jitter: 1, 'loss-percentage': 0.5, 'vqoe-score': 9 }
  const record = only(read({ data: [{ ...row, 'local-color': 'mpls', 'remote-color': 'lte', ...values }] }))
  has(record, { vendor: 'cisco-catalyst', kind: 'tunnel', observed_at: ISO, device: '10.1.1.1' })
  has(record, { remote: '10.1.1.2', local_color: 'mpls', latency_ms: 12, loss_ratio: 0.005, qoe: 9 })
})

test('Catalyst: counters of the device itself are cumulative, of interfaces and of tunnels', () => {
  const common = { 'vdevice-name': '10.1.1.1', lastupdated: T, 'tx-octets': '100', 'rx-octets': '200' }
  const port = only(read({ data: [{ ...common, ifname: 'ge0/0', 'tx-kbps': '20', 'if-oper-status': 'Up' }] }))
  has(port, { vendor: 'cisco-catalyst', kind: 'counters', link: 'ge0/0', tx_bps: 20_000, state: 'up' })
  has(port, { observed_at: ISO, tx_bytes: 100, rx_bytes: 200, bytes_kind: 'cumulative' })
  const ends = { 'local-color': 'mpls', 'remote-color': 'lte', 'system-ip': '10.1.1.2' }
  const tunnel = only(read({ data: [{ ...common, ...ends, 'tunnel-protocol': 'ipsec', tx_pkts: 3 }] }))
  has(tunnel, { kind: 'tunnel', device: '10.1.1.1', remote: '10.1.1.2', remote_color: 'lte' })
  has(tunnel, { tx_bytes: 100, rx_bytes: 200, tx_packets: 3, bytes_kind: 'cumulative' })
})

test('where all is lost, zeros are no measurements, whoever writes them', () => {
  const ends = { local_system_ip: '10.1.1.1', remote_system_ip: '10.1.1.2', local_color: 'mpls' }
  const none = { latency_ms: undefined, jitter_ms: undefined, mos: undefined, mos_computed: undefined }
  const dead = { entry_time: T, latency: 0, jitter: 0, loss_percentage: 100, state: 'Down' }
  has(only(read([{ ...ends, ...dead }])), { loss_ratio: 1, state: 'down', ...none })
  const peer = { mac: '5c5b', peer_mac: 'aabb', up: false, latency: 0, jitter: 0, loss: 100, mos: 0 }
  has(only(read([peer])), { loss_ratio: 1, state: 'down', ...none })
  const path = { from_link: 'A-1', to_link: 'B-1', state: 'DEAD', bowt: '0', jitter: '0', packet_loss: '100' }
  has(only(read([path])), { loss_ratio: 1, state: 'down', ...none })
})

test('Meraki: a history of one uplink, third parties among the peers, a peer that is lost', () => {
  const bucket = {
    startTs: '2025-12-31T23:59:00Z',
    endTs: '2026-01-01T00:00:00Z',
    latencyMs: 3.4,
    jitter: 0.5,
  }
  const record = only(read([{ ...bucket, ts: bucket.startTs, lossPercent: 0 }]))
  has(record, { vendor: 'cisco-meraki', kind: 'link', observed_at: ISO, interval_s: 60, latency_ms: 3.4 })
  has(record, { jitter_ms: 0.5, loss_ratio: 0 })
  const third = [{ name: 'z', publicIp: '9.9.9.9', reachability: 'unreachable' }]
  const peers = read([{ networkId: 'N', deviceSerial: 'Q2', merakiVpnPeers: [], thirdPartyVpnPeers: third }])
  has(only(peers), { kind: 'tunnel', device: 'Q2', remote: 'z', state: 'down' })
  const hook = { alertTypeId: 'vpn_connectivity_change', occurredAt: ISO, deviceSerial: 'Q2' }
  has(only(read({ ...hook, alertData: { connectivity: 'false' } })), { kind: 'event', state: 'down' })
})

test('Meraki: events come by syslog too', () => {
  const line =
    "<134>1 1767225600.123456789 MX84 events type=vpn_connectivity_change vpn_type='site-to-site' peer_contact='98.68.191.209:51856' connectivity='true'"
  const record = only(read(line))
  has(record, { vendor: 'cisco-meraki', kind: 'event', device: 'MX84', event: 'vpn_connectivity_change' })
  has(record, { observed_at: '2026-01-01T00:00:00.123Z', state: 'up', state_raw: 'true' })
})

test('FortiGate: members in a list or by name, and lines with commas', () => {
  const row = { status: 'up', link: 'up', tx_bandwidth: 1, rx_bandwidth: '2', state_changed: 1_700_000_000 }
  const answer = { path: 'virtual-wan', name: 'members', serial: 'FG1', status: 'success' }
  for (const results of [[{ ...row, interface: 'wan1', seq_num: 1 }], { wan1: row }]) {
    const record = only(read({ ...answer, results }))
    has(record, { vendor: 'fortinet', kind: 'link', device: 'FG1', link: 'wan1', state: 'up' })
    has(record, { tx_bps: 1, rx_bps: 2, observed_at_source: 'received' })
  }
  const line =
    'date=2026-01-01,time=00:00:00,devname="F, 1",devid=FG1,eventtime=1767225600000000000,logid=0113022925,type=event,subtype=sdwan,healthcheck=ping,interface=wan1,status=up,latency=12.3,jitter=1.2,packetloss=0.50%'
  has(only(read(line)), {
    observed_at: ISO,
    device: 'FG1',
    link: 'wan1',
    latency_ms: 12.3,
    loss_ratio: 0.005,
  })
})

test('Mist: webhooks of devices and alarms are events, with the state that their name tells', () => {
  const event = { timestamp: T / 1000, mac: '5c5b', site_id: 's' }
  const path = { ...event, type: 'GW_VPN_PATH_DOWN', text: 'VPN path down', port_id: 'ge-0/0/0' }
  const record = only(read({ topic: 'device-events', events: [path] }))
  has(record, { vendor: 'juniper-mist', kind: 'event', event: 'GW_VPN_PATH_DOWN', device: '5c5b' })
  has(record, { observed_at: ISO, link: 'ge-0/0/0', state: 'down', message: 'VPN path down' })
  const alarm = { timestamp: T / 1000, type: 'infra_dhcp_failure', severity: 'warn', gateways: ['5c5c'] }
  has(only(read({ topic: 'alarms', events: [alarm] })), { device: '5c5c', severity_id: 3, state: undefined })
})

test('Citrix: one path comes without its list', () => {
  const path = {
    from_link: 'A-1',
    to_link: 'B-1',
    from_site: 'A',
    state: 'GOOD',
    bowt: '12',
    packet_loss: '0.1',
  }
  has(only(read({ paths_detailed: path })), { vendor: 'citrix', link: 'A-1', latency_ms: 12, state: 'up' })
})

test('Sophos: a verdict in the present tense is one', () => {
  const line = (verdict: string): string =>
    `log_id="025117325001" log_type="SD-WAN" profile_name="p" gw_name="wan1" latency="12" sla_status="${verdict}"`
  has(only(read(line('Meets SLA'))), { sla_met: { p: true } })
  has(only(read(line('Does not meet SLA'))), { sla_met: { p: false } })
})

test('Versa: an alarm of the overlay is an event, others are not', () => {
  const line = (type: string, more: string): string =>
    `2026-01-01T00:00:00+0000 alarmLog, applianceName=E1, tenantName=T, alarmType=${type}, ${more}`
  const record = only(
    read(line('sdwan-datapath-down', 'alarmSeverity=critical, alarmClass=cleared, alarmText="x, y"')),
  )
  has(record, { vendor: 'versa', kind: 'event', device: 'E1', event: 'sdwan-datapath-down', severity_id: 5 })
  has(record, { observed_at: ISO, state: 'up', state_raw: 'cleared', message: 'x, y' })
  assert.equal(read(line('cpu-utilization', 'alarmSeverity=minor')), [])
})

test('ThousandEyes: version 6 of the API has its rows elsewhere', () => {
  const row = { avgLatency: 12, loss: 0, jitter: 1, agentName: 'a', roundId: T / 1000, server: 's' }
  const record = only(read({ net: { test: { testName: 't' }, metrics: [row] } }))
  has(record, {
    vendor: 'thousandeyes',
    device: 'a',
    link: 's',
    latency_ms: 12,
    sla_class: 't',
    observed_at: ISO,
  })
})

test.run()
