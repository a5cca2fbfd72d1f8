import type { StoreRow } from '../../model/ports.js'
import type { Horizon, Slot } from '../service.js'

/** What traffic is looked at by: numbers are those of `vigie.series_5m`. */
export const SERIES_KINDS = { site: 1, link: 2, class: 3, organization: 4 } as const
export type SeriesKind = keyof typeof SERIES_KINDS
const KIND_NAMES = Object.fromEntries(Object.entries(SERIES_KINDS).map(([name, n]) => [n, name])) as Record<
  number,
  SeriesKind
>

export const METRICS = ['bytes_in', 'bytes_out', 'flows'] as const
/** Units whose log1p profiles are about: octets, flows. */
export const UNITS = [1e5, 1e5, 10] as const
export const STEP_S = 300

/** What is normal of a series in an hour: of each metric the median of its log1p, and deviations above and below it. */
export interface Profile {
  readonly key: string
  readonly kind: SeriesKind
  readonly subject: number
  /** Weeks, and slots of five minutes, that it is made of. */
  readonly weeks: number
  readonly samples: number
  /** Share of slots without a flow. */
  readonly quiet: number
  readonly orgId: number
  readonly siteId: number
  /** Of a link, or of all links of a site; 0: unknown, or several. */
  readonly supplier: number
  readonly supplierName: string
  /** Registry id of a link, id of a class. */
  readonly name: string
  /** Median, up, down of each metric. */
  readonly usual: readonly number[]
}

/** Series of a network at most: 5,000 sites with two links each, 200 organisations with their classes, twice over. */
const SERIES = 40_000
const TIMEOUT_MS = 30_000

/** Asked behind the last values of the hour before, ahead of the first of its own: see `HorizonSchedule`. */
const PROFILES: Horizon = {
  id: 'profiles',
  everyS: 3600,
  settleS: 180,
  patienceS: 0,
  catchUp: 24,
  question: ({ endMs }) => ({
    sql: `SELECT p.k, p.subject, p.weeks, p.samples, round(p.quiet, 4),
  multiIf(p.k = 4, p.subject, p.k = 3, intDiv(p.subject, 256), dictGetOrDefault('vigie.sites_names', 'organization', toUInt64(site), 0)) AS organization,
  multiIf(p.k = 1, p.subject, p.k = 2, dictGetOrDefault('vigie.links_names', 'site', p.subject, 0), 0) AS site,
  multiIf(p.k = 1, s.supplier, p.k = 2, dictGetOrDefault('vigie.links_names', 'supplier', p.subject, 0), 0) AS carrier,
  dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(carrier), '') AS carrier_id,
  multiIf(p.k = 2, dictGetOrDefault('vigie.links_names', 'id', p.subject, ''), p.k = 3, dictGetOrDefault('vigie.app_classes_names', 'id', p.subject % 256, ''), '') AS name,
  ${[1, 2, 3].flatMap((metric) => [1, 2, 3].map((n) => `round(p.sides[${metric}].${n}, 4)`)).join(', ')}
FROM vigie.series_profiles(hour = {hour:DateTime('UTC')}) AS p
LEFT JOIN (
  SELECT site, if(uniqExact(supplier) = 1, any(supplier), 0) AS supplier FROM vigie.links FINAL GROUP BY site
) AS s ON p.k = 1 AND s.site = p.subject
ORDER BY p.k, p.subject`,
    params: { hour: moment(endMs) },
    maxRows: SERIES,
    timeoutMs: TIMEOUT_MS,
  }),
}

/** A slot is there once it was rolled and frames that were closed after it are stored. */
const VALUES: Horizon = {
  id: 'values',
  everyS: STEP_S,
  settleS: 120,
  patienceS: 1800,
  catchUp: 288,
  question: ({ startMs, endMs }) => ({
    sql: `WITH (SELECT max(closed) FROM vigie.ledger WHERE closed >= {from:DateTime('UTC')}) >= {to:DateTime('UTC')} AS stored
SELECT 'value' AS what, toInt8(kind) AS k, subject, bytes_in, bytes_out, flows, records FROM vigie.series_5m FINAL
WHERE slot = {from:DateTime('UTC')} AND stored
UNION ALL
SELECT 'held', transform(kind, ['site', 'link', 'class', 'organization'], [1, 2, 3, 4], 0)::Int8, subject, 0, 0, 0, 0
FROM vigie.series_held(from = {from:DateTime('UTC')}, to = {to:DateTime('UTC')}) WHERE why = 'maintenance' AND stored`,
    params: { from: moment(startMs), to: moment(endMs) },
    maxRows: 2 * SERIES,
    timeoutMs: TIMEOUT_MS,
  }),
}

/** Profiles before values: they are due between the values of two hours. */
export const BASELINE_HORIZONS: readonly Horizon[] = [PROFILES, VALUES]

/** The series of a finding, for whoever checks it. Numbers only: nothing of it came from the network. */
export function seriesSql(kind: SeriesKind, subject: number, { startMs, endMs }: Slot): string {
  const span = `slot >= '${moment(startMs)}' AND slot < '${moment(endMs)}'`
  return `SELECT slot, bytes_in, bytes_out, flows FROM vigie.series_5m FINAL WHERE kind = '${kind}' AND subject = ${subject} AND ${span} ORDER BY slot`
}

export const keyOf = (kind: number, subject: number): string => `${kind}:${subject}`

/** Reads a row of the question for profiles. */
export function profileOf(row: StoreRow): Profile {
  const [k, subject, weeks, samples, quiet, orgId, siteId, supplier] = row.slice(0, 8).map(Number)
  return {
    key: keyOf(k!, subject!),
    kind: KIND_NAMES[k!]!,
    subject: subject!,
    weeks: weeks!,
    samples: samples!,
    quiet: quiet!,
    orgId: orgId!,
    siteId: siteId!,
    supplier: supplier!,
    supplierName: String(row[8]),
    name: String(row[9]),
    usual: row.slice(10).map(Number),
  }
}

/** What a series did in a slot. */
export interface Value {
  /** By metric: octets in, octets out, flows. */
  readonly of: readonly [number, number, number]
  /** Records of all exporters, also those that totals do not count. */
  readonly records: number
}

/** Reads the answer to the question for values. */
export function valuesOf(rows: readonly StoreRow[]): { values: Map<string, Value>; held: Set<string> } {
  const values = new Map<string, Value>()
  const held = new Set<string>()
  for (const [what, k, subject, bytesIn, bytesOut, flows, records] of rows) {
    const key = keyOf(Number(k), Number(subject))
    if (what === 'held') held.add(key)
    else {
      const of = [Number(bytesIn), Number(bytesOut), Number(flows)] as const
      values.set(key, { of, records: Number(records) })
    }
  }
  return { values, held }
}

/** A moment as the store reads it: UTC, to the second. */
export const moment = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
