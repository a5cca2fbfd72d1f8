import type { BoardSpec } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { EDGE_WORDS, PATH_STATES, SITE_COUNTS } from '../i18n/edge_words.js'
import { FLOW_WORDS } from '../i18n/flow_words.js'
import { LINKS as T } from '../i18n/links.js'
import type { Language } from '../language.js'
import { unlessAll } from '../macros.js'
import {
  BUCKET,
  edgeScope,
  IN_BUCKETS,
  IN_RANGE,
  links,
  meanOf,
  NEWEST_KNOWN,
  newestStates,
  pathName,
  pathStates,
  paths,
  quantileOf,
  RANK,
} from '../queries/edges.js'
import { minutesTotal } from '../queries/flows.js'
import { idOf, literal, nameOf, numbersOf } from '../queries/names.js'
import { TABLES } from '../queries/tables.js'
import { failovers, meanwhile } from '../vocabulary/annotations.js'
import { SERIES, STATES } from '../vocabulary/palette.js'
import { rows, series, stats, type Tile } from '../vocabulary/panels.js'
import { states as bands, heat } from '../vocabulary/pictures.js'

const SCOPE = ['org', 'site', 'supplier', 'sla_class'] as const

const now: Tile = stats(8, {
  id: 1,
  title: T.now.title,
  about: T.now.about,
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

const trouble: Tile = series(
  16,
  {
    id: 2,
    title: T.trouble.title,
    about: T.trouble.about,
    interval: '1m',
    sql: `SELECT t, countIf(state = 3) AS down, countIf(state = 2) AS degraded, countIf(state = 0) AS unknown
FROM (
  SELECT ${BUCKET} AS t, path, max(${RANK}) AS state FROM ${paths(SCOPE, IN_BUCKETS)} GROUP BY t, path
)
GROUP BY t ORDER BY t`,
    fields: [
      { name: 'down', title: SITE_COUNTS.down, colour: STATES.critical.dark },
      { name: 'degraded', title: SITE_COUNTS.degraded, colour: STATES.warning.dark },
      { name: 'unknown', title: SITE_COUNTS.unknown, colour: STATES.unknown.dark },
    ],
  },
  { bars: true, stacked: true, legend: ['last', 'max'] },
)

const states = (lang: Language): Tile =>
  rows(24, {
    id: 3,
    title: T.states.title,
    about: T.states.about,
    sql: `SELECT argMax(${RANK}, ${NEWEST_KNOWN}) AS state, ${pathName(lang, 'any(parts)')} AS name, ${nameOf('sites', 'any(site_id)', lang)} AS place,
  ${nameOf('suppliers', 'any(supplier_id)', lang)} AS supplier,
  if(sumIf(latency_ms_count, latency_kind = 'round_trip') = 0, NULL,
    quantilesTDigestMergeIf(0.5, 0.95, 0.99)(latency_ms_quantiles, latency_kind = 'round_trip')[2]) AS latency,
  ${quantileOf('jitter_ms', 2)} AS jitter, 100 * ${meanOf('loss_ratio')} AS loss, ${meanOf('mos_computed')} AS mos,
  ${idOf('sites', 'any(site_id)')} AS place_id
FROM ${paths(SCOPE, IN_RANGE)}
GROUP BY path ORDER BY state DESC, loss DESC, latency DESC, name LIMIT 500`,
    fields: [
      { name: 'state', title: EDGE_WORDS.state, words: PATH_STATES, cell: 'colour', width: 120 },
      { name: 'name', title: EDGE_WORDS.path },
      {
        name: 'place',
        title: EDGE_WORDS.site,
        link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.place_id}` } },
      },
      { name: 'supplier', title: EDGE_WORDS.supplier },
      { name: 'latency', title: EDGE_WORDS.latency, unit: 'ms', decimals: 1 },
      { name: 'jitter', title: EDGE_WORDS.jitter, unit: 'ms', decimals: 1 },
      { name: 'loss', title: EDGE_WORDS.loss, unit: 'percent', decimals: 2, thresholds: 'loss_percent' },
      { name: 'mos', title: EDGE_WORDS.mos, unit: 'score', decimals: 2, thresholds: 'mos' },
      { name: 'place_id' },
    ],
  })

/** One line a path, for the eight paths with the largest mean. */
const worst = (lang: Language, metric: 'latency_ms' | 'jitter_ms' | 'loss_ratio', factor = ''): string => {
  const round = metric === 'latency_ms' ? " AND latency_kind = 'round_trip'" : ''
  const rows = paths(SCOPE, IN_BUCKETS, `${metric}_count > 0${round}`)
  return `WITH worst AS (
  SELECT path, sum(${metric}_sum) / sum(${metric}_count) AS mean FROM ${rows} GROUP BY path ORDER BY mean DESC, path LIMIT 8
)
SELECT t, ${pathName(lang, 'of')} AS name, value
FROM (
  SELECT ${BUCKET} AS t, path, any(parts) AS of, ${factor}${meanOf(metric)} AS value
  FROM ${rows} WHERE path IN (SELECT path FROM worst) GROUP BY t, path
)
ORDER BY t, name`
}

const timeline = (lang: Language): Tile =>
  bands(
    12,
    {
      id: 9,
      title: T.timeline.title,
      about: T.timeline.about,
      interval: '1m',
      sql: pathStates(lang, SCOPE, 16),
    },
    { by: 'name', words: PATH_STATES },
  )

/** Bounds of the classes of round trips, ms. */
const CLASSES_MS = [10, 20, 40, 80, 150, 300] as const

const spread: Tile = heat(12, {
  id: 10,
  title: T.spread.title,
  about: T.spread.about,
  interval: '1m',
  sql: `SELECT t, ${CLASSES_MS.map((most, i) => `countIf(ms < ${most}${i === 0 ? '' : ` AND ms >= ${CLASSES_MS[i - 1]}`}) AS under_${most}`).join(', ')},
  countIf(ms >= ${CLASSES_MS.at(-1)}) AS beyond
FROM (
  SELECT ${BUCKET} AS t, ${meanOf('latency_ms')} AS ms
  FROM ${paths(SCOPE, IN_BUCKETS, "latency_kind = 'round_trip' AND latency_ms_count > 0")} GROUP BY t, path
)
GROUP BY t ORDER BY t`,
  fields: [
    ...CLASSES_MS.map((most) => ({ name: `under_${most}`, title: T.spread[`under_${most}`] })),
    { name: 'beyond', title: T.spread.beyond },
  ],
})

/** Paths with a score. */
const TOLD = paths(SCOPE, IN_BUCKETS, 'mos_computed_count > 0')

const voice = (lang: Language): Tile =>
  series(
    12,
    {
      id: 11,
      title: T.voice.title,
      about: T.voice.about,
      unit: 'score',
      decimals: 2,
      interval: '1m',
      thresholds: 'mos',
      link: { title: COMMON.see_voice, page: 'voice' },
      sql: `WITH worst AS (
  SELECT path, min(mos_computed_sum / mos_computed_count) AS lowest FROM ${TOLD} GROUP BY path ORDER BY lowest, path LIMIT 8
)
SELECT t, ${pathName(lang, 'of')} AS name, value
FROM (
  SELECT ${BUCKET} AS t, path, any(parts) AS of, ${meanOf('mos_computed')} AS value
  FROM ${TOLD} WHERE path IN (SELECT path FROM worst) GROUP BY t, path
)
ORDER BY t, name`,
    },
    { by: 'name', steps: true, floating: true, legend: ['last', 'min'] },
  )

const applications = (lang: Language): Tile =>
  rows(12, {
    id: 12,
    title: T.applications.title,
    about: T.applications.about,
    link: { title: COMMON.see_traffic, page: 'traffic' },
    sql: `SELECT ${nameOf('applications', 'app_rule_id', lang, COMMON.unknown_app)} AS application,
  if(link_id = 0, ${literal(T.applications.unknown, lang)}, ${idOf('links', 'link_id')}) AS link, ${nameOf('suppliers', 'provider_id', lang)} AS supplier,
  octets AS bytes, 100 * octets / sum(octets) OVER () AS share
FROM (
  SELECT app_rule_id, link_id, provider_id, sum(bytes_est) AS octets
  ${minutesTotal(['org', 'site'])}
  AND ${unlessAll('supplier', `provider_id IN ${numbersOf('suppliers', 'supplier')}`)}
  GROUP BY app_rule_id, link_id, provider_id
)
ORDER BY bytes DESC, application, link LIMIT 50`,
    fields: [
      { name: 'application', title: FLOW_WORDS.application },
      { name: 'link', title: COMMON.link },
      { name: 'supplier', title: EDGE_WORDS.supplier },
      { name: 'bytes', title: FLOW_WORDS.bytes, unit: 'bytes', cell: 'bar' },
      { name: 'share', title: FLOW_WORDS.share, unit: 'percent', decimals: 1 },
    ],
  })

const latency = (lang: Language): Tile =>
  series(
    8,
    {
      id: 4,
      title: T.latency.title,
      about: T.latency.about,
      unit: 'ms',
      interval: '1m',
      sql: worst(lang, 'latency_ms'),
    },
    { by: 'name', legend: ['last', 'max'] },
  )

const jitter = (lang: Language): Tile =>
  series(
    8,
    {
      id: 5,
      title: T.jitter.title,
      about: T.jitter.about,
      unit: 'ms',
      interval: '1m',
      sql: worst(lang, 'jitter_ms'),
    },
    { by: 'name', legend: ['last', 'max'] },
  )

const loss = (lang: Language): Tile =>
  series(
    8,
    {
      id: 6,
      title: T.loss.title,
      about: T.loss.about,
      unit: 'percent',
      interval: '1m',
      sql: worst(lang, 'loss_ratio', '100 * '),
    },
    { by: 'name', legend: ['last', 'max'] },
  )

const load: Tile = series(
  12,
  {
    id: 7,
    title: T.load.title,
    about: T.load.about,
    unit: 'bits_per_s',
    interval: '1m',
    link: { title: COMMON.see_traffic, page: 'traffic' },
    // A bucket may hold several samples of a link: their mean is the link's rate, the links' sum the total.
    sql: `SELECT t, sum(rx) AS received, sum(tx) AS sent, if(countIf(room > 0) = 0, NULL, sum(room)) AS capacity
FROM (
  SELECT ${BUCKET} AS t, path, ${meanOf('rx_bps')} AS rx, ${meanOf('tx_bps')} AS tx, max(rx_capacity_bps) AS room
  FROM ${links(SCOPE, IN_BUCKETS)} GROUP BY t, path
)
GROUP BY t ORDER BY t`,
    fields: [
      { name: 'received', title: T.load.received, colour: SERIES[0]!.dark },
      { name: 'sent', title: T.load.sent, colour: SERIES[1]!.dark, draw: 'negative' },
      { name: 'capacity', title: T.load.capacity, colour: STATES.neutral.dark, draw: 'dashed' },
    ],
  },
  { filled: true, legend: ['last', 'mean', 'max'] },
)

const events = (lang: Language): Tile =>
  rows(12, {
    id: 8,
    title: T.events.title,
    about: T.events.about,
    nothing: COMMON.no_event,
    sql: `SELECT observed_at AS at, if(site_id = 0, toString(site), ${nameOf('sites', 'site_id', lang)}) AS place, toString(device) AS device,
  toString(event) AS event, message, ${idOf('sites', 'site_id')} AS place_id
FROM ${TABLES.edgeEvents}
WHERE observed_at >= $__fromTime AND observed_at <= $__toTime${edgeScope(SCOPE)}
ORDER BY observed_at DESC, place, device LIMIT 200`,
    fields: [
      { name: 'at', title: T.events.time, unit: 'time', width: 165 },
      {
        name: 'place',
        title: EDGE_WORDS.site,
        link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.place_id}` } },
      },
      { name: 'device', title: T.events.device },
      { name: 'event', title: T.events.event },
      { name: 'message', title: T.events.message, cell: 'wrap' },
      { name: 'place_id' },
    ],
  })

export const LINKS: BoardSpec = {
  page: 'links',
  about: T.about,
  from: 'now-6h',
  refresh: '1m',
  annotations: [...meanwhile(['org', 'site', 'supplier']), failovers(['org', 'site', 'supplier'])],
  rows: (lang) => [
    { height: 7, tiles: [now, trouble] },
    { height: 9, tiles: [states(lang)] },
    { height: 10, tiles: [latency(lang), jitter(lang), loss(lang)] },
    { height: 10, tiles: [timeline(lang), spread] },
    { height: 10, tiles: [load, voice(lang)] },
    { height: 10, tiles: [applications(lang), events(lang)] },
  ],
}
