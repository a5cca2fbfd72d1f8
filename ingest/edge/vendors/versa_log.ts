import { byDirection, type DraftValues, type EdgeDraft } from '../draft.js'
import { firstText } from '../json.js'
import { commaKeyValuesOf, type KeyValues } from '../key_values.js'
import { severityOf } from '../states.js'
import { epochMs, isoMs } from '../times.js'
import { divided, numberOf, percentOf, rateOf } from '../units.js'

/** `2022-06-14T00:09:57+0000 bwMonLog, applianceName=…`, perhaps behind a syslog header. */
export const isVersaLine = /\b[a-zA-Z0-9]+Log,\s*applianceName=/
const LINE =
  /(?:(\S*\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)\s+)?\b([a-zA-Z0-9]+Log),\s*(applianceName=.*)$/s

/** Reads a line. Undefined where it is none of Versa's; no draft for logs without link telemetry. */
export function versaLine(line: string): EdgeDraft[] | undefined {
  const match = LINE.exec(line)
  if (match === null) return undefined
  return versaFields(commaKeyValuesOf(match[3]!), match[2], isoMs(match[1]))
}

const ofAny =
  (fields: KeyValues) =>
  (...names: string[]): string | undefined =>
    firstText(...names.map((name) => fields.get(name)))

function identity(fields: KeyValues): Omit<EdgeDraft, 'kind'> {
  const any = ofAny(fields)
  const circuit = any('localAccCktName', 'localAccCkt', 'accCktName', 'accCkt', 'intfName', 'interface')
  const local = any('localSiteName', 'localSite', 'siteName', 'site')
  const remote = any('remoteSiteName', 'remoteSite')
  const device = any('applianceName') ?? local
  if (remote === undefined) return { device, site: local, link: circuit }
  return {
    device,
    site: local,
    link: circuit,
    local,
    remote,
    local_color: circuit,
    remote_color: any('remoteAccCktName', 'remoteAccCkt'),
    sla_class: any('fwdClass', 'forwardingClass', 'ruleName'),
  }
}

/**
 * The times inside are epoch s of the measurement; the time before the name is when the collector wrote the
 * line.
 */
const timeOf = (fields: KeyValues, written: number | undefined): number | undefined =>
  epochMs(fields.get('generateTime')) ?? epochMs(fields.get('mstatsTimeBlock')) ?? written

/**
 * Types of statistics that count a circuit or a path as a whole; others (by application, user, VRF) count
 * parts of it.
 */
const WHOLE =
  /^sdwan-(acc-ckt(-bw-mon)?|site2site|site-to-site|path|rule-path-bw-mon|sla-path)-?(bw-mon-)?stats$/

function sla(fields: KeyValues): Parameters<typeof byDirection>[1] {
  return {
    both: {
      latency_ms: numberOf(fields.get('delay')),
      latency_kind: 'round_trip',
      loss_ratio: percentOf(fields.get('pduLossRatio')),
    },
    tx: { jitter_ms: numberOf(fields.get('fwdDelayVar')), loss_ratio: percentOf(fields.get('fwdLossRatio')) },
    rx: { jitter_ms: numberOf(fields.get('revDelayVar')), loss_ratio: percentOf(fields.get('revLossRatio')) },
  }
}

/** Octets over a duration in ms. */
function volume(fields: KeyValues): DraftValues {
  const any = ofAny(fields)
  const seconds = divided(any('duration', 'mstatsTotSessDuration'), 1000)
  const [tx, rx] = [any('sentOctets', 'mstatsTotSentOctets'), any('recvdOctets', 'mstatsTotRecvdOctets')]
  return {
    interval_s: seconds,
    tx_bytes: numberOf(tx),
    rx_bytes: numberOf(rx),
    bytes_kind: 'delta',
    tx_bps: rateOf(tx, seconds),
    rx_bps: rateOf(rx, seconds),
  }
}

/** An event: set more often than cleared, it stands. */
function event(fields: KeyValues, name: string): DraftValues {
  const any = ofAny(fields)
  const [set, clear] = [numberOf(fields.get('eventSetCntr')), numberOf(fields.get('eventClrCntr'))]
  const stands = set !== undefined && clear !== undefined ? set > clear : undefined
  return {
    event: any('eventType', 'mstatsType', 'alarmType') ?? name,
    ...(stands !== undefined && { state: stands ? 'degraded' : 'up', state_raw: stands ? 'set' : 'cleared' }),
    message: any('eventText', 'alarmText'),
  }
}

/**
 * Reads the fields of a log by its name. There is no "sdwanSlaMetLog": the SLA record is sdwanB2BSlamLog, and
 * sdwanSlaPathViolLog tells a violation.
 */
export function versaFields(fields: KeyValues, name = '', written?: number): EdgeDraft[] {
  const common = { ...identity(fields), observed_ms: timeOf(fields, written) }
  const kind = common.remote === undefined ? 'link' : 'tunnel'
  if (/ViolLog$/.test(name)) return [{ ...common, kind: 'event', ...event(fields, 'sla-violation') }]
  if (name === 'sdwanB2BSlamLog' || fields.has('fwdDelayVar'))
    return byDirection({ ...common, kind }, sla(fields))
  if (name === 'eventLog' || fields.has('eventSetCntr')) {
    return /^sdwan/.test(fields.get('eventType') ?? fields.get('mstatsType') ?? 'sdwan')
      ? [{ ...common, kind: 'event', ...event(fields, name) }]
      : []
  }
  // `cleared` is the class of an alarm that is over.
  if (name === 'alarmLog' && /^sdwan/.test(fields.get('alarmType') ?? '')) {
    const over = /^clear/i.test(fields.get('alarmClass') ?? '')
    const state = { state: over ? 'up' : 'degraded', state_raw: fields.get('alarmClass') } as const
    const severity_id = severityOf(fields.get('alarmSeverity'))
    return [{ ...common, kind: 'event', ...event(fields, name), severity_id, ...state }]
  }
  const type = fields.get('mstatsType')
  const counts = name === 'bwMonLog' || name === 'intfUtilLog' || name === 'monStatsLog' || type !== undefined
  if (!counts || (type !== undefined && !WHOLE.test(type))) return []
  return [
    { ...common, kind: kind === 'link' ? 'counters' : 'tunnel', ...withDirection(kind), ...volume(fields) },
  ]
}

const withDirection = (kind: 'link' | 'tunnel'): DraftValues =>
  kind === 'tunnel' ? { direction: 'both' } : {}
