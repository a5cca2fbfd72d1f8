import { createHash } from 'node:crypto'
import type { Bilingual } from '../../model/finding.js'
import type {
  ClosingCode,
  Incident,
  IncidentEvidence,
  Priority,
  Transition,
  TransitionKind,
} from '../../model/incident.js'
import { safeTitle, TITLES } from './incident_words.js'
import type { Case, HeldFinding } from './lifecycle_state.js'
import type { NetworkView } from './network.js'
import { type Policy, priorityOf, urgencyOf } from './policy.js'

/** Bounds of what an incident carries along. */
const EVIDENCE_MAX = 5
const HISTORY_MAX = 12
const EVIDENCE_BYTES_MAX = 1000

/** What changes of an incident with a transition. */
export interface Telling {
  readonly kind: TransitionKind
  readonly by: string
  readonly rule: string
  readonly note: Bilingual
}

/** Why and by whom an incident ends. */
export interface Ending {
  readonly by: string
  readonly rule: string
  readonly closing: ClosingCode
  readonly note: Bilingual
  readonly parent?: string
}

/** Evidence that fits: keys are left out from the largest on until it does. */
export function boundedEvidence(evidence: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const sized = Object.entries(evidence).map(
    ([key, value]) => [key, value, (JSON.stringify(value) ?? '').length + key.length + 4] as const,
  )
  let bytes = sized.reduce((sum, [, , size]) => sum + size, 2)
  const left = new Set<string>()
  for (const [key, , size] of [...sized].sort((a, b) => b[2] - a[2])) {
    if (bytes <= EVIDENCE_BYTES_MAX) break
    left.add(key)
    bytes -= size
  }
  return Object.fromEntries(sized.filter(([key]) => !left.has(key)).map(([key, value]) => [key, value]))
}

const evidenceOf = (f: HeldFinding): IncidentEvidence => ({
  finding: f.uid,
  service: f.subject.service,
  severity_id: f.severity_id,
  ...(f.subject.org !== undefined && { org: f.subject.org }),
  ...(f.subject.site !== undefined && { site: f.subject.site }),
  first_seen: f.first_seen,
  last_seen: f.last_seen,
  ...(f.technique !== undefined && { technique: f.technique }),
  title: safeTitle(f.title),
  evidence: { ...f.evidence },
})

/** Weightiest first; the newest word on each finding. */
function withEvidence(list: readonly IncidentEvidence[], f: HeldFinding): IncidentEvidence[] {
  const there = list.findIndex(({ finding }) => finding === f.uid)
  const last = list.at(-1)
  if (there < 0 && list.length >= EVIDENCE_MAX && last !== undefined && last.severity_id >= f.severity_id)
    return list as IncidentEvidence[]
  const rest = there < 0 ? list : list.filter((_, i) => i !== there)
  return [...rest, evidenceOf(f)]
    .sort((a, b) => b.severity_id - a.severity_id || a.first_seen - b.first_seen)
    .slice(0, EVIDENCE_MAX)
}

export interface IncidentDeps {
  readonly policy: Policy
  readonly network: NetworkView
  readonly targets: readonly string[]
  readonly lang: 'fr' | 'en'
}

/** A time of the service level, of a priority, ms. */
export const levelMs = (
  policy: Policy,
  priority: Priority,
  what: 'notify' | 'acknowledge' | 'resolve',
): number => {
  const level = policy.config.levels[`p${priority}`]
  return { notify: level.notify_s, acknowledge: level.acknowledge_s, resolve: level.resolve_s }[what] * 1000
}

/** Uid of an incident: of its group and of the finding that began it. */
export const incidentUid = (key: string, first: string): string =>
  createHash('sha256').update(`${key}\0${first}`).digest('hex').slice(0, 32)

/** What people call an incident. */
export const incidentNumber = (uid: string): string => `VIG-${uid.slice(0, 8).toUpperCase()}`

