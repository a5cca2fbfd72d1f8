import type { EdgeEvent } from '../../model/edge_event.js'
import {
  EDGE_RECORD_KEYS,
  type EdgeRecord,
  type EdgeRecordKind,
  edgeRecordSchema,
} from '../../model/edge_record.js'
import type { TunnelSample } from '../../model/tunnel_sample.js'
import { computedMos } from './emodel.js'

type Made = 'kind' | 'vendor' | 'observed_at' | 'observed_at_source' | 'event'
type Fields = Omit<TunnelSample, Made> & Omit<EdgeEvent, Made>

/**
 * A record in the making: the canonical keys, any of them undefined, and the time as a number. `finishDraft`
 * makes a record of it.
 */
export type EdgeDraft = { readonly [K in keyof Fields]?: Fields[K] | undefined } & {
  readonly kind: EdgeRecordKind
  readonly event?: string | undefined
  /** End of the interval, ms since 1970; undefined where the payload carries none. */
  readonly observed_ms?: number | undefined
  /** Only where a mapping or a canonical payload names another than the adapter. */
  readonly vendor?: string | undefined
}

/** Values of a draft, without its kind. */
export type DraftValues = Partial<Omit<EdgeDraft, 'kind'>>

/** What the draft's receipt adds. */
export interface Receipt {
  readonly vendor: string
  /** Time of receipt, ms since 1970, where known. */
  readonly receivedMs?: number | undefined
  /** What the way in knows of the origin; it fills what the payload does not say. */
  readonly origin?: Origin | undefined
}

export interface Origin {
  readonly controller?: string
  readonly device?: string
  readonly site?: string
}

/** Words that mean nothing without the value they describe. */
const DEPENDENT: Readonly<Record<string, readonly string[]>> = {
  latency_kind: ['latency_ms'],
  latency_statistic: ['latency_ms'],
  jitter_kind: ['jitter_ms'],
  loss_stage: ['loss_ratio'],
  mos_scale_max: ['mos'],
  qoe_scale_max: ['qoe'],
  bytes_kind: ['tx_bytes', 'rx_bytes', 'tx_packets', 'rx_packets'],
}
const SHARES = new Set(['loss_ratio', 'availability_ratio'])
const SCALED: readonly (readonly [value: string, scale: string, usual: number | undefined])[] = [
  ['mos', 'mos_scale_max', 5],
  ['qoe', 'qoe_scale_max', undefined],
]
const CODES = new Set(['severity_id'])

/** Kept texts are bounded: an edge's name is short, and a payload must not make a row of a megabyte. */
const TEXT_MAX = 2048

function cleaned(key: string, value: unknown): unknown {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0 || (SHARES.has(key) && value > 1)) return undefined
    return CODES.has(key) && (!Number.isInteger(value) || value < 1 || value > 6) ? undefined : value
  }
  if (typeof value === 'string') {
    const trimmed = value.trim().slice(0, TEXT_MAX)
    return trimmed === '' ? undefined : trimmed
  }
  return typeof value === 'object' && Object.keys(value).length === 0 ? undefined : value
}

function dropDependents(record: Record<string, unknown>): void {
  for (const [value, scale, usual] of SCALED) {
    if (record[value] !== undefined) record[scale] ??= usual
    const [v, max] = [record[value], record[scale]]
    if (typeof v === 'number' && typeof max === 'number' && v > max) delete record[value]
    if (record[scale] === undefined) delete record[scale]
  }
  for (const [word, values] of Object.entries(DEPENDENT))
    if (values.every((value) => record[value] === undefined)) delete record[word]
}

const isoOf = (ms: number): string => new Date(ms).toISOString()

/**
 * Makes a record of a draft: leaves out what is unknown or cannot be (negative, above its scale, empty), adds
 * the computed MOS where latency, jitter and loss all stand in it, and puts the keys in their order.
 * Undefined where nothing but identity would be left.
 */
export function finishDraft(draft: EdgeDraft, receipt: Receipt): EdgeRecord | undefined {
  const values: Record<string, unknown> = {}
  for (const [key, value] of Object.entries({ ...draft, ...computed(draft) })) {
    const clean = cleaned(key, value)
    if (clean !== undefined) values[key] = clean
  }
  for (const [key, value] of Object.entries(receipt.origin ?? {})) values[key] ??= value
  dropDependents(values)
  values.vendor ??= receipt.vendor
  const observed = draft.observed_ms ?? receipt.receivedMs
  if (observed !== undefined) values.observed_at = isoOf(observed)
  if (draft.observed_ms === undefined) values.observed_at_source = 'received'
  const record: Record<string, unknown> = {}
  const allowed = KEYS_OF[draft.kind]
  for (const key of EDGE_RECORD_KEYS)
    if (values[key] !== undefined && allowed.has(key)) record[key] = values[key]
  const telling = draft.kind === 'event' ? record.event !== undefined : saysSomething(record as EdgeDraft)
  return telling ? (record as unknown as EdgeRecord) : undefined
}

const KEYS_OF = Object.fromEntries(
  edgeRecordSchema.options.map((schema) => [
    schema.shape.kind.value,
    new Set(Object.keys(schema.shape)) as ReadonlySet<string>,
  ]),
) as Readonly<Record<EdgeRecordKind, ReadonlySet<string>>>

function computed({ latency_ms, jitter_ms, loss_ratio }: EdgeDraft): DraftValues {
  if (latency_ms === undefined || jitter_ms === undefined || loss_ratio === undefined) return {}
  if (!(latency_ms >= 0 && jitter_ms >= 0 && loss_ratio >= 0 && loss_ratio <= 1)) return {}
  return { mos_computed: Math.round(computedMos(latency_ms, jitter_ms, loss_ratio) * 1e4) / 1e4 }
}

/** Keys that measure or tell something, in contrast to those that say of what. */
const TELLING = [
  'latency_ms',
  'jitter_ms',
  'loss_ratio',
  'mos',
  'qoe',
  'tx_bps',
  'rx_bps',
  'tx_bytes',
  'rx_bytes',
  'tx_packets',
  'rx_packets',
  'tx_capacity_bps',
  'rx_capacity_bps',
  'availability_ratio',
  'state',
  'sla_met',
] as const

const saysSomething = (values: DraftValues): boolean => TELLING.some((key) => values[key] !== undefined)

/**
 * Splits one observation by direction. Each part becomes a draft of its own, if it says something; what is
 * common goes to all, states and totals belong in `both`.
 */
export function byDirection(
  common: EdgeDraft,
  parts: { readonly both?: DraftValues; readonly tx?: DraftValues; readonly rx?: DraftValues },
): EdgeDraft[] {
  return (['both', 'tx', 'rx'] as const).flatMap((direction) => {
    const part = parts[direction]
    return part !== undefined && saysSomething(part) ? [{ ...common, ...part, direction }] : []
  })
}
