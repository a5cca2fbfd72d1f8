import type { RejectCode } from '../../model/reject.js'
import { CONFIGURED, type ContextDomain, decodeContext, encodeContext } from './context.js'
import { type DatagramHeader, type FlowVersion, newHeader, readHeader } from './datagram_header.js'
import { FrameUses } from './frame_uses.js'
import { effectiveSampling, identity, snapshotOf } from './learner_context.js'
import {
  DEFAULT_LEARNER_LIMITS,
  type DomainState,
  type Evictions,
  type ExporterState,
  type LearnerLimits,
  LearnerState,
} from './learner_state.js'
import { OptionsReader, saysSampling } from './options_record.js'
import { SamplingTable } from './sampling.js'
import { countRecords, isOptions, type Template, type TemplateKind, templateKey } from './template.js'
import { type TemplateSetVisitor, templateSetKind, walkTemplateSet } from './template_set.js'
import { addressKey, domainKey, FIRST_DATA_SET, SET_HEADER_BYTES, u16 } from './wire.js'

/** What a look at a datagram found. One object, overwritten by the next `learn`. */
export interface LearnResult {
  /** Why nothing in it can ever be used: the datagram is not to be framed. Undefined for a good one. */
  reject: RejectCode | undefined
  /** 1, 5, 7, 9, 10 (IPFIX) or 11 (sFlow 5): the codes of `export_protocol`. */
  protocol: FlowVersion
  /**
   * Observation domain, source id, engine, or sub-agent: sequence numbers count within exporter, protocol and
   * domain.
   */
  domain: number
  /** -1 where the protocol has none. */
  sequence: number
  /**
   * By how much the next datagram's sequence is higher: 1 for v9 and sFlow, which count datagrams; records
   * for v5, v7 and IPFIX. -1 when it cannot be known, for want of a template: take the next datagram's
   * sequence as it comes.
   */
  units: number
  /** Export time by the exporter's clock, ms since 1970; 0 where the header tells none. */
  exportMs: number
  /** A data set's template is not known: let the datagram wait. */
  missing: boolean
  /** A template came that was not known: datagrams of this exporter that wait may go. */
  learned: boolean
  /** What `snapshot` gives is no longer what it was. */
  changed: boolean
  /**
   * The current frame cannot take the datagram: it means something else by one of its templates already, or its
   * context is full. Close the frame with `takeContext`, then call `learn` with the same object again.
   */
  redefines: boolean
}

/**
 * The collector's fast look at datagrams: learns templates and sampling, tells what waits for what, and notes
 * what the datagrams of a frame refer to. Keyed by exporter address, protocol and observation domain, never
 * by port.
 *
 * A datagram that will be framed must have been learned for that frame: one that waited is learned again when
 * it is released.
 */
