/** JSON of unknown origin, read without trusting any of it. */
export type JsonObject = Readonly<Record<string, unknown>>

const EMPTY: JsonObject = Object.freeze({})

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The value if it is an object, else an empty one: paths into missing parts give undefined rather than throw.
 */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : EMPTY)

/** The value if it is a list, else an empty one. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Objects of a list. */
export const objectsOf = (value: unknown): readonly JsonObject[] => listOf(value).filter(isObject)

/** Values of a map that are objects, with their keys. */
export const entriesOf = (value: unknown): (readonly [key: string, value: JsonObject])[] =>
  Object.entries(objectOf(value)).filter((entry): entry is [string, JsonObject] => isObject(entry[1]))

export const has = (row: JsonObject, ...keys: string[]): boolean => keys.every((key) => key in row)
export const hasAny = (row: JsonObject, ...keys: string[]): boolean => keys.some((key) => key in row)

/** Words by which vendors write "no value". */
const NO_TEXT = new Set(['', '-', '--', 'null', 'n/a', 'undefined', 'nan'])

/**
 * A text that says something: trimmed; numbers as they print; undefined for `"Null"`, `-`, `N/A` and the
 * like.
 */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  if (typeof value !== 'string') return undefined
  const trimmed = value.trim()
  return NO_TEXT.has(trimmed.toLowerCase()) ? undefined : trimmed
}

/** The first of these that says something. */
export function firstText(...values: unknown[]): string | undefined {
  for (const value of values) {
    const text = textOf(value)
    if (text !== undefined) return text
  }
  return undefined
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/**
 * Parses JSON and keeps integers of 16 digits and more as texts: times in nanoseconds and ids lie beyond
 * 2^53, where JSON.parse would round them. @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  return JSON.parse(/\d{16}/.test(text) ? quoteLongIntegers(text) : text)
}

function quoteLongIntegers(text: string): string {
  let out = ''
  let kept = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 34) {
      i = endOfString(text, i)
    } else if (isDigit(code)) {
      let end = i + 1
      while (isDigit(text.charCodeAt(end))) end++
      const fraction = '.eE+'.includes(text[end] ?? ' ') || '.eE+'.includes(text[i - 1] ?? ' ')
      // A minus sign stays outside the quotes and would break the text; no field of ours is a long negative
      // integer.
      if (end - i >= 16 && !fraction && text[i - 1] !== '-') {
        out += `${text.slice(kept, i)}"${text.slice(i, end)}"`
        kept = end
      }
      i = end - 1
    }
  }
  return out + text.slice(kept)
}

/** Index of the quote that closes the string opened at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 92) i++
    else if (code === 34) return i
  }
  return text.length
}

/** Parses JSON that stands in a string of a payload; undefined where it is none. */
export function parseNested(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return parseJson(value)
  } catch {
    return undefined
  }
}
