import type { Registry } from 'prom-client'
import type { Catalogue } from './catalogue.js'
import type { DetectorConfig } from './config.js'
import type { EngineView } from './detector_metrics.js'
import type { EngineConfig } from './engine_core.js'
import { EngineKeeper, type EngineKeeperDeps } from './engine_keeper.js'
import type { FlowEngine } from './flow_engine.js'
import type { HorizonEngine } from './horizon_engine.js'
import { type MarkNames, type MarkView, markConfig } from './mark_memory.js'
import type { SampleEngine } from './sample_engine.js'

/** What every detector needs besides its input. */
export interface DetectorCoreDeps extends EngineKeeperDeps, MarkNames {
  readonly catalogue: Catalogue
  orgName?(id: number): string | undefined
  siteName?(id: number): string | undefined
  readonly metrics: Registry
}

/** What an engine of any kind is told at its start. */
export const engineConfigOf = (config: DetectorConfig, deps: DetectorCoreDeps): EngineConfig => ({
  catalogue: deps.catalogue,
  ...(deps.orgName && { orgName: deps.orgName }),
  ...(deps.siteName && { siteName: deps.siteName }),
  marks: markConfig(config, deps),
})

export type AnyEngine = FlowEngine | SampleEngine | HorizonEngine

/**
 * What every detector is: an engine, what keeps its words and state, and one thing after the other. A detector of a kind
 * brings the input.
 */
export abstract class DetectorCore<E extends AnyEngine> {
  protected readonly engine: E
  protected readonly keeper: EngineKeeper
  #work: Promise<void> = Promise.resolve()

  /** @param name of its state in the state store; @param saveEveryMs least time between two saves */
  constructor(name: string, saveEveryMs: number, engine: E, deps: EngineKeeperDeps) {
    this.engine = engine
    this.keeper = new EngineKeeper(name, saveEveryMs, engine, deps, () => this.resumeAt())
  }

  /** Puts other subscriptions in force, from the next input on. */
  use(catalogue: Catalogue): void {
    this.engine.use(catalogue)
  }

  /** The marks in force, with what they kept quiet. */
  get marks(): MarkView[] {
    return this.engine.marks
  }

  /** Where the input is read from after a restart. */
  protected abstract resumeAt(): number

  /** What the metrics of every detector show. */
  protected figures(): EngineView<E['counts']> {
    return {
      counts: () => this.engine.counts,
      nowMs: () => this.engine.nowMs,
      markCounts: () => this.engine.markCounts,
      snapshotBytes: () => this.keeper.snapshotBytes,
    }
  }

  /** One after the other: input, marks and timers all come here. */
  protected inTurn(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work)
    return this.#work
  }

  protected hearMarks(): Promise<void> {
    return this.keeper.hearMarks((work) => void this.inTurn(work))
  }

  /** Until all that came is done. */
  protected settled(): Promise<void> {
    return this.#work
  }
}
