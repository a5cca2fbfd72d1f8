import type { EdgeFormat, Measured } from '../format.js'

const nanoseconds = (ms: number): string => `${ms}000000`
const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } })

/** OTLP/JSON of a probe: gauges in seconds and shares, times as texts of nanoseconds. */
function body(links: readonly Measured[]): string {
  const { edge } = links[0]!
  const alive = links.filter(({ reading }) => reading.tunnel !== 'down')
  const gauge = (name: string, unit: string, of: (m: Measured) => number) => ({
    name,
    unit,
    gauge: {
      dataPoints: alive.map((m) => ({
        asDouble: of(m),
        timeUnixNano: nanoseconds(m.ms),
        attributes: [attribute('link', m.link.port), attribute('peer', edge.hub.siteId)],
      })),
    },
  })
  const metrics = [
    gauge('network.path.rtt', 's', ({ reading }) => reading.latencyMs / 1000),
    gauge('network.path.jitter', 's', ({ reading }) => reading.jitterMs / 1000),
    gauge('network.path.loss', '1', ({ reading }) => reading.lossRatio),
  ]
  const resource = { attributes: [attribute('device.id', edge.serial), attribute('host.name', edge.name)] }
  return JSON.stringify({
    resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'probe' }, metrics }] }],
  })
}

export const otlpFormat: EdgeFormat = {
  vendor: 'otlp',
  model: 'probe',
  way: 'http',
  identities: (edge) => [edge.serial],
  linkName: (_edge, link) => link.port,
  payloads: (links) => (links.some(({ reading }) => reading.tunnel !== 'down') ? [body(links)] : []),
}
