import type { z } from 'zod'
import type { Bilingual, Finding, ServiceId } from '../model/finding.js'
import type { ExporterNote } from '../model/frame.js'
import type { Category } from '../model/incident.js'
import type { JoinedRecord } from '../model/joined_record.js'
import type { StoreQuestion, StoreRow } from '../model/ports.js'
import type { ByteReader, ByteWriter } from './bytes.js'
import type { ServiceContext } from './context.js'
import type { FlowView } from './flow_view.js'
import type { Places } from './places.js'

/**
 * A security service: one file in `services/`, a line in its index, a test and a page. It has a **face** for each kind of
 * input that it looks at; each face is fed by an engine of its own, in the one order of its stream.
 *
 * ```
 *  flows    worker, per frame: observe(rows) … take(writer) ──bytes──▶ apply(section) … evaluate(now) ──▶ findings
 *  samples  records of SD-WAN edges, joined with the registry ───────▶ apply(record)  … evaluate(now) ──▶ findings
 *  horizons store: question(slot), once a slot is over ─────────rows─▶ apply(slot)    … evaluate(now) ──▶ findings
 * ```
 *
 * What a worker writes depends on the frame's rows alone, in their order; what is found depends on what was applied
 * alone, in its order. Neither reads a clock.
 */
export interface SecurityService<P = unknown> {
  readonly id: ServiceId
  readonly title: Bilingual
  /** What it finds and how, in two or three sentences; opens its page. */
  readonly about: Bilingual
  /** ATT&CK techniques it may name, the first being its main one; none where it finds no attacks. */
  readonly techniques: readonly string[]
  /** What its findings are about, for who is told and how they are grouped; security where it is not said. */
  readonly category?: Category
  /** Hosts inside that a finding of it, not an end, says somebody has taken over: other services watch them closely for a day. */
  takenOver?(finding: Finding): readonly string[]
  /** OCSF analytic type: 1 rule, 2 behavioural, 3 statistical. */
  readonly analyticType: 1 | 2 | 3
  /** Columns of a flow, keys of a sample, without which it sees nothing, and those that make it better. */
  readonly needs: readonly string[]
  readonly betterWith: readonly string[]
  /** Parameters with defaults; an organisation may set any of them. */
  readonly parameters: z.ZodType<P>
  /** Whether a site may set them too: what is judged lies at one site. The mode every site may set. */
  readonly bySite?: boolean
  /** Mode where nobody says anything of the service; active unless told otherwise. */
  readonly unasked?: 'shadow' | 'off'
  readonly flows?: FlowFace<P>
  readonly samples?: SampleFace<P>
  readonly horizons?: HorizonFace<P>
}

/** What a service sees of flows. */
export interface FlowFace<P> {
  /** Tag of its section in a partial. Never reused; a change of the section's layout takes a new one. */
  readonly tag: number
  /**
   * What the worker must look for so that none of `all` (the parameters in force somewhere) misses anything; what it must
   * know of the network is worked into it.
   */
  loosest(all: readonly P[], places: Places): P
  collector(parameters: P): PartialCollector
  analyzer(context: ServiceContext<P>): FlowAnalyzer
}

/** What a service sees of the records of SD-WAN edges. */
export interface SampleFace<P> {
  analyzer(context: ServiceContext<P>): SampleAnalyzer
}

/** What a service asks of the store, on a schedule: what takes days or weeks to see. */
export interface HorizonFace<P> {
  /** Of questions that are due at one moment, the first is asked first. */
  readonly horizons: readonly Horizon[]
  analyzer(context: ServiceContext<P>): HorizonAnalyzer
}

/** A question that is asked once of each slot of time. */
export interface Horizon {
  /** Its name within the service; positions are saved under it. */
  readonly id: string
  /** Length of a slot, s; slots begin at multiples of it since 1970 (UTC). */
  readonly everyS: number
  /** Asked so long after the slot's end that its late rows are in, s. */
  readonly settleS: number
  /** For so long an empty answer means that the slot is not in the store yet, s; 0: it means that there is nothing. */
  readonly patienceS: number
  /** Slots that are asked for afterwards, at most, when detection or the store was away; older ones are missed. */
  readonly catchUp: number
  /** Reads rollups: never raw flows of more than an hour. */
  question(slot: Slot): StoreQuestion
}

/** A span of event time, ms since 1970; `endMs` is not in it. */
export interface Slot {
  readonly startMs: number
  readonly endMs: number
}

/** The worker's side: adds up rows, writes what matters of a frame. */
export interface PartialCollector {
  /** One pass over the rows of `view`. No objects, no strings. */
  observe(view: FlowView): void
  /** What is known of the exporters themselves, once a frame, before `take`; only where there is something. */
  observeFrame?(notes: FrameNotes): void
  /** Writes the frame's section and forgets the frame. What did not fit is counted in the section. */
  take(writer: ByteWriter, frame: FrameSpan): void
}

/** What a frame says of its exporters, besides their flows. */
export interface FrameNotes {
  readonly collector: string
  /** Who was heard lately. */
  readonly exporters: readonly ExporterNote[]
  /** Sets of data in the frame that no template tells how to read, by exporter. */
  readonly unreadable: readonly { readonly address: string; readonly sets: number }[]
}

export interface FrameSpan {
  /** When the collector closed the frame, ms since 1970. */
  readonly closedMs: number
  /** From the first receipt in the frame to `closedMs`, ms; at least 1. */
  readonly spanMs: number
}

/** The detector's side: windows and decisions. */
export interface ServiceAnalyzer {
  /** Decides; called when event time has moved on by at least a second. Reports go to the context. */
  evaluate(nowMs: number): void
  /** State as plain data (structured clone). */
  snapshot(): unknown
  /** Takes what `snapshot` gave. */
  restore(state: unknown): void
}

export interface FlowAnalyzer extends ServiceAnalyzer {
  /** Adds one frame's section. */
  apply(section: ByteReader, closedMs: number): void
}

export interface SampleAnalyzer extends ServiceAnalyzer {
  /** Adds one record. Records of a controller come late and out of order: `observedMs` may lie before what was applied. */
  apply(record: JoinedRecord, receivedMs: number): void
}

export interface HorizonAnalyzer extends ServiceAnalyzer {
  /** Takes the answer for a slot, in the order in which slots are due; without rows there is none, and what is known holds. */
  apply(horizon: string, slot: Slot, rows: readonly StoreRow[] | undefined): void
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
