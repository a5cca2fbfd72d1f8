import { medianSorted } from 'simple-statistics'
import { METRICS, type Profile, STEP_S, UNITS, type Value } from './baseline_questions.js'

export type Direction = 'surge' | 'drop'

/** What a deviation must be beside improbable; rates, of an organisation. */
export interface Least {
  /** Times the usual; the usual, times less. */
  readonly surge_factor: number
  readonly drop_factor: number
  readonly surge_bps: number
  readonly drop_bps: number
  readonly surge_flows_per_s: number
  readonly drop_flows_per_s: number
  readonly weeks: number
  /** Robust standard deviations. */
  readonly z: number
}

/** A metric of a series that is far from what is usual, by enough to matter. */
export interface Deviation {
  readonly profile: Profile
  readonly metric: number
  readonly direction: Direction
  /** Octets or flows of the step. */
  readonly value: number
  readonly usual: number
  /** Robust standard deviations of the logarithm; negative below. */
  readonly z: number
  /** Not a record of a series that is never quiet. */
  readonly silent: boolean
  /** Improbable, too, among all that was tested in this step. */
  readonly improbable: boolean
}

export interface Step {
  /** The telemetry of the network is missing: nothing was judged. */
  readonly gap: boolean
  /** Series that were judged. */
  readonly tested: readonly Profile[]
  /** By how much all sites together moved, by metric: logarithms. */
  readonly shift: readonly number[]
  /** Tests that were made, and deviations of those by key of the series. */
  readonly tests: number
  readonly deviations: ReadonlyMap<string, readonly Deviation[]>
}

/** Deviations are at least this wide, in logarithms: less is nothing to act on. */
const LEAST_SCALE = 0.15
/** A site that is quiet in fewer slots than this share always talks. */
const TALKS = 0.01
/** Sites that say how the network moves, at least. */
const FLEET = 20
/** Below this share of its usual flows, the network is not seen. */
const SEEN = 0.1
const NOTHING: Value = { of: [0, 0, 0], records: 0 }

/**
 * Judges a step of five minutes. What all sites do is taken out first (a holiday is no one's anomaly); then each series
 * is held against its own hour of the week, and what is left is kept where the rate of false discoveries among all tests
 * of the step stays below `rate` (Benjamini and Hochberg 1995).
 */
export function judgeStep(
  profiles: Iterable<Profile>,
  values: ReadonlyMap<string, Value>,
  held: ReadonlySet<string>,
  leastOf: (orgId: number) => Least,
  rate: number,
): Step {
  const tested: Profile[] = []
  const counted: Value[] = []
  for (const profile of profiles) {
    const value = values.get(profile.key) ?? NOTHING
    // Other exporters see it, the one that counts does not: its telemetry fails, not its traffic.
    const blind = value.of[2] === 0 && value.records > 0
    if (blind || held.has(profile.key) || profile.weeks < leastOf(profile.orgId).weeks) continue
    tested.push(profile)
    counted.push(value)
  }
  const none = { tested, tests: 0, shift: [0, 0, 0], deviations: new Map() }
  if (isGap(tested, counted)) return { ...none, gap: true, tested: [] }
  const shift = METRICS.map((_, metric) => shiftOf(tested, counted, metric))
  const candidates: Omit<Deviation, 'improbable'>[] = []
  const chances: number[] = []
  let tests = 0
  tested.forEach((profile, i) => {
    const least = leastOf(profile.orgId)
    for (let metric = 0; metric < METRICS.length; metric++) {
      tests++
      const found = deviation(profile, metric, counted[i]!, shift[metric]!, least)
      if (found === undefined) continue
      candidates.push(found)
      chances.push(2 * upperTail(Math.abs(found.z)))
    }
  })
  const bound = discoveryBound(chances, tests, rate)
  const deviations = new Map<string, Deviation[]>()
  candidates.forEach((candidate, i) => {
    const list = deviations.get(candidate.profile.key) ?? []
    const least = leastOf(candidate.profile.orgId)
    list.push({ ...candidate, improbable: chances[i]! <= bound && Math.abs(candidate.z) >= least.z })
    deviations.set(candidate.profile.key, list)
  })
  return { gap: false, tested, shift, tests, deviations }
}

const usualOf = ({ usual }: Profile, metric: number): number => usual[metric * 3]!

function isGap(tested: readonly Profile[], values: readonly Value[]): boolean {
  let usual = 0
  let seen = 0
  tested.forEach((profile, i) => {
    if (profile.kind !== 'site') return
    usual += Math.expm1(usualOf(profile, 2)) * UNITS[2]
    seen += values[i]!.of[2]
  })
  return usual > 0 && seen < SEEN * usual
}

/** The median of what sites that talk moved by. */
function shiftOf(tested: readonly Profile[], values: readonly Value[], metric: number): number {
  const moved: number[] = []
  tested.forEach((profile, i) => {
    if (profile.kind !== 'site' || usualOf(profile, metric) < 1) return
    moved.push(Math.log1p(values[i]!.of[metric]! / UNITS[metric]!) - usualOf(profile, metric))
  })
  if (moved.length < FLEET) return 0
  return medianSorted(moved.sort((a, b) => a - b))
}

function deviation(
  profile: Profile,
  metric: number,
  { of, records }: Value,
  shift: number,
  least: Least,
): Omit<Deviation, 'improbable'> | undefined {
  const value = of[metric]!
  const unit = UNITS[metric]!
  const own = usualOf(profile, metric)
  const alone = Math.log1p(value / unit) - own
  // A hospital is as busy on a holiday as on any day: what is unusual must be so beside the network's move, and without it.
  if (alone > 0 !== alone > shift) return undefined
  const moved = Math.abs(alone - shift) < Math.abs(alone)
  const off = moved ? alone - shift : alone
  const usual = Math.max(0, Math.expm1(moved ? own + shift : own)) * unit
  const up = off > 0
  if (up ? value < least.surge_factor * usual : value * least.drop_factor > usual) return undefined
  const rate = (Math.abs(value - usual) * (metric === 2 ? 1 : 8)) / STEP_S
  const floors = metric === 2 ? ['surge_flows_per_s', 'drop_flows_per_s'] : ['surge_bps', 'drop_bps']
  if (rate < least[floors[up ? 0 : 1] as 'surge_bps']) return undefined
  const side = profile.usual[metric * 3 + (up ? 1 : 2)]!
  const z = off / Math.max(LEAST_SCALE, side)
  const silent = records === 0 && profile.quiet <= TALKS
  return { profile, metric, direction: up ? 'surge' : 'drop', value, usual, z, silent }
}

/** The largest chance that is still a discovery, by Benjamini and Hochberg's procedure; 0: none is. */
export function discoveryBound(chances: readonly number[], tests: number, rate: number): number {
  const sorted = [...chances].sort((a, b) => a - b)
  for (let k = sorted.length; k > 0; k--) if (sorted[k - 1]! <= (rate * k) / tests) return sorted[k - 1]!
  return 0
}

/**
 * Chance that a normal variable is above z, which is not negative: half of erfc(z / √2) by the Chebyshev fit of Press and
 * others (Numerical Recipes, 6.2), whose relative error is below 1.2e-7 everywhere; series would be 0 in the far tail.
 */
export function upperTail(z: number): number {
  const x = z / Math.SQRT2
  const t = 1 / (1 + 0.5 * x)
  const fit = FIT.reduceRight((sum, c) => c + t * sum, 0)
  return (t * Math.exp(-x * x + fit)) / 2
}
const FIT = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
]
