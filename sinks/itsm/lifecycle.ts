import type { Finding } from '../../model/finding.js'
import { AppliedSequences } from './applied_sequences.js'
import { type BookState, CaseBook } from './case_book.js'
import { CaseTimers } from './case_timers.js'
import { Explanations } from './explanations.js'
import { boundedEvidence } from './incident_changes.js'
import { IncidentDesk } from './incident_desk.js'
import type {
  Case,
  HeldFinding,
  LifecycleInput,
  Notification,
  Range,
  Silence,
  Step,
} from './lifecycle_state.js'
import { markOfEnd } from './marked_end.js'
import type { NetworkView } from './network.js'
import type { Decision, Policy } from './policy.js'
import { applyEvent } from './remote_events.js'
import { isLifted, silenceOf } from './silences.js'
import { emptyDraft, type StepDraft } from './step_draft.js'

export interface LifecycleDeps {
  readonly policy: Policy
  readonly network: NetworkView
  /** Names of the configured targets. */
  readonly targets: readonly string[]
  readonly lang: 'fr' | 'en'
}

/** Bounds of one step, so that it fits one message. */
const STEP_INPUTS = 32
const STEP_DUE = 32
const STEP_MOVES = 500
const STEP_LINKS = 1000
/** Open findings that are followed; of more the lifecycle says that it is full, and they open nothing. */
const FINDINGS_MAX = 100_000
const SILENCES_MAX = 500

export interface LifecycleCounts {
  /** Findings that came when there was no room to follow them. */
  full: number
}

/** The saved state. */
export interface LifecycleState {
  readonly v: 1
  readonly time: number
  readonly through: number
  readonly above: readonly Range[]
  readonly book: BookState
}

/**
 * The life of incidents: a state machine. Findings, what people did and the passing of time come in, transitions come out;
 * it knows no clock, no chance and no network. A step is bounded and is written down as a whole before the next; `apply`
 * brings a fresh machine to where the written steps left it.
 *
 * ```
 *  finding ─▶ policy ─┬─ no incident ─────────▶ link only
 *                     ├─ maintenance, silence ─▶ muted until its end, then looked at again
 *                     ├─ carrier or site down ─▶ the incident that explains it
 *                     └─ its group ─▶ pending ─wait─▶ open ─all over─▶ resolved ─▶ closed
 *                                                      ▲──── comes back ────┘
 * ```
 */
export class Lifecycle {
  readonly #book = new CaseBook()
  #deps: LifecycleDeps
  readonly #desk: IncidentDesk
  readonly #timers: CaseTimers
  readonly #explanations: Explanations
  #time = 0
  readonly #applied = new AppliedSequences()
  readonly counts: LifecycleCounts = { full: 0 }
  /** Findings that may belong elsewhere now; derived from the state, so that a restart finds them again. */
  readonly #misplaced = new Set<string>()
  /** No muted finding is due before. */
  #unmuteAtMs = 0
  #draft: StepDraft = emptyDraft()

