import type { BoardSpec, ServiceName } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { FINDING_COLUMNS } from '../i18n/findings_words.js'
import { LOCALITIES } from '../i18n/flow_words.js'
import { SOC_OVERVIEW as T } from '../i18n/soc_overview.js'
import type { Language } from '../language.js'
import { exportersOf } from '../queries/exporters.js'
import {
  findingScope,
  ORG_NAME,
  placeNames,
  SEVERITY_COUNTS,
  STANDING,
  serviceName,
  severityCounts,
} from '../queries/findings.js'
import { flowScope, minutes, rate } from '../queries/flows.js'
import { literal } from '../queries/names.js'
import { BUCKET_RIPE, TABLES } from '../queries/tables.js'
import { STATES } from '../vocabulary/palette.js'
import { rows, series, stats, type Tile } from '../vocabulary/panels.js'
import { FINDING_FIELDS, findingColumns, severityFields } from './finding_fields.js'

const scope = findingScope(['org', 'region', 'severity'])

const open: Tile = stats(8, {
  id: 1,
  title: T.open.title,
  about: T.open.about,
  sql: `SELECT ${severityCounts()}
FROM ${STANDING} WHERE status = 'open' AND ${scope}`,
  fields: severityFields((_, level) => ({
    link: { title: COMMON.see_findings, page: 'findings', set: { severity: String(level) } },
  })),
})

const oldest: Tile = stats(5, {
  id: 2,
  title: T.oldest.title,
  about: T.oldest.about,
  sql: `SELECT if(count() = 0, -1, dateDiff('second', min(first_seen), $__toTime)) AS age_s
FROM ${STANDING} WHERE status = 'open' AND severity_id >= 4 AND ${scope}`,
  fields: [
    {
      name: 'age_s',
      title: T.oldest.age,
      unit: 'duration_s',
      thresholds: 'triage_s',
      words: [{ value: -1, text: T.oldest.none }],
      link: { title: COMMON.see_findings, page: 'findings' },
    },
  ],
})

const collection: Tile = stats(11, {
  id: 7,
  title: T.collection.title,
  about: T.collection.about,
  link: { title: COMMON.see_pipeline, page: 'pipeline' },
  sql: `WITH heard AS (
  SELECT exporter_addr, max(e.last) AS last FROM ${exportersOf({ from: '($__toTime - 86400)', to: '$__toTime' })} AS e
  GROUP BY exporter_addr
), ledger AS (
  SELECT collector, max(l.last.5) - min(l.first.2) AS lost, sum(rejected) AS refused, max(l.last.7) - min(l.first.4) AS refused_before,
    maxIf(lag_max_s, minute > $__toTime - 300) AS lag
  FROM ${TABLES.ledgerMinutes} AS l WHERE $__timeFilter(minute) GROUP BY collector
)
SELECT (SELECT countIf(last > $__toTime - 300) FROM heard) AS active,
  (SELECT countIf(last <= $__toTime - 300) FROM heard) AS silent,
  sum(lost) AS lost, sum(refused + refused_before) AS rejected, maxOrNull(lag) AS lag_s
FROM ledger`,
  fields: [
    { name: 'active', title: T.collection.exporters },
    { name: 'silent', title: T.collection.silent, thresholds: 'some' },
    { name: 'lost', title: T.collection.lost, thresholds: 'some' },
    { name: 'rejected', title: T.collection.rejected, thresholds: 'some' },
    { name: 'lag_s', title: T.collection.lag, unit: 'duration_s', thresholds: 'lag_s' },
  ],
})

const queue = (lang: Language): Tile =>
  rows(15, {
    id: 3,
    title: T.queue.title,
    about: T.queue.about,
    nothing: COMMON.no_finding,
    link: { title: COMMON.see_findings, page: 'findings' },
    sql: `SELECT ${findingColumns(lang)}
FROM ${STANDING} AS f
${placeNames(lang)}
WHERE f.status = 'open' AND ${scope}
ORDER BY f.severity_id DESC, f.score DESC, f.first_seen, f.uid LIMIT 10`,
    fields: FINDING_FIELDS.map((field) => (field.name === 'score' ? { name: 'score' } : field)),
  })

