import type { BoardSpec } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { FLOW_WORDS } from '../i18n/flow_words.js'
import { TRAFFIC as T } from '../i18n/traffic.js'
import type { Language } from '../language.js'
import { unlessAll } from '../macros.js'
import {
  DIMENSION_KEY,
  dimensionName,
  flowScope,
  flowsOf,
  minutes,
  minutesTotal,
  protocolName,
  rate,
  topKeys,
} from '../queries/flows.js'
import { addressText, idOf, literal, nameOf } from '../queries/names.js'
import { BUCKETS } from '../queries/stretch.js'
import { BUCKET_RIPE, BUCKET_SECONDS, RAW_BOUND, TABLES } from '../queries/tables.js'
import { meanwhile } from '../vocabulary/annotations.js'
import { SERIES, STATES } from '../vocabulary/palette.js'
import { ranking, rows, series, type Tile } from '../vocabulary/panels.js'
import { ways } from '../vocabulary/pictures.js'

const SCOPE = ['org', 'site', 'region'] as const
const OCTETS = 'sum(bytes * greatest(sampling_rate, 1))'

const byGroup = (lang: Language): Tile =>
  series(
    16,
    {
      id: 1,
      title: T.rate.title,
      about: T.rate.about,
      unit: 'bits_per_s',
      interval: '1m',
      sql: `WITH top AS ${topKeys(SCOPE)}
SELECT t, if(known, ${dimensionName(lang)}, ${literal(COMMON.other, lang)}) AS name,
  ${rate('sum(octets)')} AS bits_per_s
FROM (
  SELECT $__timeInterval(minute) AS t, ${DIMENSION_KEY} AS original, original IN top AS known, if(known, original, 0) AS key,
    sum(bytes_est) AS octets
  ${minutes(SCOPE)}
  GROUP BY t, original
)
GROUP BY t, known, key HAVING ${BUCKET_RIPE} ORDER BY t, known DESC, name`,
      fields: [],
    },
    { stacked: true, by: 'name', legend: ['last', 'mean', 'max'] },
  )

/** The same stretch of time before the range, laid over it. */
const SHIFT = '(toInt64(toUnixTimestamp($__toTime)) - toInt64(toUnixTimestamp($__fromTime)))'

const before: Tile = series(
  8,
  {
    id: 2,
    title: T.before.title,
    about: T.before.about,
    unit: 'bits_per_s',
    interval: '1m',
    sql: `SELECT t, if(max(mine) = 0, NULL, ${rate('sumIf(octets, mine = 1)')}) AS bits_per_s,
  if(min(mine) = 1, NULL, sumIf(octets, mine = 0) * 8 / $__interval_s) AS previous
FROM (
  SELECT minute >= toStartOfInterval($__fromTime, INTERVAL $__interval_s second) AS mine,
    $__timeInterval(if(mine, minute, minute + ${SHIFT})) AS t, sum(bytes_est) AS octets
  ${flowsOf({ ...BUCKETS, from: `toStartOfInterval($__fromTime - ${SHIFT}, INTERVAL $__interval_s second)` }, SCOPE)}
  GROUP BY mine, t
)
GROUP BY t HAVING ${BUCKET_RIPE} ORDER BY t`,
    fields: [
      { name: 'bits_per_s', title: T.before.now, colour: SERIES[0]!.dark },
      { name: 'previous', title: T.before.previous, colour: STATES.unknown.dark, draw: 'dashed' },
    ],
  },
  { legend: ['last', 'mean', 'max'] },
)

const statistics = (lang: Language): Tile =>
  rows(13, {
    id: 3,
    title: T.statistics.title,
    about: T.statistics.about,
    unit: 'bits_per_s',
    interval: '1m',
    sql: `SELECT ${dimensionName(lang)} AS name, min(bits) AS least, avg(bits) AS mean, quantile(0.95)(bits) AS p95, max(bits) AS most,
  argMax(bits, t) AS last, sum(octets) AS total
FROM (
  SELECT $__timeInterval(minute) AS t, ${DIMENSION_KEY} AS key, sum(bytes_est) AS octets, octets * 8 / ${BUCKET_SECONDS} AS bits
  ${minutes(SCOPE)}
  GROUP BY t, key HAVING ${BUCKET_RIPE}
)
GROUP BY key ORDER BY total DESC, name LIMIT 100`,
    fields: [
      { name: 'name', title: FLOW_WORDS.group },
      { name: 'least', title: FLOW_WORDS.min },
      { name: 'mean', title: FLOW_WORDS.mean },
      { name: 'p95', title: FLOW_WORDS.p95 },
      { name: 'most', title: FLOW_WORDS.max },
      { name: 'last', title: FLOW_WORDS.last },
      { name: 'total', title: FLOW_WORDS.bytes, unit: 'bytes', cell: 'bar' },
    ],
  })

