import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Registry } from 'prom-client'
import { writeBuild } from '../dashboards/build.js'
import { checkDashboards } from '../dashboards/check.js'
import { LANGUAGES, type Language } from '../dashboards/language.js'
import { clickHouseRows, type RowSource } from '../dashboards/row_source.js'
import type { Component } from '../model/ports.js'
import { readConfig } from './config/vigie_config.js'
import type { VigieConfig } from './config/vigie_schema.js'
import { type CommandIo, languageOf, UsageError } from './io.js'
import { createLogger } from './logger.js'
import { SERVICE_TITLES } from './service_titles.js'
import { runStore } from './store_role.js'

const TEXTS = {
  fr: {
    usage: 'vigie dashboards build|check : voir vigie dashboards --help',
    lang: (said: string) => `--lang : fr ou en, non « ${said} »`,
    built: (n: number, folder: string) => `${n} fichiers écrits dans ${folder}`,
    emptyStore: 'aucun entrepôt ne répond : les requêtes sont essayées sur un entrepôt vide',
    checked: (boards: number, queries: number, faults: number) =>
      `${boards} tableaux de bord, ${queries} requêtes, ${faults} défauts`,
  },
  en: {
    usage: 'vigie dashboards build|check: see vigie dashboards --help',
    lang: (said: string) => `--lang: fr or en, not '${said}'`,
    built: (n: number, folder: string) => `${n} files written to ${folder}`,
    emptyStore: 'no store answers: the queries are tried on an empty one',
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

async function answers(rows: RowSource): Promise<boolean> {
  try {
    await rows.query('SELECT 1 AS one FROM vigie.flows LIMIT 0', { rowsMax: 1, secondsMax: 5 })
    return true
  } catch {
    return false
  }
}

/** An embedded store in a folder of its own that goes with it: its schema is enough to try every query. */
async function emptyStore(config: VigieConfig): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-check-'))
  let url = ''
  const store: Component = await runStore(
    { ...config.store, host: '127.0.0.1', port: 0, data_dir: folder },
    {
      logger: createLogger('check', 'error'),
      metrics: new Registry(),
      report: (fields) => {
        url = String(fields.url)
      },
      survey: async () => [],
    },
  )
  const stop = async (): Promise<void> => {
    await store.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { url, stop }
}

async function check(langs: readonly Language[], config: VigieConfig, io: CommandIo): Promise<number> {
  const texts = TEXTS[languageOf(io.env)]
  let rows = clickHouseRows(config.clickhouse_url, 4)
  let stop = async (): Promise<void> => undefined
  if (!(await answers(rows))) {
    await rows.close()
    io.stderr.write(`vigie: ${texts.emptyStore}\n`)
    const store = await emptyStore(config)
    stop = store.stop
    rows = clickHouseRows(store.url, 4)
  }
  try {
    const { boards, queries, faults } = await checkDashboards(langs, rows, Date.now(), SERVICE_TITLES)
    for (const fault of faults) io.stdout.write(`${fault}\n`)
    io.stderr.write(`vigie: ${texts.checked(boards, queries, faults.length)}\n`)
    return faults.length === 0 ? 0 : 1
  } finally {
    await rows.close()
    await stop()
  }
}

/** `build` writes Grafana's JSON; `check` lints it and runs every query on the store. */
export async function dashboardsCommand(args: string[], io: CommandIo): Promise<number> {
  const lang = languageOf(io.env)
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const langs = languagesOf(values.lang, lang)
  const [action] = positionals
  const config = () => readConfig(values.config === undefined ? [] : ['--config', values.config], io).config
  if (action === 'check') return check(langs, config(), io)
  if (action !== 'build') throw new UsageError(TEXTS[lang].usage)
  const folder = values.out ?? join(config().data_dir, 'dashboards')
  const paths = writeBuild(folder, langs, SERVICE_TITLES)
  io.stderr.write(`vigie: ${TEXTS[lang].built(paths.length, folder)}\n`)
  return 0
}
