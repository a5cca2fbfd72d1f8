import { APP_CLASSES } from '../../model/registry.js'
import type { BoardSpec } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { EDGE_WORDS } from '../i18n/edge_words.js'
import { VOICE as T, VOICE_CAUSES } from '../i18n/voice.js'
import type { Language } from '../language.js'
import { BUCKET, IN_BUCKETS, IN_RANGE, meanOf, paths, quantileOf } from '../queries/edges.js'
import { minutes, rate } from '../queries/flows.js'
import { idOf, nameOf, wordsOf } from '../queries/names.js'
import { BUCKET_RIPE } from '../queries/tables.js'
import { voiceScores } from '../queries/voice.js'
import { meanwhile } from '../vocabulary/annotations.js'
import { SERIES, STATES } from '../vocabulary/palette.js'
import { rows, series, stats, type Tile } from '../vocabulary/panels.js'
import { heat } from '../vocabulary/pictures.js'

const SCOPE = ['org', 'site', 'supplier'] as const

const now: Tile = stats(10, {
  id: 1,
  title: T.now.title,
  about: T.now.about,
  sql: `SELECT if(count() = 0, NULL, sum(bad + poor)) AS degraded, uniqExactIf(site, bad + poor > 0 AND site != 0) AS places,
  uniqExactArray(found) AS measured, if(count() = 0, NULL, min(s.lowest)) AS lowest
FROM ${voiceScores(SCOPE, IN_RANGE)} AS s`,
  fields: [
    { name: 'degraded', title: T.now.minutes, unit: 'minutes', thresholds: 'some' },
    { name: 'places', title: T.now.sites, thresholds: 'some' },
    { name: 'measured', title: T.now.paths },
    { name: 'lowest', title: T.now.lowest, unit: 'score', decimals: 2, thresholds: 'mos' },
  ],
})

const bands: Tile = series(
  14,
  {
    id: 2,
    title: T.bands.title,
    about: T.bands.about,
    unit: 'minutes',
    interval: '1m',
    sql: `SELECT ${BUCKET} AS t, sum(s.bad) AS bad, sum(s.poor) AS poor, sum(s.fair) AS fair, sum(s.good) AS good
FROM ${voiceScores(SCOPE, IN_BUCKETS)} AS s
GROUP BY t ORDER BY t`,
    fields: [
      { name: 'bad', title: T.bands.bad, colour: STATES.critical.dark },
      { name: 'poor', title: T.bands.poor, colour: SERIES[4]!.dark },
      { name: 'fair', title: T.bands.fair, colour: STATES.warning.dark },
      { name: 'good', title: T.bands.good, colour: STATES.good.dark },
    ],
  },
  { bars: true, stacked: true, legend: ['sum'] },
)

/** Classes of scores from below, and the minutes in each. */
const SCORES = [
  ['under_26', 's.dreadful'],
  ['under_31', 's.bad - s.dreadful'],
  ['under_36', 's.poor'],
  ['under_40', 's.fair'],
  ['under_43', 's.good - s.excellent'],
  ['best', 's.excellent'],
] as const

const spread: Tile = heat(24, {
  id: 8,
  title: T.spread.title,
  about: T.spread.about,
  unit: 'minutes',
  interval: '1m',
  sql: `SELECT ${BUCKET} AS t, ${SCORES.map(([name, minutesIn]) => `sum(${minutesIn}) AS ${name}`).join(', ')}
FROM ${voiceScores(SCOPE, IN_BUCKETS)} AS s
GROUP BY t ORDER BY t`,
  fields: SCORES.map(([name]) => ({ name, title: T.spread[name] })),
})

/** What is furthest beyond its bound: 300 ms there and back, 30 ms of variation, 1 % of loss. */
const CAUSE = `multiIf(worst_latency IS NULL AND worst_jitter IS NULL AND worst_loss IS NULL, 'unknown',
    ifNull(worst_loss, 0) / 1 >= greatest(ifNull(worst_latency, 0) / 300, ifNull(worst_jitter, 0) / 30), 'loss',
    ifNull(worst_latency, 0) / 300 >= ifNull(worst_jitter, 0) / 30, 'latency', 'jitter')`

