import { v4 } from '../address.js'
import { clientNumber, internetUser } from '../endpoints.js'
import { TCP } from '../flow.js'
import type { Random } from '../random.js'
import { attackFlow, type IncidentKind, type IncidentPlan, peopledSite, v4Text } from './incident.js'

const UDP = 17
const CLOSED = TCP.syn | TCP.ack | TCP.psh | TCP.fin
const highPort = (random: Random): number => 1024 + random.int(64512)

/** T1071.004: a name for each piece of what is carried out, and its answer. */
const dnsTunnel: IncidentKind = {
  id: 'dns_tunnel',
  service: 'dnstunnel',
  durationS: 300,
  plan(network, random, intensity): IncidentPlan {
    const site = peopledSite(network, random)
    const src = site.v4.base + clientNumber(site, random)
    const dst = internetUser(random)
    return {
      site,
      src: [v4Text(src)],
      srcCount: 1,
      dst: [v4Text(dst)],
      dstPort: 53,
      proto: UDP,
      flowsPerSecond: 10 * intensity,
      flow: (nowMs) =>
        attackFlow({
          site,
          src,
          dst,
          srcPort: highPort(random),
          dstPort: 53,
          proto: UDP,
          packets: 1,
          packetBytes: 150 + random.int(90),
          back: { packets: 1, packetBytes: 130 + random.int(120), tcpFlags: 0 },
          durationMs: 20 + random.int(60),
          nowMs,
        }),
    }
  },
}

/** T1090.003: a bot that asks peers all over the Internet, of which half are gone. */
const p2pBotnet: IncidentKind = {
  id: 'p2p_botnet',
  service: 'p2p',
  durationS: 600,
  plan(network, random, intensity): IncidentPlan {
    const site = peopledSite(network, random)
    const src = site.v4.base + clientNumber(site, random)
    const srcPort = 20_000 + random.int(30_000)
    // Neighbours known by their addresses, of which the same ones are asked again and again.
    const peers = Array.from({ length: Math.max(8, Math.round(400 * intensity)) }, () => ({
      address: v4(1 + random.int(8), random.int(256), random.int(256), 1 + random.int(254)),
      port: 10_000 + random.int(22_000),
      alive: random.chance(0.45),
    }))
    return {
      site,
      src: [v4Text(src)],
      srcCount: 1,
      dst: [],
      proto: UDP,
      flowsPerSecond: 2 * intensity,
      flow: (nowMs) => {
        const peer = random.pick(peers)
        return attackFlow({
          site,
          src,
          dst: peer.address,
          srcPort,
          dstPort: peer.port,
          proto: UDP,
          packets: 1 + random.int(2),
          packetBytes: 90 + random.int(200),
          ...(peer.alive && { back: { packets: 1, packetBytes: 120 + random.int(300), tcpFlags: 0 } }),
          durationMs: 50 + random.int(300),
          nowMs,
        })
      },
    }
  },
}

/** One connection that stays, exported every minute. */
function session(id: string, ports: readonly number[], packets: number, packetBytes: number): IncidentKind {
  return {
    id,
    service: 'p2p',
    durationS: 2400,
    plan(network, random, intensity): IncidentPlan {
      const site = peopledSite(network, random)
      const src = site.v4.base + clientNumber(site, random)
      const dst = internetUser(random)
      const dstPort = random.pick(ports)
      const srcPort = highPort(random)
      let first = true
      return {
        site,
        src: [v4Text(src)],
        srcCount: 1,
        dst: [v4Text(dst)],
        dstPort,
        proto: 6,
        flowsPerSecond: 1 / 60,
        flow: (nowMs) => {
          const tcpFlags = TCP.ack | TCP.psh | (first ? TCP.syn : 0)
          first = false
          const sent = Math.max(2, Math.round(packets * intensity))
          return attackFlow({
            site,
            src,
            dst,
            srcPort,
            dstPort,
            proto: 6,
            packets: sent,
            packetBytes,
            tcpFlags,
            back: { packets: sent, packetBytes: packetBytes + 60, tcpFlags },
            durationMs: 58_000 + random.int(2000),
            nowMs,
          })
        },
      }
    },
  }
}

/** What the simulated threat feed names: relays of 6to4, which are no more (RFC 7526), so that nobody is meant. */
export const THREAT_PREFIX = '192.88.99.0/24'
const THREAT_BASE = v4(192, 88, 99, 0)

/** T1071: a host calls an address that a feed names. */
const threatContact: IncidentKind = {
  id: 'threat_contact',
  service: 'intel',
  durationS: 60,
  plan(network, random, intensity): IncidentPlan {
    const site = peopledSite(network, random)
    const src = site.v4.base + clientNumber(site, random)
    const dst = THREAT_BASE + 1 + random.int(254)
    return {
      site,
      src: [v4Text(src)],
      srcCount: 1,
      dst: [v4Text(dst)],
      dstPort: 443,
      proto: 6,
      flowsPerSecond: 0.5 * intensity,
      flow: (nowMs) =>
        attackFlow({
          site,
          src,
          dst,
          srcPort: highPort(random),
          dstPort: 443,
          proto: 6,
          packets: 8 + random.int(20),
          packetBytes: 120 + random.int(400),
          tcpFlags: CLOSED,
          back: { packets: 8 + random.int(20), packetBytes: 200 + random.int(600), tcpFlags: CLOSED },
          durationMs: 200 + random.int(2000),
          nowMs,
        }),
    }
  },
}

export const COVERT_KINDS: readonly IncidentKind[] = [
  dnsTunnel,
  p2pBotnet,
  session('mining', [3333, 4444, 14_444], 24, 160),
  session('irc', [6667, 6697], 12, 110),
  threatContact,
]
