import { byDirection, type EdgeDraft } from '../draft.js'
import { firstText, has, hasAny, isObject, type JsonObject, listOf, objectOf, textOf } from '../json.js'
import type { Payload } from '../payload.js'
import { linesLike, rowsLike } from '../recognise.js'
import { stateOf } from '../states.js'
import { epochMs, firstTimeMs } from '../times.js'
import { lostOf, numberOf, percentOf, scaled } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'
import { appRouteText } from './cisco_catalyst_cli.js'

const isAppRoute = (row: JsonObject): boolean =>
  hasAny(row, 'loss_percentage', 'vqoe_score', 'latency') && hasAny(row, 'local_color', 'tunnel_color')
/** Real-time answers write `tx-octets` where statistics write `tx_octets`; some releases mix them. */
const underscored = (row: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [key.replaceAll('-', '_'), value]))
const isDashedAppRoute = (row: JsonObject): boolean =>
  hasAny(row, 'loss-percentage', 'vqoe-score') && isAppRoute(underscored(row))
const isRealTimeInterface = (row: JsonObject): boolean =>
  has(row, 'ifname') && hasAny(row, 'tx-octets', 'rx-octets', 'tx-kbps', 'rx-kbps')
const isTunnelCounters = (row: JsonObject): boolean =>
  has(row, 'tunnel-protocol') && hasAny(row, 'tx-octets', 'tx_octets', 'rx-octets', 'rx_octets')
const isRealTimeAppRoute = (row: JsonObject): boolean =>
  has(row, 'remote-color') && hasAny(row, 'mean-latency', 'mean-loss', 'average-latency')
const isInterface = (row: JsonObject): boolean =>
  has(row, 'interface') && hasAny(row, 'tx_kbps', 'rx_kbps', 'bw_up', 'bw_down', 'tx_octets')
const isBfd = (row: JsonObject): boolean =>
  has(row, 'local-color', 'state') && hasAny(row, 'color', 'remote-color')
const isAlarm = (row: JsonObject): boolean =>
  hasAny(row, 'rulename', 'rule_name_display', 'eventname') && hasAny(row, 'severity', 'severity_number')
const isInventory = (row: JsonObject): boolean =>
  has(row, 'system-ip') && hasAny(row, 'reachability', 'device-type', 'board-serial')
const isFlow = (row: JsonObject): boolean => 'viptelaVPNId' in objectOf(row.netflow) || 'viptelaVPNId' in row

/**
 * What each class in the comma list says: it is met. A class that is absent is not met, but which are absent
 * is not told.
 */
function classesMet(names: unknown): Record<string, boolean> {
  const met: Record<string, boolean> = {}
  for (const name of (textOf(names) ?? '').split(','))
    if (textOf(name) !== undefined && name.trim().toLowerCase() !== 'none') met[name.trim()] = true
  return met
}

/** `10.10.1.13:mpls-10.10.1.11:public-internet`: what aggregated answers give instead of the four fields. */
const tunnelName = (row: JsonObject): RegExpExecArray | null =>
  /^(.+):([^:]+?)-([\d.]+):([^:]+)$/.exec(textOf(row.name) ?? '')

/**
 * A row of `approutestatsstatistics`. `entry_time` is the measurement, `statcycletime` the collection; `loss`
 * is lost packets of `total`, `loss_percentage` the percent.
 */
function appRoute(row: JsonObject): EdgeDraft[] {
  const name = tunnelName(row)
  const common: EdgeDraft = {
    kind: 'tunnel',
    observed_ms: epochMs(row.entry_time),
    device: firstText(row.local_system_ip, row.vdevice_name, name?.[1], row.host_name),
    site: firstText(row.siteid, row.site_id),
    local: firstText(row.local_system_ip, row.src_ip, name?.[1]),
    remote: firstText(row.remote_system_ip, row.dst_ip, name?.[3]),
    local_color: firstText(row.local_color, name?.[2]),
    remote_color: firstText(row.remote_color, name?.[4]),
  }
  const both = {
    latency_ms: numberOf(row.latency),
    // Measured with BFD echo, so a round trip: our reading, no vendor statement.
    latency_kind: 'round_trip' as const,
    jitter_ms: numberOf(row.jitter),
    loss_ratio: percentOf(row.loss_percentage) ?? lostOf(row.loss, row.total),
    qoe: numberOf(row.vqoe_score),
    qoe_scale_max: 10,
    tx_bytes: numberOf(row.tx_octets),
    rx_bytes: numberOf(row.rx_octets),
    tx_packets: numberOf(row.tx_pkts),
    rx_packets: numberOf(row.rx_pkts),
    bytes_kind: 'delta' as const,
    sla_met: classesMet(row.sla_class_names),
    ...stateOf(row.state),
  }
  return byDirection(common, { both })
}

