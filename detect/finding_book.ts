import { createHash } from 'node:crypto'
import type { Bilingual, Finding, FindingMark, ServiceId } from '../model/finding.js'
import type { MarkMemory } from './mark_memory.js'

/** What a service says of an incident at one moment. */
export interface FindingReport {
  /** Names the incident among those of its service: the same key goes on, until it has been quiet. */
  readonly key: string
  readonly severity: number
  /** 0 to 100: confidence. */
  readonly score: number
  readonly orgId: number
  readonly siteId: number
  readonly src: readonly string[]
  readonly dst: readonly string[]
  readonly dstPort?: number
  readonly ipProto?: number
  readonly firstSeenMs: number
  readonly lastSeenMs: number
  readonly technique?: string
  readonly evidence: Readonly<Record<string, unknown>>
  readonly title: Bilingual
  /** How big the incident is, in the service's own unit; an update goes out when it has doubled. */
  readonly magnitude: number
  /** Quiet for so long, the incident is closed, ms. */
  readonly quietMs: number
}

interface OpenFinding {
  finding: Finding
  quietMs: number
  /** Magnitude and severity that were last told, and when. */
  toldMagnitude: number
  toldMs: number
  /** Changed since it was last told. */
  changed: boolean
  /** Found for a subscription in shadow mode: counted, not sent. */
  shadow: boolean
  /** Like what people marked: counted, not sent, until it is clearly beyond it. Left out: no. */
  quiet?: boolean
}

/** An open incident that changed without growing is told again after this long. */
const REFRESH_MS = 60 * 60_000
/** Between two updates of one incident at least. */
const UPDATE_GAP_MS = 10_000

export interface BookConfig {
  readonly service: ServiceId
  /** Open incidents at most; the one quiet for longest is closed when another comes. */
  readonly capacity: number
  orgName(id: number): string | undefined
  siteName(id: number): string | undefined
  /** What people said of findings; left out, nobody says anything. */
  readonly marks?: MarkMemory
}

/** State of a book, plain data. */
export interface BookState {
  readonly open: [string, OpenFinding][]
}

/**
 * The open incidents of one service: turns reports into findings that are opened, updated when they matter, and closed
 * after quiet. `uid` is a hash of service, key and onset, so that the same frames always give the same one.
 */
export class FindingBook {
  readonly #config: BookConfig
  readonly #open = new Map<string, OpenFinding>()
  readonly #out: Finding[] = []
  /** Findings closed for want of room, and those that were not sent: of shadow subscriptions, or like what was marked. */
  readonly counts = { evicted: 0, shadow: 0, suppressed_by_mark: 0, created: 0, updated: 0, closed: 0 }

  constructor(config: BookConfig) {
    this.#config = config
  }

  get size(): number {
    return this.#open.size
  }

  isOpen(key: string): boolean {
    return this.#open.has(key)
  }

  report(report: FindingReport, nowMs: number, shadow: boolean): void {
    const open = this.#open.get(report.key)
    if (open === undefined) {
      this.#create(report, nowMs, shadow)
      return
    }
    const before = open.finding
    const severity = Math.max(before.severity_id, report.severity)
    open.finding = {
      ...this.#finding(report, nowMs, before.uid),
      activity: 'update',
      severity_id: severity,
      first_seen: Math.min(before.first_seen, report.firstSeenMs),
      last_seen: Math.max(before.last_seen, report.lastSeenMs),
      score: Math.max(before.score, report.score),
    }
    open.quietMs = report.quietMs
    open.changed = true
    if (open.quiet === true) {
      this.#lookAgain(open, report, nowMs)
      return
    }
    this.#saw(report, open, nowMs)
    const grown = report.magnitude >= 2 * open.toldMagnitude || severity > before.severity_id
    const due = nowMs - open.toldMs >= (grown ? UPDATE_GAP_MS : REFRESH_MS)
    if (due) this.#tell(open, nowMs, report.magnitude)
  }

