import type { Incident } from '../../model/incident.js'
import type { CaseBook } from './case_book.js'
import { levelMs } from './incident_changes.js'
import type { IncidentDesk } from './incident_desk.js'
import { NOTES } from './incident_words.js'
import type { Case, HeldFinding } from './lifecycle_state.js'

export interface TimerDeps {
  /** The incident that explained its findings is over. */
  release(c: Case): void
  /** Whether a finding still belongs to the case that it is in. */
  belongsHere(f: HeldFinding): boolean
}

type Level = 'notify' | 'acknowledge' | 'resolve'

/** The next time of the service level that will pass, if nobody does anything; 0: none. */
function nextBreach(incident: Incident): { what: Level; atMs: number } | undefined {
  const { breached, due, targets, remotes, acknowledged, state, kind } = incident
  if (state === 'on_hold' || kind === 'problem') return undefined
  const open: [Level, boolean][] = [
    ['notify', targets.length > 0 && Object.keys(remotes).length === 0],
    ['acknowledge', acknowledged === undefined],
    ['resolve', true],
  ]
  return open
    .filter(([what, waits]) => waits && !breached.includes(what))
    .map(([what]) => ({ what, atMs: due[what] }))
    .sort((a, b) => a.atMs - b.atMs)[0]
}

const SECOND_MS = 1000
const soonest = (...moments: readonly number[]): number => {
  let first = Number.POSITIVE_INFINITY
  for (const atMs of moments) if (atMs > 0 && atMs < first) first = atMs
  return first
}

/** When something is to be done about a case, if nothing happens before. */
function nextDueMs(c: Case): number {
  if (c.phase === 'pending') return c.openAtMs
  if (c.phase === 'resolved') return soonest(c.stillAtMs, c.closeAtMs)
  const breach = nextBreach(c.incident!)?.atMs ?? 0
  return soonest(c.resolveAtMs, c.escalateAtMs, c.updateAtMs, c.remindAtMs, breach)
}

/**
 * What time does to cases. They are noted by the second in which something is due; a note that a later change has made wrong
 * is put right when its second comes.
 */
export class CaseTimers {
  readonly #book: CaseBook
  readonly #desk: IncidentDesk
  readonly #deps: TimerDeps
  readonly #seconds = new Map<number, Set<string>>()
  /** No second before this one has a note. */
  #from = Number.POSITIVE_INFINITY

  constructor(book: CaseBook, desk: IncidentDesk, deps: TimerDeps) {
    this.#book = book
    this.#desk = desk
    this.#deps = deps
  }

  /** Notes when a case is due, after it has changed. */
  note(c: Case): void {
    const dueMs = nextDueMs(c)
    if (dueMs === Number.POSITIVE_INFINITY) return
    const second = Math.floor(dueMs / SECOND_MS)
    const keys = this.#seconds.get(second) ?? new Set<string>()
    this.#seconds.set(second, keys.add(c.key))
    this.#from = Math.min(this.#from, second)
  }

  isDue(now: number): boolean {
    for (const c of this.#due(now)) if (c !== undefined) return true
    return false
  }

  /** Does what is due, at most `limit` things. */
  run(now: number, limit: number): void {
    let done = 0
    for (const c of this.#due(now)) {
      for (let action = this.#actionOf(c, now); action !== undefined; action = this.#actionOf(c, now)) {
        if (done++ >= limit) return
        action()
        if (this.#book.case(c.key) !== c) break
      }
      if (this.#book.case(c.key) === c) this.note(c)
    }
  }

  /** Cases that are due, by second; notes of what is not are taken away or moved. */
  *#due(now: number): Generator<Case> {
    const last = Math.floor(now / SECOND_MS)
    if (this.#seconds.size === 0) this.#from = Number.POSITIVE_INFINITY
    for (let second = this.#from; second <= last; second++) {
      const keys = this.#seconds.get(second)
      for (const key of keys ?? []) {
        const c = this.#book.case(key)
        const dueMs = c === undefined ? Number.POSITIVE_INFINITY : nextDueMs(c)
        if (dueMs <= now) yield c!
        else if (Math.floor(dueMs / SECOND_MS) !== second) {
          keys!.delete(key)
          if (c !== undefined) this.note(c)
        }
      }
      if (second < last && (keys === undefined || keys.size === 0)) {
        this.#seconds.delete(second)
        if (second === this.#from) this.#from = second + 1
      }
    }
  }

  #actionOf(c: Case, now: number): (() => void) | undefined {
    const is = (atMs: number): boolean => atMs > 0 && atMs <= now
    if (c.phase === 'pending') return is(c.openAtMs) ? () => this.#open(c, now) : undefined
    if (c.phase === 'resolved') {
      if (is(c.stillAtMs)) return () => this.#stillOpen(c, now)
      return is(c.closeAtMs) ? () => this.#desk.close(c, now) : undefined
    }
    if (is(c.resolveAtMs)) return () => this.#recover(c, now)
    if (is(c.escalateAtMs)) return () => this.#desk.escalate(c, now)
    const breach = nextBreach(c.incident!)
    if (breach !== undefined && breach.atMs <= now) return () => this.#breach(c, breach.what, now)
    if (is(c.updateAtMs)) return () => this.#update(c, now)
    return is(c.remindAtMs) ? () => this.#remind(c, now) : undefined
  }

  /** What belongs elsewhere by now is left to be moved; the rest opens the incident. */
  #open(c: Case, now: number): void {
    const members = [...this.#book.members(c.key).values()]
    if (members.length === 0) {
      for (const uid of c.members) this.#desk.link(uid, '', 'over_within_wait', now)
      this.#book.dropCase(c.key)
    } else if (members.some((f) => this.#deps.belongsHere(f))) this.#desk.open(c, now)
    else {
      c.openAtMs = now + 1000
      this.#deps.release(c)
      this.#book.putCase(c)
    }
  }

  #recover(c: Case, now: number): void {
    const note = NOTES.recovered(Math.max(0, c.overAtMs - c.incident!.opened))
    this.#desk.resolve(c, { by: 'vigie', rule: 'recovered', closing: 'recovered', note }, now)
    this.#deps.release(c)
  }

  #stillOpen(c: Case, now: number): void {
    c.stillAtMs = 0
    if (this.#book.members(c.key).size > 0)
      this.#desk.reopen(c, { by: 'vigie', rule: 'still_open', note: NOTES.stillOpen() }, now)
    else this.#book.putCase(c)
  }

  #breach(c: Case, what: Level, now: number): void {
    const { priority, breached } = c.incident!
    c.incident = { ...c.incident!, breached: [...breached, what] }
    const note = NOTES.breached(what, levelMs(this.#desk.deps.policy, priority, what))
    this.#desk.tell(c, { kind: 'breach', by: 'vigie', rule: `level:${what}`, note }, now)
  }

  #update(c: Case, now: number): void {
    const { findings, findings_open, sites } = c.incident!
    const note = NOTES.grew(findings, findings_open, sites)
    this.#desk.tell(c, { kind: 'update', by: 'vigie', rule: 'interval', note }, now)
  }

  #remind(c: Case, now: number): void {
    c.remindAtMs = now + c.rules.repeatMs
    const note = NOTES.reminded(now - c.incident!.opened)
    this.#desk.tell(c, { kind: 'remind', by: 'vigie', rule: 'repeat', note }, now)
  }
}
