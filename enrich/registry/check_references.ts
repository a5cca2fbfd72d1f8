import { parsePrefix } from '../tables/prefix.js'
import { Claims, type EntryIndex, findTexts, textOf } from './entry_index.js'
import { type Mistake, mistakeIn } from './mistake.js'
import { nearest } from './nearest.js'

/** Which key of which section names an entry of which other section. */
const REFERENCES: readonly (readonly [section: string, pattern: string, target: string])[] = [
  ['organizations', 'prefixes.*.vrf', 'vrfs'],
  ['sites', 'organization', 'organizations'],
  ['sites', 'prefixes.*.vrf', 'vrfs'],
  ['sites', 'before.*.organization', 'organizations'],
  ['prefixes', 'site', 'sites'],
  ['prefixes', 'organization', 'organizations'],
  ['prefixes', 'vrf', 'vrfs'],
  ['contracts', 'supplier', 'suppliers'],
  ['contracts', 'sla_class', 'sla_classes'],
  ['links', 'site', 'sites'],
  ['links', 'supplier', 'suppliers'],
  ['links', 'contract', 'contracts'],
  ['links', 'sla_class', 'sla_classes'],
  ['links', 'before.*.site', 'sites'],
  ['links', 'before.*.supplier', 'suppliers'],
  ['links', 'before.*.contract', 'contracts'],
  ['links', 'before.*.sla_class', 'sla_classes'],
  ['exporters', 'site', 'sites'],
  ['exporters', 'vrf', 'vrfs'],
  ['edges', 'site', 'sites'],
  ['edges', 'links.*.link', 'links'],
  ['maintenance', 'organizations.*', 'organizations'],
  ['maintenance', 'sites.*', 'sites'],
  ['maintenance', 'links.*', 'links'],
  ['maintenance', 'suppliers.*', 'suppliers'],
  ['consolidation', 'room', 'sites'],
  ['consolidation', 'into', 'sites'],
]

const SECTIONS_WITH_IDS = [
  'organizations',
  'sites',
  'vrfs',
  'suppliers',
  'sla_classes',
  'contracts',
  'links',
  'edges',
  'maintenance',
  'applications',
  'feeds',
]

/**
 * Above this many candidates none is suggested: the search would be long, and the person knows the file
 * better.
 */
const SUGGEST_AMONG_MAX = 5000

/** Ids that are taken twice. */
export function checkIds(index: EntryIndex): Mistake[] {
  return SECTIONS_WITH_IDS.flatMap((section) => {
    const claims = new Claims()
    return index.of(section).flatMap((entry) => {
      const id = textOf(entry, 'id')
      if (id === undefined) return []
      const taken = claims.claim(id, entry.label, entry, ['id'])
      return taken === undefined
        ? []
        : [mistakeIn(entry, entry.position(['id']), 'duplicate_id', { id, first: taken.first })]
    })
  })
}

/** References to entries that are not there. */
export function checkReferences(index: EntryIndex): Mistake[] {
  const ids = new Map<string, ReadonlySet<string>>()
  const idsOf = (section: string): ReadonlySet<string> => {
    const known = ids.get(section) ?? new Set(index.of(section).flatMap((entry) => textOf(entry, 'id') ?? []))
    ids.set(section, known)
    return known
  }
  const mistakes: Mistake[] = []
  for (const [section, pattern, target] of REFERENCES) {
    for (const entry of index.of(section)) {
      for (const { path, value } of findTexts(entry, pattern)) {
        const known = idsOf(target)
        if (known.has(value)) continue
        const near = known.size <= SUGGEST_AMONG_MAX ? nearest(value, known) : undefined
        const params = { key: path.map(String).join('.'), id: value, target, ...(near && { near }) }
        mistakes.push(mistakeIn(entry, entry.position(path), 'reference', params))
      }
    }
  }
  return [...mistakes, ...checkInterfaces(index)]
}

/** Interfaces of links: their exporters exist, and no two links are one interface. */
function checkInterfaces(index: EntryIndex): Mistake[] {
  const exporters = new Set(index.of('exporters').flatMap((e) => addressKey(textOf(e, 'address')) ?? []))
  const claims = new Claims()
  return index.of('links').flatMap((entry) =>
    findTexts(entry, 'interfaces.*.exporter').flatMap(({ path, value }) => {
      const key = addressKey(value)
      if (key === undefined || !exporters.has(key)) {
        const params = { key: path.map(String).join('.'), id: value, target: 'exporters' }
        return [mistakeIn(entry, entry.position(path), 'reference', params)]
      }
      const number = interfaceNumber(entry.value, path)
      const taken = claims.claim(`${key}#${number}`, entry.label, entry, path)
      if (taken === undefined) return []
      const params = { index: number, exporter: value, owner: taken.owner, first: taken.first }
      return [mistakeIn(entry, entry.position(path), 'interface_taken', params)]
    }),
  )
}

function interfaceNumber(value: unknown, path: readonly PropertyKey[]): string {
  const list = (value as { interfaces: readonly { index?: unknown }[] }).interfaces
  return String(list[Number(path[1])]?.index)
}

/** One text for an address however it is written; undefined where it is none. */
export function addressKey(text: string | undefined): string | undefined {
  const prefix = text === undefined || text.includes('/') ? 'address' : parsePrefix(text)
  return typeof prefix === 'string' ? undefined : `${prefix.w0}.${prefix.w1}.${prefix.w2}.${prefix.w3}`
}
