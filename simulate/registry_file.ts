import type { RegistryInput } from '../model/registry.js'
import { LOTS, SUPPLIERS } from './access.js'
import { prefix4Text, prefix6Text, v4Text } from './address.js'
import { EDGE_FORMATS } from './edges/formats/index.js'
import { EdgeWorld } from './edges/world.js'
import { REGIONS } from './geography.js'
import type { Network, Site } from './network.js'
import { SERVICES } from './services.js'

const BILLING = {
  fibre: 'flat',
  cable: 'flat',
  dsl: 'flat',
  lte: 'volume',
  '5g': 'volume',
  satellite: 'volume',
} as const

/** What is promised of a link: radio cannot what fibre can. */
const slaOf = (site: Site, { technology }: Site['links'][number]): string =>
  RADIO_CLASSES[technology] ?? slaOfSite(site)

const RADIO_CLASSES: Readonly<Partial<Record<string, string>>> = {
  lte: 'mobile',
  '5g': 'mobile',
  satellite: 'satellite',
}

const slaOfSite = (site: Site): string =>
  site.kind === 'data_centre' || site.kind === 'hospital' ? 'or' : site.links.length > 1 ? 'argent' : 'bronze'

/** Waves of the move from the old network to the new one: a region moves together. */
const waveOf = (site: Site): number => 1 + (site.region % 6)
const WAVES_DONE = 3
const waveDate = (wave: number): string => `2026-${String(2 * wave).padStart(2, '0')}-01`

function siteEntry(network: Network, site: Site): NonNullable<RegistryInput['sites']>[number] {
  const wave = waveOf(site)
  const publicPrefix = site.publicV4 ? [prefix4Text(site.publicV4)] : []
  return {
    id: site.id,
    organization: network.organizations[site.organization]!.id,
    name: site.name,
    region: REGIONS[site.region]!.code,
    kind: site.kind,
    coordinates: { lat: site.lat, lon: site.lon },
    municipality: site.municipality.name,
    network: wave <= WAVES_DONE ? 'rgt' : 'ritm',
    migration: { wave, date: waveDate(wave) },
    prefixes: [prefix4Text(site.v4), prefix6Text(site.v6), ...publicPrefix],
  }
}

function linkEntries(site: Site): NonNullable<RegistryInput['links']> {
  return site.links.map((link) => ({
    id: link.id,
    site: site.id,
    supplier: link.supplier,
    contract: `${link.lot}-${link.supplier}`,
    lot: link.lot,
    technology: link.technology,
    committed_bps: link.committedBps,
    burst_bps: link.burstBps,
    billing: { rule: BILLING[link.technology], price_per_month_cad: link.pricePerMonthCad },
    sla_class: slaOf(site, link),
    interfaces: [{ exporter: v4Text(site.edge.address), index: link.ifIndex }],
  }))
}

const SLA_CLASSES: NonNullable<RegistryInput['sla_classes']> = [
  {
    id: 'or',
    name: { fr: 'Or', en: 'Gold' },
    one_way_delay_ms: 20,
    delay_variation_ms: 5,
    loss_ratio: 0.0005,
    availability_ratio: 0.9995,
    time_to_restore_h: 2,
  },
  {
    id: 'argent',
    name: { fr: 'Argent', en: 'Silver' },
    one_way_delay_ms: 40,
    delay_variation_ms: 10,
    loss_ratio: 0.001,
    availability_ratio: 0.999,
    time_to_restore_h: 4,
  },
  {
    id: 'bronze',
    name: { fr: 'Bronze', en: 'Bronze' },
    one_way_delay_ms: 80,
    delay_variation_ms: 30,
    loss_ratio: 0.005,
    availability_ratio: 0.995,
    time_to_restore_h: 8,
  },
  {
    id: 'mobile',
    name: { fr: 'Mobile', en: 'Mobile' },
    one_way_delay_ms: 80,
    delay_variation_ms: 30,
    loss_ratio: 0.01,
    availability_ratio: 0.99,
    time_to_restore_h: 24,
  },
  {
    id: 'satellite',
    name: { fr: 'Satellite', en: 'Satellite' },
    one_way_delay_ms: 500,
    delay_variation_ms: 100,
    loss_ratio: 0.01,
    availability_ratio: 0.99,
    time_to_restore_h: 48,
  },
]

