import { z } from 'zod'

/**
 * Incidents: what people are told of findings. ITIL's words. An incident stands for all findings that one thing going wrong
 * makes; a problem stands for incidents that come again and again.
 *
 * Times are ms since 1970; a key whose value is unknown is left out.
 */

/** `new` until somebody takes charge; `resolved` may be opened again; `closed` is the end. */
export const INCIDENT_STATES = ['new', 'in_progress', 'on_hold', 'resolved', 'closed'] as const
export type IncidentState = (typeof INCIDENT_STATES)[number]

/** What incidents are about: who is told of them, and what they are grouped by. */
export const CATEGORIES = ['security', 'network', 'telemetry'] as const
export type Category = (typeof CATEGORIES)[number]

/** Why it was resolved or closed. `false_positive` goes back to detection; `recovered` is Vigie's own: the findings ended. */
export const CLOSING_CODES = [
  'recovered',
  'fixed',
  'workaround',
  'false_positive',
  'expected',
  'duplicate',
  'folded',
  'other',
] as const
export type ClosingCode = (typeof CLOSING_CODES)[number]

/**
 * What happened to an incident. A target must know `open`, `update` and `resolve`; what it has no word for it takes as an
 * update. `remind` and `breach` change nothing but what people should know: it is still open, a time of the service level
 * has passed.
 */
export const TRANSITION_KINDS = [
  'open',
  'update',
  'acknowledge',
  'assign',
  'escalate',
  'remind',
  'breach',
  'hold',
  'resolve',
  'reopen',
  'close',
] as const
export type TransitionKind = (typeof TRANSITION_KINDS)[number]

/** 1 high, 2 medium, 3 low. */
export const LEVELS = [1, 2, 3] as const
export type Level = (typeof LEVELS)[number]
/** 1 critical to 5 planning: impact × urgency. */
export type Priority = 1 | 2 | 3 | 4 | 5

const ms = z.int()
const level = z.union([z.literal(1), z.literal(2), z.literal(3)])
const priority = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)])
const bilingual = z.strictObject({ fr: z.string(), en: z.string() })

/** One change of an incident. `version` counts up from 1 within the incident, without gaps. */
export const transitionSchema = z.strictObject({
  version: z.int().min(1),
  kind: z.enum(TRANSITION_KINDS),
  time: ms,
  /** Who did it: `vigie`, `operator:NAME`, `target:NAME`. */
  by: z.string(),
  /** Name of the rule that decided it, bounded: `group`, `carrier_outage`, `escalation:night` … */
  rule: z.string(),
  /** One sentence for people, without addresses. */
  note: bilingual,
})
export type Transition = z.infer<typeof transitionSchema>

/** A finding as an incident shows it. */
const evidenceSchema = z.strictObject({
  finding: z.string(),
  service: z.string(),
  severity_id: z.int(),
  org: z.string().optional(),
  site: z.string().optional(),
  first_seen: ms,
  last_seen: ms,
  technique: z.string().optional(),
  title: bilingual,
  /** Numbers an analyst can check, bounded in size. May hold addresses: they belong in a body, never in a title. */
  evidence: z.record(z.string(), z.unknown()),
})
export type IncidentEvidence = z.infer<typeof evidenceSchema>

/** Where an incident stands at one target. */
const remoteSchema = z.strictObject({
  /** What the target calls it in its interface: sys_id, ticket id, dedup key. */
  id: z.string(),
  /** What people call it: INC0010023. */
  number: z.string(),
  url: z.string().optional(),
})
export type RemoteTicket = z.infer<typeof remoteSchema>

export const incidentSchema = z.strictObject({
  /** Stable id, 32 hexadecimal digits; correlation key at every target. */
  uid: z.string(),
  /** What people call it: `VIG-1A2B3C4D`. */
  number: z.string(),
  kind: z.enum(['incident', 'problem']),
  /** What it is about: hash of rule, organisation, service, site or supplier. Incidents that come again have the same. */
  key: z.string(),
  state: z.enum(INCIDENT_STATES),
  /** Of its newest transition. */
  version: z.int().min(1),
  category: z.enum(CATEGORIES),
  service: z.string(),
  /** Registry ids. */
  org: z.string().optional(),
  site: z.string().optional(),
  region: z.string().optional(),
  supplier: z.string().optional(),
  link: z.string().optional(),
  impact: level,
  urgency: level,
  priority,
  /** Highest of its findings (OCSF, 1 to 6). */
  severity_id: z.int().min(0).max(6),
  /** Assignment group. */
  group: z.string(),
  assignee: z.string().optional(),
  /** Language of its tickets. */
  lang: z.enum(['fr', 'en']),
  /** Title in both languages; never holds an address. */
  title: bilingual,
  /** How many findings, sites; and those of them that are still open. */
  findings: z.int(),
  findings_open: z.int(),
  sites: z.int(),
  /** The weightiest findings, a bounded number. */
  evidence: z.array(evidenceSchema),
  /** Event time of what went wrong, first and last. */
  first_seen: ms,
  last_seen: ms,
  /** When it was opened, and what came since. */
  opened: ms,
  updated: ms,
  acknowledged: ms.optional(),
  acknowledged_by: z.string().optional(),
  resolved: ms.optional(),
  closing: z.enum(CLOSING_CODES).optional(),
  closed: ms.optional(),
  /** How often it was opened again. */
  reopened: z.int(),
  flapping: z.boolean(),
  /** Escalation: chain, step that was reached (0: none), who is told. */
  chain: z.string(),
  tier: z.int(),
  notified: z.array(z.string()),
  /** When the service level's times end, and those that passed. */
  due: z.strictObject({ notify: ms, acknowledge: ms, resolve: ms }),
  breached: z.array(z.enum(['notify', 'acknowledge', 'resolve'])),
  /** Uid of the incident that it was folded into, or of its problem. */
  parent: z.string().optional(),
  problem: z.string().optional(),
  /** Targets that tell it, by name of the configuration, and its ticket at each. */
  targets: z.array(z.string()),
  remotes: z.record(z.string(), remoteSchema),
  /** The newest transitions, oldest first, a bounded number. */
  history: z.array(transitionSchema),
  /** A test sent by `vigie itsm test`. */
  test: z.boolean(),
})
export type Incident = z.infer<typeof incidentSchema>

/** What came back from a target, or from an operator. The same `id` twice is applied once. */
export interface RemoteEvent {
  readonly id: string
  /** Incident, by Vigie's uid; or by the target's own id where that is all the target says. */
  readonly incident?: string
  readonly remoteId?: string
  readonly time: number
  /** Who, as the target names people. */
  readonly by?: string
  /** Somebody took charge. */
  readonly acknowledged?: boolean
  readonly assignee?: string
  readonly group?: string
  readonly state?: IncidentState
  readonly closing?: ClosingCode
  /** A remark for the record, bounded. */
  readonly comment?: string
}
