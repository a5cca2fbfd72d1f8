import { byDirection, type DraftValues, type EdgeDraft } from '../draft.js'
import { firstText, isObject, type JsonObject, listOf, objectOf, objectsOf, textOf } from '../json.js'
import type { Payload } from '../payload.js'
import { documentsLike } from '../recognise.js'
import { severityOf } from '../states.js'
import { epochMs, firstTimeMs, timeMs } from '../times.js'
import { numberOf, percentOf, scaled } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const dataOf = (document: unknown): JsonObject => {
  const data = objectOf(objectOf(document).data)
  return Object.keys(data).length > 0 ? data : objectOf(document)
}

type Part = readonly [direction: 'both' | 'tx' | 'rx', values: (value: unknown) => DraftValues]

/**
 * What each label says; upstream is transmit. The docs contradict each other on `tunnelAge`; `lastMile*` is
 * another path.
 */
const LABELS: Readonly<Record<string, Part>> = {
  rtt: ['both', (value) => ({ latency_ms: numberOf(value), latency_kind: 'round_trip' })],
  jitterUpstream: ['tx', (value) => ({ jitter_ms: numberOf(value), jitter_kind: 'unknown' })],
  jitterDownstream: ['rx', (value) => ({ jitter_ms: numberOf(value), jitter_kind: 'unknown' })],
  lostUpstreamPcnt: ['tx', (value) => ({ loss_ratio: percentOf(value) })],
  lostDownstreamPcnt: ['rx', (value) => ({ loss_ratio: percentOf(value) })],
  bytesUpstream: ['both', (value) => ({ tx_bytes: numberOf(value), bytes_kind: 'delta' })],
  bytesDownstream: ['both', (value) => ({ rx_bytes: numberOf(value), bytes_kind: 'delta' })],
  packetsUpstream: ['both', (value) => ({ tx_packets: numberOf(value), bytes_kind: 'delta' })],
  packetsDownstream: ['both', (value) => ({ rx_packets: numberOf(value), bytes_kind: 'delta' })],
}

/** Rates in place of volumes, where the query asked for values a second. */
const PER_SECOND: Readonly<Record<string, Part>> = {
  bytesUpstream: ['both', (value) => ({ tx_bps: scaled(value, 8) })],
  bytesDownstream: ['both', (value) => ({ rx_bps: scaled(value, 8) })],
}

type Parts = Record<'both' | 'tx' | 'rx', DraftValues>
const noParts = (): Parts => ({ both: {}, tx: {}, rx: {} })

function add(parts: Parts, label: string, value: unknown, units?: unknown): void {
  const perSecond = /\/s|per.?second/i.test(textOf(units) ?? '')
  const part = (perSecond ? PER_SECOND[label] : undefined) ?? LABELS[label]
  if (part !== undefined) parts[part[0]] = { ...parts[part[0]], ...part[1](value) }
}

/** Values of a time series by their instant. */
const INSTANTS_MAX = 100_000

function series(common: EdgeDraft, lists: readonly JsonObject[], intervalS: number | undefined): EdgeDraft[] {
  const instants = new Map<number, Parts>()
  for (const list of lists) {
    for (const pair of listOf(list.data)) {
      const at = epochMs(listOf(pair)[0])
      if (at === undefined || (instants.size >= INSTANTS_MAX && !instants.has(at))) continue
      const parts = instants.get(at) ?? noParts()
      add(parts, textOf(list.label) ?? '', listOf(pair)[1], list.units)
      instants.set(at, parts)
    }
  }
  return [...instants].flatMap(([at, parts]) =>
    byDirection({ ...common, observed_ms: at, interval_s: intervalS }, parts),
  )
}

