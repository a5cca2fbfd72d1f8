import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import { REGISTRY_SECTIONS } from '../../model/registry.js'
import type { Mistake, MistakeCode, MistakeParams, Position, ReadResult, SourceEntry } from './mistake.js'
import { nearest } from './nearest.js'

/** Aliases (`*name`) that one entry may open: a bound against files that blow up. */
const ALIASES_MAX = 100

/** Reads the sections of a YAML (or JSON) file. Syntax mistakes end it, except keys written twice. */
export function readYaml(file: string, text: string): ReadResult {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const entries: SourceEntry[] = []
  const mistakes: Mistake[] = []
  const placeOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const placeOfNode = (node: unknown): Position => placeOf(isNode(node) ? (node.range?.[0] ?? 0) : 0)
  const report = (position: Position, code: MistakeCode, params: MistakeParams): void => {
    mistakes.push({ ...position, code, params })
  }
  for (const error of document.errors) report(placeOf(error.pos[0]), 'yaml', { detail: error.message })
  if (document.errors.some((e) => e.code !== 'DUPLICATE_KEY') || document.contents === null) {
    return { entries, mistakes }
  }
  if (!isMap(document.contents)) {
    report(placeOfNode(document.contents), 'not_a_map', {})
    return { entries, mistakes }
  }
  for (const { key, value } of document.contents.items) {
    const section = String(isScalar(key) ? key.value : key)
    const known = Object.keys(REGISTRY_SECTIONS)
    if (!known.includes(section)) {
      const near = nearest(section, known)
      report(placeOfNode(key), 'section_unknown', {
        key: section,
        known: known.join(', '),
        ...(near && { near }),
      })
      continue
    }
    const list = isAlias(value) ? value.resolve(document) : value
    if (list === null || (isScalar(list) && list.value === null)) continue
    if (!isSeq(list)) {
      report(placeOfNode(value), 'section_not_list', { key: section })
      continue
    }
    list.items.forEach((item, i) => {
      const node = isAlias(item) ? item.resolve(document) : item
      try {
        const plain = isNode(node) ? node.toJS(document, { maxAliasCount: ALIASES_MAX }) : node
        entries.push(new YamlEntry(section, i, plain, node, document, placeOfNode))
      } catch (error) {
        report(placeOfNode(item), 'yaml', { detail: error instanceof Error ? error.message : String(error) })
      }
    })
  }
  return { entries, mistakes }
}

class YamlEntry implements SourceEntry {
  readonly section: string
  readonly label: string
  readonly value: unknown
  readonly #node: unknown
  readonly #document: Document
  readonly #placeOf: (node: unknown) => Position

  constructor(
    section: string,
    index: number,
    value: unknown,
    node: unknown,
    document: Document,
    placeOf: (node: unknown) => Position,
  ) {
    this.section = section
    this.value = value
    this.label = labelOf(value, index)
    this.#node = node
    this.#document = document
    this.#placeOf = placeOf
  }

  position(path: readonly PropertyKey[]): Position {
    return this.#placeOf(this.#find(path))
  }

  keyPosition(path: readonly PropertyKey[]): Position {
    const around = this.#find(path.slice(0, -1))
    const pair = isMap(around) ? pairOf(around, path[path.length - 1]) : undefined
    return this.#placeOf(pair?.key ?? around)
  }

  /** The node at `path`, or the last one on the way there. */
  #find(path: readonly PropertyKey[]): unknown {
    let node = this.#node
    for (const step of path) {
      const next = isMap(node)
        ? pairOf(node, step)?.value
        : isSeq(node)
          ? node.items[Number(step)]
          : undefined
      if (next === undefined || next === null) return node
      node = isAlias(next) ? (next.resolve(this.#document) ?? next) : next
    }
    return node
  }
}

const pairOf = (map: YAMLMap, key: PropertyKey | undefined): YAMLMap['items'][number] | undefined =>
  map.items.find((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === String(key))

/** How an entry is called in messages: its id, its address, or its place in the list. */
export function labelOf(value: unknown, index: number): string {
  if (typeof value === 'object' && value !== null) {
    for (const key of ['id', 'address', 'room'] as const) {
      const name = (value as Readonly<Record<string, unknown>>)[key]
      if (typeof name === 'string' && name !== '') return name
    }
  }
  return `#${index + 1}`
}
