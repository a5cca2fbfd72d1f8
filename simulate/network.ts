import { linksOf, lotOf, type Technology } from './access.js'
import type { Prefix4, Prefix6 } from './address.js'
import {
  hospitalPublicPrefix,
  PUBLIC_PREFIXES,
  planAddresses,
  type SitePrefixes,
  wanAddress,
} from './address_plan.js'
import { EDGE_MODELS, type EdgeModel, edgeModel } from './edge_models.js'
import { REGION_OF_CAPITAL, REGION_OF_METROPOLIS, REGIONS } from './geography.js'
import { type Organization, referenceOrganizations } from './organizations.js'
import { Random, WeightedIndex } from './random.js'
import { draftSites, type SiteDraft } from './site_drafts.js'

export interface Link {
  readonly id: string
  readonly technology: Technology
  readonly supplier: string
  readonly lot: string
  readonly committedBps: number
  readonly burstBps: number
  readonly pricePerMonthCad: number
  readonly ifIndex: number
  readonly ifName: string
  /** What the Internet sees of the site on this link. */
  readonly wanAddress: number
}

/** The edge of a site, which exports its flows. */
export interface Edge {
  readonly model: EdgeModel
  /** Source of its datagrams, inside 127.0.0.0/8. */
  readonly address: number
  readonly domain: number
  readonly samplingRate: number
  /** How long it had been up when the simulation began. */
  readonly uptimeMs: number
}

export interface Site extends SiteDraft {
  readonly index: number
  readonly id: string
  readonly v4: Prefix4
  readonly v6: Prefix6
  readonly publicV4?: Prefix4
  readonly links: readonly Link[]
  readonly edge: Edge
}

export interface Network {
  readonly seed: number
  readonly organizations: readonly Organization[]
  /** The first three are the data centres. */
  readonly sites: readonly Site[]
}

/** Sites of the reference network: 1,650 of the health network and its bodies. */
export const REFERENCE_SITES = 1650
export const DATA_CENTRES = 3

/** Source address of exporter `i`: 127.20.1.1, 127.20.1.2, …; never the first or last address of a /24. */
export function exporterAddress(i: number): number {
  return (
    ((127 << 24) | ((20 + Math.floor(i / 62500)) << 16)) +
    (1 + (Math.floor(i / 250) % 250)) * 256 +
    1 +
    (i % 250)
  )
}

const DAY_MS = 86400e3
const CENTRE_MODELS = ['cisco_iosxe', 'probe', 'juniper'] as const

function drawEdge(site: SiteDraft, i: number, models: WeightedIndex, random: Random): Edge {
  const drawn = EDGE_MODELS[models.draw(random)]!
  const model = site.kind === 'data_centre' ? edgeModel(CENTRE_MODELS[i % CENTRE_MODELS.length]!) : drawn
  const rate = random.pick(model.samplingRates)
  return {
    model,
    address: exporterAddress(i),
    domain: model.domain,
    samplingRate: site.kind === 'data_centre' && rate > 10 ? 10 : rate,
    uptimeMs: Math.floor(random.logNormal(30 * DAY_MS, 1)),
  }
}

function drawLinks(site: SiteDraft, id: string, model: EdgeModel, firstLink: number, random: Random): Link[] {
  const region = REGIONS[site.region]!.code
  return linksOf({ kind: site.kind, region, workstations: site.workstations }, random).map((plan, n) => ({
    id: `${id}-l${n + 1}`,
    ...plan,
    lot: lotOf(region).id,
    ifIndex: model.wan[n]!.index,
    ifName: model.wan[n]!.name,
    wanAddress: wanAddress(firstLink + n),
  }))
}

function publicPrefixes(drafts: readonly SiteDraft[]): (Prefix4 | undefined)[] {
  const found = new Array<Prefix4 | undefined>(drafts.length)
  PUBLIC_PREFIXES.forEach((prefix, i) => {
    found[i] = prefix
  })
  drafts
    .map((draft, i) => ({ draft, i }))
    .filter(({ draft }) => draft.kind === 'hospital')
    .sort((a, b) => b.draft.workstations - a.draft.workstations || a.i - b.i)
    .forEach(({ i }, n) => {
      found[i] = hospitalPublicPrefix(n)
    })
  return found
}

/**
 * The reference network: 134 organisations, `sites` sites over the 17 regions, their links, addresses and
 * edges. The same seed and number give the same network, to the byte.
 */
export function buildNetwork(seed: number, sites = REFERENCE_SITES): Network {
  const organizations = referenceOrganizations(REGION_OF_CAPITAL, REGION_OF_METROPOLIS)
  const drafts = draftSites(organizations, sites, new Random(seed, 'sites'))
  const prefixes: SitePrefixes[] = planAddresses(
    drafts.map((d) => ({
      region: d.kind === 'data_centre' ? -1 : d.region,
      hosts: d.workstations * 1.5 + d.servers,
    })),
    REGIONS.length,
  )
  const publics = publicPrefixes(drafts)
  const random = new Random(seed, 'edges')
  const models = new WeightedIndex(EDGE_MODELS.map((m) => m.weight))
  const perOrganization = new Map<number, number>()
  let linkCount = 0
  const built = drafts.map((draft, index): Site => {
    const number = (perOrganization.get(draft.organization) ?? 0) + 1
    perOrganization.set(draft.organization, number)
    const id = `${organizations[draft.organization]!.id}-${String(number).padStart(4, '0')}`
    const edge = drawEdge(draft, index, models, random)
    const links = drawLinks(draft, id, edge.model, linkCount, random)
    linkCount += links.length
    const publicV4 = publics[index]
    return { ...draft, index, id, ...prefixes[index]!, ...(publicV4 && { publicV4 }), links, edge }
  })
  return { seed, organizations, sites: built }
}