/** The incident that a case becomes. `first` is its first finding, or what stands for one. */
export function newIncident(
  c: Case,
  first: { readonly seen: number; readonly title: Bilingual },
  now: number,
  deps: IncidentDeps,
): Incident {
  const { policy, network } = deps
  const { subject, rules, key, kind, uid } = c
  const org = kind === 'carrier' || subject.org === undefined ? undefined : subject.org
  const site = kind === 'carrier' ? undefined : subject.site
  const organization = org === undefined ? undefined : network.organization(org)
  const supplier = kind === 'carrier' ? key.slice('carrier:'.length) : subject.suppliers[0]
  const impact = rules.impact ?? 3
  const urgency = rules.urgency ?? 3
  return {
    uid,
    number: incidentNumber(uid),
    kind: kind === 'problem' ? 'problem' : 'incident',
    key,
    state: 'new',
    version: 1,
    category: subject.category,
    service: subject.service,
    ...(org !== undefined && { org }),
    ...(site !== undefined && { site }),
    ...(kind !== 'carrier' && subject.region !== undefined && { region: subject.region }),
    ...(supplier !== undefined && { supplier }),
    ...(kind !== 'carrier' && subject.link !== undefined && { link: subject.link }),
    impact,
    urgency,
    priority: priorityOf(impact, urgency),
    severity_id: subject.severity,
    group: kind === 'carrier' ? policy.config.default_group : rules.group,
    lang: organization?.lang ?? deps.lang,
    title: safeTitle(first.title),
    findings: 0,
    findings_open: 0,
    sites: 0,
    evidence: [],
    first_seen: first.seen,
    last_seen: first.seen,
    opened: now,
    updated: now,
    reopened: 0,
    flapping: false,
    chain: rules.chain,
    tier: 0,
    notified: [],
    due: { notify: 0, acknowledge: 0, resolve: 0 },
    breached: [],
    targets: [...(rules.targets ?? deps.targets)],
    remotes: {},
    history: [],
    test: false,
  }
}

/** A finding that the incident did not have joins it. */
export function withFinding(incident: Incident, f: HeldFinding): Incident {
  return { ...withNews(incident, f), findings: incident.findings + 1 }
}

/** The newest word on a finding that the incident has. */
export function withNews(incident: Incident, f: HeldFinding): Incident {
  return {
    ...incident,
    severity_id: Math.max(incident.severity_id, f.severity_id),
    first_seen: Math.min(incident.first_seen, f.first_seen),
    last_seen: Math.max(incident.last_seen, f.last_seen),
    evidence: withEvidence(incident.evidence, f),
  }
}

/**
 * Counts, impact and priority as they are now. Impact and priority only rise while an incident is open: what was wide
 * spread stays what it was until somebody says otherwise. The service level's times follow the priority.
 */
export function weighed(
  incident: Incident,
  c: Case,
  counts: { readonly open: number; readonly sites: number },
  deps: IncidentDeps,
): Incident {
  const { policy, network } = deps
  const sites = Math.max(incident.sites, counts.sites)
  const impact =
    c.rules.impact ?? (Math.min(incident.impact, policy.impact(sites, incident.site)) as 1 | 2 | 3)
  const urgency =
    c.rules.urgency ?? (Math.min(incident.urgency, urgencyOf(incident.severity_id)) as 1 | 2 | 3)
  const priority = priorityOf(impact, urgency)
  const from = incident.opened
  const title =
    c.kind === 'carrier'
      ? safeTitle(TITLES.carrier(supplierName(network, incident.supplier), sites))
      : incident.title
  return {
    ...incident,
    title,
    sites,
    findings_open: counts.open,
    impact,
    urgency,
    priority,
    due: {
      notify: from + levelMs(policy, priority, 'notify'),
      acknowledge: from + levelMs(policy, priority, 'acknowledge'),
      resolve: from + levelMs(policy, priority, 'resolve'),
    },
  }
}

const supplierName = (network: NetworkView, id = ''): Bilingual =>
  network.supplierName(id) ?? { fr: id, en: id }

/** The incident after a transition, and the transition. The first one has version 1. */
export function told(
  incident: Incident,
  { kind, by, rule, note }: Telling,
  now: number,
): { readonly incident: Incident; readonly transition: Transition } {
  const version = incident.history.length === 0 ? 1 : incident.version + 1
  const transition: Transition = { version, kind, time: now, by, rule, note: safeTitle(note) }
  return {
    transition,
    incident: {
      ...incident,
      version,
      updated: now,
      history: [...incident.history, transition].slice(-HISTORY_MAX),
    },
  }
}
