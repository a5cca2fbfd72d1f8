import { byDirection, type EdgeDraft } from '../draft.js'
import { firstText, hasAny, isObject, type JsonObject, objectOf, objectsOf, textOf } from '../json.js'
import type { Payload } from '../payload.js'
import { rowsLike } from '../recognise.js'
import { epochMs } from '../times.js'
import { numberOf, percentOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const isSwitch = (row: JsonObject): boolean => hasAny(row, 'lastLink', 'currentLink')
const isQuality = (row: JsonObject): boolean =>
  objectsOf(row.wanLink).some((link) => Array.isArray(link.wanLinkQuality))

/**
 * A link of a switch record. The unit of `pkgLoss` is not stated and `bandwidthUsage` is percent: neither is
 * read.
 */
const linkSample = (common: EdgeDraft, link: JsonObject): EdgeDraft[] =>
  byDirection(
    {
      ...common,
      kind: 'tunnel',
      link: textOf(link.linkName),
      remote: firstText(link.destDeviceName, link.destSiteName, common.remote),
      remote_color: textOf(link.destLinkName),
    },
    { both: { latency_ms: numberOf(link.delay), jitter_ms: numberOf(link.jitter), jitter_kind: 'unknown' } },
  )

/** A path switch: the event, and what was measured on the link before and after. `time` is epoch ms here. */
function pathSwitch(row: JsonObject): EdgeDraft[] {
  const [last, current] = [objectOf(row.lastLink), objectOf(row.currentLink)]
  const common: EdgeDraft = {
    kind: 'event',
    observed_ms: epochMs(row.time),
    device: firstText(row.deviceId, row.deviceName),
    site: firstText(row.srcSiteId, row.srcSiteName),
    local: textOf(row.srcSiteName),
    remote: firstText(row.destsiteName, row.destSiteName),
  }
  const between = `from ${textOf(last.linkName) ?? '?'} to ${textOf(current.linkName) ?? '?'}`
  return [
    {
      ...common,
      event: 'path_switch',
      link: textOf(current.linkName),
      message: `${textOf(row.reason) ?? 'switch'}, ${between}`,
    },
    ...[last, current].filter((link) => isObject(link)).flatMap((link) => linkSample(common, link)),
  ]
}

/** WAN link quality: `timestamp` is epoch s here, rates bit/s, `packetLoss` an integer percent. */
const quality = (row: JsonObject): EdgeDraft[] =>
  objectsOf(row.wanLink).flatMap((link) =>
    objectsOf(link.wanLinkQuality).flatMap((point) =>
      byDirection(
        {
          kind: 'link',
          observed_ms: epochMs(point.timestamp),
          device: firstText(row.deviceId, row.deviceName),
          site: firstText(row.siteId, row.siteName),
          link: firstText(link.interfaceName, link.linkName),
        },
        {
          both: {
            tx_bps: numberOf(point.upwardRate),
            rx_bps: numberOf(point.downwardRate),
            loss_ratio: percentOf(point.packetLoss),
            latency_ms: numberOf(point.delay),
            jitter_ms: numberOf(point.jitter),
            jitter_kind: 'unknown',
          },
        },
      ),
    ),
  )

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return payload.rows.flatMap(({ value, place }) => {
    if (isSwitch(value)) return pathSwitch(value)
    if (isQuality(value)) return quality(value)
    context.reject('row_invalid', place, 'neither a path switch nor WAN link quality')
    return []
  })
}

/** Huawei iMaster NCE-Campus (Qiankun): northbound interface. */
export const huawei: EdgeVendor = {
  id: 'huawei',
  titles: { fr: 'Huawei iMaster NCE', en: 'Huawei iMaster NCE' },
  transports: ['rest'],
  kinds: ['link', 'tunnel', 'event'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'tx_bps', 'rx_bps', 'event'],
  identity: { device: 'device id, else its name', site: 'site id', link: 'interface or tunnel' },
  documentation: 'https://support.huawei.com/enterprise/',
  recognise: (payload) => rowsLike(payload, 0.9, (row) => isSwitch(row) || isQuality(row)),
  normalise,
}
