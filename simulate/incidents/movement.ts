import { clientNumber } from '../endpoints.js'
import { TCP } from '../flow.js'
import { attackFlow, type IncidentKind, type IncidentPlan, peopledSite, v4Text } from './incident.js'

const CLOSED = TCP.syn | TCP.ack | TCP.psh | TCP.fin

interface Way {
  readonly id: string
  readonly service: IncidentKind['service']
  readonly durationS: number
  readonly ports: readonly number[]
  readonly perSecond: number
}

/** Sessions from a workstation with hosts of another site, one after the other, at a port that answers. */
function movement({ id, service, durationS, ports, perSecond }: Way): IncidentKind {
  return {
    id,
    service,
    durationS,
    plan(network, random, intensity): IncidentPlan {
      const site = peopledSite(network, random)
      const src = site.v4.base + clientNumber(site, random)
      let other = peopledSite(network, random)
      for (let tries = 0; other === site && tries < 8; tries++) other = peopledSite(network, random)
      const dstPort = random.pick(ports)
      let next = clientNumber(other, random)
      return {
        site,
        src: [v4Text(src)],
        srcCount: 1,
        dst: [],
        dstPort,
        proto: 6,
        flowsPerSecond: perSecond * intensity,
        flow: (nowMs) => {
          next = 32 + ((next + 1 + random.int(3)) % Math.max(8, other.workstations - 8))
          const packets = 20 + random.int(60)
          return attackFlow({
            site,
            src,
            dst: other.v4.base + next,
            srcPort: 49_152 + random.int(16_000),
            dstPort,
            proto: 6,
            packets,
            packetBytes: 140 + random.int(200),
            tcpFlags: CLOSED,
            back: { packets, packetBytes: 200 + random.int(400), tcpFlags: CLOSED },
            durationMs: 1500 + random.int(6000),
            nowMs,
          })
        },
      }
    },
  }
}

export const MOVEMENT_KINDS: readonly IncidentKind[] = [
  /** T1021: log-ins on one host after the other, with what was stolen on the first one. */
  movement({
    id: 'lateral_movement',
    service: 'lateral',
    durationS: 600,
    ports: [445, 3389, 5985],
    perSecond: 0.1,
  }),
  /** T1599: a database asked where only data centres may have any. */
  movement({
    id: 'segmentation_breach',
    service: 'segmentation',
    durationS: 60,
    ports: [1433, 5432],
    perSecond: 0.5,
  }),
]
