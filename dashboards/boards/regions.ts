import type { BoardSpec } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { EDGE_WORDS, PATH_STATES, SITE_COUNTS } from '../i18n/edge_words.js'
import { REGIONS_PAGE as T } from '../i18n/regions.js'
import type { Language } from '../language.js'
import { unlessAll } from '../macros.js'
import { availabilityDays } from '../queries/availability.js'
import {
  BUCKET,
  IN_BUCKETS,
  IN_RANGE,
  LATELY,
  meanOf,
  NEWEST_KNOWN,
  paths,
  quantileOf,
  RANK,
  siteStates,
} from '../queries/edges.js'
import { STANDING } from '../queries/findings.js'
import { idOf, nameOf, numbersOf } from '../queries/names.js'
import { THE_MONTH } from '../queries/planning.js'
import { coordinate } from '../queries/region_points.js'
import { meanwhile } from '../vocabulary/annotations.js'
import { STATES } from '../vocabulary/palette.js'
import { ranking, rows, series, stats, type Tile } from '../vocabulary/panels.js'
import { history, places } from '../vocabulary/pictures.js'

const SCOPE = ['region', 'supplier'] as const
/** Sites of the registry in the chosen regions; those without a path of the chosen suppliers are left out. */
const SITES = `(
  SELECT number AS site_id, s.region AS region, ifNull(known.state, 0) AS state
  FROM (SELECT number, region FROM vigie.sites FINAL WHERE ${unlessAll('region', `region IN ${numbersOf('regions', 'region')}`)}) AS s
  LEFT JOIN ${siteStates(SCOPE)} AS known ON known.site_id = s.number
  WHERE ${unlessAll('supplier', `number IN (SELECT site FROM vigie.links FINAL WHERE supplier IN ${numbersOf('suppliers', 'supplier')})`)}
)`

const now: Tile = stats(10, {
  id: 1,
  title: T.now.title,
  about: T.now.about,
  sql: `SELECT countIf(state = 1) AS up, countIf(state = 2) AS degraded, countIf(state = 3) AS down, countIf(state = 0) AS unknown
FROM ${SITES}`,
  fields: [
    { name: 'up', title: SITE_COUNTS.up },
    { name: 'degraded', title: SITE_COUNTS.degraded, thresholds: 'some' },
    { name: 'down', title: SITE_COUNTS.down, thresholds: 'any' },
    { name: 'unknown', title: SITE_COUNTS.unknown },
  ],
})

/** Cells of a quarter of a degree; finer once regions are chosen. */
const CELL = `if(${unlessAll('region', '0')}, 0.25, 0.02)`

