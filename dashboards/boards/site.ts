import type { BoardSpec, ServiceName } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { PATH_STATES, SITE_COUNTS } from '../i18n/edge_words.js'
import { FINDING_COLUMNS, FINDING_STATES } from '../i18n/findings_words.js'
import { FLOW_WORDS } from '../i18n/flow_words.js'
import { INCIDENT_STATES, ITSM, PRIORITIES } from '../i18n/itsm.js'
import { SITE_KINDS, SITE as T } from '../i18n/site.js'
import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { IN_RANGE, newestStates, pathStates, paths } from '../queries/edges.js'
import { findingScope, placeNames, STANDING, serviceName } from '../queries/findings.js'
import { flowsOf, minutes, minutesTotal, rate } from '../queries/flows.js'
import { literal, nameOf, numbersOf, wordsOf } from '../queries/names.js'
import { planScope, THE_MONTH } from '../queries/planning.js'
import { RANGE, secondsOf } from '../queries/stretch.js'
import { BUCKET_RIPE, TABLES } from '../queries/tables.js'
import { failovers, meanwhile } from '../vocabulary/annotations.js'
import { SERIES } from '../vocabulary/palette.js'
import { ranking, rows, series, stats, type Tile } from '../vocabulary/panels.js'
import { states } from '../vocabulary/pictures.js'
import { FINDING_FIELDS, findingColumns } from './finding_fields.js'

const SCOPE = ['org', 'site'] as const

/** Whether one end of a flow is among the chosen sites. */
const mine = (side: 'src' | 'dst'): string =>
  `(${side}_site_id != 0 AND ${unlessAll('site', `${side}_site_id IN ${numbersOf('sites', 'site')}`)}
    AND ${unlessAll('org', `${side}_org_id IN ${numbersOf('organizations', 'org')}`)})`

const RECENT = `${TABLES.minutes} WHERE minute >= toStartOfMinute($__toTime - 300) AND minute <= $__toTime AND counted = 1`

/** The last day, to within five minutes. */
const LAST_DAY = { from: 'toStartOfFiveMinutes($__toTime - 86400)', to: '$__toTime', step: '300' }

const now: Tile = stats(12, {
  id: 1,
  title: T.now.title,
  about: T.now.about,
  sql: `SELECT if(seen = 0, NULL, received * 8 / seconds) AS received, if(seen = 0, NULL, sent * 8 / seconds) AS sent, findings,
  if(last = toDateTime(0), NULL, greatest(0, dateDiff('second', last, $__toTime) - 60)) AS last_s
FROM (
  SELECT count() AS seen, greatest(20, dateDiff('second', min(minute), $__toTime)) AS seconds,
    sumIf(bytes_est, ${mine('dst')}) AS received, sumIf(bytes_est, ${mine('src')}) AS sent FROM ${RECENT}
) AS flow, (
  SELECT countIf(status = 'open') AS findings FROM ${STANDING} WHERE ${findingScope(SCOPE)}
) AS finding, (
  SELECT max(minute) AS last ${flowsOf(LAST_DAY, [])} AND (${mine('src')} OR ${mine('dst')})
) AS newest`,
  fields: [
    { name: 'received', title: T.now.received, unit: 'bits_per_s' },
    { name: 'sent', title: T.now.sent, unit: 'bits_per_s' },
    {
      name: 'findings',
      title: T.now.findings,
      thresholds: 'some',
      link: { title: COMMON.see_findings, page: 'findings' },
    },
    { name: 'last_s', title: T.now.last, unit: 'duration_s', thresholds: 'silence_s' },
  ],
})

/** Paths of the chosen sites by their newest state, and why the worst is what it is. */
const health: Tile = stats(12, {
  id: 8,
  title: T.health.title,
  about: T.health.about,
  link: { title: COMMON.see_links, page: 'links' },
  sql: `SELECT countIf(state = 1) AS up, countIf(state = 2) AS degraded, countIf(state = 3) AS down, countIf(state = 0) AS unknown
FROM (
  SELECT path, maxIf(state, recent) AS state FROM (
    SELECT path, state, true AS recent FROM ${newestStates(SCOPE)}
    UNION ALL SELECT DISTINCT path, 0 AS state, false AS recent FROM ${paths(SCOPE, IN_RANGE)}
  ) GROUP BY path
)`,
  fields: [
    { name: 'up', title: SITE_COUNTS.up },
    { name: 'degraded', title: SITE_COUNTS.degraded, thresholds: 'some' },
    { name: 'down', title: SITE_COUNTS.down, thresholds: 'any' },
    { name: 'unknown', title: SITE_COUNTS.unknown },
  ],
})

const timeline = (lang: Language): Tile =>
  states(
    12,
    {
      id: 9,
      title: T.timeline.title,
      about: T.timeline.about,
      interval: '1m',
      link: { title: COMMON.see_links, page: 'links' },
      sql: pathStates(lang, SCOPE, 12),
    },
    { by: 'name', words: PATH_STATES },
  )

