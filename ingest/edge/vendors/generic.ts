import { parse } from 'yaml'
import { z } from 'zod'
import { EDGE_RECORD_KEYS } from '../../../model/edge_record.js'
import { EDGE_STATES } from '../../../model/edge_words.js'
import { csvRows } from '../csv.js'
import type { EdgeDraft } from '../draft.js'
import { isObject, type JsonObject, objectOf, textOf } from '../json.js'
import type { Payload, Piece } from '../payload.js'
import { stateOf } from '../states.js'
import { timeMs } from '../times.js'
import { bitUnitOf, byteUnitOf, numberOf, percentOf, spanMs } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const KINDS = ['link', 'tunnel', 'event', 'counters'] as const
const TEXTS = new Set(
  'controller device site link carrier local remote local_color remote_color state_raw sla_class event message'.split(
    ' ',
  ),
)
const WORDS: Readonly<Record<string, readonly string[]>> = {
  direction: ['tx', 'rx', 'both'],
  latency_kind: ['round_trip', 'one_way'],
  latency_statistic: ['mean', 'median', 'p95', 'min', 'max'],
  jitter_kind: ['smoothed', 'mean_deviation', 'standard_deviation', 'percentile', 'unknown'],
  loss_stage: ['pre_fec', 'post_fec'],
  bytes_kind: ['delta', 'cumulative'],
  state: EDGE_STATES,
}

/** Where a value is taken from: a path of keys parted by dots, or more. */
const sourceSchema = z.union([
  z.string().min(1),
  z.strictObject({
    /** Path of keys parted by dots, or a column of a CSV. */
    field: z.string().min(1).optional(),
    /** The same for all rows. */
    value: z.union([z.string(), z.number()]).optional(),
    /** ns, us, ms, s; percent; bps, kbps, Mbps, Gbps; B, kB, MB, GB. */
    unit: z.string().optional(),
    /** The vendor's word → ours. */
    map: z.record(z.string(), z.string()).optional(),
  }),
])
type Source = z.infer<typeof sourceSchema>

/** A mapping of any JSON or CSV to the canonical keys. */
export const mappingSchema = z.strictObject({
  /** Word for the vendor in the records. */
  vendor: z.string().min(1).default('generic'),
  /** What each row is. */
  kind: z.enum(KINDS),
  /** Path of keys to the list of rows; the usual envelopes are opened without it. */
  rows: z.string().optional(),
  /** csv for CSV with a head line. */
  format: z.enum(['json', 'csv']).default('json'),
  separator: z.string().length(1).default(','),
  /** Time of measurement: an epoch (s, ms, us, ns) or ISO 8601. */
  time: z.string().optional(),
  /** Canonical key → where it is taken from. */
  fields: z.record(z.string(), sourceSchema),
})
export type EdgeMapping = z.infer<typeof mappingSchema>

/** Reads a mapping. @throws Error naming each mistake. */
export function readMapping(yaml: string): EdgeMapping {
  const parsed = mappingSchema.safeParse(parse(yaml))
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error))
  const unknown = Object.keys(parsed.data.fields).filter((key) => !EDGE_RECORD_KEYS.includes(key))
  if (unknown.length > 0)
    throw new Error(`no canonical keys: ${unknown.join(', ')}; docs/edges/generic.md lists them`)
  return parsed.data
}

/** Value at a path of keys parted by dots; a key that itself holds dots is found whole first. */
function valueAt(row: unknown, path: string): unknown {
  if (!isObject(row)) return Array.isArray(row) ? row[Number(path)] : undefined
  if (path in row) return row[path]
  const dot = path.indexOf('.')
  if (dot < 0) return undefined
  const inner = row[path.slice(0, dot)]
  return Array.isArray(inner) && /^\d+/.test(path.slice(dot + 1))
    ? valueAt(Object.fromEntries(inner.entries()), path.slice(dot + 1))
    : valueAt(inner, path.slice(dot + 1))
}

function inUnit(value: unknown, unit: string): number | undefined {
  if (/^(percent|%)$/i.test(unit)) return percentOf(value)
  const bits = bitUnitOf(unit)
  const n = numberOf(value)
  if (bits !== undefined) return n === undefined ? undefined : n * bits
  const bytes = byteUnitOf(unit)
  return bytes !== undefined ? (n === undefined ? undefined : n * bytes) : spanMs(value, unit)
}

/** A canonical value of a key, read from what the payload holds. */
function canonical(key: string, value: unknown): Record<string, unknown> {
  if (key === 'state') return { ...stateOf(value) }
  if (key === 'sla_met') return { sla_met: slaMet(value) }
  if (TEXTS.has(key)) return { [key]: textOf(value) }
  const words = WORDS[key]
  if (words !== undefined) return { [key]: words.find((word) => word === textOf(value)?.toLowerCase()) }
  return { [key]: numberOf(value) }
}

