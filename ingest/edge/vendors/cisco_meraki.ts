import { byDirection, type DraftValues, type EdgeDraft } from '../draft.js'
import { firstText, has, hasAny, type JsonObject, objectOf, objectsOf, textOf } from '../json.js'
import { keyValuesOf } from '../key_values.js'
import { MergeWindow } from '../merge_window.js'
import type { Payload } from '../payload.js'
import { linesLike, rowsLike } from '../recognise.js'
import { type StateWords, severityOf, stateOf } from '../states.js'
import { timeMs } from '../times.js'
import { numberOf, percentOf, scaled } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const isLossAndLatency = (row: JsonObject): boolean => has(row, 'timeSeries', 'uplink')
/** One device's `lossAndLatencyHistory`: buckets of one uplink that the request named. */
const isHistory = (row: JsonObject): boolean =>
  has(row, 'startTs', 'endTs') && hasAny(row, 'latencyMs', 'lossPercent')
const isVpn = (row: JsonObject): boolean => has(row, 'merakiVpnPeers')
const isUsage = (row: JsonObject): boolean => hasAny(row, 'byInterface', 'byUplink')
const isUplinks = (row: JsonObject): boolean => has(row, 'uplinks') && hasAny(row, 'serial', 'networkId')
const isDevice = (row: JsonObject): boolean => has(row, 'serial', 'status', 'lastReportedAt')
const isWebhook = (row: JsonObject): boolean =>
  hasAny(row, 'alertTypeId', 'alertType') && has(row, 'occurredAt')

/**
 * Rows of `uplinksLossAndLatency`: round trips to a probe target, which is no tunnel end. Recent buckets hold
 * null.
 */
const lossAndLatency = (row: JsonObject): EdgeDraft[] =>
  objectsOf(row.timeSeries).flatMap((point) =>
    byDirection(
      {
        kind: 'link',
        observed_ms: timeMs(point.ts),
        device: textOf(row.serial),
        site: textOf(row.networkId),
        link: textOf(row.uplink),
      },
      {
        both: {
          latency_ms: numberOf(point.latencyMs),
          latency_kind: 'round_trip',
          jitter_ms: numberOf(point.jitter),
          loss_ratio: percentOf(point.lossPercent),
        },
      },
    ),
  )

const history = (row: JsonObject): EdgeDraft[] => {
  const [start, end] = [timeMs(row.startTs), timeMs(row.endTs)]
  return byDirection(
    {
      kind: 'link',
      observed_ms: end,
      interval_s: start === undefined || end === undefined ? undefined : (end - start) / 1000,
      link: textOf(row.uplink),
    },
    {
      both: {
        latency_ms: numberOf(row.latencyMs),
        latency_kind: 'round_trip',
        jitter_ms: numberOf(row.jitter),
        loss_ratio: percentOf(row.lossPercent),
      },
    },
  )
}

/** `wan1`, or the number that a webhook gives: "0" is wan1. */
function uplinkName(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && /^\d$/.test(text) ? `wan${Number(text) + 1}` : text
}

const SUMMARIES: readonly (readonly [list: string, values: (row: JsonObject) => DraftValues])[] = [
  ['latencySummaries', (row) => ({ latency_ms: numberOf(row.avgLatencyMs) })],
  ['jitterSummaries', (row) => ({ jitter_ms: numberOf(row.avgJitter) })],
  ['lossPercentageSummaries', (row) => ({ loss_ratio: percentOf(row.avgLossPercentage) })],
  ['mosSummaries', (row) => ({ mos: numberOf(row.avgMos), mos_scale_max: 5 })],
]
const MERGE = { windowMs: 0, groupsMax: 10_000 }

/**
 * A peer of Auto VPN: four lists to be joined by the two uplinks; the usage, in kilobytes, is the peer's as a
 * whole.
 */
function vpnPeer(common: EdgeDraft, peer: JsonObject): EdgeDraft[] {
  const merge = new MergeWindow(MERGE)
  const drafts: EdgeDraft[] = []
  for (const [list, values] of SUMMARIES) {
    for (const row of objectsOf(peer[list])) {
      const [sender, receiver] = [textOf(row.senderUplink), textOf(row.receiverUplink)]
      const ends = { link: sender, local_color: sender, remote_color: receiver }
      merge.add(`${sender} ${receiver}`, 0, { ...common, ...ends, direction: 'both', ...values(row) })
      drafts.push(...merge.takeClosed())
    }
  }
  const usage = objectOf(peer.usageSummary)
  return [
    ...drafts,
    ...merge.takeAll(),
    ...byDirection(common, {
      both: {
        tx_bytes: scaled(usage.sentInKilobytes, 1000),
        rx_bytes: scaled(usage.receivedInKilobytes, 1000),
        bytes_kind: 'delta',
        ...stateOf(peer.reachability),
      },
    }),
  ]
}

function vpn(row: JsonObject): EdgeDraft[] {
  const network = textOf(row.networkId)
  const common: EdgeDraft = {
    kind: 'tunnel',
    device: firstText(row.deviceSerial, network),
    site: network,
    local: network,
  }
  return [
    ...objectsOf(row.merakiVpnPeers).flatMap((peer) =>
      vpnPeer({ ...common, remote: firstText(peer.networkId, peer.networkName) }, peer),
    ),
    ...objectsOf(row.thirdPartyVpnPeers).flatMap((peer) =>
      vpnPeer({ ...common, remote: firstText(peer.name, peer.publicIp) }, peer),
    ),
  ]
}

