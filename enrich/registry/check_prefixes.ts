import { normalizeCidr } from 'cidr-tools'
import { parsePrefix } from '../tables/prefix.js'
import { valueAt } from './check_shape.js'
import { Claims, type EntryIndex, findAll, textOf } from './entry_index.js'
import { type Mistake, mistakeIn, type SourceEntry } from './mistake.js'

/** Where prefixes stand that cannot be read, in sections where they do not belong to somebody. */
const FREE_PREFIXES = [['applications', 'prefixes.*']] as const

/**
 * Prefixes that cannot be read, and equal ones in one VRF: the same prefix cannot be of two owners. A
 * narrower prefix within another owner's is right (a tenant in a building, a room in a data centre): the
 * narrower one holds.
 */
export function checkPrefixes(index: EntryIndex): Mistake[] {
  const claims = new Claims()
  const mistakes: Mistake[] = []
  const check = (
    entry: SourceEntry,
    owner: string,
    path: readonly PropertyKey[],
    text: unknown,
    vrf: unknown,
  ): void => {
    if (typeof text !== 'string') return
    const wrong = unreadable(entry, path, text)
    if (wrong !== undefined) {
      mistakes.push(wrong)
      return
    }
    const taken = claims.claim(`${String(vrf ?? '')} ${prefixKey(text)}`, owner, entry, path)
    if (taken === undefined) return
    const params = { prefix: normalizeCidr(text), owner: taken.owner, first: taken.first }
    mistakes.push(
      mistakeIn(entry, entry.position(path), taken.owner === owner ? 'prefix_twice' : 'prefix_taken', params),
    )
  }
  for (const section of ['organizations', 'sites']) {
    for (const entry of index.of(section)) {
      const owner = `${section}/${entry.label}`
      for (const { path, value } of findAll(entry.value, 'prefixes.*')) {
        if (typeof value === 'string') check(entry, owner, path, value, undefined)
        else check(entry, owner, [...path, 'prefix'], valueAt(value, ['prefix']), valueAt(value, ['vrf']))
      }
    }
  }
  for (const entry of index.of('prefixes')) {
    const site = textOf(entry, 'site')
    const owner = site === undefined ? `organizations/${textOf(entry, 'organization')}` : `sites/${site}`
    check(entry, owner, ['prefix'], textOf(entry, 'prefix'), textOf(entry, 'vrf'))
  }
  for (const [section, pattern] of FREE_PREFIXES) {
    for (const entry of index.of(section)) {
      for (const { path, value } of findAll(entry.value, pattern)) {
        const wrong = typeof value === 'string' ? unreadable(entry, path, value) : undefined
        if (wrong !== undefined) mistakes.push(wrong)
      }
    }
  }
  return mistakes
}

function unreadable(entry: SourceEntry, path: readonly PropertyKey[], text: string): Mistake | undefined {
  const prefix = parsePrefix(text)
  if (typeof prefix !== 'string') return undefined
  const position = entry.position(path)
  if (prefix === 'address') return mistakeIn(entry, position, 'prefix_address', { prefix: text })
  if (prefix === 'length') return mistakeIn(entry, position, 'prefix_length', { prefix: text })
  return mistakeIn(entry, position, 'prefix_host_bits', { prefix: text, network: normalizeCidr(text) })
}

/** One text for a prefix however it is written. */
function prefixKey(text: string): string {
  const prefix = parsePrefix(text)
  return typeof prefix === 'string' ? text : Object.values(prefix).join('.')
}
