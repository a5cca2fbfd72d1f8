import type { Registry, RegistrySnapshot } from '../model/registry.js'
import { MaintenanceCalendar, type MaintenanceWindow } from './maintenance_calendar.js'

/** What a contract promises of a link; left out where it says nothing. */
export interface Objectives {
  /** Id of the class that says so. */
  readonly slaClass: string
  readonly oneWayMs?: number
  readonly roundTripMs?: number
  readonly jitterMs?: number
  readonly lossRatio?: number
  /** Mean opinion score, at least. */
  readonly mos?: number
}

/** A link of the registry, by numbers; 0: unknown. */
export interface LinkFacts {
  readonly name: string
  readonly siteId: number
  readonly supplierId: number
  readonly committedBps?: number
  readonly objectives?: Objectives
}

/** What services of the network ask of the registry, by its numbers. Made anew with each version of it. */
export interface NetworkFacts {
  readonly links: ReadonlyMap<number, LinkFacts>
  /** Ids of suppliers. */
  readonly suppliers: ReadonlyMap<number, string>
  /** Code of the region of each site that has one. */
  readonly regions: ReadonlyMap<number, string>
  /** Numbers of the links of each site. */
  readonly linksOf: ReadonlyMap<number, readonly number[]>
  /** Number of the organisation of each site. */
  readonly organizationOf: ReadonlyMap<number, number>
  /** Site of each registered exporter, by its address as the registry writes it. */
  readonly exporters: ReadonlyMap<string, number>
  readonly maintenance: MaintenanceCalendar
}

export const NO_NETWORK: NetworkFacts = {
  links: new Map(),
  suppliers: new Map(),
  regions: new Map(),
  linksOf: new Map(),
  organizationOf: new Map(),
  exporters: new Map(),
  maintenance: new MaintenanceCalendar([]),
}

type SlaClass = Registry['sla_classes'][number]

const objectivesOf = (of: SlaClass): Objectives => ({
  slaClass: of.id,
  ...(of.one_way_delay_ms !== undefined && { oneWayMs: of.one_way_delay_ms }),
  ...(of.round_trip_delay_ms !== undefined && { roundTripMs: of.round_trip_delay_ms }),
  ...(of.delay_variation_ms !== undefined && { jitterMs: of.delay_variation_ms }),
  ...(of.loss_ratio !== undefined && { lossRatio: of.loss_ratio }),
  ...(of.mos !== undefined && { mos: of.mos }),
})

/** The registry as services of the network need it. */
export function networkFactsOf({ registry, ids }: Pick<RegistrySnapshot, 'registry' | 'ids'>): NetworkFacts {
  const classes = new Map(registry.sla_classes.map((one) => [one.id, objectivesOf(one)]))
  const contracts = new Map(registry.contracts.map((one) => [one.id, one]))
  const links = new Map<number, LinkFacts>()
  const linksOf = new Map<number, number[]>()
  for (const link of registry.links) {
    const number = ids.links[link.id]!
    const siteId = ids.sites[link.site] ?? 0
    const slaClass = link.sla_class ?? contracts.get(link.contract ?? '')?.sla_class
    const objectives = classes.get(slaClass ?? '')
    links.set(number, {
      name: link.id,
      siteId,
      supplierId: ids.suppliers[link.supplier] ?? 0,
      ...(link.committed_bps !== undefined && { committedBps: link.committed_bps }),
      ...(objectives !== undefined && { objectives }),
    })
    linksOf.set(siteId, [...(linksOf.get(siteId) ?? []), number])
  }
  return {
    links,
    linksOf,
    suppliers: new Map(registry.suppliers.map(({ id }) => [ids.suppliers[id]!, id])),
    regions: new Map(
      registry.sites.flatMap(({ id, region }) => (region === undefined ? [] : [[ids.sites[id]!, region]])),
    ),
    organizationOf: new Map(
      registry.sites.map(({ id, organization }) => [ids.sites[id]!, ids.organizations[organization] ?? 0]),
    ),
    exporters: new Map(registry.exporters.map(({ address, site }) => [address, ids.sites[site] ?? 0])),
    maintenance: new MaintenanceCalendar(registry.maintenance.map((one) => windowOf(one, ids))),
  }
}

function windowOf(entry: Registry['maintenance'][number], ids: RegistrySnapshot['ids']): MaintenanceWindow {
  const numbers = (section: 'organizations' | 'sites' | 'links' | 'suppliers'): ReadonlySet<number> =>
    new Set(
      (entry[section] ?? []).flatMap((id) => (ids[section][id] === undefined ? [] : [ids[section][id]])),
    )
  return {
    id: entry.id,
    startMs: Date.parse(entry.start),
    endMs: Date.parse(entry.end),
    organizations: numbers('organizations'),
    sites: numbers('sites'),
    links: numbers('links'),
    suppliers: numbers('suppliers'),
  }
}
