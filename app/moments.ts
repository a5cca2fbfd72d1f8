const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, j: 86_400_000 }

/** Length of `30m`, `24h`, `7d` (in French also `7j`), ms; undefined where the text is none. */
export function durationOf(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,5})([mhdj])$/.exec(text) ?? []
  return unit === undefined ? undefined : Number(count) * UNITS_MS[unit]!
}

/** A moment that is so far from now, before (`-1`) or after (`1`), or that a date names; ms since 1970, undefined where the text is neither. */
export function momentOf(text: string, nowMs: number, side: -1 | 1): number | undefined {
  const length = durationOf(text)
  if (length !== undefined) return nowMs + side * length
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
