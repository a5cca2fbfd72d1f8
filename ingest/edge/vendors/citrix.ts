import { byDirection, type DraftValues, type EdgeDraft } from '../draft.js'
import { firstText, has, hasAny, isObject, type JsonObject, objectOf, objectsOf, textOf } from '../json.js'
import type { Payload, Piece } from '../payload.js'
import { severityOf, stateOf } from '../states.js'
import { firstTimeMs } from '../times.js'
import { numberOf, percentOf, scaled } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const isPath = (row: JsonObject): boolean =>
  has(row, 'from_link', 'to_link') || hasAny(row, 'bowt', 'path_state')
const isCenter = (row: JsonObject): boolean =>
  Object.keys(row).some((key) => /^(wan_to_lan|lan_to_wan)_/.test(key))
const LISTS = /^(paths?(_detailed)?|virtual_paths?|wan_links?|conduits?)$/

/** Rows under the name of a NITRO resource, or bare. */
function rowsOf(payload: Payload): Piece<JsonObject>[] {
  return payload.rows.flatMap(({ value, place }) => {
    const lists = Object.entries(value).filter(
      ([name, inner]) => LISTS.test(name) && (Array.isArray(inner) || isObject(inner)),
    )
    if (lists.length === 0) return [{ value, place }]
    // One row comes without its list.
    return lists.flatMap(([, inner]) =>
      objectsOf(isObject(inner) ? [inner] : inner).map((row) => ({ value: row, place })),
    )
  })
}

/** A path from one WAN link to another. `bowt` is the best one-way time, ms; the bandwidth is kbit/s. */
function path(row: JsonObject): EdgeDraft[] {
  const local = firstText(row.from_link, row.local_wan_link, row.from_site)
  const common: EdgeDraft = {
    kind: 'tunnel',
    device: firstText(row.from_site, row.local_site_name, row.site_name),
    site: firstText(row.from_site, row.local_site_name, row.site_name),
    link: local,
    local,
    remote: firstText(row.to_link, row.remote_wan_link, row.to_site),
  }
  const tx: DraftValues = {
    latency_ms: numberOf(row.bowt),
    latency_kind: 'one_way',
    latency_statistic: 'min',
    jitter_ms: numberOf(row.jitter),
    jitter_kind: 'unknown',
    loss_ratio: percentOf(row.packet_loss),
    tx_bps: scaled(row.bandwidth, 1000),
    ...stateOf(firstText(row.path_state, row.state)),
  }
  return byDirection(common, { tx })
}

/** Names of SD-WAN Center: direction, then metric and unit. LAN to WAN is transmit. */
function center(row: JsonObject): EdgeDraft[] {
  const at = (end: string, metric: RegExp): unknown =>
    Object.entries(row).find(([key]) => key.startsWith(`${end}_`) && metric.test(key))?.[1]
  const way = (end: 'lan_to_wan' | 'wan_to_lan'): DraftValues => ({
    latency_ms: numberOf(at(end, /(latency|bowt|owd|delay)\w*_ms$/)),
    latency_kind: 'one_way',
    jitter_ms: numberOf(at(end, /jitter\w*_ms$/)),
    jitter_kind: 'unknown',
    loss_ratio: percentOf(at(end, /loss(_percent(age)?|_pct)?$/)),
    mos: numberOf(at(end, /mos$/)),
    mos_scale_max: 5,
    [end === 'lan_to_wan' ? 'tx_bps' : 'rx_bps']: scaled(at(end, /kbps$/), 1000),
  })
  const common: EdgeDraft = {
    kind: 'tunnel',
    observed_ms: firstTimeMs(row.timestamp, row.time, row.end_time),
    device: firstText(row.site_name, row.local_site, row.site),
    site: firstText(row.site_name, row.local_site, row.site),
    link: firstText(row.wan_link, row.wan_link_name, row.path_name, row.name),
    local: firstText(row.from_link, row.local_wan_link, row.local_site, row.site_name),
    remote: firstText(row.to_link, row.remote_wan_link, row.remote_site),
  }
  const both = { mos: numberOf(row.mos), mos_scale_max: 5, ...stateOf(firstText(row.state, row.path_state)) }
  return byDirection(common, { both, tx: way('lan_to_wan'), rx: way('wan_to_lan') })
}

/** An event of the appliance: an object turned from one state to another. */
const isEvent = (row: JsonObject): boolean =>
  has(row, 'object_name', 'current_state') || has(row, 'event_id', 'object_type')
const event = (row: JsonObject): EdgeDraft => ({
  kind: 'event',
  observed_ms: firstTimeMs(row.timestamp, row.time),
  device: firstText(row.site_name, row.appliance),
  link: textOf(row.object_name),
  event: firstText(row.object_type, 'state_change'),
  severity_id: severityOf(row.severity),
  message: firstText(row.description, row.reason),
  ...stateOf(row.current_state),
})

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return rowsOf(payload).flatMap(({ value, place }) => {
    if (isCenter(value)) return center(value)
    if (isPath(value)) return path(value)
    if (isEvent(value)) return [event(value)]
    context.reject('row_invalid', place, 'no path of NITRO or SD-WAN Center')
    return []
  })
}

const named = (payload: Payload): boolean =>
  payload.documents.some(({ value }) => isObject(value) && Array.isArray(objectOf(value).paths_detailed))

/** Citrix/NetScaler SD-WAN (and Oracle/Talari, the same family): NITRO, SD-WAN Center. */
export const citrix: EdgeVendor = {
  id: 'citrix',
  titles: { fr: 'Citrix / NetScaler SD-WAN', en: 'Citrix / NetScaler SD-WAN' },
  transports: ['rest'],
  kinds: ['tunnel', 'event'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'mos', 'tx_bps', 'rx_bps', 'state', 'event'],
  identity: { device: 'site name', link: 'WAN link' },
  documentation: 'https://developer-docs.netscaler.com/en-us/citrix-sd-wan',
  recognise: (payload) =>
    named(payload)
      ? 0.9
      : rowsOf(payload)
            .slice(0, 20)
            .some(({ value }) => isCenter(value) || has(value, 'bowt') || has(value, 'from_link', 'to_link'))
        ? 0.85
        : 0,
  normalise,
}
