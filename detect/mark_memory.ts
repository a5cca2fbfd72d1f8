import type { FindingMark, ServiceId, Verdict } from '../model/finding.js'
import type { FindingReport } from './finding_book.js'

/** What a finding was, so that a mark on it can be told from marks on others. */
interface Known {
  readonly service: ServiceId
  readonly key: string
  readonly orgId: number
  severity: number
  magnitude: number
  /** Every technique that it was told with, bounded: a mark covers these and no others. */
  techniques: readonly string[]
}

/** A mark in force on everything like one finding. */
interface Held extends Known {
  readonly finding: string
  readonly verdict: Verdict
  readonly by: string
  readonly markedMs: number
  readonly untilMs: number
  /** Findings that it kept quiet, and when last. */
  suppressed: number
  lastMs: number
}

/** A mark as people see it. */
export interface MarkView {
  readonly finding: string
  readonly service: ServiceId
  readonly verdict: Verdict
  readonly by: string
  readonly marked: number
  readonly until: number
  readonly suppressed: number
  /** When it last kept something quiet, event time; 0: never. */
  readonly last_suppressed: number
}

export interface MarkConfig extends MarkNames {
  /** How long a mark holds that says nothing of it, ms. */
  readonly holdMs: number
}

/** What a detector is told of how findings are named in marks. */
export interface MarkNames {
  /** A finding's uid as people see it, where that is another than its own. */
  publicUid?(uid: string): string
}

const DAY_MS = 86_400_000

export const markConfig = (config: { readonly mark_days: number }, { publicUid }: MarkNames): MarkConfig => ({
  holdMs: config.mark_days * DAY_MS,
  ...(publicUid && { publicUid }),
})

/** What marks did; goes up only. */
export interface MarkCounts {
  /** Marks that were taken over, and those that said nothing new. */
  given: number
  repeated: number
  /** Marks of findings that are not known (any more) and wait for one of that uid. */
  unknown: number
  expired: number
  /** Marks and findings forgotten for want of room. */
  evicted: number
}

export interface MarkState {
  readonly through: number
  readonly known: Map<string, Known>
  readonly held: Map<string, Held>
  readonly waiting: Map<string, FindingMark>
  readonly newest: Map<string, number>
  readonly counts: MarkCounts
}

/** Findings that a mark can still be given on; the one told longest ago goes first. */
const KNOWN_MAX = 8192
/** Marks in force, and marks that wait for their finding. */
const HELD_MAX = 2048
const WAITING_MAX = 1024
const TECHNIQUES_MAX = 8
/** A finding is clearly beyond what was marked when it is so many times as big, or more severe. */
export const OUTGROWN = 10

/** Like a finding is what its service would tell under the same key: the same hosts and ports, as far as the key names them. */
const likeOf = (service: ServiceId, key: string): string => `${service}\0${key}`

/**
 * What people said of findings, as detection remembers it. A finding marked as a false positive or as expected is closed, and
 * its like (the same service and key: source, target and port as far as that service's key names them) is counted and not
 * told, as long as the mark holds and the finding is not clearly beyond it: more severe, ten times as big, or another
 * technique. So no mark is a blind spot. Plain data, bounded; part of the engine's snapshot.
 */
export class MarkMemory {
  readonly #config: MarkConfig
  #through = 0
  #known = new Map<string, Known>()
  #held = new Map<string, Held>()
  #waiting = new Map<string, FindingMark>()
  /** When the newest word on a finding was given, so that an older one that comes again changes nothing. */
  #newest = new Map<string, number>()
  counts: MarkCounts = { given: 0, repeated: 0, unknown: 0, expired: 0, evicted: 0 }

  constructor(config: MarkConfig) {
    this.#config = config
  }

  /** Sequence of the last mark that was taken from its stream. */
  get through(): number {
    return this.#through
  }

  /** A finding is told, or grew: a mark may name it from now on. Gives the mark that waited for it, where that closes it. */
  saw(service: ServiceId, uid: string, report: FindingReport, nowMs: number): FindingMark | undefined {
    const shown = this.#shown(uid)
    const before = this.#known.get(shown)
    const techniques = before?.techniques ?? []
    const { technique } = report
    const known: Known = {
      service,
      key: report.key,
      orgId: report.orgId,
      severity: Math.max(before?.severity ?? 0, report.severity),
      magnitude: Math.max(before?.magnitude ?? 0, report.magnitude),
      techniques:
        technique === undefined || techniques.includes(technique)
          ? techniques
          : [...techniques, technique].slice(-TECHNIQUES_MAX),
    }
    this.#known.delete(shown)
    this.#known.set(shown, known)
    this.#bound(this.#known, KNOWN_MAX)
    const waiting = this.#waiting.get(shown)
    if (waiting === undefined) return undefined
    this.#waiting.delete(shown)
    const untilMs = this.#untilOf(waiting)
    return untilMs > nowMs && this.#hold(waiting, known, untilMs) !== undefined ? waiting : undefined
  }