/** Columns of the paths: who, by which supplier, for what. */
const WHO = `if(${unlessAll('org', '0')}, src_org_id, src_site_id)`
const KEPT = 10
const who = (lang: Language): string =>
  `if(key = 0, ${literal(COMMON.unregistered, lang)}, if(${unlessAll('org', '0')}, ${nameOf('organizations', 'key', lang)}, ${nameOf('sites', 'key', lang)}))`

const pathRows = (lang: Language): string => `paths AS (
  SELECT if(key IN (SELECT key FROM totals), ${who(lang)}, ${literal(COMMON.other, lang)}) AS sender,
    if(provider_id = 0, ${literal(T.paths.no_supplier, lang)}, ${nameOf('suppliers', 'provider_id', lang)}) AS supplier,
    ${nameOf('app_classes', 'app_class_id', lang, COMMON.unknown_app)} AS class, sum(octets) AS octets
  FROM grouped GROUP BY sender, supplier, class
)`
const PATHS_FROM = `grouped AS (
  SELECT ${WHO} AS key, provider_id, app_class_id, sum(bytes_est) AS octets
  ${minutesTotal(SCOPE)} GROUP BY key, provider_id, app_class_id
), totals AS (
  SELECT key FROM grouped GROUP BY key ORDER BY sum(octets) DESC, key LIMIT ${KEPT}
)`

/** Ids tell the column: the same name may stand in two. */
const paths = (lang: Language): Tile =>
  ways(24, {
    id: 12,
    title: T.paths.title,
    about: T.paths.about,
    unit: 'bytes',
    link: { title: COMMON.see_links, page: 'links' },
    nodes: `WITH ${PATHS_FROM}, ${pathRows(lang)}
SELECT concat(toString(node.1), ' ', node.2) AS id, node.2 AS title, sum(octets) AS mainstat
FROM paths ARRAY JOIN [(1, sender), (2, supplier), (3, class)] AS node
GROUP BY node
ORDER BY id`,
    edges: `WITH ${PATHS_FROM}, ${pathRows(lang)}
SELECT concat(source, ' > ', target) AS id, way.1 AS source, way.2 AS target, sum(octets) AS mainstat
FROM paths ARRAY JOIN [(concat('1 ', sender), concat('2 ', supplier)), (concat('2 ', supplier), concat('3 ', class))] AS way
GROUP BY source, target ORDER BY mainstat DESC, id LIMIT 200`,
  })

const conversations = (lang: Language): Tile =>
  rows(11, {
    id: 4,
    title: T.conversations.title,
    about: T.conversations.about,
    sql: `SELECT ${nameOf('sites', 'src_site_id', lang)} AS source, ${nameOf('sites', 'dst_site_id', lang)} AS destination,
  ${nameOf('applications', 'app_rule_id', lang, COMMON.unknown_app)} AS application, octets AS bytes, packets, flows,
  ${idOf('sites', 'src_site_id')} AS source_id, ${idOf('sites', 'dst_site_id')} AS destination_id
FROM (
  SELECT src_site_id, dst_site_id, app_rule_id, sum(bytes_est) AS octets, sum(packets_est) AS packets, sum(flows) AS flows
  ${minutesTotal(SCOPE)}
  GROUP BY src_site_id, dst_site_id, app_rule_id ORDER BY octets DESC, src_site_id, dst_site_id, app_rule_id LIMIT 100
)
ORDER BY bytes DESC, source, destination, application`,
    fields: [
      {
        name: 'source',
        title: FLOW_WORDS.source,
        link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.source_id}` } },
      },
      {
        name: 'destination',
        title: FLOW_WORDS.destination,
        link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.destination_id}` } },
      },
      { name: 'application', title: FLOW_WORDS.application },
      { name: 'bytes', title: FLOW_WORDS.bytes, unit: 'bytes', cell: 'bar' },
      { name: 'packets', title: FLOW_WORDS.packets },
      { name: 'flows', title: FLOW_WORDS.flows },
      { name: 'source_id' },
      { name: 'destination_id' },
    ],
  })

/** Octets by a number of the minutes, by name. */
const byKey = (key: string, name: string): string => `SELECT ${name} AS name, sum(bytes_est) AS bytes
FROM (SELECT ${key} AS key, sum(bytes_est) AS bytes_est ${minutesTotal(SCOPE)} GROUP BY key)
GROUP BY name ORDER BY bytes DESC, name LIMIT 12`

const volume = [{ name: 'bytes', title: FLOW_WORDS.bytes, unit: 'bytes' }] as const

const applications = (lang: Language): Tile =>
  ranking(8, {
    id: 5,
    ...T.applications,
    unit: 'bytes',
    sql: byKey('app_rule_id', nameOf('applications', 'key', lang, COMMON.unknown_app)),
    fields: volume,
  })

