import { clientNumber, internetUser } from '../endpoints.js'
import { TCP } from '../flow.js'
import type { Random } from '../random.js'
import {
  attackFlow,
  type IncidentKind,
  type IncidentPlan,
  listed,
  prefix4Text,
  publicHost,
  publicSite,
  v4Text,
  watchedSite,
} from './incident.js'

const UDP = 17
const MIN_OUTBOUND_BPS = 100e6

const crowd = (count: number, random: Random): number[] =>
  Array.from({ length: count }, () => internetUser(random))

/** T1498.001: hundreds of sources, one target, more packets than its link carries. */
const udpFlood: IncidentKind = {
  id: 'udp_flood',
  service: 'ddos',
  durationS: 25,
  plan(network, random, intensity): IncidentPlan {
    const site = publicSite(network, random)
    const dst = publicHost(site, random)
    const sources = crowd(300, random)
    const dstPort = random.pick([80, 443, 3478, 27015])
    return {
      site,
      src: listed(sources),
      srcCount: sources.length,
      dst: [v4Text(dst)],
      dstPort,
      proto: UDP,
      flowsPerSecond: 120,
      flow: (nowMs) =>
        attackFlow({
          site,
          src: random.pick(sources),
          dst,
          srcPort: 1024 + random.int(64512),
          dstPort,
          proto: UDP,
          packets: Math.max(1, Math.round(random.logNormal(1800 * intensity, 0.3))),
          packetBytes: 900 + random.int(500),
          durationMs: 800 + random.int(1200),
          nowMs,
        }),
    }
  },
}

/** Source ports of amplifiers and the size of their answers. */
const AMPLIFIERS = [
  { port: 53, bytes: 1420 },
  { port: 123, bytes: 468 },
  { port: 389, bytes: 1480 },
  { port: 11211, bytes: 1428 },
] as const

/** T1498.002: answers of many amplifiers to a question that the target never asked. */
const reflection: IncidentKind = {
  id: 'reflection',
  service: 'ddos',
  durationS: 25,
  plan(network, random, intensity): IncidentPlan {
    const site = publicSite(network, random)
    const dst = publicHost(site, random)
    const sources = crowd(200 + random.int(600), random)
    const amplifier = random.pick(AMPLIFIERS)
    return {
      site,
      src: listed(sources),
      srcCount: sources.length,
      dst: [v4Text(dst)],
      proto: UDP,
      flowsPerSecond: 100,
      flow: (nowMs) =>
        attackFlow({
          site,
          src: random.pick(sources),
          dst,
          srcPort: amplifier.port,
          dstPort: 1024 + random.int(64512),
          proto: UDP,
          packets: Math.max(1, Math.round(random.logNormal(700 * intensity, 0.4))),
          packetBytes: amplifier.bytes,
          durationMs: 500 + random.int(1500),
          nowMs,
        }),
    }
  },
}

/**
 * Any unicast address that is nobody's private one: what spoofing looks like. It says nothing about its
 * holder.
 */
function spoofed(random: Random): number {
  for (;;) {
    const address = ((1 + random.int(223)) << 24) >>> 0
    const first = address >>> 24
    if (![10, 100, 127, 169, 172, 192, 198, 203].includes(first)) return address + random.int(2 ** 24)
  }
}

/** T1499.001: a SYN from a new address each time, never an answer to the answer. */
const synFlood: IncidentKind = {
  id: 'syn_flood',
  service: 'ddos',
  durationS: 20,
  plan(network, random, intensity): IncidentPlan {
    const site = publicSite(network, random)
    const dst = publicHost(site, random)
    return {
      site,
      src: [],
      srcCount: Math.round(400 * intensity * 20),
      dst: [v4Text(dst)],
      dstPort: 443,
      proto: 6,
      flowsPerSecond: 400 * intensity,
      flow: (nowMs) =>
        attackFlow({
          site,
          src: spoofed(random),
          dst,
          srcPort: 1024 + random.int(64512),
          dstPort: 443,
          proto: 6,
          packets: random.chance(0.9) ? 1 : 2,
          packetBytes: 60,
          tcpFlags: TCP.syn,
          durationMs: 0,
          nowMs,
        }),
    }
  },
}

/** T1498.001 spread over a /24, so that no single address stands out. */
const carpetBombing: IncidentKind = {
  id: 'carpet_bombing',
  service: 'ddos',
  durationS: 30,
  plan(network, random, intensity): IncidentPlan {
    const site = watchedSite(network, random, (s) => s.publicV4?.length === 24)
    const prefix = site.publicV4!
    const sources = crowd(400, random)
    return {
      site,
      src: listed(sources),
      srcCount: sources.length,
      dst: [prefix4Text(prefix)],
      proto: UDP,
      flowsPerSecond: 300,
      flow: (nowMs) =>
        attackFlow({
          site,
          src: random.pick(sources),
          dst: prefix.base + random.int(256),
          srcPort: 1024 + random.int(64512),
          dstPort: 1 + random.int(65535),
          proto: UDP,
          packets: Math.max(1, Math.round(random.logNormal(1200 * intensity, 0.3))),
          packetBytes: 1000 + random.int(400),
          durationMs: 500 + random.int(1500),
          nowMs,
        }),
    }
  },
}

/** A host of ours that floods somebody else. */
const outboundFlood: IncidentKind = {
  id: 'outbound_flood',
  service: 'ddos',
  durationS: 25,
  plan(network, random, intensity): IncidentPlan {
    const site = watchedSite(
      network,
      random,
      (s) => s.links[0]!.burstBps >= 4 * MIN_OUTBOUND_BPS && s.kind !== 'data_centre',
    )
    const src = site.v4.base + clientNumber(site, random)
    const dst = internetUser(random)
    return {
      site,
      src: [v4Text(src)],
      srcCount: 1,
      dst: [v4Text(dst)],
      proto: UDP,
      flowsPerSecond: 50,
      flow: (nowMs) =>
        attackFlow({
          site,
          src,
          dst,
          srcPort: 1024 + random.int(64512),
          dstPort: 1 + random.int(65535),
          proto: UDP,
          packets: Math.max(1, Math.round(random.logNormal(900 * intensity, 0.3))),
          packetBytes: 1000,
          durationMs: 500 + random.int(1000),
          nowMs,
        }),
    }
  },
}

export const DDOS_KINDS: readonly IncidentKind[] = [
  udpFlood,
  reflection,
  synFlood,
  carpetBombing,
  outboundFlood,
]
