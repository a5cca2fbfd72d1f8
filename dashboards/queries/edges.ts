import { constant, onlyIf } from '../constant_sql.js'
import { COMMON } from '../i18n/common.js'
import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { idOf, literal, nameOf, numbersOf } from './names.js'
import { partsOf, RANGE, type Stretch, secondsOf } from './stretch.js'
import { TABLES } from './tables.js'

/** Conditions of the page's variables on samples of links and tunnels and on their events. */
const SCOPES = {
  org: `org_id IN ${numbersOf('organizations', 'org')}`,
  site: `site_id IN ${numbersOf('sites', 'site')}`,
  region: `region_code IN ${numbersOf('regions', 'region')}`,
  supplier: `supplier_id IN ${numbersOf('suppliers', 'supplier')}`,
  sla_class: `sla_class IN (${chosen('sla_class')})`,
} as const
export type EdgeScope = keyof typeof SCOPES

export const edgeScope = (names: readonly EdgeScope[]): string =>
  names.map((name) => `\n  AND ${unlessAll(name, SCOPES[name])}`).join('')

/** From twelve hours on paths are read by the hour and shown by the hour at least, from three days on by the day. */
const LONG_S = 43_200
const VERY_LONG_S = 259_200
const LONG = `${secondsOf(RANGE)} >= ${LONG_S}`
const VERY_LONG = `${secondsOf(RANGE)} >= ${VERY_LONG_S}`

/** Width of the buckets of paths, s. */
const STEP_S = constant(`greatest($__interval_s, multiIf(${VERY_LONG}, 86400, ${LONG}, 3600, 1))`)
/** Bucket of a row of paths. */
export const BUCKET = `toStartOfInterval(minute, INTERVAL ${STEP_S} second)`

/** A stretch of time for paths. */
export interface PathStretch extends Stretch {
  /** Whether hours are read for the most of it, SQL. */
  readonly hours: string
  /** Whether days are, SQL. */
  readonly days: string
  /** What makes a path's number; rolled hours of voice keep those of `sipHash64`, which costs four times as much. */
  readonly hash?: 'sipHash64'
}
export const IN_RANGE: PathStretch = { ...RANGE, hours: LONG, days: VERY_LONG }
/** Whole buckets of the range. */
export const IN_BUCKETS: PathStretch = {
  from: constant(`toStartOfInterval($__fromTime, INTERVAL ${STEP_S} second)`),
  to: '$__toTime',
  hours: LONG,
  days: VERY_LONG,
}
/** What counts as now: a poller asks every five minutes or oftener, so a path that said nothing for fifteen is unknown. */
export const LATELY: PathStretch = { from: '($__toTime - 899)', to: '$__toTime', hours: '0', days: '0' }

/**
 * Links and tunnels as one kind of row, a minute each, or an hour or a day where the stretch is long: `path` is a number of its
 * own for each path, `parts` what its name is made of. Of hours and days the column `minute` is the first.
 * @param condition a further one, on what both kinds of rows have
 */
export const paths = (scope: readonly EdgeScope[], stretch: PathStretch, condition = '1'): string =>
  pathRows(['link', 'tunnel'], scope, stretch, condition)

/** The same of links alone. */
export const links = (scope: readonly EdgeScope[], stretch: PathStretch, condition = '1'): string =>
  pathRows(['link'], scope, stretch, condition)

function pathRows(
  kinds: readonly ('link' | 'tunnel')[],
  scope: readonly EdgeScope[],
  stretch: PathStretch,
  condition: string,
): string {
  const { fine, coarse } = partsOf(stretch, 3600, stretch.hours)
  const days = partsOf(stretch, 86_400, stretch.days)
  const { hash = 'cityHash64' } = stretch
  const rows = kinds.flatMap((kind) => {
    const columns = `${PATH_COLUMNS}, ${PATH[kind](hash)} AS path, ${PARTS[kind]} AS parts, ${SHARED}`
    return [
      `SELECT minute, ${columns}\n  FROM ${TABLES[`${kind}Minutes`]} WHERE ${fine('minute')}`,
      onlyIf(
        stretch.hours,
        `\n  UNION ALL\n  SELECT hour AS minute, ${columns}\n  FROM ${TABLES[`${kind}Hours`]} WHERE ${coarse('hour')} AND ${days.fine('hour')}`,
      ),
      onlyIf(
        stretch.days,
        `\n  UNION ALL\n  SELECT day AS minute, ${columns}\n  FROM ${TABLES[`${kind}Days`]} WHERE ${days.coarse('day')}`,
      ),
    ].join('')
  })
  // Conditions stand once: the engine pushes them into each branch, and reads the query faster than with six copies of them.
  return `(\n  SELECT * FROM (\n  ${rows.join('\n  UNION ALL\n  ')}\n) WHERE ${condition}${edgeScope(scope)}\n)`
}

