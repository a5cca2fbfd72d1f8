import { byDirection, type DraftValues, type EdgeDraft } from '../draft.js'
import {
  firstText,
  has,
  hasAny,
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  parseNested,
  textOf,
} from '../json.js'
import type { Payload } from '../payload.js'
import { rowsLike } from '../recognise.js'
import { severityOf, stateOf } from '../states.js'
import { timeMs } from '../times.js'
import { lostOf, numberOf, percentOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const isLink = (row: JsonObject): boolean =>
  hasAny(row, 'bestLatencyMsTx', 'bestLatencyMsRx', 'bestLossPctTx', 'bpsOfBestPathTx')
const isPath = (row: JsonObject): boolean =>
  has(row, 'source', 'destination') && hasAny(row, 'latencyTx', 'latencyRx', 'packetLossTx', 'packetLossRx')
const isEvent = (row: JsonObject): boolean => has(row, 'event', 'eventTime')
const isLinkState = (row: JsonObject): boolean => 'linkState' in linkOf(row)
/** Some answers put the link's own fields in `link`, some beside the rest. */
const linkOf = (row: JsonObject): JsonObject => (isObject(row.link) ? row.link : row)
const isQuality = (row: JsonObject): boolean =>
  objectsOf(row.timeseries).some((point) => has(point, 'timestamp'))

/** Elements of IPFIX template 258 (PEN 45346) by name; a decoder may put their numbers before the names. */
function elementsOf(row: JsonObject): JsonObject {
  const inner = 'elements' in row ? objectOf(row.elements) : row
  return Object.fromEntries(
    Object.entries(inner).map(([key, value]) => [key.replace(/^(?:45346[.:])?\d+\s+/, ''), value]),
  )
}
const isIpfix = (row: JsonObject): boolean =>
  hasAny(elementsOf(row), 'latencyMsTx', 'latencyMsRx', 'lossPctTx', 'lossPctRx')

/**
 * Link metrics: per direction, one way, the best over all paths. `bpsOfBestPath` is a speed test, so a
 * capacity; `score` is a MOS-like value. The row has no time: `linkLastActive` is another.
 */
function link(row: JsonObject): EdgeDraft[] {
  const inner = linkOf(row)
  const common: EdgeDraft = {
    kind: 'link',
    controller: textOf(inner.host),
    device: firstText(inner.edgeSerialNumber, inner.edgeName, row.edgeSerialNumber, row.edgeName),
    link: firstText(inner.internalId, inner.interface, inner.displayName, row.name),
    carrier: textOf(inner.isp),
  }
  const way = (end: 'Tx' | 'Rx'): DraftValues => ({
    latency_ms: numberOf(row[`bestLatencyMs${end}`]),
    latency_kind: 'one_way',
    jitter_ms: numberOf(row[`bestJitterMs${end}`]),
    loss_ratio: percentOf(row[`bestLossPct${end}`]),
    mos: mosOf(row[`score${end}`]),
    mos_scale_max: 5,
  })
  const both: DraftValues = {
    tx_bytes: numberOf(row.bytesTx),
    rx_bytes: numberOf(row.bytesRx),
    tx_packets: numberOf(row.packetsTx),
    rx_packets: numberOf(row.packetsRx),
    bytes_kind: 'delta',
    tx_capacity_bps: numberOf(row.bpsOfBestPathTx) || undefined,
    rx_capacity_bps: numberOf(row.bpsOfBestPathRx) || undefined,
    ...stateOf(inner.linkState),
  }
  return byDirection(common, { both, tx: way('Tx'), rx: way('Rx') })
}

/** A score of 0 is one that was not measured; above 5 it is the 0-to-10 score of a class. */
const mosOf = (value: unknown): number | undefined => {
  const n = numberOf(value)
  return n === undefined || n < 1 || n > 5 ? undefined : Math.round(n * 1e6) / 1e6
}

/** `getEdgeSDWANPeerPathMetrics`: a path between two edges, per direction. */
function path(row: JsonObject): EdgeDraft[] {
  const [source, destination] = [objectOf(row.source), objectOf(row.destination)]
  const common: EdgeDraft = {
    kind: 'tunnel',
    device: firstText(source.deviceLogicalId, source.deviceName),
    link: firstText(source.linkInternalId, source.linkName),
    local: textOf(source.deviceName),
    remote: textOf(destination.deviceName),
    local_color: textOf(source.linkName),
    remote_color: textOf(destination.linkName),
  }
  const way = (end: 'Tx' | 'Rx'): DraftValues => ({
    latency_ms: numberOf(row[`latency${end}`]),
    latency_kind: 'one_way',
    jitter_ms: numberOf(row[`jitter${end}`]),
    loss_ratio: percentOf(row[`packetLoss${end}`]),
  })
  const both: DraftValues = {
    tx_capacity_bps: numberOf(row.bpsTx) || undefined,
    rx_capacity_bps: numberOf(row.bpsRx) || undefined,
    tx_bytes: numberOf(row.bytesTx),
    rx_bytes: numberOf(row.bytesRx),
    bytes_kind: 'delta',
    ...stateOf(firstText(row.state, row.pathState)),
  }
  return byDirection(common, { both, tx: way('Tx'), rx: way('Rx') })
}

/**
 * A record of template 258. Loss is lost/(lost+lostComp), in percent. Dead tunnels are not told: their
 * silence is a state.
 */
function ipfix(row: JsonObject): EdgeDraft[] {
  const e = elementsOf(row)
  const common: EdgeDraft = {
    kind: 'tunnel',
    observed_ms: timeMs(firstText(e.flowEndMilliseconds, e.observationTimeMilliseconds, row.timestamp)),
    device: firstText(e.edgeUUID, e.edgeSerialNumber, e.edgeName),
    link: firstText(e.linkUUID, e.linkName),
    local: firstText(e.tunnelSourceIPv4Address, e.sourceIPv4Address),
    remote: firstText(e.destinationUUID, e.tunnelDestinationIPv4Address, e.destinationIPv4Address),
  }
  const way = (end: 'Tx' | 'Rx'): DraftValues => ({
    latency_ms: numberOf(e[`latencyMs${end}`]),
    latency_kind: 'one_way',
    jitter_ms: numberOf(e[`jitterMs${end}`]),
    loss_ratio: percentOf(e[`lossPct${end}`]) ?? lostWith(e[`packetsLost${end}`], e[`packetsLostComp${end}`]),
  })
  return byDirection(common, { tx: way('Tx'), rx: way('Rx') })
}

const lostWith = (lost: unknown, rest: unknown): number | undefined => {
  const [l, r] = [numberOf(lost), numberOf(rest)]
  return l === undefined || r === undefined ? undefined : lostOf(l, l + r)
}

/** Event → state; the words in a message are not states ("no longer DEAD"). */
const EVENT_STATES: Readonly<Record<string, string>> = {
  LINK_ALIVE: 'up',
  LINK_USABLE: 'up',
  LINK_DEAD: 'down',
  LINK_UNUSABLE: 'degraded',
  EDGE_UP: 'up',
  EDGE_DOWN: 'down',
  EDGE_INTERFACE_UP: 'up',
  EDGE_INTERFACE_DOWN: 'down',
  VPN_DATACENTER_STATUS: '',
}

/** An event of the orchestrator. `detail` is JSON in a string. */
function event(row: JsonObject): EdgeDraft {
  const detail = objectOf(parseNested(row.detail))
  const name = textOf(row.event)
  return {
    kind: 'event',
    observed_ms: timeMs(row.eventTime),
    device: firstText(row.edgeSerialNumber, detail.edgeSerialNumber, row.edgeName),
    link: firstText(detail.internalId, detail.linkUuid, /^Link (\S+)/.exec(textOf(row.message) ?? '')?.[1]),
    event: name,
    severity_id: severityOf(row.severity),
    message: textOf(row.message),
    ...stateOf(EVENT_STATES[name ?? '']),
  }
}

/** Traffic types of the quality scores. */
const CLASSES: readonly string[] = ['voice', 'video', 'transactional']

/** Link quality: a score from 0 to 10 per traffic type at each change. */
const quality = (row: JsonObject): EdgeDraft[] =>
  objectsOf(row.timeseries).flatMap((point) => {
    const scores = objectOf(firstObject(point.scoreAfter, point.score, row.scoreAfter))
    return CLASSES.flatMap((name, type) =>
      byDirection(
        {
          kind: 'link',
          observed_ms: timeMs(point.timestamp),
          device: firstText(row.edgeSerialNumber, row.edgeName),
          link: firstText(row.internalId, row.linkId, row.linkUuid),
          sla_class: name,
        },
        { both: { qoe: numberOf(scores[type]), qoe_scale_max: 10 } },
      ),
    )
  })

const firstObject = (...values: unknown[]): unknown =>
  values.find((value) => Object.keys(objectOf(value)).length > 0)

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return payload.rows.flatMap(({ value: row, place }) => {
    if (isLink(row) || isLinkState(row)) return link(row)
    if (isPath(row)) return path(row)
    if (isEvent(row)) return [event(row)]
    if (isIpfix(row)) return ipfix(row)
    if (isQuality(row)) return quality(row)
    const nested = Object.entries(row).filter(([, inner]) => isQuality(objectOf(inner)))
    if (nested.length > 0)
      return nested.flatMap(([id, inner]) => quality({ linkUuid: id, ...objectOf(inner) }))
    context.reject('row_invalid', place, 'a row without the fields of a known Orchestrator answer')
    return []
  })
}

