import type { Finding, FindingMark, ServiceId } from '../model/finding.js'
import type { ThreatName } from '../model/threat.js'
import type { Catalogue } from './catalogue.js'
import type { ServiceContext } from './context.js'
import { FindingBook } from './finding_book.js'
import { maintenanceAt } from './maintenance.js'
import { type MarkConfig, type MarkCounts, MarkMemory, type MarkState, type MarkView } from './mark_memory.js'
import { Related } from './related.js'
import type { AnyService, ServiceAnalyzer } from './service.js'
import { type Shard, shardOf, WHOLE } from './shards.js'
import { Suspects } from './suspects.js'

export interface EngineConfig {
  readonly catalogue: Catalogue
  /** Registry ids by number. */
  readonly orgName?: (id: number) => string | undefined
  readonly siteName?: (id: number) => string | undefined
  /** Threat indicators by number. */
  readonly threat?: (number: number) => ThreatName | undefined
  /** The organisations that it speaks for; all unless told otherwise. */
  readonly shard?: Shard
  /** How long marks hold, and how findings are named in them. */
  readonly marks?: MarkConfig
}

/** By service, then by the service's own names: what bounds threw away, and findings by activity. Goes up only, but for `open`. */
export type ServiceCounts = Record<string, Record<string, number>>

interface Running<A> {
  readonly service: AnyService
  readonly analyzer: A
  readonly book: FindingBook
}

/** State of what all engines share, plain data. */
export interface CoreState {
  readonly nowMs: number
  readonly evaluatedS: number
  readonly services: Record<string, { state: unknown; book: unknown }>
  readonly suspects?: unknown
  readonly related?: unknown
  readonly marks?: MarkState
}

/** Services decide when event time has moved on by this, s. */
const EVALUATE_EVERY_S = 1
/** A mark that says nothing else holds for so long, ms. */
const MARK_HOLD_MS = 30 * 86_400_000
/** Open incidents of one service at most. */
const OPEN_FINDINGS = 10_000

/**
 * What every engine is made of: the services that look at its kind of input, each with its analyzer and its book of open
 * incidents, and event time. The engine around it reads its input, hands it to the analyzers, and asks for decisions.
 */
export class EngineCore<A extends ServiceAnalyzer> {
  readonly #config: EngineConfig
  readonly #running: Running<A>[]
  readonly #suspects = new Suspects()
  readonly #related = new Related()
  readonly #marks: MarkMemory
  #catalogue: Catalogue
  #nowMs = 0
  #evaluatedS = 0
  #counts: ServiceCounts = {}

