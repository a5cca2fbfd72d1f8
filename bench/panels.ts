import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { builtIn } from '../dashboards/build.js'
import type { BuiltDashboard } from '../dashboards/built.js'
import { clickHouseRows, type RowSource } from '../dashboards/row_source.js'
import { planPanel } from '../dashboards/viewer/server/panel_query.js'
import { rowFilters } from '../dashboards/viewer/server/row_rules.js'
import { durationMs } from '../dashboards/viewer/shared/range.js'
import { Bed } from './bed.js'
import { type PanelsSize, panelsData } from './panels_data.js'
import { askStore, reckonMonths } from './planning.js'

/**
 * How fast dashboards answer: a store with a month of rollups of 2,500 sites, and each query of each panel as the viewer asks
 * it: for the board's own range and for an hour, a day, a week and a month, by somebody who sees everything and by a reader of
 * one organisation. One query runs at a time. Goals: half a second for 95 in 100 queries, two seconds for the slowest. Not
 * measured: the network, the browser, and several people at once.
 */
export const FULL_SIZE: PanelsSize = {
  sites: 2500,
  days: 30,
  minuteDays: 30,
  // Sketches take the engine 50 µs a row to copy: three days of minutes, behind them hours and days as elsewhere.
  sampleDays: 3,
  months: 13,
  newRows: 6,
  oldRows: 1,
  flows: 10_000_000,
  findings: 30_000,
  incidents: 6000,
  frames: 240,
  seed: 1,
  ranges: ['1h', '24h', '7d', '30d'],
  runs: 3,
}
export const TEST_SIZE: PanelsSize = {
  sites: 20,
  days: 3,
  minuteDays: 3,
  sampleDays: 3,
  months: 2,
  newRows: 2,
  oldRows: 1,
  flows: 20_000,
  findings: 200,
  incidents: 60,
  frames: 4,
  seed: 1,
  ranges: [],
  runs: 1,
}

const READER = ['org-7']
const BOUNDS = { rowsMax: 20_000, secondsMax: 60 } as const

export interface PanelTimes {
  readonly board: string
  readonly panel: string
  readonly range: string
  readonly reader: 'all' | 'one'
  /** s: the median of the runs. */
  readonly median: number
  /** s: the slowest of the runs. */
  readonly worst: number
  /** s of the engine's cores together, the least of the runs. */
  readonly cpu: number
  readonly rows: number
}

export interface PanelsFigures extends PanelsSize {
  readonly tables: Readonly<Record<string, number>>
  readonly totalRows: number
  readonly queries: number
  /** s, over all runs of all queries. */
  readonly p50: number
  readonly p95: number
  readonly worst: number
  readonly panels: readonly PanelTimes[]
  /** First 16 digits of the SHA-256 of what the tables hold, moments left out: the rows cannot change unseen. */
  readonly hash: string
}

type Say = (line: string) => void
type Ask = (sql: string) => Promise<string>
type Cpu = () => Promise<number>

const quantile = (values: readonly number[], level: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(level * sorted.length) - 1)] ?? 0
}

/** Rolls that make the rollups of what was loaded, in the order they depend on one another. */
const ROLLS = ['flow_mix_5m_roll', 'flow_mix_1h_roll', 'exporter_1h_roll', 'voice_1h_roll'] as const

/** Runs each roll until nothing more is due. */
async function roll(ask: Ask, days: number, say: Say): Promise<void> {
  for (const view of ROLLS) {
    const from = performance.now()
    const hours = view === 'flow_mix_5m_roll' ? 12 : view === 'voice_1h_roll' ? 24 : 48
    for (let done = 0; done <= days * 24; done += hours) {
      await ask(`SYSTEM REFRESH VIEW vigie.${view}`)
      await ask(`SYSTEM WAIT VIEW vigie.${view}`)
    }
    say(`${view.padEnd(24)} ${((performance.now() - from) / 1000).toFixed(1)} s`)
  }
}

