import { setTimeout as delay } from 'node:timers/promises'
import { deserialize, serialize } from 'node:v8'
import type { Component, StoreQuestions } from '../model/ports.js'
import { QuestionError } from '../model/question_error.js'
import type { DetectorConfig } from './config.js'
import { DetectorCore, type DetectorCoreDeps, engineConfigOf } from './detector_core.js'
import { registerHorizonMetrics } from './detector_metrics.js'
import { HorizonEngine, type SlotAnswer } from './horizon_engine.js'
import { type DueSlot, dueMs } from './horizon_schedule.js'
import { SnapshotStore } from './snapshot_store.js'

export interface HorizonDetectorDeps extends DetectorCoreDeps {
  readonly store: StoreQuestions
}

/** Between two complaints about one and the same thing. */
const COMPLAIN_EVERY_MS = 600_000
/** The longest sleep: the wall clock may be set meanwhile. */
const LONGEST_SLEEP_MS = 60_000

/**
 * The detector of days and weeks: slots that are over → question → answer → engine → findings.
 *
 * ```
 *  ask the store ─▶ write the answer down ─▶ apply ─▶ publish ─▶ save the state ─▶ next slot
 * ```
 *
 * Rows come late, so the store may answer otherwise tomorrow. The answer is written down before it is applied, and the
 * state is saved before the next slot: whatever is killed, the same answer is applied again and says the same. While the
 * store is away, slots wait; nothing else does.
 */
export class HorizonDetector extends DetectorCore<HorizonEngine> implements Component {
  readonly #config: DetectorConfig
  readonly #deps: HorizonDetectorDeps
  readonly #answers: SnapshotStore
  readonly #stopping = new AbortController()
  #complainedMs = Number.NEGATIVE_INFINITY
  #running: Promise<void> = Promise.resolve()
  #askedMs = 0

  constructor(config: DetectorConfig, deps: HorizonDetectorDeps) {
    const engine = new HorizonEngine(engineConfigOf(config, deps))
    super('detector_horizons', 0, engine, deps)
    this.#config = config
    this.#deps = deps
    this.#answers = new SnapshotStore(deps.state, 'detector_horizons_answer')
    registerHorizonMetrics(deps.metrics, {
      ...this.figures(),
      askedMs: () => this.#askedMs,
    })
  }

  async start(): Promise<void> {
    await this.keeper.restore()
    await this.hearMarks()
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.keeper.stop()
    await this.#running
    await this.settled()
  }

  protected resumeAt(): number {
    return this.engine.sequence + 1
  }

  async #run(): Promise<void> {
    const written = await this.#written()
    if (written !== undefined) await this.inTurn(() => this.#apply(written))
    while (!this.#stopped) {
      const now = this.#deps.clock.nowMs()
      const due = this.engine.due(now)
      if (due === undefined) {
        await this.#sleep(Math.min(LONGEST_SLEEP_MS, this.engine.nextMs(now) - now))
        continue
      }
      const answer = await this.#ask(due)
      if (answer === undefined) await this.#sleep(this.#config.store_retry_s * 1000)
      else if (await this.#writeDown(answer)) await this.inTurn(() => this.#apply(answer))
    }
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  /** The answer that was written down and may not have been applied. */
  async #written(): Promise<SlotAnswer | undefined> {
    try {
      const saved = await this.#answers.load()
      if (saved === undefined || saved.resumeAt !== this.engine.sequence + 1) return undefined
      const [answer] = saved.parts
      return answer && (deserialize(answer) as SlotAnswer)
    } catch (error) {
      this.#deps.logger.error(
        { error },
        'an answer of the store that was written down does not read; it is asked again',
      )
      return undefined
    }
  }

  /** What holds for the slot; undefined: the store is away, or the slot is not in it yet. */
  async #ask({ service, horizon, slot, ...rest }: DueSlot): Promise<SlotAnswer | undefined> {
    const { store, clock } = this.#deps
    const about = { service, horizon: horizon.id, startMs: slot.startMs }
    const askedAt = clock.nowMs()
    try {
      const rows = await store.ask(horizon.question(slot), this.#stopping.signal)
      this.#askedMs += clock.nowMs() - askedAt
      if (rows.length > 0 || horizon.patienceS === 0) return { ...about, outcome: 'answered', rows }
      const lateMs = clock.nowMs() - dueMs({ service, horizon, slot, ...rest })
      return lateMs < horizon.patienceS * 1000 ? undefined : { ...about, outcome: 'late' }
    } catch (error) {
      this.#askedMs += clock.nowMs() - askedAt
      if (this.#stopped) return undefined
      if (error instanceof QuestionError) {
        this.#complain({ ...about, error }, 'a question was not answered by the store; its slot is left out')
        return { ...about, outcome: error.outcome }
      }
      this.#complain({ error }, 'the store is away; long horizons wait for it')
      return undefined
    }
  }

  #complain(fields: object, message: string): void {
    const now = this.#deps.clock.nowMs()
    if (now - this.#complainedMs < COMPLAIN_EVERY_MS) return
    this.#complainedMs = now
    this.#deps.logger.warn(fields, message)
  }

  async #writeDown(answer: SlotAnswer): Promise<boolean> {
    const saved = { parts: [serialize(answer)], resumeAt: this.engine.sequence + 1 }
    return this.#until(async () => {
      await this.#answers.save(saved)
      return true
    })
  }

  async #apply(answer: SlotAnswer): Promise<void> {
    await this.keeper.publish(this.engine.apply(answer))
    if (this.keeper.unpublished) return
    this.keeper.touched()
    await this.#until(() => this.keeper.saveNow())
  }

  /** Tries until it is done, or the detector stops; whether it was done. */
  async #until(attempt: () => Promise<boolean>): Promise<boolean> {
    while (!this.#stopped) {
      try {
        if (await attempt()) return true
      } catch (error) {
        this.#complain({ error }, 'an answer of the store could not be written down; trying again')
      }
      await this.#sleep(this.#config.store_retry_s * 1000)
    }
    return false
  }

  async #sleep(ms: number): Promise<void> {
    await delay(Math.max(1, ms), undefined, { signal: this.#stopping.signal }).catch(() => undefined)
  }
}
