/** Items of an invoice, in ours and in a supplier's. */
export const INVOICE_ITEMS = ['base', 'burst', 'volume', 'credit'] as const

/** Columns of a supplier's file; others are ignored. */
export const SUPPLIER_COLUMNS = [
  'invoice',
  'link',
  'item',
  'from',
  'to',
  'quantity',
  'unit_price_cad',
  'amount_cad',
] as const

/** A row of `vigie.supplier_invoice_lines`. Amounts stay text: they are decimal. */
export interface SupplierLine {
  readonly month: string
  readonly supplier: string
  readonly invoice: string
  /** Line of the file, 1 is the header. */
  readonly line: number
  readonly link: string
  readonly item: string
  readonly part_from: number
  readonly part_to: number
  readonly quantity: string
  readonly unit_price_cad: string
  readonly amount_cad: string
}

/** What cannot be read, and where. */
export interface SupplierMistake {
  readonly line: number
  readonly column: string
  readonly found: string
}

export interface SupplierFile {
  readonly lines: readonly SupplierLine[]
  readonly mistakes: readonly SupplierMistake[]
}

/** Lines that a file may have; one supplier bills some thousands of links. */
export const SUPPLIER_LINES_MAX = 200_000

const DECIMAL = /^-?\d{1,12}(\.\d{1,10})?$/

/**
 * Reads a supplier's invoice: CSV (RFC 4180) with a header, a comma or a semicolon between the cells, moments in ISO 8601
 * with their offset, decimal points.
 */
export function readSupplierFile(text: string, month: string, supplier: string): SupplierFile {
  const [header = '', ...rows] = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const separator = header.includes(';') ? ';' : ','
  const names = cells(header, separator).map((name) => name.trim().toLowerCase())
  const missing = SUPPLIER_COLUMNS.filter((column) => !names.includes(column))
  if (missing.length > 0)
    return { lines: [], mistakes: missing.map((column) => ({ line: 1, column, found: '' })) }
  if (rows.length > SUPPLIER_LINES_MAX)
    return { lines: [], mistakes: [{ line: SUPPLIER_LINES_MAX, column: '', found: String(rows.length) }] }
  const lines: SupplierLine[] = []
  const mistakes: SupplierMistake[] = []
  for (const [i, row] of rows.entries()) {
    if (row.trim() === '') continue
    const values = cells(row, separator)
    const cell = (column: (typeof SUPPLIER_COLUMNS)[number]): string =>
      (values[names.indexOf(column)] ?? '').trim()
    const wrong = SUPPLIER_COLUMNS.filter((column) => !isGood(column, cell(column)))
    mistakes.push(...wrong.map((column) => ({ line: i + 2, column, found: cell(column) })))
    if (wrong.length > 0) continue
    lines.push({
      month,
      supplier,
      invoice: cell('invoice'),
      line: i + 2,
      link: cell('link'),
      item: cell('item'),
      part_from: Date.parse(cell('from')) / 1000,
      part_to: Date.parse(cell('to')) / 1000,
      quantity: cell('quantity'),
      unit_price_cad: cell('unit_price_cad'),
      amount_cad: cell('amount_cad'),
    })
  }
  return { lines, mistakes }
}

function isGood(column: (typeof SUPPLIER_COLUMNS)[number], value: string): boolean {
  if (column === 'item') return (INVOICE_ITEMS as readonly string[]).includes(value)
  if (column === 'from' || column === 'to')
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value))
  if (column === 'invoice' || column === 'link') return value !== ''
  return DECIMAL.test(value)
}

/** The cells of a row; a quoted one may hold the separator, and a quote as two. */
function cells(row: string, separator: string): string[] {
  const found: string[] = []
  let at = 0
  for (;;) {
    if (row[at] === '"') {
      const end = closingQuote(row, at + 1)
      found.push(row.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 1
    } else {
      const end = row.indexOf(separator, at)
      found.push(row.slice(at, end < 0 ? row.length : end))
      at = end < 0 ? row.length : end
    }
    if (row[at] !== separator) return found
    at++
  }
}

function closingQuote(row: string, from: number): number {
  let at = from
  while (at < row.length) {
    if (row[at] === '"' && row[at + 1] !== '"') return at
    at += row[at] === '"' ? 2 : 1
  }
  return row.length
}
