import { bytesOf, type EdgeFormat, type Measured } from '../format.js'
import type { EdgeLink } from '../world.js'

const circuit = (link: EdgeLink): string => `WAN${link.index + 1}`
const stamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}+0000`

/** The log collector as RFC 5424 writers send it on, octets counted by the sender. */
const line = (ms: number, text: string): string =>
  `<134>1 ${new Date(ms).toISOString()} versa-collector log-collector - - - ${text}`

/** A probe of one path: `delay` is two-way, times inside are seconds. The whole line came later than the measurement. */
function slam({ edge, link, reading, ms }: Measured): string[] {
  if (reading.tunnel === 'down') return []
  const late = ms + 23_000
  const loss = (reading.lossRatio * 100).toFixed(2)
  return [
    line(
      late,
      `${stamp(late)} sdwanB2BSlamLog, applianceName=${edge.name}, tenantName=RGT, localAccCktName=${circuit(link)}, ` +
        `remoteAccCktName=WAN1, localSiteId=${edge.site.index + 1}, localSiteName=${edge.site.id}, remoteSiteId=1, ` +
        `remoteSiteName=${edge.hub.siteId}, fwdClass=fc_nc, tenantId=2, delay=${Math.round(reading.latencyMs)}, ` +
        `fwdDelayVar=${Math.round(reading.jitterMs)}, revDelayVar=${Math.round(reading.jitterMs)}, fwdLoss=0, revLoss=0, ` +
        `fwdLossRatio=${loss}, revLossRatio=${loss}, pduLossRatio=${loss}, fwdSent=170, revSent=165, ` +
        `generateTime=${Math.floor(ms / 1000)}`,
    ),
  ]
}

/** Bandwidth of a circuit: octets of the interval, its duration in milliseconds. */
function bandwidth({ edge, link, reading, ms, intervalS }: Measured): string {
  const up = reading.state === 'down' ? 0 : 1
  return line(
    ms + 1000,
    `${stamp(ms + 1000)} bwMonLog, applianceName=${edge.name}, tenantName=RGT, generateTime=${Math.floor(ms / 1000)}, ` +
      `tenantId=2, vsnId=0, sentOctets=${up * bytesOf(reading.txBps, intervalS)}, ` +
      `recvdOctets=${up * bytesOf(reading.rxBps, intervalS)}, sessCnt=12, mstatsType=sdwan-acc-ckt-bw-mon-stats, ` +
      `duration=${intervalS * 1000}, siteName=${edge.site.id}, accCktName=${circuit(link)}, ` +
      `siteId=${edge.site.index + 1}, accCktId=${link.index + 1}`,
  )
}

export const versaFormat: EdgeFormat = {
  vendor: 'versa',
  model: 'versa',
  way: 'syslog_tcp',
  identities: (edge) => [edge.name],
  linkName: (_edge, link) => circuit(link),
  // A probe tells of the round trip and of both ways; a bandwidth of one interface.
  records: (payload) => (payload.includes('sdwanB2BSlamLog') ? 3 : 1),
  payloads: (links) => links.flatMap((measured) => [...slam(measured), bandwidth(measured)]),
}
