import { REPORTS } from '../sinks/clickhouse/planning/reports.js'
import { Bed } from './bed.js'
import { type ForecastFigures, runForecastBench, FULL_SIZE as SEEDS } from './forecast.js'
import { type PlanningSize, planningData } from './planning_data.js'
import { questionsOf } from './questions.js'

/**
 * How fast planning answers: 13 months of the rollups of 2,500 sites, with two links and four tunnels each, in the embedded
 * store; then each report, section by section, each of the twenty questions, and the reckoning of a month of service levels,
 * bills and forecasts of all of them. Each answer is asked for three times; the table has the fastest and the slowest. Not
 * measured: rolling of days. Goals: a second for a report and for a question, three for the month of all sites, read as the report
 * (`sla/sites`) and reckoned anew (`service_levels_of_sites`). `service_levels` reckons all links and tunnels too, which the
 * store does by itself every hour, for this month and the last.
 */
/** s: the fastest and the slowest of the runs, and what the fastest took of the engine's cores together. */
export interface Times {
  readonly least: number
  readonly most: number
  readonly cpu: number
}

export interface PlanningFigures extends PlanningSize {
  readonly reports: Readonly<Record<string, Times>>
  readonly questions: Readonly<Record<string, Times>>
  /** s: of all links, tunnels and sites. */
  readonly reckoning: Readonly<Record<string, Times>>
  readonly rows: Readonly<Record<string, number>>
  readonly forecast: ForecastFigures
}

export const FULL_SIZE: PlanningSize = { sites: 2500, months: 13, runs: 3 }
export const TEST_SIZE: PlanningSize = { sites: 20, months: 2, runs: 1 }

type Ask = (sql: string) => Promise<string>
/** CPU seconds of the store so far. */
type Cpu = () => Promise<number>

/** Blocks of sketches are large in memory: small ones go in. */
const LOADING = {
  max_block_size: '32768',
  min_insert_block_size_rows: '131072',
  min_insert_block_size_bytes: '67108864',
}

