import type { EdgeRecord } from '../../model/edge_record.js'

/** A record on its way, with what belongs to it. */
export interface Waiting<T> {
  record: EdgeRecord
  readonly with: T
}

interface Group<T> extends Waiting<T> {
  readonly closesMs: number
}

/** What became of a record that was added. */
export type Merged = 'waits' | 'merged' | 'complete' | 'alone'

/** Values that say of what, not what was measured: those of one observation agree in all of them. */
const IDENTITY = [
  'kind',
  'vendor',
  'observed_at',
  'interval_s',
  'controller',
  'device',
  'site',
  'link',
  'carrier',
  'local',
  'remote',
  'local_color',
  'remote_color',
  'direction',
  'sla_class',
] as const

type Values = Readonly<Record<string, unknown>>

const keyOf = (record: EdgeRecord): string =>
  IDENTITY.map((key) => (record as Values)[key] ?? '').join('\u0000')

/**
 * Puts together what feeds send apart over several payloads: one metric a line, one answer a metric. A group closes when
 * it has latency, jitter and loss, or when the stream's clock is past its window; the clock of this machine is not asked.
 */
export class RecordMerge<T> {
  readonly #groupsMax: number
  /** By length of the window, so that each map stands in the order of closing. */
  readonly #windows = new Map<number, Map<string, Group<T>>>()
  #open = 0
  /** Groups that left before their time because too many were open. */
  evicted = 0

  constructor(groupsMax: number) {
    this.#groupsMax = groupsMax
  }

  get open(): number {
    return this.#open
  }

  /**
   * Adds a record; `leaves` is called for one that leaves at once. `merged`: it became part of another, or repeats it.
   */
  add(
    record: EdgeRecord,
    windowMs: number,
    clockMs: number,
    more: T,
    leaves: (one: Waiting<T>) => void,
  ): Merged {
    if (record.kind === 'event' || record.observed_at_source === 'received') {
      leaves({ record, with: more })
      return 'alone'
    }
    const groups = this.#windows.get(windowMs) ?? new Map<string, Group<T>>()
    this.#windows.set(windowMs, groups)
    const key = keyOf(record)
    const group = groups.get(key)
    if (group === undefined) {
      if (isComplete(record)) {
        leaves({ record, with: more })
        return 'complete'
      }
      groups.set(key, { record, with: more, closesMs: clockMs + windowMs })
      this.#open++
      return 'waits'
    }
    if (contradicts(group.record, record)) {
      leaves({ record, with: more })
      return 'alone'
    }
    group.record = Object.assign({}, record, group.record)
    if (isComplete(group.record)) {
      this.#drop(groups, key)
      leaves(group)
    }
    return 'merged'
  }

  /** Groups whose window the clock has passed, and the oldest beyond the bound. */
  takeClosed(clockMs: number, leaves: (one: Waiting<T>) => void): void {
    for (const groups of this.#windows.values())
      for (const [key, group] of groups) {
        const over = this.#open > this.#groupsMax
        if (group.closesMs > clockMs && !over) break
        if (group.closesMs > clockMs) this.evicted++
        this.#drop(groups, key)
        leaves(group)
      }
  }

  /** All that is open, as JSON. */
  save(): unknown {
    return [...this.#windows].map(([windowMs, groups]) => [windowMs, [...groups.values()]])
  }

  restore(saved: unknown): void {
    for (const [windowMs, groups] of saved as [number, Group<T>[]][]) {
      this.#windows.set(windowMs, new Map(groups.map((group) => [keyOf(group.record), group])))
      this.#open += groups.length
    }
  }

  #drop(groups: Map<string, Group<T>>, key: string): void {
    groups.delete(key)
    this.#open--
  }
}

const isComplete = (record: EdgeRecord): boolean => {
  const { latency_ms, jitter_ms, loss_ratio } = record as Values
  return latency_ms !== undefined && jitter_ms !== undefined && loss_ratio !== undefined
}

/** Whether both tell a value of one key, and not the same: two observations, then. */
function contradicts(a: EdgeRecord, b: EdgeRecord): boolean {
  for (const [key, value] of Object.entries(b)) {
    const other = (a as Values)[key]
    if (other === undefined || other === value || key === 'mos_computed') continue
    if (typeof value !== 'object' || JSON.stringify(value) !== JSON.stringify(other)) return true
  }
  return false
}
