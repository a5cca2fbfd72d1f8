import { byDirection, type EdgeDraft } from '../draft.js'
import {
  entriesOf,
  firstText,
  has,
  hasAny,
  isObject,
  type JsonObject,
  listOf,
  objectOf,
  textOf,
} from '../json.js'
import type { Payload, Piece } from '../payload.js'
import { stateOf } from '../states.js'
import { epochMs } from '../times.js'
import { numberOf, percentOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const isStats = (row: JsonObject): boolean => isObject(row.tunnel_stats)

/**
 * Reports with `tunnel_stats`: bare, or in the `message` of an agent's answer, which may be a list of
 * periods.
 */
const reportsOf = (payload: Payload): Piece<JsonObject>[] =>
  payload.rows.flatMap(({ value, place }) =>
    [value, ...(Array.isArray(value.message) ? listOf(value.message) : [value.message])]
      .map(objectOf)
      .filter(isStats)
      .map((report) => ({ value: report, place })),
  )

/** A tunnel: `rtt` is a moving average in ms, 0 where probes were lost; there is no jitter. */
function tunnel(report: JsonObject, id: string, row: JsonObject): EdgeDraft[] {
  const rtt = numberOf(row.rtt)
  return byDirection(
    {
      kind: 'tunnel',
      observed_ms: epochMs(report.utc ?? report.time),
      device: firstText(report.machineId, report.device_id),
      link: `tunnel ${id}`,
    },
    {
      both: {
        latency_ms: rtt === 0 ? undefined : rtt,
        latency_kind: 'round_trip',
        latency_statistic: 'mean',
        loss_ratio: percentOf(row.drop_rate),
        ...stateOf(row.status),
      },
    },
  )
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const reports = reportsOf(payload)
  if (reports.length < payload.rows.length)
    context.reject('row_invalid', '', `${payload.rows.length - reports.length} rows without 'tunnel_stats'`)
  return reports.flatMap(({ value }) =>
    entriesOf(value.tunnel_stats).flatMap(([id, row]) => tunnel(value, textOf(id) ?? id, row)),
  )
}

/** flexiWAN: statistics of the flexiEdge agent. */
export const flexiwan: EdgeVendor = {
  id: 'flexiwan',
  titles: { fr: 'flexiWAN', en: 'flexiWAN' },
  transports: ['websocket'],
  kinds: ['tunnel'],
  fields: ['latency_ms', 'loss_ratio', 'state'],
  identity: { device: 'machine id', link: 'tunnel number' },
  documentation: 'https://docs.flexiwan.com/',
  recognise: (payload) =>
    reportsOf(payload)
      .slice(0, 20)
      .some(({ value }) =>
        entriesOf(value.tunnel_stats).some(([, row]) => has(row, 'rtt') || hasAny(row, 'drop_rate')),
      )
      ? 0.9
      : 0,
  normalise,
}
