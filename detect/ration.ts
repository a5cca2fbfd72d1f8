const DAY_MS = 86_400_000

/**
 * How many incidents of one kind an organisation is told one by one: after `perDay` within a day, thresholds double, and
 * again after as many more. Great ones come through for ever, small ones are told together.
 */
export class Ration {
  #told = new Map<number, number[]>()

  /** By how much an incident must exceed its threshold now. */
  factor(orgId: number, nowMs: number, perDay: number): number {
    return 2 ** Math.floor(this.#recent(orgId, nowMs).length / perDay)
  }

  note(orgId: number, nowMs: number): void {
    this.#recent(orgId, nowMs).push(nowMs)
  }

  snapshot(): unknown {
    return this.#told
  }

  restore(state: unknown): void {
    this.#told = state as Map<number, number[]>
  }

  #recent(orgId: number, nowMs: number): number[] {
    const recent = (this.#told.get(orgId) ?? []).filter((ms) => nowMs - ms < DAY_MS)
    this.#told.set(orgId, recent)
    return recent
  }
}
