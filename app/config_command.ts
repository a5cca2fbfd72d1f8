import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { z } from 'zod'
import { configPaths, variableOf } from './config/load.js'
import { readConfig } from './config/vigie_config.js'
import { vigieSchema } from './config/vigie_schema.js'
import { type CommandIo, languageOf, UsageError } from './io.js'

type Json = Readonly<Record<string, unknown>>

const leaf = (schema: Json, path: string): Json => {
  let node = schema
  for (const key of path.split('.')) node = (node.properties as Record<string, Json>)[key]!
  return node
}

const typeOf = (node: Json): string => {
  const choices = node.enum as unknown[] | undefined
  if (choices !== undefined) return choices.join('|')
  const any = node.anyOf as Json[] | undefined
  return String(node.type ?? (any === undefined ? 'any' : any.map(typeOf).join('|')))
}

function printSchema(io: CommandIo): void {
  const schema = z.toJSONSchema(vigieSchema, { io: 'input', unrepresentable: 'any' }) as Json
  for (const path of configPaths(vigieSchema)) {
    const node = leaf(schema, path)
    const preset = node.default === undefined ? '' : ` = ${JSON.stringify(node.default)}`
    const meaning = node.description === undefined ? '' : `  # ${String(node.description)}`
    io.stdout.write(`${path}: ${typeOf(node)}${preset}  ${variableOf(path)}${meaning}\n`)
  }
}

const secret = (path: string): boolean => /password|secret|token|credentials/.test(path)

/** `vigie config print|check|schema` */
export async function configCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { json: { type: 'boolean', default: false }, config: { type: 'string' } },
    allowPositionals: true,
  })
  const [action = 'print'] = positionals
  if (action === 'schema') {
    if (values.json)
      io.stdout.write(
        `${JSON.stringify(z.toJSONSchema(vigieSchema, { io: 'input', unrepresentable: 'any' }), undefined, 2)}\n`,
      )
    else printSchema(io)
    return 0
  }
  if (action !== 'print' && action !== 'check')
    throw new UsageError(`vigie config ${action}: must be print, check or schema`)
  const { settings, origins } = readConfig(args, io)
  if (action === 'check') {
    io.stdout.write(
      { fr: 'La configuration est juste.\n', en: 'The configuration is right.\n' }[languageOf(io.env)],
    )
    return 0
  }
  if (values.json)
    io.stdout.write(`${JSON.stringify({ settings, origins: Object.fromEntries(origins) }, undefined, 2)}\n`)
  else
    for (const path of configPaths(vigieSchema)) {
      const value = path
        .split('.')
        .reduce<unknown>((node, key) => (node as Json | undefined)?.[key], settings)
      const shown =
        value === undefined ? '—' : secret(path) ? '…' : stringify(value, { collectionStyle: 'flow' }).trim()
      io.stdout.write(`${path}: ${shown}  # ${origins.get(path) ?? 'default'}\n`)
    }
  return 0
}
