import { deserialize, serialize } from 'node:v8'
import type { Finding, ServiceId } from '../model/finding.js'
import type { ThreatName } from '../model/threat.js'
import { BytesError } from './bytes.js'
import type { Catalogue } from './catalogue.js'
import type { ServiceContext } from './context.js'
import { FindingBook } from './finding_book.js'
import { readPartial } from './partial.js'
import type { AnyService, ServiceAnalyzer } from './service.js'
import { Suspects } from './suspects.js'

export interface EngineConfig {
  readonly catalogue: Catalogue
  /** Registry ids by number. */
  readonly orgName?: (id: number) => string | undefined
  readonly siteName?: (id: number) => string | undefined
  /** Threat indicators by number. */
  readonly threat?: (number: number) => ThreatName | undefined
}

/** `empty`: the frame did not read, so there is nothing to apply; `missing`: its partial never came. */
export type SkipReason = 'missing' | 'corrupt' | 'empty'

/** Everything the engine counts; goes up only, and is part of the snapshot. */
export interface EngineCounts {
  partials: number
  rows: number
  /** Rows whose exporter's clock was wrong. */
  shifted: number
  skipped: Record<SkipReason, number>
  /** By service, then by the service's own names: what bounds threw away, and findings by activity. */
  services: Record<string, Record<string, number>>
}

interface Running {
  readonly service: AnyService
  readonly analyzer: ServiceAnalyzer
  readonly book: FindingBook
}

interface Snapshot {
  readonly version: number
  readonly sequence: number
  readonly nowMs: number
  readonly evaluatedS: number
  readonly counts: EngineCounts
  readonly services: Record<string, { state: unknown; book: unknown }>
  readonly suspects?: unknown
}

const SNAPSHOT_VERSION = 1
/** Services decide when event time has moved on by this, s. */
const EVALUATE_EVERY_S = 1
/** Open incidents of one service at most. */
const OPEN_FINDINGS = 10_000

/**
 * The detector's half: partials in, findings out. Partials are applied in order of sequence, each once; event time is the
 * latest closing time of a frame. There is no other input, so the same frames give the same findings, byte for byte.
 */
export class DetectionEngine {
  readonly #config: EngineConfig
  readonly #running: Running[]
  readonly #suspects = new Suspects()
  #catalogue: Catalogue
  #sequence = 0
  #nowMs = 0
  #evaluatedS = 0
  #counts: EngineCounts = {
    partials: 0,
    rows: 0,
    shifted: 0,
    skipped: { missing: 0, corrupt: 0, empty: 0 },
    services: {},
  }

  constructor(config: EngineConfig) {
    this.#config = config
    this.#catalogue = config.catalogue
    this.#running = config.catalogue.services.map((service) => this.#start(service))
  }

  /** Puts other subscriptions in force. The services that run stay the same. */
  use(catalogue: Catalogue): void {
    this.#catalogue = catalogue
  }

  /** Sequence of the last partial that was applied or skipped; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  /** Event time, ms since 1970. */
  get nowMs(): number {
    return this.#nowMs
  }

  get counts(): EngineCounts {
    for (const { service, book } of this.#running) {
      Object.assign(this.#serviceCounts(service.id), book.counts, { open: book.size })
    }
    return this.#counts
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
    return this.#decide(false)
  }

  /** Goes on without the partial of `sequence`. */
  skip(sequence: number, reason: SkipReason): void {
    if (sequence <= this.#sequence) return
    this.#sequence = sequence
    this.#counts.skipped[reason]++
  }

  /** Moves event time on without a frame: at the end of a recording, so that what is quiet closes. */
  advance(nowMs: number): Finding[] {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    return this.#decide(true)
  }

  snapshot(): Uint8Array {
    const services: Snapshot['services'] = {}
    for (const { service, analyzer, book } of this.#running) {
      services[service.id] = { state: analyzer.snapshot(), book: book.snapshot() }
    }
    const snapshot: Snapshot = {
      version: SNAPSHOT_VERSION,
      sequence: this.#sequence,
      nowMs: this.#nowMs,
      evaluatedS: this.#evaluatedS,
      counts: this.counts,
      services,
      suspects: this.#suspects.snapshot(),
    }
    return serialize(snapshot)
  }

  /** Takes what `snapshot` gave; throws when it cannot be read or is of another version. */
  restore(bytes: Uint8Array): void {
    const snapshot = deserialize(bytes) as Snapshot
    if (snapshot.version !== SNAPSHOT_VERSION)
      throw new BytesError(`a snapshot of version ${snapshot.version}`)
    this.#sequence = snapshot.sequence
    this.#nowMs = snapshot.nowMs
    this.#evaluatedS = snapshot.evaluatedS
    this.#counts = snapshot.counts
    if (snapshot.suspects !== undefined) this.#suspects.restore(snapshot.suspects)
    for (const { service, analyzer, book } of this.#running) {
      const saved = snapshot.services[service.id]
      if (saved === undefined) continue
      analyzer.restore(saved.state)
      book.restore(saved.book as Parameters<FindingBook['restore']>[0])
      Object.assign(book.counts, pick(this.#counts.services[service.id] ?? {}, Object.keys(book.counts)))
    }
  }

  #start(service: AnyService): Running {
    const orgName = this.#config.orgName ?? (() => undefined)
    const siteName = this.#config.siteName ?? (() => undefined)
    const book = new FindingBook({ service: service.id, capacity: OPEN_FINDINGS, orgName, siteName })
    const observed = this.#catalogue.observed().find((o) => o.service === service)!
    const context: ServiceContext<unknown> = {
      loosest: observed.parameters,
      parametersOf: (orgId) => this.#catalogue.effective(service.id, orgId).parameters,
      report: (report) => {
        const { mode } = this.#catalogue.effective(service.id, report.orgId)
        if (mode !== 'off') book.report(report, this.#nowMs, mode === 'shadow')
      },
      isOpen: (key) => book.isOpen(key),
      count: (name, by) => {
        if (by === 0) return
        const counts = this.#serviceCounts(service.id)
        counts[name] = (counts[name] ?? 0) + by
      },
      orgName,
      siteName,
      places: () => this.#catalogue.places,
      threat: (number) => this.#config.threat?.(number),
      suspicion: (address) => this.#suspects.of(address, this.#nowMs),
    }
    return { service, analyzer: service.analyzer(context), book }
  }

  #serviceCounts(id: ServiceId): Record<string, number> {
    this.#counts.services[id] ??= {}
    return this.#counts.services[id]
  }

  #add(partial: Uint8Array): void {
    const { header, sections } = readPartial(partial)
    this.#nowMs = Math.max(this.#nowMs, header.closedMs)
    this.#counts.partials++
    this.#counts.rows += header.rows
    this.#counts.shifted += header.shifted
    for (const { service, analyzer } of this.#running) {
      const section = sections.get(service.tag)
      if (section !== undefined) analyzer.apply(section, header.closedMs)
    }
  }

  #decide(always: boolean): Finding[] {
    const second = Math.floor(this.#nowMs / 1000)
    if (!always && second < this.#evaluatedS + EVALUATE_EVERY_S) return []
    this.#evaluatedS = second
    const findings: Finding[] = []
    for (const { analyzer, book } of this.#running) {
      // What was quiet for long is over before what comes now is looked at.
      book.expire(this.#nowMs)
      analyzer.evaluate(this.#nowMs)
      const found = book.take()
      for (const finding of found) this.#suspects.note(finding)
      findings.push(...found)
    }
    return findings
  }
}

function pick(from: Record<string, number>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])))
}
