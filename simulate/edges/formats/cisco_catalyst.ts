import { bytesOf, type EdgeFormat, type Measured, measuredIn } from '../format.js'
import type { Change, EdgeWorld } from '../world.js'

const MODEL = 'cisco_sdwan'
const TOTAL_PROBES = 600

/** A row of app-route statistics. Loss is in packets and, beside it, in percent; a dead tunnel has no row. */
function appRoute({ edge, link, reading, ms, intervalS }: Measured): object[] {
  if (reading.tunnel === 'down') return []
  const lost = Math.round(reading.lossRatio * TOTAL_PROBES)
  const met = reading.latencyMs < 150 && reading.lossRatio < 0.01
  return [
    {
      entry_time: ms,
      // The collection, a little later: not the measurement.
      statcycletime: ms + 4321,
      vdevice_name: edge.systemIp,
      host_name: edge.name,
      siteid: edge.site.index,
      local_system_ip: edge.systemIp,
      remote_system_ip: edge.hub.systemIp,
      local_color: link.color,
      remote_color: 'public-internet',
      tunnel_color: `${link.color}:public-internet`,
      proto: 'IPSEC',
      state: 'Up',
      latency: Math.round(reading.latencyMs),
      jitter: Math.round(reading.jitterMs),
      loss: lost,
      total: TOTAL_PROBES,
      loss_percentage: Math.round((lost / TOTAL_PROBES) * 100_000) / 1000,
      vqoe_score: met ? 10 : 4,
      tx_octets: bytesOf(reading.txBps, intervalS),
      rx_octets: bytesOf(reading.rxBps, intervalS),
      tx_pkts: Math.round(bytesOf(reading.txBps, intervalS) / 700),
      rx_pkts: Math.round(bytesOf(reading.rxBps, intervalS) / 900),
      sla_class_names: met ? '__all_tunnels__, Voice' : '__all_tunnels__',
    },
  ]
}

/** A row of interface statistics: rates and capacities in kbit/s. */
const interfaceRow = ({ edge, link, reading, ms, intervalS }: Measured): object => {
  const up = reading.state !== 'down'
  return {
    entry_time: ms,
    vdevice_name: edge.systemIp,
    host_name: edge.name,
    siteid: edge.site.index,
    interface: link.port,
    admin_status: 'Up',
    oper_status: up ? 'Up' : 'Down',
    tx_kbps: up ? reading.txBps / 1000 : 0,
    rx_kbps: up ? reading.rxBps / 1000 : 0,
    bw_up: reading.txCapacityBps / 1000,
    bw_down: reading.rxCapacityBps / 1000,
    tx_octets: up ? bytesOf(reading.txBps, intervalS) : 0,
    rx_octets: up ? bytesOf(reading.rxBps, intervalS) : 0,
  }
}

/** A BFD session: `system-ip`, `site-id` and `color` are the remote's. */
const session = ({ edge, link, reading, ms }: Measured): object => ({
  'vdevice-name': edge.systemIp,
  'vdevice-host-name': edge.name,
  'local-color': link.color,
  'src-ip': edge.systemIp,
  'system-ip': edge.hub.systemIp,
  'dst-ip': edge.hub.systemIp,
  'site-id': 1,
  color: 'public-internet',
  proto: 'ipsec',
  state: reading.tunnel === 'down' ? 'down' : 'up',
  'uptime-date': ms - 86_400_000,
  lastupdated: ms,
})

/** An alarm: 1 is Critical, the worst. */
const alarm = ({ edge, link, trouble, ms, begins }: Change): object => ({
  uuid: `alarm-${trouble.number}-${begins ? 'set' : 'clear'}`,
  entry_time: ms + edge.skewMs,
  receive_time: ms + 900,
  type: begins ? 'bfd-tloc-down' : 'bfd-tloc-up',
  rulename: begins ? 'bfd-tloc-down' : 'bfd-tloc-up',
  severity: begins ? 'Major' : 'Medium',
  severity_number: begins ? 2 : 3,
  active: begins,
  message: begins ? 'All BFD sessions for a tloc are down' : 'A BFD session for a tloc is up',
  values: [
    {
      'system-ip': edge.systemIp,
      'host-name': edge.name,
      'site-id': String(edge.site.index),
      color: link.color,
    },
  ],
})

function rows(report: string, world: EdgeWorld, fromMs: number, toMs: number): readonly object[] {
  if (report === 'alarms')
    return world
      .changes(fromMs, toMs)
      .filter(({ edge, trouble }) => edge.model === MODEL && trouble.kind !== 'brownout')
      .map(alarm)
  const measured = measuredIn(world, MODEL, fromMs, toMs).flat()
  if (report === 'approutestatsstatistics') return measured.flatMap(appRoute)
  if (report === 'interfacestatistics') return measured.map(interfaceRow)
  return report === 'BFDSessions' ? measured.map(session) : []
}

export const ciscoCatalystFormat: EdgeFormat = {
  vendor: 'cisco-catalyst',
  model: MODEL,
  way: 'poll',
  identities: (edge) => [edge.systemIp],
  linkName: (_edge, link) => link.color,
  rows,
}
