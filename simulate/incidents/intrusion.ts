import { clientNumber, internetUser } from '../endpoints.js'
import { TCP } from '../flow.js'
import {
  attackFlow,
  type IncidentKind,
  type IncidentPlan,
  peopledSite,
  publicHost,
  publicSite,
  v4Text,
} from './incident.js'

const CLOSED = TCP.syn | TCP.ack | TCP.psh | TCP.fin

/** T1110: one failed log-in after another, all of one size. */
const bruteForce: IncidentKind = {
  id: 'ssh_bruteforce',
  service: 'bruteforce',
  durationS: 120,
  plan(network, random, intensity): IncidentPlan {
    const site = publicSite(network, random)
    const src = internetUser(random)
    const dst = publicHost(site, random)
    return {
      site,
      src: [v4Text(src)],
      srcCount: 1,
      dst: [v4Text(dst)],
      dstPort: 22,
      proto: 6,
      flowsPerSecond: 2 * intensity,
      flow: (nowMs) =>
        attackFlow({
          site,
          src,
          dst,
          srcPort: 1024 + random.int(64512),
          dstPort: 22,
          proto: 6,
          packets: 14 + random.int(2),
          packetBytes: 148,
          tcpFlags: CLOSED,
          back: { packets: 12, packetBytes: 190, tcpFlags: CLOSED },
          durationMs: 1800 + random.int(500),
          nowMs,
        }),
    }
  },
}

/** T1071.001: a call home every half minute, a little off the beat. */
const beacon: IncidentKind = {
  id: 'beacon',
  service: 'beacon',
  durationS: 3600,
  plan(network, random, intensity): IncidentPlan {
    const site = peopledSite(network, random)
    const src = site.v4.base + clientNumber(site, random)
    const dst = internetUser(random)
    return {
      site,
      src: [v4Text(src)],
      srcCount: 1,
      dst: [v4Text(dst)],
      dstPort: 443,
      proto: 6,
      flowsPerSecond: intensity / 30,
      flow: (nowMs) =>
        attackFlow({
          site,
          src,
          dst,
          srcPort: 1024 + random.int(64512),
          dstPort: 443,
          proto: 6,
          packets: 9,
          packetBytes: 134,
          tcpFlags: CLOSED,
          back: { packets: 8, packetBytes: 96, tcpFlags: CLOSED },
          // The beat comes from the rate; the jitter from how long a call takes.
          durationMs: 200 + random.int(1500),
          nowMs,
        }),
    }
  },
}

/** T1048: a workstation that sends out gigabytes. */
const exfiltration: IncidentKind = {
  id: 'exfiltration',
  service: 'exfil',
  durationS: 180,
  plan(network, random, intensity): IncidentPlan {
    const site = peopledSite(network, random)
    const src = site.v4.base + clientNumber(site, random)
    const dst = internetUser(random)
    return {
      site,
      src: [v4Text(src)],
      srcCount: 1,
      dst: [v4Text(dst)],
      dstPort: 443,
      proto: 6,
      flowsPerSecond: 0.2,
      flow: (nowMs) =>
        attackFlow({
          site,
          src,
          dst,
          srcPort: 1024 + random.int(64512),
          dstPort: 443,
          proto: 6,
          packets: Math.round(30000 * intensity),
          packetBytes: 1380,
          tcpFlags: CLOSED,
          back: { packets: Math.round(9000 * intensity), packetBytes: 52, tcpFlags: CLOSED },
          durationMs: 9000,
          nowMs,
        }),
    }
  },
}

export const INTRUSION_KINDS: readonly IncidentKind[] = [bruteForce, beacon, exfiltration]
