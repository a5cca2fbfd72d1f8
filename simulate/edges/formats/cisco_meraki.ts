import { bytesOf, type EdgeFormat, type Measured, measuredIn } from '../format.js'
import { noise } from '../noise.js'
import { type Change, type Edge, type EdgeLink, type EdgeWorld, round } from '../world.js'

const MODEL = 'meraki'
const PROBE = '8.8.8.8'
/** Now and then a bucket holds null. */
const NULLS = 0.02

const uplink = (link: EdgeLink): string => (link.index < 2 ? `wan${link.index + 1}` : 'cellular')
const networkId = (edge: Edge): string => `N_${edge.site.index + 1}`

/** Loss and latency to a probe target: no figure of a tunnel. */
function lossRow(measured: readonly Measured[]): object {
  const { edge, link } = measured[0]!
  return {
    networkId: networkId(edge),
    serial: edge.serial,
    uplink: uplink(link),
    ip: PROBE,
    timeSeries: measured.map(({ reading, ms, tick }) => {
      const empty = reading.state === 'down' || noise(edge.index, link.index, tick, 99) < NULLS
      return {
        ts: new Date(ms).toISOString(),
        lossPercent: empty ? null : round(reading.lossRatio * 100, 1),
        latencyMs: empty ? null : round(reading.latencyMs, 1),
      }
    }),
  }
}

/** Statistics of Auto VPN over a span: one list a metric, to be joined on the two uplinks; the usage in kilobytes. */
function vpnRow(measured: readonly Measured[]): object {
  const { edge } = measured[0]!
  const alive = measured.filter(({ reading }) => reading.tunnel !== 'down')
  const summary = (name: string, of: (reading: Measured['reading']) => number): object[] =>
    edge.links.flatMap((link) => {
      const values = alive.filter((m) => m.link.index === link.index).map(({ reading }) => of(reading))
      if (values.length === 0) return []
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      return [{ senderUplink: uplink(link), receiverUplink: 'wan1', [name]: round(mean, 2) }]
    })
  const kilobytes = (of: (reading: Measured['reading']) => number): number =>
    Math.round(alive.reduce((sum, { reading, intervalS }) => sum + bytesOf(of(reading), intervalS), 0) / 1000)
  return {
    networkId: networkId(edge),
    networkName: edge.site.name,
    merakiVpnPeers: [
      {
        networkId: 'N_0',
        networkName: edge.hub.name,
        usageSummary: {
          sentInKilobytes: kilobytes(({ txBps }) => txBps),
          receivedInKilobytes: kilobytes(({ rxBps }) => rxBps),
        },
        latencySummaries: summary('avgLatencyMs', ({ latencyMs }) => latencyMs),
        lossPercentageSummaries: summary('avgLossPercentage', ({ lossRatio }) => lossRatio * 100),
        jitterSummaries: summary('avgJitter', ({ jitterMs }) => jitterMs),
      },
    ],
  }
}

const STATUS = { up: 'active', degraded: 'active', down: 'failed' } as const

function statusRow(measured: readonly Measured[]): object {
  const { edge, ms } = measured[0]!
  return {
    networkId: networkId(edge),
    serial: edge.serial,
    model: 'MX75',
    lastReportedAt: new Date(ms).toISOString(),
    uplinks: measured.map(({ link, reading }) => ({
      interface: uplink(link),
      status: link.index > 0 && reading.state === 'up' ? 'ready' : STATUS[reading.state],
      provider: link.carrier,
    })),
  }
}

/** The webhook of a failover: uplink "0" is wan1. */
function failover({ edge, link, trouble, ms, begins }: Change): readonly string[] {
  if (trouble.kind !== 'link_down' || !begins || link.index !== 0 || edge.links.length < 2) return []
  const body = {
    version: '0.1',
    sharedSecret: 'simulated',
    sentAt: new Date(ms + 3000).toISOString(),
    organizationId: '1',
    networkId: networkId(edge),
    deviceSerial: edge.serial,
    deviceName: edge.name,
    alertId: String(trouble.number),
    alertType: 'Uplink status changed',
    alertTypeId: 'failover_event',
    alertLevel: 'informational',
    occurredAt: new Date(ms + edge.skewMs).toISOString(),
    alertData: { uplink: '1' },
  }
  return [JSON.stringify(body)]
}

/** By edge, or by edge and link, in the order of their first measurement. */
function grouped(measured: readonly Measured[], keyOf: (m: Measured) => string): Measured[][] {
  const groups = new Map<string, Measured[]>()
  for (const one of measured) {
    const group = groups.get(keyOf(one))
    if (group === undefined) groups.set(keyOf(one), [one])
    else group.push(one)
  }
  return [...groups.values()]
}

function rows(report: string, world: EdgeWorld, fromMs: number, toMs: number): readonly object[] {
  const measured = measuredIn(world, MODEL, fromMs, toMs)
  if (report === 'uplinks') return measured.map(statusRow)
  if (report === 'vpn') return grouped(measured.flat(), ({ edge }) => `${edge.index}`).map(vpnRow)
  if (report !== 'loss') return []
  return grouped(measured.flat(), ({ edge, link }) => `${edge.index} ${link.index}`).map(lossRow)
}

export const ciscoMerakiFormat: EdgeFormat = {
  vendor: 'cisco-meraki',
  model: MODEL,
  way: 'poll',
  identities: (edge) => [edge.serial, networkId(edge)],
  linkName: (_edge, link) => uplink(link),
  change: failover,
  rows,
}
