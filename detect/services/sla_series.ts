import type { JoinedRecord } from '../../model/joined_record.js'
import { cusumStep } from '../cusum.js'
import { addToLevel, type Level } from '../level.js'
import type { Objectives } from '../network_facts.js'
import type { Shape } from '../pack.js'
import { wilsonLower } from '../wilson.js'
import type { SlaParameters } from './sla_parameters.js'

/**
 * What is remembered of one figure's path: one way and round trip, each direction, each kind of statistic, class and stage of
 * loss is a series of its own. The names of a level are its mean, variance and number of samples. Plain data.
 */
export interface Series {
  credit: number
  /** Observed time of the newest sample, and its distance from the one before, ms. */
  lastMs: number
  intervalMs: number
  /** When the trouble that is going on began, by the samples; 0: none is. */
  badSinceMs: number
  latencyMean: number
  latencyVariance: number
  latencyN: number
  cusumUp: number
  cusumDown: number
  jitterMean: number
  jitterVariance: number
  jitterN: number
  lossMean: number
  lossVariance: number
  lossN: number
  mosMean: number
  mosVariance: number
  mosN: number
  /** The last samples, newest in bit 0: 1 where it was bad. */
  latencyBits: number
  lowBits: number
  delayBits: number
  jitterBits: number
  variationBits: number
  lossBits: number
  mosBits: number
  vendorBits: number
  /** Loss of the last samples, newest last. */
  losses: number[]
}

export const SERIES_SHAPE: Shape<Series> = {
  numbers: [
    'credit',
    'lastMs',
    'intervalMs',
    'badSinceMs',
    'latencyMean',
    'latencyVariance',
    'latencyN',
    'cusumUp',
    'cusumDown',
    'jitterMean',
    'jitterVariance',
    'jitterN',
    'lossMean',
    'lossVariance',
    'lossN',
    'mosMean',
    'mosVariance',
    'mosN',
    'latencyBits',
    'lowBits',
    'delayBits',
    'jitterBits',
    'variationBits',
    'lossBits',
    'mosBits',
    'vendorBits',
  ],
  flags: [],
  lists: ['losses'],
  others: [],
}

export const newSeries = (): Series => ({
  credit: -1,
  lastMs: 0,
  intervalMs: 0,
  badSinceMs: 0,
  latencyMean: 0,
  latencyVariance: 0,
  latencyN: 0,
  cusumUp: 0,
  cusumDown: 0,
  jitterMean: 0,
  jitterVariance: 0,
  jitterN: 0,
  lossMean: 0,
  lossVariance: 0,
  lossN: 0,
  mosMean: 0,
  mosVariance: 0,
  mosN: 0,
  latencyBits: 0,
  lowBits: 0,
  delayBits: 0,
  jitterBits: 0,
  variationBits: 0,
  lossBits: 0,
  mosBits: 0,
  vendorBits: 0,
  losses: [],
})

/** The figures of one sample, without those that a dead path only seems to have. */
export interface Figures {
  readonly latencyMs?: number | undefined
  readonly oneWay: boolean
  readonly roundTrip: boolean
  readonly jitterMs?: number | undefined
  readonly lossRatio?: number | undefined
  readonly mos?: number | undefined
  /** The vendor's own verdict, where it gives one. */
  readonly met?: boolean | undefined
}

/** What a sample shows to be wrong; measures in the order of their names. */
export interface Trouble {
  readonly measures: readonly ('latency' | 'jitter' | 'loss' | 'mos')[]
  /** A contract's objective is missed, and by which measures. */
  readonly missed: readonly ('delay' | 'delay_variation' | 'loss' | 'mos')[]
  /** Only a contract is missed, and the path is hardly worse than usual. */
  readonly chronic: boolean
  readonly sinceMs: number
  /** How far above what is normal, times. */
  readonly factor: number
  readonly evidence: Readonly<Record<string, unknown>>
}

export interface JudgeOptions {
  readonly parameters: SlaParameters
  /** Threshold of the CUSUM. */
  readonly h: number
  readonly objectives: Objectives | undefined
}

