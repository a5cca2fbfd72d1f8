import { deserialize, serialize } from 'node:v8'
import type { Finding, FindingMark } from '../model/finding.js'
import type { JoinedPayload } from '../model/joined_record.js'
import { BytesError } from './bytes.js'
import type { Catalogue } from './catalogue.js'
import { type CoreState, type EngineConfig, EngineCore, type ServiceCounts } from './engine_core.js'
import type { MarkCounts, MarkView } from './mark_memory.js'
import type { SampleAnalyzer } from './service.js'

/** Everything the engine counts; goes up only, and is part of the snapshot. */
export interface SampleEngineCounts {
  payloads: number
  records: number
  services: ServiceCounts
}

interface Snapshot extends CoreState {
  readonly version: number
  readonly sequence: number
  readonly part: number
  readonly counts: SampleEngineCounts
}

const SNAPSHOT_VERSION = 1

/**
 * Detection on what SD-WAN edges measure: joined payloads in, findings out. Payloads are applied in order of sequence,
 * each once; event time is the latest receipt of a payload. A payload without records tells the time.
 */
export class SampleEngine {
  readonly #core: EngineCore<SampleAnalyzer>
  #sequence = 0
  #part = 0
  #counts: Omit<SampleEngineCounts, 'services'> = { payloads: 0, records: 0 }

  constructor(config: EngineConfig) {
    this.#core = new EngineCore(config, (service, context) => service.samples?.analyzer(context))
  }

  /** Puts other subscriptions in force. The services that run stay the same. */
  use(catalogue: Catalogue): void {
    this.#core.use(catalogue)
  }

  /** Sequence of the last payload that was applied; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  /** Event time, ms since 1970. */
  get nowMs(): number {
    return this.#core.nowMs
  }

  get counts(): SampleEngineCounts {
    return { ...this.#counts, services: this.#core.counts }
  }

  /** Adds one payload. One that was applied before is ignored, so that a stream may be read again from any point. */
  apply({ sequence, part = 0, receivedMs, records }: JoinedPayload): Finding[] {
    if (sequence < this.#sequence || (sequence === this.#sequence && part <= this.#part)) return []
    this.#sequence = sequence
    this.#part = part
    this.#core.reach(receivedMs)
    this.#counts.payloads++
    this.#counts.records += records.length
    for (const record of records) {
      for (const { analyzer } of this.#core.running) analyzer.apply(record, receivedMs)
    }
    return this.#core.decide(false)
  }

  /** Moves event time on without a payload: at the end of a recording, so that what is quiet closes. */
  advance(nowMs: number): Finding[] {
    this.#core.reach(nowMs)
    return this.#core.decide(true)
  }

  /** Takes over what people said of a finding, at this place of the input. */
  mark(mark: FindingMark, sequence?: number): Finding[] {
    return this.#core.mark(mark, sequence)
  }

  get marksThrough(): number {
    return this.#core.marksThrough
  }

  /** The marks in force, with what they kept quiet. */
  get marks(): MarkView[] {
    return this.#core.marks
  }

  get markCounts(): MarkCounts {
    return this.#core.markCounts
  }

  snapshot(): Uint8Array {
    const snapshot: Snapshot = {
      version: SNAPSHOT_VERSION,
      sequence: this.#sequence,
      part: this.#part,
      counts: this.counts,
      ...this.#core.snapshot(),
    }
    return serialize(snapshot)
  }

  /** Takes what `snapshot` gave; throws when it cannot be read or is of another version. */
  restore(bytes: Uint8Array): void {
    const snapshot = deserialize(bytes) as Snapshot
    if (snapshot.version !== SNAPSHOT_VERSION)
      throw new BytesError(`a snapshot of version ${snapshot.version}`)
    const { services, ...counts } = snapshot.counts
    this.#sequence = snapshot.sequence
    this.#part = snapshot.part
    this.#counts = counts
    this.#core.restore(snapshot, services)
  }
}
