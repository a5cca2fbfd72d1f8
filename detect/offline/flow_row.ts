import type { FlowBlock } from '../../model/flow_block.js'
import { COL, EXPORT_PROTOCOLS, FLOW_COLUMNS, KIND_WIDTH } from '../../model/flow_columns.js'
import { parseAddress } from '../address.js'

/**
 * Writes one line into row `row` of `block` and gives its time of receipt, ms since 1970; undefined when the line cannot be
 * read, 'skip' when it is no flow.
 */
export type RowParser = (line: string, block: FlowBlock, row: number) => number | 'skip' | undefined

const MS_HIGH = 4294967296

export function putU64(block: FlowBlock, column: number, row: number, value: number): void {
  const words = block.words[column]!
  words[2 * row] = value >>> 0
  words[2 * row + 1] = Math.floor(value / MS_HIGH)
}

/** Sets all columns of a row that the block holds to their unknown values. */
export function clearRow(block: FlowBlock, row: number): void {
  for (let c = 0; c < FLOW_COLUMNS.length; c++) {
    if (block.touched[c] === 0) continue
    const perRow = Math.max(1, KIND_WIDTH[FLOW_COLUMNS[c]!.kind] / 4)
    block.words[c]!.fill(FLOW_COLUMNS[c]!.unknown, row * perRow, (row + 1) * perRow)
  }
}

/** Copies a row with all columns that `from` holds. */
export function copyRow(from: FlowBlock, row: number, into: FlowBlock, at: number): void {
  for (let c = 0; c < FLOW_COLUMNS.length; c++) {
    if (from.touched[c] === 0) continue
    into.touch(c)
    const perRow = Math.max(1, KIND_WIDTH[FLOW_COLUMNS[c]!.kind] / 4)
    const source = from.words[c]!
    const target = into.words[c]!
    for (let i = 0; i < perRow; i++) target[at * perRow + i] = source[row * perRow + i]!
  }
}

/** Columns a canonical flow may carry and detection can use: all but texts and what the enrichment fills anew. */
const READ = FLOW_COLUMNS.flatMap(({ name, kind }, id) =>
  kind === 'string' || ENRICHED_FROM(id) ? [] : [{ name, kind, id }],
)

function ENRICHED_FROM(id: number): boolean {
  return id >= COL.src_org_id!
}

/** Reader of canonical flows as JSON lines. A line of another `kind` than a flow is skipped. */
export const canonicalParser: RowParser = (line, block, row) => {
  let flow: unknown
  try {
    flow = JSON.parse(line)
  } catch {
    return undefined
  }
  if (flow === null || typeof flow !== 'object' || Array.isArray(flow)) return undefined
  const fields = flow as Record<string, unknown>
  if (fields.kind !== undefined && fields.kind !== 'flow') return 'skip'
  if (fields.src_addr === undefined || fields.dst_addr === undefined) return undefined
  for (const { name, kind, id } of READ) {
    const value = fields[name]
    if (value === undefined) continue
    block.touch(id)
    if (!put(block, id, kind, row, value)) return undefined
  }
  const end = timeOf(fields.flow_end) ?? timeOf(fields.time_received)
  const received = timeOf(fields.time_received) ?? end
  if (received === undefined || end === undefined) return undefined
  const start = timeOf(fields.flow_start) ?? end
  for (const [column, ms] of [
    [COL.flow_start!, start],
    [COL.flow_end!, end],
    [COL.time_received!, received],
  ] as const) {
    block.touch(column)
    putU64(block, column, row, ms)
  }
  return received
}

function put(block: FlowBlock, id: number, kind: string, row: number, value: unknown): boolean {
  if (kind === 'ipv6') return parseAddress(String(value), block.words[id] as Uint32Array, row * 4)
  if (kind === 'time_ms') return timeOf(value) !== undefined
  const number = typeof value === 'string' ? codeOf(id, value) : Number(value)
  if (!Number.isFinite(number) || number < 0) return false
  if (kind === 'u64') putU64(block, id, row, number)
  else block.words[id]![row] = number
  return true
}

/** Number of a named value; names that detection has no use for become 0. */
function codeOf(id: number, text: string): number {
  if (id === COL.export_protocol) return EXPORT_PROTOCOLS[text as keyof typeof EXPORT_PROTOCOLS] ?? 0
  return /^\d+$/.test(text) ? Number(text) : 0
}

function timeOf(value: unknown): number | undefined {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined
}
