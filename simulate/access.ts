import type { Bilingual } from '../model/finding.js'
import type { Random } from './random.js'

/** Suppliers, the lots they hold, and the links of a site. All suppliers are invented. */
export interface Supplier {
  readonly id: string
  readonly name: Bilingual
}

export type Technology = 'fibre' | 'cable' | 'lte' | '5g' | 'dsl' | 'satellite'

/** A lot of the call for tenders: some regions, one supplier for each technology. */
export interface Lot {
  readonly id: string
  readonly regions: readonly string[]
  readonly suppliers: Readonly<Record<'fibre' | 'second' | 'cable' | 'mobile', string>>
}

export interface LinkPlan {
  readonly technology: Technology
  readonly supplier: string
  readonly committedBps: number
  readonly burstBps: number
  readonly pricePerMonthCad: number
}

const same = (name: string): Bilingual => ({ fr: name, en: name })

export const SUPPLIERS: readonly Supplier[] = [
  { id: 'fibrabec', name: same('Fibrabec') },
  { id: 'boreal', name: { fr: 'Télécom Boréal', en: 'Boreal Telecom' } },
  { id: 'laurentia', name: same('Laurentia Réseaux') },
  { id: 'cablo', name: same('Câblo-Rivière') },
  { id: 'ondes', name: { fr: 'Ondes du Nord', en: 'Northern Waves' } },
  { id: 'mobilis', name: same('Mobilis Québec') },
]

const lot = (id: string, regions: string, suppliers: Lot['suppliers']): Lot => ({
  id,
  regions: regions.split(' '),
  suppliers,
})

export const LOTS: readonly Lot[] = [
  lot('lot-1-est', '01 09 11', { fibre: 'boreal', second: 'fibrabec', cable: 'cablo', mobile: 'mobilis' }),
  lot('lot-2-nord', '02 08 10', { fibre: 'boreal', second: 'laurentia', cable: 'cablo', mobile: 'ondes' }),
  lot('lot-3-capitale', '03 12', {
    fibre: 'fibrabec',
    second: 'laurentia',
    cable: 'cablo',
    mobile: 'mobilis',
  }),
  lot('lot-4-centre', '04 05 17', {
    fibre: 'laurentia',
    second: 'fibrabec',
    cable: 'cablo',
    mobile: 'ondes',
  }),
  lot('lot-5-metropole', '06 13', {
    fibre: 'laurentia',
    second: 'boreal',
    cable: 'cablo',
    mobile: 'mobilis',
  }),
  lot('lot-6-couronne', '07 14 15 16', {
    fibre: 'fibrabec',
    second: 'boreal',
    cable: 'cablo',
    mobile: 'ondes',
  }),
]

export const lotOf = (region: string): Lot => LOTS.find((l) => l.regions.includes(region))!

const MBPS = 1e6

/** Monthly price by technology: a fixed part and one for the capacity, in Canadian dollars. */
const PRICES: Readonly<Record<Technology, readonly [number, number]>> = {
  fibre: [280, 0.9],
  cable: [110, 0.35],
  lte: [65, 0.5],
  '5g': [95, 0.4],
  dsl: [75, 1.2],
  satellite: [420, 4],
}

function plan(technology: Technology, supplier: string, committedMbps: number, burst: number): LinkPlan {
  const [fixed, perMbps] = PRICES[technology]
  return {
    technology,
    supplier,
    committedBps: committedMbps * MBPS,
    burstBps: Math.round(committedMbps * burst) * MBPS,
    pricePerMonthCad: Math.round(fixed + perMbps * committedMbps),
  }
}

/** Capacities that suppliers sell, Mb/s. */
const FIBRE_STEPS = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10000]
const capacityFor = (workstations: number, perStation: number): number =>
  FIBRE_STEPS.find((step) => step >= workstations * perStation) ?? 10000

function backup(lotOfSite: Lot, remote: boolean, random: Random): LinkPlan {
  if (remote && random.chance(0.5)) return plan('satellite', 'ondes', 20, 2)
  return random.chance(0.25)
    ? plan('5g', lotOfSite.suppliers.mobile, 100, 3)
    : plan('lte', lotOfSite.suppliers.mobile, 30, 3)
}

/**
 * One to three links: hospitals and data centres have two fibres, small sites a cable or a mobile link
 * beside.
 */
export function linksOf(
  site: { readonly kind: string; readonly region: string; readonly workstations: number },
  random: Random,
): LinkPlan[] {
  const lotOfSite = lotOf(site.region)
  const { suppliers } = lotOfSite
  const remote = site.region === '09' || site.region === '10'
  if (site.kind === 'data_centre')
    return [plan('fibre', suppliers.fibre, 10000, 1), plan('fibre', suppliers.second, 10000, 1)]
  const capacity = capacityFor(site.workstations, 1.2)
  if (site.kind === 'hospital')
    return [
      plan('fibre', suppliers.fibre, Math.max(500, capacity), 2),
      plan('fibre', suppliers.second, Math.max(200, capacity / 2), 2),
      backup(lotOfSite, remote, random),
    ]
  const first =
    site.workstations < 40 && random.chance(0.35)
      ? plan(random.chance(0.2) ? 'dsl' : 'cable', suppliers.cable, 50, 2)
      : plan('fibre', suppliers.fibre, capacity, 2)
  const links = [first]
  if (site.workstations > 150) links.push(plan('cable', suppliers.cable, 100, 2))
  if (random.chance(site.kind === 'office' ? 0.4 : 0.7)) links.push(backup(lotOfSite, remote, random))
  return links
}
