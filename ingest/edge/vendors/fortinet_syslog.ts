import { byDirection, type DraftValues, type EdgeDraft } from '../draft.js'
import { firstText, textOf } from '../json.js'
import { commaKeyValuesOf, type KeyValues, keyValuesOf } from '../key_values.js'
import { type StateWords, severityOf, stateOf } from '../states.js'
import { epochMs, isoMs, zoneMs } from '../times.js'
import { bitRateOf, numberOf, percentOf } from '../units.js'

/** Lines that FortiOS writes: a numeric `logid`, and `devid`, `vd` or `eventtime` beside it. */
export const isFortinetLine = /\blogid="?\d{8,10}"?.*\b(?:eventtime|vd|subtype)=|\bdevid="?F[A-Z0-9]+"?/

/** `eventtime`: ns in 7.x, s up to 6.2; without it the local time with its zone. */
function timeOf(fields: KeyValues): number | undefined {
  const event = epochMs(fields.get('eventtime'))
  if (event !== undefined) return event
  const local = isoMs(`${fields.get('date')}T${fields.get('time')}`)
  const zone = fields.get('tz')
  return local === undefined || zone === undefined ? undefined : local - zoneMs(zone)
}

/** The pairs of a line; with `set format csv` commas stand between them. */
const pairsOf = (line: string): KeyValues =>
  /\blogid="?\d+"?,/.test(line)
    ? commaKeyValuesOf(line.replace(/^.*?\b(?=(?:date|devname|devid|logid|eventtime)=)/, ''))
    : keyValuesOf(line)

/** Metrics of the format up to 6.2, where they stand in the message. */
function messageMetrics(message: string): Map<string, string> {
  const metrics = new Map<string, string>()
  const pair = /(latency|jitter|packet loss|inbandwidth|outbandwidth|sla_map):\s*([^,\s]+)/gi
  for (const [, name, value] of message.matchAll(pair)) metrics.set(name!.toLowerCase(), value!)
  return metrics
}

/**
 * Which SLA targets are met: bit n of the map is target n + 1; a target that the line names and whose bit is
 * 0 is not.
 */
function targetsMet(map: unknown, target: unknown): Record<string, boolean> {
  const bits = Number.parseInt(textOf(map) ?? '', 16)
  if (!(bits >= 0)) return {}
  const met: Record<string, boolean> = {}
  for (let bit = 0; bit < 31; bit++) if ((bits >>> bit) & 1) met[bit + 1] = true
  const id = textOf(target)
  if (id !== undefined) met[id] ??= false
  return met
}

/**
 * "down" in a log means that the SLA failed or that the link is dead: with less than all lost, it is not
 * dead.
 */
function logState(status: unknown, loss: number | undefined): StateWords {
  const words = stateOf(status)
  return words.state === 'down' && loss !== undefined && loss < 1 ? { ...words, state: 'degraded' } : words
}

function sample(fields: KeyValues, old: ReadonlyMap<string, string>): DraftValues {
  const loss = percentOf(fields.get('packetloss') ?? old.get('packet loss'))
  const words = logState(fields.get('status'), loss)
  const down = words.state === 'degraded' || words.state === 'down'
  // A line of a failed check writes 0.000 for what it could not measure.
  const unless = (n: number | undefined) => (down && n === 0 ? undefined : n)
  return {
    latency_ms: unless(numberOf(fields.get('latency') ?? old.get('latency'))),
    jitter_ms: unless(numberOf(fields.get('jitter') ?? old.get('jitter'))),
    loss_ratio: loss,
    mos: numberOf(fields.get('mosvalue')) || undefined,
    mos_scale_max: 5,
    tx_bps: bitRateOf(fields.get('outbandwidthused') ?? old.get('outbandwidth')),
    rx_bps: bitRateOf(fields.get('inbandwidthused') ?? old.get('inbandwidth')),
    tx_capacity_bps: bitRateOf(fields.get('outbandwidthavailable')) || undefined,
    rx_capacity_bps: bitRateOf(fields.get('inbandwidthavailable')) || undefined,
    sla_met: targetsMet(fields.get('slamap') ?? old.get('sla_map'), fields.get('slatargetid')),
    ...words,
  }
}

function event(common: EdgeDraft, fields: KeyValues): EdgeDraft {
  return {
    ...common,
    kind: 'event',
    event: firstText(fields.get('eventtype'), fields.get('action'), fields.get('logdesc')),
    severity_id: severityOf(fields.get('level')),
    message: firstText(fields.get('msg'), fields.get('logdesc')),
    ...stateOf(firstText(fields.get('newvalue'), fields.get('status'))),
  }
}

/**
 * Reads a log line: a sample where it carries an SLA's metrics, an event where it tells of SD-WAN otherwise,
 * nothing for other logs. Undefined where it is no FortiGate line.
 */
export function fortinetLine(line: string): EdgeDraft[] | undefined {
  const fields = pairsOf(line)
  if (!fields.has('logid') && !fields.has('devid')) return undefined
  const old = fields.has('latency') ? new Map<string, string>() : messageMetrics(fields.get('msg') ?? '')
  const common: EdgeDraft = {
    kind: 'link',
    observed_ms: timeOf(fields),
    device: firstText(fields.get('devid'), fields.get('devname')),
    link: textOf(fields.get('interface')),
    sla_class: firstText(fields.get('healthcheck'), old.size > 0 ? fields.get('name') : undefined),
  }
  if (fields.has('packetloss') || fields.has('latency') || old.has('latency') || old.has('packet loss'))
    return byDirection(common, { both: sample(fields, old) })
  const ours =
    fields.get('subtype') === 'sdwan' || /SD-?WAN|virtual wan|link monitor/i.test(fields.get('logdesc') ?? '')
  return ours ? [event(common, fields)] : []
}
