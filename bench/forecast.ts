/**
 * How well the day is told on which a link is full. Hourly rates of links over 13 months, with days, weekends, holidays, a
 * season over the year, noise and weeks with large transfers, grow at a rate that is known; from their weekly 95th
 * percentiles the engine forecasts when 80 % of the capacity is reached (`vigie.forecast_reckoned`). Beside it, from the
 * same weeks: a line by least squares, and seasonal-naive with drift (the last four weeks, growing as they did since the
 * same weeks of a year ago). Goals: the true day within the interval for 90 % of the seeds, and the smallest median error.
 * Not measured: time.
 */
export interface ForecastSize {
  readonly seeds: number
}

export interface ForecastFigures extends ForecastSize {
  /** Share of the seeds whose true day lies within the interval. */
  readonly coverage: number
  /** Median width of the interval, days; of those with an end. */
  readonly intervalDays: number
  /** Median of the absolute errors, days. */
  readonly theilSenDays: number
  readonly leastSquaresDays: number
  readonly seasonalNaiveDays: number
}

export const FULL_SIZE: ForecastSize = { seeds: 200 }
export const TEST_SIZE: ForecastSize = { seeds: 40 }

const WEEKS = 56
const CAPACITY = 100e6
/** A Monday. */
const TODAY = '2025-11-03'
const DAY_MS = 86_400_000

/** Numbers in [0, 1) from a seed (mulberry32). */
function generator(seed: number): () => number {
  let a = seed * 0x9e3779b1
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const gaussian = (next: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

const percentile95 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(0.95 * values.length) - 1]!

/** Share of the level at an hour of the week, Monday 00:00 first. */
function profile(hour: number): number {
  const ofDay = hour % 24
  const day = 0.3 + 0.7 * Math.exp(-(((ofDay - 13) / 4) ** 2))
  return hour >= 120 ? 0.4 * day : day
}

const hours = Array.from({ length: 168 }, (_, hour) => hour)
const noisyWeek = (next: () => number): number[] =>
  hours.map((hour) => profile(hour) * Math.exp(0.08 * gaussian(next)))

interface Series {
  /** 95th percentile of each week, bit/s. */
  readonly weeks: readonly number[]
  /** Weeks from the first to the true day of 80 %. */
  readonly full: number
}

function seriesOf(seed: number, typical: number): Series {
  const next = generator(seed)
  const level = (0.2 + 0.3 * next()) * CAPACITY
  const full = WEEKS + 6 + 50 * next()
  const growth = (0.8 * CAPACITY - level) / full
  const season = 0.05 * next()
  const phase = next()
  const weeks = Array.from({ length: WEEKS }, (_, week) => {
    const ofYear = (week + 40) % 52
    const holiday = ofYear >= 51 || ofYear === 0 ? 0.6 : ofYear === 29 || ofYear === 30 ? 0.85 : 1
    const transfer = next() < 0.06 ? 1.3 + 0.7 * next() : 1
    const rates = noisyWeek(next).map((rate, hour) => (hour >= 60 && hour < 76 ? rate * transfer : rate))
    const yearly = 1 + season * Math.cos(2 * Math.PI * (week / 52 + phase))
    return ((level + growth * (week + 0.5)) * holiday * yearly * percentile95(rates)) / typical
  })
  return { weeks, full }
}

/** Week of reaching 80 % on a line; far away where it does not rise. */
const reached = (slope: number, at: number, value: number): number =>
  slope > 0 ? Math.min(at + (0.8 * CAPACITY - value) / slope, 1e4) : 1e4

function leastSquares(weeks: readonly number[]): number {
  const middle = (WEEKS - 1) / 2
  const mean = weeks.reduce((a, b) => a + b, 0) / WEEKS
  const over = weeks.reduce((sum, y, t) => sum + (t - middle) * (y - mean), 0)
  const under = weeks.reduce((sum, _, t) => sum + (t - middle) ** 2, 0)
  return reached(over / under, middle, mean) + 0.5
}

function seasonalNaive(weeks: readonly number[]): number {
  const mean = (from: number): number => weeks.slice(from, from + 4).reduce((a, b) => a + b, 0) / 4
  return reached((mean(WEEKS - 4) - mean(WEEKS - 56)) / 52, WEEKS - 2.5, mean(WEEKS - 4)) + 0.5
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

type Ask = (sql: string) => Promise<string>

/** Writes the weeks of all seeds, a link each, and terms with the capacity. */
async function write(ask: Ask, all: readonly Series[]): Promise<void> {
  const first = Date.parse(TODAY) - WEEKS * 7 * DAY_MS
  const rows = all.flatMap(({ weeks }, seed) =>
    weeks.map((p95, week) => {
      const day = new Date(first + week * 7 * DAY_MS).toISOString().slice(0, 10)
      return `('${day}',${1_000_000 + seed},'tx',${Math.round(p95)},7)`
    }),
  )
  await ask(
    `INSERT INTO vigie.capacity_weeks (week, link, direction, p95_bps, days) VALUES ${rows.join(',')}`,
  )
  await ask(
    `INSERT INTO vigie.link_terms (version, link, valid_to, committed_bps)
     SELECT 1000000, 1000000 + number, '2100-01-01', ${CAPACITY} FROM numbers(${all.length})`,
  )
  await ask('INSERT INTO vigie.registry_versions (version) VALUES (1000000)')
}

/** Forecasts links of `size.seeds` seeds on an empty store that `ask` asks. */
export async function runForecastBench(size: ForecastSize, ask: Ask): Promise<ForecastFigures> {
  const still = generator(0)
  const typical = median(Array.from({ length: 999 }, () => percentile95(noisyWeek(still))))
  const all = Array.from({ length: size.seeds }, (_, seed) => seriesOf(seed + 1, typical))
  await write(ask, all)
  const text = await ask(
    `SELECT link - 1000000, ifNull(reached[1].1, 10000), ifNull(reached[1].2, -10000), ifNull(reached[1].3, 10000)
     FROM vigie.forecast_reckoned(today = '${TODAY}') ORDER BY link FORMAT JSONCompactEachRow`,
  )
  const told = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as [number, number, number, number])
  // The engine counts from today to the Monday of a week, whose 95th percentile is that of its middle.
  const from = (weeks: number): number => WEEKS + weeks + 0.5
  const error = (week: number, { full }: Series): number => Math.abs(week - full) * 7
  const within = told.filter(([seed, , low, high]) => {
    const { full } = all[seed]!
    return from(low) <= full && full <= from(high)
  })
  const closed = told.filter(([, , , high]) => high < 10_000)
  return {
    ...size,
    coverage: within.length / size.seeds,
    intervalDays: median(closed.map(([, , low, high]) => (high - low) * 7)),
    theilSenDays: median(told.map(([seed, week]) => error(from(week), all[seed]!))),
    leastSquaresDays: median(all.map((series) => error(leastSquares(series.weeks), series))),
    seasonalNaiveDays: median(all.map((series) => error(seasonalNaive(series.weeks), series))),
  }
}
