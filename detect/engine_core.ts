import { deserialize, serialize } from 'node:v8'
import type { Finding, FindingMark, ServiceId } from '../model/finding.js'
import type { ThreatName } from '../model/threat.js'
import { BytesError } from './bytes.js'
import type { Catalogue } from './catalogue.js'
import type { ServiceContext } from './context.js'
import { type BookState, FindingBook } from './finding_book.js'
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

/** What an engine counts of its own input; goes up only. */
type OwnCounts = object
export type WithServices<C extends OwnCounts> = C & { services: ServiceCounts }

/** State of one service, plain data. */
interface ServiceState {
  readonly state: unknown
  readonly book: BookState
}

/** The one part of a snapshot of version 0.2, as far as it differs. */
interface StateOfVersion1 {
  readonly version: 1
  readonly sequence: number
  readonly services: Readonly<Record<string, ServiceState>>
}

/** State of an engine but for that of its services, plain data. */
interface EngineState<C extends OwnCounts> {
  readonly version: number
  /** Where its input stands; the shape is the engine's own. */
  readonly position: unknown
  readonly counts: WithServices<C>
  readonly nowMs: number
  readonly evaluatedS: number
  readonly suspects: unknown
  /** Left out by version 0.2. */
  readonly related?: unknown
  readonly marks?: MarkState
}

const SNAPSHOT_VERSION = 2

/** Services decide when event time has moved on by this, s. */
const EVALUATE_EVERY_S = 1
/** A mark that says nothing else holds for so long, ms. */
const MARK_HOLD_MS = 30 * 86_400_000
/** Open incidents of one service at most. */
const OPEN_FINDINGS = 10_000

/**
 * What every engine is: the services that look at its kind of input, each with its analyzer and its book of open incidents,
 * and event time. An engine of a kind reads its input, hands it to the analyzers, and asks for decisions. There is no other
 * input, so the same one gives the same findings, byte for byte.
 */
export abstract class EngineCore<A extends ServiceAnalyzer, C extends OwnCounts> {
  readonly #config: EngineConfig
  readonly #running: Running<A>[]
  readonly #suspects = new Suspects()
  readonly #related = new Related()
  readonly #marks: MarkMemory
  #catalogue: Catalogue
  #nowMs = 0
  #evaluatedS = 0
  #counts: ServiceCounts = {}
  /** What the engine counts of its own input. */
  protected abstract own: C

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

  /** Everything the engine counts. */
  get counts(): WithServices<C> {
    for (const { service, book } of this.#running) {
      Object.assign(this.#countsOf(service.id), book.counts, { open: book.size })
    }
    return { ...this.own, services: this.#counts }
  }

  /** Moves event time on without input: at the end of a recording, so that what is quiet closes. */
  advance(nowMs: number): Finding[] {
    this.reach(nowMs)
    return this.decide(true)
  }

  protected get running(): readonly { readonly service: AnyService; readonly analyzer: A }[] {
    return this.#running
  }

  /** Moves event time on; it never goes back. */
  protected reach(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
  }

  /** What the services find now. @param always also where event time has hardly moved since they were asked last */
  protected decide(always: boolean): Finding[] {
    const second = Math.floor(this.#nowMs / 1000)
    if (!always && second < this.#evaluatedS + EVALUATE_EVERY_S) return []
    this.#evaluatedS = second
    const findings: Finding[] = []
    for (const { service, analyzer, book } of this.#running) {
      // What was quiet for long is over before what comes now is looked at.
      book.expire(this.#nowMs)
      analyzer.evaluate(this.#nowMs)
      const found = book.take()
      for (const finding of found) {
        this.#suspects.note(finding, service.takenOver?.(finding) ?? [])
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

  /** Where the input stands, plain data. */
  protected abstract position(): unknown
  /** Takes what `position` gave. */
  protected abstract takePosition(position: unknown): void

  /**
   * The state in parts, each made when it is asked for: first what all services share, then one service after the other. All
   * of it at once would take as much memory again as the engine has. Nothing may be applied until the last part is made.
   */
  *snapshot(): IterableIterator<Uint8Array> {
    const state: EngineState<C> = {
      version: SNAPSHOT_VERSION,
      position: this.position(),
      counts: this.counts,
      nowMs: this.#nowMs,
      evaluatedS: this.#evaluatedS,
      suspects: this.#suspects.snapshot(),
      related: this.#related.snapshot(),
      marks: this.#marks.snapshot(),
    }
    yield serialize(state)
    for (const { service, analyzer, book } of this.#running) {
      const one: [ServiceId, ServiceState] = [
        service.id,
        { state: analyzer.snapshot(), book: book.snapshot() },
      ]
      yield serialize(one)
    }
  }

  /** Takes what `snapshot` gave; throws when it cannot be read or is of another version. */
  restore(parts: Iterable<Uint8Array>): void {
    let first = true
    for (const part of parts) {
      const state: unknown = deserialize(part)
      if (first) this.#restoreFirst(state as EngineState<C> | StateOfVersion1)
      else this.#restoreService(state as [ServiceId, ServiceState])
      first = false
    }
  }

  #restoreFirst(state: EngineState<C> | StateOfVersion1): void {
    if ('services' in state) {
      const { services, sequence, ...shared } = state
      this.#restoreShared({ ...(shared as unknown as EngineState<C>), position: sequence })
      for (const [id, saved] of Object.entries(services)) this.#restoreService([id as ServiceId, saved])
    } else if (state.version === SNAPSHOT_VERSION) this.#restoreShared(state)
    else throw new BytesError(`a snapshot of version ${state.version}`)
  }

  #restoreShared(state: EngineState<C>): void {
    const { services, ...own } = state.counts
    this.takePosition(state.position)
    this.own = own as unknown as C
    this.#counts = services
    this.#nowMs = state.nowMs
    this.#evaluatedS = state.evaluatedS
    this.#suspects.restore(state.suspects)
    if (state.related !== undefined) this.#related.restore(state.related)
    if (state.marks !== undefined) this.#marks.restore(state.marks)
  }

  #restoreService([id, saved]: [ServiceId, ServiceState]): void {
    const running = this.#running.find(({ service }) => service.id === id)
    if (running === undefined) return
    running.analyzer.restore(saved.state)
    running.book.restore(saved.book)
    Object.assign(running.book.counts, pick(this.#counts[id] ?? {}, Object.keys(running.book.counts)))
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
      parametersOf: (orgId, siteId) => this.#catalogue.effective(service.id, orgId, siteId).parameters,
      report: (report) => {
        // What is about an organisation of another shard is told by that one's detector, who sees all of it.
        const other = report.orgId !== 0 && shardOf(report.orgId, shards) !== shard
        if (other) return
        const { mode } = this.#catalogue.effective(service.id, report.orgId, report.siteId)
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
