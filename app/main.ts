import { COMMANDS, commandHelp, overview } from './commands.js'
import { ConfigError } from './config/load.js'
import { type CommandIo, languageOf, UsageError } from './io.js'

/** Runs one command line and gives its exit status. */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const lang = languageOf(io.env)
  const [name, ...args] = argv
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const topic = name === 'help' ? args[0] : undefined
    io.stdout.write(topic !== undefined && COMMANDS[topic] ? commandHelp(topic, lang) : overview(lang))
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === 'version') {
    const { version } = await import('./version.js')
    io.stdout.write(`${version()}\n`)
    return 0
  }
  const entry = COMMANDS[name]
  if (entry === undefined) {
    const unknown = { fr: `commande inconnue : « ${name} »`, en: `unknown command '${name}'` }[lang]
    io.stderr.write(`vigie: ${unknown}\n\n${overview(lang)}`)
    return 2
  }
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(commandHelp(name, lang))
    return 0
  }
  const command = await entry.load()
  return command(args, io)
}

/** Only a closed pipe (`vigie decode … | head`) ends quietly; anything else that reaches here is told. */
function lastWords(error: unknown): number {
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return 0
  if (error instanceof UsageError || error instanceof ConfigError) {
    process.stderr.write(`vigie: ${error.message}\n`)
    return 2
  }
  const bad = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  const text =
    error instanceof Error ? (bad || !process.env.VIGIE_DEBUG ? error.message : error.stack) : String(error)
  process.stderr.write(`vigie: ${text}\n`)
  return bad ? 2 : 1
}

process.stdout.on('error', (error) => {
  process.exit(lastWords(error))
})
try {
  process.exitCode = await main(process.argv.slice(2), process)
} catch (error) {
  process.exitCode = lastWords(error)
}
