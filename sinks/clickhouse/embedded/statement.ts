/** What a query is, as far as the HTTP interface must know it. */
export interface Statement {
  readonly sql: string
  readonly kind: 'read' | 'insert' | 'other'
  /** FORMAT named in the query. */
  readonly format: string | undefined
}

/** Where comments and white space end. */
function skipSpace(sql: string): number {
  const lead = /^(?:\s+|--[^\n]*(?:\n|$)|#![^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()*/.exec(sql)
  return lead?.[0].length ?? 0
}

const READS = new Set([
  'SELECT',
  'WITH',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXPLAIN',
  'EXISTS',
  'VALUES',
  'FROM',
  'CHECK',
])

/** Reads the first word and the FORMAT clause of a query. */
export function readStatement(text: string): Statement {
  const sql = text.trim().replace(/;+\s*$/, '')
  const word = /^[A-Za-z]+/.exec(sql.slice(skipSpace(sql)))?.[0].toUpperCase() ?? ''
  const kind = word === 'INSERT' ? 'insert' : READS.has(word) ? 'read' : 'other'
  const format = /\bFORMAT\s+(\w+)\s*(?:SETTINGS\b[\s\S]*)?$/i.exec(sql)?.[1]
  return { sql, kind, format }
}

/**
 * An insert whose data lies in a file: `INSERT INTO t (a) SETTINGS … FORMAT Native` reads it from there.
 * @returns undefined when the query names no format, so that its data cannot follow it
 */
export function insertFromFile({ sql, format }: Statement, path: string): string | undefined {
  const parts = /^([\s\S]*?)(\s+SETTINGS\s[\s\S]*?)?\s+FORMAT\s+\w+(\s+SETTINGS\s[\s\S]*)?$/i.exec(sql)
  if (format === undefined || parts === null) return undefined
  const [, head, before = '', after = ''] = parts
  const quoted = path.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
  return `${head} FROM INFILE '${quoted}' COMPRESSION 'none'${before}${after} FORMAT ${format}`
}

/** An insert in the body of a request with its data behind the format: the place where the data begins. */
export function inlineData(body: Buffer): { sql: string; data: Buffer } | undefined {
  const head = body.subarray(0, 65_536).toString('latin1')
  const found = /^[\s\S]*?\bFORMAT\s+(\w+)[ \t]*\r?\n?/i.exec(head)
  if (found === null || /^values$/i.test(found[1]!)) return undefined
  const at = found[0].length
  return { sql: body.subarray(0, at).toString('utf8'), data: body.subarray(at) }
}
