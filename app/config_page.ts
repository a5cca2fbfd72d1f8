import { z } from 'zod'
import { configPaths, variableOf } from './config/load.js'
import { vigieSchema } from './config/vigie_schema.js'

type Json = Readonly<Record<string, unknown>>

export interface Setting {
  readonly path: string
  readonly variable: string
  readonly type: string
  readonly preset: string
  readonly meaning: string
  /** Keys of an entry, where the setting is a list of objects. */
  readonly entry: readonly Omit<Setting, 'variable' | 'entry'>[]
}

/** Keys of one entry of a list. */
function entryOf(path: string, node: Json): Setting['entry'] {
  const { properties = {}, required = [] } = (node.items ?? {}) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([key, inner]) => ({
    path: `${path}[].${key}`,
    type: typeOf(inner),
    preset: inner.default === undefined ? '' : JSON.stringify(inner.default),
    meaning: `${required.includes(key) ? 'must be given: ' : ''}${String(inner.description ?? '')}`,
  }))
}

const leaf = (schema: Json, path: string): Json => {
  let node = schema
  for (const key of path.split('.')) node = (node.properties as Record<string, Json>)[key]!
  return node
}

const typeOf = (node: Json): string => {
  const choices = node.enum as unknown[] | undefined
  if (choices !== undefined) return choices.join(', ')
  const any = node.anyOf as Json[] | undefined
  if (any !== undefined) return [...new Set(any.map(typeOf))].join(' or ')
  const items = node.items as Json | undefined
  return node.type === 'array' && items !== undefined
    ? `list of ${typeOf(items)}`
    : String(node.type ?? 'any')
}

/** Every setting, in the order of the schema. */
export function allSettings(): Setting[] {
  const schema = z.toJSONSchema(vigieSchema, { io: 'input', unrepresentable: 'any' }) as Json
  return configPaths(vigieSchema).map((path) => {
    const node = leaf(schema, path)
    // The number of cores is this machine's, not a default to be told.
    const preset =
      path === 'processor.workers'
        ? 'cores − 1'
        : node.default === undefined
          ? ''
          : JSON.stringify(node.default)
    return {
      path,
      variable: variableOf(path),
      type: typeOf(node),
      preset,
      meaning: String(node.description ?? ''),
      entry: entryOf(path, node),
    }
  })
}

/** docs/configuration.md, from the schema. */
export function configurationPage(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const code = (text: string): string => (text === '' ? '' : `\`${cell(text)}\``)
  const rows = allSettings()
    .flatMap((setting) => [setting, ...setting.entry.map((key) => ({ ...key, variable: '' }))])
    .map(
      ({ path, variable, type, preset, meaning }) =>
        `| ${code(path)} | ${cell(type)} | ${code(preset)} | ${cell(meaning)} | ${code(variable)} |`,
    )
  return `# Configuration

Written by \`npx vigie config schema --markdown\`; do not edit.

Settings come from \`vigie.yaml\` in the working folder (or \`--config FILE\`, or \`VIGIE_CONFIG\`), then from variables, then from flags.
\`NATS_URL\` and \`CLICKHOUSE_URL\` are read as \`VIGIE_NATS_URL\` and \`VIGIE_CLICKHOUSE_URL\`. \`vigie config print\` shows what is in force
and where each value came from; \`vigie config check\` reports every mistake at once. Most installations need none of this:

\`\`\`yaml
collector:
  hosts: ["0.0.0.0", "::"]     # listen to exporters of the network
  allow: ["10.0.0.0/8"]        # and to no others
nats_url: nats://n1:4222,nats://n2:4222,nats://n3:4222
bus: { replicas: 3 }
clickhouse_url: http://vigie:secret@clickhouse:8123
\`\`\`

| setting | type | default | meaning | variable |
|---|---|---|---|---|
${rows.join('\n')}
`
}
