import { byDirection, type EdgeDraft } from '../draft.js'
import { firstText, textOf } from '../json.js'
import { type KeyValues, keyValuesOf } from '../key_values.js'
import type { Payload } from '../payload.js'
import { linesLike } from '../recognise.js'
import { stateOf } from '../states.js'
import { isoMs, timeMs } from '../times.js'
import { numberOf, percentOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const SLA_LINE = /\blog_type="?SD-WAN"?/
const ANY_LINE = /\blog_id="?\d{12}"?.*\blog_(?:type|component)=/

/** "SLA met", "SLA not met": a sentence, not a word. */
function verdict(sentence: string | undefined): boolean | undefined {
  if (sentence === undefined) return undefined
  if (/\bnot\b|\bun-?met\b|fail|violat|breach|miss/i.test(sentence)) return false
  return /\bmet\b|\bmeets\b|\bok\b|success|complian/i.test(sentence) ? true : undefined
}

/** The line may begin in its middle: relays cut its head, so its time and device may be missing. */
function timeOf(fields: KeyValues): number | undefined {
  const stamp = timeMs(fields.get('timestamp'))
  // `date` and `time` are local, and `timezone` is an abbreviation: without an offset they place nothing.
  return stamp ?? isoMs(fields.get('device_time'))
}

function sample(fields: KeyValues): EdgeDraft[] {
  const profile = firstText(fields.get('profile_name'), fields.get('sla_name'))
  const met = verdict(textOf(fields.get('sla_status')))
  return byDirection(
    {
      kind: 'link',
      observed_ms: timeOf(fields),
      device: firstText(fields.get('device_serial_id'), fields.get('device_id'), fields.get('device_name')),
      link: firstText(fields.get('gw_name'), fields.get('gateway_name'), fields.get('interface')),
      sla_class: profile,
    },
    {
      both: {
        latency_ms: numberOf(fields.get('latency')),
        jitter_ms: numberOf(fields.get('jitter')),
        jitter_kind: 'unknown',
        loss_ratio: percentOf(fields.get('packet_loss')),
        ...(met !== undefined && { sla_met: { [profile ?? 'SLA']: met } }),
        ...stateOf(fields.get('gw_status')),
      },
    },
  )
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return payload.lines.flatMap(({ value, place }) => {
    const fields = keyValuesOf(value)
    if (!fields.has('log_type') && !fields.has('log_component')) {
      context.reject('row_invalid', place, 'no log line of Sophos: key=value pairs with a log_type')
      return []
    }
    return fields.get('log_type') === 'SD-WAN' ? sample(fields) : []
  })
}

/** Sophos Firewall: syslog. */
export const sophos: EdgeVendor = {
  id: 'sophos',
  titles: { fr: 'Sophos Firewall', en: 'Sophos Firewall' },
  transports: ['syslog'],
  kinds: ['link'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'state', 'sla_met'],
  identity: { device: 'serial, where the head of the line is whole', link: 'gateway' },
  documentation: 'https://docs.sophos.com/nsg/sophos-firewall/',
  recognise: (payload) => Math.max(linesLike(payload, 0.9, SLA_LINE), linesLike(payload, 0.6, ANY_LINE)),
  normalise,
}