  /** Closes the finding of `key`, because people said that it is nothing; it goes on unheard. */
  mark(key: string, { verdict, by }: Pick<FindingMark, 'verdict' | 'by'>, nowMs: number): void {
    const open = this.#open.get(key)
    if (open === undefined || open.quiet === true) return
    const { finding } = open
    this.counts.closed++
    this.#send({
      ...open,
      finding: {
        ...finding,
        activity: 'close',
        time: nowMs,
        evidence: { ...finding.evidence, marked: verdict, marked_by: by },
      },
    })
    open.quiet = true
  }

  /** Closes what has been quiet. */
  expire(nowMs: number): void {
    for (const [key, open] of this.#open) {
      if (nowMs - open.finding.last_seen >= open.quietMs) this.#close(key, open, nowMs)
    }
  }

  /** Findings since the last call, in the order in which they were decided. */
  take(): Finding[] {
    return this.#out.splice(0)
  }

  snapshot(): BookState {
    return { open: [...this.#open] }
  }

  restore(state: BookState): void {
    this.#open.clear()
    this.#out.length = 0
    for (const [key, open] of state.open) this.#open.set(key, open)
  }

  #create(report: FindingReport, nowMs: number, shadow: boolean): void {
    if (this.#open.size >= this.#config.capacity) this.#evict(nowMs)
    const digest = createHash('sha256')
      .update(`${this.#config.service}\0${report.key}\0${report.firstSeenMs}`)
      .digest('hex')
    const open: OpenFinding = {
      finding: this.#finding(report, nowMs, digest.slice(0, 32)),
      quietMs: report.quietMs,
      toldMagnitude: report.magnitude,
      toldMs: nowMs,
      changed: false,
      shadow,
    }
    this.#open.set(report.key, open)
    if (!shadow && this.#config.marks?.quiets(this.#config.service, report, nowMs, true)) this.#hush(open)
    else this.#begin(open, report, nowMs)
  }

  #hush(open: OpenFinding): void {
    open.quiet = true
    this.counts.suppressed_by_mark++
  }

  #begin(open: OpenFinding, report: FindingReport, nowMs: number): void {
    const beyond = open.shadow ? undefined : this.#config.marks?.outgrown(this.#config.service, report, nowMs)
    if (beyond !== undefined)
      open.finding = { ...open.finding, evidence: { ...open.finding.evidence, outgrew_mark: beyond } }
    // Somebody may have marked it before it was told here, as in a replay.
    if (this.#saw(report, open, nowMs) !== undefined) {
      this.#hush(open)
      return
    }
    this.counts.created++
    this.#send(open)
  }

  /** What was kept quiet is told when it is clearly beyond what was marked, or the mark is no more. */
  #lookAgain(open: OpenFinding, report: FindingReport, nowMs: number): void {
    if (this.#config.marks?.quiets(this.#config.service, report, nowMs, false)) return
    delete open.quiet
    open.finding = { ...open.finding, activity: 'create' }
    open.toldMs = nowMs
    open.toldMagnitude = report.magnitude
    open.changed = false
    this.#begin(open, report, nowMs)
  }

  #saw(report: FindingReport, { finding, shadow }: OpenFinding, nowMs: number): FindingMark | undefined {
    return shadow ? undefined : this.#config.marks?.saw(this.#config.service, finding.uid, report, nowMs)
  }

  #tell(open: OpenFinding, nowMs: number, magnitude: number): void {
    open.toldMs = nowMs
    open.toldMagnitude = Math.max(open.toldMagnitude, magnitude)
    open.changed = false
    this.counts.updated++
    this.#send(open)
  }

  #close(key: string, open: OpenFinding, nowMs: number): void {
    this.#open.delete(key)
    open.finding = { ...open.finding, activity: 'close', time: nowMs }
    if (open.quiet !== true) this.counts.closed++
    this.#send(open)
  }

  #evict(nowMs: number): void {
    let oldest: string | undefined
    let seen = Number.POSITIVE_INFINITY
    for (const [key, open] of this.#open) {
      if (open.finding.last_seen < seen) {
        seen = open.finding.last_seen
        oldest = key
      }
    }
    if (oldest === undefined) return
    this.counts.evicted++
    this.#close(oldest, this.#open.get(oldest)!, nowMs)
  }

  #send(open: OpenFinding): void {
    if (open.quiet === true) return
    if (open.shadow) this.counts.shadow++
    else this.#out.push(open.finding)
  }

  #finding(report: FindingReport, nowMs: number, uid: string): Finding {
    const org = this.#config.orgName(report.orgId)
    const site = this.#config.siteName(report.siteId)
    return {
      time: nowMs,
      service: this.#config.service,
      activity: 'create',
      uid,
      severity_id: report.severity,
      ...(org === undefined ? {} : { org }),
      ...(site === undefined ? {} : { site }),
      src: report.src,
      dst: report.dst,
      ...(report.dstPort === undefined ? {} : { dst_port: report.dstPort }),
      ...(report.ipProto === undefined ? {} : { ip_proto: report.ipProto }),
      first_seen: Math.round(report.firstSeenMs),
      last_seen: Math.round(report.lastSeenMs),
      score: Math.round(report.score),
      ...(report.technique === undefined ? {} : { technique: report.technique }),
      evidence: report.evidence,
      title: report.title,
    }
  }
}
