import type { Finding } from '../model/finding.js'
import { BytesError } from './bytes.js'
import { type EngineConfig, EngineCore, type WithServices } from './engine_core.js'
import { readPartial } from './partial.js'
import type { FlowAnalyzer } from './service.js'

/** `empty`: the frame did not read, so there is nothing to apply; `missing`: its partial never came. */
export type SkipReason = 'missing' | 'corrupt' | 'empty'

interface FlowCounts {
  partials: number
  rows: number
  /** Rows whose exporter's clock was wrong. */
  shifted: number
  skipped: Record<SkipReason, number>
}
export type FlowEngineCounts = WithServices<FlowCounts>

/**
 * Detection on flows, the detector's half: partials in, findings out. Partials are applied in order of sequence, each
 * once; event time is the latest closing time of a frame.
 */
export class FlowEngine extends EngineCore<FlowAnalyzer, FlowCounts> {
  protected own: FlowCounts = {
    partials: 0,
    rows: 0,
    shifted: 0,
    skipped: { missing: 0, corrupt: 0, empty: 0 },
  }
  #sequence = 0

  constructor(config: EngineConfig) {
    super(config, (service, context) => service.flows?.analyzer(context))
  }

  /** Sequence of the last partial that was applied or skipped; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  /**
   * Adds one frame. A sequence that was applied before is ignored, so that a stream may be read again from any point.
   * A partial that does not read is counted, and detection goes on; one without bytes stands for a frame that did not.
   */
  apply(sequence: number, partial: Uint8Array): Finding[] {
    if (sequence <= this.#sequence) return []
    this.#sequence = sequence
    if (partial.length === 0) {
      this.own.skipped.empty++
      return []
    }
    try {
      this.#add(partial)
    } catch (error) {
      if (!(error instanceof BytesError)) throw error
      this.own.skipped.corrupt++
    }
    return this.decide(false)
  }

  /** Goes on without the partial of `sequence`. */
  skip(sequence: number, reason: SkipReason): void {
    if (sequence <= this.#sequence) return
    this.#sequence = sequence
    this.own.skipped[reason]++
  }

  protected position(): unknown {
    return this.#sequence
  }

  protected takePosition(position: unknown): void {
    this.#sequence = position as number
  }

  #add(partial: Uint8Array): void {
    const { header, sections } = readPartial(partial)
    this.reach(header.closedMs)
    this.own.partials++
    this.own.rows += header.rows
    this.own.shifted += header.shifted
    for (const { service, analyzer } of this.running) {
      const section = sections.get(service.flows!.tag)
      if (section !== undefined) analyzer.apply(section, header.closedMs)
    }
  }
}
