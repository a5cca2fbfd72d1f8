import { csvLines } from '../csv.js'
import { byDirection, type DraftValues, type EdgeDraft } from '../draft.js'
import { firstText, isObject, type JsonObject, listOf, textOf } from '../json.js'
import type { Payload, Piece } from '../payload.js'
import { epochMs } from '../times.js'
import { divided, numberOf, rateOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

type Cells = readonly unknown[]

/** Columns of a tunnel's row in the minute statistics, by position. */
const COLUMN = {
  id: 1,
  name: 2,
  overlay: 3,
  wanTxBytes: 6,
  wanRxBytes: 7,
  latencyHundredths: 14,
  lossBeforeFec: 23,
  lossAfterFec: 24,
  mosAfterFec: 65,
  mosBeforeFec: 66,
  jitterMs: 69,
  epochS: 71,
} as const
const COLUMNS_MIN = COLUMN.epochS + 1
const MINUTE_S = 60

/** A row is told by its width, its time and a tunnel's name. */
const isTunnelRow = (cells: Cells): boolean =>
  cells.length >= COLUMNS_MIN &&
  epochMs(cells[COLUMN.epochS]) !== undefined &&
  textOf(cells[COLUMN.id]) !== undefined &&
  textOf(cells[COLUMN.name]) !== undefined

/** Rows: CSV lines, CSV in a `row`, or lists. */
function rowsOf(payload: Payload): Piece<Cells>[] {
  const lines = payload.lines.map(({ value, place }) => ({ value: csvLines(value)[0] ?? [], place }))
  const rows = payload.rows.flatMap(({ value, place }) => {
    const text = firstText(value.row, value.csv, value.line)
    return text === undefined ? [] : [{ value: csvLines(text)[0] ?? [], place }]
  })
  const lists = payload.documents.flatMap(({ value, place }) =>
    (Array.isArray(value) ? value : [])
      .filter(Array.isArray)
      .map((row: unknown[]) => ({ value: row, place })),
  )
  return [...lines, ...rows, ...lists]
}

/** Loss and MOS of one stage, in hundredths. 2^64−1 is a bad value of releases before 9.1.3 and 9.2.2. */
const stage = (loss: unknown, mos: unknown): DraftValues => ({
  loss_ratio: divided(loss, 10_000),
  mos: divided(mos, 100) || undefined,
  mos_scale_max: 5,
})

/**
 * Latency in hundredths of ms, jitter in ms: it alone is not scaled. Two records, as the loss has two stages.
 */
function tunnel(cells: Cells): EdgeDraft[] {
  const [tx, rx] = [cells[COLUMN.wanTxBytes], cells[COLUMN.wanRxBytes]]
  const overlay = textOf(cells[COLUMN.overlay])
  const common: EdgeDraft = {
    kind: 'tunnel',
    observed_ms: epochMs(cells[COLUMN.epochS]),
    interval_s: MINUTE_S,
    link: textOf(cells[COLUMN.name]),
    local_color: textOf(cells[COLUMN.id]),
    sla_class: overlay === undefined ? undefined : overlay === '0' ? 'underlay' : `overlay ${overlay}`,
  }
  const after: DraftValues = {
    latency_ms: divided(cells[COLUMN.latencyHundredths], 100),
    jitter_ms: numberOf(cells[COLUMN.jitterMs]),
    loss_stage: 'post_fec',
    ...stage(cells[COLUMN.lossAfterFec], cells[COLUMN.mosAfterFec]),
    tx_bytes: numberOf(tx),
    rx_bytes: numberOf(rx),
    bytes_kind: 'delta',
    tx_bps: rateOf(tx, MINUTE_S),
    rx_bps: rateOf(rx, MINUTE_S),
  }
  const before = {
    loss_stage: 'pre_fec' as const,
    ...stage(cells[COLUMN.lossBeforeFec], cells[COLUMN.mosBeforeFec]),
  }
  return [...byDirection(common, { both: after }), ...byDirection(common, { both: before })]
}

/**
 * Time series of the Orchestrator: names of columns, then rows. Only columns whose unit is told by their name
 * are read.
 */
const isSeries = (row: JsonObject): boolean => Array.isArray(row.column_def) && Array.isArray(row.data)

function series(row: JsonObject): EdgeDraft[] {
  const names = listOf(row.column_def).map((name) => (textOf(name) ?? '').toLowerCase())
  const at = (cells: readonly unknown[], ...wanted: string[]) =>
    cells[names.findIndex((name) => wanted.includes(name))]
  return listOf(row.data)
    .filter(Array.isArray)
    .map((cells: unknown[]) => ({
      kind: 'tunnel',
      direction: 'both',
      observed_ms: epochMs(at(cells, 'timestamp', 'time')),
      link: firstText(at(cells, 'tunnel_name', 'tunnel'), row.tunnelName),
      device: firstText(at(cells, 'ne_pk', 'nepk', 'host_name'), row.nePk),
      tx_bytes: numberOf(at(cells, 'bytes_wtx', 'wtx_bytes')),
      rx_bytes: numberOf(at(cells, 'bytes_wrx', 'wrx_bytes')),
      bytes_kind: 'delta',
    }))
}

const seriesOf = (payload: Payload): JsonObject[] =>
  payload.documents
    .map(({ value }) => value)
    .filter((value): value is JsonObject => isObject(value) && isSeries(value))

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const rows = rowsOf(payload).flatMap(({ value, place }) => {
    if (isTunnelRow(value)) return tunnel(value)
    if (!/^#|tunnel/i.test(textOf(value[0]) ?? ''))
      context.reject(
        'row_invalid',
        place,
        `no row of tunnel statistics: ${COLUMNS_MIN} columns with an epoch in the last`,
      )
    return []
  })
  return [...rows, ...seriesOf(payload).flatMap(series)]
}

/** HPE Aruba EdgeConnect (Silver Peak): the tunnels' minute statistics, time series of the Orchestrator. */
export const hpeEdgeconnect: EdgeVendor = {
  id: 'hpe-edgeconnect',
  titles: { fr: 'HPE Aruba EdgeConnect (Silver Peak)', en: 'HPE Aruba EdgeConnect (Silver Peak)' },
  transports: ['rest', 'file'],
  kinds: ['tunnel'],
  fields: [
    'latency_ms',
    'jitter_ms',
    'loss_ratio',
    'loss_stage',
    'mos',
    'tx_bps',
    'rx_bps',
    'tx_bytes',
    'rx_bytes',
  ],
  identity: { device: 'from the archive (origin)', link: 'tunnel name' },
  documentation: 'https://developer.arubanetworks.com/edgeconnect/',
  recognise: (payload) =>
    rowsOf(payload)
      .slice(0, 20)
      .some(({ value }) => isTunnelRow(value))
      ? 0.85
      : seriesOf(payload).length > 0
        ? 0.8
        : 0,
  normalise,
}