/** Real-time app-route rows: one a bucket, each repeating the means of all; the means count, once. */
function realTimeAppRoute(row: JsonObject, seen: Set<string>): EdgeDraft[] {
  const common: EdgeDraft = {
    kind: 'tunnel',
    observed_ms: epochMs(row.lastupdated),
    device: firstText(row['vdevice-name'], row['vdevice-host-name']),
    local: firstText(row['vdevice-name'], row['src-ip']),
    remote: firstText(row['remote-system-ip'], row['dst-ip']),
    local_color: textOf(row['local-color']),
    remote_color: textOf(row['remote-color']),
  }
  const means = hasAny(row, 'mean-latency', 'mean-loss', 'mean-jitter')
  const key = [common.device, common.remote, common.local_color, common.remote_color, row['dst-ip']].join(' ')
  if (means && seen.has(key)) return []
  seen.add(key)
  const both = means
    ? { latency_ms: row['mean-latency'], jitter_ms: row['mean-jitter'], loss_ratio: row['mean-loss'] }
    : { latency_ms: row['average-latency'], jitter_ms: row['average-jitter'], loss_ratio: undefined }
  return byDirection(common, {
    both: {
      latency_ms: numberOf(both.latency_ms),
      latency_kind: 'round_trip',
      jitter_ms: numberOf(both.jitter_ms),
      loss_ratio: percentOf(both.loss_ratio) ?? (means ? undefined : lostOf(row.loss, row['total-packets'])),
      sla_met: classesMet(row['sla-class-names']),
    },
  })
}

/** A row of `interfacestatistics`. Rates and capacities are kbit/s; `bw_up` is the transmit side. */
function interfaceRow(row: JsonObject): EdgeDraft[] {
  const raw = firstText(row.oper_status, row.admin_status)
  const off = /^(down|if-admin-state-down)$/i.test(textOf(row.admin_status) ?? '')
  return [
    {
      kind: 'counters',
      observed_ms: epochMs(row.entry_time),
      device: firstText(row.vdevice_name, row.vmanage_system_ip, row.host_name),
      site: firstText(row.siteid, row.site_id),
      link: textOf(row.interface),
      tx_bps: scaled(row.tx_kbps, 1000),
      rx_bps: scaled(row.rx_kbps, 1000),
      tx_capacity_bps: capacity(row.bw_up),
      rx_capacity_bps: capacity(row.bw_down),
      tx_bytes: numberOf(row.tx_octets),
      rx_bytes: numberOf(row.rx_octets),
      tx_packets: numberOf(row.tx_pkts),
      rx_packets: numberOf(row.rx_pkts),
      bytes_kind: 'delta',
      ...stateOf(raw),
      ...(off && raw !== undefined && { state: 'disabled' as const }),
    },
  ]
}

/** A capacity of 0 kbit/s is one that was not set. */
const capacity = (kbps: unknown): number | undefined =>
  numberOf(kbps) === 0 ? undefined : scaled(kbps, 1000)

/**
 * A row of `BFDSessions`. `vdevice-name` and `local-color` are this end; `system-ip`, `site-id`, `color` and
 * `dst-ip` are the remote's. `uptime-date` is when the session came up, not when the row was read.
 */
function bfdSession(row: JsonObject): EdgeDraft[] {
  return [
    {
      kind: 'tunnel',
      direction: 'both',
      observed_ms: epochMs(row.lastupdated),
      device: firstText(row['vdevice-name'], row['vdevice-host-name']),
      local: firstText(row['vdevice-name'], row['src-ip']),
      remote: firstText(row['system-ip'], row['dst-ip']),
      local_color: textOf(row['local-color']),
      remote_color: firstText(row.color, row['remote-color']),
      ...stateOf(row.state),
    },
  ]
}

/** A row of `device/interface`: octets count from the start. */
function realTimeInterface(dashed: JsonObject): EdgeDraft[] {
  const row = underscored(dashed)
  return [
    {
      kind: 'counters',
      observed_ms: epochMs(row.lastupdated),
      device: firstText(row.vdevice_name, row.vdevice_host_name),
      link: textOf(row.ifname),
      tx_bps: scaled(row.tx_kbps, 1000),
      rx_bps: scaled(row.rx_kbps, 1000),
      tx_bytes: numberOf(row.tx_octets),
      rx_bytes: numberOf(row.rx_octets),
      tx_packets: numberOf(row.tx_packets),
      rx_packets: numberOf(row.rx_packets),
      bytes_kind: 'cumulative',
      ...stateOf(row.if_oper_status),
    },
  ]
}