/** Fills the store up to `now`, s since 1970, a whole hour. */
export async function fillPanels(size: PanelsSize, now: number, url: string, say: Say): Promise<void> {
  const ask = askStore(url)
  const load = askStore(url, {
    max_block_size: '65536',
    min_insert_block_size_rows: '1048576',
    max_insert_threads: '1',
  })
  for (const view of ROLLS) await ask(`SYSTEM STOP VIEW vigie.${view}`)
  for (const { what, sql } of panelsData(size, now)) {
    const from = performance.now()
    for (const statement of sql) await load(statement)
    say(`${what.padEnd(24)} ${((performance.now() - from) / 1000).toFixed(1)} s`)
  }
  for (const view of ROLLS) await ask(`SYSTEM START VIEW vigie.${view}`)
  await roll(ask, size.days, say)
  const month = new Date(now * 1000).toISOString().slice(0, 8).concat('01')
  await reckonMonths(ask, month, size.months)
  await ask('SYSTEM REFRESH VIEW vigie.migration_quality_roll')
  await ask('SYSTEM WAIT VIEW vigie.migration_quality_roll')
}

/**
 * What the tables hold; the hash is of what was loaded, without moments and without what was rolled of it, in whole numbers that
 * are the same whatever the engine has merged.
 */
export async function panelsContents(ask: Ask): Promise<{ tables: Record<string, number>; hash: string }> {
  const counted = await ask(
    "SELECT table, sum(rows) FROM system.parts WHERE active AND database = 'vigie' GROUP BY table ORDER BY table",
  )
  const tables = Object.fromEntries(
    counted
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([table, n]) => [table!, Number(n)]),
  )
  const sums = await ask(
    `SELECT (SELECT (sum(flows), sum(bytes), sum(packets * (src_site_id + 3 * dst_site_id)), sum(flows * (app_rule_id + service_port)))
         FROM vigie.flows_1m),
       (SELECT (count(), sum(bytes), sum(cityHash64(src_addr, dst_addr, src_port, dst_port))) FROM vigie.flows),
       ${['link', 'tunnel'].map((kind) => `(SELECT (count(), sum(toInt64(round(1000 * latency_ms_sum)) * site_id), sum(toInt64(round(1000 * mos_computed_sum))), sum(state_down)) FROM vigie.${kind}_samples_1m)`).join(',\n       ')},
       (SELECT (count(), sum(cityHash64(uid, evidence))) FROM vigie.findings FINAL),
       (SELECT (count(), sum(cityHash64(uid, title_fr))) FROM vigie.incidents FINAL),
       (SELECT (count(), sum(stored), max(sequence_lost)) FROM vigie.ledger)`,
  )
  return { tables, hash: createHash('sha256').update(sums).digest('hex').slice(0, 16) }
}

async function measure(
  board: BuiltDashboard,
  range: string,
  reader: 'all' | 'one',
  deps: {
    readonly rows: RowSource
    readonly filters: string
    readonly cpu: Cpu
    readonly nowMs: number
    readonly runs: number
  },
): Promise<PanelTimes[]> {
  const { rows, filters, cpu, nowMs, runs } = deps
  const bounds = reader === 'one' ? { ...BOUNDS, filters } : BOUNDS
  const query = range === 'own' ? {} : { from: `now-${range}`, to: 'now' }
  const all: PanelTimes[] = []
  for (const { id, title } of board.panels) {
    const plan = planPanel(board, id, query, nowMs)
    if (plan === undefined) continue
    const times: number[] = []
    let spent = Number.POSITIVE_INFINITY
    let found = 0
    for (let run = 0; run < runs; run++) {
      const before = await cpu()
      const from = performance.now()
      for (const sql of plan.statements) found = (await rows.query(sql, bounds)).rows.length
      times.push((performance.now() - from) / 1000)
      spent = Math.min(spent, (await cpu()) - before)
    }
    const name = board.uid.replace(/^vigie-\w\w-/, '')
    all.push({
      board: name,
      panel: `${id} ${title}`,
      range,
      reader,
      median: quantile(times, 0.5),
      worst: Math.max(...times),
      cpu: spent,
      rows: found,
    })
  }
  return all
}

/** The board's own range, and those that people choose, without the one that it is already. */
const rangesOf = (board: BuiltDashboard, ranges: readonly string[]): string[] => {
  const own = durationMs(board.time.from.replace('now-', ''))
  return ['own', ...ranges.filter((range) => durationMs(range) !== own)]
}

