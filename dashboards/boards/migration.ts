import type { BoardSpec } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { MIGRATION as T } from '../i18n/migration.js'
import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { namesById, numbersOf } from '../queries/names.js'
import { named, orgNames, siteNames, THE_MONTH } from '../queries/planning.js'
import { TABLES } from '../queries/tables.js'
import { SERIES, STATES } from '../vocabulary/palette.js'
import { rows, series, stats, type Tile } from '../vocabulary/panels.js'

const ORG = unlessAll('org', `organization IN (${chosen('org')})`)
const REGION = unlessAll('region', `region_code IN ${numbersOf('regions', 'region')}`)
const DAYS = 'day >= toDate($__fromTime) AND day <= toDate($__toTime)'
const AXIS = "toDateTime(day, 'America/Toronto')"

const now: Tile = stats(24, {
  id: 1,
  title: T.now.title,
  about: T.now.about,
  sql: `SELECT any(s.done) AS done, any(s.sites) AS sites, any(s.late) AS late, any(n.share) AS share, any(r.used) AS rooms
FROM (
  SELECT countIf(status = 'done') AS done, count() AS sites, countIf(status = 'late') AS late
  FROM vigie.v_site_migration WHERE ${ORG} AND ${REGION}
) AS s, (
  SELECT 100 * argMax(rgt, day) / nullIf(argMax(rgt + ritm, day), 0) AS share
  FROM (
    SELECT day, sum(rgt_bytes) AS rgt, sum(ritm_bytes) AS ritm FROM vigie.v_network_share
    WHERE ${DAYS} AND day > (SELECT max(day) FROM ${TABLES.days} WHERE ${DAYS}) - 7 AND ${ORG} GROUP BY day HAVING rgt + ritm > 0
  )
) AS n, (
  SELECT uniqExactIf(room, volume_bytes > 0) AS used FROM vigie.v_legacy_rooms(month = ${THE_MONTH})
) AS r`,
  fields: [
    { name: 'done', title: T.now.done },
    { name: 'sites', title: T.now.all },
    { name: 'late', title: T.now.late, thresholds: 'some' },
    { name: 'share', title: T.now.share, unit: 'percent', decimals: 1 },
    { name: 'rooms', title: T.now.rooms },
  ],
})

const progress: Tile = series(
  12,
  {
    id: 2,
    title: T.progress.title,
    about: T.progress.about,
    sql: `SELECT ${AXIS} AS t, planned_sites AS planned, migrated_sites AS done FROM vigie.v_migration_progress
WHERE ${DAYS} ORDER BY t`,
    fields: [
      { name: 'planned', title: T.progress.planned, colour: STATES.neutral.dark, draw: 'dashed' },
      { name: 'done', title: T.progress.done, colour: SERIES[0]!.dark },
    ],
  },
  { legend: ['last'] },
)

const waves: Tile = rows(12, {
  id: 3,
  title: T.waves.title,
  about: T.waves.about,
  sql: `SELECT wave, sum(w.sites) AS sites, sum(w.done) AS done, sum(w.late) AS late, 100 * sum(w.done) / sum(w.sites) AS ratio,
  toString(max(w.last_planned_on)) AS last
FROM vigie.v_migration_waves AS w WHERE ${ORG} GROUP BY wave ORDER BY wave LIMIT 100`,
  fields: [
    { name: 'wave', title: T.waves.wave, unit: 'score', decimals: 0 },
    { name: 'sites', title: T.waves.sites },
    { name: 'done', title: T.progress.done },
    { name: 'late', title: T.now.late, thresholds: 'some' },
    { name: 'ratio', title: T.waves.ratio, unit: 'percent', decimals: 0, cell: 'bar' },
    { name: 'last', title: T.waves.last, unit: 'text' },
  ],
})