export class FlowLearner {
  readonly #state: LearnerState
  readonly #limits: LearnerLimits
  readonly #header: DatagramHeader = newHeader()
  readonly #options = new OptionsReader()
  readonly #uses = new FrameUses()
  readonly #visitor: TemplateSetVisitor
  /** Template ids that the datagram itself has defined so far: the decoder reads them there. */
  readonly #local: number[] = []
  /** Sessions that have ended since the frame in hand began, and that it refers to. */
  readonly #ended = new Set<string>()
  /** Sampling rates that the configuration gives exporters, and the last frame that needs each. */
  readonly #configured = new Map<number | string, { address: Uint8Array; rate: number; frame: number }>()
  /** The last datagram, when it went into the frame or must go into the next. */
  #again: Uint8Array | undefined
  #againFrame = 0
  #exporter: ExporterState | undefined
  #domain: DomainState | undefined
  #nowMs = 0
  #session = 0
  #address: Uint8Array = new Uint8Array(16)
  #hasData = false
  readonly #result: LearnResult = {
    reject: undefined,
    protocol: 9,
    domain: 0,
    sequence: -1,
    units: 0,
    exportMs: 0,
    missing: false,
    learned: false,
    changed: false,
    redefines: false,
  }

  constructor(limits: Partial<LearnerLimits> = {}) {
    this.#limits = { ...DEFAULT_LEARNER_LIMITS, ...limits }
    this.#state = new LearnerState(this.#limits, this.#uses)
    this.#visitor = {
      define: (kind, id, b, o, bytes) => this.#define(kind, id, b, o, bytes),
      withdraw: (kind, id) => this.#withdraw(kind, id),
      invalid: () => {},
      truncated: () => {},
    }
  }

  /** Templates that were news, since the start. */
  definitions = 0

  /** What was forgotten to stay within the bounds, since the start. */
  get evicted(): Readonly<Evictions> {
    return this.#state.evicted
  }

  /** How much is known now; `bytes` is an estimate of the memory it takes. */
  get size(): { exporters: number; templates: number; bytes: number } {
    return {
      exporters: this.#state.exporters.size,
      templates: this.#state.templates,
      bytes: this.#state.bytes,
    }
  }

  /** What `id` means now in a domain of an exporter, first of all in a session of its port. */
  template(
    exporter: Uint8Array,
    protocol: number,
    domain: number,
    id: number,
    port: number,
  ): Template | undefined {
    const domains = this.#state.exporters.get(addressKey(exporter))?.domainsOf(protocol)
    const of = domains?.get(domainKey(domain, port)) ?? domains?.get(domain)
    return of?.bindings.get(id)?.template
  }

  /** Templates and options templates known of one exporter, over all its domains. */
  templatesOf(exporter: Uint8Array): number {
    return this.#state.exporters.get(addressKey(exporter))?.templates ?? 0
  }

  /**
   * Looks at a datagram of `exporter` (16 bytes), received at `receivedMs`. With `last`, the datagram is
   * framed even if a template is missing: its wait is over. What comes over a connection (IPFIX over TCP) has
   * the exporter's port as its `session`, and what it says holds for that session only.
   */
  learn(
    exporter: Uint8Array,
    datagram: Uint8Array,
    receivedMs: number,
    last = false,
    session = 0,
  ): LearnResult {
    const r = this.#result
    const h = this.#header
    if (datagram === this.#again && this.#uses.frame !== this.#againFrame) return this.#learnAgain()
    this.#again = undefined
    r.reject = readHeader(datagram, h)
    r.missing = false
    r.redefines = false
    r.learned = false
    r.changed = false
    r.units = 1
    if (r.reject !== undefined) return r
    r.protocol = h.version
    r.domain = h.domain
    r.sequence = h.sequence
    r.exportMs = h.exportMs
    if (this.#configured.size > 0) this.#useConfigured(exporter)
    this.#session = session
    if (h.version === 9 || h.version === 10) this.#learnSets(exporter, datagram, receivedMs, last)
    else if (h.version !== 11) r.units = h.count
    return r
  }

  /**
   * Notes the sampling rate that the configuration gives an exporter, for frames with its datagrams; 0: none.
   * The caller bounds the exporters.
   */
  configure(exporter: Uint8Array, rate: number): void {
    const key = addressKey(exporter)
    if (rate > 0) this.#configured.set(key, { address: Uint8Array.from(exporter), rate, frame: 0 })
    else this.#configured.delete(key)
  }

  /**
   * A session begins on a port of the exporter. True when the frame in hand holds messages of an earlier session
   * of that port: close it first, for what those meant is not what the new ones will mean.
   */
  beginSession(exporter: Uint8Array, session: number): boolean {
    return this.#ended.has(`${addressKey(exporter)} ${session}`)
  }

  /** A session has ended: what was said in it is forgotten, when the frame in hand is closed. */
  endSession(exporter: Uint8Array, session: number): void {
    const state = this.#state.exporters.get(addressKey(exporter))
    if (state !== undefined && this.#state.endSession(state, session))
      this.#ended.add(`${addressKey(exporter)} ${session}`)
  }

  #useConfigured(exporter: Uint8Array): void {
    const known = this.#configured.get(addressKey(exporter))
    if (known !== undefined) known.frame = this.#uses.frame
  }

  #learnSets(address: Uint8Array, b: Uint8Array, receivedMs: number, last: boolean): void {
    const r = this.#result
    const h = this.#header
    this.#nowMs = receivedMs
    this.#address = address
    this.#exporter = this.#state.exporters.get(addressKey(address))
    this.#domain = this.#exporter?.domainsOf(h.version).get(domainKey(h.domain, this.#session))
    if (this.#exporter !== undefined) this.#exporter.lastMs = receivedMs
    if (this.#domain !== undefined) this.#domain.lastMs = receivedMs
    this.#local.length = 0
    this.#uses.begin()
    this.#hasData = false
    r.units = 0
    let at = h.start
    while (at + SET_HEADER_BYTES <= h.end && r.reject === undefined) {
      const setId = u16(b, at)
      const length = u16(b, at + 2)
      if (length < SET_HEADER_BYTES) break
      const end = Math.min(at + length, h.end)
      const kind = setId < FIRST_DATA_SET ? templateSetKind(h.version, setId) : undefined
      if (kind !== undefined) walkTemplateSet(kind, b, at + SET_HEADER_BYTES, end, this.#visitor)
      else if (setId >= FIRST_DATA_SET) this.#dataSet(setId, b, at + SET_HEADER_BYTES, end)
      at = end
    }
    if (h.version === 9) r.units = 1
    this.#settle(b, last)
  }

  #dataSet(id: number, b: Uint8Array, o: number, end: number): void {
    const r = this.#result
    const binding = this.#domain?.bindings.get(id)
    const template = binding?.template
    if (binding === undefined || template === undefined) {
      r.missing = true
      r.units = -1
      if (binding !== undefined) this.#uses.addWithdrawn(binding)
      return
    }
    binding.lastMs = this.#nowMs
    this.#hasData = true
    if (r.protocol === 10 && r.units >= 0) r.units += countRecords(template, b, o, end)
    if (template.options && saysSampling(template)) this.#readSampling(template, b, o, end)
    if (this.#local.length === 0 || !this.#local.includes(id)) this.#uses.add(binding, template)
  }

  #readSampling(template: Template, b: Uint8Array, o: number, end: number): void {
    const domain = this.#domain!
    for (let at = o; at >= 0 && at + template.minBytes <= end; ) {
      at = this.#options.read(template, b, at, end, false)
      if (at >= 0 && this.#state.learnSampling(domain, this.#options.record)) this.#result.changed = true
    }
  }

  /** Notes what the frame will need, unless the datagram is not going into it. */
  #settle(datagram: Uint8Array, last: boolean): void {
    const r = this.#result
    if (r.reject !== undefined || (r.missing && !last)) return
    if (!this.#hasData && !this.#uses.conflicts) return
    if (this.#uses.conflicts && !this.#exporter!.splits.take(this.#nowMs)) {
      r.reject = 'exporter_limit'
      return
    }
    r.redefines = this.#uses.conflicts || this.#uses.isFull(this.#domain!)
    if (!r.redefines) this.#uses.note(this.#domain!)
    this.#again = datagram
    this.#againFrame = this.#uses.frame
  }

  /**
   * The last datagram goes into the next frame after all. It is not walked again: what it has taught would change
   * what it meant itself.
   */
  #learnAgain(): LearnResult {
    const r = this.#result
    if (!r.redefines) {
      r.learned = false
      r.changed = false
    }
    r.redefines = false
    if (this.#configured.size > 0) this.#useConfigured(this.#address)
    this.#uses.note(this.#domain!)
    this.#againFrame = this.#uses.frame
    return r
  }

  #define(kind: TemplateKind, id: number, b: Uint8Array, o: number, bytes: number): void {
    const r = this.#result
    if (r.reject !== undefined) return
    const key = templateKey(kind, b, o, bytes)
    const known = this.#domain?.bindings.get(id)
    if (known?.template?.key === key) {
      known.lastMs = this.#nowMs
      this.#local.push(id)
      return
    }
    const h = this.#header
    this.#exporter ??= this.#state.exporter(this.#address, addressKey(this.#address), this.#nowMs)
    if (!this.#exporter.definitions.take(this.#nowMs)) {
      r.reject = 'exporter_limit'
      return
    }
    this.#domain ??= this.#state.domain(this.#exporter, h.version, h.domain, this.#session, this.#nowMs)
    const outcome = this.#domain ? this.#state.bind(this.#domain, id, key, this.#nowMs) : 'full'
    if (outcome === 'full') r.reject = 'exporter_limit'
    if (outcome !== 'bound') return
    this.#local.push(id)
    this.definitions++
    r.learned = true
    r.changed = true
  }

  #withdraw(kind: TemplateKind, id: number): void {
    const domain = this.#domain
    if (domain === undefined) return
    for (const binding of domain.bindings.values()) {
      const named = binding.id === id
      const all = id < FIRST_DATA_SET && binding.template?.options === isOptions(kind)
      if (binding.template === undefined || !(named || all)) continue
      this.#state.withdraw(domain, binding)
      this.#result.changed = true
    }
  }

  /**
   * The context of the datagrams learned since the last call, for the frame that holds them; the next frame
   * begins. Equal knowledge gives equal bytes.
   */
  takeContext(): Uint8Array {
    const domains: ContextDomain[] = []
    const common = new Map<ExporterState, SamplingTable>()
    this.#ended.clear()
    for (const { address, rate, frame } of this.#configured.values()) {
      if (frame !== this.#uses.frame) continue
      const sampling = new SamplingTable()
      sampling.defaultRate = rate
      const nothing = { domain: 0, session: 0, templates: new Map<number, string>() }
      domains.push({ exporter: address, protocol: CONFIGURED, ...nothing, sampling })
    }
    for (const domain of this.#uses.take()) {
      const templates = new Map<number, string>()
      for (const { id, used } of domain.uses) templates.set(id, used!.key)
      const sampling = effectiveSampling(domain, common)
      domain.uses = []
      if (templates.size > 0 || !sampling.empty) domains.push({ ...identity(domain), templates, sampling })
    }
    return encodeContext(domains)
  }

  /** All that is known, for `restore` after a restart. */
  snapshot(): Uint8Array {
    const domains: ContextDomain[] = []
    for (const exporter of this.#state.exporters.values()) domains.push(...snapshotOf(exporter))
    return encodeContext(domains)
  }

  /** What is known of one exporter; `restore` takes it as well. */
  snapshotExporter(exporter: Uint8Array): Uint8Array {
    const state = this.#state.exporters.get(addressKey(exporter))
    return encodeContext(state === undefined ? [] : snapshotOf(state))
  }

  /** Adds what a snapshot holds to what is known. Throws `ContextError` when the bytes are no snapshot. */
  restore(snapshot: Uint8Array): void {
    for (const { exporter, protocol, domain, templates, sampling } of decodeContext(snapshot)) {
      const owner = this.#state.exporter(exporter, addressKey(exporter), 0)
      const state = this.#state.domain(owner, protocol, domain, 0, 0)
      if (state === undefined) continue
      for (const [id, key] of templates) this.#state.bind(state, id, key, 0)
      this.#state.restoreSampling(state, sampling)
    }
  }
}
