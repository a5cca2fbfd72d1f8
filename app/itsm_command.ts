import { parseArgs } from 'node:util'
import { OutboxStream } from '../ingest/bus/outbox_stream.js'
import { TARGET_KINDS } from '../sinks/itsm/targets/index.js'
import { readConfig } from './config/vigie_config.js'
import type { VigieConfig } from './config/vigie_schema.js'
import { withBus } from './connect_bus.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { explainFinding } from './itsm_explain.js'
import { testTarget } from './itsm_test.js'
import { ITSM_TEXTS } from './itsm_texts.js'
import { createLogger } from './logger.js'
import { formatOf, renderRows } from './rows.js'

const OPTIONS = { format: { type: 'string' }, config: { type: 'string' } } as const
const ACTIONS = 'targets, test TARGET, policy explain FINDING'

/** One call of `vigie itsm`. */
export interface ItsmCall {
  readonly config: VigieConfig
  readonly io: CommandIo
  readonly lang: Language
  readonly format: string | undefined
}

/** `vigie itsm targets|test|policy explain` */
export async function itsmCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const [action = '', first, second] = positionals
  const lang = languageOf(io.env)
  const { config } = readConfig(values.config === undefined ? [] : ['--config', values.config], io)
  const call: ItsmCall = { config, io, lang, format: values.format }
  if (action === 'test') return testTarget(call, first)
  if (action === 'policy' && first === 'explain' && second !== undefined) return explainFinding(call, second)
  if (action === 'targets') return targets(call)
  throw new UsageError(ITSM_TEXTS[lang].unknownAction('itsm', positionals.join(' '), ACTIONS))
}

/** The configured targets, and how much waits for each. */
async function targets({ config, io, lang, format }: ItsmCall): Promise<number> {
  const names = Object.entries(config.itsm.targets)
  if (names.length === 0) io.stderr.write(`${ITSM_TEXTS[lang].targets('')}\n`)
  return withBus(config.bus, 'vigie itsm', async (bus) => {
    const queue = new OutboxStream({ bus, logger: createLogger('vigie itsm', 'error') })
    const rows = await Promise.all(
      names.map(async ([name, { type }]) => ({
        name,
        type,
        title: TARGET_KINDS.find(({ id }) => id === type)?.title[lang] ?? '',
        waiting: await queue.waiting(name),
      })),
    )
    io.stdout.write(renderRows(rows, formatOf(format, io)))
    return 0
  })
}
