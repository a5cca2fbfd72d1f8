import type { BoardSpec } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { INCIDENT_STATES, PRIORITIES, ITSM as T } from '../i18n/itsm.js'
import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { named, orgNames } from '../queries/planning.js'
import { SERIES } from '../vocabulary/palette.js'
import { rows, series, stats, type Tile } from '../vocabulary/panels.js'

const SCOPE = `
  AND ${unlessAll('org', `org IN (${chosen('org')})`)} AND ${unlessAll('supplier', `supplier IN (${chosen('supplier')})`)}`
/** A time that has not come is written as the epoch. */
const NEVER = 'toDateTime64(0, 3)'
/** Incidents that began before the end of the range; folded ones are part of another. */
const INCIDENTS = `vigie.incidents_latest WHERE kind = 'incident' AND closing NOT IN ('folded', 'duplicate') AND opened <= $__toTime${SCOPE}`
const OPEN = `(resolved = ${NEVER} OR resolved > $__toTime) AND (closed = ${NEVER} OR closed > $__toTime)`

const now: Tile = stats(24, {
  id: 1,
  title: T.now.title,
  about: T.now.about,
  sql: `SELECT countIf(${OPEN}) AS open, countIf(${OPEN} AND acknowledged = ${NEVER}) AS waiting,
  countIf(${OPEN} AND due_resolve > ${NEVER} AND due_resolve < $__toTime) AS overdue, any(p.open) AS problems,
  if(count() = 0, NULL, avg(findings)) AS gathered
FROM (SELECT * FROM ${INCIDENTS}) AS i, (
  SELECT countIf(${OPEN}) AS open FROM vigie.incidents_latest WHERE kind = 'problem' AND opened <= $__toTime
) AS p`,
  fields: [
    { name: 'open', title: T.now.open, thresholds: 'some' },
    { name: 'waiting', title: T.now.waiting, thresholds: 'some' },
    { name: 'overdue', title: T.now.overdue, thresholds: 'any' },
    { name: 'problems', title: T.now.problems },
    { name: 'gathered', title: T.now.findings, unit: 'score', decimals: 1 },
  ],
})

const queue = (lang: Language): Tile =>
  rows(24, {
    id: 2,
    title: T.queue.title,
    about: T.queue.about,
    nothing: COMMON.all_well,
    sql: `SELECT priority, number, title_${lang} AS title, state, assignment_group AS team, assignee,
  dateDiff('second', opened, $__toTime) AS age_s, findings, arrayStringConcat(mapValues(remotes), ' ') AS ticket
FROM ${INCIDENTS} AND ${OPEN}
ORDER BY priority, opened, uid LIMIT 200`,
    fields: [
      { name: 'priority', title: T.queue.priority, words: PRIORITIES, cell: 'colour', width: 130 },
      { name: 'number', title: T.queue.number, width: 120 },
      { name: 'title', title: T.queue.title_column },
      { name: 'state', title: T.queue.state, words: INCIDENT_STATES, cell: 'colour', width: 110 },
      { name: 'team', title: T.queue.group },
      { name: 'assignee', title: T.queue.assignee },
      { name: 'age_s', title: T.queue.age, unit: 'duration_s', width: 110 },
      { name: 'findings', title: T.queue.findings, width: 90 },
      { name: 'ticket', title: T.queue.ticket },
    ],
  })

const IN_BUCKETS = 'opened >= toStartOfInterval($__fromTime, INTERVAL $__interval_s second)'