  constructor(deps: LifecycleDeps) {
    this.#deps = deps
    this.#explanations = new Explanations(this.#book, deps)
    this.#desk = new IncidentDesk(this.#book, deps, () => this.#draft)
    this.#timers = new CaseTimers(this.#book, this.#desk, {
      release: (c) => this.#release(c),
      belongsHere: (f) => this.#explanations.keyOf(f, this.#decide(f)) === f.case,
    })
  }

  /** Another policy or registry from the next step on. */
  use(deps: LifecycleDeps): void {
    this.#deps = deps
    this.#desk.use(deps)
    this.#explanations.use(deps)
  }

  get book(): CaseBook {
    return this.#book
  }

  /** Up to here all findings of the stream are applied. */
  get through(): number {
    return this.#applied.through
  }

  /** Whether something is due, or left over from the last step. */
  isDue(now: number): boolean {
    return this.#misplaced.size > 0 || this.#timers.isDue(now) || this.#mutedDue(now) !== undefined
  }

  /**
   * Takes as many inputs as one step holds, then what time brought. Gives the step, and how many inputs it took.
   * `now` never goes back.
   */
  step(inputs: readonly LifecycleInput[], nowMs: number): { readonly step: Step; readonly taken: number } {
    const now = Math.max(nowMs, this.#time)
    this.#time = now
    this.#draft = emptyDraft()
    let taken = 0
    while (taken < Math.min(inputs.length, STEP_INPUTS)) this.#take(inputs[taken++]!, now)
    this.#unmute(now)
    this.#replace(now)
    this.#noteTimes()
    this.#timers.run(now, STEP_DUE)
    this.#desk.refresh(now)
    this.#noteTimes()
    return { step: this.#finish(now), taken }
  }

  /** Applies a step that was written down. */
  apply(step: Step): void {
    this.#book.apply(step.changes)
    this.#time = step.time
    this.#applied.restore(step)
  }

  snapshot(): LifecycleState {
    return {
      v: 1,
      time: this.#time,
      through: this.#applied.through,
      above: this.#applied.above,
      book: this.#book.snapshot(),
    }
  }

  restore(state: LifecycleState): void {
    this.#book.restore(state.book)
    this.#time = state.time
    this.#applied.restore(state)
  }

  /** To be called when all that was written is applied: finds what an interrupted fold or release left to do. */
  settle(): void {
    for (const c of this.#book.cases.values()) this.#timers.note(c)
    for (const f of this.#book.findings()) {
      if (f.muted === undefined && this.#explanations.keyOf(f, this.#decide(f)) !== f.case)
        this.#misplaced.add(f.uid)
    }
  }

  #noteTimes(): void {
    for (const c of this.#book.changedCases()) this.#timers.note(c)
  }

  /** What would become of a finding now, and why; changes nothing. */
  explain(finding: Finding, now: number): { decision: Decision; muted?: string; key: string; case?: Case } {
    const subject = this.#deps.policy.subject(finding)
    const decision = this.#deps.policy.decide(finding.uid, subject)
    const held = this.#book.finding(finding.uid) ?? this.#hold(finding, decision.key)
    const muted = this.#mutedBy(held, now)
    const key = this.#explanations.keyOf(held, decision)
    const c = this.#book.case(key)
    return { decision, key, ...(muted && { muted: muted.by }), ...(c && { case: c }) }
  }

  #take(input: LifecycleInput, now: number): void {
    if (input.type === 'finding') this.#finding(input.sequence, input.finding, now)
    else if (input.type === 'notification') this.#notification(input.notification)
    else if (input.type === 'silence') this.#silence(input.silence, now)
    else {
      const { event, by } = input
      if (this.#book.sawEvent(`${by}\0${event.id}`)) return
      this.#book.noteEvent(`${by}\0${event.id}`)
      applyEvent(this.#book, this.#desk, by, event, now)
    }
  }

  #finding(sequence: number, finding: Finding, now: number): void {
    if (!this.#applied.add(sequence)) return
    const held = this.#book.finding(finding.uid)
    if (held !== undefined && finding.time < held.at) return
    if (finding.activity === 'close') {
      if (held !== undefined) this.#end(held, finding, now)
    } else if (held === undefined) this.#admit(finding, now)
    else this.#renew(held, finding, now)
  }

  #admit(finding: Finding, now: number): void {
    const { policy } = this.#deps
    const decision = policy.decide(finding.uid, policy.subject(finding))
    if (now - finding.time > policy.config.stale_after_s * 1000) {
      this.#desk.link(finding.uid, '', 'stale', now)
      return
    }
    if (!decision.incident) {
      const rule = decision.trace.findLast(({ says }) => says.incident === false)?.rule ?? 'policy'
      this.#desk.link(finding.uid, '', rule, now)
      return
    }
    if (this.#book.findingCount >= FINDINGS_MAX) {
      this.counts.full++
      this.#desk.link(finding.uid, '', 'full', now)
      return
    }
    const held = this.#hold(finding, '')
    const muted = this.#mutedBy(held, now)
    if (muted === undefined) this.#place(held, decision, now)
    else this.#mute(held, muted, now)
  }

  #hold(f: Finding, key: string): HeldFinding {
    return {
      uid: f.uid,
      at: f.time,
      subject: this.#deps.policy.subject(f),
      severity_id: f.severity_id,
      first_seen: f.first_seen,
      last_seen: f.last_seen,
      ...(f.technique !== undefined && { technique: f.technique }),
      title: f.title,
      evidence: boundedEvidence({
        ...f.evidence,
        ...(f.src.length > 0 && { src: f.src.slice(0, 5) }),
        ...(f.dst.length > 0 && { dst: f.dst.slice(0, 5) }),
        ...(f.dst_port !== undefined && { dst_port: f.dst_port }),
      }),
      case: key,
    }
  }

  #renew(held: HeldFinding, finding: Finding, now: number): void {
    const { muted } = held
    const news = { ...this.#hold(finding, held.case), subject: held.subject, ...(muted && { muted }) }
    this.#book.putFinding(news)
    const c = this.#book.case(held.case)
    if (c !== undefined && muted === undefined) this.#desk.news(c, news, now)
  }

  #end(held: HeldFinding, finding: Finding, now: number): void {
    this.#book.dropFinding(held.uid)
    this.#misplaced.delete(held.uid)
    const c = this.#book.case(held.case)
    if (held.muted !== undefined || c === undefined) return
    if (c.phase !== 'pending') this.#desk.ended(c, finding, now)
    else {
      this.#desk.link(held.uid, '', markOfEnd(finding) ? 'marked' : 'over_within_wait', now)
      if (this.#book.members(c.key).size === 0) this.#book.dropCase(c.key)
    }
  }

  #mute(held: HeldFinding, muted: { by: string; untilMs: number }, now: number): void {
    this.#unmuteAtMs = Math.min(this.#unmuteAtMs, muted.untilMs)
    this.#book.putFinding({ ...held, case: '', muted })
    this.#desk.link(held.uid, '', muted.by, now)
  }

  #mutedBy(held: HeldFinding, now: number): { by: string; untilMs: number } | undefined {
    const { subject } = held
    // Work on the network explains trouble of the network; an attack meanwhile is an attack.
    const window = subject.inhibitable ? this.#deps.network.maintenance(subject, now) : undefined
    if (window !== undefined) return { by: `maintenance:${window.id}`, untilMs: window.endMs }
    const silence = silenceOf(this.#book.silences, held, now)
    return silence && { by: `silence:${silence.id}`, untilMs: silence.untilMs }
  }

  #mutedDue(now: number): HeldFinding | undefined {
    if (now < this.#unmuteAtMs) return undefined
    let next = Number.POSITIVE_INFINITY
    for (const uid of this.#book.muted) {
      const held = this.#book.finding(uid)!
      if (held.muted!.untilMs <= now || isLifted(this.#book.silences, held.muted!.by, now)) return held
      next = Math.min(next, held.muted!.untilMs)
    }
    this.#unmuteAtMs = next
    return undefined
  }

  /** What a window that ended had muted is looked at again. */
  #unmute(now: number): void {
    for (let i = 0; i < STEP_DUE; i++) {
      const held = this.#mutedDue(now)
      if (held === undefined) return
      const muted = this.#mutedBy(held, now)
      if (muted === undefined) this.#place(held, this.#decide(held), now)
      else this.#mute(held, muted, now)
    }
  }

  #decide(held: HeldFinding): Decision {
    return this.#deps.policy.decide(held.uid, held.subject)
  }

  #place(held: HeldFinding, decision: Decision, now: number): void {
    const key = this.#explanations.keyOf(held, decision)
    const muted = this.#desk.quiet(key, held, now)
    if (muted !== undefined) {
      this.#mute(held, muted, now)
      return
    }
    const { muted: _, ...free } = held
    const placed = { ...free, case: key }
    if (this.#book.finding(held.uid) === undefined || held.muted !== undefined) this.#book.putFinding(placed)
    else this.#book.moveFinding(held.uid, key)
    this.#desk.join(key, placed, decision, now)
    if (key.startsWith('carrier:')) return
    if (placed.subject.siteDown && key === decision.key) this.#gather(placed.subject.site)
    this.#watchCarriers(placed, now)
  }

  /** Looks whether the trouble of many sites is that of one carrier; its findings are moved then. */
  #watchCarriers(held: HeldFinding, now: number): void {
    // While findings are on their way from one carrier to another nothing can be counted.
    const supplier = this.#misplaced.size > 0 ? undefined : this.#explanations.carrierOf(held)
    if (supplier === undefined) return
    this.#desk.openCarrier(supplier, held.subject, held.uid, now)
    for (const f of this.#book.findings())
      if (f.muted === undefined && f.subject.suppliers.includes(supplier)) this.#misplaced.add(f.uid)
  }

  /** What stands at a site that went down, or at the other end of its tunnels, may belong to it now. */
  #gather(site: string | undefined): void {
    for (const f of this.#book.findings()) {
      const { subject, muted } = f
      if (muted === undefined && site !== undefined && (subject.site === site || subject.remoteSite === site))
        this.#misplaced.add(f.uid)
    }
  }

  /** What a resolved incident had explained, and still goes on, must explain itself. */
  #release(c: Case): void {
    for (const uid of this.#book.members(c.key).keys()) this.#misplaced.add(uid)
  }

  #replace(now: number): void {
    let moves = 0
    for (const uid of this.#misplaced) {
      if (++moves > STEP_MOVES || this.#draft.links.length > STEP_LINKS) return
      this.#misplaced.delete(uid)
      const held = this.#book.finding(uid)
      if (held === undefined || held.muted !== undefined) continue
      const decision = this.#decide(held)
      const from = this.#book.case(held.case)
      if (this.#explanations.keyOf(held, decision) === held.case) continue
      this.#place(held, decision, now)
      const to = this.#book.finding(uid)?.case ?? ''
      if (from !== undefined) this.#desk.left(from, to, now)
    }
  }

  #notification(n: Notification): void {
    this.#draft.notifications.push(n)
    if (n.remote === undefined) return
    const c = this.#book.caseOf(n.incident, n.target, undefined)
    if (c?.incident === undefined) return
    c.incident = { ...c.incident, remotes: { ...c.incident.remotes, [n.target]: n.remote } }
    this.#book.putCase(c)
  }

  #silence(silence: Silence, now: number): void {
    const others = this.#book.silences.filter(({ id, untilMs }) => id !== silence.id && untilMs > now)
    this.#book.putSilences([...others, silence].slice(-SILENCES_MAX))
    this.#unmuteAtMs = 0
  }

  #finish(now: number): Step {
    const { transitions, links, marks, closed, notifications } = this.#draft
    const changes = this.#book.takeChanges()
    const open = changes.cases.flatMap(({ incident }) => (incident === undefined ? [] : [incident]))
    return {
      v: 1,
      time: now,
      through: this.#applied.through,
      above: this.#applied.above,
      changes,
      incidents: [...closed, ...open],
      transitions,
      links,
      notifications,
      marks,
    }
  }
}
