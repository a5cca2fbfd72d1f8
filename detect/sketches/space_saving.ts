/**
 * Space-Saving (Metwally, Agrawal, El Abbadi 2005): the heaviest keys of a stream in `k` places. Each count is too high by
 * at most N/k (N: all that was added), each key heavier than N/k is present; `error` tells by how much a count may be too
 * high. Ties are broken by the key, so that the same additions give the same table.
 *
 * Plain data: it goes into a snapshot as it is.
 */
export interface SpaceSaving {
  readonly k: number
  readonly entries: Map<string, { count: number; error: number }>
}

export const spaceSaving = (k: number): SpaceSaving => ({ k, entries: new Map() })

export function spaceSavingAdd(sketch: SpaceSaving, key: string, count: number): void {
  const entry = sketch.entries.get(key)
  if (entry !== undefined) {
    entry.count += count
    return
  }
  if (sketch.entries.size < sketch.k) {
    sketch.entries.set(key, { count, error: 0 })
    return
  }
  let least = ''
  let leastCount = Number.POSITIVE_INFINITY
  for (const [k, e] of sketch.entries) {
    if (e.count < leastCount || (e.count === leastCount && k > least)) {
      least = k
      leastCount = e.count
    }
  }
  sketch.entries.delete(least)
  sketch.entries.set(key, { count: count + leastCount, error: leastCount })
}

/**
 * Adds `other` to `sketch` and keeps the `k` heaviest (Agarwal and others, Mergeable Summaries, 2012). The errors add: a
 * key that one side dropped may have had there what that side's lightest entry has.
 */
export function spaceSavingMerge(sketch: SpaceSaving, other: SpaceSaving): void {
  const floor = (s: SpaceSaving): number =>
    s.entries.size < s.k ? 0 : Math.min(...[...s.entries.values()].map((e) => e.count))
  const mine = floor(sketch)
  const theirs = floor(other)
  const all = new Map<string, { count: number; error: number }>()
  for (const [key, e] of sketch.entries) {
    const o = other.entries.get(key)
    all.set(key, { count: e.count + (o?.count ?? theirs), error: e.error + (o?.error ?? theirs) })
  }
  for (const [key, o] of other.entries) {
    if (!all.has(key)) all.set(key, { count: o.count + mine, error: o.error + mine })
  }
  const kept = [...all].sort(byCount).slice(0, sketch.k)
  sketch.entries.clear()
  for (const [key, e] of kept) sketch.entries.set(key, e)
}

/** The `n` heaviest, heaviest first. */
export function spaceSavingTop(sketch: SpaceSaving, n: number): [string, { count: number; error: number }][] {
  return [...sketch.entries].sort(byCount).slice(0, n)
}

function byCount(a: [string, { count: number }], b: [string, { count: number }]): number {
  return b[1].count - a[1].count || (a[0] < b[0] ? -1 : 1)
}
