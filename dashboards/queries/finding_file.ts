import type { Language } from '../language.js'
import { quote } from '../macros.js'
import { ACTIVITY_ORDER, ORG_NAME, placeNames, SITE_NAME } from './findings.js'
import { namesById } from './names.js'
import { TABLES } from './tables.js'

/**
 * What the store has on one finding, for the viewer's triage. A uid enters as a quoted literal and in no other form; what a
 * reader may not see is left out by the engine's filters.
 */

/** The finding by its newest activity; one row, or none. Times in ms since 1970. */
export const findingSql = (uid: string, lang: Language): string => `
SELECT f.uid, f.title_${lang}, f.severity_id, if(f.activity = 'close', 'closed', 'open'), f.service, f.org, f.site,
  ifNull(${ORG_NAME}, ''), ifNull(${SITE_NAME}, ''), toJSONString(f.src), toJSONString(f.dst), f.technique, f.score,
  toUnixTimestamp64Milli(f.first_seen), toUnixTimestamp64Milli(f.last_seen), f.evidence
FROM (
  SELECT uid, any(title_${lang}) AS title_${lang}, argMax(severity_id, at) AS severity_id, argMax(activity, at) AS activity,
    any(service) AS service, any(org) AS org, any(site) AS site, argMax(src, at) AS src, argMax(dst, at) AS dst,
    any(technique) AS technique, argMax(score, at) AS score, min(g.first_seen) AS first_seen, max(g.last_seen) AS last_seen,
    argMax(evidence, at) AS evidence
  FROM (SELECT *, ${ACTIVITY_ORDER} AS at FROM ${TABLES.findings} WHERE uid = ${quote(uid)}) AS g
  GROUP BY uid
) AS f
${placeNames(lang)}`

/** What detection and people did, in order: time, word (activity or action), verdict, who, comment. */
export const timelineSql = (uid: string): string => `
SELECT at, what, verdict, by, comment FROM (
  SELECT toUnixTimestamp64Milli(time) AS at, toString(activity) AS what, '' AS verdict, '' AS by, '' AS comment, 0 AS kind
  FROM ${TABLES.findings} FINAL WHERE uid = ${quote(uid)}
  UNION ALL
  SELECT toUnixTimestamp64Milli(time), toString(action), toString(verdict), by, comment, 1
  FROM vigie.finding_actions FINAL WHERE finding = ${quote(uid)}
) ORDER BY at, kind LIMIT 500`

/** The incident that it belongs to: uid, number, state, title, who took charge. */
export const incidentSql = (uid: string, lang: Language): string => `
SELECT uid, number, state, title_${lang}, acknowledged_by FROM vigie.incidents FINAL
WHERE uid IN (SELECT incident FROM vigie.incident_findings FINAL WHERE finding = ${quote(uid)} AND incident != '')`

/** Sites of the finding and of all findings of its incident: id and name. */
export const sitesSql = (uid: string, lang: Language): string => `
SELECT s.site, any(if(n.name = '', s.site, n.name)) AS shown FROM (
  SELECT DISTINCT toString(site) AS site FROM ${TABLES.findings} WHERE site != '' AND (uid = ${quote(uid)} OR uid IN (
    SELECT finding FROM vigie.incident_findings FINAL WHERE incident != '' AND incident IN (
      SELECT incident FROM vigie.incident_findings FINAL WHERE finding = ${quote(uid)})))
) AS s
LEFT JOIN ${namesById('sites', lang)} AS n ON n.id = s.site
GROUP BY s.site ORDER BY shown LIMIT 200`

/** Findings that its evidence names, then those of a day around it that name a host of it: uid, title, severity, time. */
export const relatedSql = (
  uid: string,
  lang: Language,
  {
    named,
    hosts,
    fromMs,
    toMs,
  }: { named: readonly string[]; hosts: readonly string[]; fromMs: number; toMs: number },
): string => {
  const list = (texts: readonly string[]): string => `[${texts.map(quote).join(', ')}]::Array(String)`
  return `
SELECT uid, any(title_${lang}), max(severity_id) AS severity, toUnixTimestamp64Milli(min(f.first_seen)) AS began
FROM ${TABLES.findings} AS f
WHERE uid != ${quote(uid)} AND (has(${list(named)}, uid) OR (hasAny(arrayConcat(src, dst), ${list(hosts)})
  AND f.first_seen <= fromUnixTimestamp64Milli(${Math.floor(toMs)}) AND f.last_seen >= fromUnixTimestamp64Milli(${Math.floor(fromMs)})))
GROUP BY uid ORDER BY has(${list(named)}, uid) DESC, severity DESC, began, uid LIMIT 20`
}