/** Asks every panel of the store of `url`. */
export async function askPanels(
  size: Pick<PanelsSize, 'runs' | 'ranges'>,
  now: number,
  url: string,
  say: Say,
  cpu: Cpu = async () => 0,
): Promise<PanelTimes[]> {
  const ask = askStore(url)
  const listed = await ask(
    "SELECT name FROM system.tables WHERE database = 'vigie' AND engine LIKE '%MergeTree'",
  )
  const rows = clickHouseRows(url, 4)
  const deps = {
    rows,
    filters: rowFilters(READER, listed.trim().split('\n')),
    cpu,
    nowMs: now * 1000,
    runs: size.runs,
  }
  const all: PanelTimes[] = []
  try {
    for (const board of builtIn('fr'))
      for (const range of rangesOf(board, size.ranges))
        for (const reader of ['all', 'one'] as const) {
          const times = await measure(board, range, reader, deps)
          all.push(...times)
          for (const t of times)
            say(
              `${t.median.toFixed(3)} ${t.worst.toFixed(3)} s, ${t.cpu.toFixed(2)} s of a core  ${t.board} ${range} ${reader}  ${t.panel} (${t.rows})`,
            )
        }
  } finally {
    await rows.close()
  }
  return all
}

/** Fills and asks. */
export async function runPanels(
  size: PanelsSize,
  now: number,
  url: string,
  say: Say,
  cpu?: Cpu,
): Promise<PanelsFigures> {
  await fillPanels(size, now, url, say)
  const { tables, hash } = await panelsContents(askStore(url))
  const panels = await askPanels(size, now, url, say, cpu)
  const walls = panels.map(({ median }) => median)
  return {
    ...size,
    tables,
    totalRows: Object.values(tables).reduce((sum, n) => sum + n, 0),
    queries: panels.length,
    p50: quantile(walls, 0.5),
    p95: quantile(walls, 0.95),
    worst: Math.max(...panels.map(({ worst }) => worst)),
    panels,
    hash,
  }
}

/** The bench on a store of its own; `writeDocs` puts the table into `docs/dashboards.md`. */
export async function runPanelsBench(size: PanelsSize, say: Say, writeDocs = false): Promise<PanelsFigures> {
  const bed = await Bed.make(['store'])
  try {
    const now = Math.floor(Date.now() / 3_600_000) * 3600
    const cpu = async (): Promise<number> => (await bed.cpu()).store ?? 0
    const figures = await runPanels(size, now, bed.config.clickhouse_url, say, cpu)
    if (writeDocs) writePage(figures)
    return figures
  } finally {
    await bed.end()
  }
}

const PAGE = new URL('../../docs/dashboards.md', import.meta.url)
const HEADING = '## How fast the panels answer'

/** The section of the page: a row a board, over all its panels, ranges and readers. */
export function panelsSection(figures: PanelsFigures): string {
  const n = new Intl.NumberFormat('en-CA')
  const ms = (seconds: number): string => n.format(Math.round(seconds * 1000))
  const boards = [...new Set(figures.panels.map(({ board }) => board))]
  const lines = boards.map((board) => {
    const own = figures.panels.filter((panel) => panel.board === board)
    const walls = own.map(({ median }) => median)
    const slowest = own.reduce((a, b) => (b.worst > a.worst ? b : a))
    return `| ${board} | ${own.length} | ${ms(quantile(walls, 0.5))} | ${ms(quantile(walls, 0.95))} | ${ms(slowest.worst)} | ${slowest.panel}, ${slowest.range} |`
  })
  return `${HEADING}

Written by \`npx vigie bench panels --write-docs\`; do not edit this section. ${n.format(figures.totalRows)} rows in the embedded store: ${figures.days} days
of ${n.format(figures.sites)} sites. Each query of each panel, for the board’s own range, an hour, a day, a week and a month, as somebody
who sees everything and as a reader of one organisation, one at a time, median of ${figures.runs} runs:
p50 ${ms(figures.p50)} ms, **p95 ${ms(figures.p95)} ms**, worst of all runs **${ms(figures.worst)} ms**.

| board | queries | p50, ms | p95, ms | worst, ms | which |
|---|---|---|---|---|---|
${lines.join('\n')}
`
}

function writePage(figures: PanelsFigures): void {
  const text = readFileSync(PAGE, 'utf8')
  const start = text.indexOf(HEADING)
  const before = start < 0 ? `${text.trimEnd()}\n\n` : text.slice(0, start)
  const next = start < 0 ? -1 : text.indexOf('\n## ', start + 1)
  writeFileSync(PAGE, `${before}${panelsSection(figures)}${next < 0 ? '' : text.slice(next)}`)
}
