import type { BoardSpec } from '../board.js'
import { HOURS, LINK_DIRECTIONS, CAPACITY as T } from '../i18n/capacity.js'
import { COMMON } from '../i18n/common.js'
import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { nameOf, numbersOf, wordsOf } from '../queries/names.js'
import { named, orgNames, supplierNames, THE_MONTH } from '../queries/planning.js'
import { TABLES } from '../queries/tables.js'
import { SERIES } from '../vocabulary/palette.js'
import { ranking, rows, series, stats, type Tile } from '../vocabulary/panels.js'
import { heat } from '../vocabulary/pictures.js'

const REGION = unlessAll('region', `region_code IN ${numbersOf('regions', 'region')}`)
const SUPPLIER = unlessAll('supplier', `supplier IN (${chosen('supplier')})`)
const ORG = unlessAll('org', `organization IN (${chosen('org')})`)
const FORECASTS = `(SELECT * FROM vigie.v_forecast WHERE ${ORG} AND ${REGION} AND ${SUPPLIER})`
const OF_MONTH = `(SELECT * FROM vigie.v_capacity(month = ${THE_MONTH}) WHERE ${ORG} AND ${REGION} AND ${SUPPLIER})`
const OWNER = unlessAll('org', `owner IN ${numbersOf('organizations', 'org')}`)
const SOON = 'INTERVAL 90 DAY'

const now: Tile = stats(24, {
  id: 1,
  title: T.now.title,
  about: T.now.about,
  sql: `SELECT uniqExactIf(link, full_100_on <= toDate($__toTime) + ${SOON}) AS full, uniqExactIf(link, full_80_on <= toDate($__toTime) + ${SOON}) AS near,
  uniqExactIf(link, utilisation_p95_ratio >= 0.8) AS over, uniqExact(link) AS links
FROM ${FORECASTS}`,
  fields: [
    { name: 'full', title: T.now.full, thresholds: 'any' },
    { name: 'near', title: T.now.near, thresholds: 'some' },
    { name: 'over', title: T.now.over, thresholds: 'some' },
    { name: 'links', title: T.now.links },
  ],
})

const runout = (lang: Language): Tile =>
  rows(24, {
    id: 2,
    title: T.runout.title,
    about: T.runout.about,
    link: { title: COMMON.see_links, page: 'links' },
    sql: `SELECT f.link AS link, ${wordsOf('toString(f.direction)', LINK_DIRECTIONS, lang, "''")} AS direction, ${named('org_names', 'f.organization')} AS org,
  ${named('supplier_names', 'f.supplier')} AS supplier, f.capacity_bps AS capacity, 100 * f.utilisation_p95_ratio AS used,
  f.growth_bps_per_week AS growth, toString(f.full_80_on) AS full_80, toString(f.full_100_on) AS full_100,
  toString(f.full_100_earliest_on) AS earliest
FROM ${FORECASTS} AS f
${orgNames(lang, 'f.organization')}
${supplierNames(lang, 'f.supplier')}
ORDER BY f.full_100_on IS NULL, f.full_100_on, used DESC, link, direction LIMIT 500`,
    fields: [
      { name: 'link', title: T.runout.link },
      { name: 'direction', title: T.runout.direction },
      { name: 'org', title: T.runout.organization },
      { name: 'supplier', title: COMMON.supplier },
      { name: 'capacity', title: T.runout.capacity, unit: 'bits_per_s' },
      {
        name: 'used',
        title: T.runout.used,
        unit: 'percent',
        decimals: 1,
        thresholds: 'utilisation_percent',
        cell: 'bar',
      },
      { name: 'growth', title: T.runout.growth, unit: 'bits_per_s' },
      { name: 'full_80', title: T.runout.full_80, unit: 'text' },
      { name: 'full_100', title: T.runout.full_100, unit: 'text' },
      { name: 'earliest', title: T.runout.earliest, unit: 'text' },
    ],
  })

const weeks = (lang: Language): Tile =>
  series(
    14,
    {
      id: 3,
      title: T.weeks.title,
      about: T.weeks.about,
      unit: 'percent',
      thresholds: 'runout_percent',
      sql: `WITH fullest AS (
  SELECT link, direction, capacity_bps FROM ${FORECASTS} ORDER BY utilisation_p95_ratio DESC, link, direction LIMIT 8
)
SELECT toDateTime(w.week, 'America/Toronto') AS t,
  concat(f.link, ', ', ${wordsOf('toString(f.direction)', LINK_DIRECTIONS, lang, "''")}) AS name, 100 * w.p95_bps / f.capacity_bps AS used
FROM vigie.capacity_weeks AS w FINAL
INNER JOIN (SELECT number, id FROM vigie.links FINAL) AS l ON l.number = w.link
INNER JOIN fullest AS f ON f.link = l.id AND toString(f.direction) = toString(w.direction)
WHERE w.week >= $__fromTime AND w.week <= $__toTime
ORDER BY t, name`,
    },
    { by: 'name', steps: true, legend: ['last', 'max'] },
  )

