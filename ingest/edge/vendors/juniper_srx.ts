import { byDirection, type EdgeDraft } from '../draft.js'
import { textOf } from '../json.js'
import { type KeyValues, keyValuesOf } from '../key_values.js'
import type { Payload } from '../payload.js'
import { linesLike } from '../recognise.js'
import { isoMs } from '../times.js'
import { percentOf, spanMs } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

/**
 * RFC 5424 with structured data. The time may hold a space for a leading zero (`00: 6:15.274`), so it is
 * taken up to the host rather than as a word.
 */
const TIME = /(\d{4}-\d\d-\d\dT[\d: ]\d:[ \d]\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)/
const LINE = new RegExp(
  `${TIME.source}\\s+(\\S+)\\s+RT_FLOW\\s+\\S+\\s+(\\w+)\\s+\\[junos@[\\d.]+\\s+(.*)\\]`,
)

const PREFIX = 'APPTRACK_APPQOE_'

/** `RT_FLOW - APPTRACK_APPQOE_…`; undefined where the line is none of Junos. */
function readLine(line: string): EdgeDraft[] | undefined {
  const match = LINE.exec(line)
  if (match === null) return undefined
  const [, time, host, name, data] = match
  const fields = keyValuesOf(data!)
  const common: EdgeDraft = {
    kind: 'link',
    observed_ms: isoMs(time),
    device: textOf(host),
    link: textOf(fields.get('destination-interface-name')),
    sla_class: textOf(fields.get('sla-rule') ?? fields.get('probe-params-name')),
  }
  if (!name!.startsWith(PREFIX)) return []
  return name!.endsWith('_METRIC_REPORT') ? sample(common, fields) : [event(common, name!, fields)]
}

/** Times are µs (our reading: the unit is not in the line), the loss is percent. */
const sample = (common: EdgeDraft, fields: KeyValues): EdgeDraft[] =>
  byDirection(common, {
    both: {
      latency_ms: spanMs(fields.get('rtt'), 'us'),
      latency_kind: 'round_trip',
      jitter_ms: spanMs(fields.get('rtt-jitter'), 'us'),
      jitter_kind: 'unknown',
      loss_ratio: percentOf(fields.get('pkt-loss')),
    },
  })

/** A violation carries targets and counts beside the metrics; none of them becomes a measurement here. */
function event(common: EdgeDraft, name: string, fields: KeyValues): EdgeDraft {
  const violation = name.endsWith('_VIOLATION')
  const rule = textOf(fields.get('sla-rule'))
  const told = [
    'violation-reason',
    'jitter-violation-count',
    'pkt-loss-violation-count',
    'rtt-violation-count',
  ]
  const more = violation ? told : ['previous-interface', 'reason', 'elapsed-time']
  const words = more.flatMap((key) =>
    textOf(fields.get(key)) === undefined ? [] : [`${key} ${fields.get(key)}`],
  )
  return {
    ...common,
    kind: 'event',
    event: name.slice(PREFIX.length).toLowerCase(),
    severity_id: violation ? 3 : 1,
    message: words.join(', '),
    ...(violation && rule !== undefined && { sla_met: { [rule]: false } }),
  }
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return payload.lines.flatMap(({ value, place }) => {
    const drafts = readLine(value)
    if (drafts === undefined)
      context.reject(
        'row_invalid',
        place,
        'no structured syslog of Junos: a time, a host, RT_FLOW and [junos@…]',
      )
    return drafts ?? []
  })
}

/** Juniper SRX application quality of experience (AppQoE): structured syslog. */
export const juniperSrx: EdgeVendor = {
  id: 'juniper-srx',
  titles: { fr: 'Juniper SRX AppQoE', en: 'Juniper SRX AppQoE' },
  transports: ['syslog'],
  kinds: ['link', 'event'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'sla_met', 'event'],
  identity: { device: 'host name', link: 'egress interface' },
  documentation: 'https://www.juniper.net/documentation/product/us/en/junos-os/',
  recognise: (payload) =>
    Math.max(
      linesLike(payload, 0.95, /APPTRACK_APPQOE_|\bAPPQOE_/),
      linesLike(payload, 0.6, /RT_FLOW.*\[junos@/),
    ),
  normalise,
}
