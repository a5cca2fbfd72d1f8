import { type SamplingRecord, SamplingTable } from './sampling.js'
import { Template } from './template.js'
import { domainKey } from './wire.js'

/** Bounds of what is learned from exporters. */
export interface LearnerLimits {
  /** Exporters with templates. Beyond, those that were silent longest are forgotten. */
  readonly exporters: number
  readonly domainsPerExporter: number
  readonly templatesPerExporter: number
  /** Estimated memory of one exporter's templates. */
  readonly bytesPerExporter: number
  /** Estimated memory of everything. */
  readonly bytesTotal: number
  /** Template definitions that are news: so many at once, then so many a second, an exporter. */
  readonly definitionsBurst: number
  readonly definitionsPerSecond: number
  /**
   * Frames that an exporter may have closed early by changing a template: so many at once, then so many a
   * second.
   */
  readonly splitsBurst: number
  readonly splitsPerSecond: number
}

export const DEFAULT_LEARNER_LIMITS: LearnerLimits = {
  exporters: 50_000,
  domainsPerExporter: 1024,
  templatesPerExporter: 4096,
  bytesPerExporter: 2 << 20,
  bytesTotal: 40 << 20,
  definitionsBurst: 8192,
  definitionsPerSecond: 100,
  splitsBurst: 64,
  splitsPerSecond: 4,
}

/** Estimates of what an object costs beside its template's bytes. */
const TEMPLATE_BYTES = 400
const FIELD_BYTES = 72
const BINDING_BYTES = 160
const DOMAIN_BYTES = 900
const EXPORTER_BYTES = 900
const SAMPLER_BYTES = 64

export function templateBytes(template: Template): number {
  const fields = template.options ? template.fieldCount * FIELD_BYTES : 0
  return TEMPLATE_BYTES + template.key.length + 8 * template.skips.length + fields
}

/** A template id of a domain and what it means now. */
export interface Binding {
  readonly id: number
  /** Undefined after a withdrawal. */
  template: Template | undefined
  /** What it meant to the datagrams of frame `usedFrame`. */
  used: Template | undefined
  usedFrame: number
  lastMs: number
}

export interface DomainState {
  readonly exporter: ExporterState
  readonly protocol: number
  readonly domain: number
  /** The exporter's port where it is known by one connection only; else 0. */
  readonly session: number
  readonly bindings: Map<number, Binding>
  readonly sampling: SamplingTable
  usedFrame: number
  /** Bindings that the current frame's datagrams refer to. */
  uses: Binding[]
  lastMs: number
}

/** Tokens for something that an exporter may do so often. */
class Budget {
  #tokens: number
  #atMs = 0
  readonly #burst: number
  readonly #perMs: number

  constructor(burst: number, perSecond: number) {
    this.#burst = burst
    this.#tokens = burst
    this.#perMs = perSecond / 1000
  }

