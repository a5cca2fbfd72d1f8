import type { Finding } from '../../model/finding.js'
import type { Incident } from '../../model/incident.js'
import type { CaseBook } from './case_book.js'
import {
  type Ending,
  type IncidentDeps,
  incidentNumber,
  newIncident,
  type Telling,
  told,
  weighed,
  withFinding,
  withNews,
} from './incident_changes.js'
import { NOTES, TITLES } from './incident_words.js'
import type { Case, HeldFinding } from './lifecycle_state.js'
import { alike, isNoise, type MarkedEnd, markOfEnd, marksOf, quietOf } from './marked_end.js'
import { newCase, rulesOf } from './new_case.js'
import { onCallAt } from './on_call.js'
import { carrierKey, type Decision, type Subject } from './policy.js'
import type { StepDraft } from './step_draft.js'

const MEMBERS_MAX = 200
const OPENINGS_MAX = 20
const DAY_MS = 86_400_000

/** What is done to cases and their incidents. Every change of an incident that people should know goes through `tell`. */
export class IncidentDesk {
  readonly #book: CaseBook
  #deps: IncidentDeps
  readonly #draft: () => StepDraft
  /** Cases whose counts changed in this step, and whether people should know. */
  readonly #counted = new Map<string, boolean>()

  constructor(book: CaseBook, deps: IncidentDeps, draft: () => StepDraft) {
    this.#book = book
    this.#deps = deps
    this.#draft = draft
  }

  use(deps: IncidentDeps): void {
    this.#deps = deps
  }

  get deps(): IncidentDeps {
    return this.#deps
  }

  link(finding: string, incident: string, rule: string, time: number): void {
    this.#draft().links.push({ finding, incident, rule, time })
  }

  tell(c: Case, telling: Telling, now: number): void {
    const { incident, transition } = told(c.incident!, telling, now)
    c.incident = incident
    c.toldAtMs = now
    c.updateAtMs = 0
    this.#draft().transitions.push({ ...transition, incident: incident.uid })
    this.#book.putCase(c)
  }

  /** A finding comes to a case, which is made when there is none. */
  join(key: string, held: HeldFinding, decision: Decision, now: number): void {
    let c = this.#book.case(key)
    if (c?.phase === 'resolved' && now - c.incident!.resolved! > c.rules.reopenWithinMs) {
      this.close(c, now)
      c = undefined
    }
    c ??= newCase(key, held.uid, held.subject, rulesOf(decision), now)
    c.members = [...c.members, held.uid].slice(-MEMBERS_MAX)
    this.#book.putCase(c)
    const rule = c.kind === 'group' ? (decision.trace.at(-1)?.rule ?? 'policy') : c.kind
    this.link(held.uid, c.uid, rule, now)
    if (c.phase === 'pending') return
    c.incident = withFinding(c.incident!, held)
    if (c.phase === 'resolved') this.#comeBack(c, now)
    else this.#goesOn(c, now)
    this.#counted.set(key, true)
  }

  /** A finding of a case was told again. */
  news(c: Case, held: HeldFinding, now: number): void {
    if (c.incident === undefined) return
    c.incident = withNews(c.incident, held)
    this.#book.putCase(c)
    if (c.phase === 'open') this.#goesOn(c, now)
    this.#counted.set(c.key, true)
  }

  /** A finding of a case with an incident ended. */
  ended(c: Case, finding: Finding, now: number): void {
    if (c.incident === undefined) return
    c.incident = { ...c.incident, last_seen: Math.max(c.incident.last_seen, finding.last_seen) }
    const mark = markOfEnd(finding)
    c.noise = alike(c.noise, mark?.verdict)
    this.#book.putCase(c)
    this.#count(c.key)
    if (c.phase !== 'open') return
    const over = this.#isOver(c)
    if (mark !== undefined) this.#endMarked(c, mark, over, now)
    else if (over) this.#beginResolving(c, now)
  }