/** Both directions of every chosen link with a capacity, by day; hours from midnight. */
const hours: Tile = heat(
  24,
  {
    id: 7,
    title: T.hours.title,
    about: T.hours.about,
    unit: 'percent',
    decimals: 1,
    timeFrom: '28d',
    interval: '1d',
    link: { title: COMMON.see_links, page: 'links' },
    sql: `SELECT toDateTime(d.day, 'America/Toronto') AS t,
  ${HOURS.map((_, hour) => `50 * sum(d.hour_bps[${hour + 1}]) / nullIf(sum(l.room), 0) AS h${hour}`).join(', ')}
FROM vigie.traffic_1d AS d FINAL
INNER JOIN (
  SELECT number, toFloat64(greatest(committed_bps, burst_bps)) AS room FROM vigie.links FINAL
  WHERE room > 0 AND ${unlessAll('supplier', `supplier IN ${numbersOf('suppliers', 'supplier')}`)}
    AND site IN (
      SELECT number FROM vigie.sites FINAL
      WHERE ${unlessAll('region', `region IN ${numbersOf('regions', 'region')}`)}
        AND ${unlessAll('org', `organization IN ${numbersOf('organizations', 'org')}`)}
    )
) AS l ON l.number = d.link
WHERE d.day >= toDate($__fromTime, 'America/Toronto') AND d.day <= toDate($__toTime, 'America/Toronto')
GROUP BY t ORDER BY t`,
    fields: HOURS.map((title, hour) => ({ name: `h${hour}`, title })),
  },
  { colour: SERIES[1]!.dark },
)

const headroom = (lang: Language): Tile =>
  ranking(10, {
    id: 4,
    title: T.headroom.title,
    about: T.headroom.about,
    unit: 'bits_per_s',
    sql: `SELECT ${nameOf('regions', 'region_code', lang)} AS name, sum(headroom_bps) AS headroom
FROM vigie.v_headroom(month = ${THE_MONTH}) WHERE ${REGION} AND ${SUPPLIER}
GROUP BY region_code ORDER BY headroom, name LIMIT 17`,
    fields: [{ name: 'headroom', title: T.month.headroom }],
  })

const month = (lang: Language): Tile =>
  rows(14, {
    id: 5,
    title: T.month.title,
    about: T.month.about,
    sql: `SELECT c.link AS link, ${wordsOf('toString(c.direction)', LINK_DIRECTIONS, lang, "''")} AS direction, ${named('org_names', 'c.organization')} AS org,
  100 * c.utilisation_p95_ratio AS p95, 100 * c.utilisation_peak_ratio AS peak, c.headroom_bps AS headroom,
  concat(toString(c.busy_hour), ' h') AS hour
FROM ${OF_MONTH} AS c
${orgNames(lang, 'c.organization')}
WHERE c.utilisation_p95_ratio IS NOT NULL ORDER BY p95 DESC, link, c.direction LIMIT 200`,
    fields: [
      { name: 'link', title: T.runout.link },
      { name: 'direction', title: T.runout.direction },
      { name: 'org', title: T.runout.organization },
      {
        name: 'p95',
        title: T.month.p95,
        unit: 'percent',
        decimals: 1,
        thresholds: 'utilisation_percent',
        cell: 'bar',
      },
      { name: 'peak', title: T.month.peak, unit: 'percent', decimals: 1 },
      { name: 'headroom', title: T.month.headroom, unit: 'bits_per_s' },
      { name: 'hour', title: T.month.hour, unit: 'text' },
    ],
  })

const contributors = (lang: Language): Tile =>
  rows(10, {
    id: 6,
    title: T.contributors.title,
    about: T.contributors.about,
    link: { title: COMMON.see_traffic, page: 'traffic' },
    // By number, and names for a hundred rows: the view for people names each row of a million.
    sql: `SELECT ${nameOf('applications', 'app', lang, COMMON.unknown_app)} AS application, ${nameOf('organizations', 'owner', lang)} AS org, volume, share
FROM (
  SELECT app_rule_id AS app, if(src_org_id != 0, src_org_id, dst_org_id) AS owner, sum(bytes) AS volume,
    100 * volume / sum(volume) OVER () AS share
  FROM ${TABLES.days} FINAL
  WHERE day >= ${THE_MONTH} AND day < ${THE_MONTH} + INTERVAL 1 MONTH AND ${OWNER}
  GROUP BY app, owner ORDER BY volume DESC, app, owner LIMIT 100
)
ORDER BY volume DESC, application, org`,
    fields: [
      { name: 'application', title: T.contributors.application },
      { name: 'org', title: T.runout.organization },
      { name: 'volume', title: T.contributors.volume, unit: 'bytes', cell: 'bar' },
      { name: 'share', title: T.contributors.share, unit: 'percent', decimals: 1 },
    ],
  })

export const CAPACITY: BoardSpec = {
  page: 'capacity',
  about: T.about,
  from: 'now-90d',
  refresh: '15m',
  rows: (lang) => [
    { height: 4, tiles: [now] },
    { height: 10, tiles: [runout(lang)] },
    { height: 10, tiles: [weeks(lang), headroom(lang)] },
    { height: 12, tiles: [hours] },
    { height: 9, tiles: [month(lang), contributors(lang)] },
  ],
}
