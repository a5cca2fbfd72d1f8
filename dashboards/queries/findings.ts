import type { ServiceName } from '../board.js'
import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { namesById, numbersOf, wordsOf } from './names.js'
import { TABLES } from './tables.js'

/** How far back a finding that is open can have begun. */
export const HORIZON = 'INTERVAL 90 DAY'

/**
 * Place of an activity among those of its finding, by time, then by kind. A number: of tuples the engine would compare part by
 * part, at three times the cost.
 */
export const ACTIVITY_ORDER = 'toUnixTimestamp64Milli(time) * 8 + toInt8(activity)'

/** One row a finding, by its newest activity, with `status` open or closed; the table has a row for each activity. */
export const standing = (when: string): string => `(
  SELECT uid, if(argMax(f.activity, f.at) = 'close', 'closed', 'open') AS status, min(f.time) AS created,
    max(f.time) AS updated, any(f.service) AS service, argMax(f.severity_id, f.at) AS severity_id,
    argMax(f.score, f.at) AS score, any(f.org) AS org, any(f.site) AS site, argMax(f.src, f.at) AS src,
    argMax(f.dst, f.at) AS dst, any(f.dst_port) AS dst_port, any(f.ip_proto) AS ip_proto, min(f.first_seen) AS first_seen,
    max(f.last_seen) AS last_seen, any(f.technique) AS technique, any(f.title_fr) AS title_fr, any(f.title_en) AS title_en,
    argMax(f.evidence, f.at) AS evidence, count() AS activities
  FROM (
    SELECT *, ${ACTIVITY_ORDER} AS at FROM ${TABLES.findings}
    WHERE ${when}
  ) AS f
  GROUP BY uid
)`

/** Findings as they stood at the end of the range. */
export const STANDING = standing(`time <= $__toTime AND time > $__toTime - ${HORIZON}`)

/** Conditions of the page's variables on rows that have a finding's columns. */
const SCOPES = {
  org: `org IN (${chosen('org')})`,
  site: `site IN (${chosen('site')})`,
  region: `site IN (SELECT id FROM vigie.sites WHERE region IN ${numbersOf('regions', 'region')})`,
  service: `service IN (${chosen('service')})`,
  severity: `toString(severity_id) IN (${chosen('severity')})`,
} as const
export type FindingScope = keyof typeof SCOPES

export const findingScope = (names: readonly FindingScope[]): string =>
  names.map((name) => unlessAll(name, SCOPES[name])).join('\n  AND ')

/** What people call the service in a column; its id where nobody said. */
export const serviceName = (services: readonly ServiceName[], lang: Language, column = 'service'): string =>
  services.length === 0 ? column : wordsOf(column, services, lang, column)

/** Joins that give a finding's organisation and site their names; the id where the registry has forgotten them. */
export const placeNames = (lang: Language): string =>
  `LEFT JOIN ${namesById('organizations', lang)} AS org_names ON org_names.id = f.org
LEFT JOIN ${namesById('sites', lang)} AS site_names ON site_names.id = f.site`

/** Names by the joins above; nothing where the finding is about no place. */
export const ORG_NAME = "nullIf(if(org_names.name = '', f.org, org_names.name), '')"
export const SITE_NAME = "nullIf(if(site_names.name = '', f.site, site_names.name), '')"

/**
 * Range of the finding's own page: the hour that begins ten minutes before it, which is what its flows are shown for. As
 * text, because Grafana would put a unit's separators into a number.
 */
export const OWN_RANGE = `toString(toUnixTimestamp64Milli(f.first_seen) - 600000) AS from_ms,
  toString(toUnixTimestamp64Milli(f.first_seen) + 3000000) AS to_ms`

/** How long a finding has lasted, seconds: to now while it is open. */
export const AGE_S = `dateDiff('second', f.first_seen, if(f.status = 'open', $__toTime, f.last_seen))`

/** Severity columns of a count: name of the column and what it counts. */
export const SEVERITY_COUNTS = [
  { name: 'fatal', level: 6 },
  { name: 'critical', level: 5 },
  { name: 'high', level: 4 },
  { name: 'medium', level: 3 },
  { name: 'low', level: 2 },
  { name: 'informational', level: 1 },
] as const

export const severityCounts = (): string =>
  SEVERITY_COUNTS.map(({ name, level }) => `countIf(severity_id = ${level}) AS ${name}`).join(', ')