const level: Tile = ranking(12, {
  id: 10,
  title: T.level.title,
  about: T.level.about,
  unit: 'percent',
  decimals: 3,
  thresholds: 'availability_percent',
  link: { title: COMMON.see_service_levels, page: 'service_levels' },
  sql: `SELECT id AS name, 100 * availability_ratio AS availability FROM vigie.v_sla
WHERE month = ${THE_MONTH} AND level = 'link' AND availability_ratio IS NOT NULL${planScope(SCOPE)}
ORDER BY availability, name LIMIT 12`,
  fields: [{ name: 'availability', title: T.level.availability }],
})

const incidents = (lang: Language): Tile =>
  rows(24, {
    id: 11,
    title: T.incidents.title,
    about: T.incidents.about,
    nothing: COMMON.all_well,
    link: { title: COMMON.see_incidents, page: 'itsm' },
    sql: `SELECT priority, number, title_${lang} AS title, state, assignment_group AS team, opened, arrayStringConcat(mapValues(remotes), ' ') AS ticket
FROM vigie.incidents_latest
WHERE kind = 'incident' AND closing NOT IN ('folded', 'duplicate') AND opened <= $__toTime
  AND (resolved = toDateTime64(0, 3) OR resolved >= $__fromTime)
  AND ${unlessAll('org', `org IN (${chosen('org')})`)} AND ${unlessAll('site', `site IN (${chosen('site')})`)}
ORDER BY resolved > toDateTime64(0, 3), priority, opened DESC, uid LIMIT 50`,
    fields: [
      { name: 'priority', title: ITSM.queue.priority, words: PRIORITIES, cell: 'colour', width: 130 },
      { name: 'number', title: ITSM.queue.number, width: 120 },
      { name: 'title', title: ITSM.queue.title_column },
      { name: 'state', title: ITSM.queue.state, words: INCIDENT_STATES, cell: 'colour', width: 110 },
      { name: 'team', title: ITSM.queue.group },
      { name: 'opened', title: T.incidents.opened, unit: 'time', width: 170 },
      { name: 'ticket', title: ITSM.queue.ticket },
    ],
  })

const record = (lang: Language): Tile =>
  rows(24, {
    id: 2,
    title: T.record.title,
    about: T.record.about,
    sql: `SELECT name_${lang} AS name, ${wordsOf('toString(kind)', SITE_KINDS, lang, "''")} AS kind,
  ${nameOf('regions', 'region', lang)} AS region, nullIf(municipality, '') AS municipality, nullIf(upper(toString(network)), '') AS network,
  nullIf(migration_wave, 0) AS wave
FROM vigie.sites FINAL
WHERE ${unlessAll('org', `organization IN ${numbersOf('organizations', 'org')}`)}
  AND ${unlessAll('site', `number IN ${numbersOf('sites', 'site')}`)}
ORDER BY name, id LIMIT 200`,
    fields: [
      { name: 'name', title: T.record.name },
      { name: 'kind', title: T.record.kind },
      { name: 'region', title: FLOW_WORDS.region },
      { name: 'municipality', title: T.record.municipality },
      { name: 'network', title: T.record.network },
      { name: 'wave', title: T.record.wave, unit: 'score' },
    ],
  })

const direction: Tile = series(
  12,
  {
    id: 3,
    title: T.direction.title,
    about: T.direction.about,
    unit: 'bits_per_s',
    interval: '1m',
    link: { title: COMMON.see_traffic, page: 'traffic' },
    sql: `SELECT $__timeInterval(minute) AS t, ${rate(`sumIf(bytes_est, ${mine('dst')})`)} AS received,
  ${rate(`sumIf(bytes_est, ${mine('src')})`)} AS sent
${minutes(SCOPE)}
GROUP BY t HAVING ${BUCKET_RIPE} ORDER BY t`,
    fields: [
      { name: 'received', title: T.now.received, colour: SERIES[0]!.dark },
      { name: 'sent', title: T.now.sent, colour: SERIES[1]!.dark, draw: 'negative' },
    ],
  },
  { filled: true, legend: ['last', 'mean', 'max'] },
)

const applications = (lang: Language): Tile =>
  series(
    12,
    {
      id: 4,
      title: T.applications.title,
      about: T.applications.about,
      unit: 'bits_per_s',
      interval: '1m',
      link: { title: COMMON.see_traffic, page: 'traffic' },
      sql: `WITH top AS (
  SELECT app_rule_id FROM (SELECT app_rule_id, sum(bytes_est) AS octets ${minutesTotal(SCOPE)} GROUP BY app_rule_id)
  ORDER BY octets DESC, app_rule_id LIMIT 8
)
SELECT $__timeInterval(minute) AS t,
  if(app_rule_id IN top, ${nameOf('applications', 'app_rule_id', lang, COMMON.unknown_app)}, ${literal(COMMON.other, lang)}) AS name,
  ${rate('sum(bytes_est)')} AS bits_per_s
${minutes(SCOPE)}
GROUP BY t, name HAVING ${BUCKET_RIPE} ORDER BY t, name`,
    },
    { stacked: true, by: 'name', legend: ['last', 'mean', 'max'] },
  )