/** A row of `device/tunnel/statistics`: what a tunnel carried since it came up; `system-ip` is the remote's. */
function tunnelCounters(dashed: JsonObject): EdgeDraft[] {
  const row = underscored(dashed)
  const common: EdgeDraft = {
    kind: 'tunnel',
    observed_ms: epochMs(row.lastupdated),
    device: firstText(row.vdevice_name, row.vdevice_host_name),
    local: firstText(row.vdevice_name, row.source_ip),
    remote: firstText(row.system_ip, row.dest_ip),
    local_color: textOf(row.local_color),
    remote_color: textOf(row.remote_color),
  }
  const both = {
    tx_bytes: numberOf(row.tx_octets),
    rx_bytes: numberOf(row.rx_octets),
    tx_packets: numberOf(row.tx_pkts),
    rx_packets: numberOf(row.rx_pkts),
    bytes_kind: 'cumulative' as const,
  }
  return byDirection(common, { both })
}

const WORSE: Readonly<Record<string, number>> = { critical: 5, major: 4, medium: 3, minor: 2 }

/** An alarm, pushed or polled. 1 is Critical, the worst; `receive_time` can precede `entry_time` by days. */
function alarm(row: JsonObject): EdgeDraft[] {
  const number = numberOf(row.severity_number)
  const common: EdgeDraft = {
    kind: 'event',
    observed_ms: firstTimeMs(row.entry_time, row.eventtime),
    event: firstText(row.eventname, row.rulename, row.type, row.rule_name_display),
    severity_id:
      WORSE[textOf(row.severity)?.toLowerCase() ?? ''] ?? (number === undefined ? undefined : 6 - number),
    message: textOf(row.message),
  }
  const values = listOf(row.values).filter(isObject).slice(0, 1000)
  const owner = objectOf(listOf(row.devices)[0])
  return (values.length > 0 ? values : [{}]).map((value: JsonObject) => ({
    ...common,
    device: firstText(
      value['system-ip'],
      owner['system-ip'],
      row.system_ip,
      value['host-name'],
      row.host_name,
    ),
    site: firstText(value['site-id'], row.site_id),
    link: firstText(value['if-name'], value.interface, value['interface-name']),
    remote: firstText(value['remote-system-ip'], value['peer-system-ip']),
    local_color: firstText(value['local-color'], value.color),
    remote_color: textOf(value['remote-color']),
    ...stateOf(firstText(value['new-state'], value['oper-status'])),
  }))
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const seen = new Set<string>()
  const drafts = payload.rows.flatMap(({ value: row, place }) => {
    if (isTunnelCounters(row)) return tunnelCounters(row)
    if (isAppRoute(row)) return appRoute(row)
    if (isDashedAppRoute(row)) return appRoute(underscored(row))
    if (isRealTimeInterface(row)) return realTimeInterface(row)
    if (isRealTimeAppRoute(row)) return realTimeAppRoute(row, seen)
    if (isAlarm(row)) return alarm(row)
    if (isInterface(row)) return interfaceRow(row)
    if (isBfd(row)) return bfdSession(row)
    if (!isInventory(row) && !isFlow(row))
      context.reject('row_invalid', place, 'a row without the fields of a known vManage answer')
    return []
  })
  return [...drafts, ...appRouteText(payload.lines)]
}

/** Cisco Catalyst SD-WAN (Viptela): answers and alarm webhooks of SD-WAN Manager (vManage). */
export const ciscoCatalyst: EdgeVendor = {
  id: 'cisco-catalyst',
  titles: { fr: 'Cisco Catalyst SD-WAN (Viptela)', en: 'Cisco Catalyst SD-WAN (Viptela)' },
  transports: ['rest', 'webhook', 'cli', 'ipfix'],
  kinds: ['tunnel', 'counters', 'event'],
  fields: [
    'latency_ms',
    'jitter_ms',
    'loss_ratio',
    'qoe',
    'tx_bps',
    'rx_bps',
    'tx_bytes',
    'rx_bytes',
    'tx_capacity_bps',
    'rx_capacity_bps',
    'state',
    'sla_met',
    'event',
  ],
  identity: { device: 'system IP', site: 'site id', link: 'interface' },
  documentation: 'https://developer.cisco.com/docs/sdwan/',
  recognise: (payload) =>
    Math.max(
      rowsLike(payload, 0.95, (row) => isAppRoute(row) || isRealTimeAppRoute(row)),
      rowsLike(payload, 0.9, (row) => isInterface(row) || isBfd(row) || isAlarm(row)),
      rowsLike(
        payload,
        0.9,
        (row) => isDashedAppRoute(row) || isRealTimeInterface(row) || isTunnelCounters(row),
      ),
      rowsLike(payload, 0.9, (row) => isInventory(row) || isFlow(row)),
      linesLike(payload, 0.9, /^\s*app-route statistics\s/),
    ),
  normalise,
}
