import type { Registry } from 'prom-client'
import type { Component } from '../model/ports.js'
import type { ThreatName } from '../model/threat.js'
import type { Catalogue } from './catalogue.js'
import type { DetectorConfig } from './config.js'
import { registerDetectorMetrics } from './detector_metrics.js'
import { EngineKeeper, type EngineKeeperDeps } from './engine_keeper.js'
import { FlowEngine } from './flow_engine.js'
import { type MarkNames, type MarkView, markConfig } from './mark_memory.js'
import { type ReceivedPartial, Reorder } from './reorder.js'
import { type Shard, WHOLE } from './shards.js'

/** The stream of partials, which may be read from any position. */
export interface PartialSource {
  read(from: number): Promise<{ partials: AsyncIterableIterator<ReceivedPartial>; stop(): void }>
}

export interface DetectorDeps extends EngineKeeperDeps, MarkNames {
  readonly partials: PartialSource
  readonly catalogue: Catalogue
  orgName?(id: number): string | undefined
  siteName?(id: number): string | undefined
  threat?(number: number): ThreatName | undefined
  /** The shard whose partials come; all unless told otherwise. */
  readonly shard?: Shard
  readonly metrics: Registry
}

/** The detector of flows: partials in the order of their frames → engine → findings. */
export class Detector implements Component {
  readonly #config: DetectorConfig
  readonly #deps: DetectorDeps
  readonly #engine: FlowEngine
  readonly #keeper: EngineKeeper
  #reorder: Reorder
  #lastRead = 0
  #stopped = false
  #stopSource: (() => void) | undefined
  #running: Promise<void> = Promise.resolve()
  #gapTimer: NodeJS.Timeout | undefined
  #saveTimer: NodeJS.Timeout | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(config: DetectorConfig, deps: DetectorDeps) {
    this.#config = config
    this.#deps = deps
    this.#engine = new FlowEngine({
      catalogue: deps.catalogue,
      ...(deps.orgName && { orgName: deps.orgName }),
      ...(deps.siteName && { siteName: deps.siteName }),
      marks: markConfig(config, deps),
      ...(deps.threat && { threat: deps.threat }),
      ...(deps.shard && { shard: deps.shard }),
    })
    this.#keeper = new EngineKeeper(
      stateName(deps.shard ?? WHOLE),
      config.snapshot_interval_s * 1000,
      this.#engine,
      deps,
    )
    this.#reorder = this.#newReorder(0)
    registerDetectorMetrics(deps.metrics, {
      counts: () => this.#engine.counts,
      waitingBytes: () => this.#reorder.waitingBytes,
      nowMs: () => this.#engine.nowMs,
      markCounts: () => this.#engine.markCounts,
      snapshotBytes: () => this.#keeper.snapshotBytes,
    })
  }

  /** Puts other subscriptions in force, from the next partial on. */
  use(catalogue: Catalogue): void {
    this.#engine.use(catalogue)
  }

  /** The marks in force, with what they kept quiet. */
  get marks(): MarkView[] {
    return this.#engine.marks
  }

  async start(): Promise<void> {
    const from = await this.#keeper.restore()
    if (this.#engine.sequence > 0) this.#reorder = this.#newReorder(this.#engine.sequence)
    const { partials, stop } = await this.#deps.partials.read(from)
    this.#stopSource = stop
    this.#running = this.#run(partials)
    await this.#keeper.hearMarks((work) => {
      this.#work = this.#work.then(work)
    }, this.#resumeAt)
    // What came last is saved also when nothing follows.
    this.#saveTimer = setInterval(() => void this.#queue(), this.#config.snapshot_interval_s * 1000)
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#keeper.stop()
    this.#stopSource?.()
    clearTimeout(this.#gapTimer)
    clearInterval(this.#saveTimer)
    await this.#running
    await this.#work
    await this.#keeper.saveLast(this.#resumeAt)
  }

  readonly #resumeAt = (): number => this.#reorder.resumeAt(this.#lastRead)

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
      if (this.#keeper.unpublished) return
    }
    await this.#work
  }

  /** Applies what is in order, one call after the other: partials and the timer of a gap both ask for it. */
  #queue(): Promise<void> {
    this.#work = this.#work.then(() => this.#drain())
    return this.#work
  }

  async #drain(): Promise<void> {
    const { logger } = this.#deps
    for (let next = this.#take(); next; next = this.#take()) {
      if ('skip' in next) {
        const [first, last] = [next.skip[0], next.skip.at(-1)]
        logger.warn({ first, last }, 'the partials of frames did not come; detection goes on without them')
        for (const sequence of next.skip) this.#engine.skip(sequence, 'missing')
      } else await this.#keeper.publish(this.#engine.apply(next.frameSequence, next.bytes))
      this.#keeper.touched()
    }
    this.#watchGap()
    await this.#keeper.saveIfDue(this.#resumeAt)
  }

  #take(): ReturnType<Reorder['take']> {
    return this.#keeper.unpublished ? undefined : this.#reorder.take(this.#deps.clock.nowMs())
  }

  /** A gap ends by time also when no further partial comes. */
  #watchGap(): void {
    clearTimeout(this.#gapTimer)
    this.#gapTimer = undefined
    const due = this.#reorder.dueMs
    if (due === undefined || this.#stopped) return
    const waitMs = Math.max(1, due - this.#deps.clock.nowMs())
    this.#gapTimer = setTimeout(() => void this.#queue(), waitMs)
  }
}

/** Where a detector keeps its state: the shards of another division are others. */
function stateName({ shard, shards }: Shard): string {
  return shards === 1 ? 'detector' : `detector_${shard}_of_${shards}`
}
