import { REJECT_CODES } from '../../model/reject.js'
import type { BoardSpec } from '../board.js'
import { FLOW_WORDS } from '../i18n/flow_words.js'
import { EXPORTER_STATES, REJECT_WORDS, PIPELINE as T } from '../i18n/pipeline.js'
import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { exportersOf } from '../queries/exporters.js'
import { FRAMES_IN_BUCKETS, LEDGER, MINUTES_IN_BUCKETS } from '../queries/ledger.js'
import { addressText, wordsOf } from '../queries/names.js'
import { RANGE } from '../queries/stretch.js'
import { BUCKET_RIPE, BUCKET_SECONDS, LAG, RAW_BOUND, TABLES } from '../queries/tables.js'
import { SERIES, STATES } from '../vocabulary/palette.js'
import { ranking, rows, series, stats, type Tile } from '../vocabulary/panels.js'

const EXPORTER = unlessAll('exporter', `${addressText('exporter_addr')} IN (${chosen('exporter')})`)
const RECORD_CODES = Object.entries(REJECT_CODES)
  .filter(([, unit]) => unit === 'record')
  .map(([code]) => `'${code}'`)
  .join(', ')

const datagrams: Tile = stats(14, {
  id: 1,
  title: T.datagrams.title,
  about: T.datagrams.about,
  sql: `SELECT sum(c.received) AS received, sum(c.processed) AS processed, sum(refused) AS rejected, sum(c.waiting) AS waiting,
  greatest(0, toInt64(sum(framed)) - toInt64(sum(c.processed))) AS queued, sum(c.lost) AS lost
FROM (
  SELECT collector, max(l.last.2) AS received, sum(datagrams) AS processed, argMax(l.last.4, l.last.1) AS waiting,
    max(l.last.3) AS framed, max(l.last.7) AS refused, max(l.last.5) + max(l.last.6) AS lost
  FROM ${TABLES.ledgerMinutes} AS l WHERE minute <= $__toTime GROUP BY collector
) AS c`,
  fields: [
    { name: 'received', title: T.datagrams.received },
    { name: 'processed', title: T.datagrams.processed },
    { name: 'rejected', title: T.datagrams.rejected, thresholds: 'some' },
    { name: 'waiting', title: T.datagrams.waiting },
    { name: 'queued', title: T.datagrams.queued },
    { name: 'lost', title: T.datagrams.lost, thresholds: 'some' },
  ],
})

const records: Tile = stats(10, {
  id: 2,
  title: T.records.title,
  about: T.records.about,
  sql: `SELECT sum(records) AS decoded, sum(l.stored) AS stored,
  sum(arraySum(mapValues(mapFilter((code, n) -> code IN (${RECORD_CODES}), rejected_by)))) AS rejected,
  toInt64(decoded) - toInt64(stored) - toInt64(rejected) AS unexplained
FROM ${TABLES.ledgerMinutes} AS l WHERE minute <= $__toTime`,
  fields: [
    { name: 'decoded', title: T.records.decoded },
    { name: 'stored', title: T.records.stored },
    { name: 'rejected', title: T.records.rejected, thresholds: 'some' },
    { name: 'unexplained', title: T.records.unexplained, thresholds: 'any' },
  ],
})

const lag: Tile = series(
  12,
  {
    id: 3,
    title: T.lag.title,
    about: T.lag.about,
    unit: 'duration_s',
    interval: '10s',
    thresholds: 'lag_s',
    sql: `SELECT t, if(isNaN(q[1]), NULL, q[1]) AS median, if(isNaN(q[2]), NULL, q[2]) AS p95, most
FROM (
  SELECT $__timeInterval(closed) AS t, quantiles(0.5, 0.95)(${LAG}) AS q, max(${LAG}) AS most
  FROM ${TABLES.ledger} WHERE ${FRAMES_IN_BUCKETS} GROUP BY t
  UNION ALL
  SELECT $__timeInterval(minute) AS t, quantilesTDigestMerge(0.5, 0.95)(lag_s) AS q, max(lag_max_s) AS most
  FROM ${TABLES.ledgerMinutes} WHERE ${MINUTES_IN_BUCKETS} GROUP BY t
)
ORDER BY t`,
    fields: [
      { name: 'median', title: T.lag.median, colour: SERIES[0]!.dark },
      { name: 'p95', title: T.lag.p95, colour: SERIES[1]!.dark },
      { name: 'most', title: T.lag.max, colour: SERIES[3]!.dark },
    ],
  },
  { steps: true, legend: ['last', 'max'] },
)

