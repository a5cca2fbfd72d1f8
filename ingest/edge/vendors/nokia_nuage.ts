import { byDirection, type EdgeDraft } from '../draft.js'
import { firstText, has, hasAny, type JsonObject, textOf } from '../json.js'
import type { Payload } from '../payload.js'
import { rowsLike } from '../recognise.js'
import { epochMs } from '../times.js'
import { numberOf, percentOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const isProbe = (row: JsonObject): boolean =>
  hasAny(row, 'AvgDelay', 'AvgJitter', 'AvgPktLoss') && hasAny(row, 'SrcNSG', 'SourceNSG')
const isViolation = (row: JsonObject): boolean =>
  has(row, 'ViolationType') && hasAny(row, 'SrcNSG', 'SourceNSG')
/** Other indices of the same analytics: flows and events of gateways. */
const isOther = (row: JsonObject): boolean => hasAny(row, 'SrcNSG', 'SourceNSG', 'NSGatewayName')

const ends = (row: JsonObject): Omit<EdgeDraft, 'kind'> => ({
  observed_ms: epochMs(row.timestamp),
  device: firstText(row.SrcNSG, row.SourceNSG),
  link: textOf(row.SrcUplink),
  carrier: textOf(row.UnderlayName),
  local: firstText(row.SourceNSG, row.SrcNSG),
  remote: firstText(row.DestinationNSG, row.DstNSG),
  local_color: textOf(row.SrcUplink),
  remote_color: textOf(row.DstUplink),
  sla_class: textOf(row.APMGroup),
})

const probe = (row: JsonObject): EdgeDraft[] =>
  byDirection(
    { kind: 'tunnel', ...ends(row) },
    {
      both: {
        latency_ms: numberOf(row.AvgDelay),
        jitter_ms: numberOf(row.AvgJitter),
        jitter_kind: 'unknown',
        loss_ratio: percentOf(row.AvgPktLoss),
      },
    },
  )

/** `slastats`: a violation names its metric and carries no value. */
function violation(row: JsonObject): EdgeDraft {
  const group = textOf(row.APMGroup)
  const told = [textOf(row.ViolationType), textOf(row.Application), textOf(row.EnterpriseName)]
  return {
    kind: 'event',
    ...ends(row),
    event: 'sla_violation',
    severity_id: 3,
    message: told.filter((word) => word !== undefined).join(', '),
    ...(group !== undefined && { sla_met: { [group]: false } }),
  }
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return payload.rows.flatMap(({ value, place }) => {
    if (isViolation(value)) return [violation(value)]
    if (isProbe(value)) return probe(value)
    if (!isOther(value))
      context.reject('row_invalid', place, 'no document of nuage_dpi_probestats or nuage_dpi_slastats')
    return []
  })
}

/** Nokia Nuage VNS: documents of its Elasticsearch indices. */
export const nokiaNuage: EdgeVendor = {
  id: 'nokia-nuage',
  titles: { fr: 'Nokia Nuage VNS', en: 'Nokia Nuage VNS' },
  transports: ['rest'],
  kinds: ['tunnel', 'event'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'sla_class', 'sla_met', 'event'],
  identity: { device: 'system address of the NSG', link: 'uplink port' },
  documentation: 'https://documentation.nokia.com/nuage-vsp/',
  recognise: (payload) =>
    Math.max(
      rowsLike(payload, 0.95, (row) => isProbe(row) || isViolation(row)),
      rowsLike(payload, 0.5, isOther),
    ),
  normalise,
}
