import { extname } from 'node:path'
import { REGISTRY_SECTIONS, type Registry, type RegistryInput, registrySchema } from '../../model/registry.js'
import { checkPrefixes } from './check_prefixes.js'
import { checkIds, checkReferences } from './check_references.js'
import { checkRules, type ServiceCheck } from './check_rules.js'
import { checkShape } from './check_shape.js'
import { readCsv } from './csv_source.js'
import { EntryIndex, textOf } from './entry_index.js'
import { readJson } from './json_source.js'
import type { Mistake, ReadResult, SourceEntry } from './mistake.js'
import { readYaml } from './yaml_source.js'

/** A file of a registry. */
export interface RegistryFile {
  /** As messages name it; its ending tells the format: `.csv`, `.json`, else YAML. */
  readonly name: string
  readonly text: string
}

export interface LoadResult {
  /** Left out where there are mistakes. */
  readonly registry?: Registry
  /** Every mistake, in the order of the files. */
  readonly mistakes: readonly Mistake[]
}

const READERS: Readonly<Record<string, (file: string, text: string) => ReadResult>> = {
  '.csv': readCsv,
  '.json': readJson,
}

/**
 * Reads and merges the files of a registry, and checks the whole. `check` knows the services; without it, subscriptions are taken as they are.
 */
export function loadRegistry(files: readonly RegistryFile[], check?: ServiceCheck): LoadResult {
  const mistakes: Mistake[] = []
  const entries: SourceEntry[] = []
  for (const { name, text } of files) {
    const read = (READERS[extname(name).toLowerCase()] ?? readYaml)(name, text)
    mistakes.push(...read.mistakes)
    for (const entry of read.entries) entries.push(entry)
  }
  const index = new EntryIndex(entries)
  for (const entry of entries) {
    if (entry.section === 'prefixes') continue
    for (const mistake of checkShape(entry).mistakes) mistakes.push(mistake)
  }
  for (const found of [
    checkIds(index),
    checkReferences(index),
    checkPrefixes(index),
    checkRules(index, check),
  ]) {
    for (const mistake of found) mistakes.push(mistake)
  }
  if (mistakes.length > 0) return { mistakes: inOrder(mistakes, files) }
  return { registry: registrySchema.parse(merge(index)), mistakes }
}

function inOrder(mistakes: Mistake[], files: readonly RegistryFile[]): Mistake[] {
  const order = new Map(files.map(({ name }, i) => [name, i]))
  return mistakes.sort(
    (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
  )
}

/** All entries as one registry; rows of prefixes.csv go to their owners. */
function merge(index: EntryIndex): RegistryInput {
  const owners = new Map<string, { prefixes?: unknown[] }>()
  const sections = Object.keys(REGISTRY_SECTIONS).map((section) => {
    const entries = index.of(section).map(({ value, label }) => {
      const entry: { prefixes?: unknown[] } = { ...(value as object) }
      if (entry.prefixes !== undefined) entry.prefixes = [...entry.prefixes]
      if (section === 'sites' || section === 'organizations') owners.set(`${section}/${label}`, entry)
      return entry
    })
    return [section, entries] as const
  })
  for (const row of index.of('prefixes')) {
    const site = textOf(row, 'site')
    const owner = owners.get(
      site === undefined ? `organizations/${textOf(row, 'organization')}` : `sites/${site}`,
    )!
    const vrf = textOf(row, 'vrf')
    owner.prefixes ??= []
    owner.prefixes.push(vrf === undefined ? textOf(row, 'prefix') : { prefix: textOf(row, 'prefix'), vrf })
  }
  return Object.fromEntries(sections) as RegistryInput
}
