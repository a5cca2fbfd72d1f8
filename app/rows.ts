import type { CommandIo } from './io.js'
import { UsageError } from './io.js'

export type RowFormat = 'table' | 'jsonl' | 'csv'
export type Row = Readonly<Record<string, unknown>>

/** The format asked for with --format, else a table on a terminal and JSON lines in a pipe. */
export function formatOf(asked: string | undefined, io: CommandIo): RowFormat {
  if (asked === undefined) return io.stdout.isTTY ? 'table' : 'jsonl'
  if (asked === 'table' || asked === 'jsonl' || asked === 'csv') return asked
  throw new UsageError(`--format ${asked}: must be table, jsonl or csv`)
}

const text = (value: unknown): string =>
  value === undefined || value === null
    ? ''
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)

const csvCell = (value: unknown): string => {
  const cell = text(value)
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

function table(rows: readonly Row[], columns: readonly string[]): string {
  const cells = [columns, ...rows.map((row) => columns.map((c) => text(row[c]).replaceAll('\n', ' ')))]
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)))
  const numeric = columns.map((c) => rows.every((row) => row[c] === undefined || typeof row[c] === 'number'))
  return cells
    .map((line) =>
      line
        .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** Rows as text. The columns are those of the first row unless named. */
export function renderRows(
  rows: readonly Row[],
  format: RowFormat,
  columns: readonly string[] = Object.keys(rows[0] ?? {}),
): string {
  if (format === 'jsonl') return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  if (rows.length === 0) return ''
  if (format === 'table') return table(rows, columns)
  return [columns, ...rows.map((row) => columns.map((c) => row[c]))]
    .map((line) => `${line.map(csvCell).join(',')}\n`)
    .join('')
}
