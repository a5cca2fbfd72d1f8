import { isObject, type JsonObject, parseJson } from './json.js'

/** A part of a payload, and where it stands: `line 3`, `row 12`. */
export interface Piece<T> {
  readonly value: T
  readonly place: string
}

/** A payload, taken apart as far as no vendor has to be known for it. */
export interface Payload {
  readonly text: string
  /** JSON values: one for a JSON text, one a line for NDJSON. */
  readonly documents: readonly Piece<unknown>[]
  /** Lines that are no JSON, without empty ones and comments. */
  readonly lines: readonly Piece<string>[]
  /**
   * The objects under the usual envelopes of the documents (lists, `data`, `results`, `hits.hits[]._source`,
   * …).
   */
  readonly rows: readonly Piece<JsonObject>[]
  /** Set where the text looks like one JSON value and does not parse. */
  readonly broken?: Piece<string>
}

/** Keys under which controllers put their rows. */
export const ENVELOPES = [
  'data',
  'results',
  'result',
  'items',
  'records',
  'rows',
  'response',
  'hits',
  '_source',
] as const
const DEPTH_MAX = 6

/** Takes a text apart. Never throws. */
export function readPayload(text: string): Payload {
  const body = withoutComments(text.startsWith('\ufeff') ? text.slice(1) : text)
  if (/^\s*[[{]/.test(body)) {
    try {
      const documents = [{ value: parseJson(body), place: '' }]
      return { text, documents, lines: [], rows: rowsOf(documents) }
    } catch (error) {
      return readLines(text, body, (error as Error).message)
    }
  }
  return readLines(text, body, undefined)
}

/** Comment lines before the first value, as in jsonnet and in saved answers with their address on top. */
function withoutComments(text: string): string {
  let at = 0
  for (;;) {
    const match = /[ \t\r\n]*(?:#|\/\/)[^\n]*(?:\n|$)/y
    match.lastIndex = at
    if (!match.test(text)) return at === 0 ? text : text.slice(at)
    at = match.lastIndex
  }
}

function readLines(text: string, body: string, fault: string | undefined): Payload {
  const documents: Piece<unknown>[] = []
  const lines: Piece<string>[] = []
  let number =
    text.length === body.length ? 0 : text.slice(0, text.length - body.length).split('\n').length - 1
  for (const line of body.split(/\r?\n/)) {
    number++
    const place = `line ${number}`
    if (line.trim() === '') continue
    const value = jsonOfLine(line)
    if (value === undefined) lines.push({ value: line, place })
    else documents.push({ value, place })
  }
  const whole = fault !== undefined && documents.length === 0
  const broken = whole ? { broken: { value: fault, place: '' } } : {}
  return { text, documents, lines: whole ? [] : lines, rows: rowsOf(documents), ...broken }
}

/** The JSON of a line, also behind a syslog header. */
function jsonOfLine(line: string): JsonObject | readonly unknown[] | undefined {
  const start = /^\s*(?:<\d{1,3}>[^{]*)?(?=[[{])/.exec(line)
  if (start === null) return undefined
  try {
    const value = parseJson(line.slice(start[0].length))
    return isObject(value) || Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function rowsOf(documents: readonly Piece<unknown>[]): Piece<JsonObject>[] {
  const rows: Piece<JsonObject>[] = []
  for (const { value, place } of documents) openEnvelope(value, place, rows, 0)
  return rows
}

function openEnvelope(value: unknown, place: string, rows: Piece<JsonObject>[], depth: number): void {
  if (depth > DEPTH_MAX) return
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      openEnvelope(item, place === '' ? `row ${i + 1}` : `${place}, row ${i + 1}`, rows, depth + 1)
    }
    return
  }
  if (!isObject(value)) return
  const key = ENVELOPES.find((name) => isEnvelope(value[name]))
  if (key === undefined) rows.push({ value, place })
  else openEnvelope(value[key], place, rows, depth + 1)
}

const isEnvelope = (inner: unknown): boolean =>
  isObject(inner) || (Array.isArray(inner) && inner.every((item) => isObject(item)))
