import { createHash } from 'node:crypto'
import type { Finding, ServiceId } from '../../model/finding.js'
import type { Category, Level, Priority } from '../../model/incident.js'
import type { NetworkView, Place } from './network.js'
import type { PolicyConfig, Rule } from './policy_config.js'

/** What a finding is about, read once: registry entries that its ids name, and words of its evidence. */
export interface Subject extends Place {
  readonly service: ServiceId
  readonly category: Category
  readonly severity: number
  readonly region?: string | undefined
  readonly kind?: string | undefined
  /** The site at the other end of a tunnel. */
  readonly remoteSite?: string | undefined
  /** Suppliers that may be at fault: of the link that it names, or of all links of its site. */
  readonly suppliers: readonly string[]
  readonly siteDown: boolean
  readonly inhibitable: boolean
}

/** What the policy says of a finding. */
export interface Decision {
  readonly incident: boolean
  /** Name of the group, hashed. */
  readonly key: string
  readonly waitMs: number
  readonly intervalMs: number
  readonly repeatMs: number
  readonly resolveAfterMs: number
  readonly reopenWithinMs: number
  readonly impact?: Level
  readonly urgency?: Level
  readonly group: string
  readonly chain: string
  /** Undefined: all. */
  readonly targets?: readonly string[]
  /** Labels of the group, for words: those that `group_by` names. */
  readonly groupBy: readonly string[]
  /** The rules that said something, in order: `default_network`, then those of the configuration. */
  readonly trace: readonly Trace[]
}

export interface Trace {
  readonly rule: string
  readonly says: Readonly<Record<string, unknown>>
}

/** What holds without any configuration; security first, because an attack does not wait. */
const DEFAULTS: readonly Rule[] = [
  {
    name: 'default',
    match: {},
    incident: true,
    group_by: ['organization', 'site', 'service'],
    wait_s: 0,
    interval_s: 300,
    repeat_s: 4 * 3600,
    resolve_after_s: 60,
    reopen_within_s: 4 * 3600,
    escalation: 'default',
  },
  { name: 'default_minor', match: { severity_max: 2 }, incident: false },
  {
    name: 'default_network',
    match: { categories: ['network', 'telemetry'] },
    group_by: ['organization', 'site', 'supplier'],
    wait_s: 30,
    resolve_after_s: 300,
    reopen_within_s: 24 * 3600,
  },
  {
    name: 'default_saturation',
    match: { services: ['saturation'] },
    group_by: ['organization', 'site', 'link', 'service'],
  },
]

const word = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= 200 ? value : undefined

const within = (list: readonly string[] | undefined, value: string | undefined): boolean =>
  list === undefined || (value !== undefined && list.includes(value))

function matches({ match }: Rule, s: Subject): boolean {
  return (
    within(match.organizations, s.org) &&
    within(match.sites, s.site) &&
    within(match.regions, s.region) &&
    within(match.services, s.service) &&
    within(match.categories, s.category) &&
    within(match.kinds, s.kind) &&
    s.severity >= (match.severity_min ?? 0) &&
    s.severity <= (match.severity_max ?? 6) &&
    (match.suppliers === undefined || s.suppliers.some((supplier) => match.suppliers?.includes(supplier)))
  )
}

/** What a service's findings are about; services say so themselves. */
export type CategoryOf = (service: ServiceId) => Category

/** Decides what becomes of a finding. Pure: the same finding, policy and registry give the same decision. */
export class Policy {
  readonly config: PolicyConfig
  readonly #network: NetworkView
  readonly #categoryOf: CategoryOf
  readonly #rules: readonly Rule[]
  readonly #inhibitable: ReadonlySet<string>
  readonly #siteDown: ReadonlySet<string>

  constructor(config: PolicyConfig, network: NetworkView, categoryOf: CategoryOf) {
    this.config = config
    this.#network = network
    this.#categoryOf = categoryOf
    this.#rules = [...DEFAULTS, ...config.rules]
    this.#inhibitable = new Set(config.inhibit.services)
    this.#siteDown = new Set(config.inhibit.site_down_kinds)
  }

