import { z } from 'zod'
import { SEVERITIES } from '../../model/finding.js'
import type { StoreRow } from '../../model/ports.js'
import type { ServiceContext } from '../context.js'
import type { FindingReport } from '../finding_book.js'
import type { HorizonAnalyzer, SecurityService, Slot } from '../service.js'
import { BASELINE_TITLES } from '../titles.js'
import { type Candidate, folded, type Group, groupsOf, movingIn, Rings } from './baseline_fold.js'
import {
  BASELINE_HORIZONS,
  METRICS,
  type Profile,
  profileOf,
  STEP_S,
  seriesSql,
  valuesOf,
} from './baseline_questions.js'
import { type Deviation, type Direction, judgeStep, type Step } from './baseline_step.js'

const steps = (value: number) => z.number().int().min(1).max(5).default(value)
const rate = (value: number) => z.number().positive().default(value)

export const baselineParameters = z.strictObject({
  surge_factor: z.number().min(1.1).default(3).describe('Times the usual, at least, of a surge'),
  drop_factor: z.number().min(1.1).default(2).describe('Times less than the usual, at least, of a drop'),
  surge_bps: rate(5e6).describe('Bit/s above the usual, at least'),
  drop_bps: rate(2e5).describe('Bit/s below the usual, at least'),
  surge_flows_per_s: rate(20).describe('Flows a second above the usual, at least'),
  drop_flows_per_s: rate(0.2).describe('Flows a second below the usual, at least'),
  false_discovery_rate: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.05)
    .describe('Share of chance among what is held for unusual in one step, over the whole fleet, at most'),
  z: z
    .number()
    .positive()
    .default(4)
    .describe('Robust standard deviations of the logarithm from the usual of the hour of the week, at least'),
  weeks: z
    .number()
    .int()
    .min(1)
    .max(4)
    .default(3)
    .describe('Weeks of the last four that a series must be known from; silent until then'),
  surge_steps: steps(5).describe('Steps of five minutes, of the last five, that are too high'),
  drop_steps: steps(3).describe('The same, that are too low'),
  silence_steps: steps(2).describe('The same, of a series that always talks and says nothing any more'),
  group_share: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('Share of the sites of an organisation, or of the links of a supplier, that is told as one'),
  fleet_share: z.number().gt(0).max(1).default(0.2).describe('The same, of all sites'),
  quiet_s: z.number().positive().default(1800).describe('Quiet after which an incident is closed, s'),
  allow: z
    .array(z.string())
    .max(1000)
    .default([])
    .describe('Registry ids of sites, links and application classes that are not judged'),
})
export type BaselineParameters = z.output<typeof baselineParameters>

const DIRECTIONS: readonly Direction[] = ['surge', 'drop']
const SILENT = 'silent'
const WEEK_MS = 7 * 86_400_000
/** Members of a group that evidence names. */
const NAMED = 20

class BaselineAnalyzer implements HorizonAnalyzer {
  readonly #context: ServiceContext<BaselineParameters>
  readonly #rings = new Rings()
  readonly #groupRings = new Rings()
  #rows: readonly StoreRow[] = []
  #profiles = new Map<string, Profile>()

  constructor(context: ServiceContext<BaselineParameters>) {
    this.#context = context
  }

  apply(horizon: string, slot: Slot, rows: readonly StoreRow[] | undefined): void {
    if (horizon === 'profiles') this.#learn(rows)
    else if (rows === undefined) this.#context.count('steps_without_values', 1)
    else this.#judge(slot, rows)
  }

  /** Nothing is decided between answers. */
  evaluate(): void {}

