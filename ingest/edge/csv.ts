/**
 * Fields of a CSV text (RFC 4180: quotes, doubled quotes, commas and line ends inside quotes) by the names of
 * its head.
 */
export function csvRows(text: string, separator = ','): Record<string, string>[] {
  const [head, ...lines] = csvLines(text, separator)
  if (head === undefined) return []
  const names = head.map((name) => name.trim().replace(/^\ufeff/, ''))
  return lines
    .filter((cells) => cells.some((cell) => cell !== ''))
    .map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ''])))
}

/** Cells of each line. */
export function csvLines(text: string, separator = ','): string[][] {
  const lines: string[][] = []
  let cells: string[] = []
  let at = 0
  while (at <= text.length) {
    const cell = text[at] === '"' ? quotedCell(text, at) : bareCell(text, at, separator)
    cells.push(cell.value)
    at = cell.end
    if (text[at] === separator) {
      at++
      continue
    }
    lines.push(cells)
    cells = []
    if (at >= text.length) break
    at += text.startsWith('\r\n', at) ? 2 : 1
    if (at >= text.length) break
  }
  return lines
}

interface Cell {
  readonly value: string
  readonly end: number
}

function bareCell(text: string, start: number, separator: string): Cell {
  let end = start
  while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end++
  return { value: text.slice(start, end), end }
}

function quotedCell(text: string, start: number): Cell {
  let value = ''
  let at = start + 1
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote < 0) return { value: value + text.slice(at), end: text.length }
    value += text.slice(at, quote)
    if (text[quote + 1] !== '"') {
      // What stands between the closing quote and the separator belongs to no cell.
      let end = quote + 1
      while (end < text.length && !',;\t\n\r'.includes(text[end]!)) end++
      return { value, end }
    }
    value += '"'
    at = quote + 2
  }
}
