import { deserialize, serialize } from 'node:v8'
import type { Finding, FindingMark } from '../model/finding.js'
import { BytesError } from './bytes.js'
import type { Catalogue } from './catalogue.js'
import { type CoreState, type EngineConfig, EngineCore, type ServiceCounts } from './engine_core.js'
import type { MarkCounts, MarkView } from './mark_memory.js'
import { readPartial } from './partial.js'
import type { FlowAnalyzer } from './service.js'

/** `empty`: the frame did not read, so there is nothing to apply; `missing`: its partial never came. */
export type SkipReason = 'missing' | 'corrupt' | 'empty'

/** Everything the engine counts; goes up only, and is part of the snapshot. */
export interface FlowEngineCounts {
  partials: number
  rows: number
  /** Rows whose exporter's clock was wrong. */
  shifted: number
  skipped: Record<SkipReason, number>
  services: ServiceCounts
}

interface Snapshot extends CoreState {
  readonly version: number
  readonly sequence: number
  readonly counts: FlowEngineCounts
}

const SNAPSHOT_VERSION = 1

/**
 * Detection on flows, the detector's half: partials in, findings out. Partials are applied in order of sequence, each
 * once; event time is the latest closing time of a frame. There is no other input, so the same frames give the same
 * findings, byte for byte.
 */
export class FlowEngine {
  readonly #core: EngineCore<FlowAnalyzer>
  #sequence = 0
  #counts: Omit<FlowEngineCounts, 'services'> = {
    partials: 0,
    rows: 0,
    shifted: 0,
    skipped: { missing: 0, corrupt: 0, empty: 0 },
  }

  constructor(config: EngineConfig) {
    this.#core = new EngineCore(config, (service, context) => service.flows?.analyzer(context))
  }

  /** Puts other subscriptions in force. The services that run stay the same. */
  use(catalogue: Catalogue): void {
    this.#core.use(catalogue)
  }

  /** Sequence of the last partial that was applied or skipped; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  /** Event time, ms since 1970. */
  get nowMs(): number {
    return this.#core.nowMs
  }

  get counts(): FlowEngineCounts {
    return { ...this.#counts, services: this.#core.counts }
  }

  /**
   * Adds one frame. A sequence that was applied before is ignored, so that a stream may be read again from any point.
   * A partial that does not read is counted, and detection goes on; one without bytes stands for a frame that did not.
   */
  apply(sequence: number, partial: Uint8Array): Finding[] {
    if (sequence <= this.#sequence) return []
    this.#sequence = sequence
    if (partial.length === 0) {
      this.#counts.skipped.empty++
      return []
    }
    try {
      this.#add(partial)
    } catch (error) {
      if (!(error instanceof BytesError)) throw error
      this.#counts.skipped.corrupt++
    }
    return this.#core.decide(false)
  }

  /** Goes on without the partial of `sequence`. */
  skip(sequence: number, reason: SkipReason): void {
    if (sequence <= this.#sequence) return
    this.#sequence = sequence
    this.#counts.skipped[reason]++
  }

  /** Moves event time on without a frame: at the end of a recording, so that what is quiet closes. */
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
    this.#counts = counts
    this.#core.restore(snapshot, services)
  }

  #add(partial: Uint8Array): void {
    const { header, sections } = readPartial(partial)
    this.#core.reach(header.closedMs)
    this.#counts.partials++
    this.#counts.rows += header.rows
    this.#counts.shifted += header.shifted
    for (const { service, analyzer } of this.#core.running) {
      const section = sections.get(service.flows!.tag)
      if (section !== undefined) analyzer.apply(section, header.closedMs)
    }
  }
}
