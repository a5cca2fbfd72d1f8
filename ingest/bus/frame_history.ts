/** What `trimmableTo` needs to know of a stream. */
export interface StreamExtent {
  readonly messages: number
  readonly bytes: number
  readonly first_seq: number
  readonly last_seq: number
  readonly first_ts: string
  readonly last_ts: string
}

/** Frames below the last ones tell a collector which number it has reached; so many always stay. */
const KEPT_FRAMES = 16

/**
 * The sequence below which stored frames may go: those beyond the history's bytes, and those older than its age. Frames
 * lie evenly in a stream as far as this cares: it reckons with the mean size and the mean interval, and is called often.
 * @param floor all frames up to this sequence are stored
 */
export function trimmableTo(
  state: StreamExtent,
  floor: number,
  history: { bytes: number; ageMs: number },
): number {
  const stored = Math.min(floor, state.last_seq - KEPT_FRAMES) - state.first_seq + 1
  if (stored <= 0 || state.messages === 0) return state.first_seq
  const meanBytes = state.bytes / state.messages
  const byBytes = Math.ceil((stored * meanBytes - history.bytes) / meanBytes)
  const firstMs = Date.parse(state.first_ts)
  const lastMs = Date.parse(state.last_ts)
  const spanMs = Math.max(1, lastMs - firstMs)
  const byAge = Math.floor(((lastMs - history.ageMs - firstMs) / spanMs) * state.messages)
  return state.first_seq + Math.max(0, Math.min(stored, Math.max(byBytes, byAge)))
}
