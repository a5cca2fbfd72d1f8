import type { EdgeFormat, Measured } from '../format.js'
import type { Change, Edge } from '../world.js'

/** Rates change their unit from line to line. */
function rate(bps: number): string {
  if (bps >= 1e9) return `${(bps / 1e9).toFixed(2)}Gbps`
  return bps >= 1e6 ? `${(bps / 1e6).toFixed(2)}Mbps` : `${Math.round(bps / 1e3)}kbps`
}

/** Some have not been brought to 7.x yet: their eventtime is in seconds, else in nanoseconds. */
const isOld = ({ index }: Edge): boolean => index % 11 === 0

const eventTime = (edge: Edge, ms: number): string =>
  isOld(edge) ? `${Math.floor(ms / 1000)}` : `${ms}000000`

function head(edge: Edge, ms: number, id: string, level: string, logdesc: string): string {
  const iso = new Date(ms).toISOString()
  return (
    `<189>date=${iso.slice(0, 10)} time=${iso.slice(11, 19)} devname="${edge.name}" devid="${edge.serial}" ` +
    `eventtime=${eventTime(edge, ms)} tz="+0000" logid="${id}" type="event" subtype="sdwan" level="${level}" ` +
    `vd="root" logdesc="${logdesc}"`
  )
}

/** Simplified E-model for G.711, as FortiOS prints it. */
function mos({ reading }: Measured): string {
  const e = reading.latencyMs + 2 * reading.jitterMs + 10
  const r = Math.max(
    0,
    Math.min(100, (e < 160 ? 93.2 - e / 40 : 93.2 - (e - 120) / 10) - 250 * reading.lossRatio),
  )
  return (1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r)).toFixed(3)
}

/** An SLA line. A link that is dead tells zeros for what it could not measure. */
function sla(measured: Measured): string {
  const { edge, link, reading, ms } = measured
  const dead = reading.state === 'down'
  const failed = reading.state !== 'up'
  const id = failed ? '0113022933' : '0113022925'
  const begin = failed
    ? head(edge, ms, id, 'notice', 'SDWAN SLA notification')
    : head(edge, ms, id, 'information', 'SDWAN SLA information')
  const figure = (value: number): string => (dead ? '0.000' : value.toFixed(3))
  const used = [reading.rxBps, reading.txBps].map((bps) => rate(dead ? 0 : bps))
  const said = failed
    ? 'Health Check SLA status. SLA failed due to being over the performance metric threshold.'
    : 'Health Check SLA status.'
  return (
    `${begin} eventtype="SLA" healthcheck="RGT" slatargetid=1 interface="${link.port}" ` +
    `status="${failed ? 'down' : 'up'}" latency="${figure(reading.latencyMs)}" jitter="${figure(reading.jitterMs)}" ` +
    `packetloss="${((dead ? 1 : reading.lossRatio) * 100).toFixed(3)}" ` +
    (dead ? '' : `moscodec="g711" mosvalue="${mos(measured)}" `) +
    `inbandwidthavailable="${rate(reading.rxCapacityBps)}" outbandwidthavailable="${rate(reading.txCapacityBps)}" ` +
    `inbandwidthused="${used[0]}" outbandwidthused="${used[1]}" slamap="${failed ? '0x0' : '0x1'}" msg="${said}"`
  )
}

/** The link of a health check turned. */
function change({ edge, link, trouble, ms, begins }: Change): readonly string[] {
  if (trouble.kind !== 'link_down') return []
  const [from, to] = begins ? ['alive', 'dead'] : ['dead', 'alive']
  const begin = head(edge, ms + edge.skewMs, '0113022931', 'warning', 'SDWAN status warning')
  return [
    `${begin} eventtype="Health Check" healthcheck="RGT" interface="${link.port}" probeproto="ping" ` +
      `oldvalue="${from}" newvalue="${to}" msg="SD-WAN health-check member changed state."`,
  ]
}

export const fortinetFormat: EdgeFormat = {
  vendor: 'fortinet',
  model: 'fortinet',
  way: 'syslog_udp',
  identities: (edge) => [edge.serial],
  linkName: (_edge, link) => link.port,
  payloads: (links) => links.map(sla),
  records: () => 1,
  change,
}