const rates: Tile = series(
  12,
  {
    id: 4,
    title: T.rate.title,
    about: T.rate.about,
    unit: 'flows_per_s',
    interval: '10s',
    sql: `SELECT $__timeInterval(at) AS t, sum(stored) / ${BUCKET_SECONDS} AS stored_per_s,
  sum(datagrams) / ${BUCKET_SECONDS} AS datagrams_per_s
${LEDGER}
GROUP BY t HAVING ${BUCKET_RIPE} ORDER BY t`,
    fields: [
      { name: 'stored_per_s', title: T.rate.stored, colour: SERIES[0]!.dark },
      {
        name: 'datagrams_per_s',
        title: T.rate.datagrams,
        unit: 'datagrams_per_s',
        colour: SERIES[1]!.dark,
        draw: 'right',
      },
    ],
  },
  { legend: ['last', 'mean', 'max'] },
)

/** What a total of the collectors grew by: within a row, and since the one before it. */
const grown = (of: 'lost' | 'dropped'): string =>
  `greatest(0, toInt64(last_${of}) - toInt64(first_${of})) + greatest(0, toInt64(first_${of}) - toInt64(lagInFrame(last_${of}, 1, first_${of}) OVER (PARTITION BY collector ORDER BY number)))`

const losses: Tile = series(
  12,
  {
    id: 5,
    title: T.losses.title,
    about: T.losses.about,
    interval: '1m',
    sql: `SELECT $__timeInterval(at) AS t, sum(s) AS sequence, sum(k) AS kernel
FROM (SELECT at, ${grown('lost')} AS s, ${grown('dropped')} AS k ${LEDGER})
GROUP BY t ORDER BY t`,
    fields: [
      { name: 'sequence', title: T.losses.sequence, colour: STATES.warning.dark },
      { name: 'kernel', title: T.losses.kernel, colour: STATES.critical.dark },
    ],
  },
  { bars: true, stacked: true, legend: ['sum'] },
)

/** Rejects are shown by the minute at least. */
const REJECTS = `FROM ${TABLES.ledgerMinutes} FINAL
  WHERE minute >= toStartOfInterval($__fromTime, INTERVAL $__interval_s second) AND minute <= $__toTime`

const rejects = (lang: Language): Tile =>
  series(
    12,
    {
      id: 6,
      title: T.rejects.title,
      about: T.rejects.about,
      interval: '1m',
      sql: `SELECT t, ${wordsOf('code', REJECT_WORDS, lang, 'code')} AS reason, sum(n) AS rejects, sum(rejects) OVER () AS of_all
FROM (
  SELECT $__timeInterval(minute) AS t, 'none' AS code, toInt64(0) AS n ${REJECTS} GROUP BY t
  UNION ALL
  SELECT $__timeInterval(minute) AS t, arrayJoin(mapKeys(rejected_by)) AS code, toInt64(rejected_by[code]) AS n ${REJECTS}
  UNION ALL
  SELECT $__timeInterval(minute) AS t, code,
    greatest(0, total - lagInFrame(total, 1, total) OVER (PARTITION BY collector, code ORDER BY minute)) AS n
  FROM (
    SELECT minute, collector, arrayJoin(mapKeys(collector_rejected)) AS code, toInt64(collector_rejected[code]) AS total ${REJECTS}
  )
)
GROUP BY t, code
QUALIFY rejects > 0 OR (code = 'none' AND of_all = 0) ORDER BY t, reason`,
    },
    { bars: true, stacked: true, by: 'reason', legend: ['sum'] },
  )

