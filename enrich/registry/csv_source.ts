import { basename } from 'node:path'
import { CSV_COLUMNS, CSV_FILE_NAMES, type CsvColumn } from './csv_columns.js'
import type { Mistake, MistakeCode, MistakeParams, Position, ReadResult, SourceEntry } from './mistake.js'
import { nearest } from './nearest.js'
import { labelOf } from './yaml_source.js'

interface Cell {
  readonly text: string
  readonly line: number
  readonly column: number
}

/**
 * Reads a CSV file (RFC 4180, parted by `,` or `;`) whose name begins with its section: `sites.csv`,
 * `sites-sante.csv`, `prefixes.csv`. The header names columns of `csv_columns.ts`; an empty cell is a key
 * left out.
 */
export function readCsv(file: string, text: string): ReadResult {
  const mistakes: Mistake[] = []
  const report = (position: Position, code: MistakeCode, params: MistakeParams): void => {
    mistakes.push({ ...position, code, params })
  }
  const name = basename(file).toLowerCase()
  const section = Object.entries(CSV_FILE_NAMES).find(([start]) => name.startsWith(start))?.[1]
  if (section === undefined) {
    const known = Object.keys(CSV_COLUMNS).map((s) => `${s}.csv`)
    report({ file, line: 1, column: 1 }, 'csv_section', { known: known.join(', ') })
    return { entries: [], mistakes }
  }
  const open = (cell: Cell): void => report({ file, line: cell.line, column: cell.column }, 'csv_quote', {})
  const [header, ...rows] = cellsOf(text, open)
  const known = CSV_COLUMNS[section]!
  const columns = (header ?? []).map((cell) => {
    const column = known.get(cell.text.trim())
    if (column === undefined) {
      const near = nearest(cell.text.trim(), known.keys())
      const params = { key: cell.text.trim(), known: [...known.keys()].join(', '), ...(near && { near }) }
      report({ file, line: cell.line, column: cell.column }, 'csv_column', params)
    }
    return column
  })
  const entries = rows.map((cells, i) => {
    if (cells.length !== columns.length) {
      const params = { found: cells.length, expected: columns.length }
      report({ file, line: cells[0]!.line, column: 1 }, 'csv_cells', params)
    }
    return new CsvEntry(file, section, i, columns, cells, report)
  })
  return { entries, mistakes }
}

class CsvEntry implements SourceEntry {
  readonly section: string
  readonly label: string
  readonly value: Record<string, unknown> = {}
  readonly #file: string
  readonly #columns: readonly (CsvColumn | undefined)[]
  readonly #cells: readonly Cell[]

  constructor(
    file: string,
    section: string,
    index: number,
    columns: readonly (CsvColumn | undefined)[],
    cells: readonly Cell[],
    report: (position: Position, code: MistakeCode, params: MistakeParams) => void,
  ) {
    this.#file = file
    this.section = section
    this.#columns = columns
    this.#cells = cells
    columns.forEach((column, i) => {
      const cell = cells[i]
      const text = cell?.text.trim() ?? ''
      if (column === undefined || cell === undefined || text === '') return
      const wrong = (value: string): void =>
        report({ file, line: cell.line, column: cell.column }, 'csv_number', {
          value,
          key: column.path.join('.'),
        })
      const value = readCell(column, text, wrong)
      if (value !== undefined) setAt(this.value, column.path, value)
    })
    this.label = labelOf(this.value, index)
  }

  position(path: readonly PropertyKey[]): Position {
    // The cell of the longest part of the path that has one.
    for (let length = path.length; length > 0; length--) {
      const name = path.slice(0, length).join('.')
      const cell = this.#cells[this.#columns.findIndex((column) => column?.path.join('.') === name)]
      if (cell !== undefined) return { file: this.#file, line: cell.line, column: cell.column }
    }
    const [first] = this.#cells
    return { file: this.#file, line: first?.line ?? 1, column: first?.column ?? 1 }
  }

  keyPosition(path: readonly PropertyKey[]): Position {
    return this.position(path)
  }
}

function readCell(column: CsvColumn, text: string, wrong: (value: string) => void): unknown {
  const number = (word: string): unknown => {
    if (/^-?\d+(\.\d+)?([eE]\d+)?$/.test(word)) return Number(word)
    wrong(word)
    return undefined
  }
  const words = text.split(/[\s|]+/).filter((word) => word !== '')
  switch (column.kind) {
    case 'text':
      return text
    case 'number':
      return number(text)
    case 'words':
      return words
    case 'numbers':
      return words.map(number).filter((n) => n !== undefined)
    case 'keys':
      return Object.fromEntries(words.map((word) => [word, {}]))
    case 'pairs':
      return words.map((word) => {
        const values = word.split('#')
        const parts = column.parts!.map((part, i) => [part.path.join('.'), values[i], part.kind] as const)
        // What is not given is left out; what must be there is told by the schema.
        const entries = parts.filter(([, v]) => v !== undefined)
        return Object.fromEntries(
          entries.map(([key, v, kind]) => [key, kind === 'number' && v ? number(v) : v]),
        )
      })
  }
}

function setAt(object: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path as [string, ...string[]]
  if (rest.length === 0) object[key] = value
  else {
    const inner = object[key]
    const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
    object[key] = next
    setAt(next, rest, value)
  }
}

/** Rows of cells with their places. Rows with nothing in them are left out. */
export function cellsOf(text: string, open: (cell: Cell) => void): Cell[][] {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  const header = text.slice(start, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n'))
  const comma = header.includes(';') && !header.includes(',') ? ';' : ','
  const rows: Cell[][] = []
  let row: Cell[] = []
  let line = 1
  let lineStart = start
  let at = start
  while (at < text.length) {
    const begin = { line, column: at - lineStart + 1 }
    let cell = ''
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1)
      cell = text.slice(at + 1, end).replaceAll('""', '"')
      if (end === text.length) open({ text: cell, ...begin })
      for (let i = text.indexOf('\n', at); i >= 0 && i < end; i = text.indexOf('\n', i + 1)) {
        line++
        lineStart = i + 1
      }
      at = end + 1
    }
    const from = at
    while (at < text.length && text[at] !== comma && text[at] !== '\n') at++
    cell += text.slice(from, at).replace(/\r$/, '')
    row.push({ text: cell, ...begin })
    const ended = text[at] !== comma
    // A comma at the very end opens one more cell, an empty one.
    if (!ended && at + 1 === text.length) row.push({ text: '', line, column: at - lineStart + 2 })
    at++
    if (ended || at >= text.length) {
      if (row.some((c) => c.text.trim() !== '')) rows.push(row)
      row = []
      line++
      lineStart = at
    }
  }
  return rows
}

/** Place of the quote that closes a cell; the end of the text where none does. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at
  return text.length
}