  /**
   * Reads what a finding is about. Words of the evidence that are looked at: `kind`, `link`, `supplier` (or `carrier`),
   * `remote_site`; services of the network give them.
   */
  subject(finding: Pick<Finding, 'service' | 'severity_id' | 'org' | 'site' | 'evidence'>): Subject {
    const { evidence } = finding
    const link = word(evidence.link)
    const known = link === undefined ? undefined : this.#network.link(link)
    const said = known?.supplier ?? word(evidence.supplier) ?? word(evidence.carrier)
    const site = finding.site ?? known?.site
    const place = site === undefined ? undefined : this.#network.site(site)
    const inhibitable = this.#inhibitable.has(finding.service)
    const suppliers =
      said !== undefined ? [said] : site !== undefined && inhibitable ? this.#network.suppliersOf(site) : []
    const kind = word(evidence.kind)
    const category = this.#categoryOf(finding.service)
    return {
      service: finding.service,
      category,
      severity: finding.severity_id,
      org: finding.org ?? place?.organization,
      site,
      region: place?.region,
      link,
      kind,
      remoteSite: word(evidence.remote_site),
      suppliers,
      siteDown: NETWORK_KINDS.has(category) && kind !== undefined && this.#siteDown.has(kind),
      inhibitable,
    }
  }

  decide(uid: string, subject: Subject): Decision {
    const says: Record<string, unknown> = {}
    const trace: Trace[] = []
    for (const rule of this.#rules) {
      if (!matches(rule, subject)) continue
      const { name, match: _, ...own } = rule
      Object.assign(says, own)
      trace.push({ rule: name, says: own })
    }
    const rule = says as unknown as Required<Omit<Rule, 'impact' | 'urgency' | 'targets'>> & Rule
    const groupBy = subject.siteDown ? ['site'] : rule.group_by
    return {
      incident: rule.incident,
      key: subject.siteDown && subject.site ? siteKey(subject.site) : this.#key(groupBy, uid, subject),
      waitMs: rule.wait_s * 1000,
      intervalMs: rule.interval_s * 1000,
      repeatMs: rule.repeat_s * 1000,
      resolveAfterMs: rule.resolve_after_s * 1000,
      reopenWithinMs: rule.reopen_within_s * 1000,
      ...(rule.impact !== undefined && { impact: rule.impact }),
      ...(rule.urgency !== undefined && { urgency: rule.urgency }),
      group: rule.assignment_group ?? this.#groupOf(subject),
      chain: rule.escalation,
      ...(rule.targets !== undefined && { targets: rule.targets }),
      groupBy,
      trace,
    }
  }

  /** Impact of what is wrong: how many sites, and of what kind. */
  impact(sites: number, site: string | undefined): Level {
    const kind = site === undefined ? undefined : this.#network.site(site)?.kind
    if (sites >= 20 || kind === 'hospital' || kind === 'data_centre') return 1
    return sites >= 3 || kind === 'clinic' || kind === 'laboratory' || kind === 'server_room' ? 2 : 3
  }

  #groupOf({ org, category }: Subject): string {
    const own = org === undefined ? undefined : this.#network.organization(org)?.group
    return own ?? (category === 'security' ? this.config.security_group : this.config.default_group)
  }

  #key(groupBy: readonly string[], uid: string, s: Subject): string {
    const label: Readonly<Record<string, string | undefined>> = {
      organization: s.org,
      site: s.site,
      region: s.region,
      supplier: s.suppliers.join('+'),
      link: s.link,
      service: s.service,
      category: s.category === 'security' ? 'security' : 'network',
      finding: uid,
    }
    const own = NETWORK_KINDS.has(s.category) ? 'network' : s.service
    const parts = [own, ...groupBy.map((by) => `${by}=${label[by] ?? ''}`)]
    return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32)
  }
}

const NETWORK_KINDS: ReadonlySet<string> = new Set(['network', 'telemetry'])

export const siteKey = (site: string): string => `site:${site}`
export const carrierKey = (supplier: string): string => `carrier:${supplier}`

/** Urgency of a severity (OCSF): fatal and critical at once, high soon. */
export const urgencyOf = (severity: number): Level => (severity >= 5 ? 1 : severity >= 4 ? 2 : 3)

/** ITIL's matrix: 1 where both are high, 5 where both are low. */
export const priorityOf = (impact: Level, urgency: Level): Priority => (impact + urgency - 1) as Priority
