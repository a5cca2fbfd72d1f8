import { type Prefix4, type Prefix6, v4, v6 } from './address.js'

/**
 * The aggregated address plan.
 *
 * ```
 * 10.0.0.0/12        data centres, a /16 each
 * 10.16.0.0 …        a power-of-two block a region; inside it sites, largest first: all stay aligned
 * 2001:db8::/40      data centres, a /48 each (RFC 3849)
 * 2001:db8:100:: …   a block a region, a /48 a site
 * 203.0.113.0/24, 198.51.100.0/24    public servers of the first two data centres (RFC 5737)
 * 192.0.2.0/24       a /29 for each of the 32 largest hospitals
 * 100.64.0.0/10      addresses that suppliers give to links (RFC 6598)
 * ```
 */
export interface SiteDemand {
  /** Index into `REGIONS`; -1 for a data centre. */
  readonly region: number
  /** Addresses the site needs. */
  readonly hosts: number
}

export interface SitePrefixes {
  readonly v4: Prefix4
  readonly v6: Prefix6
}

const FIRST_REGION_BLOCK = v4(10, 16, 0, 0)
const FIRST_REGION_V6 = 0x100
/** Group 1 of 2001:db8::/32. */
const V6_DOCUMENTATION = 0xdb8

const upToPower = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, n)))

/** Addresses of a site: at least a /25, at most a /19. */
export const siteSize = (hosts: number): number => Math.min(8192, Math.max(128, upToPower(hosts + 40)))

const lengthOf = (size: number): number => 32 - Math.log2(size)

export const site6 = (number: number): Prefix6 => ({
  base: v6([0x2001, V6_DOCUMENTATION, number]),
  length: 48,
})

export const PUBLIC_PREFIXES: readonly Prefix4[] = [
  { base: v4(203, 0, 113, 0), length: 24 },
  { base: v4(198, 51, 100, 0), length: 24 },
]

export const hospitalPublicPrefix = (n: number): Prefix4 | undefined =>
  n < 32 ? { base: v4(192, 0, 2, 8 * n), length: 29 } : undefined

/** Address of the link numbered `n` in the suppliers' shared space. */
export const wanAddress = (n: number): number => v4(100, 64, 0, 0) + 4 * n + 2

/**
 * Prefixes for all sites, in the order of `demands`.
 * @throws Error when 10.0.0.0/8 or the /32 is too small for them
 */
export function planAddresses(demands: readonly SiteDemand[], regions: number): SitePrefixes[] {
  const plan = new Array<SitePrefixes>(demands.length)
  let centres = 0
  demands.forEach((demand, i) => {
    if (demand.region >= 0) return
    plan[i] = { v4: { base: v4(10, centres, 0, 0), length: 16 }, v6: site6(centres) }
    centres++
  })
  const blocks = Array.from({ length: regions }, (_, region) => {
    const sites = demands.flatMap((d, i) => (d.region === region ? [{ i, size: siteSize(d.hosts) }] : []))
    sites.sort((a, b) => b.size - a.size || a.i - b.i)
    return { region, sites, size: upToPower(sites.reduce((sum, s) => sum + s.size, 0)) }
  })
  let next = FIRST_REGION_BLOCK
  // Largest block first: each then begins at a multiple of its own size.
  for (const block of [...blocks].sort((a, b) => b.size - a.size || a.region - b.region)) {
    next = Math.ceil(next / block.size) * block.size
    let base = next
    for (const { i, size } of block.sites) {
      plan[i] = { v4: { base, length: lengthOf(size) }, v6: plan[i]?.v6 ?? site6(0) }
      base += size
    }
    next += block.size
  }
  let next6 = FIRST_REGION_V6
  for (const { sites } of [...blocks].sort(
    (a, b) => b.sites.length - a.sites.length || a.region - b.region,
  )) {
    const size = upToPower(sites.length)
    next6 = Math.ceil(next6 / size) * size
    sites.forEach(({ i }, n) => {
      plan[i] = { v4: plan[i]!.v4, v6: site6(next6 + n) }
    })
    next6 += size
  }
  if (next > v4(11, 0, 0, 0) || next6 > 0x10000) throw new Error('too many sites for the address plan')
  return plan
}
