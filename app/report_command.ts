import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { dictionaryPage } from '../sinks/clickhouse/planning/dictionary.js'
import type { Report, ReportSection } from '../sinks/clickhouse/planning/report.js'
import { cellText } from '../sinks/clickhouse/planning/report_cell.js'
import {
  type FilledSection,
  keyOf,
  type ReportRow,
  reportHtml,
} from '../sinks/clickhouse/planning/report_html.js'
import { REPORTS } from '../sinks/clickhouse/planning/reports.js'
import { readSupplierFile } from '../sinks/clickhouse/planning/supplier_invoice.js'
import { storeReader } from './ask_store.js'
import { readConfig } from './config/vigie_config.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { REPORT_TEXTS } from './report_texts.js'
import { renderRows } from './rows.js'

const OPTIONS = {
  month: { type: 'string' },
  org: { type: 'string', default: '' },
  supplier: { type: 'string', default: '' },
  format: { type: 'string' },
  section: { type: 'string' },
  restate: { type: 'boolean', default: false },
  reconcile: { type: 'string' },
  tolerance: { type: 'string', default: '0.001' },
  lang: { type: 'string' },
  config: { type: 'string' },
} as const

type Format = 'table' | 'csv' | 'jsonl' | 'html'

interface Call {
  readonly report: Report
  /** First day of the month. */
  readonly month: string
  readonly org: string
  readonly supplier: string
  readonly tolerance: number
  readonly format: Format
  readonly sections: readonly ReportSection[]
  readonly lang: Language
  readonly io: CommandIo
  readonly client: ClickHouseClient
}

/** `vigie report sla|capacity|billing|programme`, `vigie report dictionary` */
export async function reportCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const lang = languageOf(values.lang === undefined ? io.env : { VIGIE_LANG: values.lang })
  const texts = REPORT_TEXTS[lang]
  const [id = ''] = positionals
  if (id === 'dictionary') return dictionaryCommand(values.config, io)
  const report = REPORTS[id]
  if (report === undefined || positionals.length !== 1)
    throw new UsageError(texts.unknownReport(positionals.join(' '), Object.keys(REPORTS).join(', ')))
  const tolerance = Number(values.tolerance)
  if (!(tolerance >= 0 && tolerance <= 1)) throw new UsageError(texts.badTolerance(values.tolerance))
  if (values.reconcile !== undefined && values.supplier === '') throw new UsageError(texts.needsSupplier)
  const format = formatOf(values.format, io, lang)
  const wanted = values.section ?? (values.reconcile === undefined ? undefined : 'reconciliation')
  const base = { report, tolerance, format, lang, io, org: values.org, supplier: values.supplier }
  const sections = sectionsOf(report, wanted, format, values.supplier, lang)
  const month = `${monthOf(values.month, lang)}-01`
  const { config } = readConfig(values.config === undefined ? [] : ['--config', values.config], io)
  const client = createClient({
    url: config.clickhouse_url,
    log: { level: ClickHouseLogLevel.OFF },
    application: 'vigie',
    request_timeout: 600_000,
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, output_format_json_quote_decimals: 0 },
  })
  try {
    return await make({ ...base, month, sections, client }, values.restate, values.reconcile)
  } finally {
    await client.close()
  }
}

/** The data dictionary, from the engine. */
async function dictionaryCommand(configFile: string | undefined, io: CommandIo): Promise<number> {
  const { config } = readConfig(configFile === undefined ? [] : ['--config', configFile], io)
  const reader = storeReader(config.clickhouse_url)
  try {
    io.stdout.write(await dictionaryPage((sql) => reader.rows(sql)))
    return 0
  } finally {
    await reader.close()
  }
}

/** The month asked for, else the one before this one. */
function monthOf(asked: string | undefined, lang: Language): string {
  if (asked === undefined) {
    const now = new Date()
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7)
  }
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(asked)) throw new UsageError(REPORT_TEXTS[lang].badMonth(asked))
  return asked
}

function formatOf(asked: string | undefined, io: CommandIo, lang: Language): Format {
  if (asked === undefined) return io.stdout.isTTY ? 'table' : 'jsonl'
  if (asked === 'table' || asked === 'csv' || asked === 'jsonl' || asked === 'html') return asked
  throw new UsageError(REPORT_TEXTS[lang].badFormat(asked))
}