  /** @param analyzerOf the analyzer of a service for this engine's input; undefined where the service does not look at it */
  constructor(
    config: EngineConfig,
    analyzerOf: (service: AnyService, context: ServiceContext<unknown>) => A | undefined,
  ) {
    this.#config = config
    this.#catalogue = config.catalogue
    this.#marks = new MarkMemory(config.marks ?? { holdMs: MARK_HOLD_MS })
    this.#running = config.catalogue.services.flatMap((service) => {
      const names = this.#names()
      const book = new FindingBook({
        service: service.id,
        capacity: OPEN_FINDINGS,
        ...names,
        marks: this.#marks,
      })
      const analyzer = analyzerOf(service, this.#contextOf(service, book))
      return analyzer === undefined ? [] : [{ service, analyzer, book }]
    })
  }

  /** Puts other subscriptions in force. The services that run stay the same. */
  use(catalogue: Catalogue): void {
    this.#catalogue = catalogue
  }

  /** Event time, ms since 1970. */
  get nowMs(): number {
    return this.#nowMs
  }

  get running(): readonly { readonly service: AnyService; readonly analyzer: A }[] {
    return this.#running
  }

  get counts(): ServiceCounts {
    for (const { service, book } of this.#running) {
      Object.assign(this.#countsOf(service.id), book.counts, { open: book.size })
    }
    return this.#counts
  }

  /** Moves event time on; it never goes back. */
  reach(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
  }

  /** What the services find now. @param always also where event time has hardly moved since they were asked last */
  decide(always: boolean): Finding[] {
    const second = Math.floor(this.#nowMs / 1000)
    if (!always && second < this.#evaluatedS + EVALUATE_EVERY_S) return []
    this.#evaluatedS = second
    const findings: Finding[] = []
    for (const { analyzer, book } of this.#running) {
      // What was quiet for long is over before what comes now is looked at.
      book.expire(this.#nowMs)
      analyzer.evaluate(this.#nowMs)
      const found = book.take()
      for (const finding of found) {
        this.#suspects.note(finding)
        findings.push(this.#related.link(finding))
      }
    }
    return findings
  }

  /** Takes over what people said of a finding. Gives the end of what it closes. @param sequence of the mark in its stream */
  mark(mark: FindingMark, sequence = 0): Finding[] {
    const closed = this.#marks.give(mark, this.#nowMs, sequence)
    const book = this.#running.find(({ service }) => service.id === closed?.service)?.book
    if (closed === undefined || book === undefined) return []
    book.mark(closed.key, mark, this.#nowMs)
    return book.take().map((finding) => {
      this.#suspects.forget(finding.uid)
      return this.#related.link(finding)
    })
  }

  /** Sequence of the last mark that was taken from its stream. */
  get marksThrough(): number {
    return this.#marks.through
  }

  /** The marks in force. */
  get marks(): MarkView[] {
    return this.#marks.view(this.#nowMs)
  }

  /** What marks did; goes up only. */
  get markCounts(): MarkCounts {
    return this.#marks.counts
  }

  snapshot(): CoreState {
    const services: CoreState['services'] = {}
    for (const { service, analyzer, book } of this.#running) {
      services[service.id] = { state: analyzer.snapshot(), book: book.snapshot() }
    }
    return {
      nowMs: this.#nowMs,
      evaluatedS: this.#evaluatedS,
      services,
      suspects: this.#suspects.snapshot(),
      related: this.#related.snapshot(),
      marks: this.#marks.snapshot(),
    }
  }

  /** Takes what `snapshot` and `counts` gave. */
  restore(state: CoreState, counts: ServiceCounts): void {
    this.#nowMs = state.nowMs
    this.#evaluatedS = state.evaluatedS
    this.#counts = counts
    if (state.suspects !== undefined) this.#suspects.restore(state.suspects)
    if (state.related !== undefined) this.#related.restore(state.related)
    if (state.marks !== undefined) this.#marks.restore(state.marks)
    for (const { service, analyzer, book } of this.#running) {
      const saved = state.services[service.id]
      if (saved === undefined) continue
      analyzer.restore(saved.state)
      book.restore(saved.book as Parameters<FindingBook['restore']>[0])
      Object.assign(book.counts, pick(counts[service.id] ?? {}, Object.keys(book.counts)))
    }
  }

  #names(): { orgName(id: number): string | undefined; siteName(id: number): string | undefined } {
    const { orgName, siteName } = this.#config
    return { orgName: orgName ?? (() => undefined), siteName: siteName ?? (() => undefined) }
  }

  #contextOf(service: AnyService, book: FindingBook): ServiceContext<unknown> {
    const { catalogue } = this.#config
    const { shard, shards } = this.#config.shard ?? WHOLE
    return {
      loosest: catalogue.loosest(service),
      parametersOf: (orgId) => this.#catalogue.effective(service.id, orgId).parameters,
      report: (report) => {
        // What is about an organisation of another shard is told by that one's detector, who sees all of it.
        const other = report.orgId !== 0 && shardOf(report.orgId, shards) !== shard
        if (other) return
        const { mode } = this.#catalogue.effective(service.id, report.orgId)
        if (mode !== 'off') book.report(report, this.#nowMs, mode === 'shadow')
      },
      isOpen: (key) => book.isOpen(key),
      count: (name, by) => {
        if (by === 0) return
        const counts = this.#countsOf(service.id)
        counts[name] = (counts[name] ?? 0) + by
      },
      ...this.#names(),
      places: () => this.#catalogue.places,
      threat: (number) => this.#config.threat?.(number),
      maintenance: (siteId, linkId, atMs) =>
        maintenanceAt(this.#catalogue.places.maintenance ?? [], siteId, linkId, atMs),
      suspicion: (address) => this.#suspects.of(address, this.#nowMs),
    }
  }

  #countsOf(id: ServiceId): Record<string, number> {
    this.#counts[id] ??= {}
    return this.#counts[id]
  }
}

function pick(from: Record<string, number>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])))
}
