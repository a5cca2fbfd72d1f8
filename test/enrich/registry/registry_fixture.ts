import { randomWords } from '../../../bench/naive_table.js'
import type { RegistryInput } from '../../../model/registry.js'

/** A registry entry as a test changes it. */
export type Loose = Record<string, unknown>
export type LooseRegistry = Record<string, Loose[]>

/** A good registry of every section, made from a seed: `sites` sites of `sites / 10` organisations. */
export function makeRegistry(seed: number, sites: number): RegistryInput {
  const random = randomWords(seed)
  const organizations = Array.from({ length: Math.ceil(sites / 10) }, (_, i) => ({
    id: `org-${i}`,
    name: { fr: `Organisme ${i}`, en: `Body ${i}` },
    kind: 'body' as const,
    services: { ddos: {}, scan: { mode: 'shadow' } },
  }))
  const list = Array.from({ length: sites }, (_, i) => ({
    id: `site-${i}`,
    organization: `org-${i % organizations.length}`,
    name: `Site ${i}`,
    region: String(1 + (random() % 17)).padStart(2, '0'),
    kind: i % 7 === 0 ? ('server_room' as const) : ('office' as const),
    coordinates: { lat: 45 + (random() % 100) / 100, lon: -73 + (random() % 100) / 100 },
    network: 'rgt' as const,
    migration: { wave: 1 + (i % 9), date: '2026-05-01' },
    prefixes: [`10.${i >> 8}.${i & 255}.0/24`, `2001:db8:${i.toString(16)}::/48`],
  }))
  return {
    organizations,
    sites: list,
    vrfs: [
      { id: 'voice', numbers: [100] },
      { id: 'guest', name: 'Invités', numbers: [200, 201] },
    ],
    suppliers: [
      { id: 'sup-a', name: 'Fournisseur A' },
      { id: 'sup-b', name: { fr: 'B', en: 'B' } },
    ],
    sla_classes: [{ id: 'gold', one_way_delay_ms: 20, loss_ratio: 0.001, availability_ratio: 0.9999 }],
    contracts: [
      { id: 'lot-1', supplier: 'sup-a', sla_class: 'gold', start: '2025-01-01', end: '2030-01-01' },
      { id: 'lot-2', supplier: 'sup-b', sla_class: 'gold' },
    ],
    exporters: list.map((site, i) => ({ address: `192.0.${i >> 8}.${i & 255}`, site: site.id })),
    links: list.map((site, i) => ({
      id: `link-${i}`,
      site: site.id,
      supplier: 'sup-a',
      contract: 'lot-1',
      technology: 'fibre' as const,
      committed_bps: 100e6,
      burst_bps: 1e9,
      billing: { rule: 'percentile_95' as const, price_per_mbps_cad: 3 },
      interfaces: [{ exporter: `192.0.${i >> 8}.${i & 255}`, index: 2 }],
    })),
    maintenance: list.slice(0, 20).map((site, i) => ({
      id: `work-${i}`,
      start: '2026-05-01T22:00:00-04:00',
      end: '2026-05-02T02:00:00-04:00',
      sites: [site.id],
    })),
    consolidation: list.slice(0, 20).map((site) => ({ room: site.id, into: `site-${sites - 1}` })),
    applications: Array.from({ length: 12 }, (_, i) => ({
      id: `app-${i}`,
      name: `Application ${i}`,
      class: 'office' as const,
      ports: [`tcp/${20_000 + i}`],
      app_ids: [`13:${i}`],
    })),
    feeds: Array.from({ length: 3 }, (_, i) => ({
      id: `feed-${i}`,
      format: 'cidr' as const,
      source: `list-${i}.txt`,
    })),
  }
}

/** The registry as YAML with one entry a line, and the line of each entry. */
export function toYaml(registry: LooseRegistry): { text: string; lineOf: Map<Loose, number> } {
  const lines: string[] = []
  const lineOf = new Map<Loose, number>()
  for (const [section, entries] of Object.entries(registry)) {
    lines.push(`${section}:`)
    for (const entry of entries) lineOf.set(entry, lines.push(`  - ${JSON.stringify(entry)}`))
  }
  return { text: `${lines.join('\n')}\n`, lineOf }
}
