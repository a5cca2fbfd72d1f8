import type { Bilingual, Finding, FindingMark } from '../../model/finding.js'
import type {
  Incident,
  Level,
  RemoteEvent,
  RemoteTicket,
  Transition,
  TransitionKind,
} from '../../model/incident.js'
import type { Subject } from './policy.js'

/** A finding that is still open, as long as it is. Plain data. */
export interface HeldFinding {
  readonly uid: string
  /** Event time of the newest activity that was applied. */
  readonly at: number
  readonly subject: Subject
  readonly severity_id: number
  readonly first_seen: number
  readonly last_seen: number
  readonly technique?: string
  readonly title: Bilingual
  /** Bounded in size. */
  readonly evidence: Readonly<Record<string, unknown>>
  /** Key of the case it belongs to; '' while it is muted. */
  readonly case: string
  readonly muted?: { readonly by: string; readonly untilMs: number }
}

/** The policy's decision, as a case keeps it. */
export interface CaseRules {
  readonly waitMs: number
  readonly intervalMs: number
  readonly repeatMs: number
  readonly resolveAfterMs: number
  readonly reopenWithinMs: number
  readonly impact?: Level
  readonly urgency?: Level
  readonly group: string
  readonly chain: string
  readonly targets?: readonly string[]
}

export type CaseKind = 'group' | 'site' | 'carrier' | 'problem'

/**
 * One thing that may be wrong: gathers findings, becomes an incident, goes when it is closed. Plain data; moments are ms of
 * the lifecycle's clock, 0 says none.
 */
export interface Case {
  readonly key: string
  readonly kind: CaseKind
  /** Uid that its incident has, or will have. */
  readonly uid: string
  phase: 'pending' | 'open' | 'resolved'
  readonly rules: CaseRules
  readonly subject: Subject
  incident?: Incident
  openAtMs: number
  updateAtMs: number
  remindAtMs: number
  escalateAtMs: number
  resolveAtMs: number
  /** When its last finding ended. */
  overAtMs: number
  stillAtMs: number
  closeAtMs: number
  toldAtMs: number
  /** Since when the escalation runs: opened, or opened again. */
  sinceMs: number
  /** Moments at which it was opened or came back from a resolution that was under way, newest last, bounded. */
  openings: number[]
  /** What people called its findings that are over; `no` where one was over by itself. Left out: none is over. */
  noise?: 'false_positive' | 'expected' | 'no'
  /** Its newest findings, bounded: a closing as false positive marks them. */
  members: string[]
}

export interface Silence {
  readonly id: string
  readonly org?: string
  readonly site?: string
  readonly service?: string
  readonly untilMs: number
  readonly by: string
  readonly comment: string
}

/** What is remembered of a key whose incidents are closed. */
export interface Recurrence {
  readonly times: readonly number[]
  readonly problem?: string
}

/** One attempt to tell a target that ended, well or not. */
export interface Notification {
  /** Idempotency key of the delivery. */
  readonly key: string
  readonly target: string
  readonly incident: string
  readonly version: number
  readonly kind: TransitionKind
  readonly status: 'delivered' | 'dead'
  /** Transitions that it told: more than one where they waited together. */
  readonly transitions: number
  readonly attempts: number
  /** When the incident's change was decided, and when the target had it. */
  readonly decided: number
  readonly done: number
  readonly remote?: RemoteTicket
  readonly error?: string
}

export type LifecycleInput =
  | { readonly type: 'finding'; readonly sequence: number; readonly finding: Finding }
  /** `by`: `operator:NAME` or `target:NAME`. */
  | { readonly type: 'event'; readonly by: string; readonly event: RemoteEvent }
  | { readonly type: 'silence'; readonly silence: Silence }
  | { readonly type: 'notification'; readonly notification: Notification }

/** Which incident a finding belongs to, and why; '' for none. */
export interface FindingLink {
  readonly finding: string
  readonly incident: string
  readonly rule: string
  readonly time: number
}

/** What a step changes of the state. */
export interface StepChanges {
  readonly findings: readonly HeldFinding[]
  readonly droppedFindings: readonly string[]
  /** Findings that only changed their case, by case. */
  readonly moves: Readonly<Record<string, readonly string[]>>
  readonly cases: readonly Case[]
  readonly droppedCases: readonly string[]
  readonly silences?: readonly Silence[]
  readonly recurrences: readonly (readonly [string, Recurrence])[]
  readonly events: readonly string[]
}

export type StepTransition = Transition & { readonly incident: string }

/** From and to, both included. */
export type Range = readonly [number, number]

/** One step of the lifecycle: everything that must become durable together. */
export interface Step {
  readonly v: 1
  readonly time: number
  /** Findings up to this sequence of their stream are applied, and those of these ranges behind it. */
  readonly through: number
  readonly above: readonly Range[]
  readonly changes: StepChanges
  /** Incidents that changed, as they stand after the step. */
  readonly incidents: readonly Incident[]
  readonly transitions: readonly StepTransition[]
  readonly links: readonly FindingLink[]
  readonly notifications: readonly Notification[]
  readonly marks: readonly FindingMark[]
}
