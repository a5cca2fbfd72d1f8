import type { EdgeDraft } from './draft.js'

/** Bounds of a merge. */
export interface MergeOptions {
  /** How long a record stays open behind the newest event time, ms. */
  readonly windowMs: number
  /** How many records may be open; the oldest leaves beyond it. */
  readonly groupsMax: number
}

interface Group {
  readonly timeMs: number
  draft: EdgeDraft
}

/**
 * Puts together what feeds send apart: one metric a line (Juniper SSR), one array a metric (Prisma, Meraki).
 * Values of the same key and the same event time become one draft. A group leaves when event time has moved
 * past its window, or when too many are open; the clock of this machine is not asked.
 */
export class MergeWindow {
  readonly #options: MergeOptions
  readonly #groups = new Map<string, Group>()
  #newestMs = Number.NEGATIVE_INFINITY
  /** Groups that left before their time because too many were open. */
  evicted = 0

  constructor(options: MergeOptions) {
    this.#options = options
  }

  get open(): number {
    return this.#groups.size
  }

  /**
   * Adds values to the group of a key at a time. A value that is already there stays: a repeated line changes
   * nothing.
   */
  add(key: string, timeMs: number, draft: EdgeDraft): void {
    const name = `${timeMs} ${key}`
    const group = this.#groups.get(name)
    if (group === undefined) this.#groups.set(name, { timeMs, draft })
    else group.draft = Object.assign({}, draft, withoutUndefined(group.draft))
    if (timeMs > this.#newestMs) this.#newestMs = timeMs
  }

  /** Drafts whose window has passed, and those beyond the bound, oldest first. */
  takeClosed(): EdgeDraft[] {
    const horizon = this.#newestMs - this.#options.windowMs
    const closed: EdgeDraft[] = []
    for (const [name, group] of this.#groups) {
      const over = this.#groups.size > this.#options.groupsMax
      // Groups stand in the order they came, which is nearly that of time: one that is late waits for those
      // before it.
      if (group.timeMs >= horizon && !over) break
      if (group.timeMs >= horizon) this.evicted++
      this.#groups.delete(name)
      closed.push(group.draft)
    }
    return closed
  }

  /** All that is open: the end of a file. */
  takeAll(): EdgeDraft[] {
    const all = [...this.#groups.values()].map(({ draft }) => draft)
    this.#groups.clear()
    return all
  }
}

const withoutUndefined = (draft: EdgeDraft): EdgeDraft =>
  Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined)) as unknown as EdgeDraft