const LAST_FIVE = 31
const FIVE = 5
/** Least standard deviation of log latency, of jitter and loss. */
const LOG_FLOOR = 0.05
const JITTER_FLOOR_MS = 1
const LOSS_FLOOR = 0.001
/** Latency below this is as good as none: its logarithm would say more than it is worth. */
const LATENCY_FLOOR_MS = 0.5

const count = (bits: number): number => {
  let n = 0
  for (let rest = bits & LAST_FIVE; rest > 0; rest &= rest - 1) n++
  return n
}

const push = (bits: number, bad: boolean): number => ((bits << 1) | (bad ? 1 : 0)) & LAST_FIVE

type Told = {
  readonly latency_ms?: number
  readonly latency_kind?: string
  readonly jitter_ms?: number
  readonly loss_ratio?: number
  readonly mos?: number
  readonly mos_scale_max?: number
  readonly mos_computed?: number
  readonly state?: string
  readonly availability_ratio?: number
  readonly sla_met?: Readonly<Record<string, boolean>>
}

/** The figures of a record; undefined where it has none, or is of a path that is dead: what it says then was not measured. */
export function figuresOf({ record }: JoinedRecord): Figures | undefined {
  if (record.kind !== 'link' && record.kind !== 'tunnel') return undefined
  const told = record as Told
  if (told.state === 'down' || told.state === 'disabled' || told.availability_ratio === 0) return undefined
  const { latency_ms, loss_ratio } = told
  // All was lost, so nothing came back whose delay could be measured: that path is down, not slow.
  if (loss_ratio !== undefined && loss_ratio >= 1) return undefined
  const scale = told.mos_scale_max ?? 5
  const mos = told.mos !== undefined && scale >= 4.4 && scale <= 5 ? told.mos : told.mos_computed
  const verdicts = Object.values(told.sla_met ?? {})
  const figures: Figures = {
    latencyMs: latency_ms,
    oneWay: told.latency_kind === 'one_way',
    roundTrip: told.latency_kind === 'round_trip',
    jitterMs: told.jitter_ms,
    lossRatio: loss_ratio,
    mos: mos === 0 ? undefined : mos,
    met: verdicts.length === 0 ? undefined : verdicts.every(Boolean),
  }
  const { latencyMs, jitterMs, lossRatio } = figures
  const some = latencyMs ?? jitterMs ?? lossRatio ?? figures.mos
  return some === undefined ? undefined : figures
}

/** Adds a sample to its series; what is wrong, once it is for long enough. Samples come in order of `observedMs`. */
export function judge(
  series: Series,
  figures: Figures,
  observedMs: number,
  options: JudgeOptions,
): Trouble | undefined {
  const { parameters: p } = options
  const gapMs = series.lastMs === 0 ? 0 : observedMs - series.lastMs
  if (gapMs > 0) series.intervalMs = series.intervalMs === 0 ? gapMs : Math.min(gapMs, 2 * series.intervalMs)
  series.lastMs = observedMs
  const share = gapMs === 0 ? 0 : 1 - Math.exp(-gapMs / (p.baseline_s * 1000))
  series.vendorBits = push(series.vendorBits, figures.met === false)
  judgeLatency(series, figures, share, options)
  judgeJitter(series, figures, share, options)
  judgeLoss(series, figures, share, options)
  judgeMos(series, figures, share, options)
  return troubleOf(series, figures, observedMs, options)
}

