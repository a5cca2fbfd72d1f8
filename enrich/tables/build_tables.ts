import type { PrivacyPolicy, Registry, RegistrySnapshot } from '../../model/registry.js'
import { buildApplications } from './build_applications.js'
import { buildPairTable } from './pair_table.js'
import { PolicyList } from './policy_list.js'
import { readPrefix } from './prefix.js'
import { PrefixTableBuilder, share } from './prefix_table.js'
import {
  EXPORTER_SKIPS_EGRESS,
  EXPORTER_SKIPS_INGRESS,
  type ExporterTables,
  type LinkTables,
  type SharedTables,
} from './shared_tables.js'

/**
 * What is inside while no registry names a prefix: RFC 1918, RFC 3927, RFC 4193, and link-local IPv6 (RFC
 * 4291).
 */
const PRIVATE_PREFIXES = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]

/**
 * Builds the shared tables of a registry: 1,000,000 prefixes take two to three seconds. The registry is one
 * that `registry check` passed: a prefix that cannot be read, or a reference to nothing, is a RangeError.
 */
export function buildTables(snapshot: RegistrySnapshot): SharedTables {
  const { registry, ids, version } = snapshot
  const vrfs = new Map(registry.vrfs.map((vrf, i) => [vrf.id, i + 1]))
  const numbers = registry.vrfs.flatMap((vrf, i) => (vrf.numbers ?? []).map((n) => [0, n, i + 1] as const))
  const exporterIndex = new Map(
    registry.exporters.map((exporter, i) => [addressKey(exporter.address), i + 1]),
  )
  const links = buildLinks(snapshot, exporterIndex)
  return {
    version,
    hasOrganizations: registry.organizations.length > 0,
    ...buildPlaces(registry, ids, vrfs),
    ...(registry.exporters.length > 0 ? { exporters: buildExporters(registry, ids, vrfs) } : {}),
    ...(numbers.length > 0 ? { vrfNumbers: buildPairTable(numbers) } : {}),
    ...(links === undefined ? {} : { links }),
    applications: buildApplications(snapshot),
  }
}

type Vrfs = ReadonlyMap<string, number>
type Ids = RegistrySnapshot['ids']
type Prefixes = Registry['sites'][number]['prefixes']

type PlaceTables = Pick<SharedTables, 'prefixes' | 'places' | 'privacy'>

function buildPlaces(registry: Registry, ids: Ids, vrfs: Vrfs): PlaceTables {
  const builder = new PrefixTableBuilder()
  const edges = new Set(registry.exporters.filter((e) => e.role !== 'core').map((e) => e.site))
  const places = [[0, 0, 0, 0]]
  const policies = new PolicyList()
  const add = (prefixes: Prefixes, facts: readonly number[], privacy?: PrivacyPolicy): void => {
    if (prefixes === undefined || prefixes.length === 0) return
    const place = places.push([...facts]) - 1
    policies.set(place, privacy)
    for (const { prefix, vrf } of prefixes) builder.add(readPrefix(prefix), place, tableOf(vrfs, vrf))
  }
  const ofOrganization = new Map(registry.organizations.map((org) => [org.id, org.privacy]))
  for (const org of registry.organizations)
    add(org.prefixes, [ids.organizations[org.id] ?? 0, 0, 0, 0], org.privacy)
  for (const site of registry.sites) {
    const org = ids.organizations[site.organization] ?? 0
    const number = ids.sites[site.id] ?? 0
    const facts = [org, number, Number(site.region ?? 0), edges.has(site.id) ? number : 0]
    add(site.prefixes, facts, site.privacy ?? ofOrganization.get(site.organization))
  }
  const inside = PRIVATE_PREFIXES.map((prefix) => ({ prefix }))
  if (places.length === 1) add(inside, [0, 0, 0, 0])
  const privacy = policies.build(places.length)
  return {
    prefixes: builder.build(vrfs.size + 1),
    places: share(Uint32Array.from(places.flat())),
    ...(privacy && { privacy }),
  }
}

function buildExporters(registry: Registry, ids: Ids, vrfs: Vrfs): ExporterTables {
  const builder = new PrefixTableBuilder()
  const facts = [0, 0, 0, 0]
  registry.exporters.forEach(({ address, site, role, count, vrf }, i) => {
    builder.add(readPrefix(address), i + 1)
    const number = ids.sites[site] ?? 0
    const skips =
      count === 'ingress' ? EXPORTER_SKIPS_EGRESS : count === 'egress' ? EXPORTER_SKIPS_INGRESS : 0
    facts.push(number, tableOf(vrfs, vrf), skips, role === 'core' ? 0 : number)
  })
  return { addresses: builder.build(), facts: share(Uint32Array.from(facts)) }
}

function buildLinks(
  { registry, ids }: RegistrySnapshot,
  exporters: ReadonlyMap<string, number>,
): LinkTables | undefined {
  const interfaces: [number, number, number][] = []
  const facts = [0, 0]
  registry.links.forEach((link, i) => {
    facts.push(ids.links[link.id] ?? 0, ids.suppliers[link.supplier] ?? 0)
    for (const { exporter, index } of link.interfaces ?? []) {
      const at = exporters.get(addressKey(exporter))
      if (at === undefined) throw new RangeError(`there is no exporter "${exporter}"`)
      interfaces.push([at, index, i + 1])
    }
  })
  if (interfaces.length === 0) return undefined
  return { interfaces: buildPairTable(interfaces), facts: share(Uint32Array.from(facts)) }
}

/** One text for an address however it is written. */
function addressKey(text: string): string {
  const { w0, w1, w2, w3 } = readPrefix(text)
  return `${w0}.${w1}.${w2}.${w3}`
}

function tableOf(vrfs: Vrfs, vrf: string | undefined): number {
  if (vrf === undefined) return 0
  const table = vrfs.get(vrf)
  if (table === undefined) throw new RangeError(`there is no VRF "${vrf}"`)
  return table
}
