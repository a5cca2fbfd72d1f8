import { REGISTRY_SECTIONS } from '../../model/registry.js'

/**
 * The columns of a section as CSV, taken from its schema so that a new field is a column without more: names
 * of nested keys are joined by a dot (`coordinates.lat`), lists are words in one cell, parted by blanks or
 * `|`.
 */
export interface CsvColumn {
  readonly path: readonly string[]
  /**
   * `words` and `numbers` are lists; `keys` names keys of an object with no parameters (`services`); `pairs`
   * are lists of objects, their values joined by `#` (`192.0.2.1#3`).
   */
  readonly kind: 'text' | 'number' | 'words' | 'numbers' | 'keys' | 'pairs'
  /** For `pairs`: names and kinds of the values. */
  readonly parts?: readonly CsvColumn[]
}

/** The part of a zod schema that is read here. */
interface Schema {
  readonly def: {
    readonly type: string
    readonly innerType?: Schema
    readonly out?: Schema
    readonly element?: Schema
    readonly shape?: Readonly<Record<string, Schema>>
  }
}

/** Columns by their header. `prefixes` is no section: its rows go to the entries that they name. */
export const CSV_COLUMNS: Readonly<Record<string, ReadonlyMap<string, CsvColumn>>> = {
  ...Object.fromEntries(
    Object.entries(REGISTRY_SECTIONS).map(([section, schema]) => [
      section,
      named(columnsOf(schema as Schema, [])),
    ]),
  ),
  prefixes: named(['site', 'organization', 'prefix', 'vrf'].map((name) => ({ path: [name], kind: 'text' }))),
}

/** What a file's name may begin with, in either language, and the section it then holds. */
export const CSV_FILE_NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(CSV_COLUMNS).map((section) => [section, section])),
  organisations: 'organizations',
  fournisseurs: 'suppliers',
  contrats: 'contracts',
  liens: 'links',
  exportateurs: 'exporters',
  peripheries: 'edges',
}

function named(columns: readonly CsvColumn[]): ReadonlyMap<string, CsvColumn> {
  return new Map(columns.map((column) => [column.path.join('.'), column]))
}

function columnsOf(schema: Schema, path: readonly string[]): CsvColumn[] {
  const { type, innerType, out, shape } = schema.def
  if (innerType !== undefined) return columnsOf(innerType, path)
  // A text that stands for an object (names): both ways of writing it.
  if (out !== undefined) return [{ path, kind: 'text' }, ...columnsOf(out, path)]
  if (shape !== undefined)
    return Object.entries(shape).flatMap(([key, inner]) => columnsOf(inner, [...path, key]))
  if (type === 'array') return [listOf(schema.def.element!, path)]
  if (type === 'record') return [{ path, kind: 'keys' }]
  return [{ path, kind: type === 'number' ? 'number' : 'text' }]
}

function listOf(element: Schema, path: readonly string[]): CsvColumn {
  if (element.def.type === 'number') return { path, kind: 'numbers' }
  if (element.def.shape !== undefined) return { path, kind: 'pairs', parts: columnsOf(element, []) }
  return { path, kind: 'words' }
}
