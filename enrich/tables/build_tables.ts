import type { Registry, RegistrySnapshot } from '../../model/registry.js'
import { parsePrefix } from './prefix.js'
import { PrefixTableBuilder, share } from './prefix_table.js'
import { PLACE_ORG, PLACE_REGION, PLACE_SITE, PLACE_WORDS, type SharedTables } from './shared_tables.js'

/** What is inside while no registry names a prefix: RFC 1918, RFC 3927, RFC 4193, and link-local IPv6 (RFC 4291). */
const PRIVATE_PREFIXES = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]

/**
 * Builds the shared tables of a registry: 1,000,000 prefixes take about a second. The registry is one that `registry check`
 * passed: a prefix that cannot be read, or a reference to nothing, is a RangeError.
 */
export function buildTables(snapshot: RegistrySnapshot): SharedTables {
  const { registry, ids, version } = snapshot
  const builder = new PrefixTableBuilder()
  const vrfs = new Map(registry.vrfs.map((vrf, i) => [vrf.id, i + 1]))
  const places = [0, 0, 0, 0]
  const addPlace = (prefixes: Prefixes, org: number, site: number, region: number): void => {
    if (prefixes === undefined || prefixes.length === 0) return
    const place = places.length / PLACE_WORDS
    places.push(0, 0, 0, 0)
    places[place * PLACE_WORDS + PLACE_ORG] = org
    places[place * PLACE_WORDS + PLACE_SITE] = site
    places[place * PLACE_WORDS + PLACE_REGION] = region
    for (const { prefix, vrf } of prefixes) builder.add(readPrefix(prefix), place, tableOf(vrfs, vrf))
  }
  for (const org of registry.organizations) addPlace(org.prefixes, ids.organizations[org.id] ?? 0, 0, 0)
  for (const site of registry.sites) {
    const org = ids.organizations[site.organization] ?? 0
    addPlace(site.prefixes, org, ids.sites[site.id] ?? 0, Number(site.region ?? 0))
  }
  if (places.length === PLACE_WORDS)
    addPlace(
      PRIVATE_PREFIXES.map((prefix) => ({ prefix })),
      0,
      0,
      0,
    )
  return {
    version,
    hasOrganizations: registry.organizations.length > 0,
    prefixes: builder.build(vrfs.size + 1),
    places: share([Uint32Array.from(places)]),
  }
}

type Prefixes = Registry['sites'][number]['prefixes']

function readPrefix(text: string): Exclude<ReturnType<typeof parsePrefix>, string> {
  const prefix = parsePrefix(text)
  if (typeof prefix === 'string') throw new RangeError(`"${text}" is not a prefix`)
  return prefix
}

function tableOf(vrfs: ReadonlyMap<string, number>, vrf: string | undefined): number {
  if (vrf === undefined) return 0
  const table = vrfs.get(vrf)
  if (table === undefined) throw new RangeError(`there is no VRF "${vrf}"`)
  return table
}
