import { addressKey, addressOfKey } from '../../detect/address.js'
import type { FlowView } from '../../detect/flow_view.js'
import { KIND } from '../../detect/flow_view.js'
import { CLIENT, clientOf } from '../../detect/initiator.js'
import { LOCALITIES } from '../../model/flow_columns.js'
import { Alarms, type Rival } from './rival.js'

/** github.com/activecm/rita, v5: pairs with at least four timestamps; a score of 0.9 and more is "critical" at most 1. */
const LEAST = 4
const SCORE = 0.9
const BINS = 24

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.floor(q * (sorted.length - 1))]!
const median = (sorted: readonly number[]): number => quantile(sorted, 0.5)
const ascending = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b)

/** Bowley skewness and median deviation, halves of the score of intervals and of sizes. */
function evenness(values: readonly number[], whenSmall: number): number {
  const sorted = ascending(values)
  const [q1, q2, q3] = [quantile(sorted, 0.25), median(sorted), quantile(sorted, 0.75)]
  const skew = q3 - q1 < 10 || q2 === q1 || q2 === q3 ? 0 : (q1 + q3 - 2 * q2) / (q3 - q1)
  const mad = median(ascending(sorted.map((x) => Math.abs(x - q2))))
  const spread = q2 < 1 ? whenSmall : Math.max(0, (q2 - mad) / q2)
  return (1 - Math.abs(skew) + spread) / 2
}

function histogramScore(times: readonly number[], fromMs: number, toMs: number): [number, number, number] {
  const bins = new Array<number>(BINS).fill(0)
  for (const t of times) bins[Math.min(BINS - 1, Math.floor(((t - fromMs) / (toMs - fromMs)) * BINS))]!++
  const bars = bins.filter((n) => n > 0)
  const mean = times.length / BINS
  const cv = Math.sqrt(bins.reduce((s, n) => s + (n - mean) ** 2, 0) / BINS) / mean
  const width = Math.ceil(0.05 * Math.max(...bins))
  const buckets = new Map<number, number>()
  for (const n of bars) buckets.set(Math.floor(n / width), (buckets.get(Math.floor(n / width)) ?? 0) + 1)
  const fullest = [...buckets.values()].sort((a, b) => b - a)
  const bimodal =
    bars.length >= 11
      ? Math.min(1, ((fullest[0] ?? 0) + (fullest[1] ?? 0)) / Math.max(bars.length - 1, 1))
      : 0
  let longest = 0
  for (let i = 0, run = 0; i < BINS; i++) {
    run = bins[i]! > 0 ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return [Math.max(cv > 1 ? 0 : 1 - cv, bimodal), bars.length, longest]
}

/**
 * RITA's beacon score over the whole replay, which stands for its day: a quarter each for intervals, sizes, duration and
 * histogram. Without its modifiers, which want names and weeks.
 */
export class Rita implements Rival {
  readonly name = 'RITA v5'
  readonly service = 'beacon'
  readonly #alarms = new Alarms('beacon', 86_400_000)
  readonly #pairs = new Map<string, { times: number[]; sizes: number[]; split: number }>()
  #fromMs = Number.POSITIVE_INFINITY

  get alarms(): Alarms['list'] {
    return this.#alarms.list
  }

  observe(view: FlowView): void {
    for (let row = 0; row < view.rows; row++) {
      if (view.reach[row] !== LOCALITIES.outbound || view.kind[row] === KIND.skip) continue
      if ((clientOf(view, row) & CLIENT.source) === 0) continue
      const src = addressKey(view.src, row * 4)
      const key = src + addressKey(view.dst, row * 4)
      let pair = this.#pairs.get(key)
      if (pair === undefined) {
        pair = { times: [], sizes: [], split: src.length }
        this.#pairs.set(key, pair)
      }
      pair.times.push(Math.floor(view.startMs[row]! / 1000))
      pair.sizes.push(view.octets[row]!)
      if (view.startMs[row]! < this.#fromMs) this.#fromMs = view.startMs[row]!
    }
  }

  evaluate(): void {}

  end(nowMs: number): void {
    const [from, to] = [this.#fromMs / 1000, nowMs / 1000]
    for (const [key, pair] of this.#pairs) {
      const times = ascending([...new Set(pair.times)])
      if (times.length < LEAST) continue
      const intervals = times.slice(1).map((t, i) => t - times[i]!)
      const [histogram, bars, longest] = histogramScore(times, from, to)
      const span = (times.at(-1)! - times[0]!) / (to - from)
      const duration = bars < 6 ? 0 : Math.min(1, Math.max(span, longest / (BINS / 2)))
      const score = (evenness(intervals, 1) + evenness(pair.sizes, 0) + duration + histogram) / 4
      if (score < SCORE) continue
      const src = addressOfKey(key, 0, pair.split)
      this.#alarms.raise(key, nowMs, { src, dst: addressOfKey(key, pair.split, key.length - pair.split) })
    }
  }
}
