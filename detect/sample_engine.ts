import type { Finding } from '../model/finding.js'
import type { JoinedPayload } from '../model/joined_record.js'
import { type EngineConfig, EngineCore, type WithServices } from './engine_core.js'
import type { SampleAnalyzer } from './service.js'

interface SampleCounts {
  payloads: number
  records: number
}
export type SampleEngineCounts = WithServices<SampleCounts>

interface Position {
  readonly sequence: number
  readonly part: number
}

/**
 * Detection on what SD-WAN edges measure: joined payloads in, findings out. Payloads are applied in order of sequence,
 * each once; event time is the latest receipt of a payload. A payload without records tells the time.
 */
export class SampleEngine extends EngineCore<SampleAnalyzer, SampleCounts> {
  protected own: SampleCounts = { payloads: 0, records: 0 }
  #sequence = 0
  #part = 0

  constructor(config: EngineConfig) {
    super(config, (service, context) => service.samples?.analyzer(context))
  }

  /** Sequence of the last payload that was applied; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  /** Adds one payload. One that was applied before is ignored, so that a stream may be read again from any point. */
  apply({ sequence, part = 0, receivedMs, records }: JoinedPayload): Finding[] {
    if (sequence < this.#sequence || (sequence === this.#sequence && part <= this.#part)) return []
    this.#sequence = sequence
    this.#part = part
    this.reach(receivedMs)
    this.own.payloads++
    this.own.records += records.length
    for (const record of records) {
      for (const { analyzer } of this.running) analyzer.apply(record, receivedMs)
    }
    return this.decide(false)
  }

  protected position(): Position {
    return { sequence: this.#sequence, part: this.#part }
  }

  protected takePosition(position: unknown): void {
    const { sequence, part } = position as Position
    this.#sequence = sequence
    this.#part = part
  }
}