/** The section asked for; else all where they can stand one below the other, the main one where they cannot. */
function sectionsOf(
  report: Report,
  asked: string | undefined,
  format: Format,
  supplier: string,
  lang: Language,
): ReportSection[] {
  const can = report.sections.filter(({ needs }) => needs === undefined || supplier !== '')
  const one = asked ?? (format === 'csv' || format === 'jsonl' ? report.main : undefined)
  if (one === undefined) return can
  const found = can.filter((section) => section.id === one)
  if (found.length === 0)
    throw new UsageError(REPORT_TEXTS[lang].unknownSection(one, can.map((section) => section.id).join(', ')))
  return found
}

async function make(call: Call, restate: boolean, file: string | undefined): Promise<number> {
  const { client, report, io, lang } = call
  const texts = REPORT_TEXTS[lang]
  const month = call.month.slice(0, 7)
  if (file !== undefined && !(await load(call, file))) return 1
  if (restate || (report.reckoned !== undefined && (await count(call, report.reckoned)) === 0)) {
    for (const sql of report.restate)
      await client.command({ query: sql, query_params: { month: call.month } })
    if (report.restate.length > 0) io.stderr.write(`${texts.restated(month)}\n`)
  }
  const filled: FilledSection[] = []
  for (const section of call.sections) filled.push({ section, rows: await rowsOf(call, section.sql) })
  const printedAt = new Date().toISOString().slice(0, 10)
  const isFinal = month < printedAt.slice(0, 7)
  if (!isFinal) io.stderr.write(`${texts.provisional(month)}\n`)
  if (call.format === 'html') {
    const head = { month, organization: call.org, supplier: call.supplier, isFinal, printedAt }
    io.stdout.write(reportHtml(report, head, filled, lang))
  } else for (const section of filled) io.stdout.write(text(section, call))
  return 0
}

async function rowsOf({ client, month, org, supplier, tolerance }: Call, sql: string): Promise<ReportRow[]> {
  const answer = await client.query({
    query: sql,
    format: 'JSONEachRow',
    query_params: { month, org, supplier, tolerance },
  })
  return answer.json<ReportRow>()
}

const count = async (call: Call, sql: string): Promise<number> => Number((await rowsOf(call, sql))[0]?.n ?? 0)

/** Raw figures for machines; for people under a heading, in words and units. */
function text({ section, rows }: FilledSection, { format, lang }: Call): string {
  const names = section.columns.map(({ name }) => keyOf(name))
  if (format !== 'table') return renderRows(rows, format === 'csv' ? 'csv' : 'jsonl', names)
  const shown = rows.map((row) =>
    Object.fromEntries(
      section.columns.map(({ name, title, kind }) => [title[lang], cellText(row[keyOf(name)], kind, lang)]),
    ),
  )
  const table = renderRows(
    shown,
    'table',
    section.columns.map(({ title }) => title[lang]),
  )
  return `${section.title[lang]}\n${table === '' ? '—\n' : table}\n`
}

/** Puts a supplier's invoice into the store. Says what cannot be read; false where anything cannot. */
async function load({ client, io, lang, month, supplier }: Call, path: string): Promise<boolean> {
  const texts = REPORT_TEXTS[lang]
  const content = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UsageError(texts.unreadable(path, error.message))
  })
  const { lines, mistakes } = readSupplierFile(content, month, supplier)
  for (const { line, column, found } of mistakes.slice(0, 100))
    io.stderr.write(`${texts.mistake(path, line, column, found)}\n`)
  if (mistakes.length > 0) return false
  const query_params = { month, supplier }
  await client.command({
    query:
      'DELETE FROM vigie.supplier_invoice_lines WHERE month = {month:Date} AND supplier = {supplier:String}',
    query_params,
  })
  await client.insert({
    table: 'vigie.supplier_invoice_lines',
    values: [...lines],
    format: 'JSONEachRow',
  })
  io.stderr.write(`${texts.loaded(lines.length, path)}\n`)
  return true
}
