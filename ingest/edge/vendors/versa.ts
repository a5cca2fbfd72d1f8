import { byDirection, type EdgeDraft } from '../draft.js'
import { has, hasAny, isObject, listOf, objectOf, textOf } from '../json.js'
import type { Payload, Piece } from '../payload.js'
import { documentsLike, linesLike } from '../recognise.js'
import { divided, numberOf, percentOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'
import { isVersaLine, versaFields, versaLine } from './versa_log.js'

type Row = readonly unknown[]

/**
 * The first column joins the key columns with commas: by it a row of Analytics is told from any other list.
 */
function keyLength(row: Row): number {
  const key = textOf(row[0])
  if (key === undefined || !key.includes(',')) return 0
  const parts = key.split(',')
  return parts.every((part, i) => part.trim() === String(row[i + 1] ?? '').trim()) ? parts.length : 0
}

const isSla = (row: Row): boolean => row.length === 12 && keyLength(row) === 5
const isUsage = (row: Row): boolean => row.length === 13 && keyLength(row) === 2
const isStatus = (row: Row): boolean => row.length === 4 && keyLength(row) === 2
const isRow = (value: unknown): value is Row =>
  Array.isArray(value) && (isSla(value) || isUsage(value) || isStatus(value))

/** Positional rows wherever they stand: bare, under `aaData`, or under the name of a report. */
function rowsOf(value: unknown, place: string, rows: Piece<Row>[], depth = 0): void {
  if (depth > 4) return
  if (isRow(value)) rows.push({ value, place })
  else if (Array.isArray(value))
    value.forEach((item, i) => void rowsOf(item, `${place} row ${i + 1}`.trim(), rows, depth + 1))
  else if (isObject(value))
    for (const [name, inner] of Object.entries(value))
      rowsOf(inner, `${place} ${name}`.trim(), rows, depth + 1)
}

/**
 * SLA: key, local site, remote site, local circuit, remote circuit, class, delay (two-way, ms), forward and
 * reverse delay variation (ms), forward, reverse and PDU loss (percent).
 */
function sla(row: Row): EdgeDraft[] {
  const [
    ,
    local,
    remote,
    circuit,
    remoteCircuit,
    forwardingClass,
    delay,
    fwdVar,
    revVar,
    fwdLoss,
    revLoss,
    pdu,
  ] = row
  const common: EdgeDraft = {
    kind: 'tunnel',
    device: textOf(local),
    site: textOf(local),
    link: textOf(circuit),
    local: textOf(local),
    remote: textOf(remote),
    local_color: textOf(circuit),
    remote_color: textOf(remoteCircuit),
    sla_class: textOf(forwardingClass),
  }
  return byDirection(common, {
    both: { latency_ms: numberOf(delay), latency_kind: 'round_trip', loss_ratio: percentOf(pdu) },
    tx: { jitter_ms: numberOf(fwdVar), loss_ratio: percentOf(fwdLoss) },
    rx: { jitter_ms: numberOf(revVar), loss_ratio: percentOf(revLoss) },
  })
}

/**
 * Usage: key, site, circuit, uplink and downlink capacity (bit/s, text), type, media, address, ISP, volume tx
 * and rx (bytes), bandwidth tx and rx (bit/s).
 */
function usage(row: Row): EdgeDraft[] {
  const [, site, circuit, up, down, , , , isp, txBytes, rxBytes, txBps, rxBps] = row
  return [
    {
      kind: 'link',
      direction: 'both',
      device: textOf(site),
      site: textOf(site),
      link: textOf(circuit),
      carrier: /^unknown$/i.test(textOf(isp) ?? '') ? undefined : textOf(isp),
      tx_capacity_bps: numberOf(up) || undefined,
      rx_capacity_bps: numberOf(down) || undefined,
      tx_bytes: numberOf(txBytes),
      rx_bytes: numberOf(rxBytes),
      bytes_kind: 'delta',
      tx_bps: numberOf(txBps),
      rx_bps: numberOf(rxBps),
    },
  ]
}

/** Status: key, site, circuit, availability in percent. */
const status = (row: Row): EdgeDraft[] => [
  {
    kind: 'link',
    direction: 'both',
    device: textOf(row[1]),
    site: textOf(row[1]),
    link: textOf(row[2]),
    availability_ratio: divided(row[3], 100),
  },
]

const positional = (row: Row): EdgeDraft[] =>
  isSla(row) ? sla(row) : isUsage(row) ? usage(row) : status(row)

function documentRows(payload: Payload): Piece<Row>[] {
  const rows: Piece<Row>[] = []
  for (const { value, place } of payload.documents) rowsOf(value, place, rows)
  return rows
}

/** Rows under an `aaData` that have none of the known widths. */
const strangers = (payload: Payload): number =>
  payload.documents.flatMap(({ value }) => listOf(objectOf(value).aaData)).filter((row) => !isRow(row)).length

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const strange = strangers(payload)
  if (strange > 0)
    context.reject('row_invalid', '', `${strange} rows of no known report: 12, 13 or 4 columns with a key`)
  const rows = documentRows(payload).flatMap(({ value }) => positional(value))
  const logs = payload.rows
    .filter(({ value }) => isLogRow(value))
    .flatMap(({ value }) => versaFields(asTexts(value)))
  const lines = payload.lines.flatMap(({ value, place }) => {
    const read = versaLine(value)
    if (read === undefined)
      context.reject('row_invalid', place, 'no Versa log line: a time, a log name, key=value pairs')
    return read ?? []
  })
  return [...rows, ...logs, ...lines]
}

/** Logs that a collector already took apart into JSON. */
const isLogRow = (row: Readonly<Record<string, unknown>>): boolean =>
  has(row, 'applianceName') && hasAny(row, 'generateTime', 'mstatsTimeBlock', 'fwdDelayVar')
const asTexts = (row: Readonly<Record<string, unknown>>): Map<string, string> =>
  new Map(Object.entries(row).map(([key, value]) => [key, textOf(value) ?? '']))

/** Versa (also SteelConnect EX): Analytics REST and the syslog of the log collector. */
export const versa: EdgeVendor = {
  id: 'versa',
  titles: { fr: 'Versa', en: 'Versa' },
  transports: ['rest', 'syslog'],
  kinds: ['tunnel', 'link', 'counters', 'event'],
  fields: [
    'latency_ms',
    'jitter_ms',
    'loss_ratio',
    'tx_bps',
    'rx_bps',
    'tx_bytes',
    'rx_bytes',
    'tx_capacity_bps',
    'rx_capacity_bps',
    'availability_ratio',
    'event',
  ],
  identity: { device: 'appliance name', site: 'site name', link: 'access circuit' },
  documentation: 'https://docs.versa-networks.com/Management_and_Orchestration/Versa_Analytics',
  recognise: (payload) =>
    Math.max(
      linesLike(payload, 0.95, isVersaLine),
      documentRows(payload).length > 0 ? 0.9 : 0,
      payload.rows.slice(0, 20).some(({ value }) => isLogRow(value)) ? 0.9 : 0,
      documentsLike(payload, 0.6, (value) => Array.isArray(objectOf(value).aaData)),
    ),
  normalise,
}