  /** The profiles of an hour; without an answer there are none, and nothing is judged by those of another one. */
  #learn(rows: readonly StoreRow[] | undefined): void {
    if (rows === undefined) this.#context.count('hours_without_profiles', 1)
    this.#rows = rows ?? []
    this.#profiles = new Map(this.#rows.map(profileOf).map((p) => [p.key, p]))
    if (rows !== undefined) this.#rings.keepOnly(this.#profiles)
  }

  #judge(slot: Slot, rows: readonly StoreRow[]): void {
    const general = this.#context.parametersOf(0)
    const { values, held } = valuesOf(rows)
    const step = judgeStep(
      this.#profiles.values(),
      values,
      held,
      (orgId) => this.#context.parametersOf(orgId),
      general.false_discovery_rate,
    )
    if (step.gap) {
      this.#context.count('gap_steps', 1)
      return
    }
    this.#context.count('series_judged', step.tested.length)
    for (const { key } of step.tested) this.#rings.note(key, namesOf(step.deviations.get(key)))
    const groups = this.#groups(step)
    const candidates = folded(this.#candidates(step), this.#held(), movingIn(step))
    for (const candidate of candidates) this.#report(candidate, step, slot)
    for (const group of groups) this.#tellGroup(group, slot)
  }

  /** Series that are unusual for long enough, and those that are open and have not come back. */
  #candidates(step: Step): Candidate[] {
    const found: Candidate[] = []
    for (const [key, list] of step.deviations) {
      const { profile } = list[0]!
      const p = this.#context.parametersOf(profile.orgId)
      if (this.#isAllowed(profile, p)) continue
      for (const direction of DIRECTIONS) {
        const mine = list.filter((d) => d.direction === direction)
        if (mine.length === 0) continue
        const open = this.#context.isOpen(`${key}|${direction}`)
        const silent =
          direction === 'drop' && this.#rings.hits(key, SILENT, p.silence_steps) >= p.silence_steps
        const lasts = mine.some(
          (d) => d.improbable && this.#rings.hits(key, nameOf(d)) >= stepsOf(p, direction),
        )
        if (!open && !silent && !lasts) continue
        found.push({
          profile,
          direction,
          worst: mine.reduce((a, b) => (Math.abs(b.z) > Math.abs(a.z) ? b : a)),
        })
      }
    }
    return found
  }

  #isAllowed(profile: Profile, { allow }: BaselineParameters): boolean {
    if (allow.length === 0) return false
    const site = this.#context.siteName(profile.siteId)
    return allow.includes(profile.name) || (site !== undefined && allow.includes(site))
  }

  #groups(step: Step): Group[] {
    const p = this.#context.parametersOf(0)
    const rule = { groupShare: p.group_share, fleetShare: p.fleet_share, fleetFactor: p.drop_factor }
    const groups = DIRECTIONS.flatMap((direction) => groupsOf(step, direction, rule))
    for (const key of new Set([...this.#groupRings.subjects(), ...groups.map((g) => g.key)])) {
      this.#groupRings.note(
        key,
        groups.filter((g) => g.key === key).map((g) => g.direction),
      )
    }
    return groups
  }

  /** Groups that moved in one of the last five steps: what moves as they do is theirs. */
  #held(): Set<string> {
    const moved = this.#groupRings
      .subjects()
      .flatMap((key) => DIRECTIONS.map((direction) => ({ key, direction })))
      .filter(({ key, direction }) => this.#groupRings.hits(key, direction) > 0)
    return new Set(moved.map(({ key, direction }) => `${key}|${direction}`))
  }

  #tellGroup(group: Group, slot: Slot): void {
    const p = this.#context.parametersOf(group.level === 'organization' ? group.number : 0)
    const hits = this.#groupRings.hits(group.key, group.direction)
    const key = `${group.key}|${group.direction}`
    if (hits < stepsOf(p, group.direction) && !this.#context.isOpen(key)) return
    const kind = group.silent ? 'silence' : group.direction
    const orgId = group.level === 'organization' ? group.number : 0
    this.#context.report({
      ...this.#common(key, slot, hits, p),
      severity: group.direction === 'drop' ? SEVERITIES.high : SEVERITIES.medium,
      score: 90,
      orgId,
      siteId: 0,
      evidence: {
        kind,
        series_kind: group.level,
        series: group.number,
        ...(group.level === 'supplier' ? { supplier: group.name } : {}),
        moved: group.moved.length,
        of: group.members,
        sites: group.moved.slice(0, NAMED).flatMap((m) => this.#context.siteName(m.siteId) ?? []),
      },
      title: BASELINE_TITLES[kind](group.level, group.name || this.#context.orgName(orgId)),
      magnitude: Math.max(1, group.moved.length),
    })
  }

  #report({ profile, direction, worst }: Candidate, step: Step, slot: Slot): void {
    const p = this.#context.parametersOf(profile.orgId)
    const kind = worst.silent ? 'silence' : direction
    const hits = this.#rings.oldest(profile.key, nameOf(worst)) + 1
    const site = this.#context.siteName(profile.siteId)
    const name =
      profile.kind === 'site'
        ? site
        : profile.kind === 'organization'
          ? this.#context.orgName(profile.orgId)
          : profile.name
    this.#context.report({
      ...this.#common(`${profile.key}|${direction}`, slot, hits, p),
      severity: severityOf(kind, profile, worst),
      score: Math.min(99, 60 + 3 * Math.abs(worst.z)),
      orgId: profile.orgId,
      siteId: profile.siteId,
      evidence: {
        kind,
        series_kind: profile.kind,
        series: profile.subject,
        ...(profile.kind === 'link' ? { link: profile.name, supplier: profile.supplierName } : {}),
        ...(profile.kind === 'class' ? { app_class: profile.name } : {}),
        ...measured(worst),
        robust_z: round(worst.z),
        baseline_weeks: profile.weeks,
        baseline_steps: profile.samples,
        series_judged: step.tested.length,
        sql: seriesSql(profile.kind, profile.subject, { startMs: slot.endMs - WEEK_MS, endMs: slot.endMs }),
      },
      title: BASELINE_TITLES[kind](profile.kind, name),
      magnitude: Math.abs(worst.value - worst.usual),
    })
  }

  #common(
    key: string,
    slot: Slot,
    hits: number,
    p: BaselineParameters,
  ): Pick<FindingReport, 'key' | 'src' | 'dst' | 'firstSeenMs' | 'lastSeenMs' | 'quietMs'> {
    const firstSeenMs = slot.endMs - Math.max(1, hits) * STEP_S * 1000
    return { key, src: [], dst: [], firstSeenMs, lastSeenMs: slot.endMs, quietMs: p.quiet_s * 1000 }
  }

  snapshot(): unknown {
    return { rows: this.#rows, rings: this.#rings.snapshot(), groups: this.#groupRings.snapshot() }
  }

  restore(state: unknown): void {
    const saved = state as { rows: readonly StoreRow[]; rings: unknown; groups: unknown }
    this.#learn(saved.rows)
    this.#rings.restore(saved.rings)
    this.#groupRings.restore(saved.groups)
  }
}

