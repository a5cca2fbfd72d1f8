import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { edgeScope } from './edges.js'
import { nameOf, numbersOf } from './names.js'
import { TABLES } from './tables.js'

/**
 * What happened meanwhile, to be marked on charts: columns `time`, `timeEnd`, `title` and `text`, which Grafana knows by these
 * names. The newest come first and older ones are left out: a chart that is all marks says nothing.
 */
const MARKS_MAX = 100
const NEVER = 'toDateTime64(0, 3)'

type Scope = 'org' | 'site' | 'region' | 'supplier'

const INCIDENT_SCOPES: Readonly<Record<Scope, string>> = {
  org: `org IN (${chosen('org')})`,
  site: `site IN (${chosen('site')})`,
  region: `region IN (${chosen('region')})`,
  supplier: `supplier IN (${chosen('supplier')})`,
}

/** Incidents open within the range; folded ones are part of another. */
export const incidentMarks = (lang: Language, scope: readonly Scope[]): string =>
  `SELECT opened AS time, if(resolved = ${NEVER}, toDateTime64($__toTime, 3), resolved) AS timeEnd,
  concat(number, ' ', title_${lang}) AS title, assignment_group AS text
FROM vigie.incidents_latest
WHERE kind = 'incident' AND closing NOT IN ('folded', 'duplicate') AND opened <= $__toTime
  AND (resolved = ${NEVER} OR resolved >= $__fromTime)
  AND ${scope.map((name) => unlessAll(name, INCIDENT_SCOPES[name])).join(' AND ')}
ORDER BY opened DESC, uid LIMIT ${MARKS_MAX}`

const numbers = (table: string, where: string): string =>
  `(SELECT groupArray(number) FROM vigie.${table} WHERE ${where})`

/** A window touches a choice when it names one of its things, or one that belongs to it. */
const WINDOW_SCOPES: Readonly<Record<Scope, string>> = {
  org: `(hasAny(organizations, ${numbers('organizations', `id IN (${chosen('org')})`)})
    OR hasAny(sites, ${numbers('sites', `organization IN ${numbersOf('organizations', 'org')}`)}))`,
  site: `hasAny(sites, ${numbers('sites', `id IN (${chosen('site')})`)})`,
  region: `hasAny(sites, ${numbers('sites', `region IN ${numbersOf('regions', 'region')}`)})`,
  supplier: `hasAny(suppliers, ${numbers('suppliers', `id IN (${chosen('supplier')})`)})`,
}

/** Announced maintenance within the range. */
export const maintenanceMarks = (lang: Language, scope: readonly Scope[]): string =>
  `SELECT valid_from AS time, valid_to AS timeEnd, reason_${lang} AS title, id AS text
FROM vigie.maintenance_windows FINAL
WHERE version = (SELECT max(version) FROM vigie.registry_versions) AND valid_from <= $__toTime AND valid_to >= $__fromTime
  AND ${scope.map((name) => unlessAll(name, WINDOW_SCOPES[name])).join(' AND ')}
ORDER BY valid_from DESC, id LIMIT ${MARKS_MAX}`

/** Failovers and alarms that devices told. */
export const failoverMarks = (lang: Language, scope: readonly ('org' | 'site' | 'supplier')[]): string =>
  `SELECT observed_at AS time, observed_at AS timeEnd,
  concat(if(site_id = 0, toString(site), ${nameOf('sites', 'site_id', lang)}), ' – ', toString(event)) AS title, message AS text
FROM ${TABLES.edgeEvents}
WHERE observed_at >= $__fromTime AND observed_at <= $__toTime${edgeScope(scope)}
ORDER BY observed_at DESC, title LIMIT ${MARKS_MAX}`

/** The time that the finding of the page covers. */
export const findingMark = (lang: Language, finding: string): string =>
  `SELECT first_seen AS time, if(status = 'open', toDateTime64($__toTime, 3), last_seen) AS timeEnd, title_${lang} AS title,
  technique AS text
FROM ${finding}`