const fresh: Tile = series(
  9,
  {
    id: 4,
    title: T.per_hour.title,
    about: T.per_hour.about,
    nothing: COMMON.no_finding,
    interval: '15m',
    // Findings of the week before are moved onto this one.
    sql: `SELECT $__timeInterval(if(recent, time, time + 604800)) AS t, ${SEVERITY_COUNTS.map(({ name, level }) => `countIf(recent AND severity_id = ${level}) AS ${name}`).join(', ')},
  countIf(NOT recent) AS last_week
FROM (
  SELECT time, time >= $__fromTime AS recent, severity_id FROM ${TABLES.findings}
  WHERE activity = 'create' AND ($__timeFilter(time) OR (time >= $__fromTime - 604800 AND time <= $__toTime - 604800)) AND ${scope}
)
GROUP BY t ORDER BY t WITH FILL STEP $__interval_s`,
    fields: [
      ...severityFields(),
      { name: 'last_week', title: T.per_hour.last_week, colour: STATES.neutral.dark, draw: 'line' },
    ],
    link: { title: COMMON.see_findings, page: 'findings' },
  },
  { bars: true, stacked: true },
)

const TRAFFIC_SCOPE = ['org', 'region'] as const
const WEEK_S = 604_800

/** The same hours of the four weeks before, moved onto this one: their mean rate. A week that was not seen counts for none. */
const USUAL = `(
  SELECT bucket + ${WEEK_S} * intDiv(toUnixTimestamp($__toTime) - toUnixTimestamp(bucket), ${WEEK_S}) AS hour,
    uniqExact(bucket) AS weeks, sum(bytes_est) * 8 / 3600 / weeks AS bits_per_s
  FROM ${TABLES.hours} FINAL
  WHERE (${[1, 2, 3, 4].map((week) => `(bucket >= toStartOfHour($__fromTime) - ${WEEK_S * week} AND bucket <= $__toTime - ${WEEK_S * week})`).join('\n    OR ')})${flowScope(TRAFFIC_SCOPE)}
  GROUP BY hour
)`

const traffic: Tile = series(
  15,
  {
    id: 6,
    title: T.traffic.title,
    about: T.traffic.about,
    unit: 'bits_per_s',
    interval: '1m',
    timeFrom: '1h',
    link: { title: COMMON.see_traffic, page: 'traffic' },
    sql: `SELECT t, ${LOCALITIES.map(({ value, code }) => `${rate(`sumIf(octets, locality = ${code})`)} AS ${value}`).join(',\n  ')},
  if(max(b.weeks) = 0, NULL, max(b.bits_per_s)) AS usual
FROM (
  SELECT $__timeInterval(minute) AS t, locality, sum(bytes_est) AS octets ${minutes(TRAFFIC_SCOPE)} GROUP BY t, locality
) AS n
LEFT JOIN ${USUAL} AS b ON b.hour = toStartOfHour(n.t)
GROUP BY t HAVING ${BUCKET_RIPE} ORDER BY t`,
    fields: [
      ...LOCALITIES.map(({ value, text, colour }) => ({ name: value, title: text, colour })),
      { name: 'usual', title: T.traffic.usual, colour: STATES.neutral.dark, draw: 'dashed' },
    ],
  },
  { bars: true, stacked: true, legend: ['last', 'mean', 'max'] },
)

const byOrganization = (lang: Language, services: readonly ServiceName[]): Tile =>
  rows(
    9,
    {
      id: 5,
      title: T.by_org.title,
      about: T.by_org.about,
      nothing: COMMON.no_finding,
      sql: `SELECT ifNull(${ORG_NAME}, ${literal(COMMON.no_org, lang)}) AS org,
  ${serviceName(services, lang, 'f.service')} AS service, count() AS findings
FROM ${STANDING} AS f
${placeNames(lang)}
WHERE f.last_seen >= $__fromTime AND ${scope}
GROUP BY org, service
ORDER BY sum(findings) OVER (PARTITION BY org) DESC, org, service LIMIT 120`,
      transformations: [
        {
          id: 'groupingToMatrix',
          options: { columnField: 'service', rowField: 'org', valueField: 'findings', emptyValue: 'zero' },
        },
      ],
      fields: [{ name: 'org\\service', title: FINDING_COLUMNS.org }],
    },
    { heat: STATES.critical.dark },
  )

export const SOC_OVERVIEW: BoardSpec = {
  page: 'soc_overview',
  about: T.about,
  from: 'now-24h',
  refresh: '30s',
  rows: (lang, services) => [
    { height: 3, tiles: [open, oldest, collection] },
    { height: 9, tiles: [queue(lang), fresh] },
    { height: 10, tiles: [traffic, byOrganization(lang, services)] },
  ],
}