function judgeLatency(
  s: Series,
  f: Figures,
  share: number,
  { parameters: p, h, objectives }: JudgeOptions,
): void {
  if (f.latencyMs === undefined) return
  const x = Math.log(Math.max(LATENCY_FLOOR_MS, f.latencyMs))
  const learned = s.latencyN >= p.learn_samples
  const sigma = Math.max(LOG_FLOOR, Math.sqrt(s.latencyVariance))
  const z = learned ? (x - s.latencyMean) / sigma : 0
  const effect = Math.log(p.latency_ratio)
  const normal = Math.exp(s.latencyMean)
  const high = learned && x > s.latencyMean + effect && f.latencyMs > normal + p.latency_min_ms
  const low = learned && x < s.latencyMean - effect && f.latencyMs < normal - p.latency_min_ms
  s.cusumUp = cusumStep(s.cusumUp, z, p.cusum_k, h)
  s.cusumDown = cusumStep(s.cusumDown, -z, p.cusum_k, h)
  s.latencyBits = push(s.latencyBits, high)
  s.lowBits = push(s.lowBits, low)
  const promised = f.oneWay ? objectives?.oneWayMs : f.roundTrip ? objectives?.roundTripMs : undefined
  s.delayBits = push(s.delayBits, promised !== undefined && f.latencyMs > promised)
  if (count(s.lowBits) >= p.persist && s.cusumDown > h) {
    // A shorter way was taken: what was normal no longer is.
    Object.assign(s, {
      latencyMean: 0,
      latencyVariance: 0,
      latencyN: 0,
      cusumUp: 0,
      cusumDown: 0,
      lowBits: 0,
    })
  }
  if (s.latencyBits === 0 && s.lowBits === 0) {
    if (s.cusumUp > h) s.cusumUp = 0
    if (s.cusumDown > h) s.cusumDown = 0
    const level: Level = { mean: s.latencyMean, variance: s.latencyVariance, n: s.latencyN }
    addToLevel(level, x, share, LOG_FLOOR)
    Object.assign(s, { latencyMean: level.mean, latencyVariance: level.variance, latencyN: level.n })
  }
}

function judgeJitter(
  s: Series,
  f: Figures,
  share: number,
  { parameters: p, objectives }: JudgeOptions,
): void {
  if (f.jitterMs === undefined) return
  const limit = Math.max(p.jitter_ratio * s.jitterMean, s.jitterMean + p.jitter_min_ms)
  s.jitterBits = push(s.jitterBits, s.jitterN >= p.learn_samples && f.jitterMs > limit)
  s.variationBits = push(
    s.variationBits,
    objectives?.jitterMs !== undefined && f.jitterMs > objectives.jitterMs,
  )
  if (s.jitterBits !== 0) return
  const level: Level = { mean: s.jitterMean, variance: s.jitterVariance, n: s.jitterN }
  addToLevel(level, f.jitterMs, share, JITTER_FLOOR_MS)
  Object.assign(s, { jitterMean: level.mean, jitterVariance: level.variance, jitterN: level.n })
}

/** What loss is too much: what the contract says, else the parameter, and more than is usual by far. */
const lossLimit = (s: Series, { parameters: p, objectives }: JudgeOptions): number =>
  objectives?.lossRatio ?? Math.max(p.loss_ratio, 3 * s.lossMean)

function judgeLoss(s: Series, f: Figures, share: number, options: JudgeOptions): void {
  if (f.lossRatio === undefined) return
  s.losses.push(f.lossRatio)
  if (s.losses.length > FIVE) s.losses.shift()
  s.lossBits = push(s.lossBits, f.lossRatio > lossLimit(s, options))
  if (s.lossBits !== 0) return
  const level: Level = { mean: s.lossMean, variance: s.lossVariance, n: s.lossN }
  addToLevel(level, f.lossRatio, share, LOSS_FLOOR)
  Object.assign(s, { lossMean: level.mean, lossVariance: level.variance, lossN: level.n })
}

function judgeMos(s: Series, f: Figures, share: number, { parameters: p, objectives }: JudgeOptions): void {
  if (f.mos === undefined) return
  const dropped = s.mosN >= p.learn_samples && f.mos < s.mosMean - p.mos_drop && f.mos < p.mos_floor
  s.mosBits = push(s.mosBits, dropped || (objectives?.mos !== undefined && f.mos < objectives.mos))
  if (s.mosBits !== 0) return
  const level: Level = { mean: s.mosMean, variance: s.mosVariance, n: s.mosN }
  addToLevel(level, f.mos, share, 0.1)
  Object.assign(s, { mosMean: level.mean, mosVariance: level.variance, mosN: level.n })
}

/** Lower bound of the loss of the last samples, pooled. */
function lossLower(s: Series, p: SlaParameters): number {
  if (s.losses.length === 0) return 0
  const probes = Math.max(10, Math.min(1000, (p.probes_per_s * s.intervalMs) / 1000))
  const mean = s.losses.reduce((sum, loss) => sum + loss, 0) / s.losses.length
  return wilsonLower(mean, probes * s.losses.length)
}