const map = (lang: Language): Tile =>
  places(
    14,
    {
      id: 7,
      title: T.map.title,
      about: T.map.about,
      sql: `SELECT if(count() = 1, ${nameOf('sites', 'any(p.site_id)', lang)}, ${nameOf('regions', 'p.region', lang)}) AS place,
  ${nameOf('regions', 'p.region', lang)} AS region, avg(p.y) AS lat, avg(p.x) AS lon, count() AS sites,
  countIf(p.state = 3) AS down, countIf(p.state = 2) AS degraded, countIf(p.state = 0) AS unknown, countIf(p.state = 1) AS up,
  max(p.state) AS worst, if(count() = 1, ${idOf('sites', 'any(p.site_id)')}, '') AS place_id, ${idOf('regions', 'p.region')} AS region_id
FROM (
  SELECT site_id, region, state, ${coordinate('lat', 'site_id', 'region')} AS y, ${coordinate('lon', 'site_id', 'region')} AS x
  FROM ${SITES}
) AS p
WHERE y IS NOT NULL AND x IS NOT NULL
GROUP BY p.region, floor(y / ${CELL}), floor(x / ${CELL})
ORDER BY sites DESC, lat, lon LIMIT 1000`,
      fields: [
        {
          name: 'place',
          title: T.map.place,
          link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.place_id}` } },
        },
        {
          name: 'region',
          title: T.table.region,
          link: {
            title: COMMON.filter_on_this,
            page: 'regions',
            set: { region: `\${__data.fields.region_id}` },
          },
        },
        { name: 'lat', title: T.map.latitude, unit: 'score', decimals: 2 },
        { name: 'lon', title: T.map.longitude, unit: 'score', decimals: 2 },
        { name: 'sites', title: T.table.sites },
        { name: 'down', title: SITE_COUNTS.down, colour: STATES.critical.dark },
        { name: 'degraded', title: SITE_COUNTS.degraded, colour: STATES.warning.dark },
        { name: 'unknown', title: SITE_COUNTS.unknown, colour: STATES.unknown.dark },
        { name: 'up', title: SITE_COUNTS.up, colour: STATES.good.dark },
        { name: 'worst', title: EDGE_WORDS.state, words: PATH_STATES },
        { name: 'place_id' },
        { name: 'region_id' },
      ],
    },
    { state: 'worst', size: 'sites' },
  )

/** Region of the site that a row of days is about. */
const SITE_REGION = "dictGetOrDefault('vigie.sites_names', 'region', subject, 0)"

const days = (lang: Language): Tile =>
  history(
    10,
    {
      id: 8,
      title: T.days.title,
      about: T.days.about,
      unit: 'percent',
      decimals: 3,
      thresholds: 'availability_percent',
      timeFrom: '30d',
      interval: '1d',
      sql: availabilityDays(
        'site',
        nameOf('regions', SITE_REGION, lang),
        `${SITE_REGION} != 0
    AND ${unlessAll('region', `${SITE_REGION} IN ${numbersOf('regions', 'region')}`)}
    AND ${unlessAll('supplier', `site IN (SELECT site FROM vigie.links FINAL WHERE supplier IN ${numbersOf('suppliers', 'supplier')})`)}`,
      ),
    },
    { by: 'name' },
  )

const trend: Tile = series(
  14,
  {
    id: 2,
    title: T.trend.title,
    about: T.trend.about,
    interval: '1m',
    sql: `SELECT t, countIf(state = 3) AS down, countIf(state = 2) AS degraded
FROM (
  SELECT t, site_id, if(min(state) = 3, 3, if(max(state) >= 2, 2, 1)) AS state
  FROM (
    SELECT ${BUCKET} AS t, site_id, path, max(${RANK}) AS state
    FROM ${paths(SCOPE, IN_BUCKETS)} WHERE site_id != 0 GROUP BY t, site_id, path HAVING state > 0
  ) GROUP BY t, site_id
)
GROUP BY t ORDER BY t`,
    fields: [
      { name: 'down', title: SITE_COUNTS.down, colour: STATES.critical.dark },
      { name: 'degraded', title: SITE_COUNTS.degraded, colour: STATES.warning.dark },
    ],
  },
  { bars: true, stacked: true, legend: ['last', 'max'] },
)

const table = (lang: Language): Tile =>
  rows(24, {
    id: 3,
    title: T.table.title,
    about: T.table.about,
    sql: `SELECT ${nameOf('regions', 'r.region', lang)} AS name, r.sites AS sites, r.up AS up, r.degraded AS degraded, r.down AS down,
  r.unknown AS unknown, a.availability AS availability, q.latency AS latency, q.loss AS loss, ifNull(f.open, 0) AS findings,
  ${idOf('regions', 'r.region')} AS region_id
FROM (
  SELECT region, count() AS sites, countIf(state = 1) AS up, countIf(state = 2) AS degraded, countIf(state = 3) AS down,
    countIf(state = 0) AS unknown FROM ${SITES} GROUP BY region
) AS r
LEFT JOIN (
  SELECT region_code, if(sumIf(latency_ms_count, latency_kind = 'round_trip') = 0, NULL,
      quantilesTDigestMergeIf(0.5, 0.95, 0.99)(latency_ms_quantiles, latency_kind = 'round_trip')[2]) AS latency,
    100 * ${meanOf('loss_ratio')} AS loss
  FROM ${paths(SCOPE, IN_RANGE)} GROUP BY region_code
) AS q ON q.region_code = r.region
LEFT JOIN (
  SELECT number, 100 * availability_ratio AS availability FROM vigie.v_sla WHERE month = ${THE_MONTH} AND level = 'region_sites'
) AS a ON a.number = r.region
LEFT JOIN (
  SELECT region, count() AS open FROM ${STANDING} AS o
  INNER JOIN (SELECT id, region FROM vigie.sites FINAL) AS s ON s.id = o.site
  WHERE o.status = 'open' GROUP BY region
) AS f ON f.region = r.region
ORDER BY down DESC, degraded DESC, sites DESC, name LIMIT 20`,
    fields: [
      {
        name: 'name',
        title: T.table.region,
        link: {
          title: COMMON.filter_on_this,
          page: 'regions',
          set: { region: `\${__data.fields.region_id}` },
        },
      },
      { name: 'sites', title: T.table.sites },
      { name: 'up', title: SITE_COUNTS.up },
      { name: 'degraded', title: SITE_COUNTS.degraded, thresholds: 'some' },
      { name: 'down', title: SITE_COUNTS.down, thresholds: 'any' },
      { name: 'unknown', title: SITE_COUNTS.unknown },
      {
        name: 'availability',
        title: T.table.availability,
        unit: 'percent',
        decimals: 3,
        thresholds: 'availability_percent',
      },
      { name: 'latency', title: EDGE_WORDS.latency, unit: 'ms', decimals: 1 },
      { name: 'loss', title: EDGE_WORDS.loss, unit: 'percent', decimals: 2, thresholds: 'loss_percent' },
      { name: 'findings', title: T.table.findings, thresholds: 'some' },
      { name: 'region_id' },
    ],
  })

const suppliers = (lang: Language): Tile =>
  rows(24, {
    id: 4,
    title: T.suppliers.title,
    about: T.suppliers.about,
    nothing: COMMON.all_well,
    link: { title: COMMON.see_links, page: 'links' },
    sql: `SELECT ${nameOf('suppliers', 'supplier_id', lang)} AS supplier, countIf(state = 3) AS down, countIf(state = 2) AS degraded,
  uniqExactIf(site_id, state >= 2) AS sites, minIf(since, state >= 2) AS since
FROM (
  SELECT supplier_id, site_id, path, argMax(${RANK}, ${NEWEST_KNOWN}) AS state, minIf(minute, ${RANK} >= 2) AS since
  FROM ${paths(SCOPE, LATELY)} GROUP BY supplier_id, site_id, path
)
GROUP BY supplier_id HAVING sites > 0 ORDER BY down DESC, sites DESC, supplier LIMIT 50`,
    fields: [
      { name: 'supplier', title: EDGE_WORDS.supplier },
      { name: 'down', title: T.suppliers.paths, thresholds: 'any' },
      { name: 'degraded', title: T.suppliers.degraded, thresholds: 'some' },
      { name: 'sites', title: T.suppliers.sites },
      { name: 'since', title: T.suppliers.since, unit: 'time' },
    ],
  })

const equity = (lang: Language): Tile =>
  ranking(12, {
    id: 5,
    title: T.equity.title,
    about: T.equity.about,
    unit: 'ms',
    decimals: 1,
    sql: `SELECT ${nameOf('regions', 'region_code', lang)} AS name, ${quantileOf('latency_ms', 2)} AS p95
FROM ${paths(SCOPE, IN_RANGE, "latency_kind = 'round_trip'")}
WHERE region_code != 0 GROUP BY region_code ORDER BY p95 DESC, name LIMIT 17`,
    fields: [{ name: 'p95', title: EDGE_WORDS.latency }],
  })

const losses = (lang: Language): Tile =>
  ranking(12, {
    id: 6,
    title: T.losses.title,
    about: T.losses.about,
    unit: 'percent',
    decimals: 2,
    sql: `SELECT ${nameOf('regions', 'region_code', lang)} AS name, 100 * ${meanOf('loss_ratio')} AS loss
FROM ${paths(SCOPE, IN_RANGE)}
WHERE region_code != 0 GROUP BY region_code ORDER BY loss DESC, name LIMIT 17`,
    fields: [{ name: 'loss', title: EDGE_WORDS.loss }],
  })

export const REGIONS: BoardSpec = {
  page: 'regions',
  about: T.about,
  from: 'now-1h',
  refresh: '1m',
  annotations: meanwhile(['region', 'supplier']),
  rows: (lang) => [
    { height: 6, tiles: [now, trend] },
    { height: 16, tiles: [map(lang), days(lang)] },
    { height: 11, tiles: [table(lang)] },
    { height: 5, tiles: [suppliers(lang)] },
    { height: 10, tiles: [equity(lang), losses(lang)] },
  ],
}
