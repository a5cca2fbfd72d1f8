import type { ServiceId } from '../../model/finding.js'
import { prefix4Text, v4Text } from '../address.js'
import { END_REASONS, FIREWALL_EVENTS, type Flow, internetAs, OUR_AS } from '../flow.js'
import type { Network, Site } from '../network.js'
import type { Random } from '../random.js'

/** What was done to the network, as it is written to the truth: one line of JSON an incident. */
export interface TruthRecord {
  readonly service: ServiceId
  readonly kind: string
  /** Up to `LISTED_MAX` addresses; `src_count` says how many there are. */
  readonly src: readonly string[]
  readonly src_count: number
  /** Addresses, or the prefix where the targets are many. */
  readonly dst: readonly string[]
  readonly dst_port?: number
  readonly ip_proto: number
  readonly start_ms: number
  readonly end_ms: number
  /** 1 is plain to see; the floor of each kind is about 0.1. */
  readonly intensity: number
  /** Registry ids of the organisation and site that it happens to, or comes from. */
  readonly org: string
  readonly site: string
}

export const LISTED_MAX = 16

/** What an incident does: flows at a rate, seen by the edge of one site. */
export interface IncidentPlan {
  readonly site: Site
  readonly src: readonly string[]
  readonly srcCount: number
  readonly dst: readonly string[]
  readonly dstPort?: number
  readonly proto: number
  readonly flowsPerSecond: number
  /** The next flow, exported at `nowMs`. */
  flow(nowMs: number): Flow
}

export interface IncidentKind {
  readonly id: string
  readonly service: ServiceId
  readonly durationS: number
  plan(network: Network, random: Random, intensity: number): IncidentPlan
}

interface Attack {
  readonly site: Site
  readonly src: number
  readonly dst: number
  readonly srcPort: number
  readonly dstPort: number
  readonly proto: number
  readonly packets: number
  readonly packetBytes: number
  readonly tcpFlags?: number
  /** The answer, where there is one. */
  readonly back?: { readonly packets: number; readonly packetBytes: number; readonly tcpFlags: number }
  readonly durationMs: number
  readonly nowMs: number
}

/** Sources of one attack come from the invented Internet, or stand inside. */
export const isInside = (address: number): boolean => address >>> 24 === 10

/** A flow of an attack as the edge of `site` sees it. */
export function attackFlow(a: Attack): Flow {
  const outbound = isInside(a.src)
  const lan = a.site.edge.model.lan.index
  const wan = a.site.links[0]!.ifIndex
  const asOf = (address: number): number => (isInside(address) ? OUR_AS : internetAs(address))
  return {
    src: a.src,
    dst: a.dst,
    srcPort: a.srcPort,
    dstPort: a.dstPort,
    proto: a.proto,
    tos: 0,
    tcpFlags: a.tcpFlags ?? 0,
    packets: a.packets,
    bytes: Math.round(a.packets * a.packetBytes),
    reverseTcpFlags: a.back?.tcpFlags ?? 0,
    reversePackets: a.back?.packets ?? 0,
    reverseBytes: a.back ? a.back.packets * a.back.packetBytes : 0,
    startMs: a.nowMs - a.durationMs,
    endMs: a.nowMs,
    inIf: outbound ? lan : wan,
    outIf: outbound ? wan : lan,
    srcAs: asOf(a.src),
    dstAs: asOf(a.dst),
    srcMask: outbound ? a.site.v4.length : 16,
    dstMask: outbound ? 16 : 24,
    nextHop: 0,
    service: undefined,
    endReason: END_REASONS.idle,
    firewallEvent: a.back ? FIREWALL_EVENTS.deleted : FIREWALL_EVENTS.denied,
    natSrc: 0,
    natPort: 0,
  }
}

/** Sites whose edge sees every packet, so that what an incident shows does not hang on luck. */
export const watched = (network: Network): Site[] =>
  network.sites.filter((s) => s.edge.samplingRate === 1 && s.edge.model.id !== 'switch_sflow')

/** A site with public servers: the data centres first, hospitals now and then. */
export function publicSite(network: Network, random: Random): Site {
  const open = watched(network).filter((s) => s.publicV4 !== undefined)
  const centres = open.filter((s) => s.kind === 'data_centre')
  return random.chance(0.6) && centres.length > 0 ? random.pick(centres) : random.pick(open)
}

/** A host with a public address at such a site. */
export const publicHost = (site: Site, random: Random): number =>
  site.publicV4!.base + 1 + random.int(2 ** (32 - site.publicV4!.length) - 2)

/** One of the watched sites that `fits`; any watched one where none does, as in a very small network. */
export function watchedSite(network: Network, random: Random, fits: (site: Site) => boolean): Site {
  const sites = watched(network)
  const fitting = sites.filter(fits)
  return random.pick(fitting.length > 0 ? fitting : sites)
}

/** A site with people at it, where an infected workstation may stand. */
export const peopledSite = (network: Network, random: Random): Site =>
  watchedSite(network, random, (s) => s.workstations > 20 && s.kind !== 'data_centre')

export const listed = (addresses: readonly number[]): string[] => addresses.slice(0, LISTED_MAX).map(v4Text)

export { prefix4Text, v4Text }
