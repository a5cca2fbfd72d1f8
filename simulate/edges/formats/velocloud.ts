import { bytesOf, type EdgeFormat, type Measured, measuredIn } from '../format.js'
import { type Change, type Edge, type EdgeLink, type EdgeWorld, round } from '../world.js'

const MODEL = 'velocloud'
const STATES = { up: 'STABLE', degraded: 'UNSTABLE', down: 'DISCONNECTED' } as const

const internalId = (edge: Edge, link: EdgeLink): string =>
  `00000001-${String(edge.site.index).padStart(4, '0')}-4000-8000-0000000000${String(link.index).padStart(2, '0')}`

/** Aggregates over an interval, which the rows do not say: best path, one way, each direction. */
function linkRow(measured: readonly Measured[]): object {
  const { edge, link } = measured[0]!
  const mean = (of: (m: Measured) => number): number =>
    round(measured.reduce((sum, m) => sum + of(m), 0) / measured.length, 4)
  const total = (of: (m: Measured) => number): number => measured.reduce((sum, m) => sum + of(m), 0)
  const { reading } = measured.at(-1)!
  const up = ({ reading: { state } }: Measured): number => (state === 'down' ? 0 : 1)
  const latency = mean((m) => m.reading.latencyMs / 2)
  return {
    linkId: 1000 + edge.site.index * 4 + link.index,
    name: link.carrier,
    bytesTx: total((m) => up(m) * bytesOf(m.reading.txBps, m.intervalS)),
    bytesRx: total((m) => up(m) * bytesOf(m.reading.rxBps, m.intervalS)),
    bpsOfBestPathTx: reading.txCapacityBps,
    bpsOfBestPathRx: reading.rxCapacityBps,
    ...(reading.state !== 'down' && {
      bestLatencyMsTx: latency,
      bestLatencyMsRx: latency,
      bestJitterMsTx: mean((m) => m.reading.jitterMs),
      bestJitterMsRx: mean((m) => m.reading.jitterMs),
      bestLossPctTx: mean((m) => m.reading.lossRatio * 100),
      bestLossPctRx: mean((m) => m.reading.lossRatio * 100),
    }),
    scoreTx: reading.state === 'up' ? 4.400000095367432 : 3.2,
    scoreRx: reading.state === 'up' ? 4.400000095367432 : 3.2,
    // The old number, no longer to be read; the link's word is.
    state: 0,
    link: {
      edgeName: edge.name,
      edgeId: edge.site.index,
      edgeSerialNumber: edge.serial,
      id: 2000 + edge.site.index * 4 + link.index,
      internalId: internalId(edge, link),
      interface: link.port,
      displayName: link.carrier,
      isp: link.carrier,
      linkState: STATES[reading.state],
      // A Date of another matter.
      linkLastActive: new Date(measured.at(-1)!.ms - 7000).toISOString(),
    },
  }
}

/** An event; its detail is JSON in a text. */
const eventRow = ({ edge, link, trouble, ms, begins }: Change): object => ({
  id: trouble.number * 2 + (begins ? 0 : 1),
  eventTime: new Date(ms + edge.skewMs).toISOString(),
  event: begins ? 'LINK_DEAD' : 'LINK_ALIVE',
  category: 'NETWORK',
  severity: begins ? 'WARNING' : 'INFO',
  message: begins ? `Link ${link.port} is now DEAD` : `Link ${link.port} is no longer DEAD`,
  detail: JSON.stringify({ internalId: internalId(edge, link), edgeSerialNumber: edge.serial }),
  edgeName: edge.name,
})

function rows(report: string, world: EdgeWorld, fromMs: number, toMs: number): readonly object[] {
  if (report === 'events')
    return world
      .changes(fromMs, toMs)
      .filter(({ edge, trouble }) => edge.model === MODEL && trouble.kind === 'link_down')
      .map(eventRow)
  if (report !== 'links') return []
  const byLink = new Map<string, Measured[]>()
  for (const one of measuredIn(world, MODEL, fromMs, toMs).flat()) {
    const key = `${one.edge.index} ${one.link.index}`
    byLink.set(key, [...(byLink.get(key) ?? []), one])
  }
  return [...byLink.values()].map(linkRow)
}

export const velocloudFormat: EdgeFormat = {
  vendor: 'velocloud',
  model: MODEL,
  way: 'poll',
  identities: (edge) => [edge.serial],
  linkName: internalId,
  rows,
}
