import { type Municipality, REGION_OF_CAPITAL, REGION_OF_METROPOLIS, REGIONS } from './geography.js'
import type { Organization } from './organizations.js'
import { type Random, WeightedIndex } from './random.js'
import { siteName } from './site_names.js'

export type SiteKind =
  | 'hospital'
  | 'clinic'
  | 'residence'
  | 'laboratory'
  | 'office'
  | 'data_centre'
  | 'server_room'

/** What a site is, before it has an address. */
export interface SiteDraft {
  /** Index into the organisations. */
  readonly organization: number
  readonly kind: SiteKind
  /** Index into `REGIONS`. */
  readonly region: number
  readonly municipality: Municipality
  readonly name: string
  readonly lat: number
  readonly lon: number
  readonly workstations: number
  readonly servers: number
}

/** Share of health establishments among the sites that are no data centre. */
const HEALTH_SHARE = 0.78
/** Workstations of the whole reference network, which has 1,650 sites. */
const WORKSTATIONS_PER_SITE = 146000 / 1650
const HEALTH_KINDS: readonly SiteKind[] = [
  'hospital',
  'clinic',
  'residence',
  'office',
  'laboratory',
  'server_room',
]
const HEALTH_WEIGHTS = [4, 38, 30, 20, 3, 5]

/** Median and spread (of the logarithm) of workstations, and servers, by kind. */
const SIZES: Readonly<Record<SiteKind, readonly [number, number, number]>> = {
  hospital: [700, 0.6, 60],
  clinic: [45, 0.6, 2],
  residence: [30, 0.5, 1],
  laboratory: [40, 0.4, 4],
  office: [45, 0.7, 2],
  server_room: [4, 0.5, 22],
  data_centre: [30, 0.1, 1500],
}
const HEAD_OFFICE_SIZE = [420, 0.7, 12] as const

/** Splits `total` by weight into whole numbers (largest remainders). */
export function quotas(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  const exact = weights.map((w) => (total * w) / sum)
  const whole = exact.map(Math.floor)
  const order = exact.map((x, i) => ({ i, rest: x - whole[i]! })).sort((a, b) => b.rest - a.rest || a.i - b.i)
  let left = total - whole.reduce((a, b) => a + b, 0)
  for (const { i } of order) {
    if (left-- <= 0) break
    whole[i]!++
  }
  return whole
}

interface Slot {
  readonly organization: number
  readonly kind: SiteKind
  readonly region: number
  readonly head: boolean
}

function healthSlots(organizations: readonly Organization[], count: number, random: Random): Slot[] {
  const kinds = new WeightedIndex(HEALTH_WEIGHTS)
  const perRegion = quotas(
    count,
    REGIONS.map((r) => r.populationThousands),
  )
  return perRegion.flatMap((n, region) => {
    const here = organizations.filter((o) => o.kind === 'health_establishment' && o.region === region)
    return Array.from({ length: n }, (_, i): Slot => {
      // The first site of each establishment is its hospital; the integrated centre has two sites of three.
      const owner = i < here.length ? here[i]! : here[random.chance(0.65) ? 0 : here.length - 1]!
      const kind = i < here.length ? 'hospital' : HEALTH_KINDS[kinds.draw(random)]!
      return { organization: owner.index, kind, region, head: i < here.length }
    })
  })
}

function officeSlots(organizations: readonly Organization[], count: number, random: Random): Slot[] {
  const owners = organizations.filter((o) => o.kind !== 'health_establishment')
  const heads = owners
    .slice(0, count)
    .map((o): Slot => ({ organization: o.index, kind: 'office', region: o.region, head: true }))
  // Ministries have more local offices than bodies.
  const owner = new WeightedIndex(owners.map((o) => (o.kind === 'ministry' ? 5 : 1)))
  const perRegion = quotas(
    count - heads.length,
    REGIONS.map((r) => r.populationThousands + 60),
  )
  const locals = perRegion.flatMap((n, region) =>
    Array.from({ length: n }, (): Slot => {
      const kind = random.chance(0.12) ? 'server_room' : 'office'
      return { organization: owners[owner.draw(random)]!.index, kind, region, head: false }
    }),
  )
  return [...heads, ...locals]
}

function centreSlots(organizations: readonly Organization[]): Slot[] {
  const owner = organizations.findIndex((o) => o.kind !== 'health_establishment')
  return [REGION_OF_CAPITAL, REGION_OF_METROPOLIS, REGION_OF_CAPITAL].map((region) => ({
    organization: owner,
    kind: 'data_centre',
    region,
    head: false,
  }))
}

/** The sites: three data centres, then health establishments, then ministries and bodies. */
export function draftSites(
  organizations: readonly Organization[],
  count: number,
  random: Random,
): SiteDraft[] {
  const centres = centreSlots(organizations)
  const rest = count - centres.length
  if (rest < 2) throw new Error('a network needs at least 5 sites')
  const health = Math.round(rest * HEALTH_SHARE)
  const slots = [
    ...centres,
    ...healthSlots(organizations, health, random),
    ...officeSlots(organizations, rest - health, random),
  ]
  const sizes = slots.map((slot) => {
    const [median, sigma] = slot.head && slot.kind === 'office' ? HEAD_OFFICE_SIZE : SIZES[slot.kind]
    return random.logNormal(median, sigma)
  })
  const scale = (WORKSTATIONS_PER_SITE * count) / sizes.reduce((a, b) => a + b, 0)
  return slots.map((slot, i) => {
    const place = random.pick(REGIONS[slot.region]!.municipalities)
    const servers = slot.head && slot.kind === 'office' ? HEAD_OFFICE_SIZE[2] : SIZES[slot.kind][2]
    return {
      organization: slot.organization,
      kind: slot.kind,
      region: slot.region,
      municipality: place,
      name: siteName(slot.kind, place, random),
      lat: Math.round((place.lat + 0.05 * random.normal()) * 1e4) / 1e4,
      lon: Math.round((place.lon + 0.05 * random.normal()) * 1e4) / 1e4,
      workstations: Math.min(5000, Math.max(2, Math.round(sizes[i]! * scale))),
      servers,
    }
  })
}
