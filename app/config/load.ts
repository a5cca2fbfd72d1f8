import { readFileSync } from 'node:fs'
import { LineCounter, parse, parseDocument } from 'yaml'
import { z } from 'zod'

/** Where an effective value came from: `default`, `vigie.yaml:4:3`, `VIGIE_LANG`, `--rate`. */
export type Origins = ReadonlyMap<string, string>

export interface Loaded<T> {
  readonly config: T
  readonly origins: Origins
}

/** All that is wrong with the configuration, one sentence each: where, what, what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(
      `the configuration is wrong in ${faults.length === 1 ? 'one place' : `${faults.length} places`}:\n  ${faults.join('\n  ')}`,
    )
    this.faults = faults
  }
}

export interface ConfigSources {
  /** Path of vigie.yaml, where there is one. */
  readonly file?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Values of flags by dotted path, with the flag's name for messages. */
  readonly flags?: readonly { path: string; flag: string; value: unknown }[]
}

type Json = Readonly<Record<string, unknown>>

/** Variables that begin with VIGIE_ and are no configuration keys. */
const OTHER_VARIABLES = new Set(['VIGIE_CONFIG', 'VIGIE_DEBUG', 'VIGIE_SHARED', 'VIGIE_ROLE_CONFIG'])

/** Dotted paths of all values a schema knows, in its order. */
export function configPaths(schema: z.ZodType): string[] {
  const paths: string[] = []
  const walk = (node: Json, path: string[]): void => {
    const properties = node.properties as Record<string, Json> | undefined
    if (properties === undefined) paths.push(path.join('.'))
    else for (const [key, child] of Object.entries(properties)) walk(child, [...path, key])
  }
  walk(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json, [])
  return paths
}

/** The environment variable of a dotted path: `collector.frame_bytes` is VIGIE_COLLECTOR_FRAME_BYTES. */
export const variableOf = (path: string): string => `VIGIE_${path.replaceAll('.', '_').toUpperCase()}`

function assign(target: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.')
  let node = target
  for (const key of keys.slice(0, -1)) {
    const next = node[key]
    node[key] = typeof next === 'object' && next !== null && !Array.isArray(next) ? next : {}
    node = node[key] as Record<string, unknown>
  }
  node[keys.at(-1)!] = value
}

/** The words of an environment variable or flag as YAML would read them: numbers, booleans and lists included. */
const scalar = (text: string): unknown => {
  try {
    return parse(text) ?? text
  } catch {
    return text
  }
}

interface Draft {
  readonly values: Record<string, unknown>
  readonly origins: Map<string, string>
  readonly faults: string[]
}

function readFile(file: string, draft: Draft): void {
  const lines = new LineCounter()
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    draft.faults.push(`${file}: cannot be read (${(error as Error).message}): name another with --config`)
    return
  }
  const doc = parseDocument(text, { lineCounter: lines })
  for (const error of doc.errors) {
    const at = error.linePos?.[0]
    draft.faults.push(`${file}:${at?.line ?? 1}:${at?.col ?? 1}: ${error.message.split('\n')[0]}`)
  }
  if (doc.errors.length > 0) return
  const walk = (value: unknown, path: string[]): void => {
    const node = doc.getIn(path, true) as { range?: [number, number, number] } | undefined
    const at = lines.linePos(node?.range?.[0] ?? 0)
    draft.origins.set(path.join('.'), `${file}:${at.line}:${at.col}`)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      if (path.length > 0) assign(draft.values, path.join('.'), value)
      else if (value !== null) draft.faults.push(`${file}:1:1: holds no keys: write 'key: value' lines`)
    } else for (const [key, child] of Object.entries(value)) walk(child, [...path, key])
  }
  walk(doc.toJS(), [])
}

function readEnv(paths: readonly string[], env: ConfigSources['env'], draft: Draft): void {
  const byVariable = new Map(paths.map((path) => [variableOf(path), path]))
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('VIGIE_') || OTHER_VARIABLES.has(name) || text === undefined || text === '') continue
    const path = byVariable.get(name)
    if (path === undefined) {
      draft.faults.push(`${name}: no such setting: 'vigie config schema' lists them`)
      continue
    }
    assign(draft.values, path, scalar(text))
    draft.origins.set(path, name)
  }
}

/** The origin of the nearest value above a path that has one, for mistakes in what a value lacks. */
function originOf(path: string, origins: Origins): string {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const origin = origins.get(at)
    if (origin !== undefined) return origin
    if (!at.includes('.')) break
  }
  return origins.get('') ?? 'configuration'
}

/**
 * Effective configuration: defaults, then the file, then the environment, then flags.
 * @throws ConfigError with every mistake at once
 */
export function loadConfig<T>(schema: z.ZodType<T>, sources: ConfigSources): Loaded<T> {
  const draft: Draft = { values: {}, origins: new Map(), faults: [] }
  const paths = configPaths(schema)
  if (sources.file !== undefined) readFile(sources.file, draft)
  readEnv(paths, sources.env, draft)
  for (const { path, flag, value } of sources.flags ?? []) {
    if (value === undefined) continue
    assign(draft.values, path, typeof value === 'string' ? scalar(value) : value)
    draft.origins.set(path, flag)
  }
  const read = schema.safeParse(draft.values)
  if (!read.success)
    for (const issue of read.error.issues) {
      const path = issue.path.join('.')
      const keys =
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => [path, key].filter(Boolean).join('.'))
          : [path]
      for (const key of keys) {
        const what =
          issue.code === 'unrecognized_keys' ? "no such key: 'vigie config schema' lists them" : issue.message
        draft.faults.push(`${originOf(key, draft.origins)}: ${key || 'configuration'}: ${what}`)
      }
    }
  if (draft.faults.length > 0 || !read.success) throw new ConfigError(draft.faults)
  for (const path of paths) if (!draft.origins.has(path)) draft.origins.set(path, 'default')
  return { config: read.data, origins: draft.origins }
}
