import type { z } from 'zod'
import type { Bilingual, ServiceId } from '../model/finding.js'
import type { ByteReader, ByteWriter } from './bytes.js'
import type { ServiceContext } from './context.js'
import type { FlowView } from './flow_view.js'
import type { Places } from './places.js'

/**
 * A security service: one file in `services/`, a line in its index, a test and a page.
 *
 * ```
 *  worker, per frame                        detector, in order of frame sequence
 *  observe(rows) … take(writer) ──bytes──▶ apply(reader) … evaluate(now) ──▶ findings
 * ```
 *
 * What the worker writes depends on the frame's rows alone, in their order; what the detector finds depends on the
 * partials alone, in theirs. Neither reads a clock.
 */
export interface SecurityService<P = unknown> {
  readonly id: ServiceId
  /** Tag of its section in a partial. Never reused; a change of the section's layout takes a new one. */
  readonly tag: number
  readonly title: Bilingual
  /** What it finds and how, in two or three sentences; opens its page. */
  readonly about: Bilingual
  /** ATT&CK techniques it may name, the first being its main one. */
  readonly techniques: readonly string[]
  /** OCSF analytic type: 1 rule, 2 behavioural, 3 statistical. */
  readonly analyticType: 1 | 2 | 3
  /** Columns of a flow without which it sees nothing, and those that make it better. */
  readonly needs: readonly string[]
  readonly betterWith: readonly string[]
  /** Parameters with defaults; an organisation may set any of them. */
  readonly parameters: z.ZodType<P>
  /**
   * What the worker must look for so that none of `all` (the parameters in force somewhere) misses anything; what it must
   * know of the network is worked into it.
   */
  loosest(all: readonly P[], places: Places): P
  collector(parameters: P): PartialCollector
  analyzer(context: ServiceContext<P>): ServiceAnalyzer
}

/** The worker's side: adds up rows, writes what matters of a frame. */
export interface PartialCollector {
  /** One pass over the rows of `view`. No objects, no strings. */
  observe(view: FlowView): void
  /** Writes the frame's section and forgets the frame. What did not fit is counted in the section. */
  take(writer: ByteWriter, frame: FrameSpan): void
}

export interface FrameSpan {
  /** When the collector closed the frame, ms since 1970. */
  readonly closedMs: number
  /** From the first receipt in the frame to `closedMs`, ms; at least 1. */
  readonly spanMs: number
}

/** The detector's side: windows and decisions. */
export interface ServiceAnalyzer {
  /** Adds one frame's section. */
  apply(section: ByteReader, closedMs: number): void
  /** Decides; called when event time has moved on by at least a second. Reports go to the context. */
  evaluate(nowMs: number): void
  /** State as plain data (structured clone). */
  snapshot(): unknown
  /** Takes what `snapshot` gave. */
  restore(state: unknown): void
}

/** A service whose parameters' type is not known where it is used. */
export interface AnyService extends SecurityService<unknown> {
  /** What a parameter means, in one English sentence. */
  meaning(parameter: string): string | undefined
}

/** Forgets the type of a service's parameters: the catalogue checks them by the schema before any are used. */
export function anyService<P extends Record<string, unknown>>(service: SecurityService<P>): AnyService {
  const { shape } = service.parameters as unknown as z.ZodObject
  const meaning = (parameter: string): string | undefined => shape[parameter]?.description
  return { ...(service as unknown as SecurityService<unknown>), meaning }
}
