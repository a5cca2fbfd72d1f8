import { SEVERITIES } from '../../model/finding.js'
import type { StoreRow } from '../../model/ports.js'
import type { ServiceContext } from '../context.js'
import type { Horizon, HorizonAnalyzer, HorizonFace, Slot } from '../service.js'
import { SATURATION_FORECAST_TITLE } from '../titles.js'

/** What the forecast asks of a subscription. */
export interface ForecastParameters {
  readonly forecast_days: number
  readonly forecast_weeks: number
  readonly forecast_utilization_ratio: number
  readonly allow: readonly string[]
}

const DAY_S = 86_400
const WEEK_D = 7
/** A forecast is told again every week; one that is told no more for two is over. */
const QUIET_MS = 15 * DAY_S * 1000
/** The store's interval of growth is one at 95 %, 1.96 errors wide; one in ten slopes lies below 1.2816. */
const TENTH = 1.2816 / 1.96
const LINKS = 40_000

/**
 * The store reckons growth itself, by Theil and Sen's slope over up to 65 whole weeks, season and strays taken out
 * (`vigie.capacity_forecasts`, once a day, for the Monday of its week): the newest one that the day knows is read.
 */
const FORECASTS: Horizon = {
  id: 'forecasts',
  everyS: DAY_S,
  // Behind the daily reckoning at 06:00 UTC.
  settleS: 7 * 3600,
  patienceS: 0,
  catchUp: 2,
  question: ({ endMs }) => ({
    sql: `SELECT f.link, toString(f.direction), toUnixTimestamp(toDateTime(f.day, 'UTC')), f.weeks, f.capacity_bps, f.p95_now_bps, f.growth_bps_per_week, f.growth_low_bps_per_week,
  f.reached[1].1, f.reached[2].1, dictGetOrDefault('vigie.links_names', 'id', toUInt64(f.link), '') AS name,
  dictGetOrDefault('vigie.links_names', 'site', toUInt64(f.link), 0) AS site, dictGetOrDefault('vigie.sites_names', 'organization', toUInt64(site), 0) AS organization,
  dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(dictGetOrDefault('vigie.links_names', 'supplier', toUInt64(f.link), 0)), '') AS supplier
FROM vigie.capacity_forecasts AS f FINAL
WHERE f.day = (SELECT max(day) FROM vigie.capacity_forecasts WHERE day <= toDate({day:UInt32}, 'UTC') AND day > toDate({day:UInt32}, 'UTC') - 14)
  AND f.growth_bps_per_week > 0
ORDER BY f.link, f.direction`,
    params: { day: Math.floor(endMs / 1000) },
    maxRows: LINKS,
    timeoutMs: 30_000,
  }),
}

/** What the store forecasts of one direction of a link. Weeks count from `day`. */
interface Forecast {
  readonly link: string
  readonly direction: string
  readonly dayMs: number
  readonly weeks: number
  readonly capacityBps: number
  readonly p95Bps: number
  readonly growth: number
  /** Lower end of the growth's interval at 80 %: nine slopes in ten lie above. */
  readonly growthLow: number
  /** Weeks until 80 % and 100 % of the capacity are reached; NaN: not foreseen. */
  readonly weeks80: number
  readonly weeks100: number
  readonly siteId: number
  readonly orgId: number
  readonly supplier: string
}

function forecastOf(row: StoreRow): Forecast {
  const [, direction, dayS, weeks, capacity, p95, growth, low, weeks80, weeks100, link, site, org, supplier] =
    row
  const number = (value: unknown): number => (value === null ? Number.NaN : Number(value))
  return {
    link: String(link),
    direction: String(direction),
    dayMs: number(dayS) * 1000,
    weeks: number(weeks),
    capacityBps: number(capacity),
    p95Bps: number(p95),
    growth: number(growth),
    growthLow: number(growth) - TENTH * (number(growth) - number(low)),
    weeks80: number(weeks80),
    weeks100: number(weeks100),
    siteId: number(site),
    orgId: number(org),
    supplier: String(supplier),
  }
}

class ForecastAnalyzer implements HorizonAnalyzer {
  readonly #context: ServiceContext<ForecastParameters>

  constructor(context: ServiceContext<ForecastParameters>) {
    this.#context = context
  }

  apply(_horizon: string, slot: Slot, rows: readonly StoreRow[] | undefined): void {
    if (rows === undefined) this.#context.count('days_without_forecast', 1)
    for (const row of rows ?? []) this.#judge(forecastOf(row), slot)
  }

  /** Nothing is decided between answers. */
  evaluate(): void {}

  #judge(f: Forecast, slot: Slot): void {
    const p = this.#context.parametersOf(f.orgId)
    if (f.weeks < p.forecast_weeks || p.allow.includes(f.link)) return
    const key = `forecast|${f.link}|${f.direction}`
    const share = p.forecast_utilization_ratio
    // Without growth at the lower bound it may never come; what is full already is the present, not a forecast.
    const weeksLate =
      f.growthLow > 0 ? (share * f.capacityBps - f.p95Bps) / f.growthLow : Number.POSITIVE_INFINITY
    const weeksExpected = (share * f.capacityBps - f.p95Bps) / f.growth
    const horizon = p.forecast_days / WEEK_D
    // Once told it stays told until the line itself, not its bound, is out of reach: bounds waver from week to week.
    const near = this.#context.isOpen(key) ? weeksExpected <= 1.5 * horizon : weeksLate <= horizon
    if (!near || weeksExpected < 0) return
    const soon = f.weeks100 * WEEK_D <= p.forecast_days / 3
    this.#context.report({
      key,
      severity: soon ? SEVERITIES.high : SEVERITIES.medium,
      score: 90,
      orgId: f.orgId,
      siteId: f.siteId,
      src: [],
      dst: [],
      firstSeenMs: slot.endMs,
      lastSeenMs: slot.endMs,
      evidence: {
        kind: 'forecast',
        link: f.link,
        supplier: f.supplier,
        direction: f.direction,
        capacity_bps: Math.round(f.capacityBps),
        p95_bps: Math.round(f.p95Bps),
        utilisation_p95_ratio: Math.round((f.p95Bps / f.capacityBps) * 1000) / 1000,
        growth_bps_per_week: Math.round(f.growth),
        growth_tenth_bps_per_week: Math.round(f.growthLow),
        weeks: f.weeks,
        threshold_ratio: share,
        ...dayOf('full_80_on', f.dayMs, f.weeks80),
        ...dayOf('full_100_on', f.dayMs, f.weeks100),
        ...dayOf('threshold_latest_on', f.dayMs, weeksLate),
        sql: `SELECT * FROM vigie.v_forecast WHERE link = '${f.link}' AND direction = '${f.direction}'`,
      },
      title: SATURATION_FORECAST_TITLE(f.link),
      magnitude: 1 / Math.max(1, weeksExpected),
      quietMs: QUIET_MS,
    })
  }

  snapshot(): unknown {
    return {}
  }

  restore(): void {}
}

/** A day that lies so many weeks after another; weeks stand for their middle. */
function dayOf(name: string, fromMs: number, weeks: number): Record<string, string> {
  if (!Number.isFinite(weeks) || Math.abs(weeks) > 1040) return {}
  const day = fromMs + Math.trunc(weeks * WEEK_D + 3) * DAY_S * 1000
  return { [name]: new Date(day).toISOString().slice(0, 10) }
}

/** The forecast's half of `saturation`. */
export const saturationForecast: HorizonFace<ForecastParameters> = {
  horizons: [FORECASTS],
  analyzer: (context) => new ForecastAnalyzer(context),
}
