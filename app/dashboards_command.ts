import { parseArgs } from 'node:util'
import { writeBuild } from '../dashboards/build.js'
import { checkDashboards } from '../dashboards/check.js'
import { LANGUAGES, type Language } from '../dashboards/language.js'
import { clickHouseRows } from '../dashboards/row_source.js'
import { readConfig } from './config/vigie_config.js'
import { type CommandIo, languageOf, UsageError } from './io.js'

const TEXTS = {
  fr: {
    usage: 'vigie dashboards build|check : voir vigie dashboards --help',
    lang: (said: string) => `--lang : fr ou en, non « ${said} »`,
    built: (n: number, folder: string) => `${n} fichiers écrits dans ${folder}`,
    checked: (boards: number, queries: number, faults: number) =>
      `${boards} tableaux de bord, ${queries} requêtes, ${faults} défauts`,
  },
  en: {
    usage: 'vigie dashboards build|check: see vigie dashboards --help',
    lang: (said: string) => `--lang: fr or en, not '${said}'`,
    built: (n: number, folder: string) => `${n} files written to ${folder}`,
    checked: (boards: number, queries: number, faults: number) =>
      `${boards} dashboards, ${queries} queries, ${faults} faults`,
  },
} as const

const OPTIONS = {
  lang: { type: 'string' },
  out: { type: 'string' },
  config: { type: 'string' },
} as const

function languagesOf(said: string | undefined, lang: Language): readonly Language[] {
  if (said === undefined) return LANGUAGES
  const wanted = LANGUAGES.find((one) => one === said)
  if (wanted === undefined) throw new UsageError(TEXTS[lang].lang(said))
  return [wanted]
}

/** `build` writes Grafana's JSON; `check` lints it and runs every query on the store. */
export async function dashboardsCommand(args: string[], io: CommandIo): Promise<number> {
  const lang = languageOf(io.env)
  const texts = TEXTS[lang]
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const langs = languagesOf(values.lang, lang)
  const [action] = positionals
  if (action === 'build') {
    const folder = values.out ?? './data/dashboards'
    const paths = writeBuild(folder, langs)
    io.stderr.write(`vigie: ${texts.built(paths.length, folder)}\n`)
    return 0
  }
  if (action !== 'check') throw new UsageError(texts.usage)
  const { config } = readConfig(values.config === undefined ? [] : ['--config', values.config], io, [])
  const rows = clickHouseRows(config.clickhouse_url, 4)
  try {
    const { boards, queries, faults } = await checkDashboards(langs, rows, Date.now())
    for (const fault of faults) io.stdout.write(`${fault}\n`)
    io.stderr.write(`vigie: ${texts.checked(boards, queries, faults.length)}\n`)
    return faults.length === 0 ? 0 : 1
  } finally {
    await rows.close()
  }
}
