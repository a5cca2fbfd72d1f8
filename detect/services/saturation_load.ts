import type { JoinedRecord } from '../../model/joined_record.js'
import { addToLevel, type Level } from '../level.js'
import type { Shape } from '../pack.js'

export const WAYS = ['tx', 'rx'] as const
export type Way = (typeof WAYS)[number]

/** What is remembered of a link and direction, as one kind of record tells it. Plain data. */
export interface Load {
  credit: number
  lastMs: number
  /** The counter's last reading; negative: none yet. */
  bytes: number
  /** Load of the last samples, share of the capacity, newest last. */
  loads: number[]
  /** The last samples, newest in bit 0: 1 where it was full; busy and slow. */
  fullBits: number
  slowBits: number
  fullSinceMs: number
  slowSinceMs: number
  /** Latency while there was little load. */
  calmMean: number
  calmVariance: number
  calmN: number
}

export const LOAD_SHAPE: Shape<Load> = {
  numbers: [
    'credit',
    'lastMs',
    'bytes',
    'fullBits',
    'slowBits',
    'fullSinceMs',
    'slowSinceMs',
    'calmMean',
    'calmVariance',
    'calmN',
  ],
  flags: [],
  lists: ['loads'],
  others: [],
}

export const newLoad = (): Load => ({
  credit: -1,
  lastMs: 0,
  bytes: -1,
  loads: [],
  fullBits: 0,
  slowBits: 0,
  fullSinceMs: 0,
  slowSinceMs: 0,
  calmMean: 0,
  calmVariance: 0,
  calmN: 0,
})

type Told = {
  readonly interval_s?: number
  readonly tx_bps?: number
  readonly rx_bps?: number
  readonly tx_bytes?: number
  readonly rx_bytes?: number
  readonly bytes_kind?: string
  readonly tx_capacity_bps?: number
  readonly rx_capacity_bps?: number
}

export const capacityOf = ({ record }: JoinedRecord, way: Way): number | undefined =>
  (record as Told)[`${way}_capacity_bps`]

const U32 = 2 ** 32
/** Counters of 32 bits go round; a jump that would need more than this many times the capacity is a new start instead. */
const PLAUSIBLE = 1.5
const GAP_MAX_MS = 3_600_000

/**
 * The rate of a direction in a record, bit/s: as told, or from bytes over the interval, or from two readings of a counter,
 * which may have gone round; undefined where it says none, or the counter began anew.
 */
export function rateOf(load: Load, joined: JoinedRecord, way: Way, capacityBps: number): number | undefined {
  const told = joined.record as Told
  const bps = told[`${way}_bps`]
  const bytes = told[`${way}_bytes`]
  const gapMs = load.lastMs === 0 ? 0 : joined.observedMs - load.lastMs
  const before = load.bytes
  if (told.bytes_kind === 'cumulative' && bytes !== undefined) load.bytes = bytes
  if (bps !== undefined) return bps
  if (bytes === undefined) return undefined
  const seconds = told.interval_s ?? (gapMs > 0 && gapMs <= GAP_MAX_MS ? gapMs / 1000 : 0)
  if (told.bytes_kind === 'delta') return seconds > 0 ? (bytes * 8) / seconds : undefined
  if (told.bytes_kind !== 'cumulative' || before < 0 || gapMs <= 0 || gapMs > GAP_MAX_MS) return undefined
  const moved = bytes >= before ? bytes - before : before < U32 ? bytes + U32 - before : -1
  const rate = (moved * 8000) / gapMs
  return moved < 0 || (bytes < before && rate > PLAUSIBLE * capacityBps) ? undefined : rate
}

const LAST_FIVE = 31

export const push = (bits: number, set: boolean): number => ((bits << 1) | (set ? 1 : 0)) & LAST_FIVE

export function count(bits: number): number {
  let n = 0
  for (let rest = bits & LAST_FIVE; rest > 0; rest &= rest - 1) n++
  return n
}

/** Load below which latency is that of a calm link. */
const CALM = 0.5
const CALM_FLOOR_MS = 1

export function noteCalm(load: Load, share: number, latencyMs: number, weight: number): void {
  if (share >= CALM) return
  const level: Level = { mean: load.calmMean, variance: load.calmVariance, n: load.calmN }
  addToLevel(level, latencyMs, weight, CALM_FLOOR_MS)
  Object.assign(load, { calmMean: level.mean, calmVariance: level.variance, calmN: level.n })
}
