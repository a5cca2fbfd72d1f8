import { byDirection, type EdgeDraft } from '../draft.js'
import { entriesOf, has, hasAny, type JsonObject, objectOf, textOf } from '../json.js'
import type { Payload, Piece } from '../payload.js'
import { type StateWords, stateOf } from '../states.js'
import { epochMs } from '../times.js'
import { bitUnitOf, byteUnitOf, numberOf, scaled } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

/** Answers of the local API, out of their `{stat, response}`. */
const answersOf = (payload: Payload): Piece<JsonObject>[] =>
  payload.documents.map(({ value, place }) => {
    const answer = objectOf(value)
    return { value: has(answer, 'stat', 'response') ? objectOf(answer.response) : answer, place }
  })

/** Entries whose key is a number: the routers index by it and keep the sequence in `order`. */
const numbered = (value: unknown): (readonly [string, JsonObject])[] =>
  entriesOf(value).filter(([key]) => /^\d+$/.test(key))

const isWan = (answer: JsonObject): boolean =>
  numbered(answer).some(([, wan]) => hasAny(wan, 'statusLed') || has(wan, 'message', 'enable'))
const isTraffic = (answer: JsonObject): boolean => {
  const [bandwidth, traffic] = [objectOf(answer.bandwidth), objectOf(answer.traffic)]
  return has(bandwidth, 'unit') || has(traffic, 'unit')
}
const isVpn = (answer: JsonObject): boolean =>
  numbered(answer.tunnel).length > 0 ||
  numbered(answer.peer).length > 0 ||
  numbered(answer.profile).length > 0

/** The message says most; the LED stands in where its words are not known. */
function wanState(wan: JsonObject): StateWords {
  const [led, message] = [textOf(wan.statusLed), textOf(wan.message)]
  const raw = [led, message].filter((word) => word !== undefined).join('/')
  if (raw === '') return wan.enable === false ? { state: 'disabled' } : {}
  const byMessage = stateOf(
    /^connected\b/i.test(message ?? '') ? 'connected' : (message ?? '').replace(/^(cold|hot) /i, ''),
  )
  const state =
    byMessage.state !== undefined && byMessage.state !== 'unknown' ? byMessage.state : stateOf(led).state
  return { state: wan.enable === false ? 'disabled' : (state ?? 'unknown'), state_raw: raw }
}

const wans = (answer: JsonObject): EdgeDraft[] =>
  numbered(answer).flatMap(([id, wan]) =>
    byDirection({ kind: 'link', link: textOf(wan.name) ?? `WAN ${id}` }, { both: wanState(wan) }),
  )

/** `status.traffic`: the units are in the answer: kbps for rates, MB for what was carried so far. */
function traffic(answer: JsonObject): EdgeDraft[] {
  const [bandwidth, volume] = [objectOf(answer.bandwidth), objectOf(answer.traffic)]
  const [bps, bytes] = [bitUnitOf(bandwidth.unit), byteUnitOf(volume.unit)]
  const rates = numbered(bandwidth).map(([id, wan]): EdgeDraft => {
    const overall = objectOf(wan.overall)
    return {
      kind: 'counters',
      observed_ms: epochMs(bandwidth.timestamp),
      link: textOf(wan.name) ?? `WAN ${id}`,
      tx_bps: bps && scaled(overall.upload, bps),
      rx_bps: bps && scaled(overall.download, bps),
    }
  })
  const totals = numbered(volume).map(([id, wan]): EdgeDraft => {
    const overall = objectOf(wan.overall)
    return {
      kind: 'counters',
      observed_ms: epochMs(volume.timestamp),
      link: textOf(wan.name) ?? `WAN ${id}`,
      tx_bytes: bytes && scaled(overall.upload, bytes),
      rx_bytes: bytes && scaled(overall.download, bytes),
      bytes_kind: 'cumulative',
    }
  })
  return [...rates, ...totals]
}

/**
 * `status.pepvpn`: tunnels by peer, a part a WAN. Bytes and lost packets count from the start, so one reading
 * gives neither a rate nor a ratio.
 */
function vpn(answer: JsonObject): EdgeDraft[] {
  const peers = new Map([...numbered(answer.profile), ...numbered(answer.peer)])
  const tunnels = new Map(numbered(answer.tunnel))
  return [...new Set([...peers.keys(), ...tunnels.keys()])].flatMap((id) => {
    const peer = objectOf(peers.get(id))
    const common: EdgeDraft = {
      kind: 'tunnel',
      remote: textOf(peer.name) ?? textOf(peer.serialNumber) ?? `peer ${id}`,
    }
    const state = stateOf(peer.status)
    const parts = numbered(objectOf(tunnels.get(id)).wan)
    if (parts.length === 0) return byDirection(common, { both: state })
    return parts.flatMap(([wanId, wan]) =>
      byDirection(
        { ...common, link: textOf(wan.name) ?? `WAN ${wanId}` },
        {
          both: {
            latency_ms: numberOf(wan.rtt),
            latency_kind: 'round_trip',
            tx_bytes: numberOf(wan.tx),
            rx_bytes: numberOf(wan.rx),
            bytes_kind: 'cumulative',
            ...state,
          },
        },
      ),
    )
  })
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return answersOf(payload).flatMap(({ value, place }) => {
    if (isTraffic(value)) return traffic(value)
    if (isVpn(value)) return vpn(value)
    if (isWan(value)) return wans(value)
    context.reject(
      'row_invalid',
      place,
      'no answer of status.wan.connection, status.traffic or status.pepvpn',
    )
    return []
  })
}

/** Peplink (SpeedFusion): the routers' local API. */
export const peplink: EdgeVendor = {
  id: 'peplink',
  titles: { fr: 'Peplink', en: 'Peplink' },
  transports: ['rest'],
  kinds: ['link', 'tunnel', 'counters'],
  fields: ['latency_ms', 'tx_bps', 'rx_bps', 'tx_bytes', 'rx_bytes', 'state'],
  identity: { device: 'from the poller (origin)', link: 'WAN name' },
  documentation: 'https://www.peplink.com/support/downloads/',
  recognise: (payload) =>
    answersOf(payload)
      .slice(0, 20)
      .some(({ value }) => isTraffic(value) || isVpn(value) || isWan(value))
      ? 0.8
      : 0,
  normalise,
}
