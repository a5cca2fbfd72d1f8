import type { Finding, FindingAction } from '../model/finding.js'
import type { StoreReader } from './ask_store.js'

export const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`

/** A finding as a list shows it. */
export interface FindingRow {
  readonly uid: string
  readonly status: 'open' | 'closed'
  readonly severity_id: number
  readonly service: string
  readonly org: string
  readonly site: string
  readonly first_seen: string
  readonly last_seen: string
  readonly score: number
  readonly verdict: string
  readonly incident: string
  readonly title_fr: string
  readonly title_en: string
}

export interface FindingFilter {
  readonly open: boolean
  readonly service?: string
  readonly org?: string
  /** Told since then, ms since 1970. */
  readonly sinceMs?: number
  readonly limit: number
}

/** A day's list is one of a day of rows: the newest word on each finding is sought among those only. */
const latest = (where: string): string => `(
  SELECT uid, if(argMax(f.activity, f.at) = 'close', 'closed', 'open') AS status, max(f.time) AS updated, any(f.service) AS service,
    argMax(f.severity_id, f.at) AS severity_id, any(f.org) AS org, any(f.site) AS site, min(f.first_seen) AS first_seen,
    max(f.last_seen) AS last_seen, argMax(f.score, f.at) AS score, any(f.title_fr) AS title_fr, any(f.title_en) AS title_en
  FROM (SELECT *, (time, toInt8(activity)) AS at FROM vigie.findings WHERE ${where}) AS f GROUP BY uid)`

/** Findings, open ones first, then the weightiest; one more than the limit where there are more. */
export function listFindings(store: StoreReader, filter: FindingFilter): Promise<FindingRow[]> {
  const { open, service, org, sinceMs, limit } = filter
  const scope = [
    ...(service === undefined ? [] : [`service = ${quoted(service)}`]),
    ...(org === undefined ? [] : [`org = ${quoted(org)}`]),
    ...(sinceMs === undefined ? [] : [`time >= fromUnixTimestamp64Milli(${sinceMs})`]),
  ]
  return store.rows<FindingRow>(`SELECT l.uid AS uid, l.status AS status, l.severity_id AS severity_id, l.service AS service, l.org AS org,
  l.site AS site, formatDateTime(l.first_seen, '%F %T') AS first_seen, formatDateTime(l.last_seen, '%F %T') AS last_seen,
  l.score AS score, m.verdict AS verdict, i.number AS incident, l.title_fr AS title_fr, l.title_en AS title_en
FROM ${latest(scope.length === 0 ? '1' : scope.join(' AND '))} AS l
LEFT JOIN vigie.finding_marks AS m ON m.finding = l.uid
LEFT JOIN (SELECT finding, incident FROM vigie.incident_findings FINAL WHERE incident != '') AS f ON f.finding = l.uid
LEFT JOIN (SELECT uid, number FROM vigie.incidents FINAL) AS i ON i.uid = f.incident
${open ? "WHERE l.status = 'open'" : ''}
ORDER BY l.status = 'open' DESC, l.severity_id DESC, l.score DESC, l.first_seen DESC, l.uid LIMIT ${limit + 1}`)
}

/** Uids that begin so, a few. */
export async function findUids(store: StoreReader, start: string): Promise<string[]> {
  const rows = await store.rows<{ uid: string }>(
    `SELECT DISTINCT uid FROM vigie.findings WHERE startsWith(uid, ${quoted(start)}) ORDER BY uid != ${quoted(start)}, uid LIMIT 5`,
  )
  return rows.map(({ uid }) => uid)
}

export interface RelatedFinding {
  readonly uid: string
  readonly service: string
  readonly severity_id: number
  readonly first_seen: string
  readonly title_fr: string
  readonly title_en: string
}

/** All that the store has on one finding. */
export interface FindingFile {
  readonly finding: Finding
  readonly status: 'open' | 'closed'
  readonly related: readonly RelatedFinding[]
  readonly actions: readonly FindingAction[]
  readonly incident?: { readonly number: string; readonly state: string; readonly rule: string }
}

interface StoredAction extends Omit<FindingAction, 'verdict'> {
  readonly verdict: string
}

const RELATED_MAX = 20
const DAY_MS = 86_400_000

/** Related: those that its evidence names, and those of a day around it that share a host with it. */
async function relatedOf(store: StoreReader, finding: Finding): Promise<RelatedFinding[]> {
  const named = [finding.evidence.related, finding.evidence.suspected_uid]
    .flat()
    .filter((u) => typeof u === 'string')
  const hosts = [...finding.src, ...finding.dst].slice(0, 32)
  const list = (texts: readonly string[]): string => `[${texts.map(quoted).join(', ')}]::Array(String)`
  const [from, to] = [finding.first_seen - DAY_MS, finding.last_seen + DAY_MS]
  const near = `f.first_seen <= fromUnixTimestamp64Milli(${to}) AND f.last_seen >= fromUnixTimestamp64Milli(${from})`
  const shares = `hasAny(arrayConcat(f.src, f.dst), ${list(hosts)}) AND ${near}`
  return store.rows<RelatedFinding>(`SELECT uid, any(service) AS service, max(severity_id) AS severity_id,
  formatDateTime(min(first_seen), '%F %T') AS first_seen, any(title_fr) AS title_fr, any(title_en) AS title_en