function contracts(): NonNullable<RegistryInput['contracts']> {
  // Satellite links are one supplier's in every lot.
  return LOTS.flatMap((lot) =>
    [...new Set([...Object.values(lot.suppliers), 'ondes'])].map((supplier) => ({
      id: `${lot.id}-${supplier}`,
      supplier,
      start: '2025-04-01',
      end: '2032-03-31',
    })),
  )
}

function applications(network: Network): NonNullable<RegistryInput['applications']> {
  return SERVICES.filter((s) => s.rule !== undefined).map((service) => ({
    id: service.id,
    name: service.name,
    class: service.appClass,
    ...(service.appId !== undefined && { app_ids: [service.appId] }),
    ...service.rule!(network),
  }))
}

/** Edges that tell how their links fare, by what their payloads call them. */
function edgeEntries(network: Network): NonNullable<RegistryInput['edges']> {
  const models = EDGE_FORMATS.map(({ model }) => model)
  const world = new EdgeWorld(network, { models, startMs: 0, everyS: 60, troubleEveryS: 60 })
  return world.edges.map((edge) => {
    const format = EDGE_FORMATS.find(({ model }) => model === edge.model)!
    return {
      id: `${edge.site.id}-ce1`,
      site: edge.site.id,
      vendor: format.vendor,
      identities: [...new Set(format.identities(edge))],
      links: edge.links.flatMap((link) =>
        [format.linkName(edge, link), format.otherLinkName?.(edge, link)]
          .filter((name) => name !== undefined)
          .map((name) => ({ link: link.link.id, name })),
      ),
    }
  })
}

/**
 * The registry that describes the network: what `vigie registry check` reads. Entry by entry in the order
 * of the network.
 */
export function registryOf(network: Network): RegistryInput {
  const centres = network.sites.filter((s) => s.kind === 'data_centre')
  return {
    organizations: network.organizations.map((o) => ({
      id: o.id,
      name: o.name,
      kind: o.kind,
      language: 'fr',
    })),
    sites: network.sites.map((site) => siteEntry(network, site)),
    suppliers: SUPPLIERS.map((s) => ({ id: s.id, name: s.name })),
    sla_classes: SLA_CLASSES,
    contracts: contracts(),
    links: network.sites.flatMap(linkEntries),
    edges: edgeEntries(network),
    exporters: network.sites.map((site) => ({
      address: v4Text(site.edge.address),
      site: site.id,
      name: `${site.id}-ce1`,
      role: 'edge',
    })),
    consolidation: network.sites
      .filter((s) => s.kind === 'server_room')
      .map((room, i) => ({
        room: room.id,
        into: centres[i % centres.length]!.id,
        date: `2027-${String(1 + (i % 12)).padStart(2, '0')}-15`,
        status: i % 7 === 0 ? 'moving' : 'planned',
      })),
    applications: applications(network),
  }
}

/** A value in YAML's flow style: bare keys, text in quotes as JSON has them. */
function flowStyle(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowStyle).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([key, v]) => `${key}: ${flowStyle(v)}`)
    .join(', ')} }`
}

/** The same as JSON, which `vigie registry` reads many times as fast as YAML. */
export const registryJson = (network: Network): string => `${JSON.stringify(registryOf(network))}\n`

/** The same as YAML, one line an entry. */
export function registryYaml(network: Network): string {
  const lines = [`# The simulated reference network, seed ${network.seed}: names and addresses are invented.`]
  for (const [section, entries] of Object.entries(registryOf(network)))
    lines.push(`${section}:`, ...entries.map((entry: unknown) => `  - ${flowStyle(entry)}`))
  return `${lines.join('\n')}\n`
}
