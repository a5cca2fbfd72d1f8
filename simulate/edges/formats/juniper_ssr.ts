import { bytesOf, type EdgeFormat, type Measured } from '../format.js'
import type { Edge } from '../world.js'

const node = (edge: Edge): string => `node0-${edge.site.id}`

/** Simplified E-model, in hundredths, as the agent tells it. */
function mosHundredths({ reading }: Measured): number {
  const e = reading.latencyMs + 2 * reading.jitterMs + 10
  const r = Math.max(
    0,
    Math.min(100, (e < 160 ? 93.2 - e / 40 : 93.2 - (e - 120) / 10) - 250 * reading.lossRatio),
  )
  return Math.round(100 * (1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r)))
}

/** Lines of the monitoring agent: one metric each, seconds. A peer has a path for each of its addresses. */
function lines(measured: Measured): string[] {
  const { edge, link, reading, ms, intervalS } = measured
  const timestamp = Math.floor(ms / 1000)
  const tags = {
    host: node(edge),
    node: node(edge),
    router: edge.site.id,
    'device-name': link.port,
    'peer-name': edge.hub.siteId,
    'peer-host': edge.hub.systemIp,
    vlan: '0',
  }
  const figures: readonly (readonly [string, number])[] =
    reading.tunnel === 'down'
      ? []
      : [
          ['latency', Math.round(reading.latencyMs)],
          ['jitter', Math.round(reading.jitterMs)],
          ['loss', Math.round(reading.lossRatio * 100)],
          ['mos', mosHundredths(measured)],
        ]
  const sent = JSON.stringify({
    fields: { 'bandwidth-transmitted': bytesOf(reading.txBps, intervalS) },
    name: 'device-interface',
    tags: { 'device-interface': `node0.${link.port}`, host: node(edge), router: edge.site.id },
    timestamp,
  })
  return [
    ...figures.map(([name, value]) =>
      JSON.stringify({ fields: { [name]: value }, name: 'peer-path', tags, timestamp }),
    ),
    sent,
  ]
}

export const juniperSsrFormat: EdgeFormat = {
  vendor: 'juniper-ssr',
  model: 'juniper',
  way: 'http',
  identities: (edge) => [`${node(edge)}.${edge.site.id}`],
  linkName: (_edge, link) => link.port,
  payloads: (links) => [`${links.flatMap(lines).join('\n')}\n`],
}
