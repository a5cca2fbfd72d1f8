import type { Registry } from 'prom-client'
import type { Component, DeliveredSamples, SampleSource } from '../model/ports.js'
import type { Catalogue } from './catalogue.js'
import type { DetectorConfig } from './config.js'
import { registerSampleMetrics } from './detector_metrics.js'
import { EngineKeeper, type EngineKeeperDeps } from './engine_keeper.js'
import { type MarkNames, type MarkView, markConfig } from './mark_memory.js'
import { SampleEngine } from './sample_engine.js'

export interface SampleDetectorDeps extends EngineKeeperDeps, MarkNames {
  readonly samples: SampleSource
  readonly catalogue: Catalogue
  orgName?(id: number): string | undefined
  siteName?(id: number): string | undefined
  readonly metrics: Registry
}

/** The detector of links: joined payloads of SD-WAN edges in the order of their stream → engine → findings. */
export class SampleDetector implements Component {
  readonly #config: DetectorConfig
  readonly #deps: SampleDetectorDeps
  readonly #engine: SampleEngine
  readonly #keeper: EngineKeeper
  #lastRead = 0
  #stopped = false
  #stopSource: (() => void) | undefined
  #saveTimer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #work: Promise<void> = Promise.resolve()

  constructor(config: DetectorConfig, deps: SampleDetectorDeps) {
    this.#config = config
    this.#deps = deps
    this.#engine = new SampleEngine({
      catalogue: deps.catalogue,
      ...(deps.orgName && { orgName: deps.orgName }),
      ...(deps.siteName && { siteName: deps.siteName }),
      marks: markConfig(config, deps),
    })
    this.#keeper = new EngineKeeper('detector_samples', config.snapshot_interval_s * 1000, this.#engine, deps)
    registerSampleMetrics(deps.metrics, {
      counts: () => this.#engine.counts,
      nowMs: () => this.#engine.nowMs,
      markCounts: () => this.#engine.markCounts,
      snapshotBytes: () => this.#keeper.snapshotBytes,
    })
  }

  /** Puts other subscriptions in force, from the next payload on. */
  use(catalogue: Catalogue): void {
    this.#engine.use(catalogue)
  }

  /** The marks in force, with what they kept quiet. */
  get marks(): MarkView[] {
    return this.#engine.marks
  }

  async start(): Promise<void> {
    const from = await this.#keeper.restore()
    this.#lastRead = from - 1
    const { samples, stop } = await this.#deps.samples.read(from)
    this.#stopSource = stop
    this.#running = this.#run(samples)
    await this.#keeper.hearMarks((work) => {
      this.#work = this.#work.then(work)
    }, this.#resumeAt)
    // What came last is saved also when nothing follows.
    this.#saveTimer = setInterval(() => void this.#queue([]), this.#config.snapshot_interval_s * 1000)
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#keeper.stop()
    this.#stopSource?.()
    clearInterval(this.#saveTimer)
    await this.#running
    await this.#work
    await this.#keeper.saveLast(this.#resumeAt)
  }

  readonly #resumeAt = (): number => this.#lastRead + 1

  async #run(samples: AsyncIterableIterator<DeliveredSamples>): Promise<void> {
    for await (const { streamSequence, payloads } of samples) {
      await this.#queue(payloads)
      if (this.#keeper.unpublished) return
      this.#lastRead = streamSequence
    }
  }

  /** One call after the other: the stream and the timer both come here. */
  #queue(payloads: DeliveredSamples['payloads']): Promise<void> {
    this.#work = this.#work.then(() => this.#apply(payloads))
    return this.#work
  }

  async #apply(payloads: DeliveredSamples['payloads']): Promise<void> {
    for (const payload of payloads) {
      await this.#keeper.publish(this.#engine.apply(payload))
      if (this.#keeper.unpublished) return
      this.#keeper.touched()
    }
    await this.#keeper.saveIfDue(this.#resumeAt)
  }
}