/** An interface: totals of the whole span, and series; what a series tells is not told again by the total. */
function interfaceOf(answer: JsonObject, site: JsonObject, row: JsonObject): EdgeDraft[] {
  const info = objectOf(row.interfaceInfo)
  const [from, to] = [timeMs(answer.from), timeMs(answer.to)]
  const common: EdgeDraft = {
    kind: 'link',
    device: firstText(objectOf(row.socketInfo).serial, objectOf(objectOf(site.info).sockets).serial),
    site: firstText(site.id, site.name),
    link: firstText(info.name, row.name, info.id),
  }
  const lists = objectsOf(row.timeseries).filter((list) => listOf(list.data).length > 0)
  const told = new Set(lists.map((list) => textOf(list.label)))
  const totals = noParts()
  for (const [label, value] of Object.entries(objectOf(row.metrics)))
    if (!told.has(label)) add(totals, label, value)
  totals.both = {
    ...totals.both,
    tx_capacity_bps: mbps(info.upstreamBandwidthMbpsPrecision ?? info.upstreamBandwidth),
    rx_capacity_bps: mbps(info.downstreamBandwidthMbpsPrecision ?? info.downstreamBandwidth),
  }
  const span = from === undefined || to === undefined ? undefined : (to - from) / 1000
  return [
    ...byDirection({ ...common, observed_ms: to, interval_s: span }, totals),
    ...series(common, lists, numberOf(answer.granularity)),
  ]
}

const mbps = (value: unknown): number | undefined => scaled(value, 1e6) || undefined

const metricsOf = (document: unknown): EdgeDraft[] => {
  const answer = objectOf(dataOf(document).accountMetrics)
  return objectsOf(answer.sites).flatMap((site) =>
    objectsOf(site.interfaces).flatMap((row) => interfaceOf(answer, site, row)),
  )
}

/** Records of the events feed: fields as a map, or as pairs of name and value. */
function fieldsOf(record: JsonObject): JsonObject {
  if (isObject(record.fieldsMap)) return record.fieldsMap
  const pairs = listOf(record.fields ?? record.flatFields).filter(Array.isArray)
  return pairs.length > 0
    ? Object.fromEntries(pairs.map((pair: unknown[]) => [String(pair[0]), pair[1]]))
    : record
}

function feedRecord(record: JsonObject): EdgeDraft[] {
  const f = fieldsOf(record)
  const event = firstText(f.event_sub_type, f.event_type)
  if (event === undefined) return []
  const common = {
    observed_ms: firstTimeMs(f.time, f.event_time, f.time_str, record.time),
    device: firstText(f.socket_serial, f.src_site_id),
    site: firstText(f.src_site_id, f.src_site_name),
    link: firstText(f.socket_interface, f.link_name, f.ISP_name),
    carrier: firstText(f.ISP_name, f.src_isp_name),
  }
  return [
    {
      kind: 'event',
      ...common,
      event,
      severity_id: severityOf(f.severity),
      message: firstText(f.event_message, f.event_type),
    },
    ...byDirection(
      { kind: 'link', ...common },
      {
        both: {
          latency_ms: numberOf(f.link_health_latency),
          jitter_ms: numberOf(f.link_health_jitter),
          loss_ratio: percentOf(f.link_health_pkt_loss ?? f.link_health_packet_loss),
        },
      },
    ),
  ]
}

const feedOf = (document: unknown): EdgeDraft[] =>
  objectsOf(objectOf(dataOf(document).eventsFeed).accounts).flatMap((account) =>
    objectsOf(account.records).flatMap(feedRecord),
  )

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return payload.documents.flatMap(({ value, place }) => {
    if (!isAnswer(value)) context.reject('row_invalid', place, 'neither accountMetrics nor eventsFeed')
    return [...metricsOf(value), ...feedOf(value)]
  })
}

const isAnswer = (value: unknown): boolean => {
  const data = dataOf(value)
  return 'accountMetrics' in data || 'eventsFeed' in data
}

/** Cato Networks: GraphQL `accountMetrics` and `eventsFeed`. */
export const cato: EdgeVendor = {
  id: 'cato',
  titles: { fr: 'Cato Networks', en: 'Cato Networks' },
  transports: ['graphql'],
  kinds: ['link', 'event'],
  fields: [
    'latency_ms',
    'jitter_ms',
    'loss_ratio',
    'tx_bytes',
    'rx_bytes',
    'tx_bps',
    'rx_bps',
    'tx_capacity_bps',
    'rx_capacity_bps',
    'event',
  ],
  identity: { device: 'socket serial', site: 'site id', link: 'socket interface' },
  documentation: 'https://api.catonetworks.com/documentation/',
  recognise: (payload) => documentsLike(payload, 0.95, isAnswer),
  normalise,
}
