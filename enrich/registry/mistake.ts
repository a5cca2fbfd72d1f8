import type { MESSAGES } from './messages.js'

/** A place in a file; lines and columns count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

export type MistakeCode = keyof typeof MESSAGES
export type MistakeParams = Readonly<Record<string, string | number>>

/** One mistake of a registry. Its text, in either language, is `messages.ts`'s. */
export interface Mistake extends Position {
  readonly code: MistakeCode
  /** Section of the entry it is in, and its id, or its place in the list where it has none. */
  readonly section?: string
  readonly entry?: string
  readonly params: MistakeParams
}

/** One entry of a section, as it was written, with the way back to where. */
export interface SourceEntry {
  readonly section: string
  /** Its id, or `#3` where it has none. */
  readonly label: string
  readonly value: unknown
  /** Where the value at `path` stands; where there is none, what is around it. */
  position(path: readonly PropertyKey[]): Position
  /** Where the key at the end of `path` stands. */
  keyPosition(path: readonly PropertyKey[]): Position
}

/** What a file held. */
export interface ReadResult {
  readonly entries: readonly SourceEntry[]
  readonly mistakes: readonly Mistake[]
}

/** A mistake within an entry. */
export function mistakeIn(
  entry: SourceEntry,
  position: Position,
  code: MistakeCode,
  params: MistakeParams = {},
): Mistake {
  return { ...position, code, section: entry.section, entry: entry.label, params }
}

/** `file:line:column`. */
export const placeText = ({ file, line, column }: Position): string => `${file}:${line}:${column}`