function troubleOf(s: Series, f: Figures, observedMs: number, options: JudgeOptions): Trouble | undefined {
  const { parameters: p, h, objectives } = options
  const any = s.latencyBits | s.delayBits | s.jitterBits | s.variationBits | s.lossBits | s.mosBits
  if (any === 0) {
    s.badSinceMs = 0
    return undefined
  }
  if (s.badSinceMs === 0) s.badSinceMs = observedMs
  const lost = count(s.lossBits) >= p.persist && lossLower(s, p) > lossLimit(s, options)
  const measures: Trouble['measures'][number][] = []
  if (count(s.latencyBits) >= p.persist && s.cusumUp > h) measures.push('latency')
  if (count(s.jitterBits) >= p.persist) measures.push('jitter')
  if (lost) measures.push('loss')
  if (count(s.mosBits) >= p.persist) measures.push('mos')
  const missed: Trouble['missed'][number][] = []
  if (count(s.delayBits) >= p.persist) missed.push('delay')
  if (count(s.variationBits) >= p.persist) missed.push('delay_variation')
  if (lost && objectives?.lossRatio !== undefined) missed.push('loss')
  if (objectives?.mos !== undefined && measures.includes('mos')) missed.push('mos')
  if (measures.length + missed.length === 0) return undefined
  // While it goes on, a good sample in between says nothing, and neither does one more that is bad say more.
  if ((any & 1) === 0) return undefined
  if (observedMs - s.badSinceMs > p.rebaseline_s * 1000) {
    Object.assign(s, { ...newSeries(), lastMs: s.lastMs, intervalMs: s.intervalMs })
    return undefined
  }
  const normal = Math.exp(s.latencyMean)
  const factor = f.latencyMs === undefined || s.latencyN === 0 ? 1 : f.latencyMs / normal
  return {
    measures,
    missed,
    chronic: measures.length === 0 && isUsual(s, f, p),
    sinceMs: s.badSinceMs,
    factor: Math.max(1, factor),
    evidence: evidenceOf(s, f, options),
  }
}

/** What is worse than usual by less than this is usual. */
const USUAL_RATIO = 1.25

/** Whether a path that misses its contract is as it usually is, or what is usual is not known yet. */
function isUsual(s: Series, f: Figures, p: SlaParameters): boolean {
  const late = f.latencyMs !== undefined && f.latencyMs > USUAL_RATIO * Math.exp(s.latencyMean)
  const uneven = f.jitterMs !== undefined && f.jitterMs > USUAL_RATIO * s.jitterMean
  const learned = Math.max(s.latencyN, s.jitterN) >= p.learn_samples
  return !(learned && (late || uneven))
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000

function evidenceOf(
  s: Series,
  f: Figures,
  { parameters: p, h, objectives }: JudgeOptions,
): Record<string, unknown> {
  return {
    ...(f.latencyMs !== undefined && {
      latency_ms: rounded(f.latencyMs),
      latency_kind: f.oneWay ? 'one_way' : f.roundTrip ? 'round_trip' : 'unknown',
      ...(s.latencyN >= p.learn_samples && { baseline_latency_ms: rounded(Math.exp(s.latencyMean)) }),
      cusum: rounded(s.cusumUp),
      cusum_threshold: rounded(h),
    }),
    ...(f.jitterMs !== undefined && {
      jitter_ms: rounded(f.jitterMs),
      baseline_jitter_ms: rounded(s.jitterMean),
    }),
    ...(f.lossRatio !== undefined && {
      loss_ratio: rounded(f.lossRatio),
      loss_ratio_lower_95: rounded(lossLower(s, p)),
    }),
    ...(f.mos !== undefined && { mos: rounded(f.mos), baseline_mos: rounded(s.mosMean) }),
    ...(s.vendorBits !== 0 && { vendor_missed_samples: count(s.vendorBits) }),
    ...(objectives !== undefined && {
      sla_class: objectives.slaClass,
      ...(f.oneWay && objectives.oneWayMs !== undefined && { objective_one_way_ms: objectives.oneWayMs }),
      ...(f.roundTrip &&
        objectives.roundTripMs !== undefined && { objective_round_trip_ms: objectives.roundTripMs }),
      ...(objectives.jitterMs !== undefined && { objective_jitter_ms: objectives.jitterMs }),
      ...(objectives.lossRatio !== undefined && { objective_loss_ratio: objectives.lossRatio }),
    }),
  }
}