/** Bytes of a bucket (`usageHistory`) or of the requested span; they come as texts too. */
function usage(row: JsonObject): EdgeDraft[] {
  const [start, end] = [timeMs(row.startTime), timeMs(row.endTime)]
  return [...objectsOf(row.byInterface), ...objectsOf(row.byUplink)].map((item) => ({
    kind: 'counters',
    observed_ms: end,
    interval_s: start === undefined || end === undefined ? undefined : (end - start) / 1000,
    device: firstText(item.serial, row.serial),
    site: textOf(row.networkId),
    link: uplinkName(item.interface),
    tx_bytes: numberOf(item.sent),
    rx_bytes: numberOf(item.received),
    bytes_kind: 'delta',
  }))
}

const uplinks = (row: JsonObject): EdgeDraft[] =>
  objectsOf(row.uplinks).flatMap((uplink) =>
    byDirection(
      {
        kind: 'link',
        observed_ms: timeMs(row.lastReportedAt),
        device: textOf(row.serial),
        site: textOf(row.networkId),
        link: uplinkName(uplink.interface),
        carrier: textOf(uplink.provider),
      },
      { both: stateOf(uplink.status) },
    ),
  )

const device = (row: JsonObject): EdgeDraft => ({
  kind: 'event',
  event: 'device_status',
  observed_ms: timeMs(row.lastReportedAt),
  device: firstText(row.serial, row.mac, row.name),
  site: textOf(row.networkId),
  ...stateOf(row.status),
})

/**
 * A webhook alert. `occurredAt` is when it happened, `sentAt` when it left; the shared secret of the body
 * goes nowhere.
 */
const webhook = (row: JsonObject): EdgeDraft => {
  const data = objectOf(row.alertData)
  return {
    kind: 'event',
    event: firstText(row.alertTypeId, row.alertType),
    observed_ms: timeMs(row.occurredAt),
    device: firstText(row.deviceSerial, row.deviceMac, row.deviceName),
    site: textOf(row.networkId),
    link: uplinkName(data.uplink),
    ...connectivity(data.connectivity),
    severity_id: severityOf(row.alertLevel),
    message: textOf(row.alertType),
  }
}

/** `true` or `false`, as a text too: whether the VPN peer is reached. */
const connectivity = (value: unknown): StateWords => {
  const text = value === true || value === false ? String(value) : textOf(value)
  return text === 'true' || text === 'false'
    ? { state: text === 'true' ? 'up' : 'down', state_raw: text }
    : {}
}

/** `1 1700000000.12 MX84 events type=vpn_connectivity_change …`, after RFC 5424's priority. */
const SYSLOG = /(?:^|\s)(\d{9,10})(?:\.(\d+))?\s+(\S+)\s+events\s+(?:type=(\w+)\s*)?(.*)$/

function syslogEvent(line: string): EdgeDraft[] | undefined {
  const match = SYSLOG.exec(line)
  if (match === null) return undefined
  const [, seconds, fraction, name, type, rest] = match
  const fields = keyValuesOf(rest!.replaceAll("'", '"'))
  return [
    {
      kind: 'event',
      observed_ms: Number(seconds) * 1000 + Number((fraction ?? '').padEnd(3, '0').slice(0, 3)),
      device: name,
      event: type ?? 'event',
      remote: textOf(fields.get('peer_contact')),
      message: textOf(rest),
      ...connectivity(fields.get('connectivity')),
    },
  ]
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const lines = payload.lines.flatMap(({ value, place }) => {
    const read = syslogEvent(value)
    if (read === undefined) context.reject('row_invalid', place, "no line of an MX: a time, a name, 'events'")
    return read ?? []
  })
  const rows = payload.rows.flatMap(({ value: row, place }) => {
    if (isWebhook(row)) return [webhook(row)]
    if (isLossAndLatency(row)) return lossAndLatency(row)
    if (isHistory(row)) return history(row)
    if (isVpn(row)) return vpn(row)
    if (isUsage(row)) return usage(row)
    if (isUplinks(row)) return uplinks(row)
    if (isDevice(row)) return [device(row)]
    context.reject('row_invalid', place, 'a row without the fields of a known Dashboard API answer')
    return []
  })
  return [...rows, ...lines]
}

/** Cisco Meraki MX: Dashboard API v1 and webhooks. */
export const ciscoMeraki: EdgeVendor = {
  id: 'cisco-meraki',
  titles: { fr: 'Cisco Meraki MX', en: 'Cisco Meraki MX' },
  transports: ['rest', 'webhook', 'syslog'],
  kinds: ['link', 'tunnel', 'counters', 'event'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'mos', 'tx_bytes', 'rx_bytes', 'state', 'event'],
  identity: { device: 'serial (network id for VPN statistics)', site: 'network id', link: 'uplink' },
  documentation: 'https://developer.cisco.com/meraki/api-v1/',
  recognise: (payload) =>
    Math.max(
      rowsLike(payload, 0.95, (row) => isLossAndLatency(row) || isVpn(row)),
      rowsLike(payload, 0.9, (row) => isUsage(row) || isDevice(row) || isWebhook(row)),
      rowsLike(payload, 0.8, (row) => isUplinks(row) || isHistory(row)),
      linesLike(payload, 0.7, /\s\d{9,10}\.\d+\s+\S+\s+events\s+(?:type=)?\w/),
    ),
  normalise,
}
