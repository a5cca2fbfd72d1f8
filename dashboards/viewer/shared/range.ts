/**
 * Time ranges as the address bar holds them: `now-6h`, `now`, or ms since 1970. The server's clock says what now is, so that
 * a wrong clock in front of a screen shows no wrong hour.
 */
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const RELATIVE = /^now(?:-(\d{1,6})([smhdw]))?$/
const ABSOLUTE = /^\d{1,14}$/

/** ms since 1970, or undefined where the text is no moment. */
export function momentMs(text: string, nowMs: number): number | undefined {
  const relative = RELATIVE.exec(text)
  if (relative !== null) {
    return relative[1] === undefined ? nowMs : nowMs - Number(relative[1]) * UNIT_MS[relative[2]!]!
  }
  return ABSOLUTE.test(text) ? Number(text) : undefined
}

/** `1h` → 3,600,000. Undefined for what is no duration. */
export function durationMs(text: string): number | undefined {
  const parts = /^(\d{1,6})([smhdw])$/.exec(text)
  return parts === null ? undefined : Number(parts[1]) * UNIT_MS[parts[2]!]!
}

/** Bucket widths that divide the ones above them, seconds. */
const WIDTHS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800,
]

/** The least width, seconds, that gives no more than `points` buckets and is no finer than the table. */
export function bucketSeconds(rangeMs: number, points: number, leastS: number): number {
  const wanted = Math.max(leastS, rangeMs / 1000 / points)
  return WIDTHS_S.find((width) => width >= wanted) ?? WIDTHS_S.at(-1)!
}
