import type { DeliveredSamples, SampleSource } from '../model/ports.js'
import type { DetectorConfig } from './config.js'
import { type DetectorCoreDeps, engineConfigOf } from './detector_core.js'
import { registerSampleMetrics } from './detector_metrics.js'
import { SampleEngine } from './sample_engine.js'
import { type Reading, StreamDetector } from './stream_detector.js'

export interface SampleDetectorDeps extends DetectorCoreDeps {
  readonly samples: SampleSource
}

/** The detector of links: joined payloads of SD-WAN edges in the order of their stream → engine → findings. */
export class SampleDetector extends StreamDetector<SampleEngine, DeliveredSamples> {
  readonly #samples: SampleSource
  #lastRead = 0

  constructor(config: DetectorConfig, deps: SampleDetectorDeps) {
    const engine = new SampleEngine(engineConfigOf(config, deps))
    super('detector_samples', config.snapshot_interval_s * 1000, engine, deps)
    this.#samples = deps.samples
    registerSampleMetrics(deps.metrics, this.figures())
  }

  protected async open(from: number): Promise<Reading<DeliveredSamples>> {
    this.#lastRead = from - 1
    const { samples, stop } = await this.#samples.read(from)
    return { items: samples, stop }
  }

  protected async take({ streamSequence, payloads }: DeliveredSamples): Promise<void> {
    await this.inTurn(() => this.#apply(payloads))
    if (!this.keeper.unpublished) this.#lastRead = streamSequence
  }

  protected idle(): Promise<void> {
    return this.#apply([])
  }

  protected resumeAt(): number {
    return this.#lastRead + 1
  }

  async #apply(payloads: DeliveredSamples['payloads']): Promise<void> {
    for (const payload of payloads) {
      await this.keeper.publish(this.engine.apply(payload))
      if (this.keeper.unpublished) return
      this.keeper.touched()
    }
    await this.keeper.saveIfDue()
  }
}