const stepsOf = (p: BaselineParameters, direction: Direction): number =>
  direction === 'surge' ? p.surge_steps : p.drop_steps
const round = (x: number): number => Math.round(x * 100) / 100
const nameOf = ({ direction, metric }: Deviation): string => `${direction}.${METRICS[metric]}`

/** What a step's ring marks of a series. */
function namesOf(deviations: readonly Deviation[] | undefined): string[] {
  const hits = (deviations ?? []).filter((d) => d.improbable)
  return hits.some((d) => d.silent) ? [SILENT, ...hits.map(nameOf)] : hits.map(nameOf)
}

/** A site that says nothing any more weighs more than one that says too much. */
function severityOf(
  kind: Direction | 'silence',
  { kind: series }: Profile,
  { value, usual }: Deviation,
): number {
  if (kind === 'silence')
    return series === 'site' || series === 'organization' ? SEVERITIES.high : SEVERITIES.medium
  if (kind === 'drop') return SEVERITIES.medium
  return value >= 5 * usual ? SEVERITIES.medium : SEVERITIES.low
}

function measured({ metric, value, usual }: Deviation): Record<string, unknown> {
  const [of, usually] = [value, usual].map((x) =>
    metric === 2 ? round(x / STEP_S) : Math.round((x * 8) / STEP_S),
  )
  const times = usual > 0 ? { times_usual: round(value / usual) } : {}
  if (metric === 2) return { measure: METRICS[metric], flows_per_s: of, usual_flows_per_s: usually, ...times }
  return { measure: METRICS[metric], rate_bps: of, usual_bps: usually, ...times }
}

export const baseline: SecurityService<BaselineParameters> = {
  id: 'baseline',
  title: { fr: 'Niveaux de référence du trafic', en: 'Traffic baselines' },
  about: {
    fr: 'Trouve les sites, les liens, les organisations et leurs classes d’applications dont le trafic sort de l’ordinaire pour l’heure de la semaine, en hausse, en baisse ou interrompu.',
    en: 'Finds sites, links, organizations and their classes of applications whose traffic is out of the ordinary for the hour of the week: risen, fallen or ceased.',
  },
  techniques: [],
  analyticType: 3,
  needs: ['time_received', 'bytes', 'counted', 'src_site_id', 'dst_site_id'],
  betterWith: ['src_org_id', 'dst_org_id', 'link_id', 'app_class_id'],
  parameters: baselineParameters,
  horizons: {
    horizons: BASELINE_HORIZONS,
    analyzer: (context) => new BaselineAnalyzer(context),
  },
}