function slaMet(value: unknown): Record<string, boolean> | undefined {
  if (!isObject(value)) return undefined
  const entries = Object.entries(value).filter(
    (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
  )
  return Object.fromEntries(entries)
}

function mappedValue(row: JsonObject, key: string, source: Source): Record<string, unknown> {
  const { field, value, unit, map } = typeof source === 'string' ? { field: source } : { ...source }
  const raw = value ?? (field === undefined ? undefined : valueAt(row, field))
  const word = map?.[textOf(raw) ?? '']
  if (word !== undefined) {
    return key === 'state'
      ? { state: EDGE_STATES.find((state) => state === word) ?? 'unknown', state_raw: textOf(raw) }
      : canonical(key, word)
  }
  return unit === undefined ? canonical(key, raw) : { [key]: inUnit(raw, unit) }
}

function mappedDraft(row: JsonObject, mapping: EdgeMapping): EdgeDraft {
  const values: Record<string, unknown> = {}
  for (const [key, source] of Object.entries(mapping.fields))
    Object.assign(values, mappedValue(row, key, source))
  const observed = mapping.time === undefined ? undefined : timeMs(valueAt(row, mapping.time))
  return { ...values, kind: mapping.kind, vendor: mapping.vendor, observed_ms: observed }
}

const MADE = new Set(['kind', 'vendor', 'observed_at', 'observed_at_source', 'mos_computed'])

/** A row that already has the canonical keys. */
function canonicalDraft(row: JsonObject): EdgeDraft {
  const values: Record<string, unknown> = {}
  for (const key of EDGE_RECORD_KEYS)
    if (!MADE.has(key) && row[key] !== undefined) Object.assign(values, canonical(key, row[key]))
  if (textOf(row.state_raw) !== undefined) values.state_raw = textOf(row.state_raw)
  const kind = KINDS.find((word) => word === row.kind)!
  return { ...values, kind, vendor: textOf(row.vendor), observed_ms: timeMs(row.observed_at) }
}

const isCanonical = (row: JsonObject): boolean =>
  KINDS.some((kind) => kind === row.kind) && EDGE_RECORD_KEYS.filter((key) => key in row).length >= 3

function csvPieces(text: string, separator: string): Piece<JsonObject>[] {
  return csvRows(text, separator).map((value, i) => ({ value, place: `row ${i + 1}` }))
}

const isCanonicalCsv = (payload: Payload): boolean =>
  payload.documents.length === 0 && /(^|,)kind(,|$)/.test(payload.lines[0]?.value.trim() ?? '')

function canonicalRows(payload: Payload): readonly Piece<JsonObject>[] {
  return isCanonicalCsv(payload) ? csvPieces(payload.text, ',') : payload.rows
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return canonicalRows(payload).flatMap(({ value, place }) => {
    if (isCanonical(value)) return [canonicalDraft(value)]
    context.reject('row_invalid', place, `no canonical row: 'kind' must be one of ${KINDS.join(', ')}`)
    return []
  })
}

/** The canonical keys themselves, as JSON or CSV: what an edge of any other make can be taught to write. */
export const generic: EdgeVendor = {
  id: 'generic',
  titles: { fr: 'Forme générique (JSON ou CSV)', en: 'Generic form (JSON or CSV)' },
  transports: ['rest', 'webhook', 'file'],
  kinds: KINDS,
  fields: EDGE_RECORD_KEYS.slice(5),
  identity: { device: 'as mapped', site: 'as mapped', link: 'as mapped' },
  documentation: 'docs/edges/generic.md',
  recognise: (payload) =>
    payload.rows.slice(0, 20).some(({ value }) => isCanonical(value)) || isCanonicalCsv(payload) ? 0.5 : 0,
  normalise,
}

function mappedRows(payload: Payload, mapping: EdgeMapping): readonly Piece<JsonObject>[] {
  if (mapping.format === 'csv') return csvPieces(payload.text, mapping.separator)
  const path = mapping.rows
  if (path === undefined || path === '') return payload.rows
  return payload.documents.flatMap(({ value, place }) => {
    const found = valueAt(objectOf(value), path)
    const rows = Array.isArray(found) ? found : [found]
    return rows.filter(isObject).map((row, i) => ({ value: row, place: `${place} row ${i + 1}`.trim() }))
  })
}

/** An adapter made of a YAML mapping: no code. @throws Error naming each mistake of the mapping. */
export function mappedVendor(yaml: string): EdgeVendor {
  const mapping = readMapping(yaml)
  return {
    ...generic,
    id: mapping.vendor,
    kinds: [mapping.kind],
    fields: Object.keys(mapping.fields),
    recognise: (payload) => (mappedRows(payload, mapping).length > 0 ? 1 : 0),
    normalise: (payload) => mappedRows(payload, mapping).map(({ value }) => mappedDraft(value, mapping)),
  }
}
