import { byDirection, type DraftValues, type EdgeDraft } from '../draft.js'
import { firstText, isObject, type JsonObject, listOf, objectOf, objectsOf, textOf } from '../json.js'
import type { Payload } from '../payload.js'
import { isoMs } from '../times.js'
import { numberOf, percentOf, spanMs } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

/** A member of a YANG tree in JSON (RFC 7951), with or without its module's name. */
function member(node: JsonObject, name: string): unknown {
  for (const [key, value] of Object.entries(node)) if (key === name || key.endsWith(`:${name}`)) return value
  return undefined
}
const part = (node: JsonObject, name: string): JsonObject => objectOf(member(node, name))

/** Where attributes stand, and of what: a link of the overlay, or a termination point of a node. */
interface Place {
  readonly attributes: JsonObject
  readonly network: string | undefined
  readonly node: string | undefined
  readonly link: JsonObject | undefined
  readonly point: string | undefined
}

const DEPTH_MAX = 12
const PLACES_MAX = 200_000

/** Finds pm-attributes wherever the tree begins: networks, a network, a link, a notification. */
function findPlaces(value: unknown, at: Omit<Place, 'attributes'>, places: Place[], depth = 0): void {
  if (depth > DEPTH_MAX || places.length >= PLACES_MAX) return
  if (Array.isArray(value)) for (const item of listOf(value)) findPlaces(item, at, places, depth + 1)
  if (!isObject(value)) return
  const here = {
    network: textOf(member(value, 'network-id')) ?? at.network,
    node: textOf(member(value, 'node-id')) ?? at.node,
    link: member(value, 'link-id') === undefined ? at.link : value,
    point: textOf(member(value, 'tp-id')) ?? at.point,
  }
  for (const [key, inner] of Object.entries(value)) {
    if (/(^|:)pm-attributes$/.test(key)) {
      for (const attributes of isObject(inner) ? [inner] : objectsOf(inner))
        places.push({ ...here, attributes })
    } else if (typeof inner === 'object') findPlaces(inner, here, places, depth + 1)
  }
}

const UNITS: Readonly<Record<string, string>> = {
  seconds: 's',
  milliseconds: 'ms',
  microseconds: 'us',
  nanoseconds: 'ns',
}

/** A value in the unit of its statistics: ms unless `unit-value` says otherwise. */
const span = (statistics: JsonObject, name: string): number | undefined => {
  const unit = textOf(member(statistics, 'unit-value'))?.replace(/^.*:/, '') ?? 'milliseconds'
  return spanMs(member(statistics, name), UNITS[unit] ?? '')
}

/**
 * One-way statistics: the median delay serves as the latency, else the high percentile. `loss-ratio` is
 * percent.
 */
function statistics(node: JsonObject): DraftValues {
  const [loss, delay, jitter] = [
    part(node, 'loss-statistics'),
    part(node, 'delay-statistics'),
    part(node, 'jitter-statistics'),
  ]
  const median = span(delay, 'intermediate-delay-percentile')
  return {
    latency_ms: median ?? span(delay, 'high-delay-percentile'),
    latency_kind: 'one_way',
    latency_statistic: median === undefined ? 'p95' : 'median',
    jitter_ms: span(jitter, 'intermediate-jitter-percentile') ?? span(jitter, 'high-jitter-percentile'),
    jitter_kind: 'percentile',
    loss_ratio: percentOf(member(loss, 'loss-ratio')),
  }
}

function linkDrafts({ attributes, network, link }: Place): EdgeDraft[] {
  const common: EdgeDraft = {
    kind: 'tunnel',
    observed_ms: isoMs(member(attributes, 'end-time')) ?? isoMs(member(attributes, 'start-time')),
    interval_s: numberOf(member(attributes, 'measurement-interval')) ?? 60,
    controller: textOf(member(attributes, 'pm-source')),
    site: network,
    link: firstText(member(objectOf(link), 'link-id')),
    local: firstText(part(objectOf(link), 'source')['source-node']),
    remote: firstText(part(objectOf(link), 'destination')['dest-node']),
  }
  const whole = part(attributes, 'one-way-pm-statistics')
  const classes = objectsOf(member(attributes, 'one-way-pm-statistics-per-class'))
  return [
    ...byDirection(common, { tx: statistics(whole) }),
    ...classes.flatMap((node) =>
      byDirection({ ...common, sla_class: firstText(member(node, 'class-id')) }, { tx: statistics(node) }),
    ),
  ]
}

/** Counters of a termination point: inbound is what it receives. */
function pointDrafts({ attributes, node, point }: Place): EdgeDraft[] {
  const counts = 'inbound-octets' in attributes ? attributes : part(attributes, 'pm-statistics')
  return [
    {
      kind: 'counters',
      observed_ms: isoMs(member(counts, 'last-updated')) ?? isoMs(member(attributes, 'last-updated')),
      device: node,
      link: point,
      tx_bytes: numberOf(member(counts, 'outbound-octets')),
      rx_bytes: numberOf(member(counts, 'inbound-octets')),
      bytes_kind: 'cumulative',
    },
  ]
}

function placesOf(payload: Payload): Place[] {
  const places: Place[] = []
  const nowhere = { network: undefined, node: undefined, link: undefined, point: undefined }
  for (const { value } of payload.documents) findPlaces(value, nowhere, places)
  return places
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const places = placesOf(payload)
  if (places.length >= PLACES_MAX)
    context.reject('too_many_records', '', `more than ${PLACES_MAX} links: split it`)
  return places.flatMap((place) => (place.point === undefined ? linkDrafts(place) : pointDrafts(place)))
}

/** RFC 9375, the YANG model of VPN performance (ietf-network-vpn-pm), as JSON of RESTCONF or YANG-push. */
export const ietfRfc9375: EdgeVendor = {
  id: 'ietf-rfc9375',
  titles: { fr: 'RFC 9375 (performance des VPN, YANG)', en: 'RFC 9375 (VPN performance, YANG)' },
  transports: ['netconf', 'rest'],
  kinds: ['tunnel', 'counters'],
  fields: ['latency_ms', 'latency_statistic', 'jitter_ms', 'loss_ratio', 'tx_bytes', 'rx_bytes'],
  identity: { device: 'node id', site: 'network id', link: 'link id' },
  documentation: 'https://www.rfc-editor.org/rfc/rfc9375',
  recognise: (payload) =>
    payload.documents.length > 0 && payload.text.includes('pm-attributes') && placesOf(payload).length > 0
      ? 0.9
      : 0,
  normalise,
}
