import { REGISTRY_SECTIONS, type RegistrySection } from '../../model/registry.js'
import { MESSAGES } from './messages.js'
import { type Mistake, type MistakeCode, type MistakeParams, mistakeIn, type SourceEntry } from './mistake.js'
import { nearest } from './nearest.js'

/** What of a zod issue is read here. */
interface Issue {
  readonly code: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly expected?: string
  readonly keys?: readonly string[]
  readonly values?: readonly unknown[]
}

/** Holds an entry against the schema of its section: keys, types, values. */
export function checkShape(entry: SourceEntry): { value?: unknown; mistakes: Mistake[] } {
  const result = REGISTRY_SECTIONS[entry.section as RegistrySection].safeParse(entry.value)
  if (result.success) return { value: result.data, mistakes: [] }
  return { mistakes: result.error.issues.flatMap((issue) => explain(entry, issue as unknown as Issue)) }
}

function explain(entry: SourceEntry, issue: Issue): Mistake[] {
  const { path } = issue
  const key = path.map(String).join('.')
  const value = valueAt(entry.value, path)
  const say = (code: MistakeCode, params: MistakeParams): Mistake[] => [
    mistakeIn(entry, entry.position(path), code, { key, found: shown(value), ...params }),
  ]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys!.map((unknown) => {
      const near = nearest(unknown, keysAt(entry.section, path))
      const at = entry.keyPosition([...path, unknown])
      return mistakeIn(entry, at, 'key_unknown', { key: [...path, unknown].join('.'), ...(near && { near }) })
    })
  }
  if (path.length === 0) return say('entry_type', {})
  if (value === undefined || value === null) return say('missing', {})
  if (issue.code === 'invalid_value') {
    const known = issue.values!.map(String)
    const near = nearest(String(value), known)
    return say('not_one_of', { known: known.join(', '), ...(near && { near }) })
  }
  if (issue.code === 'invalid_type') return say('wrong_type', typeParams(issue.expected!, value))
  if (issue.message in MESSAGES) return say(issue.message as MistakeCode, {})
  return say('value', { detail: issue.message })
}

const TYPES: Readonly<Record<string, { fr: string; en: string }>> = {
  string: { fr: 'un texte', en: 'a text' },
  number: { fr: 'un nombre', en: 'a number' },
  int: { fr: 'un nombre entier', en: 'a whole number' },
  array: { fr: 'une liste', en: 'a list' },
  object: { fr: 'formé de clés et de valeurs', en: 'made of keys and values' },
  record: { fr: 'formé de clés et de valeurs', en: 'made of keys and values' },
}

function typeParams(expected: string, value: unknown): MistakeParams {
  const type = TYPES[expected] ?? { fr: expected, en: expected }
  let advice: string | undefined
  if (expected === 'array' && typeof value !== 'object') advice = `[${shown(value)}]`
  // YAML reads 06 as the number 6: a code keeps its zero in quotes.
  if (expected === 'string' && typeof value === 'number') advice = `"${String(value).padStart(2, '0')}"`
  return {
    expected_fr: type.fr,
    expected_en: type.en,
    hint_fr: advice === undefined ? '' : `; écrire ${advice}`,
    hint_en: advice === undefined ? '' : `; write ${advice}`,
  }
}

/** A value as it is written, cut where it is long. */
export function shown(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined
  const whole = text ?? (typeof value === 'string' ? `"${value}"` : String(value))
  return whole.length > 60 ? `${whole.slice(0, 57)}…` : whole
}

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Readonly<Record<PropertyKey, unknown>>)[step]
  }
  return at
}

interface Shape {
  readonly def: {
    readonly innerType?: Shape
    readonly out?: Shape
    readonly element?: Shape
    readonly shape?: Readonly<Record<string, Shape>>
    readonly keyType?: { readonly options?: readonly string[] }
  }
}

/** Keys that the schema knows at `path` of a section. */
function keysAt(section: string, path: readonly PropertyKey[]): readonly string[] {
  let schema = bare(REGISTRY_SECTIONS[section as RegistrySection] as unknown as Shape)
  for (const step of path) {
    const next = typeof step === 'number' ? schema.def.element : schema.def.shape?.[String(step)]
    if (next === undefined) return []
    schema = bare(next)
  }
  return Object.keys(schema.def.shape ?? {}).concat(schema.def.keyType?.options ?? [])
}

/** A schema without what is optional or read first. */
function bare(schema: Shape): Shape {
  const inner = schema.def.innerType ?? schema.def.out
  return inner === undefined ? schema : bare(inner)
}
