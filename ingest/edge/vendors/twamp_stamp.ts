import { byDirection, type DraftValues, type EdgeDraft } from '../draft.js'
import type { Payload } from '../payload.js'
import { linesLike } from '../recognise.js'
import { lostOf, millisecondsOf, numberOf, percentOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

/**
 * A row of a sender's summary: direction, minimum, maximum, average, jitter, loss; us, ms and s in one
 * column.
 */
const ROW = /^\s*(Outbound|Inbound|Roundtrip|Round-?trip):\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+([\d.]+\s*%)/i
/** A session's report as it begins anew: a head of columns, or of statistics. */
const HEAD = /^\s*Direction\s+Min\s+Max|^---\s*(?:STAMP|TWAMP).*Statistics/i
const ALGORITHM = /Jitter Algorithm\s*\[?RFC\s*(\d+)/i

interface Row {
  readonly averageMs: number | undefined
  readonly jitterMs: number | undefined
  readonly loss: number | undefined
}

interface Report {
  readonly rows: Map<string, Row>
  readonly values: Map<string, string>
  smoothed: boolean
}

const VALUE =
  /^\s*(Packets sent|Packets received|Packets lost|(?:Min|Max|Avg|Average|Mean) RTT|Jitter)\s*:\s*(.+?)\s*$/i

function reportsOf(payload: Payload): Report[] {
  const reports: Report[] = []
  for (const { value: line } of payload.lines) {
    if (HEAD.test(line)) reports.push({ rows: new Map(), values: new Map(), smoothed: false })
    const report = reports.at(-1)
    const [row, value] = [ROW.exec(line), VALUE.exec(line)]
    if (row !== null) {
      const direction = row[1]!.toLowerCase().replace('-', '')
      const measured = {
        averageMs: millisecondsOf(row[4]),
        jitterMs: millisecondsOf(row[5]),
        loss: percentOf(row[6]),
      }
      report?.rows.set(direction, measured)
    } else if (value !== null) report?.values.set(value[1]!.toLowerCase(), value[2]!)
    // The interarrival jitter of RFC 1889 is that of RFC 3550.
    else if (report && /^(1889|3550)$/.test(ALGORITHM.exec(line)?.[1] ?? '')) report.smoothed = true
  }
  return reports
}

/**
 * One way. A delay above the round trip, or one of 0, comes of clocks that are not synchronised: it is
 * rejected with its jitter, which a drifting clock falsifies too. Loss needs no clock.
 */
function oneWay(row: Row | undefined, roundTripMs: number | undefined): DraftValues {
  if (row === undefined) return {}
  const possible =
    row.averageMs !== undefined && row.averageMs > 0 && row.averageMs <= (roundTripMs ?? Infinity)
  return {
    latency_ms: possible ? row.averageMs : undefined,
    latency_kind: 'one_way',
    latency_statistic: 'mean',
    jitter_ms: possible ? row.jitterMs : undefined,
    loss_ratio: row.loss,
  }
}

function draftsOf({ rows, values, smoothed }: Report): EdgeDraft[] {
  const kind = { jitter_kind: smoothed ? ('smoothed' as const) : ('unknown' as const) }
  const round = rows.get('roundtrip')
  const average = values.get('avg rtt') ?? values.get('average rtt') ?? values.get('mean rtt')
  const lost = numberOf(values.get('packets lost')?.split(/[\s(]/)[0])
  const both: DraftValues = {
    latency_ms: round?.averageMs ?? millisecondsOf(average),
    latency_kind: 'round_trip',
    latency_statistic: 'mean',
    jitter_ms: round?.jitterMs ?? millisecondsOf(values.get('jitter')),
    loss_ratio: round?.loss ?? lostOf(lost, values.get('packets sent')),
    ...kind,
  }
  // All lost: the average of nothing is printed as 0.
  const measured = both.loss_ratio === 1 && both.latency_ms === 0 ? { ...both, latency_ms: undefined } : both
  return byDirection(
    { kind: 'link' },
    {
      both: measured,
      tx: { ...oneWay(rows.get('outbound'), round?.averageMs), ...kind },
      rx: { ...oneWay(rows.get('inbound'), round?.averageMs), ...kind },
    },
  )
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const drafts = reportsOf(payload).flatMap(draftsOf)
  if (drafts.length === 0)
    context.reject('row_invalid', '', 'no summary of a session: let the sender run to its end')
  return drafts
}

/**
 * TWAMP (RFC 5357) and STAMP (RFC 8762): what senders print at the end of a session. Reflector times are no
 * epochs.
 */
export const twampStamp: EdgeVendor = {
  id: 'twamp-stamp',
  titles: { fr: 'TWAMP / STAMP (RFC 5357, RFC 8762)', en: 'TWAMP / STAMP (RFC 5357, RFC 8762)' },
  transports: ['cli', 'file'],
  kinds: ['link'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio'],
  identity: { device: 'from the way in (origin)' },
  documentation: 'https://www.rfc-editor.org/rfc/rfc8762',
  recognise: (payload) =>
    Math.max(
      linesLike(payload, 0.8, HEAD),
      linesLike(payload, 0.7, ROW),
      linesLike(payload, 0.5, /^seq=\d+ rtt=.*reflector_/),
    ),
  normalise,
}
