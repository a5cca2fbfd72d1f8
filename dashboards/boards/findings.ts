import type { BoardSpec, ServiceName } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { FINDINGS as T } from '../i18n/findings.js'
import { FINDING_COLUMNS, FINDING_STATES, SEVERITIES } from '../i18n/findings_words.js'
import type { Language } from '../language.js'
import { findingScope, placeNames, STANDING, serviceName, severityCounts } from '../queries/findings.js'
import { TABLES } from '../queries/tables.js'
import { rows, series, stats, type Tile } from '../vocabulary/panels.js'
import { FINDING_FIELDS, findingColumns, severityFields } from './finding_fields.js'

const scope = findingScope(['org', 'site', 'region', 'service', 'severity'])
/** Findings that were seen in the range, or are open at its end. */
const ACTIVE = `(last_seen >= $__fromTime OR status = 'open')`

const status: Tile = stats(24, {
  id: 1,
  title: T.status.title,
  about: T.status.about,
  sql: `SELECT countIf(status = 'open') AS open, countIf(status = 'closed') AS closed,
  countIf(created >= $__fromTime) AS fresh,
  if(closed = 0, NULL, medianIf(dateDiff('second', first_seen, last_seen), status = 'closed')) AS duration_s
FROM ${STANDING} WHERE ${ACTIVE} AND ${scope}`,
  fields: [
    { name: 'open', title: T.status.open, thresholds: 'some' },
    { name: 'closed', title: T.status.closed },
    { name: 'fresh', title: T.status.fresh },
    { name: 'duration_s', title: T.status.duration, unit: 'duration_s' },
  ],
})

const matrix = (lang: Language, services: readonly ServiceName[]): Tile =>
  rows(12, {
    id: 2,
    title: T.matrix.title,
    about: T.matrix.about,
    nothing: COMMON.no_finding,
    sql: `SELECT ${serviceName(services, lang)} AS name, ${severityCounts()}, count() AS total, service AS service_id
FROM ${STANDING} WHERE status = 'open' AND ${scope}
GROUP BY service ORDER BY fatal DESC, critical DESC, high DESC, total DESC, name`,
    fields: [
      {
        name: 'name',
        title: FINDING_COLUMNS.service,
        link: {
          title: COMMON.filter_on_this,
          page: 'findings',
          set: { service: `\${__data.fields.service_id}` },
        },
      },
      ...severityFields(() => ({ cell: 'heat' })),
      { name: 'total', title: T.matrix.total, cell: 'bar' },
      { name: 'service_id' },
    ],
  })

const trend = (lang: Language, services: readonly ServiceName[]): Tile =>
  series(
    12,
    {
      id: 3,
      title: T.trend.title,
      about: T.trend.about,
      nothing: COMMON.no_finding,
      interval: '15m',
      sql: `SELECT $__timeInterval(time) AS t, ${serviceName(services, lang)} AS detection, count() AS findings
FROM ${TABLES.findings}
WHERE activity = 'create' AND $__timeFilter(time) AND ${scope}
GROUP BY t, detection ORDER BY t, detection`,
    },
    { bars: true, stacked: true, by: 'detection' },
  )

const list = (lang: Language, services: readonly ServiceName[]): Tile =>
  rows(24, {
    id: 4,
    title: T.list.title,
    about: T.list.about,
    nothing: COMMON.no_finding,
    sql: `SELECT f.status AS status, ${findingColumns(lang)}, ${serviceName(services, lang, 'f.service')} AS detection, f.first_seen AS began
FROM ${STANDING} AS f
${placeNames(lang)}
WHERE ${ACTIVE} AND ${scope}
ORDER BY f.status = 'open' DESC, f.severity_id DESC, f.score DESC, f.first_seen DESC, f.uid LIMIT 500`,
    fields: [
      { name: 'status', title: FINDING_COLUMNS.state, words: FINDING_STATES, cell: 'colour', width: 95 },
      ...FINDING_FIELDS,
      { name: 'detection', title: FINDING_COLUMNS.service },
      { name: 'began', title: FINDING_COLUMNS.began, unit: 'time' },
    ],
  })

const sources: Tile = rows(24, {
  id: 5,
  title: T.sources.title,
  about: T.sources.about,
  nothing: COMMON.no_recurring,
  sql: `SELECT address, max(severity_id) AS worst, count() AS findings, uniqExact(service) AS services,
  uniqExact(nullIf(site, '')) AS sites, max(last_seen) AS last
FROM ${STANDING} ARRAY JOIN src AS address
WHERE ${ACTIVE} AND ${scope}
GROUP BY address HAVING findings > 1
ORDER BY worst DESC, findings DESC, address LIMIT 50`,
  fields: [
    { name: 'address', title: T.sources.address },
    { name: 'worst', title: T.sources.worst, words: SEVERITIES, cell: 'colour' },
    { name: 'findings', title: FINDING_COLUMNS.count, cell: 'bar' },
    { name: 'services', title: T.sources.services },
    { name: 'sites', title: T.sources.sites },
    { name: 'last', title: FINDING_COLUMNS.last_seen, unit: 'time' },
  ],
})

export const FINDINGS: BoardSpec = {
  page: 'findings',
  about: T.about,
  from: 'now-24h',
  refresh: '30s',
  rows: (lang, services) => [
    { height: 3, tiles: [status] },
    { height: 8, tiles: [matrix(lang, services), trend(lang, services)] },
    { height: 13, tiles: [list(lang, services)] },
    { height: 8, tiles: [sources] },
  ],
}