const ports = (lang: Language): Tile =>
  ranking(8, {
    id: 6,
    ...T.ports,
    unit: 'bytes',
    sql: byKey(
      'tuple(ip_proto, service_port)',
      `if(key.2 = 0, ${literal(COMMON.no_service_port, lang)}, concat(${protocolName('key.1')}, ' ', toString(key.2)))`,
    ),
    fields: volume,
  })

const sites = (lang: Language): Tile =>
  ranking(8, {
    id: 7,
    ...T.sites,
    unit: 'bytes',
    sql: `SELECT ${nameOf('sites', 'key', lang)} AS name, sum(octets) AS bytes, ${idOf('sites', 'any(key)')} AS site_id
FROM (
  SELECT arrayJoin(arrayDistinct([src_site_id, dst_site_id])) AS key, sum(bytes_est) AS octets
  ${minutesTotal(SCOPE)} GROUP BY key HAVING key != 0
)
GROUP BY name ORDER BY bytes DESC, name LIMIT 12`,
    fields: [
      {
        name: 'name',
        title: FLOW_WORDS.group,
        link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.site_id}` } },
      },
      ...volume,
      { name: 'site_id' },
    ],
  })

/** Raw flows with one end outside, by a number of that end; only the largest get their name, called by `key`. */
const outside = (column: 'country_code' | 'as', name: string): string => `SELECT ${name} AS name, bytes
FROM (
  SELECT if(locality = 'inbound', src_${column}, dst_${column}) AS key, ${OCTETS} AS bytes
  FROM ${TABLES.flows}
  WHERE ${RAW_BOUND} AND counted = 1 AND locality IN ('inbound', 'outbound')${flowScope(SCOPE)}
  GROUP BY key ORDER BY bytes DESC, key LIMIT 12
)
ORDER BY bytes DESC, name`

const countries = (lang: Language): Tile =>
  ranking(8, {
    id: 8,
    title: T.countries.title,
    about: T.countries.about,
    unit: 'bytes',
    sql: outside(
      'country_code',
      `if(key = 0, ${literal(T.countries_unknown, lang)}, concat(char(bitShiftRight(key, 8)), char(bitAnd(key, 255))))`,
    ),
    fields: volume,
  })

const systems = (lang: Language): Tile =>
  ranking(8, {
    id: 9,
    title: T.systems.title,
    about: T.systems.about,
    unit: 'bytes',
    sql: outside('as', `if(key = 0, ${literal(T.systems.unknown, lang)}, concat('AS', toString(key)))`),
    fields: volume,
  })

const protocols: Tile = ranking(8, {
  id: 10,
  ...T.protocols,
  unit: 'bytes',
  sql: byKey('ip_proto', protocolName('key')),
  fields: volume,
})

const raw = (lang: Language): Tile =>
  rows(24, {
    id: 11,
    title: T.raw.title,
    about: T.raw.about,
    sql: `SELECT time_received AS at, ${addressText('src_addr')} AS source, toString(src_port) AS source_port,
  ${addressText('dst_addr')} AS destination, toString(dst_port) AS destination_port, ${protocolName('ip_proto')} AS protocol,
  ${nameOf('applications', 'app_rule_id', lang, COMMON.unknown_app)} AS application, bytes, packets, ${addressText('exporter_addr')} AS exporter
FROM ${TABLES.flows}
WHERE ${RAW_BOUND}${flowScope(SCOPE)}
ORDER BY time_received DESC LIMIT 200`,
    fields: [
      { name: 'at', title: FLOW_WORDS.received, unit: 'time' },
      { name: 'source', title: FLOW_WORDS.source },
      { name: 'source_port', title: FLOW_WORDS.source_port },
      { name: 'destination', title: FLOW_WORDS.destination },
      { name: 'destination_port', title: FLOW_WORDS.destination_port },
      { name: 'protocol', title: FLOW_WORDS.protocol },
      { name: 'application', title: FLOW_WORDS.application },
      { name: 'bytes', title: FLOW_WORDS.bytes, unit: 'bytes' },
      { name: 'packets', title: FLOW_WORDS.packets },
      { name: 'exporter', title: FLOW_WORDS.exporter },
    ],
  })

export const TRAFFIC: BoardSpec = {
  page: 'traffic',
  about: T.about,
  from: 'now-1h',
  refresh: '1m',
  annotations: meanwhile(['org', 'site', 'region']),
  rows: (lang) => [
    { height: 11, tiles: [byGroup(lang), before] },
    { height: 13, tiles: [paths(lang)] },
    { height: 10, tiles: [statistics(lang), conversations(lang)] },
    { height: 9, tiles: [applications(lang), ports(lang), sites(lang)] },
    { height: 9, tiles: [countries(lang), systems(lang), protocols] },
    { height: 10, tiles: [raw(lang)] },
  ],
}