/** Asks over HTTP, with what reports are parted by. */
export const askStore =
  (url: string, settings: Readonly<Record<string, string>> = {}) =>
  async (sql: string, month = '2025-01-01'): Promise<string> => {
    const words = new URLSearchParams({
      param_month: month,
      param_org: '',
      param_supplier: '',
      param_tolerance: '0.001',
      max_execution_time: '0',
      ...settings,
    })
    const answer = await fetch(`${url}/?${words}`, { method: 'POST', body: sql })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${text.slice(0, 400)}\n${sql.slice(0, 300)}`)
    return text
  }

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return (performance.now() - from) / 1000
}

async function several(runs: number, work: () => Promise<unknown>, cpu: Cpu): Promise<Times> {
  const times: [wall: number, cpu: number][] = []
  while (times.length < runs) {
    const before = await cpu()
    const wall = await timed(work)
    times.push([wall, (await cpu()) - before])
  }
  const walls = times.map(([wall]) => wall)
  return {
    least: Math.min(...walls),
    most: Math.max(...walls),
    cpu: Math.min(...times.map(([, used]) => used)),
  }
}

const timesText = ({ least, most, cpu }: Times): string =>
  `${least.toFixed(2)} to ${most.toFixed(2)} s, ${cpu.toFixed(2)} s of a core`

/** Last whole month before the clock's. */
function lastMonth(): string {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 10)
}

/** Reckons a month, and has the months before it say the same. */
export async function reckonMonths(
  ask: Ask,
  month: string,
  months: number,
  cpu: Cpu = async () => 0,
): Promise<Record<string, Times>> {
  const today = `toMonday(toDate('${month}') + INTERVAL 1 MONTH)`
  const times = {
    capacity: await several(
      1,
      async () => {
        await ask('SYSTEM REFRESH VIEW vigie.capacity_months_roll')
        await ask('SYSTEM WAIT VIEW vigie.capacity_months_roll')
      },
      cpu,
    ),
    // Reckoned anew from the days, written nowhere.
    service_levels_of_sites: await several(
      1,
      () => ask(`SELECT * FROM vigie.sla_reckoned(month = '${month}') WHERE kind = 'site' FORMAT Null`),
      cpu,
    ),
    service_levels: await several(
      1,
      () => ask(`INSERT INTO vigie.sla_months SELECT * FROM vigie.sla_changes(month = '${month}')`),
      cpu,
    ),
    billing: await several(
      1,
      () => ask(`INSERT INTO vigie.billing_months SELECT * FROM vigie.billing_changes(month = '${month}')`),
      cpu,
    ),
    forecasts: await several(
      1,
      () =>
        ask(
          `INSERT INTO vigie.capacity_forecasts SELECT ${today}, link, direction, weeks, capacity_bps, growth_bps_per_week, growth_low_bps_per_week, growth_high_bps_per_week, p95_now_bps, level_bps, level_error_bps, middle, reached, now64(3) FROM vigie.forecast_reckoned(today = ${today})`,
        ),
      cpu,
    ),
  }
  // Earlier months say what this one says.
  for (let ago = 1; ago < months; ago++)
    for (const table of ['sla_months', 'billing_months'])
      await ask(
        `INSERT INTO vigie.${table} SELECT * REPLACE (month - INTERVAL ${ago} MONTH AS month, part_from - INTERVAL ${ago} MONTH AS part_from) FROM (SELECT * FROM vigie.${table} WHERE month = '${month}')`,
      )
  return times
}

/** Fills the store of `url` and asks. */
export async function runPlanning(
  size: PlanningSize,
  url: string,
  say: (line: string) => void,
  cpu: Cpu = async () => 0,
): Promise<PlanningFigures> {
  const ask = askStore(url)
  const load = askStore(url, LOADING)
  const month = lastMonth()
  for (const { what, sql } of planningData(size, month)) {
    const seconds = await timed(async () => {
      for (const statement of sql) await load(statement)
    })
    say(`${what.padEnd(12)} ${seconds.toFixed(1)} s`)
  }
  const reckoning = await reckonMonths(ask, month, size.months, cpu)
  for (const [what, times] of Object.entries(reckoning)) say(`reckoning    ${timesText(times)} ${what}`)
  const reports: Record<string, Times> = {}
  for (const { id, sections } of Object.values(REPORTS))
    for (const section of sections.filter(({ needs }) => needs === undefined)) {
      const name = `${id}/${section.id}`
      reports[name] = await several(size.runs, () => ask(`${section.sql} FORMAT JSONEachRow`, month), cpu)
      say(`report       ${timesText(reports[name]!)} ${name}`)
    }
  const questions: Record<string, Times> = {}
  for (const { number, title, sql } of questionsOf(month)) {
    const name = `${number}. ${title}`
    questions[name] = await several(size.runs, () => ask(`${sql} FORMAT JSONEachRow`, month), cpu)
    say(`question     ${timesText(questions[name]!)} ${name}`)
  }
  const counts = await ask(
    "SELECT table, sum(rows) FROM system.parts WHERE active AND database = 'vigie' AND table IN ('state_1d', 'quality_1d', 'traffic_1d', 'traffic_5m', 'flows_1d', 'sla_months', 'capacity_weeks') GROUP BY table ORDER BY table",
  )
  const rows = Object.fromEntries(
    counts
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([table, n]) => [table!, Number(n)]),
  )
  await ask('TRUNCATE TABLE vigie.capacity_weeks')
  const forecast = await runForecastBench({ seeds: size.months < 12 ? 5 : SEEDS.seeds }, ask)
  return { ...size, reports, questions, reckoning, rows, forecast }
}

/** The bench on a store of its own. */
export async function runPlanningBench(
  size: PlanningSize,
  say: (line: string) => void,
): Promise<PlanningFigures> {
  const bed = await Bed.make(['store'])
  try {
    return await runPlanning(size, bed.config.clickhouse_url, say, async () => (await bed.cpu()).store ?? 0)
  } finally {
    await bed.end()
  }
}
