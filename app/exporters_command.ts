import { parseArgs } from 'node:util'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import { storeReader } from './ask_store.js'
import { readConfig } from './config/vigie_config.js'
import { withBus } from './connect_bus.js'
import { type ExporterView, exporterViews, type ToldRate } from './exporter_views.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { readNamedElements } from './named_elements.js'
import { formatOf, type Row, renderRows } from './rows.js'

const OPTIONS = {
  format: { type: 'string' },
  config: { type: 'string' },
  elements: { type: 'string' },
} as const

const TITLES: Readonly<Record<Language, readonly string[]>> = {
  en: [
    'exporter',
    'protocols',
    'templates',
    'sampling',
    'rates from',
    'lost',
    'skew',
    'seen',
    'interfaces',
    'unnamed',
  ],
  fr: [
    'exportateur',
    'protocoles',
    'modèles',
    'échantillonnage',
    'taux selon',
    'perdus',
    'décalage',
    'vu',
    'interfaces',
    'sans nom',
  ],
}

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** A few of many, and how many more there are. */
function some(texts: readonly string[], most: number): string {
  const more = texts.length - most
  return texts.slice(0, most).join(' ') + (more > 0 ? ` +${more}` : '')
}

function rateText({ sampler, interface: index, rate }: ToldRate): string {
  const of = sampler !== undefined ? `#${sampler} ` : index !== undefined ? `if ${index} ` : ''
  return `${of}1:${rate}`
}

/** The table holds on a screen; the other formats say all. */
function tableRow(view: ExporterView, lang: Language): Row {
  const rates = [...new Set(view.sampling.map(rateText))]
  if (view.configured_rate !== undefined) rates.push(`(1:${view.configured_rate})`)
  const cells = [
    view.known_as === undefined ? view.address : `${view.known_as} (${view.address})`,
    view.protocols.join(' '),
    view.templates,
    some(rates, 2),
    Object.keys(view.sampling_sources ?? {}).join(' '),
    view.sequence_lost,
    view.clock_skew_ms === undefined ? '' : `${(view.clock_skew_ms / 1000).toFixed(1)} s`,
    iso(view.last_seen_ms),
    Object.keys(view.interfaces ?? {}).length,
    some(view.unnamed, 3),
  ]
  return Object.fromEntries(TITLES[lang].map((title, i) => [title, cells[i]]))
}

const fullRow = ({ first_seen_ms, last_seen_ms, ...view }: ExporterView): Row => ({
  ...view,
  first_seen: iso(first_seen_ms),
  last_seen: iso(last_seen_ms),
})

const AWAY: Readonly<Record<Language, string>> = {
  en: 'the store does not answer: names of interfaces and sources of rates are left out',
  fr: 'le stockage ne répond pas : les noms d’interfaces et les sources des taux manquent',
}

/** `vigie exporters [ADDRESS]`: who sends, what, and how well. */
export async function exportersCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  if (positionals.length > 1) throw new UsageError('vigie exporters takes one address')
  const lang = languageOf(io.env)
  const format = formatOf(values.format, io)
  const { config } = readConfig(values.config === undefined ? [] : ['--config', values.config], io)
  const named = readNamedElements(
    values.elements ?? config.elements_file,
    values.elements ? '--elements' : 'elements_file',
  )
  const [address] = positionals
  const flows = storeReader(config.clickhouse_url)
  try {
    const views = await withBus(config.bus, 'vigie exporters', (bus) =>
      exporterViews(new NatsStateStore(bus), flows, {
        ...(address !== undefined && { address }),
        ...(named && { named }),
        away: (why) => io.stderr.write(`${AWAY[lang]} (${why})\n`),
      }),
    )
    views.sort((a, b) => b.last_seen_ms - a.last_seen_ms)
    const rows = views.map((view) => (format === 'table' ? tableRow(view, lang) : fullRow(view)))
    io.stdout.write(
      format === 'table' ? renderRows(rows, format, TITLES[lang]) : renderRows(rows, format, columnsOf(rows)),
    )
    return 0
  } finally {
    await flows.close()
  }
}

/** Every key of any row: exporters differ in what is known of them. */
const columnsOf = (rows: readonly Row[]): string[] => [...new Set(rows.flatMap((row) => Object.keys(row)))]
