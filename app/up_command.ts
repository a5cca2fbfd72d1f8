import { parseArgs } from 'node:util'
import { readConfig } from './config/vigie_config.js'
import { type CommandIo, UsageError } from './io.js'
import { createLogger } from './logger.js'
import { Pipeline } from './pipeline.js'
import { ROLE_NAMES, type RoleName } from './roles.js'
import { untilTold } from './until_told.js'

const OPTIONS = {
  role: { type: 'string', multiple: true },
  config: { type: 'string' },
  check: { type: 'boolean', default: false },
} as const

function rolesOf(names: readonly string[] | undefined): RoleName[] | undefined {
  const wrong = names?.filter((name) => !ROLE_NAMES.includes(name as RoleName)) ?? []
  if (wrong.length > 0)
    throw new UsageError(`--role ${wrong.join(', ')}: must be one of ${ROLE_NAMES.join(', ')}`)
  return names as RoleName[] | undefined
}

/** `vigie up`: the pipeline for real, until it is told to end. */
export async function upCommand(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const roles = rolesOf(values.role)
  const { config } = readConfig(args, io)
  if (values.check) return 0
  const told = untilTold(io.env)
  const logger = createLogger('vigie', config.log_level)
  const pipeline = new Pipeline(config, roles === undefined ? {} : { roles }, { logger })
  const start = pipeline.start()
  let how: 'drain' | 'fast' = 'drain'
  try {
    const early = await Promise.race([start.then(() => undefined), told])
    if (early === undefined) logger.info({ roles: roles ?? ROLE_NAMES }, 'Vigie is up')
    const reason = await told
    logger.info({ reason }, 'Vigie stops')
    if (reason === 'orphaned') how = 'fast'
    await start.catch(() => undefined)
  } finally {
    // One role that does not start leaves none of the others running.
    await pipeline.stop(how)
  }
  return 0
}
