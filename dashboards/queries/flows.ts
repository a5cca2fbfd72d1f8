import { onlyIf } from '../constant_sql.js'
import { COMMON } from '../i18n/common.js'
import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { literal, nameOf, numbersOf } from './names.js'
import { BUCKETS, type Parts, partsOf, RANGE, type Stretch, secondsOf } from './stretch.js'
import { BUCKET_SECONDS, TABLES } from './tables.js'

const eitherEnd = (column: (side: 'src' | 'dst') => string, numbers: string): string =>
  `(${column('src')} IN ${numbers} OR ${column('dst')} IN ${numbers})`

/** Conditions of the page's variables on flows: either end counts. */
const SCOPES = {
  org: eitherEnd((side) => `${side}_org_id`, numbersOf('organizations', 'org')),
  site: eitherEnd((side) => `${side}_site_id`, numbersOf('sites', 'site')),
  region: eitherEnd((side) => `${side}_region_code`, numbersOf('regions', 'region')),
} as const
export type FlowScope = keyof typeof SCOPES

export const flowScope = (names: readonly FlowScope[]): string =>
  names.map((name) => `\n  AND ${unlessAll(name, SCOPES[name])}`).join('')

/** What minutes and their rollups both tell. */
const COLUMNS = `src_org_id, dst_org_id, src_site_id, dst_site_id, src_region_code, dst_region_code, locality, provider_id, link_id,
    app_rule_id, app_class_id, ip_proto, service_port, flows, bytes_est, packets_est`

/** First second behind the newest bucket that was rolled; those before it all were. */
const rolledUpTo = (width: number): string =>
  `(SELECT max(bucket) + ${width} FROM ${TABLES.rolls} WHERE width_s = ${width})`

/** Stretches over six hours that are summed up whole read hours. */
const LONG_S = 21_600

/** Which rollup a stretch is read from: whether it is this one, as SQL. */
function usedFor(stretch: Stretch, width: 300 | 3600): string {
  if (stretch.step === undefined) return width === 300 ? '0' : `${secondsOf(stretch)} >= ${LONG_S}`
  const hours = `${stretch.step} % 3600 = 0`
  return width === 3600 ? hours : `${stretch.step} % 300 = 0 AND NOT ${hours}`
}

/**
 * Rows of flows of a stretch, each flow counted once: sums over observations that are not counted would add the same traffic
 * once for every router that saw it. The column `minute` is the first second of a row's minute, five minutes or hour.
 */
export function flowsOf(stretch: Stretch, scope: readonly FlowScope[]): string {
  const [five, hour] = ([300, 3600] as const).map((width) =>
    partsOf(stretch, width, usedFor(stretch, width), rolledUpTo(width)),
  ) as [Parts, Parts]
  const wholes = stretch.step === undefined
  return `FROM (
  SELECT minute, ${COLUMNS} FROM ${TABLES.minutes}
  WHERE ${wholes ? '' : `${five.fine('minute')} AND `}${hour.fine('minute')} AND counted = 1${
    wholes
      ? ''
      : onlyIf(
          usedFor(stretch, 300),
          `
  UNION ALL
  SELECT bucket AS minute, ${COLUMNS} FROM ${TABLES.fiveMinutes} FINAL
  WHERE ${five.coarse('bucket')}`,
        )
  }${onlyIf(
    usedFor(stretch, 3600),
    `
  UNION ALL
  SELECT bucket AS minute, ${COLUMNS} FROM ${TABLES.hours} FINAL
  WHERE ${hour.coarse('bucket')}`,
  )}
)
WHERE 1${flowScope(scope)}`
}

/** Rows of the range, whole buckets. */
export const minutes = (scope: readonly FlowScope[]): string => flowsOf(BUCKETS, scope)

/** The same for totals, which have no buckets. */
export const minutesTotal = (scope: readonly FlowScope[]): string => flowsOf(RANGE, scope)

/** Bits a second of a sum of octets within bucket `t`. */
export const rate = (octets: string): string => `${octets} * 8 / ${BUCKET_SECONDS}`

/** A protocol by its usual name. */
export const protocolName = (column: string): string =>
  `transform(${column}, [1, 2, 4, 6, 17, 41, 47, 50, 51, 58, 89, 132], ['ICMP', 'IGMP', 'IPIP', 'TCP', 'UDP', '6in4', 'GRE', 'ESP', 'AH', 'ICMPv6', 'OSPF', 'SCTP'], concat('IP ', toString(${column})))`

/** What traffic can be grouped by: a number of each row, and the name of that number. */
const DIMENSION_SQL: readonly {
  readonly value: string
  readonly key: string
  name(lang: Language): string
}[] = [
  {
    value: 'app',
    key: 'app_rule_id',
    name: (lang) => nameOf('applications', 'key', lang, COMMON.unknown_app),
  },
  {
    value: 'app_class',
    key: 'app_class_id',
    name: (lang) => nameOf('app_classes', 'key', lang, COMMON.unknown_app),
  },
  { value: 'src_org', key: 'src_org_id', name: (lang) => nameOf('organizations', 'key', lang) },
  { value: 'dst_org', key: 'dst_org_id', name: (lang) => nameOf('organizations', 'key', lang) },
  { value: 'src_site', key: 'src_site_id', name: (lang) => nameOf('sites', 'key', lang) },
  { value: 'dst_site', key: 'dst_site_id', name: (lang) => nameOf('sites', 'key', lang) },
  { value: 'src_region', key: 'src_region_code', name: (lang) => nameOf('regions', 'key', lang) },
  { value: 'dst_region', key: 'dst_region_code', name: (lang) => nameOf('regions', 'key', lang) },
  { value: 'protocol', key: 'ip_proto', name: () => protocolName('key') },
  {
    value: 'service_port',
    key: 'service_port',
    name: (lang) => `if(key = 0, ${literal(COMMON.no_service_port, lang)}, toString(key))`,
  },
]

const byDimension = (of: (dimension: (typeof DIMENSION_SQL)[number]) => string, last: string): string =>
  `multiIf(${DIMENSION_SQL.map((d) => `${chosen('dimension')} = '${d.value}', ${of(d)}`).join(', ')}, ${last})`

/** Number that a row is grouped by, as the variable `dimension` says. The choice is a constant: only one branch is computed. */
export const DIMENSION_KEY = byDimension(({ key }) => `toUInt64(${key})`, 'toUInt64(0)')

/** Name of such a number, called `key`. */
export const dimensionName = (lang: Language): string => byDimension((d) => d.name(lang), "''")

export const DIMENSION_VALUES: readonly string[] = DIMENSION_SQL.map(({ value }) => value)

/** The groups with the most octets, as many as the variable `top` says. */
export const topKeys = (scope: readonly FlowScope[]): string =>
  `(SELECT key FROM (SELECT ${DIMENSION_KEY} AS key, sum(bytes_est) AS octets ${minutesTotal(scope)} GROUP BY key)
    ORDER BY octets DESC, key LIMIT toUInt64(${chosen('top')}))`
