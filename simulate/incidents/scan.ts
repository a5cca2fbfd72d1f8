import { sizeOf4 } from '../address.js'
import { clientNumber, internetUser } from '../endpoints.js'
import { TCP } from '../flow.js'
import type { Network, Site } from '../network.js'
import type { Random } from '../random.js'
import {
  attackFlow,
  type IncidentKind,
  type IncidentPlan,
  peopledSite,
  prefix4Text,
  publicHost,
  publicSite,
  v4Text,
} from './incident.js'

const ICMP = 1
const ECHO_REQUEST = 8 * 256
const TARGET_PORTS = [22, 23, 445, 3389, 5900] as const

/** How a probed port answers: silence mostly, a refusal, seldom an open port. */
function probe(
  site: Site,
  ends: { src: number; dst: number; dstPort: number },
  nowMs: number,
  random: Random,
) {
  const fate = random.float()
  const open = fate < 0.03
  const refused = !open && fate < 0.15
  const back = open
    ? { packets: 2, packetBytes: 52, tcpFlags: TCP.syn | TCP.ack }
    : refused
      ? { packets: 1, packetBytes: 40, tcpFlags: TCP.rst | TCP.ack }
      : undefined
  return attackFlow({
    site,
    ...ends,
    srcPort: 1024 + random.int(64512),
    proto: 6,
    packets: open ? 3 : 1,
    packetBytes: open ? 48 : 44,
    tcpFlags: open ? TCP.syn | TCP.ack | TCP.rst : TCP.syn,
    ...(back && { back }),
    durationMs: open || refused ? 1 + random.int(60) : 0,
    nowMs,
  })
}

/** From a workstation of ours into another site's block, or from the Internet into a public prefix. */
function horizontalEnds(
  network: Network,
  random: Random,
): { site: Site; src: number; base: number; size: number } {
  if (random.chance(0.6)) {
    const site = peopledSite(network, random)
    const other = peopledSite(network, random)
    return { site, src: site.v4.base + clientNumber(site, random), base: other.v4.base & ~0xfff, size: 4096 }
  }
  const site = publicSite(network, random)
  const whole = site.publicV4!.length <= 24 ? site.publicV4! : site.v4
  return { site, src: internetUser(random), base: whole.base, size: Math.min(4096, sizeOf4(whole)) }
}

const prefixText = (base: number, size: number): string => prefix4Text({ base, length: 32 - Math.log2(size) })

function horizontal(id: string, durationS: number, perSecond: number): IncidentKind {
  return {
    id,
    service: 'scan',
    durationS,
    plan(network, random, intensity): IncidentPlan {
      const { site, src, base, size } = horizontalEnds(network, random)
      const dstPort = random.pick(TARGET_PORTS)
      // An odd step visits every address of a power of two once.
      const step = 1 + 2 * random.int(size / 2)
      let next = random.int(size)
      return {
        site,
        src: [v4Text(src)],
        srcCount: 1,
        dst: [prefixText(base >>> 0, size)],
        dstPort,
        proto: 6,
        flowsPerSecond: perSecond * intensity,
        flow: (nowMs) => {
          next = (next + step) % size
          return probe(site, { src, dst: (base >>> 0) + next, dstPort }, nowMs, random)
        },
      }
    },
  }
}

/** T1046 from inside, T1595.001 from outside: one target, port after port. */
const vertical: IncidentKind = {
  id: 'vertical_scan',
  service: 'scan',
  durationS: 15,
  plan(network, random, intensity): IncidentPlan {
    const fromOutside = random.chance(0.5)
    const site = fromOutside ? publicSite(network, random) : peopledSite(network, random)
    const src = fromOutside ? internetUser(random) : site.v4.base + clientNumber(site, random)
    const other = peopledSite(network, random)
    const dst = fromOutside ? publicHost(site, random) : other.v4.base + 10 + random.int(8)
    let port = random.int(1000)
    return {
      site,
      src: [v4Text(src)],
      srcCount: 1,
      dst: [v4Text(dst)],
      proto: 6,
      flowsPerSecond: 60 * intensity,
      flow: (nowMs) => {
        port = (port % 65535) + 1
        return probe(site, { src, dst, dstPort: port }, nowMs, random)
      },
    }
  },
}

/** T1018: who answers an echo. */
const icmpSweep: IncidentKind = {
  id: 'icmp_sweep',
  service: 'scan',
  durationS: 15,
  plan(network, random, intensity): IncidentPlan {
    const site = peopledSite(network, random)
    const src = site.v4.base + clientNumber(site, random)
    const target = peopledSite(network, random)
    const size = 2048
    const base = (target.v4.base & ~(size - 1)) >>> 0
    let next = 0
    return {
      site,
      src: [v4Text(src)],
      srcCount: 1,
      dst: [prefixText(base, size)],
      proto: ICMP,
      flowsPerSecond: 50 * intensity,
      flow: (nowMs) => {
        next = (next + 1) % size
        const answered = random.chance(0.15)
        return attackFlow({
          site,
          src,
          dst: base + next,
          srcPort: 0,
          dstPort: ECHO_REQUEST,
          proto: ICMP,
          packets: 1,
          packetBytes: 60,
          ...(answered && { back: { packets: 1, packetBytes: 60, tcpFlags: 0 } }),
          durationMs: answered ? 2 + random.int(30) : 0,
          nowMs,
        })
      },
    }
  },
}

export const SCAN_KINDS: readonly IncidentKind[] = [
  horizontal('horizontal_scan', 15, 40),
  vertical,
  icmpSweep,
  horizontal('slow_scan', 900, 0.25),
]