  take(nowMs: number): boolean {
    const gained = Math.max(0, nowMs - this.#atMs) * this.#perMs
    this.#tokens = Math.min(this.#burst, this.#tokens + gained)
    this.#atMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

export class ExporterState {
  /** 16 bytes. */
  readonly address: Uint8Array
  readonly key: number | string
  readonly v9 = new Map<number, DomainState>()
  readonly ipfix = new Map<number, DomainState>()
  readonly definitions: Budget
  readonly splits: Budget
  templates = 0
  bytes = 0
  lastMs = 0
  usedFrame = 0

  constructor(address: Uint8Array, key: number | string, limits: LearnerLimits) {
    this.address = Uint8Array.from(address)
    this.key = key
    this.definitions = new Budget(limits.definitionsBurst, limits.definitionsPerSecond)
    this.splits = new Budget(limits.splitsBurst, limits.splitsPerSecond)
  }

  domainsOf(protocol: number): Map<number, DomainState> {
    return protocol === 9 ? this.v9 : this.ipfix
  }

  *domains(): Iterable<DomainState> {
    yield* this.v9.values()
    yield* this.ipfix.values()
  }

  get domainCount(): number {
    return this.v9.size + this.ipfix.size
  }
}

/** What was forgotten to stay within the bounds. Goes up only. */
export interface Evictions {
  templates: number
  domains: number
  exporters: number
}

/**
 * Everything learned, within its bounds. Equal templates are kept once. What the current frame refers to is
 * never forgotten: it is bounded by the size of a frame.
 */
export class LearnerState {
  readonly exporters = new Map<number | string, ExporterState>()
  readonly evicted: Evictions = { templates: 0, domains: 0, exporters: 0 }
  /** Estimated memory. */
  bytes = 0
  readonly #pool = new Map<string, { template: Template; references: number }>()
  readonly #limits: LearnerLimits
  readonly #uses: { readonly frame: number }

  /** `uses` says which frame is being filled. */
  constructor(limits: LearnerLimits, uses: { readonly frame: number }) {
    this.#limits = limits
    this.#uses = uses
  }

  get templates(): number {
    return this.#pool.size
  }

  exporter(address: Uint8Array, key: number | string, nowMs: number): ExporterState {
    let exporter = this.exporters.get(key)
    if (exporter === undefined) {
      exporter = new ExporterState(address, key, this.#limits)
      this.exporters.set(key, exporter)
      this.bytes += EXPORTER_BYTES
      exporter.lastMs = nowMs
      this.#boundExporters(exporter)
    }
    return exporter
  }

  /**
   * The domain, made when it is new; undefined when the exporter has all domains it may have, and all are in
   * use.
   */
  domain(
    exporter: ExporterState,
    protocol: number,
    id: number,
    session: number,
    nowMs: number,
  ): DomainState | undefined {
    const domains = exporter.domainsOf(protocol)
    const key = domainKey(id, session)
    let domain = domains.get(key)
    if (domain !== undefined) return domain
    if (exporter.domainCount >= this.#limits.domainsPerExporter && !this.#evictDomains(exporter))
      return undefined
    domain = {
      exporter,
      protocol,
      domain: id,
      session,
      bindings: new Map(),
      sampling: new SamplingTable(),
      usedFrame: 0,
      uses: [],
      lastMs: nowMs,
    }
    domains.set(key, domain)
    this.#charge(exporter, DOMAIN_BYTES)
    return domain
  }

  /**
   * Gives `id` the meaning `key`. `full`: the exporter's bound is reached and nothing of it can be forgotten;
   * `faulty`: no record could be read by it. Both leave everything as it is.
   */
  bind(domain: DomainState, id: number, key: string, nowMs: number): 'bound' | 'full' | 'faulty' {
    const { exporter } = domain
    const limits = this.#limits
    const template = this.#hold(key)
    const binding = domain.bindings.get(id)
    const cost = templateBytes(template) + (binding ? 0 : BINDING_BYTES)
    const full =
      (binding === undefined && exporter.templates >= limits.templatesPerExporter) ||
      exporter.bytes + cost > limits.bytesPerExporter
    const faulty = template.fault !== undefined
    if (faulty || (full && !this.#evictTemplates(exporter, binding))) {
      this.#release(template)
      return faulty ? 'faulty' : 'full'
    }
    if (binding === undefined) {
      domain.bindings.set(id, { id, template, used: undefined, usedFrame: 0, lastMs: nowMs })
      exporter.templates++
      this.bytes += BINDING_BYTES
    } else {
      this.#unbind(exporter, binding)
      binding.template = template
      binding.lastMs = nowMs
    }
    exporter.bytes += cost
    if (this.bytes > limits.bytesTotal) this.#boundExporters(exporter)
    return 'bound'
  }

  /**
   * Takes what an options record says of sampling; true when it was news. Beyond the exporter's bound nothing
   * is new.
   */
  learnSampling(domain: DomainState, record: SamplingRecord): boolean {
    const { sampling, exporter } = domain
    if (exporter.bytes > this.#limits.bytesPerExporter) return false
    const before = sampling.size
    const news = sampling.learn(record)
    this.#charge(exporter, (sampling.size - before) * SAMPLER_BYTES)
    return news
  }

  /** Takes what a snapshot knew. */
  restoreSampling(domain: DomainState, sampling: SamplingTable): void {
    const before = domain.sampling.size
    domain.sampling.takeFrom(sampling)
    this.#charge(domain.exporter, (domain.sampling.size - before) * SAMPLER_BYTES)
  }

  withdraw(domain: DomainState, binding: Binding): void {
    this.#unbind(domain.exporter, binding)
    binding.template = undefined
  }

  #unbind(exporter: ExporterState, { template }: Binding): void {
    if (template === undefined) return
    exporter.bytes -= templateBytes(template)
    this.#release(template)
  }

  #charge(exporter: ExporterState, bytes: number): void {
    exporter.bytes += bytes
    this.bytes += bytes
  }

  #hold(key: string): Template {
    let held = this.#pool.get(key)
    if (held === undefined) {
      held = { template: new Template(key), references: 0 }
      this.#pool.set(key, held)
      this.bytes += templateBytes(held.template)
    }
    held.references++
    return held.template
  }

  #release(template: Template): void {
    const held = this.#pool.get(template.key)!
    held.references--
    if (held.references > 0) return
    this.#pool.delete(template.key)
    this.bytes -= templateBytes(template)
  }

  /**
   * Forgets the quarter of an exporter's templates that were not used for longest; false when none could go.
   */
  #evictTemplates(exporter: ExporterState, keep: Binding | undefined): boolean {
    const found: { domain: DomainState; binding: Binding }[] = []
    for (const domain of exporter.domains()) {
      for (const binding of domain.bindings.values()) {
        if (binding.usedFrame !== this.#uses.frame && binding !== keep) found.push({ domain, binding })
      }
    }
    found.sort((a, b) => a.binding.lastMs - b.binding.lastMs)
    const going = found.slice(0, Math.ceil(found.length / 4))
    for (const { domain, binding } of going) this.#dropBinding(domain, binding)
    this.evicted.templates += going.length
    return going.length > 0
  }

  #dropBinding(domain: DomainState, binding: Binding): void {
    const { exporter } = domain
    this.#unbind(exporter, binding)
    domain.bindings.delete(binding.id)
    exporter.templates--
    this.#charge(exporter, -BINDING_BYTES)
  }

  /** Forgets what was said in a session; true when the current frame refers to it. */
  endSession(exporter: ExporterState, session: number): boolean {
    let used = false
    for (const domain of [...exporter.domains()]) {
      if (domain.session !== session) continue
      if (domain.usedFrame === this.#uses.frame) used = true
      this.#dropDomain(domain)
    }
    return used
  }

  #evictDomains(exporter: ExporterState): boolean {
    const idle = [...exporter.domains()].filter((d) => d.usedFrame !== this.#uses.frame)
    idle.sort((a, b) => a.lastMs - b.lastMs)
    const going = idle.slice(0, Math.ceil(idle.length / 4))
    for (const domain of going) this.#dropDomain(domain)
    this.evicted.domains += going.length
    return going.length > 0
  }

  #dropDomain(domain: DomainState): void {
    for (const binding of [...domain.bindings.values()]) this.#dropBinding(domain, binding)
    domain.exporter.domainsOf(domain.protocol).delete(domainKey(domain.domain, domain.session))
    this.#charge(domain.exporter, -DOMAIN_BYTES - domain.sampling.size * SAMPLER_BYTES)
  }

  /** Forgets the exporters that were silent longest until a tenth of the room is free again. */
  #boundExporters(keep: ExporterState): void {
    const { exporters, bytesTotal } = this.#limits
    if (this.exporters.size <= exporters && this.bytes <= bytesTotal) return
    const idle = [...this.exporters.values()].filter((e) => e !== keep && e.usedFrame !== this.#uses.frame)
    idle.sort((a, b) => a.lastMs - b.lastMs)
    for (const exporter of idle) {
      if (this.exporters.size <= 0.9 * exporters && this.bytes <= 0.9 * bytesTotal) break
      for (const domain of [...exporter.domains()]) this.#dropDomain(domain)
      this.exporters.delete(exporter.key)
      this.bytes -= EXPORTER_BYTES
      this.evicted.exporters++
    }
  }
}
