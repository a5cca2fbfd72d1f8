import type { EdgeDraft } from '../draft.js'
import { firstText, has, hasAny, type JsonObject, listOf, objectsOf, textOf } from '../json.js'
import type { Payload } from '../payload.js'
import { rowsLike } from '../recognise.js'
import { severityOf, stateOf } from '../states.js'
import { firstTimeMs } from '../times.js'
import { numberOf, percentOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const isPeer = (row: JsonObject): boolean =>
  has(row, 'mac') &&
  hasAny(row, 'peer_mac', 'peer_port_id', 'peer_router_name') &&
  hasAny(row, 'up', 'latency', 'loss')

/** A peer path. A peer without metrics has a state and no zeros; MACs are joined by the inventory. */
function peer(row: JsonObject): EdgeDraft {
  const up = typeof row.up === 'boolean' ? row.up : undefined
  return {
    kind: 'tunnel',
    direction: 'both',
    observed_ms: firstTimeMs(row.last_seen, row.timestamp),
    device: firstText(row.mac, row.router_name),
    site: textOf(row.site_id),
    link: textOf(row.port_id),
    local: firstText(row.mac, row.router_name),
    remote: firstText(row.peer_mac, row.peer_router_name, row.peer_port_id),
    local_color: textOf(row.port_id),
    remote_color: textOf(row.peer_port_id),
    latency_ms: numberOf(row.latency),
    jitter_ms: numberOf(row.jitter),
    loss_ratio: percentOf(row.loss),
    mos: numberOf(row.mos),
    mos_scale_max: 5,
    ...(up !== undefined && { state: up ? 'up' : 'down', state_raw: up ? 'up' : 'down' }),
  }
}

/** A webhook of device events, ups and downs, or alarms. */
const isHook = (row: JsonObject): boolean =>
  typeof row.topic === 'string' && Array.isArray(row.events) && /device|alarm/.test(row.topic)

const hookEvents = (row: JsonObject): EdgeDraft[] =>
  objectsOf(row.events).map((item) => {
    const type = textOf(item.type)
    const turned = /(?:^|_)(CONNECTED|UP|DISCONNECTED|DOWN)$/i.exec(type ?? '')?.[1]?.toLowerCase()
    return {
      kind: 'event',
      event: type ?? textOf(row.topic),
      observed_ms: firstTimeMs(item.timestamp, item.last_seen),
      device: firstText(item.mac, listOf(item.gateways)[0], listOf(item.macs)[0], item.device_name),
      site: textOf(item.site_id),
      link: textOf(item.port_id),
      severity_id: severityOf(item.severity),
      message: firstText(item.text, item.reason),
      ...stateOf(turned),
    }
  })

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return payload.rows.flatMap(({ value, place }) => {
    if (isPeer(value)) return [peer(value)]
    if (isHook(value)) return hookEvents(value)
    context.reject('row_invalid', place, "no peer path: 'mac' and the peer's port or MAC")
    return []
  })
}

/** Juniper Mist WAN Assurance: `stats/vpn_peers/search`. */
export const juniperMist: EdgeVendor = {
  id: 'juniper-mist',
  titles: { fr: 'Juniper Mist WAN Assurance', en: 'Juniper Mist WAN Assurance' },
  transports: ['rest', 'webhook'],
  kinds: ['tunnel', 'event'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'mos', 'state', 'event'],
  identity: { device: 'MAC', site: 'site id', link: 'port id' },
  documentation: 'https://www.juniper.net/documentation/product/us/en/mist/',
  recognise: (payload) => Math.max(rowsLike(payload, 0.95, isPeer), rowsLike(payload, 0.8, isHook)),
  normalise,
}