const exporters: Tile = rows(14, {
  id: 7,
  title: T.exporters.title,
  about: T.exporters.about,
  sql: `SELECT if(last > $__toTime - 360, 'active', 'silent') AS state, ${addressText('exporter_addr')} AS exporter,
  greatest(0, dateDiff('second', last, $__toTime) - 60) AS last_s, in_range AS flows,
  in_range / (toUnixTimestamp($__toTime) - toUnixTimestamp($__fromTime)) AS rate, sites
FROM (
  SELECT exporter_addr, max(e.last) AS last, sumIf(told, mine) AS in_range, uniqExactArray(e.sites) AS sites
  FROM (
    SELECT *, true AS mine FROM ${exportersOf(RANGE)}
    UNION ALL
    SELECT *, false FROM ${exportersOf({ from: '($__toTime - 86400)', to: '$__toTime' })}
  ) AS e
  WHERE ${EXPORTER}
  GROUP BY exporter_addr
)
ORDER BY state DESC, last, exporter_addr LIMIT 5000`,
  fields: [
    { name: 'state', title: T.exporters.state, words: EXPORTER_STATES, cell: 'colour', width: 95 },
    { name: 'exporter', title: FLOW_WORDS.exporter },
    { name: 'last_s', title: T.exporters.last, unit: 'duration_s' },
    { name: 'flows', title: T.exporters.flows, cell: 'bar' },
    { name: 'rate', title: T.exporters.rate, unit: 'score', decimals: 2 },
    { name: 'sites', title: T.exporters.sites },
  ],
})

const protocols: Tile = ranking(10, {
  id: 8,
  title: T.protocols.title,
  about: T.protocols.about,
  sql: `SELECT transform(toString(export_protocol), ['netflow1', 'netflow5', 'netflow7', 'netflow9', 'ipfix', 'sflow5'],
  ['NetFlow v1', 'NetFlow v5', 'NetFlow v7', 'NetFlow v9', 'IPFIX', 'sFlow v5'], '—') AS name, count() AS flows
FROM ${TABLES.flows}
WHERE ${RAW_BOUND} AND ${EXPORTER}
GROUP BY name ORDER BY flows DESC, name`,
  fields: [{ name: 'flows', title: FLOW_WORDS.flows }],
})

const tables: Tile = rows(16, {
  id: 9,
  title: T.tables.title,
  about: T.tables.about,
  sql: `SELECT table AS name, sum(p.rows) AS total, sum(bytes_on_disk) AS disk, round(disk / total, 1) AS ratio, count() AS parts
FROM system.parts AS p WHERE database = 'vigie' AND active
GROUP BY table HAVING total > 0 ORDER BY disk DESC, name`,
  fields: [
    { name: 'name', title: T.tables.table },
    { name: 'total', title: T.tables.rows },
    { name: 'disk', title: T.tables.disk, unit: 'bytes', cell: 'bar' },
    { name: 'ratio', title: T.tables.ratio, unit: 'score', decimals: 1 },
    { name: 'parts', title: T.tables.parts },
  ],
})

const disk: Tile = stats(8, {
  id: 10,
  title: T.disk.title,
  about: T.disk.about,
  sql: `SELECT (SELECT minOrNull(free_space) FROM system.disks) AS free,
  (SELECT sum(bytes_on_disk) FROM system.parts WHERE database = 'vigie' AND active) AS used`,
  fields: [
    { name: 'free', title: T.disk.free, unit: 'bytes' },
    { name: 'used', title: T.disk.used, unit: 'bytes' },
  ],
})

export const PIPELINE: BoardSpec = {
  page: 'pipeline',
  about: T.about,
  from: 'now-1h',
  refresh: '10s',
  rows: (lang) => [
    { height: 3, tiles: [datagrams, records] },
    { height: 9, tiles: [rates, lag] },
    { height: 8, tiles: [losses, rejects(lang)] },
    { height: 10, tiles: [exporters, protocols] },
    { height: 8, tiles: [tables, disk] },
  ],
}
