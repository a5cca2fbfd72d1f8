import type { Reject } from '../model/reject.js'

const WINDOW_MS = 1_000
/** Kinds of rejects (code and exporter) told apart within a window; beyond it all others count as one kind. */
const MAX_KINDS = 1_024

/**
 * Says which rejects are kept with their bytes: the first so many of each code and exporter in a second. A flood of one
 * exporter's rubbish fills neither the dead-letter stream nor this table.
 */
export class RejectGate {
  readonly #perWindow: number
  readonly #kept = new Map<string, number>()
  #windowMs = Number.NEGATIVE_INFINITY

  constructor(keptPerSecond: number) {
    this.#perWindow = keptPerSecond
  }

  keeps(reject: Reject, nowMs: number): boolean {
    if (nowMs - this.#windowMs >= WINDOW_MS || nowMs < this.#windowMs) {
      this.#windowMs = nowMs
      this.#kept.clear()
    }
    const kind = `${reject.code} ${reject.exporter ?? ''}`
    const key = this.#kept.has(kind) || this.#kept.size < MAX_KINDS ? kind : ''
    const kept = this.#kept.get(key) ?? 0
    if (kept >= this.#perWindow) return false
    this.#kept.set(key, kept + 1)
    return true
  }
}
