import { isDeepStrictEqual } from 'node:util'
import { REGISTRY_SECTIONS, type Registry, type RegistrySection } from '../../model/registry.js'
import { labelOf } from './yaml_source.js'

/** What becomes of one entry. */
export interface Change {
  readonly section: RegistrySection
  readonly id: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** Keys whose values differ. */
  readonly keys: readonly string[]
}

type Entry = Readonly<Record<string, unknown>>

/** What changes from one registry to another, section by section; the order of entries does not count. */
export function diffRegistry(before: Registry, after: Registry): Change[] {
  return (Object.keys(REGISTRY_SECTIONS) as RegistrySection[]).flatMap((section) => {
    const old = byLabel(before[section])
    const next = byLabel(after[section])
    const changes: Change[] = []
    for (const id of old.keys()) if (!next.has(id)) changes.push({ section, id, kind: 'removed', keys: [] })
    for (const [id, entry] of next) {
      const was = old.get(id)
      if (was === undefined) {
        changes.push({ section, id, kind: 'added', keys: [] })
        continue
      }
      const all = new Set([...Object.keys(was), ...Object.keys(entry)])
      const keys = [...all].filter((key) => !isDeepStrictEqual(was[key], entry[key]))
      if (keys.length > 0) changes.push({ section, id, kind: 'changed', keys })
    }
    return changes
  })
}

const byLabel = (entries: readonly object[]): Map<string, Entry> =>
  new Map(entries.map((entry, i) => [labelOf(entry, i), entry as Entry]))
