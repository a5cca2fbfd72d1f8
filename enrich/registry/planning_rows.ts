import type { LinkTermsRow, PlanningRows, SiteTermsRow } from '../../model/planning_rows.js'
import type { Registry, RegistryLink, RegistrySnapshot, Site } from '../../model/registry.js'

/** The interval of what has no start or no end: within what ClickHouse's DateTime holds. */
export const EVER_FROM = 0
export const EVER_TO = 4_291_747_200

const seconds = (moment: string | undefined, preset: number): number =>
  moment === undefined ? preset : Math.floor(Date.parse(moment) / 1000)

interface Period<T> {
  readonly from: number
  readonly to: number
  readonly value: T
}

/**
 * An entry's terms by interval, oldest first. `before` tells what held until a moment; what it leaves out held as in the
 * interval after it.
 *
 * ```
 *   before: until t1 {a: 1} · until t2 {b: 2}     entry {a: 3, b: 3}
 *   ──── {a: 1, b: 2} ──── t1 ──── {a: 3, b: 2} ──── t2 ──── {a: 3, b: 3} ────
 * ```
 */
export function periodsOf<T extends object, B extends { readonly until: string }>(
  entry: T & { readonly before?: readonly B[] | undefined },
  from = EVER_FROM,
  to = EVER_TO,
): Period<T>[] {
  const earlier = [...(entry.before ?? [])].sort((a, b) => Date.parse(b.until) - Date.parse(a.until))
  const periods: Period<T>[] = []
  let end = to
  let value: T = entry
  for (const { until, ...terms } of earlier) {
    const at = Math.min(seconds(until, from), end)
    if (at < end) periods.unshift({ from: at, to: end, value })
    value = { ...value, ...terms }
    end = at
  }
  periods.unshift({ from: EVER_FROM, to: end, value })
  return periods
    .map((period) => ({ ...period, from: Math.max(period.from, from) }))
    .filter((period) => period.from < period.to)
}

/** What holds of `periods` within `from` to `to`, cut to it. */
const within = <T>(periods: readonly Period<T>[], from: number, to: number): Period<T>[] =>
  periods
    .map((period) => ({ ...period, from: Math.max(period.from, from), to: Math.min(period.to, to) }))
    .filter((period) => period.from < period.to)

/** A link's terms, cut also where its site changed. */
function linkTerms(
  link: RegistryLink,
  sites: ReadonlyMap<string, readonly Period<Site>[]>,
  { registry, ids, version }: RegistrySnapshot,
): LinkTermsRow[] {
  const classOf = new Map(registry.contracts.map((contract) => [contract.id, contract.sla_class]))
  const periods = periodsOf(link, seconds(link.start, EVER_FROM), seconds(link.end, EVER_TO))
  return periods.flatMap(({ from, to, value }) =>
    within(sites.get(value.site) ?? [], from, to).map((place) => ({
      version,
      link: ids.links[link.id]!,
      id: link.id,
      valid_from: place.from,
      valid_to: place.to,
      site: ids.sites[value.site] ?? 0,
      organization: ids.organizations[place.value.organization] ?? 0,
      region: Number(place.value.region ?? 0),
      network: place.value.network ?? '',
      supplier: ids.suppliers[value.supplier] ?? 0,
      lot: value.lot ?? '',
      technology: value.technology ?? '',
      contract: value.contract ?? '',
      sla_class: value.sla_class ?? classOf.get(value.contract ?? '') ?? '',
      committed_bps: Math.round(value.committed_bps ?? 0),
      burst_bps: Math.round(value.burst_bps ?? 0),
      billing_rule: value.billing?.rule ?? '',
      billing_directions: value.billing?.directions ?? 'max',
      price_per_month_cad: value.billing?.price_per_month_cad ?? 0,
      price_per_mbps_cad: value.billing?.price_per_mbps_cad ?? 0,
      price_per_gb_cad: value.billing?.price_per_gb_cad ?? 0,
      included_gb: value.billing?.included_gb ?? 0,
    })),
  )
}

function siteTerms(
  site: Site,
  periods: readonly Period<Site>[],
  { ids, version }: RegistrySnapshot,
): SiteTermsRow[] {
  return periods.map(({ from, to, value }) => ({
    version,
    site: ids.sites[site.id]!,
    id: site.id,
    valid_from: from,
    valid_to: to,
    organization: ids.organizations[value.organization] ?? 0,
    region: Number(value.region ?? 0),
    network: value.network ?? '',
  }))
}

function contractRows({ registry, ids, version }: RegistrySnapshot): PlanningRows['contracts'] {
  return registry.contracts.map((contract) => {
    const credits = [...(contract.service_credits ?? [])].sort(
      (a, b) => a.availability_below_ratio - b.availability_below_ratio,
    )
    return {
      version,
      id: contract.id,
      supplier: ids.suppliers[contract.supplier] ?? 0,
      sla_class: contract.sla_class ?? '',
      valid_from: seconds(contract.start, EVER_FROM),
      valid_to: seconds(contract.end, EVER_TO),
      credit_below_ratio: credits.map((credit) => credit.availability_below_ratio),
      credit_ratio: credits.map((credit) => credit.credit_ratio),
    }
  })
}

function classRows(registry: Registry, version: number): PlanningRows['sla_classes'] {
  return registry.sla_classes.map((c) => ({
    version,
    id: c.id,
    name_fr: c.name?.fr ?? c.id,
    name_en: c.name?.en ?? c.id,
    one_way_delay_ms: c.one_way_delay_ms ?? null,
    round_trip_delay_ms: c.round_trip_delay_ms ?? null,
    delay_variation_ms: c.delay_variation_ms ?? null,
    loss_ratio: c.loss_ratio ?? null,
    availability_ratio: c.availability_ratio ?? null,
    mos: c.mos ?? null,
    time_to_restore_h: c.time_to_restore_h ?? null,
  }))
}

/** Rows of the planning tables for a version of the registry. */
export function planningRows(snapshot: RegistrySnapshot): PlanningRows {
  const { registry, ids, version } = snapshot
  const sites = new Map(registry.sites.map((site) => [site.id, periodsOf(site)]))
  const numbers = (table: Readonly<Record<string, number>>, names: readonly string[] = []): number[] =>
    names.flatMap((name) => table[name] ?? [])
  return {
    link_terms: registry.links.flatMap((link) => linkTerms(link, sites, snapshot)),
    site_terms: registry.sites.flatMap((site) => siteTerms(site, sites.get(site.id)!, snapshot)),
    sla_classes: classRows(registry, version),
    contracts: contractRows(snapshot),
    maintenance_windows: registry.maintenance.map((window) => ({
      version,
      id: window.id,
      valid_from: seconds(window.start, EVER_FROM),
      valid_to: seconds(window.end, EVER_TO),
      reason_fr: window.reason?.fr ?? '',
      reason_en: window.reason?.en ?? '',
      organizations: numbers(ids.organizations, window.organizations),
      sites: numbers(ids.sites, window.sites),
      links: numbers(ids.links, window.links),
      suppliers: numbers(ids.suppliers, window.suppliers),
    })),
    consolidations: registry.consolidation.map((move) => ({
      version,
      room: ids.sites[move.room] ?? 0,
      moves_into: ids.sites[move.into] ?? 0,
      planned: move.date?.slice(0, 10) ?? null,
      status: move.status ?? 'planned',
    })),
    registry_versions: version === 0 ? [] : [{ version }],
  }
}
