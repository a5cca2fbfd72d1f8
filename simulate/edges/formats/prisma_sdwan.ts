import { type EdgeFormat, type Measured, measuredAt } from '../format.js'
import { type Edge, type EdgeLink, type EdgeWorld, round } from '../world.js'

const MODEL = 'paloalto'
const siteId = (edge: Edge): string => `1600000000000${String(edge.site.index).padStart(4, '0')}`
/** Ids have more digits than a number keeps. */
const pathId = (edge: Edge, link: EdgeLink): string =>
  `1610000000000${String(edge.site.index).padStart(4, '0')}${link.index}`

type Figures = (reading: Measured['reading']) => object

/** One array a metric; what belongs together is told by site, path and time. */
const METRICS: Readonly<Record<string, Figures>> = {
  LqmLatencyPointMetric: (r) => ({ rtt_latency: round(r.latencyMs, 2) }),
  LqmJitterPointMetric: (r) => ({
    uplink_jitter_avg: round(r.jitterMs, 2),
    downlink_jitter_avg: round(r.jitterMs, 2),
  }),
  LqmPktLossPointMetric: (r) => ({
    uplink_pkt_loss_avg: round(r.lossRatio * 100, 3),
    downlink_pkt_loss_avg: round(r.lossRatio * 100, 3),
  }),
}

/** The answer's `metrics` for one site: `report` names it, by its id. */
function rows(report: string, world: EdgeWorld, fromMs: number, toMs: number): readonly object[] {
  if (report === 'sites') return world.of(MODEL).map((edge) => ({ id: siteId(edge), name: edge.site.name }))
  const edge = world.of(MODEL).find((one) => siteId(one) === report)
  const measured = world
    .ticks(fromMs, toMs)
    .flatMap((ms) => (edge === undefined ? [] : measuredAt(world, edge, ms)))
    .filter(({ reading }) => reading.tunnel !== 'down')
  return Object.entries(METRICS).map(([name, figures]) => ({
    name,
    sites: [
      {
        site_id: report,
        paths: measured.map(({ edge, link, reading, ms }) => ({
          path_id: pathId(edge, link),
          data: { time: new Date(ms).toISOString(), ...figures(reading), sample_completeness: 1 },
        })),
      },
    ],
  }))
}

export const prismaSdwanFormat: EdgeFormat = {
  vendor: 'prisma-sdwan',
  model: MODEL,
  way: 'poll',
  identities: (edge) => [siteId(edge)],
  linkName: pathId,
  rows,
}
