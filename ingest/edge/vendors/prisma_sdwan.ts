import type { DraftValues, EdgeDraft } from '../draft.js'
import { firstText, hasAny, isObject, type JsonObject, objectOf, objectsOf, textOf } from '../json.js'
import { MergeWindow } from '../merge_window.js'
import type { Payload, Piece } from '../payload.js'
import { firstTimeMs } from '../times.js'
import { numberOf, percentOf, scaled } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const answersOf = (payload: Payload): Piece<JsonObject>[] =>
  payload.documents.flatMap(({ value, place }) => {
    const outer = objectOf(value)
    const answer = Array.isArray(outer.metrics) ? outer : objectOf(outer.data)
    return Array.isArray(answer.metrics) ? [{ value: answer, place }] : []
  })

/** Requests have the same list, with `statistics` in place of sites. */
const isMetric = (metric: JsonObject): boolean =>
  hasAny(metric, 'sites', 'series') || /^Lqm\w+Metric$/.test(textOf(metric.name) ?? '')

/** Metrics of a point, per direction: uplink is transmit. */
const POINT: Readonly<Record<'both' | 'tx' | 'rx', (data: JsonObject) => DraftValues>> = {
  both: (data) => ({
    latency_ms: numberOf(data.rtt_latency ?? data.rtt_latency_avg),
    latency_kind: 'round_trip',
  }),
  tx: (data) => way(data, 'uplink'),
  rx: (data) => way(data, 'downlink'),
}

const way = (data: JsonObject, end: 'uplink' | 'downlink'): DraftValues => ({
  jitter_ms: numberOf(data[`${end}_jitter_avg`] ?? data[`${end}_jitter`]),
  loss_ratio: percentOf(data[`${end}_pkt_loss_avg`] ?? data[`${end}_pkt_loss`]),
  mos: numberOf(data[`${end}_mos_avg`] ?? data[`${end}_mos`]),
  mos_scale_max: 5,
})

const MERGE = { windowMs: 3_600_000, groupsMax: 100_000 }

/** Every point is added under (site, path, time, direction); arrays of different metrics meet there. */
function addPoint(merge: MergeWindow, common: EdgeDraft, data: JsonObject, time: number | undefined): void {
  for (const direction of ['both', 'tx', 'rx'] as const) {
    const values = POINT[direction](data)
    const measured = [values.latency_ms, values.jitter_ms, values.loss_ratio, values.mos]
    if (measured.every((value) => value === undefined)) continue
    const key = `${common.site} ${common.link} ${direction}`
    merge.add(key, time ?? 0, { ...common, observed_ms: time, direction, ...values })
  }
}

function addPaths(merge: MergeWindow, answer: JsonObject, metric: JsonObject): void {
  for (const site of objectsOf(metric.sites)) {
    for (const path of objectsOf(site.paths)) {
      const common: EdgeDraft = { kind: 'tunnel', site: textOf(site.site_id), link: textOf(path.path_id) }
      for (const data of isObject(path.data) ? [path.data] : objectsOf(path.data)) {
        const inner = isObject(data.data) ? { ...data, ...data.data } : data
        addPoint(merge, common, inner, firstTimeMs(inner.time, inner.timestamp, path.time, answer.end_time))
      }
    }
  }
}

/** `BandwidthUsage` of monitor/metrics, in Mbps: Ingress is what the edge receives. */
function bandwidth(metric: JsonObject): EdgeDraft[] {
  return objectsOf(metric.series).flatMap((series) => {
    const view = objectOf(series.view)
    if (!/BandwidthUsage/i.test(firstText(series.name, metric.name) ?? '')) return []
    const receives = /ingress/i.test(firstText(view.direction, series.direction) ?? '')
    return objectsOf(series.data)
      .flatMap((data) => objectsOf(data.datapoints))
      .map((point): EdgeDraft => {
        const bps = scaled(point.value, 1e6)
        return {
          kind: 'tunnel',
          direction: receives ? 'rx' : 'tx',
          observed_ms: firstTimeMs(point.time),
          site: firstText(view.site, view.site_id),
          link: firstText(view.path, view.path_id),
          ...(receives ? { rx_bps: bps } : { tx_bps: bps }),
        }
      })
  })
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const drafts: EdgeDraft[] = []
  for (const { value: answer, place } of answersOf(payload)) {
    const merge = new MergeWindow(MERGE)
    for (const metric of objectsOf(answer.metrics)) {
      if (!isMetric(metric)) context.reject('row_invalid', place, 'a metric without sites or series')
      addPaths(merge, answer, metric)
      drafts.push(...bandwidth(metric))
    }
    drafts.push(...merge.takeAll())
  }
  return drafts
}

/** Palo Alto Prisma SD-WAN (CloudGenix): `lqm_point_metrics`, one array a metric. */
export const prismaSdwan: EdgeVendor = {
  id: 'prisma-sdwan',
  titles: { fr: 'Palo Alto Prisma SD-WAN', en: 'Palo Alto Prisma SD-WAN' },
  transports: ['rest'],
  kinds: ['tunnel'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'mos', 'tx_bps', 'rx_bps'],
  identity: { site: 'site id', link: 'path id (its ends are in the topology API)' },
  documentation: 'https://pan.dev/sdwan/api/',
  mergeS: 10,
  recognise: (payload) =>
    answersOf(payload).some(({ value }) => objectsOf(value.metrics).some(isMetric)) ? 0.9 : 0,
  normalise,
}
