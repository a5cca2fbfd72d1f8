import type { DraftValues, EdgeDraft } from '../draft.js'
import { firstText, type JsonObject, listOf, objectOf, objectsOf, textOf } from '../json.js'
import { MergeWindow } from '../merge_window.js'
import type { Payload, Piece } from '../payload.js'
import { epochMs } from '../times.js'
import { divided, numberOf, percentOf, scaled, spanMs } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

type Attributes = ReadonlyMap<string, string>

/** A data point with the attributes of its resource and its own. */
interface Point {
  readonly name: string
  readonly unit: string
  readonly attributes: Attributes
  readonly observedMs: number | undefined
  readonly intervalS: number | undefined
  readonly value: unknown
  readonly bytesKind: 'delta' | 'cumulative'
}

const isPayload = (row: JsonObject): boolean => Array.isArray(row.resourceMetrics)

function attributesOf(...lists: unknown[]): Attributes {
  const attributes = new Map<string, string>()
  for (const { key, value } of lists.flatMap((list) => objectsOf(list))) {
    const said = objectOf(value)
    const text = firstText(said.stringValue, said.intValue, said.doubleValue)
    if (textOf(key) !== undefined && text !== undefined) attributes.set(textOf(key)!, text)
  }
  return attributes
}

const DATA = ['gauge', 'sum', 'histogram', 'exponentialHistogram'] as const
/** AggregationTemporality: 1 delta, 2 cumulative. */
const isDelta = (temporality: unknown): boolean => /^1$|DELTA/.test(textOf(temporality) ?? '')

function pointsOf(resource: JsonObject): Point[] {
  const own = objectOf(resource.resource).attributes
  const metrics = objectsOf(resource.scopeMetrics ?? resource.instrumentationLibraryMetrics).flatMap(
    (scope) => objectsOf(scope.metrics),
  )
  return metrics.flatMap((metric) =>
    DATA.flatMap((form) => {
      const data = objectOf(metric[form])
      return objectsOf(data.dataPoints).map((point): Point => {
        const [start, end] = [epochMs(point.startTimeUnixNano), epochMs(point.timeUnixNano)]
        const delta = isDelta(data.aggregationTemporality)
        return {
          name: textOf(metric.name) ?? '',
          unit: textOf(metric.unit) ?? '',
          attributes: attributesOf(own, point.attributes),
          observedMs: end,
          intervalS:
            delta && start !== undefined && end !== undefined && end > start
              ? (end - start) / 1000
              : undefined,
          // The mean is all that a histogram says exactly.
          value: point.asDouble ?? point.asInt ?? divided(point.sum, numberOf(point.count)),
          bytesKind: delta ? 'delta' : 'cumulative',
        }
      })
    }),
  )
}

/** Only names that speak of a path: an application's latency is none of a link. */
const PATH =
  /^(?:sd-?wan|wan|link|tunnel|path|overlay|underlay|twamp|stamp|edge|network\.(?:path|link|tunnel))[._]/i
const CONFUSED = /dns|http|rpc|db|queue|disk/i

const receives = (point: Point): boolean | undefined => {
  const word = firstText(point.attributes.get('network.io.direction'), point.attributes.get('direction'))
  if (/^(receive|received|rx|in|ingress)$/i.test(word ?? '')) return true
  return /^(transmit|transmitted|tx|out|egress)$/i.test(word ?? '') ? false : undefined
}

/** Ratios come as shares of 1 (`1`) or in percent (`%`). */
const share = (point: Point): number | undefined =>
  point.unit === '%' || /percent/i.test(point.name) ? percentOf(point.value) : numberOf(point.value)

const spanOf = (point: Point): number | undefined =>
  spanMs(
    point.value,
    point.unit || (/_(ns|us|ms|s)$/.exec(point.name)?.[1] ?? (/_ms\b/.test(point.name) ? 'ms' : '')),
  )

function performance(point: Point): DraftValues | undefined {
  if (!PATH.test(point.name) || CONFUSED.test(point.name)) return undefined
  if (/jitter|delay_variation/i.test(point.name)) return { jitter_ms: spanOf(point), jitter_kind: 'unknown' }
  if (/latency|rtt|round_trip|delay/i.test(point.name)) {
    const kind = /rtt|round_trip/i.test(point.name)
      ? 'round_trip'
      : /one_way|owd/i.test(point.name)
        ? 'one_way'
        : undefined
    return { latency_ms: spanOf(point), latency_kind: kind }
  }
  if (/loss/i.test(point.name)) return { loss_ratio: share(point) }
  if (/(^|[._])mos([._]|$)/i.test(point.name)) return { mos: numberOf(point.value), mos_scale_max: 5 }
  return undefined
}

