import type { RegistryInput } from '../../model/registry.js'
import { IsqRegions, regionCode } from './isq.js'
import type { RegistryFile } from './load.js'
import type { Mistake } from './mistake.js'

/** What of NetBox's objects is read (REST API 4.x, and the nested forms of 2.x and 3.x). */
interface NetboxObject {
  readonly url?: string
  readonly name?: string
  readonly slug?: string
  readonly display?: string
  readonly prefix?: string
  readonly cid?: string
  readonly tenant?: NetboxObject | null
  readonly region?: NetboxObject | null
  readonly site?: NetboxObject | null
  readonly scope?: NetboxObject | null
  readonly scope_type?: string | null
  readonly vrf?: (NetboxObject & { readonly rd?: string | null }) | null
  readonly rd?: string | null
  readonly provider?: NetboxObject | null
  readonly latitude?: number | string | null
  readonly longitude?: number | string | null
  readonly account?: string
  readonly asn?: number | null
  readonly commit_rate?: number | null
  readonly termination_a?: NetboxObject | null
  readonly asns?: unknown
  readonly physical_address?: string
}

type Site = NonNullable<RegistryInput['sites']>[number]

/**
 * Makes a registry of NetBox objects: answers of its REST API (`{ "results": […] }`), plain lists, or an
 * object of such lists. Tenants become organisations, sites sites, regions codes by name or by `06` at their
 * start, providers suppliers, circuits links, VRFs VRFs; prefixes go to their site, else to their tenant. CSV files
 * beside them are lists of municipalities with the ISQ codes of their regions: sites whose region NetBox does
 * not tell get it by their municipality.
 */
export function readNetbox(files: readonly RegistryFile[]): {
  registry: RegistryInput
  mistakes: Mistake[]
  /**
   * Objects that have no place in a registry: of other kinds, or prefixes and circuits of no site or tenant.
   */
  skipped: number
} {
  const mistakes: Mistake[] = []
  const importer = new NetboxImport()
  for (const { name, text } of files) {
    if (name.toLowerCase().endsWith('.csv')) {
      if (!importer.regions.add(text))
        mistakes.push({ file: name, line: 1, column: 1, code: 'isq_columns', params: {} })
      continue
    }
    try {
      importer.add(JSON.parse(text) as unknown)
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      mistakes.push({ file: name, line: 1, column: 1, code: 'yaml', params: { detail } })
    }
  }
  const registry = importer.registry()
  return { registry, mistakes, skipped: importer.skipped }
}

class NetboxImport {
  readonly #organizations = new Map<string, NonNullable<RegistryInput['organizations']>[number]>()
  readonly #sites = new Map<string, Site>()
  readonly #suppliers = new Map<string, NonNullable<RegistryInput['suppliers']>[number]>()
  readonly #vrfs = new Map<string, NonNullable<RegistryInput['vrfs']>[number]>()
  readonly #links = new Map<string, NonNullable<RegistryInput['links']>[number]>()
  skipped = 0
  readonly regions = new IsqRegions()
  /** Prefixes and circuits come after the sites they name, whatever the order of the files. */
  readonly #later: (() => void)[] = []

