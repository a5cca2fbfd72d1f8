import { medianSorted, quantileSorted } from 'simple-statistics'
import type { Shape } from '../pack.js'
import type { BeaconParameters } from './beacon.js'

/** Calls of a pair that are judged together. */
export const MEMORY = 64
const LEAST_PERIOD_MS = 1000

/** A host that calls a place. Plain data; `calls` holds start, octets, duration and source port of the last ones. */
export interface Pair {
  readonly key: string
  /** Where the destination begins in the key. */
  readonly split: number
  readonly dstPort: number
  readonly proto: number
  readonly orgId: number
  readonly siteId: number
  readonly dstHash: number
  readonly firstMs: number
  lastMs: number
  count: number
  failed: number
  calls: number[]
  /** Times it was judged a beacon in a row. */
  times: number
  /** Was told once. */
  open: boolean
  credit: number
}

export const PAIR_SHAPE: Shape<Pair> = {
  numbers: [
    'split',
    'dstPort',
    'proto',
    'orgId',
    'siteId',
    'dstHash',
    'firstMs',
    'lastMs',
    'count',
    'failed',
    'times',
    'credit',
  ],
  flags: ['open'],
  lists: ['calls'],
  others: ['key'],
}

/** Numbers of a call in `Pair.calls`. */
export const FIELDS = 4

/** What the last calls of a pair have in common. */
export interface Beat {
  readonly periodMs: number
  /** 1 − interquartile range of the intervals / (2 × their median). */
  readonly regularity: number
  /** Share of calls within 5 % of the commonest size, and that size. */
  readonly sameSize: number
  readonly octets: number
  readonly durationMs: number
  readonly calls: number
  readonly spanMs: number
  readonly failing: boolean
}

/** Intervals, sizes and durations of the last calls; undefined where most calls are one conversation. */
export function beatOf(pair: Pair): Beat | undefined {
  const n = pair.calls.length / FIELDS
  const column = (field: number): number[] =>
    Array.from({ length: n }, (_, i) => pair.calls[i * FIELDS + field]!)
  // Calls of one source port are one conversation that was exported in pieces.
  if (new Set(column(3)).size < n / 2) return undefined
  const times = column(0).sort((a, b) => a - b)
  const intervals = times
    .slice(1)
    .map((t, i) => t - times[i]!)
    .sort((a, b) => a - b)
  const periodMs = medianSorted(intervals)
  if (periodMs < LEAST_PERIOD_MS) return undefined
  const iqr = quantileSorted(intervals, 0.75) - quantileSorted(intervals, 0.25)
  const octets = column(1).sort((a, b) => a - b)
  return {
    periodMs,
    regularity: 1 - iqr / (2 * periodMs),
    ...commonestSize(octets),
    durationMs: medianSorted(column(2).sort((a, b) => a - b)),
    calls: n,
    spanMs: pair.lastMs - pair.firstMs,
    failing: pair.failed > 0.8 * pair.count,
  }
}

/** The size around which most calls lie, within 5 % of it, and their share. */
function commonestSize(sorted: readonly number[]): { octets: number; sameSize: number } {
  let best = { octets: 0, sameSize: 0 }
  let to = 0
  let from = 0
  for (let i = 0; i < sorted.length; i++) {
    while (sorted[from]! < sorted[i]! * 0.95) from++
    while (to < sorted.length && sorted[to]! <= sorted[i]! * 1.05) to++
    const share = (to - from) / sorted.length
    if (share > best.sameSize) best = { octets: sorted[i]!, sameSize: share }
  }
  return best
}

/** Judgements in a row that make an incident. */
export const TIMES = 3
/** What keeps an incident open: chance makes the measures of a beat waver. */
const STAYS = 0.7
/** Regularity and share of one size from which fewer calls will do. */
const SHARP = 0.95

export function isBeacon(beat: Beat, p: BeaconParameters, open: boolean): boolean {
  const share = open ? STAYS : 1
  const sharp = beat.regularity >= SHARP && beat.sameSize >= SHARP
  const [calls, spanS] = beat.failing
    ? [p.failing_calls, p.failing_span_s]
    : [sharp ? Math.min(p.sharp_calls, p.calls) : p.calls, p.span_s]
  return (
    beat.calls >= calls &&
    beat.spanMs >= spanS * 1000 &&
    beat.regularity >= share * p.regularity &&
    beat.sameSize >= share * p.same_size &&
    beat.durationMs <= p.call_s * 1000
  )
}
