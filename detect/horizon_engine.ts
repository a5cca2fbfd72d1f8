import type { Finding } from '../model/finding.js'
import type { StoreRow } from '../model/ports.js'
import { type EngineConfig, EngineCore, type WithServices } from './engine_core.js'
import { type DueSlot, HorizonSchedule } from './horizon_schedule.js'
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

interface HorizonCounts {
  rows: number
  /** Slots by what became of their question, and those that were too old to be asked for. */
  slots: Record<Outcome | 'missed', number>
}
export type HorizonEngineCounts = WithServices<HorizonCounts>

interface Position {
  readonly sequence: number
  readonly slots: Readonly<Record<string, number>>
}

/**
 * Detection over days and weeks: answers of the store in, findings out. Each slot's answer is applied once; event time is
 * the end of the latest slot.
 */
export class HorizonEngine extends EngineCore<HorizonAnalyzer, HorizonCounts> {
  protected own: HorizonCounts = {
    rows: 0,
    slots: { answered: 0, cut: 0, failed: 0, late: 0, missed: 0 },
  }
  readonly #schedule: HorizonSchedule
  #sequence = 0

  constructor(config: EngineConfig) {
    super(config, (service, context) => service.horizons?.analyzer(context))
    this.#schedule = new HorizonSchedule(
      this.running.flatMap(({ service }) =>
        service.horizons!.horizons.map((horizon) => ({ service: service.id, horizon })),
      ),
    )
  }

  /** How many answers were applied. */
  get sequence(): number {
    return this.#sequence
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
    this.own.slots[answer.outcome]++
    this.own.slots.missed += due.missed
    this.own.rows += answer.rows?.length ?? 0
    this.reach(due.slot.endMs)
    const running = this.running.find(({ service }) => service.id === answer.service)!
    running.analyzer.apply(answer.horizon, due.slot, answer.rows)
    return this.decide(true)
  }

  protected position(): Position {
    return { sequence: this.#sequence, slots: this.#schedule.snapshot() }
  }

  protected takePosition(position: unknown): void {
    const { sequence, slots } = position as Position
    this.#sequence = sequence
    this.#schedule.restore(slots)
  }
}
