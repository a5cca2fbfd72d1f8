import { hasAny, objectOf } from '../json.js'
import { linesLike, rowsLike } from '../recognise.js'
import type { EdgeVendor } from '../vendor.js'

/** Decoded flows that carry elements of Barracuda's enterprise number (10704). */
const isFlow = (row: Readonly<Record<string, unknown>>): boolean => {
  const flow = 'netflow' in row ? objectOf(row.netflow) : row
  return (
    Object.keys(flow).some((key) => /^(?:10704[.:]|barracuda)/i.test(key)) &&
    hasAny(flow, 'octetTotalCount', 'octetDeltaCount', 'bytes', 'version')
  )
}

/**
 * Barracuda CloudGen Firewall: exports flows only, which the flow decoder reads. It has no link telemetry to
 * give.
 */
export const barracuda: EdgeVendor = {
  id: 'barracuda',
  titles: { fr: 'Barracuda CloudGen Firewall', en: 'Barracuda CloudGen Firewall' },
  transports: ['ipfix'],
  kinds: [],
  fields: [],
  identity: {},
  documentation: 'https://campus.barracuda.com/product/cloudgenfirewall/',
  recognise: (payload) =>
    Math.max(
      rowsLike(payload, 0.7, isFlow),
      linesLike(payload, 0.5, /\bbox_Firewall_Activity\b|\bBarracuda\b/),
    ),
  normalise: () => [],
}