FROM vigie.findings AS f
WHERE f.uid != ${quoted(finding.uid)} AND (has(${list(named)}, f.uid) OR (${shares}))
GROUP BY uid ORDER BY has(${list(named)}, uid) DESC, severity_id DESC, first_seen, uid LIMIT ${RELATED_MAX}`)
}

export async function findingFile(store: StoreReader, uid: string): Promise<FindingFile | undefined> {
  const [row] = await store.rows<{ brief: string; first_seen: number }>(
    `SELECT argMax(brief, (time, toInt8(activity))) AS brief, toUnixTimestamp64Milli(min(vigie.findings.first_seen)) AS first_seen
     FROM vigie.findings WHERE uid = ${quoted(uid)} GROUP BY uid`,
  )
  if (row === undefined) return undefined
  const finding = { ...(JSON.parse(row.brief) as Finding), first_seen: row.first_seen }
  const actions =
    await store.rows<StoredAction>(`SELECT finding, action, verdict, by, origin, incident, org, comment,
    toUnixTimestamp64Milli(vigie.finding_actions.time) AS time, toUnixTimestamp64Milli(vigie.finding_actions.until) AS until
    FROM vigie.finding_actions FINAL WHERE finding = ${quoted(uid)} ORDER BY time`)
  const [incident] = await store.rows<{ number: string; state: string; rule: string }>(
    `SELECT any(i.number) AS number, any(i.state) AS state, any(f.rule) AS rule
     FROM (SELECT * FROM vigie.incident_findings FINAL WHERE finding = ${quoted(uid)}) AS f
     LEFT JOIN (SELECT uid, number, state FROM vigie.incidents FINAL) AS i ON i.uid = f.incident GROUP BY f.finding`,
  )
  return {
    finding,
    status: finding.activity === 'close' ? 'closed' : 'open',
    related: await relatedOf(store, finding),
    actions: actions.map(withoutEmpty),
    ...(incident && { incident }),
  }
}

/** The store has no holes: what it writes for nothing is left out again. */
const withoutEmpty = (action: StoredAction): FindingAction =>
  Object.fromEntries(
    Object.entries(action).filter(([, value]) => value !== '' && value !== 0),
  ) as unknown as FindingAction

/** Marks that hold, by the store. */
export function storedMarks(store: StoreReader, nowMs: number): Promise<Record<string, unknown>[]> {
  return store.rows(`SELECT m.finding AS finding, f.service AS service, m.verdict AS verdict, m.by AS by,
  formatDateTime(m.marked, '%FT%TZ') AS time, if(toUnixTimestamp(m.until) = 0, '', formatDateTime(m.until, '%FT%TZ')) AS until, m.comment AS comment
FROM vigie.finding_marks AS m
LEFT JOIN (SELECT uid, any(service) AS service FROM vigie.findings GROUP BY uid) AS f ON f.uid = m.finding
WHERE m.verdict != 'true_positive' AND (toUnixTimestamp(m.until) = 0 OR m.until > fromUnixTimestamp64Milli(${nowMs}))
ORDER BY m.marked DESC LIMIT 1000`)
}
