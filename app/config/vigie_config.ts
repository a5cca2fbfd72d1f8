import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { CommandIo } from '../io.js'
import { type ConfigSources, loadConfig, type Origins } from './load.js'
import { derive, type VigieConfig, type VigieSettings, vigieSchema } from './vigie_schema.js'

export interface ReadConfig {
  readonly config: VigieConfig
  readonly settings: VigieSettings
  readonly origins: Origins
}

const DEFAULT_FILE = 'vigie.yaml'

/**
 * The effective configuration: vigie.yaml (or --config, or VIGIE_CONFIG), variables, then `flags`.
 * NATS_URL and CLICKHOUSE_URL are read beside the VIGIE_ variables, as other programs of the field do.
 * @throws ConfigError with every mistake at once
 */
export function readConfig(args: string[], io: CommandIo, flags: ConfigSources['flags'] = []): ReadConfig {
  const { values } = parseArgs({
    args,
    options: { config: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  })
  const asked = (values.config as string | undefined) ?? io.env.VIGIE_CONFIG
  const file = asked ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
  const env = { ...io.env }
  if (env.NATS_URL) env.VIGIE_NATS_URL ??= env.NATS_URL
  if (env.CLICKHOUSE_URL) env.VIGIE_CLICKHOUSE_URL ??= env.CLICKHOUSE_URL
  const { config, origins } = loadConfig(vigieSchema, { env, flags, ...(file !== undefined && { file }) })
  return { config: derive(config), settings: config, origins }
}
