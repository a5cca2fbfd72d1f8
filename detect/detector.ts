import { setTimeout as delay } from 'node:timers/promises'
import type { Registry } from 'prom-client'
import type { Finding } from '../model/finding.js'
import type { Clock, Component, FindingSink, Logger, StateStore } from '../model/ports.js'
import type { ThreatName } from '../model/threat.js'
import type { Catalogue } from './catalogue.js'
import type { DetectorConfig } from './config.js'
import { registerDetectorMetrics } from './detector_metrics.js'
import { DetectionEngine } from './engine.js'
import { type ReceivedPartial, Reorder } from './reorder.js'
import { SnapshotStore } from './snapshot_store.js'

/** The stream of partials, which may be read from any position. */
export interface PartialSource {
  read(from: number): Promise<{ partials: AsyncIterableIterator<ReceivedPartial>; stop(): void }>
}

export interface DetectorDeps {
  readonly partials: PartialSource
  readonly findings: FindingSink
  readonly state: StateStore
  readonly catalogue: Catalogue
  orgName?(id: number): string | undefined
  siteName?(id: number): string | undefined
  threat?(number: number): ThreatName | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Registry
}

const PUBLISH_RETRY_MS = 500
/** A save may take one part in so many of the time: large states are saved more seldom. */
const SAVE_SHARE = 50

/**
 * The detector: partials in the order of their frames → engine → findings. Findings are published before the state that
 * made them is saved, under ids that hang on the frames alone: what is said again after a restart is folded by the stream,
 * and nothing is forgotten.
 */
export class Detector implements Component {
  readonly #config: DetectorConfig
  readonly #deps: DetectorDeps
  readonly #engine: DetectionEngine
  readonly #snapshots: SnapshotStore
  #reorder: Reorder
  #lastRead = 0
  #stopSource: (() => void) | undefined
  #running: Promise<void> = Promise.resolve()
  readonly #stopping = new AbortController()
  #gapTimer: NodeJS.Timeout | undefined
  #saveTimer: NodeJS.Timeout | undefined
  #work: Promise<void> = Promise.resolve()
  #savedMs = 0
  #saveTookMs = 0
  #snapshotBytes = 0
  #unsaved = false
  #unpublished = false

  constructor(config: DetectorConfig, deps: DetectorDeps) {
    this.#config = config
    this.#deps = deps
    this.#engine = new DetectionEngine({
      catalogue: deps.catalogue,
      ...(deps.orgName && { orgName: deps.orgName }),
      ...(deps.siteName && { siteName: deps.siteName }),
      ...(deps.threat && { threat: deps.threat }),
    })
    this.#snapshots = new SnapshotStore(deps.state)
    this.#reorder = this.#newReorder(0)
    registerDetectorMetrics(deps.metrics, {
      counts: () => this.#engine.counts,
      waitingBytes: () => this.#reorder.waitingBytes,
      nowMs: () => this.#engine.nowMs,
      snapshotBytes: () => this.#snapshotBytes,
    })
  }

  /** Puts other subscriptions in force, from the next partial on. */
  use(catalogue: Catalogue): void {
    this.#engine.use(catalogue)
  }

  async start(): Promise<void> {
    const from = await this.#restore()
    const { partials, stop } = await this.#deps.partials.read(from)
    this.#stopSource = stop
    this.#savedMs = this.#deps.clock.nowMs()
    this.#running = this.#run(partials)
    // What came last is saved also when nothing follows.
    this.#saveTimer = setInterval(() => void this.#queue(), this.#config.snapshot_interval_s * 1000)
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    this.#stopSource?.()
    clearTimeout(this.#gapTimer)
    clearInterval(this.#saveTimer)
    await this.#running
    await this.#work
    if (this.#unsaved && !this.#unpublished) await this.#save()
  }

  /** The stream position from which to read. A state that does not read is told, and detection begins anew. */
  async #restore(): Promise<number> {
    const { logger } = this.#deps
    try {
      const saved = await this.#snapshots.load()
      if (saved === undefined) return 1
      this.#engine.restore(saved.snapshot)
      this.#reorder = this.#newReorder(this.#engine.sequence)
      this.#snapshotBytes = saved.snapshot.length
      logger.info(
        { sequence: this.#engine.sequence, from: saved.resumeAt },
        'detection goes on from its saved state',
      )
      return saved.resumeAt
    } catch (error) {
      logger.error({ error }, 'the saved state of detection does not read; detection begins anew')
      return 1
    }
  }

  #newReorder(applied: number): Reorder {
    return new Reorder(applied, {
      maxBytes: this.#config.reorder_max_bytes,
      waitMs: this.#config.gap_wait_s * 1000,
    })
  }

  async #run(partials: AsyncIterableIterator<ReceivedPartial>): Promise<void> {
    for await (const partial of partials) {
      this.#lastRead = partial.streamSequence
      this.#reorder.add(partial)
      await this.#queue()
      if (this.#unpublished) return
    }
    await this.#work
  }

  /** Applies what is in order, one call after the other: partials and the timer of a gap both ask for it. */
  #queue(): Promise<void> {
    this.#work = this.#work.then(() => this.#drain())
    return this.#work
  }

  async #drain(): Promise<void> {
    const { clock, logger } = this.#deps
    for (let next = this.#take(); next; next = this.#take()) {
      if ('skip' in next) {
        const [first, last] = [next.skip[0], next.skip.at(-1)]
        logger.warn({ first, last }, 'the partials of frames did not come; detection goes on without them')
        for (const sequence of next.skip) this.#engine.skip(sequence, 'missing')
      } else await this.#publish(this.#engine.apply(next.frameSequence, next.bytes))
      this.#unsaved = true
    }
    this.#watchGap()
    if (!this.#unpublished && this.#due(clock.nowMs())) await this.#save()
  }

  #take(): ReturnType<Reorder['take']> {
    return this.#unpublished ? undefined : this.#reorder.take(this.#deps.clock.nowMs())
  }

  /** A gap ends by time also when no further partial comes. */
  #watchGap(): void {
    clearTimeout(this.#gapTimer)
    this.#gapTimer = undefined
    const due = this.#reorder.dueMs
    if (due === undefined || this.#stopping.signal.aborted) return
    const waitMs = Math.max(1, due - this.#deps.clock.nowMs())
    this.#gapTimer = setTimeout(() => void this.#queue(), waitMs)
  }

  /**
   * Publishes until it is done: while the stream is away, detection waits. When it is told to stop meanwhile, its state is
   * not saved, so that the next start finds these findings again.
   */
  async #publish(findings: readonly Finding[]): Promise<void> {
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

  #due(nowMs: number): boolean {
    const wait = Math.max(this.#config.snapshot_interval_s * 1000, SAVE_SHARE * this.#saveTookMs)
    return this.#unsaved && nowMs - this.#savedMs >= wait
  }

  async #save(): Promise<void> {
    const { clock, logger } = this.#deps
    const started = clock.nowMs()
    this.#savedMs = started
    const snapshot = this.#engine.snapshot()
    try {
      await this.#snapshots.save({ snapshot, resumeAt: this.#reorder.resumeAt(this.#lastRead) })
      this.#unsaved = false
      this.#snapshotBytes = snapshot.length
    } catch (error) {
      logger.warn(
        { error },
        'the state of detection could not be saved; a restart would read more of the stream',
      )
    }
    this.#saveTookMs = clock.nowMs() - started
  }
}
