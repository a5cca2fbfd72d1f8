import { type EdgeFormat, type Measured, measuredIn } from '../format.js'
import type { Change, EdgeWorld } from '../world.js'

const MODEL = 'huawei'

/** WAN link quality: seconds, bit/s, and whole percents. */
function quality(links: readonly Measured[]): object {
  const { edge } = links[0]!
  return {
    siteId: edge.site.id,
    siteName: edge.site.name,
    deviceId: edge.serial,
    deviceName: edge.name,
    wanLink: links.map(({ link, reading, ms }) => ({
      interfaceName: link.port,
      wanLinkQuality: [
        {
          timestamp: Math.floor(ms / 1000),
          upwardRate: reading.txBps,
          downwardRate: reading.rxBps,
          packetLoss: reading.state === 'down' ? 100 : Math.round(reading.lossRatio * 100),
          delay: reading.state === 'down' ? null : Math.round(reading.latencyMs),
          jitter: reading.state === 'down' ? null : Math.round(reading.jitterMs),
        },
      ],
    })),
  }
}

/** A path switch: milliseconds here. */
const pathSwitch = ({ edge, link, ms }: Change): object => {
  const other = edge.links.find(({ index }) => index !== link.index) ?? link
  return {
    srcSiteId: edge.site.id,
    srcSiteName: edge.site.name,
    destsiteName: edge.hub.siteId,
    deviceName: edge.serial,
    vpnName: 'rgt',
    reason: 'Link Down',
    time: ms + edge.skewMs,
    lastLink: { linkName: link.port, destSiteName: edge.hub.siteId },
    currentLink: { linkName: other.port, destSiteName: edge.hub.siteId },
  }
}

function rows(report: string, world: EdgeWorld, fromMs: number, toMs: number): readonly object[] {
  if (report === 'quality') return measuredIn(world, MODEL, fromMs, toMs).map(quality)
  if (report !== 'switches') return []
  return world
    .changes(fromMs, toMs)
    .filter(({ edge, trouble, begins }) => edge.model === MODEL && trouble.kind === 'link_down' && begins)
    .map(pathSwitch)
}

export const huaweiFormat: EdgeFormat = {
  vendor: 'huawei',
  model: MODEL,
  way: 'poll',
  identities: (edge) => [edge.serial],
  linkName: (_edge, link) => link.port,
  rows,
}