  add(value: unknown): void {
    if (Array.isArray(value)) {
      for (const object of value) this.#object(object as NetboxObject)
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) if (Array.isArray(inner)) this.add(inner)
    }
  }

  registry(): RegistryInput {
    for (const work of this.#later) work()
    return {
      organizations: [...this.#organizations.values()],
      sites: [...this.#sites.values()],
      vrfs: [...this.#vrfs.values()],
      suppliers: [...this.#suppliers.values()],
      links: [...this.#links.values()],
    }
  }

  /** What an object is, its `url` says; in lists without, its keys do. */
  #object(object: NetboxObject): void {
    const url = object.url ?? ''
    if (object.prefix !== undefined) this.#later.push(() => this.#prefix(object))
    else if (object.cid !== undefined) this.#later.push(() => this.#circuit(object))
    else if (url.includes('/tenancy/tenants/')) this.#organization(object)
    else if (url.includes('/ipam/vrfs/') || object.rd !== undefined) this.#vrf(object)
    else if (url.includes('/circuits/providers/')) this.#supplier(object)
    else if (url.includes('/dcim/sites/') || 'region' in object || 'latitude' in object) this.#site(object)
    else if (url === '' && object.slug !== undefined) this.#organization(object)
    else this.skipped++
  }

  #organization(object: NetboxObject): string {
    const id = idOf(object)
    const name = object.name ?? object.display ?? id
    if (!this.#organizations.has(id)) this.#organizations.set(id, { id, name: { fr: name, en: name } })
    return id
  }

  #site(object: NetboxObject): string {
    const id = idOf(object)
    const organization = this.#organization(object.tenant ?? { slug: 'netbox', name: 'NetBox' })
    this.#later.push(() => this.#locate(id, object))
    const region = regionOf(object.region)
    const lat = Number(object.latitude ?? Number.NaN)
    const lon = Number(object.longitude ?? Number.NaN)
    this.#sites.set(id, {
      id,
      organization,
      name: object.name ?? id,
      ...(region === undefined ? {} : { region }),
      ...(Number.isNaN(lat) || Number.isNaN(lon) ? {} : { coordinates: { lat, lon } }),
      prefixes: [],
    })
    return id
  }

  /** By the name of its region, which may be its municipality's, else by its address. */
  #locate(id: string, object: NetboxObject): void {
    const site = this.#sites.get(id)
    const place = this.regions.find(object.region?.name) ?? this.regions.find(object.physical_address)
    if (site === undefined || place === undefined) return
    this.#sites.set(
      id,
      Object.assign(site, { municipality: place.municipality, region: site.region ?? place.region }),
    )
  }

  #vrf(object: NetboxObject): string {
    const id = idOf(object)
    if (!this.#vrfs.has(id)) this.#vrfs.set(id, { id, name: object.name ?? id })
    return id
  }

  #supplier(object: NetboxObject): string {
    const id = idOf(object)
    if (!this.#suppliers.has(id)) this.#suppliers.set(id, { id, name: object.name ?? object.display ?? id })
    return id
  }

  #prefix(object: NetboxObject): void {
    const prefix =
      object.vrf === undefined || object.vrf === null
        ? object.prefix!
        : { prefix: object.prefix!, vrf: this.#vrf(object.vrf) }
    const scoped = object.scope_type === 'dcim.site' ? object.scope : object.site
    const site = scoped === undefined || scoped === null ? undefined : this.#sites.get(idOf(scoped))
    const organization =
      object.tenant === undefined || object.tenant === null
        ? undefined
        : this.#organizations.get(this.#organization(object.tenant))
    const owner = site ?? organization
    if (owner === undefined) {
      this.skipped++
      return
    }
    owner.prefixes = [...(owner.prefixes ?? []), prefix]
  }

  #circuit(object: NetboxObject): void {
    const end = object.termination_a?.site ?? object.termination_a?.scope
    const site = end === undefined || end === null ? undefined : this.#sites.get(idOf(end))?.id
    if (site === undefined || object.provider === undefined || object.provider === null) {
      this.skipped++
      return
    }
    const id = slug(object.cid!)
    // NetBox gives rates in kbit/s.
    const committed = object.commit_rate ? { committed_bps: object.commit_rate * 1000 } : {}
    this.#links.set(id, { id, site, supplier: this.#supplier(object.provider), ...committed })
  }
}

const idOf = (object: NetboxObject): string => slug(object.slug ?? object.name ?? object.display ?? 'unnamed')

/** Text as an id: letters without accents, digits and dashes. */
function slug(text: string): string {
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '')
  return (
    plain
      .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
      .replaceAll(/^[-._]+|[-._]+$/g, '')
      .slice(0, 64) || 'unnamed'
  )
}

/** The code of a region by its code or its name. */
function regionOf(region: NetboxObject | null | undefined): string | undefined {
  for (const text of [region?.name, region?.slug?.replaceAll('-', ' '), region?.display]) {
    const code = regionCode(text ?? '')
    if (code !== undefined) return code
  }
  return undefined
}
