import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import type { Change } from '../enrich/registry/diff.js'
import { readRegistryFiles } from '../enrich/registry/files.js'
import { loadRegistry } from '../enrich/registry/load.js'
import { entryText, mistakeText } from '../enrich/registry/messages.js'
import { readNetbox } from '../enrich/registry/netbox.js'
import { RegistryStore } from '../enrich/registry/registry_store.js'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import type { Registry } from '../model/registry.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { REGISTRY_TEXTS } from './registry_texts.js'
import { SERVICE_CHECK } from './service_check.js'

const OPTIONS = {
  lang: { type: 'string' },
  config: { type: 'string' },
} as const

/** Mistakes and changes that are shown; of more, their number is told. */
const SHOWN_MAX = 10_000

interface Call {
  readonly io: CommandIo
  readonly lang: Language
  readonly config: string | undefined
}

/** `vigie registry check|apply|export|import`. Exit 1 where the registry has mistakes. */
export async function registryCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const lang = languageOf(values.lang === undefined ? io.env : { VIGIE_LANG: values.lang })
  const call: Call = { io, lang, config: values.config }
  const [action = '', ...paths] = positionals
  const texts = REGISTRY_TEXTS[lang]
  if (action === 'export') return exportRegistry(call)
  if (action !== 'check' && action !== 'apply' && action !== 'import') {
    throw new UsageError(texts.unknownAction(action))
  }
  if (paths.length === 0) throw new UsageError(texts.noFiles(action))
  if (action === 'import') return importRegistry(paths, call)
  const registry = await load(paths, call, action === 'check')
  if (registry === undefined) return 1
  if (action === 'apply') return apply(registry, call)
  io.stdout.write(`${texts.good(countText(registry, lang))}\n`)
  return 0
}

/** The registry of the files; mistakes are written out: as the result of a check, else beside it. */
async function load(
  paths: readonly string[],
  { io, lang }: Call,
  isResult: boolean,
): Promise<Registry | undefined> {
  const texts = REGISTRY_TEXTS[lang]
  const files = await readRegistryFiles(paths).catch((error: unknown) => {
    throw new UsageError(texts.unreadable(error instanceof Error ? error.message : String(error)))
  })
  const { registry, mistakes } = loadRegistry(files, SERVICE_CHECK)
  const shown = mistakes.slice(0, SHOWN_MAX)
  const out = isResult ? io.stdout : io.stderr
  for (const mistake of shown) out.write(`${mistakeText(mistake, lang)}\n`)
  if (mistakes.length > 0) io.stderr.write(`${texts.bad(mistakes.length, shown.length)}\n`)
  return registry
}

/** `organizations 134, sites 1650, …`: the sections that have entries. */
function countText(registry: Registry, lang: Language): string {
  const counts = Object.entries(registry).filter(([, entries]) => entries.length > 0)
  const number = new Intl.NumberFormat(lang === 'fr' ? 'fr-CA' : 'en-CA')
  return counts.map(([section, entries]) => `${section} ${number.format(entries.length)}`).join(', ')
}

async function apply(registry: Registry, call: Call): Promise<number> {
  const { io, lang } = call
  const texts = REGISTRY_TEXTS[lang]
  const { snapshot, changes } = await withStore(call, (store) => store.apply(registry))
  if (changes.length === 0) {
    io.stdout.write(`${texts.unchanged(snapshot.version)}\n`)
    return 0
  }
  for (const change of changes.slice(0, SHOWN_MAX)) io.stdout.write(`${changeText(change, lang)}\n`)
  if (changes.length > SHOWN_MAX) io.stdout.write(`${texts.more(changes.length - SHOWN_MAX)}\n`)
  const count = (kind: Change['kind']): number => changes.filter((c) => c.kind === kind).length
  io.stdout.write(`${texts.applied(snapshot.version, count('added'), count('changed'), count('removed'))}\n`)
  return 0
}

const MARKS = { added: '+', removed: '-', changed: '~' } as const

function changeText({ section, id, kind, keys }: Change, lang: Language): string {
  const what = keys.length === 0 ? '' : `: ${keys.join(', ')}`
  return `${MARKS[kind]} ${entryText(section, id, lang)}${what}`
}

async function exportRegistry(call: Call): Promise<number> {
  const { version, registry } = await withStore(call, (store) => store.current())
  if (version === 0) call.io.stderr.write(`${REGISTRY_TEXTS[call.lang].none}\n`)
  call.io.stdout.write(registryYaml(registry))
  return 0
}

/** NetBox's objects as a registry in YAML, to be looked over, checked and applied. */
async function importRegistry(paths: readonly string[], { io, lang }: Call): Promise<number> {
  const files = await readRegistryFiles(paths).catch((error: unknown) => {
    throw new UsageError(
      REGISTRY_TEXTS[lang].unreadable(error instanceof Error ? error.message : String(error)),
    )
  })
  const { registry, mistakes, skipped } = readNetbox(files)
  for (const mistake of mistakes) io.stderr.write(`${mistakeText(mistake, lang)}\n`)
  if (skipped > 0) io.stderr.write(`${REGISTRY_TEXTS[lang].skipped(skipped)}\n`)
  io.stdout.write(registryYaml(registry))
  return mistakes.length === 0 ? 0 : 1
}

function registryYaml(registry: object): string {
  const sections = Object.entries(registry).filter(
    ([, entries]) => (entries as readonly unknown[]).length > 0,
  )
  return stringify(Object.fromEntries(sections), { lineWidth: 0 })
}

/** Works with the registry of the running pipeline. */
async function withStore<T>({ io, config }: Call, work: (store: RegistryStore) => Promise<T>): Promise<T> {
  const { readConfig } = await import('./config/vigie_config.js')
  const { withBus } = await import('./connect_bus.js')
  const read = readConfig(config === undefined ? [] : ['--config', config], io)
  return withBus(read.config.bus, 'vigie registry', (bus) => work(new RegistryStore(new NatsStateStore(bus))))
}