  /**
   * Takes a mark over. Gives the service and key of the finding that it closes; undefined where it closes none.
   * @param sequence of the mark in its stream; 0 for one that comes from elsewhere
   */
  give(mark: FindingMark, nowMs: number, sequence = 0): { service: ServiceId; key: string } | undefined {
    this.#through = Math.max(this.#through, sequence)
    if ((this.#newest.get(mark.finding) ?? Number.NEGATIVE_INFINITY) >= mark.time) {
      this.counts.repeated++
      return undefined
    }
    this.#newest.delete(mark.finding)
    this.#newest.set(mark.finding, mark.time)
    while (this.#newest.size > KNOWN_MAX) this.#newest.delete(this.#newest.keys().next().value!)
    const untilMs = this.#untilOf(mark)
    if (untilMs <= nowMs) {
      this.counts.expired++
      return undefined
    }
    const known = this.#known.get(mark.finding) ?? this.#marked(mark.finding)
    if (known === undefined) {
      this.counts.unknown++
      this.#waiting.set(mark.finding, mark)
      this.#bound(this.#waiting, WAITING_MAX)
      return undefined
    }
    this.counts.given++
    return this.#hold(mark, known, untilMs)
  }

  /** Whether a report is like what was marked and not clearly beyond it. Where it is, the mark counts it. */
  quiets(service: ServiceId, report: FindingReport, nowMs: number, counted: boolean): boolean {
    const held = this.#heldOn(service, report.key, nowMs)
    if (held === undefined || outgrows(held, report)) return false
    held.lastMs = nowMs
    if (counted) held.suppressed++
    return true
  }

  /** The mark that a report is clearly beyond, as its evidence tells it; undefined where there is none. */
  outgrown(service: ServiceId, report: FindingReport, nowMs: number): Record<string, unknown> | undefined {
    const held = this.#heldOn(service, report.key, nowMs)
    if (held === undefined || held.orgId !== report.orgId) return undefined
    const { finding, verdict, severity, magnitude } = held
    return {
      finding,
      verdict,
      severity_id: severity,
      times: magnitude > 0 ? Math.round((10 * report.magnitude) / magnitude) / 10 : 0,
    }
  }

  /** The marks in force, oldest first. */
  view(nowMs: number): MarkView[] {
    return [...this.#held.values()]
      .filter(({ untilMs }) => untilMs > nowMs)
      .map(({ finding, service, verdict, by, markedMs, untilMs, suppressed, lastMs }) => ({
        finding,
        service,
        verdict,
        by,
        marked: markedMs,
        until: untilMs,
        suppressed,
        last_suppressed: lastMs,
      }))
  }

  snapshot(): MarkState {
    return {
      through: this.#through,
      known: this.#known,
      held: this.#held,
      waiting: this.#waiting,
      newest: this.#newest,
      counts: this.counts,
    }
  }

  restore(state: MarkState): void {
    this.#through = state.through
    this.#known = state.known
    this.#held = state.held
    this.#waiting = state.waiting
    this.#newest = state.newest
    this.counts = state.counts
  }

  #hold(mark: FindingMark, known: Known, untilMs: number): { service: ServiceId; key: string } | undefined {
    const like = likeOf(known.service, known.key)
    const before = this.#held.get(like)
    this.#held.delete(like)
    const { verdict } = mark
    if (verdict === 'none' || verdict === 'true_positive') return undefined
    this.#held.set(like, {
      ...known,
      finding: mark.finding,
      verdict,
      by: mark.by,
      markedMs: mark.time,
      untilMs,
      suppressed: before?.suppressed ?? 0,
      lastMs: before?.lastMs ?? 0,
    })
    this.#bound(this.#held, HELD_MAX)
    return { service: known.service, key: known.key }
  }

  #heldOn(service: ServiceId, key: string, nowMs: number): Held | undefined {
    const like = likeOf(service, key)
    const held = this.#held.get(like)
    if (held === undefined || held.untilMs > nowMs) return held
    this.#held.delete(like)
    this.counts.expired++
    return undefined
  }

  /** A finding that is known only by the mark that it has: told so long ago that it was forgotten. */
  #marked(finding: string): Known | undefined {
    for (const held of this.#held.values()) if (held.finding === finding) return held
    return undefined
  }

  #untilOf({ until, time }: FindingMark): number {
    return until ?? time + this.#config.holdMs
  }

  #shown(uid: string): string {
    return this.#config.publicUid?.(uid) ?? uid
  }

  #bound<V>(map: Map<string, V>, max: number): void {
    while (map.size > max) {
      map.delete(map.keys().next().value!)
      this.counts.evicted++
    }
  }
}

/** Another organisation's finding is none of what was marked, whatever its key. */
function outgrows(held: Held, { orgId, severity, magnitude, technique }: FindingReport): boolean {
  return (
    orgId !== held.orgId ||
    severity > held.severity ||
    (held.magnitude > 0 && magnitude >= OUTGROWN * held.magnitude) ||
    (technique !== undefined && !held.techniques.includes(technique))
  )
}
