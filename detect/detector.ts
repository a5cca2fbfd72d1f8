import type { ThreatName } from '../model/threat.js'
import type { DetectorConfig } from './config.js'
import { type DetectorCoreDeps, engineConfigOf } from './detector_core.js'
import { registerDetectorMetrics } from './detector_metrics.js'
import { FlowEngine } from './flow_engine.js'
import { type ReceivedPartial, Reorder } from './reorder.js'
import { type Shard, WHOLE } from './shards.js'
import { type Reading, StreamDetector } from './stream_detector.js'

/** The stream of partials, which may be read from any position. */
export interface PartialSource {
  read(from: number): Promise<{ partials: AsyncIterableIterator<ReceivedPartial>; stop(): void }>
}

export interface DetectorDeps extends DetectorCoreDeps {
  readonly partials: PartialSource
  threat?(number: number): ThreatName | undefined
  /** The shard whose partials come; all unless told otherwise. */
  readonly shard?: Shard
}

/** The detector of flows: partials in the order of their frames → engine → findings. */
export class Detector extends StreamDetector<FlowEngine, ReceivedPartial> {
  readonly #config: DetectorConfig
  readonly #deps: DetectorDeps
  #reorder: Reorder
  #lastRead = 0
  #gapTimer: NodeJS.Timeout | undefined

  constructor(config: DetectorConfig, deps: DetectorDeps) {
    const engine = new FlowEngine({
      ...engineConfigOf(config, deps),
      ...(deps.threat && { threat: deps.threat }),
      ...(deps.shard && { shard: deps.shard }),
    })
    super(stateName(deps.shard ?? WHOLE), config.snapshot_interval_s * 1000, engine, deps)
    this.#config = config
    this.#deps = deps
    this.#reorder = this.#newReorder(0)
    registerDetectorMetrics(deps.metrics, {
      ...this.figures(),
      waitingBytes: () => this.#reorder.waitingBytes,
    })
  }

  protected async open(from: number): Promise<Reading<ReceivedPartial>> {
    if (this.engine.sequence > 0) this.#reorder = this.#newReorder(this.engine.sequence)
    const { partials, stop } = await this.#deps.partials.read(from)
    return { items: partials, stop }
  }

  protected async take(partial: ReceivedPartial): Promise<void> {
    this.#lastRead = partial.streamSequence
    this.#reorder.add(partial)
    await this.inTurn(() => this.idle())
  }

  override async stop(): Promise<void> {
    const stopped = super.stop()
    clearTimeout(this.#gapTimer)
    await stopped
  }

  protected resumeAt(): number {
    return this.#reorder.resumeAt(this.#lastRead)
  }

  #newReorder(applied: number): Reorder {
    return new Reorder(applied, {
      maxBytes: this.#config.reorder_max_bytes,
      waitMs: this.#config.gap_wait_s * 1000,
    })
  }

  /** Applies what is in order: partials and the timer of a gap both ask for it. */
  protected async idle(): Promise<void> {
    const { logger } = this.#deps
    for (let next = this.#next(); next; next = this.#next()) {
      if ('skip' in next) {
        const [first, last] = [next.skip[0], next.skip.at(-1)]
        logger.warn({ first, last }, 'the partials of frames did not come; detection goes on without them')
        for (const sequence of next.skip) this.engine.skip(sequence, 'missing')
      } else await this.keeper.publish(this.engine.apply(next.frameSequence, next.bytes))
      this.keeper.touched()
    }
    this.#watchGap()
    await this.keeper.saveIfDue()
  }

  #next(): ReturnType<Reorder['take']> {
    return this.keeper.unpublished ? undefined : this.#reorder.take(this.#deps.clock.nowMs())
  }

  /** A gap ends by time also when no further partial comes. */
  #watchGap(): void {
    clearTimeout(this.#gapTimer)
    this.#gapTimer = undefined
    const due = this.#reorder.dueMs
    if (due === undefined || this.stopped) return
    const waitMs = Math.max(1, due - this.#deps.clock.nowMs())
    this.#gapTimer = setTimeout(() => void this.inTurn(() => this.idle()), waitMs)
  }
}

/** Where a detector keeps its state: the shards of another division are others. */
function stateName({ shard, shards }: Shard): string {
  return shards === 1 ? 'detector' : `detector_${shard}_of_${shards}`
}