  /** People said of a finding that it is nothing: its part is over, and the incident where nothing else is part of it. */
  #endMarked(c: Case, { verdict, by }: MarkedEnd, over: boolean, now: number): void {
    const { noise } = c
    if (over && isNoise(noise))
      this.resolve(c, { by, rule: 'marked', closing: noise, note: NOTES.resolvedBy(by, noise) }, now)
    else {
      this.tell(c, { kind: 'update', by, rule: 'marked', note: NOTES.marked(by, verdict) }, now)
      if (over) this.#beginResolving(c, now)
    }
  }

  /** A finding went from one case to another; what is empty now folds into it. */
  left(from: Case, to: string, now: number): void {
    this.#count(from.key)
    if (this.#book.members(from.key).size > 0) return
    if (from.phase === 'pending') this.#book.dropCase(from.key)
    const parent = this.#book.case(to)
    if (from.phase !== 'open' || parent === undefined || from.kind === 'problem') return
    this.resolve(
      from,
      {
        by: 'vigie',
        rule: parent.kind,
        closing: 'folded',
        note: NOTES.folded(incidentNumber(parent.uid)),
        parent: parent.uid,
      },
      now,
    )
  }

  /** Opens a case whose time has come. */
  open(c: Case, now: number): void {
    const members = [...this.#book.members(c.key).values()]
    const first = members.reduce((a, b) => (b.severity_id > a.severity_id ? b : a))
    const title =
      c.kind === 'site'
        ? TITLES.site(this.#deps.network.site(c.subject.site ?? '')?.name ?? sameIn(c.subject.site))
        : first.title
    const seen = Math.min(...members.map(({ first_seen }) => first_seen))
    this.#begin(c, members.reduce(withFinding, newIncident(c, { seen, title }, now, this.#deps)), now)
    const { incident } = c
    this.tell(
      c,
      { kind: 'open', by: 'vigie', rule: c.kind, note: NOTES.opened(incident!.findings, incident!.sites) },
      now,
    )
    this.#recur(c, now)
  }

  /** Opens the outage of a carrier, or opens it again; findings come to it afterwards. */
  openCarrier(supplier: string, subject: Subject, firstFinding: string, now: number): void {
    const key = carrierKey(supplier)
    const before = this.#book.case(key)
    if (before !== undefined && before.phase !== 'resolved') return
    const { policy, network } = this.#deps
    const { site: _, link: __, org: ___, region: ____, ...wide } = subject
    const about = { ...wide, suppliers: [supplier], siteDown: false }
    const rules = { ...rulesOf(policy.decide(firstFinding, about)), waitMs: 0 }
    if (before !== undefined && now - before.incident!.resolved! <= before.rules.reopenWithinMs) {
      this.reopen(before, { by: 'vigie', rule: 'carrier', note: NOTES.reopened() }, now)
      return
    }
    if (before !== undefined) this.close(before, now)
    const c = newCase(key, firstFinding, about, rules, now)
    const sites = this.#book.affectedSites(supplier)
    const title = TITLES.carrier(network.supplierName(supplier) ?? sameIn(supplier), sites)
    const incident = newIncident(c, { seen: now, title }, now, this.#deps)
    this.#begin(c, { ...incident, sites }, now)
    this.tell(c, { kind: 'open', by: 'vigie', rule: 'carrier', note: NOTES.opened(0, sites) }, now)
    this.#recur(c, now)
  }

  /** Why a finding that would open a resolved incident again must not: people said of it that it is nothing. */
  quiet(key: string, held: HeldFinding, now: number): { by: string; untilMs: number } | undefined {
    const { false_positive_quiet_s } = this.#deps.policy.config
    return quietOf(this.#book.case(key), held, now, false_positive_quiet_s * 1000)
  }

  resolve(c: Case, { by, rule, closing, note, parent }: Ending, now: number): void {
    const people = by !== 'vigie'
    const at = rule === 'recovered' && c.overAtMs > 0 ? Math.max(c.incident!.opened, c.overAtMs) : now
    c.incident = {
      ...c.incident!,
      state: 'resolved',
      resolved: at,
      closing,
      flapping: false,
      ...(parent !== undefined && { parent }),
    }
    c.phase = 'resolved'
    this.#disarm(c)
    const { close_after_s, still_open_s } = this.#deps.policy.config
    c.closeAtMs = now + close_after_s * 1000
    if (people && !isNoise(closing)) c.stillAtMs = now + still_open_s * 1000
    this.tell(c, { kind: 'resolve', by, rule, note }, now)
    // What came from detection as a mark does not go back to it.
    if (people && isNoise(closing) && rule !== 'marked') this.#draft().marks.push(...marksOf(c, by, now))
  }

  reopen(c: Case, { by, rule, note }: Omit<Telling, 'kind'>, now: number): void {
    const { resolved: _, closing: __, parent: ___, closed: ____, ...rest } = c.incident!
    c.incident = {
      ...rest,
      state: rest.acknowledged === undefined ? 'new' : 'in_progress',
      reopened: rest.reopened + 1,
    }
    c.phase = 'open'
    delete c.noise
    this.#disarm(c)
    this.#arm(c, now)
    this.tell(c, { kind: 'reopen', by, rule, note }, now)
    this.#flaps(c, now)
  }

  close(c: Case, now: number): void {
    c.incident = { ...c.incident!, state: 'closed', closed: now }
    this.tell(c, { kind: 'close', by: 'vigie', rule: 'close_after', note: NOTES.closed() }, now)
    this.#draft().closed.push(c.incident)
    this.#book.dropCase(c.key)
  }

  /** Somebody took charge. */
  acknowledge(c: Case, by: string, at: number): void {
    c.incident = { ...c.incident!, state: 'in_progress', acknowledged: at, acknowledged_by: by }
    c.escalateAtMs = 0
    c.remindAtMs = 0
  }

  escalate(c: Case, now: number): void {
    const { chains, on_call } = this.#deps.policy.config
    const step = this.#nextStep(c)
    if (step === undefined) return
    const names = step.notify.flatMap((who) => {
      if (who === 'group') return [c.incident!.group]
      if (!who.startsWith('on_call:')) return [who]
      const calendar = on_call[who.slice('on_call:'.length)]
      return (calendar && onCallAt(calendar, now)) ?? []
    })
    const chain = chains[c.incident!.chain] ?? chains.default ?? []
    const tier = chain.indexOf(step) + 1
    c.incident = {
      ...c.incident!,
      tier,
      notified: [...new Set([...c.incident!.notified, ...names])].slice(-20),
    }
    const note = NOTES.escalated(tier, names.length > 0 ? names : [c.incident.group])
    this.tell(c, { kind: 'escalate', by: 'vigie', rule: `escalation:${c.incident.chain}`, note }, now)
    this.#armEscalation(c)
  }

  /** At the end of a step: counts, and what of them must be told at once. */
  refresh(now: number): void {
    for (const [key, grown] of this.#counted) {
      const c = this.#book.case(key)
      if (c?.incident === undefined) continue
      const before = c.incident.priority
      c.incident = this.#weigh(c)
      this.#book.putCase(c)
      if (c.phase !== 'open') continue
      const { priority } = c.incident
      if (priority < before) {
        this.tell(
          c,
          { kind: 'update', by: 'vigie', rule: 'priority', note: NOTES.priority(before, priority) },
          now,
        )
        this.#armEscalation(c)
      } else if (grown && c.updateAtMs === 0) c.updateAtMs = Math.max(now, c.toldAtMs + c.rules.intervalMs)
    }
    this.#counted.clear()
  }

  #count(key: string): void {
    this.#counted.set(key, this.#counted.get(key) ?? false)
  }

  #weigh(c: Case): Incident {
    const counts = { open: this.#book.members(c.key).size, sites: this.#book.siteCount(c.key) }
    return weighed(c.incident!, c, counts, this.#deps)
  }

  #begin(c: Case, incident: Incident, now: number): void {
    c.incident = incident
    c.incident = this.#weigh(c)
    c.phase = 'open'
    this.#arm(c, now)
  }

  #arm(c: Case, now: number): void {
    c.sinceMs = now
    c.openings = [...c.openings, now].slice(-OPENINGS_MAX)
    if (c.incident!.acknowledged !== undefined) return
    if (c.rules.repeatMs > 0) c.remindAtMs = now + c.rules.repeatMs
    c.incident = { ...c.incident!, tier: 0 }
    this.#armEscalation(c)
  }

  #disarm(c: Case): void {
    c.updateAtMs = 0
    c.remindAtMs = 0
    c.escalateAtMs = 0
    c.resolveAtMs = 0
    c.overAtMs = 0
    c.stillAtMs = 0
    c.closeAtMs = 0
  }

  #nextStep(c: Case) {
    const { chains } = this.#deps.policy.config
    const { chain, tier, priority } = c.incident!
    return (chains[chain] ?? chains.default ?? []).find((s, i) => i >= tier && priority <= s.priority_max)
  }

  #armEscalation(c: Case): void {
    const step = c.incident!.acknowledged === undefined ? this.#nextStep(c) : undefined
    c.escalateAtMs = step === undefined ? 0 : c.sinceMs + step.after_s * 1000
  }

  /**
   * A carrier's outage is over when so few sites are left that they would not make one, a site's when nothing says any more
   * that it is down; what they explained and still goes on stands for itself then.
   */
  #isOver(c: Case): boolean {
    const members = this.#book.members(c.key)
    if (c.kind === 'site') return ![...members.values()].some(({ subject }) => subject.siteDown)
    if (c.kind !== 'carrier') return members.size === 0
    return this.#book.siteCount(c.key) < Math.ceil(this.#deps.policy.config.inhibit.carrier_sites_min / 2)
  }

  #beginResolving(c: Case, now: number): void {
    if (c.resolveAtMs > 0) return
    const { flap } = this.#deps.policy.config
    c.overAtMs = now
    c.resolveAtMs = now + (c.incident!.flapping ? flap.quiet_s * 1000 : c.rules.resolveAfterMs)
  }

  /** What was about to be resolved is not over. */
  #goesOn(c: Case, now: number): void {
    if (c.resolveAtMs === 0 || this.#isOver(c)) return
    c.resolveAtMs = 0
    c.overAtMs = 0
    c.openings = [...c.openings, now].slice(-OPENINGS_MAX)
    this.#flaps(c, now)
  }

  #comeBack(c: Case, now: number): void {
    this.reopen(c, { by: 'vigie', rule: 'came_back', note: NOTES.reopened() }, now)
  }

  #flaps(c: Case, now: number): void {
    const { window_s, changes } = this.#deps.policy.config.flap
    const times = c.openings.filter((at) => now - at <= window_s * 1000).length
    if (c.incident!.flapping || times < changes) return
    c.incident = { ...c.incident!, flapping: true }
    this.tell(c, { kind: 'update', by: 'vigie', rule: 'flap', note: NOTES.flapping(times) }, now)
  }

  /** Remembers that it happened; what happens again and again is a problem. */
  #recur(c: Case, now: number): void {
    if (c.kind === 'problem') return
    const { incidents, window_s } = this.#deps.policy.config.problem
    const before = this.#book.recurrence(c.key)
    const times = [...(before?.times ?? []).filter((at) => now - at <= window_s * 1000), now].slice(
      -OPENINGS_MAX,
    )
    this.#book.putRecurrence(c.key, { times })
    if (times.length < incidents) return
    const key = `problem:${c.key}`
    let problem = this.#book.case(key)
    if (problem === undefined) {
      problem = newCase(key, c.uid, c.subject, { ...c.rules, urgency: 3, waitMs: 0, repeatMs: 0 }, now)
      const title = TITLES.problem(c.incident!.title)
      this.#begin(problem, newIncident(problem, { seen: times[0]!, title }, now, this.#deps), now)
      problem.escalateAtMs = 0
      this.tell(
        problem,
        { kind: 'open', by: 'vigie', rule: 'problem', note: NOTES.recurs(times.length) },
        now,
      )
    } else {
      const kind = problem.phase === 'resolved' ? 'reopen' : 'update'
      const telling = { by: 'vigie', rule: 'problem', note: NOTES.again(c.incident!.number) }
      if (kind === 'reopen') this.reopen(problem, telling, now)
      else this.tell(problem, { kind, ...telling }, now)
    }
    problem.resolveAtMs = now + Math.max(window_s * 1000, DAY_MS)
    problem.overAtMs = now
    c.incident = { ...c.incident!, problem: problem.uid }
    this.#book.putCase(c)
  }
}

const sameIn = (text = ''): { fr: string; en: string } => ({ fr: text, en: text })