const times: Tile = series(
  12,
  {
    id: 3,
    title: T.times.title,
    about: T.times.about,
    unit: 'duration_s',
    interval: '1h',
    sql: `SELECT $__timeInterval(opened) AS t, quantile(0.5)(time_to_acknowledge_s) AS acknowledge_median,
  quantile(0.9)(time_to_acknowledge_s) AS acknowledge_p90, quantile(0.5)(time_to_restore_s) AS restore_median,
  quantile(0.9)(time_to_restore_s) AS restore_p90
FROM ${INCIDENTS} AND ${IN_BUCKETS}
GROUP BY t ORDER BY t`,
    fields: [
      { name: 'acknowledge_median', title: T.times.acknowledge_median, colour: SERIES[0]!.dark },
      { name: 'acknowledge_p90', title: T.times.acknowledge_p90, colour: SERIES[5]!.dark, draw: 'dashed' },
      { name: 'restore_median', title: T.times.restore_median, colour: SERIES[1]!.dark },
      { name: 'restore_p90', title: T.times.restore_p90, colour: SERIES[4]!.dark, draw: 'dashed' },
    ],
  },
  { legend: ['last', 'max'] },
)

const flow: Tile = series(
  12,
  {
    id: 4,
    title: T.flow.title,
    about: T.flow.about,
    interval: '1h',
    sql: `SELECT t, sum(began) AS opened_count, sum(over) AS resolved_count
FROM (
  SELECT $__timeInterval(opened) AS t, 1 AS began, 0 AS over FROM ${INCIDENTS} AND ${IN_BUCKETS}
  UNION ALL
  SELECT $__timeInterval(resolved) AS t, 0, 1 FROM ${INCIDENTS} AND resolved >= $__fromTime AND resolved <= $__toTime
)
GROUP BY t ORDER BY t`,
    fields: [
      { name: 'opened_count', title: T.flow.opened, colour: SERIES[1]!.dark },
      { name: 'resolved_count', title: T.flow.resolved, colour: SERIES[0]!.dark, draw: 'negative' },
    ],
  },
  { bars: true, legend: ['sum'] },
)

const notifications: Tile = rows(12, {
  id: 5,
  title: T.notifications.title,
  about: T.notifications.about,
  sql: `SELECT target, countIf(status = 'delivered') AS delivered, countIf(status = 'delivered' AND attempts > 1) AS retried,
  countIf(status = 'dead') AS dead, quantileIf(0.95)(dateDiff('millisecond', decided, done) / 1000, status = 'delivered') AS slowest
FROM vigie.notifications FINAL
WHERE done >= $__fromTime AND done <= $__toTime
GROUP BY target ORDER BY dead DESC, target LIMIT 50`,
  fields: [
    { name: 'target', title: T.notifications.target },
    { name: 'delivered', title: T.notifications.delivered },
    { name: 'retried', title: T.notifications.retried },
    { name: 'dead', title: T.notifications.dead, thresholds: 'any' },
    { name: 'slowest', title: T.notifications.slowest, unit: 'duration_s' },
  ],
})

const recurring = (lang: Language): Tile =>
  rows(12, {
    id: 6,
    title: T.recurring.title,
    about: T.recurring.about,
    nothing: COMMON.all_well,
    sql: `SELECT any(i.title_${lang}) AS title, ${named('org_names', 'any(i.org)')} AS org, count() AS times, max(i.opened) AS last
FROM (SELECT * FROM ${INCIDENTS} AND opened >= $__fromTime) AS i
${orgNames(lang, 'i.org')}
GROUP BY i.key, org_names.name HAVING times > 1 ORDER BY times DESC, last DESC LIMIT 50`,
    fields: [
      { name: 'title', title: T.queue.title_column },
      { name: 'org', title: T.recurring.organization },
      { name: 'times', title: T.recurring.times, thresholds: 'some' },
      { name: 'last', title: T.recurring.last, unit: 'time' },
    ],
  })

export const ITSM: BoardSpec = {
  page: 'itsm',
  about: T.about,
  from: 'now-7d',
  refresh: '1m',
  rows: (lang) => [
    { height: 4, tiles: [now] },
    { height: 10, tiles: [queue(lang)] },
    { height: 9, tiles: [times, flow] },
    { height: 8, tiles: [notifications, recurring(lang)] },
  ],
}