/** VeloCloud (VMware, Broadcom): Orchestrator API, events, IPFIX of the edges. */
export const velocloud: EdgeVendor = {
  id: 'velocloud',
  titles: { fr: 'VeloCloud (VMware, Broadcom)', en: 'VeloCloud (VMware, Broadcom)' },
  transports: ['rest', 'ipfix', 'webhook'],
  kinds: ['link', 'tunnel', 'event'],
  fields: [
    'latency_ms',
    'jitter_ms',
    'loss_ratio',
    'mos',
    'qoe',
    'tx_bytes',
    'rx_bytes',
    'tx_capacity_bps',
    'rx_capacity_bps',
    'state',
    'event',
  ],
  identity: { device: 'edge serial number', link: 'internal id of the link' },
  documentation: 'https://developer.broadcom.com/xapis/vmware-sd-wan-orchestrator-api/latest/',
  absenceS: 180,
  recognise: (payload) =>
    Math.max(
      rowsLike(payload, 0.95, (row) => isLink(row) || isIpfix(row)),
      rowsLike(
        payload,
        0.9,
        (row) => isPath(row) || (isLinkState(row) && hasAny(row, 'linkId', 'internalId', 'link')),
      ),
      rowsLike(
        payload,
        0.85,
        (row) => isEvent(row) && hasAny(row, 'edgeName', 'enterpriseUsername', 'category'),
      ),
      rowsLike(
        payload,
        0.7,
        (row) => isQuality(row) || Object.values(row).some((inner) => isQuality(objectOf(inner))),
      ),
    ),
  normalise,
}
