import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { z } from 'zod'
import { hashPassword } from '../dashboards/viewer/server/passwords.js'
import { configPaths } from './config/load.js'
import { readConfig } from './config/vigie_config.js'
import { vigieSchema } from './config/vigie_schema.js'
import { allSettings, configurationPage } from './config_page.js'
import { type CommandIo, languageOf, UsageError } from './io.js'

type Json = Readonly<Record<string, unknown>>

function printSchema(io: CommandIo): void {
  for (const { path, type, preset, variable, meaning, entry } of allSettings()) {
    const line = (of: string): string => `${of}${meaning && `  # ${meaning}`}\n`
    io.stdout.write(line(`${path}: ${type}${preset && ` = ${preset}`}  ${variable}`))
    for (const key of entry)
      io.stdout.write(`${key.path}: ${key.type}${key.preset && ` = ${key.preset}`}  # ${key.meaning}\n`)
  }
}

const secret = (path: string): boolean => /password|secret|token|credentials/.test(path)

/** `vigie config print|check|schema|hash-password` */
export async function configCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: {
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      config: { type: 'string' },
    },
    allowPositionals: true,
  })
  const [action = 'print'] = positionals
  if (action === 'schema') {
    if (values.json)
      io.stdout.write(
        `${JSON.stringify(z.toJSONSchema(vigieSchema, { io: 'input', unrepresentable: 'any' }), undefined, 2)}\n`,
      )
    else if (values.markdown) io.stdout.write(configurationPage())
    else printSchema(io)
    return 0
  }
  if (action === 'hash-password') {
    const password = (await text(process.stdin)).replace(/\r?\n$/, '')
    if (password === '')
      throw new UsageError('vigie config hash-password: give the password on standard input')
    io.stdout.write(`${await hashPassword(password)}\n`)
    return 0
  }
  if (action !== 'print' && action !== 'check')
    throw new UsageError(`vigie config ${action}: must be print, check, schema or hash-password`)
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
