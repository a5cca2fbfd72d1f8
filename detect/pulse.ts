/** How regularly something is heard. Plain data; times in ms. */
export interface Pulse {
  lastMs: number
  /** Of the gaps: their mean, and the longest, which is forgotten slowly: the 99th percentile, or more. */
  gapMeanMs: number
  gapLongMs: number
  gaps: number
}

export const newPulse = (): Pulse => ({ lastMs: 0, gapMeanMs: 0, gapLongMs: 0, gaps: 0 })

/** What comes together is one word. */
const TOGETHER_MS = 1_000
/** Of two hundred gaps the longest still counts a third. */
const FORGET = 1 / 200
const GROW = 1.3
const MEAN_WEIGHT = 1 / 32
/** From so many gaps on their long ones are known. */
const KNOWN_GAPS = 20
const LEAST_GAPS = 3
const LONG_TIMES = 3
/** −ln 10⁻⁶: by chance alone so long a silence comes once in a million gaps. */
const CHANCE = 13.8

export function beat(pulse: Pulse, ms: number): void {
  const gapMs = ms - pulse.lastMs
  if (pulse.lastMs !== 0 && gapMs < TOGETHER_MS) return
  if (pulse.lastMs !== 0) {
    const weight = Math.max(MEAN_WEIGHT, 1 / (pulse.gaps + 1))
    pulse.gapMeanMs += weight * (gapMs - pulse.gapMeanMs)
    // A silence that was one is no usual gap; if it becomes one, it is learned by and by.
    const mostMs = pulse.gaps >= KNOWN_GAPS ? GROW * pulse.gapLongMs : Number.POSITIVE_INFINITY
    pulse.gapLongMs = Math.max(Math.min(gapMs, mostMs), pulse.gapLongMs * (1 - FORGET))
    pulse.gaps++
  }
  pulse.lastMs = ms
}

/**
 * The silence from which it has stopped: three of its long gaps, or, while those are not known, one that chance does not
 * give; undefined while it was heard too seldom to say.
 */
export function silenceMs(pulse: Pulse, leastMs: number): number | undefined {
  if (pulse.gaps < LEAST_GAPS) return undefined
  const longMs =
    pulse.gaps >= KNOWN_GAPS
      ? LONG_TIMES * pulse.gapLongMs
      : Math.max(CHANCE * pulse.gapMeanMs, pulse.gapLongMs)
  return Math.max(leastMs, longMs)
}
