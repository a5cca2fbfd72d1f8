import { placeText, type SourceEntry } from './mistake.js'

/**
 * The entries of a registry by section, as they were written: what the checks between entries go by, so that
 * a mistake in an entry does not hide others.
 */
export class EntryIndex {
  readonly #sections = new Map<string, SourceEntry[]>()

  constructor(entries: Iterable<SourceEntry>) {
    for (const entry of entries) {
      const section = this.#sections.get(entry.section) ?? []
      section.push(entry)
      this.#sections.set(entry.section, section)
    }
  }

  of(section: string): readonly SourceEntry[] {
    return this.#sections.get(section) ?? []
  }
}

/** A value of an entry with the path to it. */
export interface Found {
  readonly path: readonly PropertyKey[]
  readonly value: unknown
}

/** All values at `pattern` (`prefixes.*.vrf`; `*` is each of a list) that are there. */
export function findAll(value: unknown, pattern: string): Found[] {
  let found: Found[] = [{ path: [], value }]
  for (const step of pattern.split('.')) {
    found = found.flatMap(({ path, value: at }) => {
      if (typeof at !== 'object' || at === null) return []
      if (step === '*') {
        return Array.isArray(at) ? at.map((inner: unknown, i) => ({ path: [...path, i], value: inner })) : []
      }
      return [{ path: [...path, step], value: (at as Readonly<Record<string, unknown>>)[step] }]
    })
  }
  return found.filter((f) => f.value !== undefined && f.value !== null)
}

/** The texts among the values at `pattern`. */
export function findTexts(
  entry: SourceEntry,
  pattern: string,
): { path: readonly PropertyKey[]; value: string }[] {
  return findAll(entry.value, pattern).filter((f): f is { path: PropertyKey[]; value: string } => {
    return typeof f.value === 'string'
  })
}

/** The text of a key; undefined where there is none. */
export function textOf(entry: SourceEntry, key: string): string | undefined {
  return findTexts(entry, key)[0]?.value
}

/** Who holds what, and where it was said first. */
export class Claims {
  readonly #claims = new Map<string, { owner: string; entry: SourceEntry; path: readonly PropertyKey[] }>()

  /** Claims `key` for `owner` by what `entry` says at `path`; returns who has it already. */
  claim(
    key: string,
    owner: string,
    entry: SourceEntry,
    path: readonly PropertyKey[],
  ): { owner: string; first: string } | undefined {
    const before = this.#claims.get(key)
    // Places are looked up for mistakes only: in a good registry of a million prefixes none is.
    if (before !== undefined)
      return { owner: before.owner, first: placeText(before.entry.position(before.path)) }
    this.#claims.set(key, { owner, entry, path })
    return undefined
  }
}
