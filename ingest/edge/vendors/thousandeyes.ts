import { byDirection, type EdgeDraft } from '../draft.js'
import { firstText, has, hasAny, type JsonObject, objectOf, objectsOf, textOf } from '../json.js'
import type { Payload } from '../payload.js'
import { documentsLike } from '../recognise.js'
import { firstTimeMs } from '../times.js'
import { numberOf, percentOf, scaled } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

/** API v6 has its rows under `net.metrics`, v7 under `results`. */
const answerOf = (value: unknown): { readonly test: JsonObject; readonly rows: readonly JsonObject[] } => {
  const [answer, net] = [objectOf(value), objectOf(objectOf(value).net)]
  const old = Array.isArray(net.metrics)
  return { test: objectOf(old ? net.test : answer.test), rows: objectsOf(old ? net.metrics : answer.results) }
}

const isResult = (row: JsonObject): boolean =>
  hasAny(row, 'avgLatency', 'loss', 'jitter') &&
  (has(row, 'agent') || has(row, 'sourceAgent') || has(row, 'roundId'))

/** −1 says "no data". */
const known = (value: unknown): number | undefined => {
  const n = numberOf(value)
  return n === undefined || n < 0 ? undefined : n
}

/**
 * A network result: round trip; `jitter` is a standard deviation; capacity in Mbit/s; health out of 1. The
 * figures of a proxy are those of another path.
 */
function result(test: JsonObject, row: JsonObject): EdgeDraft[] {
  const agent = objectOf(row.agent ?? row.sourceAgent)
  const capacity = scaled(known(row.capacity), 1e6) || undefined
  const fromTarget = textOf(row.direction) === 'from-target'
  const common: EdgeDraft = {
    kind: 'link',
    observed_ms: firstTimeMs(row.date, row.endTime, row.roundId),
    interval_s: numberOf(test.interval),
    device: firstText(agent.agentId, row.agentId, agent.agentName, row.agentName),
    link: firstText(row.server, test.server, row.serverIp, test.testName),
    sla_class: textOf(test.testName),
  }
  return byDirection(common, {
    both: {
      latency_ms: known(row.avgLatency),
      latency_kind: 'round_trip',
      latency_statistic: 'mean',
      jitter_ms: known(row.jitter),
      jitter_kind: 'standard_deviation',
      loss_ratio: percentOf(row.loss),
      qoe: known(row.healthScore),
      qoe_scale_max: 1,
      [fromTarget ? 'rx_capacity_bps' : 'tx_capacity_bps']: capacity,
    },
  })
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return payload.documents.flatMap(({ value, place }) => {
    const { test, rows } = answerOf(value)
    const strange = rows.filter((row) => !isResult(row)).length
    if (strange > 0) context.reject('row_invalid', place, `${strange} results that are of no network test`)
    return rows.filter(isResult).flatMap((row) => result(test, row))
  })
}

/** Cisco ThousandEyes: API v7, network results of agents. */
export const thousandeyes: EdgeVendor = {
  id: 'thousandeyes',
  titles: { fr: 'Cisco ThousandEyes', en: 'Cisco ThousandEyes' },
  transports: ['rest'],
  kinds: ['link'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'qoe', 'tx_capacity_bps', 'rx_capacity_bps'],
  identity: { device: 'agent id', link: 'target' },
  documentation: 'https://developer.cisco.com/docs/thousandeyes/',
  recognise: (payload) => documentsLike(payload, 0.9, (value) => answerOf(value).rows.some(isResult)),
  normalise,
}
