import { TCP } from './flow.js'
import type { Random } from './random.js'
import type { Service, Volume } from './services.js'

/** What a whole conversation moves, IP bytes and packets each way, and how TCP went. */
export interface Exchange {
  durationMs: number
  bytes: number
  packets: number
  reverseBytes: number
  reversePackets: number
  tcpFlags: number
  reverseTcpFlags: number
  /** It failed: no answer, or a refusal. */
  failed: boolean
}

/** Payload of a full packet on a tunnelled path. */
const SEGMENT = 1360
/** Rates of failure that a sound network shows. */
const UNANSWERED = 0.005
const REFUSED = 0.004
const MAX_PAYLOAD = 4e9
const HOUR_MS = 3600e3

const IP_HEADERS = { 4: { 1: 28, 6: 40, 17: 28 }, 6: { 1: 48, 6: 60, 17: 48 } } as const

const OPEN_AND_CLOSED = TCP.syn | TCP.ack | TCP.psh | TCP.fin

function payloads(
  volume: Volume,
  durationMs: number,
  random: Random,
): { out: number; back: number; packet: number } {
  if ('packetsPerS' in volume) {
    const sent = Math.max(1, Math.round((volume.packetsPerS * durationMs) / 1000))
    return {
      out: sent * volume.packetBytes,
      back: Math.round(sent * volume.backRatio) * volume.packetBytes,
      packet: volume.packetBytes,
    }
  }
  const { request, response, tail } = volume
  const draw = ([median, sigma]: readonly [number, number]): number =>
    median === 0 ? 0 : Math.max(1, Math.round(random.logNormal(median, sigma)))
  // One transfer in twenty is of the heavy kind, where the service has one.
  const heavy = tail !== undefined && random.chance(0.05)
  const out = draw(request)
  const back = heavy ? Math.round(random.pareto(response[0], tail, MAX_PAYLOAD)) : draw(response)
  return { out: Math.min(out, MAX_PAYLOAD), back: Math.min(back, MAX_PAYLOAD), packet: SEGMENT }
}

function failure(service: Service, headers: number, random: Random): Exchange | undefined {
  const fate = random.float()
  if (fate >= UNANSWERED + REFUSED) return undefined
  const none = { reverseBytes: 0, reversePackets: 0, tcpFlags: 0, reverseTcpFlags: 0, failed: true }
  if (service.proto !== 6) {
    if (fate >= UNANSWERED) return undefined
    const packets = 1 + random.int(3)
    return { ...none, durationMs: 1000 * (packets - 1), packets, bytes: packets * (headers + 60) }
  }
  // A SYN carries 20 bytes of options.
  const syn = headers + 20
  if (fate < UNANSWERED) {
    const packets = 1 + random.int(3)
    return {
      ...none,
      durationMs: 1000 * (2 ** (packets - 1) - 1),
      packets,
      bytes: packets * syn,
      tcpFlags: TCP.syn,
    }
  }
  const refusal = { reverseBytes: headers, reversePackets: 1, reverseTcpFlags: TCP.rst | TCP.ack }
  return { ...none, ...refusal, durationMs: 1 + random.int(40), packets: 1, bytes: syn, tcpFlags: TCP.syn }
}

/** Draws a conversation of `service` over IPv4 or IPv6. */
export function drawExchange(service: Service, family: 4 | 6, random: Random): Exchange {
  const headers = IP_HEADERS[family][service.proto]
  const failed = failure(service, headers, random)
  if (failed) return failed
  const [median, sigma] = service.durationMs
  const durationMs = Math.min(8 * HOUR_MS, Math.max(1, Math.round(random.logNormal(median, sigma))))
  const { out, back, packet } = payloads(service.volume, durationMs, random)
  let packets = Math.max(1, Math.ceil(out / packet))
  let reversePackets = Math.ceil(back / packet)
  const tcp = service.proto === 6
  if (tcp) {
    // Handshake, close, and an acknowledgement for every two packets of the other side.
    const acknowledged = Math.ceil(packets / 2)
    packets += 3 + Math.ceil(reversePackets / 2)
    reversePackets += 2 + acknowledged
  }
  const closing = tcp && random.chance(0.06) ? TCP.rst : 0
  return {
    durationMs,
    packets,
    bytes: out + packets * headers,
    reversePackets,
    reverseBytes: back + reversePackets * headers,
    tcpFlags: tcp ? OPEN_AND_CLOSED | closing : 0,
    reverseTcpFlags: tcp ? OPEN_AND_CLOSED : 0,
    failed: false,
  }
}
