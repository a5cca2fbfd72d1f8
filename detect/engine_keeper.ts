import { setTimeout as delay } from 'node:timers/promises'
import type { Finding, FindingMark } from '../model/finding.js'
import type { Clock, FindingFeedback, FindingSink, Logger, StateStore } from '../model/ports.js'
import { SnapshotStore } from './snapshot_store.js'

/** An engine, as far as its state and position go. */
export interface KeptEngine {
  readonly sequence: number
  /** Sequence of the last mark that was taken over. */
  readonly marksThrough: number
  mark(mark: FindingMark, sequence: number): Finding[]
  /** In parts, each made when it is asked for. */
  snapshot(): Iterable<Uint8Array>
  /** Throws when the parts cannot be read or are of another version. */
  restore(parts: Iterable<Uint8Array>): void
}

export interface EngineKeeperDeps {
  readonly findings: FindingSink
  /** What people say of findings; left out, nobody says anything. */
  readonly marks?: Pick<FindingFeedback, 'watch'>
  readonly state: StateStore
  readonly clock: Clock
  readonly logger: Logger
}

const PUBLISH_RETRY_MS = 500
/** A save may take one part in so many of the time: large states are saved more seldom. */
const SAVE_SHARE = 50

/**
 * What keeps an engine's words and state: findings are published before the state that made them is saved, under ids that
 * hang on the engine's input alone. What is said again after a restart is folded by the stream, and nothing is forgotten.
 */
export class EngineKeeper {
  readonly #deps: EngineKeeperDeps
  readonly #engine: KeptEngine
  readonly #name: string
  readonly #snapshots: SnapshotStore
  /** Least time between two saves. */
  readonly intervalMs: number
  readonly #resumeAt: () => number
  readonly #stopping = new AbortController()
  #savedMs = 0
  #saveTookMs = 0
  #unsaved = false
  #unpublished = false
  /** Marks that wait for their turn. */
  readonly #marks: { readonly mark: FindingMark; readonly sequence: number }[] = []
  #endMarks: () => void = () => undefined
  /** Size of the state when it was saved last. */
  snapshotBytes = 0

  /** @param name of the state in the state store; @param resumeAt where to read from after a restart */
  constructor(
    name: string,
    intervalMs: number,
    engine: KeptEngine,
    deps: EngineKeeperDeps,
    resumeAt: () => number,
  ) {
    this.#deps = deps
    this.#engine = engine
    this.#name = name
    this.intervalMs = intervalMs
    this.#resumeAt = resumeAt
    this.#snapshots = new SnapshotStore(deps.state, name)
  }

  /** Findings could not be published before the stop: nothing more may be applied, nor the state be saved. */
  get unpublished(): boolean {
    return this.#unpublished
  }

  /** The position from which to read. A state that does not read is told, and detection begins anew. */
  async restore(): Promise<number> {
    const { logger, clock } = this.#deps
    this.#savedMs = clock.nowMs()
    try {
      const saved = await this.#snapshots.load()
      if (saved === undefined) return 1
      this.#engine.restore(saved.parts)
      logger.info(
        { state: this.#name, sequence: this.#engine.sequence, from: saved.resumeAt },
        'detection goes on from its saved state',
      )
      return saved.resumeAt
    } catch (error) {
      logger.error(
        { state: this.#name, error },
        'the saved state of detection does not read; detection begins anew',
      )
      return 1
    }
  }

  /**
   * Begins to hear what people say of findings, from where the state left off. A mark takes effect between two inputs, and the
   * state is saved behind it, so that a restart goes on from the place where it took effect.
   * @param inTurn runs work between two inputs
   */
  async hearMarks(inTurn: (work: () => Promise<void>) => void): Promise<void> {
    const { marks } = this.#deps
    if (marks === undefined) return
    this.#endMarks = await marks.watch((mark, sequence) => {
      this.#marks.push({ mark, sequence })
      inTurn(() => this.#applyMarks())
    }, this.#engine.marksThrough)
  }

  async #applyMarks(): Promise<void> {
    const marks = this.#marks.splice(0)
    if (marks.length === 0 || this.#unpublished) return
    for (const { mark, sequence } of marks) await this.publish(this.#engine.mark(mark, sequence))
    this.#unsaved = true
    if (!this.#unpublished) await this.#save()
  }

  /** The engine has applied something. */
  touched(): void {
    this.#unsaved = true
  }

  /**
   * Publishes until it is done: while the stream is away, detection waits. When it is told to stop meanwhile, its state is
   * not saved, so that the next start finds these findings again.
   */
  async publish(findings: readonly Finding[]): Promise<void> {
    if (findings.length === 0) return
    for (;;) {
      try {
        await this.#deps.findings.publish(findings)
        return
      } catch (error) {
        if (this.#stopping.signal.aborted) {
          this.#unpublished = true
          return
        }
        this.#deps.logger.warn({ error }, 'findings could not be published; trying again')
        await delay(PUBLISH_RETRY_MS)
      }
    }
  }

  /** Saves the state when that is due. */
  async saveIfDue(): Promise<void> {
    const waitMs = Math.max(this.intervalMs, SAVE_SHARE * this.#saveTookMs)
    const due = this.#unsaved && this.#deps.clock.nowMs() - this.#savedMs >= waitMs
    if (due && !this.#unpublished) await this.#save()
  }

  /** Saves the state now; whether that was done. */
  async saveNow(): Promise<boolean> {
    if (this.#unsaved && !this.#unpublished) await this.#save()
    return !this.#unsaved
  }

  /** No further attempt to publish is made. */
  stop(): void {
    this.#endMarks()
    this.#stopping.abort()
  }

  async #save(): Promise<void> {
    const { clock, logger } = this.#deps
    const started = clock.nowMs()
    this.#savedMs = started
    try {
      this.snapshotBytes = await this.#snapshots.save({
        parts: this.#engine.snapshot(),
        resumeAt: this.#resumeAt(),
      })
      this.#unsaved = false
    } catch (error) {
      logger.warn(
        { error },
        'the state of detection could not be saved; a restart would read more of the stream',
      )
    }
    this.#saveTookMs = clock.nowMs() - started
  }
}