/** Octets a chosen site has exchanged with the other end, whichever of the two it is. */
const peers = (lang: Language): Tile =>
  rows(12, {
    id: 5,
    title: T.peers.title,
    about: T.peers.about,
    sql: `SELECT ${nameOf('sites', 'key', lang)} AS peer, sum(down) AS received, sum(up) AS sent, sum(n) AS flows
FROM (
  SELECT if(${mine('src')}, dst_site_id, src_site_id) AS key, sumIf(bytes_est, NOT ${mine('src')}) AS down,
    sumIf(bytes_est, ${mine('src')}) AS up, sum(flows) AS n
  ${minutesTotal(SCOPE)} GROUP BY key
)
GROUP BY peer ORDER BY received + sent DESC, peer LIMIT 50`,
    fields: [
      { name: 'peer', title: T.peers.peer },
      { name: 'received', title: T.now.received, unit: 'bytes', cell: 'bar' },
      { name: 'sent', title: T.now.sent, unit: 'bytes', cell: 'bar' },
      { name: 'flows', title: FLOW_WORDS.flows },
    ],
  })

/** Rates of peaks are over five minutes, over an hour where the range is longer than two days. */
const PEAK_S = `if(${secondsOf(RANGE)} > 172800, 3600, 300)`
const PEAKS = {
  from: `toStartOfInterval($__fromTime, INTERVAL ${PEAK_S} second)`,
  to: '$__toTime',
  step: PEAK_S,
}

const links = (lang: Language): Tile =>
  rows(12, {
    id: 6,
    title: T.suppliers.title,
    about: T.suppliers.about,
    sql: `WITH busiest AS (
  SELECT link_id, sum(bytes_est) AS volume ${minutesTotal(SCOPE)} GROUP BY link_id ORDER BY volume DESC, link_id LIMIT 100
)
SELECT dictGetOrDefault('vigie.links_names', 'id', toUInt64(link_id), ${literal(T.suppliers.unknown, lang)}) AS link,
  ${nameOf('suppliers', 'any(provider_id)', lang)} AS supplier,
  nullIf(dictGetOrDefault('vigie.links_names', 'committed_bps', toUInt64(link_id), toUInt64(0)), 0) AS committed,
  max(octets) * 8 / ${PEAK_S} AS peak, any(volume) AS bytes
FROM (
  SELECT toStartOfInterval(minute, INTERVAL ${PEAK_S} second) AS part, link_id, any(provider_id) AS provider_id, sum(bytes_est) AS octets
  ${flowsOf(PEAKS, SCOPE)} AND link_id IN (SELECT link_id FROM busiest) GROUP BY part, link_id
) AS parts
INNER JOIN busiest USING link_id
GROUP BY link_id ORDER BY bytes DESC, link LIMIT 100`,
    fields: [
      { name: 'link', title: T.suppliers.link },
      { name: 'supplier', title: T.suppliers.supplier },
      { name: 'committed', title: T.suppliers.committed, unit: 'bits_per_s' },
      { name: 'peak', title: T.suppliers.peak, unit: 'bits_per_s' },
      { name: 'bytes', title: FLOW_WORDS.bytes, unit: 'bytes', cell: 'bar' },
    ],
  })

const findings = (lang: Language, services: readonly ServiceName[]): Tile =>
  rows(24, {
    id: 7,
    title: T.findings.title,
    about: T.findings.about,
    nothing: COMMON.no_finding,
    link: { title: COMMON.see_findings, page: 'findings' },
    sql: `SELECT f.status AS status, ${findingColumns(lang)}, ${serviceName(services, lang, 'f.service')} AS detection, f.first_seen AS began
FROM ${STANDING} AS f
${placeNames(lang)}
WHERE (f.last_seen >= $__fromTime OR f.status = 'open') AND ${findingScope(SCOPE)}
ORDER BY f.status = 'open' DESC, f.severity_id DESC, f.first_seen DESC, f.uid LIMIT 100`,
    fields: [
      { name: 'status', title: FINDING_COLUMNS.state, words: FINDING_STATES, cell: 'colour', width: 95 },
      ...FINDING_FIELDS,
      { name: 'detection', title: FINDING_COLUMNS.service },
      { name: 'began', title: FINDING_COLUMNS.began, unit: 'time' },
    ],
  })

export const SITE: BoardSpec = {
  page: 'site',
  about: T.about,
  from: 'now-24h',
  refresh: '1m',
  annotations: [...meanwhile(SCOPE), failovers(SCOPE)],
  rows: (lang, services) => [
    { height: 4, tiles: [health, now] },
    { height: 9, tiles: [timeline(lang), level] },
    { height: 11, tiles: [direction, applications(lang)] },
    { height: 9, tiles: [peers(lang), links(lang)] },
    { height: 8, tiles: [findings(lang, services)] },
    { height: 8, tiles: [incidents(lang)] },
    { height: 6, tiles: [record(lang)] },
  ],
}