const PATH_COLUMNS = 'site_id, link_id, org_id, supplier_id, region_code'
/** A link is its number in the registry, else the device's and the vendor's words for it; a tunnel is its two ends. */
const PATH = {
  link: (hash: string) => `if(link_id != 0, ${hash}(link_id), ${hash}(site_id, device, link))`,
  tunnel: (
    hash: string,
  ) => `${hash}(site_id, if(site_id = 0, concat(site, ' ', device), ''), local_color, remote_site_id, remote_color,
    if(remote_site_id = 0, remote, ''))`,
} as const
const NO_TEXT = "''::LowCardinality(String)"
const PARTS = {
  link: `(true, site_id, link_id, device, link, ${NO_TEXT}, ${NO_TEXT}, toUInt32(0), ${NO_TEXT}, ${NO_TEXT})`,
  tunnel: '(false, site_id, link_id, device, link, site, local_color, remote_site_id, remote_color, remote)',
} as const

/** What people call a link, by its `parts`. */
export const linkName = (parts: string): string =>
  `if(${idOf('links', `${parts}.3`)} != '', ${idOf('links', `${parts}.3`)}, trim(concat(${parts}.4, ' ', ${parts}.5)))`

/** The name of a path by its `parts`. */
export const pathName = (lang: Language, parts = 'parts'): string => {
  const of = (place: number): string => `${parts}.${place}`
  const site = (number: string, otherwise: string): string =>
    `if(${number} = 0, ${otherwise}, ${nameOf('sites', number, lang)})`
  const colour = (text: string): string => `if(${text} = '', '', concat(' (', ${text}, ')'))`
  return `if(${of(1)}, concat(${literal(COMMON.link, lang)}, ' ', ${linkName(parts)}),
    concat(${site(of(2), `if(${of(6)} = '', toString(${of(4)}), toString(${of(6)}))`)}, ${colour(of(7))}, ' → ',
      ${site(of(8), `toString(${of(10)})`)}, ${colour(of(9))}))`
}

const SHARED = `direction, latency_kind, sla_class, samples, latency_ms_sum, latency_ms_count, latency_ms_quantiles, jitter_ms_sum,
    jitter_ms_count, jitter_ms_quantiles, loss_ratio_sum, loss_ratio_count, mos_computed_sum, mos_computed_count,
    mos_computed_min, tx_bps_sum, tx_bps_count, rx_bps_sum, rx_bps_count, rx_bps_max, rx_capacity_bps,
    state_up, state_degraded, state_down, state_standby, state_disabled, state_unknown`

/** A mean over samples; NULL where none told it. */
export const meanOf = (
  metric: 'latency_ms' | 'jitter_ms' | 'loss_ratio' | 'mos_computed' | 'tx_bps' | 'rx_bps',
): string => `sum(${metric}_sum) / nullIf(sum(${metric}_count), 0)`

/** A quantile of samples; NULL where none told it. Sketches are merged: no mean of percentiles. */
export const quantileOf = (metric: 'latency_ms' | 'jitter_ms' | 'loss_ratio', level: 1 | 2 | 3): string =>
  `if(sum(${metric}_count) = 0, NULL, quantilesTDigestMerge(0.5, 0.95, 0.99)(${metric}_quantiles)[${level}])`

/** State of a path as a rank: 3 down, 2 degraded, 1 up, 0 unknown. Standby waits to be used, which is no fault. */
export const RANK = 'multiIf(state_down > 0, 3, state_degraded > 0, 2, state_up + state_standby > 0, 1, 0)'

/** Which of a path's rows tells its state: the newest that knows it, a number. */
export const NEWEST_KNOWN = `(${RANK} > 0) * 4294967296 + toUInt32(minute)`

/** Newest state of each path: columns site_id, org_id, supplier_id, path, state (a rank). */
export const newestStates = (scope: readonly EdgeScope[]): string => `(
  SELECT path, site_id, any(org_id) AS org_id, any(supplier_id) AS supplier_id, argMax(${RANK}, ${NEWEST_KNOWN}) AS state
  FROM ${paths(scope, LATELY)} GROUP BY path, site_id
)`

/** State of each site by its paths: down when all are, degraded when any is worse than up, unknown when none told. */
export const siteStates = (scope: readonly EdgeScope[]): string => `(
  SELECT site_id, any(supplier_id) AS supplier_id,
    multiIf(countIf(state > 0) = 0, 0, minIf(state, state > 0) = 3, 3, max(state) >= 2, 2, 1) AS state
  FROM ${newestStates(scope)} WHERE site_id != 0 GROUP BY site_id
)`

/** States over time of the paths that were in trouble longest: columns t, name, state (a rank). */
export const pathStates = (lang: Language, scope: readonly EdgeScope[], most: number): string => {
  const rows = paths(scope, IN_BUCKETS)
  return `WITH worst AS (
  SELECT path FROM ${rows} GROUP BY path ORDER BY countIf(${RANK} = 3) DESC, countIf(${RANK} = 2) DESC, count(), path LIMIT ${most}
)
SELECT t, ${pathName(lang, 'of')} AS name, state
FROM (
  SELECT ${BUCKET} AS t, path, any(parts) AS of, max(${RANK}) AS state
  FROM ${rows} WHERE path IN (SELECT path FROM worst) GROUP BY t, path
)
ORDER BY t, name`
}
