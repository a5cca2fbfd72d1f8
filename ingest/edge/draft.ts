import type { EdgeEvent } from '../../model/edge_event.js'
import {
  EDGE_RECORD_KEYS,
  type EdgeRecord,
  type EdgeRecordKind,
  edgeRecordSchema,
} from '../../model/edge_record.js'
import type { TunnelSample } from '../../model/tunnel_sample.js'
import { computedMos } from './emodel.js'
import { RecordShapes } from './record_shapes.js'

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
  /** The interval that a poller asked for: it dates what carries no time of its own. */
  readonly fromMs?: number
  readonly toMs?: number
}

/** Words that mean nothing without the value they describe. */
const DEPENDENTS: readonly (readonly [word: string, values: readonly string[]])[] = [
  ['latency_kind', ['latency_ms']],
  ['latency_statistic', ['latency_ms']],
  ['jitter_kind', ['jitter_ms']],
  ['loss_stage', ['loss_ratio']],
  ['mos_scale_max', ['mos']],
  ['qoe_scale_max', ['qoe']],
  ['bytes_kind', ['tx_bytes', 'rx_bytes', 'tx_packets', 'rx_packets']],
]
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

type Values = Record<string, unknown>

/** What `finishDraft` needs of a kind: its keys in the order they are printed, and where each stands among them. */
interface KindPlan {
  readonly keys: readonly string[]
  readonly at: ReadonlyMap<string, number>
  readonly origin: readonly (readonly [place: number, key: 'controller' | 'device' | 'site'])[]
  readonly scaled: readonly (readonly [value: number, scale: number, usual: number | undefined])[]
  readonly dependents: readonly (readonly [word: number, values: readonly number[]])[]
  readonly telling: readonly number[]
  readonly shapes: RecordShapes
}

const ORIGIN = ['controller', 'device', 'site'] as const

function planOf(keys: readonly string[]): KindPlan {
  const at = new Map(keys.map((key, i) => [key, i]))
  const places = (names: readonly string[]): number[] => names.flatMap((name) => at.get(name) ?? [])
  return {
    keys,
    at,
    origin: ORIGIN.map((key) => [at.get(key)!, key]),
    scaled: SCALED.filter(([value]) => at.has(value)).map(([value, scale, usual]) => [
      at.get(value)!,
      at.get(scale)!,
      usual,
    ]),
    dependents: DEPENDENTS.filter(([word]) => at.has(word)).map(([word, needed]) => [
      at.get(word)!,
      places(needed),
    ]),
    telling: at.has('event') ? places(['event']) : places(TELLING),
    shapes: new RecordShapes(keys),
  }
}

function dropDependents(values: unknown[], { scaled, dependents }: KindPlan): void {
  for (const [value, scale, usual] of scaled) {
    if (values[value] === undefined) continue
    values[scale] ??= usual
    const [v, max] = [values[value], values[scale]]
    if (typeof v === 'number' && typeof max === 'number' && v > max) values[value] = undefined
  }
  for (const [word, needed] of dependents)
    if (values[word] !== undefined && needed.every((place) => values[place] === undefined))
      values[word] = undefined
}

const isoOf = (ms: number): string => new Date(ms).toISOString()

/**
 * Makes a record of a draft: leaves out what is unknown or cannot be (negative, above its scale, empty), adds
 * the computed MOS where latency, jitter and loss all stand in it, and puts the keys in their order.
 * Undefined where nothing but identity would be left.
 */
export function finishDraft(read: EdgeDraft, receipt: Receipt): EdgeRecord | undefined {
  const draft = withoutLost(read)
  const plan = PLANS[draft.kind]
  const { keys, at } = plan
  const { origin } = receipt
  const values: unknown[] = new Array(keys.length).fill(undefined)
  for (const key in draft) {
    const place = at.get(key)
    if (place !== undefined) values[place] = cleaned(key, (draft as Values)[key])
  }
  if (origin !== undefined) for (const [place, key] of plan.origin) values[place] ??= origin[key]
  const mos = at.get('mos_computed')
  if (mos !== undefined) values[mos] = mosOf(draft)
  dropDependents(values, plan)
  values[at.get('vendor')!] ??= receipt.vendor
  const asked = draft.observed_ms === undefined ? origin?.toMs : undefined
  const observed = draft.observed_ms ?? asked ?? receipt.receivedMs
  if (observed !== undefined) values[at.get('observed_at')!] = isoOf(observed)
  if (draft.observed_ms === undefined && asked === undefined)
    values[at.get('observed_at_source')!] = 'received'
  if (asked !== undefined && origin?.fromMs !== undefined)
    values[at.get('interval_s')!] ??= (asked - origin.fromMs) / 1000
  if (plan.telling.every((place) => values[place] === undefined)) return undefined
  return plan.shapes.make(values) as unknown as EdgeRecord
}

/** Where all is lost an average of nothing reads 0, whatever the vendor: it was not measured. */
function withoutLost(draft: EdgeDraft): EdgeDraft {
  if (draft.loss_ratio !== 1 || (draft.latency_ms !== 0 && draft.mos !== 0)) return draft
  const told = <T>(value: T): T | undefined => (value === 0 ? undefined : value)
  return {
    ...draft,
    latency_ms: told(draft.latency_ms),
    jitter_ms: told(draft.jitter_ms),
    mos: told(draft.mos),
  }
}

/** The computed MOS of a sample; undefined where latency, jitter or loss is missing. */
export function mosOf(
  of: Pick<EdgeDraft, 'kind' | 'latency_ms' | 'jitter_ms' | 'loss_ratio'>,
): number | undefined {
  const { kind, latency_ms, jitter_ms, loss_ratio } = of
  if (kind !== 'link' && kind !== 'tunnel') return undefined
  if (latency_ms === undefined || jitter_ms === undefined || loss_ratio === undefined) return undefined
  if (!(latency_ms >= 0 && jitter_ms >= 0 && loss_ratio >= 0 && loss_ratio <= 1)) return undefined
  return Math.round(computedMos(latency_ms, jitter_ms, loss_ratio) * 1e4) / 1e4
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

const PLANS = Object.fromEntries(
  edgeRecordSchema.options.map((schema) => [
    schema.shape.kind.value,
    planOf(EDGE_RECORD_KEYS.filter((key) => key in schema.shape)),
  ]),
) as unknown as Readonly<Record<EdgeRecordKind, KindPlan>>

const saysSomething = (values: DraftValues): boolean => TELLING.some((key) => values[key] !== undefined)

/**
 * Splits one observation by direction. Each part becomes a draft of its own, if it says something; what is
 * common goes to all, states and totals belong in `both`. Records of so many keys are put together by `Object.assign`:
 * a literal that spreads two of them takes thirty times as long in V8.
 */
export function byDirection(
  common: EdgeDraft,
  parts: { readonly both?: DraftValues; readonly tx?: DraftValues; readonly rx?: DraftValues },
): EdgeDraft[] {
  return (['both', 'tx', 'rx'] as const).flatMap((direction) => {
    const part = parts[direction]
    return part !== undefined && saysSomething(part) ? [Object.assign({}, common, part, { direction })] : []
  })
}
