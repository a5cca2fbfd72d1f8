/** A partial out of its stream. */
export interface ReceivedPartial {
  readonly streamSequence: number
  readonly frameSequence: number
  readonly bytes: Uint8Array
}

export interface ReorderBounds {
  readonly maxBytes: number
  readonly waitMs: number
}

/** A first frame up to here means that the stream is read from its beginning. */
const BEGINNING = 256

/**
 * Puts partials in the order of their frames. A partial that is missing is waited for, within bounds of time and bytes; then
 * the frames up to the next one that is there are given up.
 */
export class Reorder {
  readonly #bounds: ReorderBounds
  readonly #waiting = new Map<number, ReceivedPartial>()
  #bytes = 0
  #next: number
  #gapSinceMs: number | undefined

  /** @param applied the last frame that was applied; 0: none. */
  constructor(applied: number, bounds: ReorderBounds) {
    this.#bounds = bounds
    this.#next = applied === 0 ? 0 : applied + 1
  }

  /** Partials and bytes that wait for a missing one. */
  get waiting(): number {
    return this.#waiting.size
  }

  get waitingBytes(): number {
    return this.#bytes
  }

  /** Where the stream must be read from after a restart, given the sequence that was read last. */
  resumeAt(lastRead: number): number {
    let at = lastRead + 1
    for (const { streamSequence } of this.#waiting.values()) at = Math.min(at, streamSequence)
    return at
  }

  /** Takes a partial; false when its frame was applied or given up before. */
  add(partial: ReceivedPartial): boolean {
    // A detector without a past begins where the stream does.
    if (this.#next === 0) this.#next = partial.frameSequence <= BEGINNING ? 1 : partial.frameSequence
    if (partial.frameSequence < this.#next || this.#waiting.has(partial.frameSequence)) return false
    this.#waiting.set(partial.frameSequence, partial)
    this.#bytes += partial.bytes.length
    return true
  }

  /** The next partial in order, or the frames to give up; undefined while there is neither. */
  take(nowMs: number): ReceivedPartial | { readonly skip: readonly number[] } | undefined {
    const partial = this.#waiting.get(this.#next)
    if (partial !== undefined) {
      this.#waiting.delete(this.#next++)
      this.#bytes -= partial.bytes.length
      this.#gapSinceMs = undefined
      return partial
    }
    if (this.#waiting.size === 0) {
      this.#gapSinceMs = undefined
      return undefined
    }
    this.#gapSinceMs ??= nowMs
    if (nowMs - this.#gapSinceMs < this.#bounds.waitMs && this.#bytes <= this.#bounds.maxBytes)
      return undefined
    return { skip: this.#giveUp() }
  }

  /** When `take` would give up what is missing; undefined while nothing is. */
  get dueMs(): number | undefined {
    return this.#gapSinceMs === undefined ? undefined : this.#gapSinceMs + this.#bounds.waitMs
  }

  #giveUp(): number[] {
    const there = Math.min(...this.#waiting.keys())
    const skipped = Array.from({ length: there - this.#next }, (_, i) => this.#next + i)
    this.#next = there
    this.#gapSinceMs = undefined
    return skipped
  }
}