const quality = (lang: Language): Tile =>
  rows(24, {
    id: 4,
    title: T.quality.title,
    about: T.quality.about,
    sql: `SELECT ${named('site_names', 'b.site')} AS place, toString(b.migrated_on) AS day, b.round_trip_delay_p95_before_ms AS delay_before,
  b.round_trip_delay_p95_after_ms AS delay_after, 100 * b.loss_before_ratio AS loss_before, 100 * b.loss_after_ratio AS loss_after,
  100 * b.availability_before_ratio AS up_before, 100 * b.availability_after_ratio AS up_after, b.site AS place_id
FROM (SELECT * FROM vigie.v_migration_quality WHERE ${ORG}) AS b
${siteNames(lang, 'b.site')}
ORDER BY b.round_trip_delay_p95_after_ms / b.round_trip_delay_p95_before_ms DESC, place LIMIT 500`,
    fields: [
      {
        name: 'place',
        title: T.quality.site,
        link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.place_id}` } },
      },
      { name: 'day', title: T.quality.day, unit: 'text' },
      { name: 'delay_before', title: T.quality.delay_before, unit: 'ms', decimals: 1 },
      { name: 'delay_after', title: T.quality.delay_after, unit: 'ms', decimals: 1 },
      { name: 'loss_before', title: T.quality.loss_before, unit: 'percent', decimals: 2 },
      { name: 'loss_after', title: T.quality.loss_after, unit: 'percent', decimals: 2 },
      { name: 'up_before', title: T.quality.up_before, unit: 'percent', decimals: 3 },
      { name: 'up_after', title: T.quality.up_after, unit: 'percent', decimals: 3 },
      { name: 'place_id' },
    ],
  })

const share: Tile = series(
  12,
  {
    id: 5,
    title: T.share.title,
    about: T.share.about,
    unit: 'bytes',
    timeFrom: '30d',
    sql: `SELECT ${AXIS} AS t, sum(ritm_bytes) AS ritm, sum(rgt_bytes) AS rgt, sum(other_bytes) AS other FROM vigie.v_network_share
WHERE ${DAYS} AND ${ORG} GROUP BY t ORDER BY t`,
    fields: [
      { name: 'ritm', title: T.share.ritm, colour: SERIES[1]!.dark },
      { name: 'rgt', title: T.share.rgt, colour: SERIES[0]!.dark },
      { name: 'other', title: T.share.other, colour: STATES.unknown.dark },
    ],
  },
  { bars: true, stacked: true, legend: ['last', 'sum'] },
)

const cloud: Tile = series(
  12,
  {
    id: 6,
    title: T.cloud.title,
    about: T.cloud.about,
    unit: 'percent',
    timeFrom: '30d',
    sql: `SELECT ${AXIS} AS t, 100 * sum(cloud_bytes) / nullIf(sum(total_bytes), 0) AS share FROM vigie.v_cloud_share
WHERE ${DAYS} AND ${ORG} GROUP BY t ORDER BY t`,
    fields: [{ name: 'share', title: T.cloud.share, colour: SERIES[2]!.dark }],
  },
  { filled: true, legend: ['last', 'max'] },
)

const rooms = (lang: Language): Tile =>
  rows(24, {
    id: 7,
    title: T.rooms.title,
    about: T.rooms.about,
    link: { title: COMMON.see_traffic, page: 'traffic' },
    sql: `SELECT ${named('site_names', 'l.room')} AS room, if(target_names.name = '', l.moves_into, target_names.name) AS target,
  ${named('org_names', 'l.organization')} AS org, l.volume_bytes AS volume, toString(l.planned_on) AS planned
FROM (SELECT * FROM vigie.v_legacy_rooms(month = ${THE_MONTH}) WHERE ${ORG}) AS l
${siteNames(lang, 'l.room')}
LEFT JOIN ${namesById('sites', lang)} AS target_names ON target_names.id = l.moves_into
${orgNames(lang, 'l.organization')}
ORDER BY volume DESC, room, org LIMIT 1000`,
    fields: [
      { name: 'room', title: T.rooms.room },
      { name: 'target', title: T.rooms.into },
      { name: 'org', title: T.rooms.organization },
      { name: 'volume', title: T.rooms.volume, unit: 'bytes', cell: 'bar' },
      { name: 'planned', title: T.rooms.planned, unit: 'text' },
    ],
  })

export const MIGRATION: BoardSpec = {
  page: 'migration',
  about: T.about,
  from: 'now-365d',
  refresh: '15m',
  rows: (lang) => [
    { height: 4, tiles: [now] },
    { height: 9, tiles: [progress, waves] },
    { height: 9, tiles: [quality(lang)] },
    { height: 8, tiles: [share, cloud] },
    { height: 9, tiles: [rooms(lang)] },
  ],
}
