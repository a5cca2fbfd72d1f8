import type { Address } from './address.js'
import type { Service } from './services.js'

/** TCP flags (RFC 9293, section 3.1). */
export const TCP = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const

/** Why a flow was exported (flowEndReason, 136). */
export const END_REASONS = { idle: 1, active: 2, end: 3, forced: 4 } as const

/** What a firewall says of a flow (firewallEvent, 233). */
export const FIREWALL_EVENTS = { created: 1, deleted: 2, denied: 3 } as const

/**
 * A conversation, or the piece of it since the last export, as the edge of a site saw it: what really went
 * by, before sampling and before any exporter's view of it. The source is who began; `reverse…` is what
 * came back.
 */
export interface Flow {
  readonly src: Address
  readonly dst: Address
  readonly srcPort: number
  /** For ICMP: type × 256 + code, as NetFlow has it. */
  readonly dstPort: number
  readonly proto: number
  readonly tos: number
  readonly tcpFlags: number
  readonly bytes: number
  readonly packets: number
  readonly reverseTcpFlags: number
  readonly reverseBytes: number
  readonly reversePackets: number
  /** First and last packet, ms since 1970. */
  readonly startMs: number
  readonly endMs: number
  readonly inIf: number
  readonly outIf: number
  readonly srcAs: number
  readonly dstAs: number
  readonly srcMask: number
  readonly dstMask: number
  /** IPv4 address of the next router; 0 unknown. */
  readonly nextHop: number
  /** The application, where the edge would know it. */
  readonly service: Service | undefined
  readonly endReason: number
  readonly firewallEvent: number
  /** Source after translation; 0 where there is none. */
  readonly natSrc: number
  readonly natPort: number
}

/** Autonomous systems: one of ours (private use, RFC 6996), the invented ones of the Internet (RFC 5398). */
export const OUR_AS = 64512
export const internetAs = (address: number): number => 64496 + ((address >>> 10) & 15)

/** The way back as a flow of its own, for exporters that report each direction by itself. */
export function reverseOf(flow: Flow): Flow {
  const icmp = flow.proto === 1 || flow.proto === 58
  return {
    ...flow,
    src: flow.dst,
    dst: flow.src,
    srcPort: icmp ? 0 : flow.dstPort,
    // An echo reply: type 0, in ICMPv6 129.
    dstPort: icmp ? (flow.proto === 1 ? 0 : 129 * 256) : flow.srcPort,
    tcpFlags: flow.reverseTcpFlags,
    bytes: flow.reverseBytes,
    packets: flow.reversePackets,
    reverseTcpFlags: 0,
    reverseBytes: 0,
    reversePackets: 0,
    inIf: flow.outIf,
    outIf: flow.inIf,
    srcAs: flow.dstAs,
    dstAs: flow.srcAs,
    srcMask: flow.dstMask,
    dstMask: flow.srcMask,
    natSrc: 0,
    natPort: 0,
  }
}
