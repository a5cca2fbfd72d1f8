import type { ServiceId } from '../model/finding.js'
import type { Horizon, Slot } from './service.js'

export interface ScheduledHorizon {
  readonly service: ServiceId
  readonly horizon: Horizon
}

/** A slot that may be asked for. */
export interface DueSlot extends ScheduledHorizon {
  readonly slot: Slot
  /** Slots before it that are not asked for any more. */
  readonly missed: number
}

/**
 * Which slot is asked for next. Slots are due in the order in which they have settled, those of one moment in the order
 * of services; so what is found hangs on the answers alone.
 *
 * ```
 *  values    |..slot..|~settle~▲due          next slot after it
 *  profile            |~~~~settle~~~▲due     asked behind the values before it
 * ```
 */
export class HorizonSchedule {
  readonly #entries: readonly ScheduledHorizon[]
  /** Start of each horizon's next slot, ms. */
  #next = new Map<string, number>()

  constructor(entries: readonly ScheduledHorizon[]) {
    this.#entries = entries
  }

  /** The slot that was due first; undefined while none is. A horizon that is new begins with the newest. */
  due(nowMs: number): DueSlot | undefined {
    let first: DueSlot | undefined
    for (const entry of this.#entries) {
      const due = this.#dueOf(entry, nowMs)
      if (due !== undefined && (first === undefined || dueMs(due) < dueMs(first))) first = due
    }
    return first
  }

  /** When the next slot is due, ms since 1970; infinite without horizons. */
  nextMs(nowMs: number): number {
    let first = Number.POSITIVE_INFINITY
    for (const { service, horizon } of this.#entries) {
      const start = this.#next.get(nameOf(service, horizon.id)) ?? newestStart(horizon, nowMs)
      first = Math.min(first, start + (horizon.everyS + horizon.settleS) * 1000)
    }
    return first
  }

  /** The horizon of this name, and that `startMs` was its latest slot. Undefined where there is none (any more). */
  take(service: string, id: string, startMs: number): DueSlot | undefined {
    const entry = this.#entries.find((e) => e.service === service && e.horizon.id === id)
    if (entry === undefined) return undefined
    const everyMs = entry.horizon.everyS * 1000
    const name = nameOf(service, id)
    const before = this.#next.get(name)
    this.#next.set(name, startMs + everyMs)
    const missed = before === undefined ? 0 : Math.max(0, Math.round((startMs - before) / everyMs))
    return { ...entry, slot: { startMs, endMs: startMs + everyMs }, missed }
  }

  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#next)
  }

  restore(state: Readonly<Record<string, number>>): void {
    this.#next = new Map(Object.entries(state))
  }

  #dueOf(entry: ScheduledHorizon, nowMs: number): DueSlot | undefined {
    const { service, horizon } = entry
    const everyMs = horizon.everyS * 1000
    const newest = newestStart(horizon, nowMs)
    const next = this.#next.get(nameOf(service, horizon.id)) ?? newest
    if (next > newest) return undefined
    const startMs = Math.max(next, newest - (horizon.catchUp - 1) * everyMs)
    const missed = Math.round((startMs - next) / everyMs)
    return { service, horizon, slot: { startMs, endMs: startMs + everyMs }, missed }
  }
}

/** When a slot is due, ms since 1970. */
export const dueMs = ({ slot, horizon }: DueSlot): number => slot.endMs + horizon.settleS * 1000

const nameOf = (service: string, id: string): string => `${service}.${id}`

function newestStart({ everyS, settleS }: Horizon, nowMs: number): number {
  const everyMs = everyS * 1000
  return Math.floor((nowMs - settleS * 1000) / everyMs) * everyMs - everyMs
}