/** Interfaces by the semantic conventions: `system.network.*`, `hw.network.*`. */
function traffic(point: Point): DraftValues | undefined {
  const rx = receives(point)
  const n = numberOf(point.value)
  if (rx !== undefined && /^(?:system|hw)\.network\.io$/.test(point.name))
    return { [rx ? 'rx_bytes' : 'tx_bytes']: n, bytes_kind: point.bytesKind }
  if (rx !== undefined && /^(?:system|hw)\.network\.packet(?:s|\.count)$/.test(point.name))
    return { [rx ? 'rx_packets' : 'tx_packets']: n, bytes_kind: point.bytesKind }
  if (/^hw\.network\.bandwidth\.limit$/.test(point.name)) {
    const bps = scaled(point.value, /^By\/s$/.test(point.unit) ? 8 : 1)
    return { tx_capacity_bps: bps, rx_capacity_bps: bps }
  }
  return undefined
}

function draftOf(point: Point): EdgeDraft | undefined {
  const at = (...names: string[]) => firstText(...names.map((name) => point.attributes.get(name)))
  const measured = performance(point)
  const values = measured ?? traffic(point)
  if (values === undefined) return undefined
  const remote = at(
    'remote',
    'peer',
    'tunnel.remote',
    'network.peer.name',
    'network.peer.address',
    'server.address',
  )
  const rx = receives(point)
  return {
    kind: measured === undefined ? 'counters' : remote === undefined ? 'link' : 'tunnel',
    ...(measured !== undefined && { direction: rx === undefined ? 'both' : rx ? 'rx' : 'tx' }),
    observed_ms: point.observedMs,
    interval_s: point.intervalS,
    device: at('device.id', 'host.id', 'device.serial', 'host.name', 'device.name'),
    site: at('site', 'site.id', 'site.name'),
    link: at(
      'network.interface.name',
      'link',
      'link.name',
      'interface',
      'tunnel',
      'tunnel.name',
      'device',
      'hw.name',
    ),
    carrier: at('carrier', 'network.carrier.name'),
    remote,
    sla_class: at('class', 'sla.class'),
    ...values,
  }
}

const MERGE = { windowMs: 60_000, groupsMax: 100_000 }

const envelopes = (payload: Payload): Piece<JsonObject>[] =>
  payload.documents.flatMap(({ value, place }) =>
    (Array.isArray(value) ? listOf(value) : [value]).map((item) => ({ value: objectOf(item), place })),
  )

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const merge = new MergeWindow(MERGE)
  const drafts: EdgeDraft[] = []
  for (const { value, place } of envelopes(payload)) {
    if (!isPayload(value))
      context.reject('row_invalid', place, "no OTLP metrics: 'resourceMetrics' is missing")
    for (const point of objectsOf(value.resourceMetrics).flatMap(pointsOf)) {
      const draft = draftOf(point)
      if (draft === undefined) continue
      const key = [draft.kind, draft.device, draft.link, draft.remote, draft.direction, draft.sla_class].join(
        ' ',
      )
      merge.add(key, point.observedMs ?? 0, draft)
    }
    drafts.push(...merge.takeClosed())
  }
  return [...drafts, ...merge.takeAll()]
}

/**
 * OpenTelemetry metrics (OTLP/JSON): paths by name, interfaces by the semantic conventions. Others give no
 * link metric.
 */
export const otlp: EdgeVendor = {
  id: 'otlp',
  titles: { fr: 'OpenTelemetry (métriques OTLP)', en: 'OpenTelemetry (OTLP metrics)' },
  transports: ['otlp', 'file'],
  kinds: ['link', 'tunnel', 'counters'],
  fields: [
    'latency_ms',
    'jitter_ms',
    'loss_ratio',
    'mos',
    'tx_bytes',
    'rx_bytes',
    'tx_packets',
    'rx_packets',
    'tx_capacity_bps',
    'rx_capacity_bps',
  ],
  identity: {
    device: 'device.id, host.id or host.name',
    site: 'site',
    link: 'network.interface.name or link',
  },
  documentation: 'https://opentelemetry.io/docs/specs/otlp/',
  mergeS: 10,
  recognise: (payload) =>
    envelopes(payload)
      .slice(0, 20)
      .some(({ value }) => isPayload(value))
      ? 0.95
      : 0,
  normalise,
}
