import { deserialize, serialize } from 'node:v8'
import type { Finding, FindingMark } from '../model/finding.js'
import type { StoreRow } from '../model/ports.js'
import { BytesError } from './bytes.js'
import type { Catalogue } from './catalogue.js'
import { type CoreState, type EngineConfig, EngineCore, type ServiceCounts } from './engine_core.js'
import { type DueSlot, HorizonSchedule } from './horizon_schedule.js'
import type { MarkCounts, MarkView } from './mark_memory.js'
import type { HorizonAnalyzer } from './service.js'

/** What became of a question: `late`: its slot did not come into the store in time. */
export type Outcome = 'answered' | 'cut' | 'failed' | 'late'

/** The answer for one slot, plain data: all that a horizon's findings hang on. */
export interface SlotAnswer {
  readonly service: string
  readonly horizon: string
  /** Start of the slot, ms since 1970. */
  readonly startMs: number
  readonly outcome: Outcome
  /** Rows, where it was answered. */
  readonly rows?: readonly StoreRow[]
}

/** Everything the engine counts; goes up only, and is part of the snapshot. */
export interface HorizonEngineCounts {
  rows: number
  /** Slots by what became of their question, and those that were too old to be asked for. */
  slots: Record<Outcome | 'missed', number>
  services: ServiceCounts
}

interface Snapshot extends CoreState {
  readonly version: number
  readonly sequence: number
  readonly positions: Readonly<Record<string, number>>
  readonly counts: HorizonEngineCounts
}

const SNAPSHOT_VERSION = 1

/**
 * Detection over days and weeks: answers of the store in, findings out. Each slot's answer is applied once; event time is
 * the end of the latest slot.
 */
export class HorizonEngine {
  readonly #core: EngineCore<HorizonAnalyzer>
  readonly #schedule: HorizonSchedule
  #sequence = 0
  #counts: Omit<HorizonEngineCounts, 'services'> = {
    rows: 0,
    slots: { answered: 0, cut: 0, failed: 0, late: 0, missed: 0 },
  }

  constructor(config: EngineConfig) {
    this.#core = new EngineCore(config, (service, context) => service.horizons?.analyzer(context))
    this.#schedule = new HorizonSchedule(
      this.#core.running.flatMap(({ service }) =>
        service.horizons!.horizons.map((horizon) => ({ service: service.id, horizon })),
      ),
    )
  }

  /** Puts other subscriptions in force. The services that run stay the same. */
  use(catalogue: Catalogue): void {
    this.#core.use(catalogue)
  }

  /** How many answers were applied. */
  get sequence(): number {
    return this.#sequence
  }

  /** Event time, ms since 1970. */
  get nowMs(): number {
    return this.#core.nowMs
  }

  get counts(): HorizonEngineCounts {
    return { ...this.#counts, services: this.#core.counts }
  }

  /** The slot to ask for; undefined while none is due. @param nowMs the wall clock */
  due(nowMs: number): DueSlot | undefined {
    return this.#schedule.due(nowMs)
  }

  /** When the next slot is due, ms since 1970. */
  nextMs(nowMs: number): number {
    return this.#schedule.nextMs(nowMs)
  }

  /** Adds the answer for a slot. One of a horizon that is none any more is ignored. */
  apply(answer: SlotAnswer): Finding[] {
    this.#sequence++
    const due = this.#schedule.take(answer.service, answer.horizon, answer.startMs)
    if (due === undefined) return []
    this.#counts.slots[answer.outcome]++
    this.#counts.slots.missed += due.missed
    this.#counts.rows += answer.rows?.length ?? 0
    this.#core.reach(due.slot.endMs)
    const running = this.#core.running.find(({ service }) => service.id === answer.service)!
    running.analyzer.apply(answer.horizon, due.slot, answer.rows)
    return this.#core.decide(true)
  }

  /** Takes over what people said of a finding, at this place of the input. */
  mark(mark: FindingMark, sequence?: number): Finding[] {
    return this.#core.mark(mark, sequence)
  }

  get marksThrough(): number {
    return this.#core.marksThrough
  }

  /** The marks in force, with what they kept quiet. */
  get marks(): MarkView[] {
    return this.#core.marks
  }

  get markCounts(): MarkCounts {
    return this.#core.markCounts
  }

  snapshot(): Uint8Array {
    const snapshot: Snapshot = {
      version: SNAPSHOT_VERSION,
      sequence: this.#sequence,
      positions: this.#schedule.snapshot(),
      counts: this.counts,
      ...this.#core.snapshot(),
    }
    return serialize(snapshot)
  }

  /** Takes what `snapshot` gave; throws when it cannot be read or is of another version. */
  restore(bytes: Uint8Array): void {
    const snapshot = deserialize(bytes) as Snapshot
    if (snapshot.version !== SNAPSHOT_VERSION)
      throw new BytesError(`a snapshot of version ${snapshot.version}`)
    const { services, ...counts } = snapshot.counts
    this.#sequence = snapshot.sequence
    this.#counts = counts
    this.#schedule.restore(snapshot.positions)
    this.#core.restore(snapshot, services)
  }
}