const sites = (lang: Language): Tile =>
  rows(24, {
    id: 3,
    title: T.sites.title,
    about: T.sites.about,
    nothing: COMMON.all_well,
    sql: `WITH poor AS (
  SELECT site AS site_id, any(supplier) AS supplier_id, sum(bad + poor) AS degraded, min(s.lowest) AS lowest
  FROM ${voiceScores(SCOPE, IN_RANGE)} AS s GROUP BY site HAVING degraded > 0
)
SELECT ${nameOf('sites', 'poor.site_id', lang)} AS place, ${nameOf('suppliers', 'poor.supplier_id', lang)} AS supplier,
  poor.degraded AS degraded, poor.lowest AS lowest, worst_latency AS latency, worst_jitter AS jitter, worst_loss AS loss,
  ${wordsOf(CAUSE, VOICE_CAUSES, lang, "''")} AS cause, ${idOf('sites', 'poor.site_id')} AS place_id
FROM poor
LEFT JOIN (
  SELECT site_id, if(sumIf(latency_ms_count, latency_kind = 'round_trip') = 0, NULL,
      quantilesTDigestMergeIf(0.5, 0.95, 0.99)(latency_ms_quantiles, latency_kind = 'round_trip')[2]) AS worst_latency,
    ${quantileOf('jitter_ms', 2)} AS worst_jitter, 100 * max(loss_ratio_sum / nullIf(loss_ratio_count, 0)) AS worst_loss
  FROM ${paths(SCOPE, IN_RANGE)} GROUP BY site_id
) AS path_quality ON path_quality.site_id = poor.site_id
ORDER BY degraded DESC, lowest, place LIMIT 200`,
    fields: [
      {
        name: 'place',
        title: EDGE_WORDS.site,
        link: { title: COMMON.see_links, page: 'links', set: { site: `\${__data.fields.place_id}` } },
      },
      { name: 'supplier', title: EDGE_WORDS.supplier },
      { name: 'degraded', title: T.sites.minutes, unit: 'minutes', cell: 'bar' },
      { name: 'lowest', title: T.sites.lowest, unit: 'score', decimals: 2, thresholds: 'mos' },
      {
        name: 'latency',
        title: EDGE_WORDS.latency,
        unit: 'ms',
        decimals: 0,
        thresholds: 'voice_round_trip_ms',
      },
      { name: 'jitter', title: EDGE_WORDS.jitter, unit: 'ms', decimals: 1, thresholds: 'voice_variation_ms' },
      { name: 'loss', title: EDGE_WORDS.loss, unit: 'percent', decimals: 2, thresholds: 'loss_percent' },
      { name: 'cause', title: T.sites.cause },
      { name: 'place_id' },
    ],
  })

const QUANTILES = [
  { name: 'p95', title: EDGE_WORDS.p95, colour: SERIES[1]!.dark },
  { name: 'median', title: EDGE_WORDS.median, colour: SERIES[0]!.dark },
] as const

const latency: Tile = series(
  8,
  {
    id: 4,
    title: T.latency.title,
    about: T.latency.about,
    unit: 'ms',
    thresholds: 'voice_round_trip_ms',
    interval: '1m',
    sql: `SELECT ${BUCKET} AS t, ${quantileOf('latency_ms', 2)} AS p95, ${quantileOf('latency_ms', 1)} AS median
FROM ${paths(SCOPE, IN_BUCKETS, "latency_kind = 'round_trip'")}
GROUP BY t ORDER BY t`,
    fields: QUANTILES,
  },
  { steps: true, legend: ['last', 'max'] },
)

const jitter: Tile = series(
  8,
  {
    id: 5,
    title: T.jitter.title,
    about: T.jitter.about,
    unit: 'ms',
    thresholds: 'voice_variation_ms',
    interval: '1m',
    sql: `SELECT ${BUCKET} AS t, ${quantileOf('jitter_ms', 2)} AS p95, ${quantileOf('jitter_ms', 1)} AS median
FROM ${paths(SCOPE, IN_BUCKETS)}
GROUP BY t ORDER BY t`,
    fields: QUANTILES,
  },
  { steps: true, legend: ['last', 'max'] },
)

const loss: Tile = series(
  8,
  {
    id: 6,
    title: T.loss.title,
    about: T.loss.about,
    unit: 'percent',
    thresholds: 'loss_percent',
    interval: '1m',
    sql: `SELECT ${BUCKET} AS t, 100 * ${meanOf('loss_ratio')} AS mean
FROM ${paths(SCOPE, IN_BUCKETS)}
GROUP BY t ORDER BY t`,
    fields: [{ name: 'mean', title: EDGE_WORDS.mean, colour: SERIES[0]!.dark }],
  },
  { steps: true, legend: ['last', 'max'] },
)

const volume: Tile = series(
  24,
  {
    id: 7,
    title: T.volume.title,
    about: T.volume.about,
    unit: 'bits_per_s',
    interval: '1m',
    link: { title: COMMON.see_traffic, page: 'traffic' },
    sql: `SELECT $__timeInterval(minute) AS t, ${rate('sum(bytes_est)')} AS bits_per_s
${minutes(['org', 'site'])} AND app_class_id = ${APP_CLASSES.voice}
GROUP BY t HAVING ${BUCKET_RIPE} ORDER BY t`,
    fields: [{ name: 'bits_per_s', title: T.volume.rate, colour: SERIES[2]!.dark }],
  },
  { filled: true, legend: ['last', 'mean', 'max'] },
)

export const VOICE: BoardSpec = {
  page: 'voice',
  about: T.about,
  from: 'now-24h',
  refresh: '1m',
  annotations: meanwhile(['org', 'site', 'supplier']),
  rows: (lang) => [
    { height: 7, tiles: [now, bands] },
    { height: 8, tiles: [spread] },
    { height: 9, tiles: [sites(lang)] },
    { height: 9, tiles: [latency, jitter, loss] },
    { height: 7, tiles: [volume] },
  ],
}
