import type { Bilingual } from '../../model/finding.js'
import type { Maintenance, RegistrySnapshot, Site } from '../../model/registry.js'

/** What the life of an incident asks of the registry. Made anew with each version of it. */
export interface NetworkView {
  organization(id: string): OrganizationView | undefined
  site(id: string): SiteView | undefined
  /** Supplier and site of a link. */
  link(id: string): LinkView | undefined
  supplierName(id: string): Bilingual | undefined
  /** Suppliers of a site's links, sorted; none where the registry knows no link. */
  suppliersOf(site: string): readonly string[]
  /** How many sites have a link of a supplier. */
  siteCount(supplier: string): number
  /** The maintenance that covers a place at a moment; undefined: none does. */
  maintenance(place: Place, nowMs: number): MaintenanceView | undefined
}

export interface OrganizationView {
  readonly name: Bilingual
  readonly group?: string
  readonly lang?: 'fr' | 'en'
}

export interface SiteView {
  readonly name: Bilingual
  readonly organization: string
  readonly kind?: Site['kind']
  readonly region?: string
}

export interface LinkView {
  readonly site: string
  readonly supplier: string
}

/** Where something is, as far as known. */
export interface Place {
  readonly org?: string | undefined
  readonly site?: string | undefined
  readonly link?: string | undefined
  readonly suppliers: readonly string[]
}

export interface MaintenanceView {
  readonly id: string
  readonly endMs: number
  readonly reason?: Bilingual
}

/** An approved change of the configuration, in the shape of a maintenance of the registry. */
export type ApprovedChange = Omit<Maintenance, 'reason'> & { readonly reason?: string }

interface Window extends MaintenanceView {
  readonly startMs: number
  readonly organizations: ReadonlySet<string>
  readonly sites: ReadonlySet<string>
  readonly links: ReadonlySet<string>
  readonly suppliers: ReadonlySet<string>
}

const windowOf = (entry: Maintenance | ApprovedChange): Window => ({
  id: entry.id,
  startMs: Date.parse(entry.start),
  endMs: Date.parse(entry.end),
  ...(entry.reason !== undefined && {
    reason: typeof entry.reason === 'string' ? { fr: entry.reason, en: entry.reason } : entry.reason,
  }),
  organizations: new Set(entry.organizations),
  sites: new Set(entry.sites),
  links: new Set(entry.links),
  suppliers: new Set(entry.suppliers),
})

/**
 * Whether a window covers a place. One that names links covers those links only, one that names suppliers what hangs on
 * them alone: a site with a second supplier is not excused by the maintenance of the first.
 */
const covers = (w: Window, place: Place): boolean =>
  (place.org !== undefined && w.organizations.has(place.org)) ||
  (place.site !== undefined && w.sites.has(place.site)) ||
  (place.link !== undefined && w.links.has(place.link)) ||
  (place.suppliers.length > 0 && place.suppliers.every((supplier) => w.suppliers.has(supplier)))

/** The registry as incidents need it. */
export function networkOf(
  { registry }: Pick<RegistrySnapshot, 'registry'>,
  changes: readonly ApprovedChange[] = [],
): NetworkView {
  const organizations = new Map(registry.organizations.map((o) => [o.id, o]))
  const sites = new Map(registry.sites.map((s) => [s.id, s]))
  const links = new Map(registry.links.map((l) => [l.id, { site: l.site, supplier: l.supplier }]))
  const suppliers = new Map(registry.suppliers.map((s) => [s.id, s.name]))
  const bySite = new Map<string, string[]>()
  for (const link of registry.links) {
    const there = bySite.get(link.site) ?? []
    if (!there.includes(link.supplier)) bySite.set(link.site, [...there, link.supplier].sort())
  }
  const counts = new Map<string, number>()
  for (const list of bySite.values()) for (const s of list) counts.set(s, (counts.get(s) ?? 0) + 1)
  const windows = [...registry.maintenance, ...changes].map(windowOf)
  return {
    organization(id) {
      const found = organizations.get(id)
      if (found === undefined) return undefined
      return {
        name: found.name,
        ...(found.itsm_group !== undefined && { group: found.itsm_group }),
        ...(found.language !== undefined && { lang: found.language }),
      }
    },
    site(id) {
      const found = sites.get(id)
      if (found === undefined) return undefined
      const { name = { fr: id, en: id }, organization, kind, region } = found
      return {
        name,
        organization,
        ...(kind !== undefined && { kind }),
        ...(region !== undefined && { region }),
      }
    },
    link: (id) => links.get(id),
    supplierName: (id) => suppliers.get(id),
    suppliersOf: (site) => bySite.get(site) ?? [],
    siteCount: (supplier) => counts.get(supplier) ?? 0,
    maintenance: (place, nowMs) =>
      windows.find((w) => w.startMs <= nowMs && nowMs < w.endMs && covers(w, place)),
  }
}
