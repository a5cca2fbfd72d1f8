import { bytesOf, type EdgeFormat, type Measured } from '../format.js'
import type { Edge } from '../world.js'

const source = (edge: Edge): string => edge.systemIp
/** Nanoseconds: beyond what a number keeps. */
const nanoseconds = (ms: number): string => `${ms}000000`
/** When the counters began. */
const EPOCH_MS = Date.UTC(2026, 0, 1)

/** Events of a gNMI collector: interface counters as texts, and OpenConfig probes in microseconds. */
function events({ edge, link, reading, ms }: Measured): string[] {
  const tags = { source: `${source(edge)}:57400`, 'subscription-name': 'edges' }
  // Counters go on: what a constant load would have carried since they began.
  const total = (bps: number): string => String(bytesOf(bps, (ms - EPOCH_MS) / 1000))
  const down = reading.state === 'down'
  const port = `{"name":"edges","timestamp":${nanoseconds(ms)},"tags":${JSON.stringify({ ...tags, interface_name: link.port })},"values":${JSON.stringify(
    {
      '/interfaces/interface/state/counters/in-octets': total(link.link.committedBps * 0.2),
      '/interfaces/interface/state/counters/out-octets': total(link.link.committedBps * 0.1),
      '/interfaces/interface/state/oper-status': down ? 'DOWN' : 'UP',
    },
  )}}`
  const state = '/probes/probe/tests/test/results/state'
  const lost = down || reading.tunnel === 'down'
  const probe = `{"name":"edges","timestamp":${nanoseconds(ms)},"tags":${JSON.stringify({ ...tags, probe_name: edge.hub.siteId, test_name: link.port })},"values":${JSON.stringify(
    {
      [`${state}/avg-delay`]: String(lost ? 0 : Math.round(reading.latencyMs * 1000)),
      [`${state}/avg-jitter`]: String(lost ? 0 : Math.round(reading.jitterMs * 1000)),
      [`${state}/loss-percentage`]: lost ? 100 : Math.round(reading.lossRatio * 100),
    },
  )}}`
  return [port, probe]
}

export const gnmiFormat: EdgeFormat = {
  vendor: 'gnmi',
  model: 'cisco_iosxe',
  way: 'http',
  identities: (edge) => [source(edge)],
  linkName: (_edge, link) => link.port,
  otherLinkName: (edge, link) => `${edge.hub.siteId}/${link.port}`,
  payloads: (links) => [`[${links.flatMap(events).join(',')}]`],
}
