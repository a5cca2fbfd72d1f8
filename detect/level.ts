/** Mean and variance of a figure, forgetting with time. Plain data. */
export interface Level {
  mean: number
  variance: number
  /** Samples so far. */
  n: number
}

/** Deviations of a known level beyond so many standard deviations are cut: an outlier moves it no further. */
const CUT = 3

/**
 * Adds a sample: the plain mean at first, then one that forgets.
 * @param share of the new sample: 1 − e^(−Δt/τ)
 * @param floor least standard deviation, for the cut
 */
export function addToLevel(level: Level, value: number, share: number, floor: number): void {
  const weight = Math.max(share, 1 / (level.n + 1))
  const limit = CUT * Math.max(floor, Math.sqrt(level.variance))
  const raw = value - level.mean
  const off = level.n < 8 ? raw : Math.max(-limit, Math.min(limit, raw))
  level.mean += weight * off
  level.variance = (1 - weight) * (level.variance + weight * off * off)
  level.n++
}
