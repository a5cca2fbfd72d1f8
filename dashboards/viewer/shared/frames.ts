import type { Cell, Frame, FrameColumn, Panel } from './protocol.js'

/** One line of a chart: a value, or none, for each moment of the frame. */
export interface Line {
  /** Column of the query, or the label's text where lines are told apart by a label. */
  readonly name: string
  readonly label: boolean
  readonly values: (number | null)[]
}

export interface Lines {
  readonly times: readonly number[]
  readonly lines: readonly Line[]
}

/** What a chart covers, ms since 1970. */
export interface Extent {
  readonly from: number
  readonly to: number
}

/** Buckets of a chart at most; a range with more has no gaps to show. */
const BUCKETS_MAX = 5000

/** Moments that a chart has buckets for: those of the rows, and the empty ones of the range, so that a gap stays a gap. */
function grid(times: ReadonlySet<number>, intervalMs: number, { from, to }: Extent): number[] {
  const sorted = [...times].sort((a, b) => a - b)
  const first = sorted[0]
  if (first === undefined || (to - from) / intervalMs > BUCKETS_MAX) return sorted
  // Buckets of a day or more do not lie at equal distances where a summer time begins: they are taken as they come.
  if (intervalMs >= 86_400_000) return sorted
  const all = new Set(sorted)
  for (let t = first; t <= to; t += intervalMs) all.add(t)
  for (let t = first; t >= from; t -= intervalMs) all.add(t)
  return [...all].sort((a, b) => a - b)
}

const numberOf = (cell: Cell | undefined): number | null => (typeof cell === 'number' ? cell : null)

/**
 * Lines of a frame in either of Grafana's forms: long (time, label, value) or wide (time and a column a line). In the long
 * form a label without a row in a bucket that others have is zero there: its group had nothing. A bucket without any row is
 * unknown. `absent` is null where a label without a row is unknown too, as a state is.
 */
export function linesOf(frame: Frame, intervalS: number, extent: Extent, absent: 0 | null = 0): Lines {
  const timeAt = frame.columns.findIndex(({ kind }) => kind === 'time')
  if (timeAt < 0) return { times: [], lines: [] }
  const present = new Set(frame.rows.map((row) => Number(row[timeAt])))
  const times = grid(present, intervalS * 1000, extent)
  const position = new Map(times.map((t, i) => [t, i]))
  const labelAt = frame.columns.findIndex(({ kind }) => kind === 'string')
  if (labelAt >= 0) return { times, lines: longLines(frame, timeAt, labelAt, position, present, absent) }
  const lines = frame.columns.flatMap(({ name, kind }, index): Line[] => {
    if (kind !== 'number') return []
    const values: (number | null)[] = times.map(() => null)
    for (const row of frame.rows) values[position.get(Number(row[timeAt]))!] = numberOf(row[index])
    return [{ name, label: false, values }]
  })
  return { times, lines }
}

function longLines(
  frame: Frame,
  timeAt: number,
  labelAt: number,
  position: ReadonlyMap<number, number>,
  present: ReadonlySet<number>,
  absent: 0 | null,
): Line[] {
  const valueAt = frame.columns.findIndex(({ kind }) => kind === 'number')
  const byLabel = new Map<string, (number | null)[]>()
  const empty = [...position.keys()].map((t) => (present.has(t) ? absent : null))
  for (const row of frame.rows) {
    const label = String(row[labelAt] ?? '')
    const values = byLabel.get(label) ?? [...empty]
    byLabel.set(label, values)
    values[position.get(Number(row[timeAt]))!] = numberOf(row[valueAt])
  }
  return [...byLabel].map(([name, values]) => ({ name, label: true, values }))
}

/** Grafana's `groupingToMatrix`: the values of one column become columns. */
function toMatrix(frame: Frame, options: Readonly<Record<string, unknown>>): Frame {
  const at = (name: string): number => frame.columns.findIndex((column) => column.name === options[name])
  const [column, row, value] = [at('columnField'), at('rowField'), at('valueField')]
  if (column < 0 || row < 0 || value < 0) return frame
  const names = [...new Set(frame.rows.map((cells) => String(cells[column])))]
  const nothing = options.emptyValue === 'zero' ? 0 : null
  const byRow = new Map<Cell, Cell[]>()
  for (const cells of frame.rows) {
    const key = cells[row]!
    const line = byRow.get(key) ?? [key, ...names.map(() => nothing)]
    byRow.set(key, line)
    line[1 + names.indexOf(String(cells[column]))] = cells[value]!
  }
  const columns: FrameColumn[] = [
    { name: `${options.rowField}\\${options.columnField}`, kind: frame.columns[row]!.kind },
    ...names.map((name): FrameColumn => ({ name, kind: frame.columns[value]!.kind })),
  ]
  return { columns, rows: [...byRow.values()], truncated: frame.truncated }
}

/** The frame after the panel's transformations; the viewer knows those that our dashboards use. */
export function transformed(panel: Panel, frame: Frame): Frame {
  return panel.transformations.reduce(
    (result, { id, options }) => (id === 'groupingToMatrix' ? toMatrix(result, options) : result),
    frame,
  )
}

/** Text of a value in a CSV file (RFC 4180). What a spreadsheet would run as a formula is made text. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.,]+$/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
