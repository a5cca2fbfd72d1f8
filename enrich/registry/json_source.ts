import { REGISTRY_SECTIONS } from '../../model/registry.js'
import type { Position, ReadResult, SourceEntry } from './mistake.js'
import { labelOf, readYaml } from './yaml_source.js'

/**
 * Reads the sections of a JSON file: the quick way for registries that programs write, several times as fast
 * as YAML. Only a file with mistakes is read again as YAML, which knows places. (A key written twice in JSON
 * is not noticed.)
 */
export function readJson(file: string, text: string): ReadResult {
  const sections = parseSections(text)
  if (sections === undefined) return readYaml(file, text)
  let placed: ReadonlyMap<string, SourceEntry> | undefined
  const place = (section: string, index: number): SourceEntry => {
    placed ??= byPlace(readYaml(file, text).entries)
    return placed.get(`${section}/${index}`)!
  }
  const entries = Object.entries(sections).flatMap(([section, values]) =>
    values.map((value, i) => new JsonEntry(section, i, value, place)),
  )
  return { entries, mistakes: [] }
}

/** The sections, where the file is nothing but known sections that are lists. */
function parseSections(text: string): Readonly<Record<string, readonly unknown[]>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const plain = Object.entries(value).every(
      ([key, list]) => key in REGISTRY_SECTIONS && Array.isArray(list),
    )
    return plain ? (value as Readonly<Record<string, readonly unknown[]>>) : undefined
  } catch {
    return undefined
  }
}

function byPlace(entries: readonly SourceEntry[]): Map<string, SourceEntry> {
  const counts = new Map<string, number>()
  return new Map(
    entries.map((entry) => {
      const index = counts.get(entry.section) ?? 0
      counts.set(entry.section, index + 1)
      return [`${entry.section}/${index}`, entry]
    }),
  )
}

class JsonEntry implements SourceEntry {
  readonly section: string
  readonly label: string
  readonly value: unknown
  readonly #placed: () => SourceEntry

  constructor(
    section: string,
    index: number,
    value: unknown,
    place: (section: string, index: number) => SourceEntry,
  ) {
    this.section = section
    this.label = labelOf(value, index)
    this.value = value
    this.#placed = () => place(section, index)
  }

  position(path: readonly PropertyKey[]): Position {
    return this.#placed().position(path)
  }

  keyPosition(path: readonly PropertyKey[]): Position {
    return this.#placed().keyPosition(path)
  }
}
