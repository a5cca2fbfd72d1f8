import { type EdgeFormat, type Measured, measuredIn } from '../format.js'
import type { EdgeLink, EdgeWorld } from '../world.js'

const MODEL = 'nokia'
const port = (link: EdgeLink): string => `port${link.index + 1}`

/** A document of probe statistics. A tunnel without answers has the word Null for its figures. */
function probe({ edge, link, reading, ms }: Measured): object {
  const dead = reading.tunnel === 'down'
  const figure = (value: number): number | string => (dead ? 'Null' : value)
  return {
    timestamp: ms,
    SrcNSG: edge.systemIp,
    DstNSG: edge.hub.systemIp,
    SourceNSG: edge.site.id,
    DestinationNSG: edge.hub.siteId,
    SrcUplink: port(link),
    DstUplink: 'port1',
    SrcUplinkRole: link.index === 0 ? 'primary' : 'secondary',
    UnderlayName: link.carrier,
    APMGroup: 'Gold',
    MonitorProbeInterval: 10,
    AvgDelay: figure(reading.latencyMs),
    AvgJitter: figure(reading.jitterMs),
    AvgPktLoss: dead ? 100 : reading.lossRatio * 100,
    DUCGroupID: 'Null',
    NPMGroupID: 'Null',
  }
}

function rows(report: string, world: EdgeWorld, fromMs: number, toMs: number): readonly object[] {
  if (report === 'nuage_dpi_probestats') return measuredIn(world, MODEL, fromMs, toMs).flat().map(probe)
  if (report !== 'nuage_dpi_slastats') return []
  return world
    .changes(fromMs, toMs)
    .filter(({ edge, trouble, begins }) => edge.model === MODEL && trouble.kind === 'brownout' && begins)
    .map(({ edge, link, ms }) => ({
      timestamp: ms + edge.skewMs,
      SrcNSG: edge.systemIp,
      SourceNSG: edge.site.id,
      DestinationNSG: edge.hub.siteId,
      SrcUplink: port(link),
      APMGroup: 'Gold',
      ViolationType: 'Latency',
      Application: 'VoIP',
    }))
}

export const nokiaNuageFormat: EdgeFormat = {
  vendor: 'nokia-nuage',
  model: MODEL,
  way: 'poll',
  identities: (edge) => [edge.systemIp],
  linkName: (_edge, link) => port(link),
  rows,
}
