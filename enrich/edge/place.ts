import type { EdgeOrigin } from '../../model/edge_payload.js'
import type { EdgeRecord } from '../../model/edge_record.js'
import type { EdgePlace } from '../../model/joined_record.js'
import type { RegistryEdge, RegistrySnapshot } from '../../model/registry.js'
import { identityKey } from '../registry/edge_identity.js'

/** Texts of a record that may say where it is from; those that its kind has not are undefined. */
type Told = EdgeRecord & {
  readonly local?: string | undefined
  readonly remote?: string | undefined
  readonly local_color?: string | undefined
}

interface KnownEdge {
  readonly edge: RegistryEdge
  /** Vendor's name of a link → the registry's. */
  readonly links: ReadonlyMap<string, string>
}

const NOWHERE: EdgePlace = {
  orgId: 0,
  siteId: 0,
  linkId: 0,
  supplierId: 0,
  edge: '',
  remoteOrgId: 0,
  remoteSiteId: 0,
}

/** Edges of one version of the registry, found by what payloads call them. */
export class EdgePlaces {
  readonly #ids: RegistrySnapshot['ids']
  readonly #edges = new Map<string, KnownEdge>()
  /** Site and supplier of each link, by id. */
  readonly #links: ReadonlyMap<string, { readonly site: string; readonly supplier: string }>
  /** Links of a site, by id of the site. */
  readonly #linksOf = new Map<string, string[]>()
  /** Organisation of each site, by id, and the ids by key. */
  readonly #orgs: ReadonlyMap<string, string>
  readonly #sites: ReadonlyMap<string, string>
  /** Ids of suppliers by id and name. */
  readonly #suppliers = new Map<string, string>()
  readonly version: number

  constructor({ registry, ids, version }: RegistrySnapshot) {
    this.#ids = ids
    this.version = version
    this.#orgs = new Map(registry.sites.map(({ id, organization }) => [id, organization]))
    this.#sites = new Map(registry.sites.map(({ id }) => [identityKey(id), id]))
    this.#links = new Map(registry.links.map((link) => [link.id, link]))
    for (const { id, site } of registry.links)
      this.#linksOf.set(site, [...(this.#linksOf.get(site) ?? []), id])
    for (const { id, name } of registry.suppliers)
      for (const text of [id, name.fr, name.en]) this.#suppliers.set(identityKey(text), id)
    for (const edge of registry.edges ?? []) {
      const links = new Map((edge.links ?? []).map(({ link, name }) => [identityKey(name), link]))
      for (const text of [edge.id, ...(edge.identities ?? [])])
        this.#edges.set(identityKey(text), { edge, links })
    }
  }

  /**
   * Where a record belongs: its edge by device, then by its end of the tunnel, its site, its sender's address; then its link
   * by the vendor's name of it, its colour, or its carrier among the links of the site. What nothing tells stays 0.
   */
  placeOf(record: EdgeRecord, origin: EdgeOrigin): EdgePlace {
    const told = record as Told
    const known = this.#find(record.vendor, [
      told.device,
      told.local,
      told.site,
      origin.device,
      origin.address,
    ])
    const site = known?.edge.site ?? this.#siteCalled(told.site)
    const link = this.#linkOf(told, known, site)
    const supplier = (link && this.#links.get(link)?.supplier) ?? this.#supplierCalled(told.carrier)
    const remote = this.#remoteSite(told)
    if (site === undefined && supplier === undefined && remote === undefined) return NOWHERE
    const { organizations, sites, links, suppliers } = this.#ids
    return {
      orgId: numberOf(organizations, site && this.#orgs.get(site)),
      siteId: numberOf(sites, site),
      linkId: numberOf(links, link),
      supplierId: numberOf(suppliers, supplier),
      edge: known?.edge.id ?? '',
      remoteOrgId: numberOf(organizations, remote && this.#orgs.get(remote)),
      remoteSiteId: numberOf(sites, remote),
    }
  }

  #find(vendor: string, texts: readonly (string | undefined)[]): KnownEdge | undefined {
    for (const text of texts) {
      if (text === undefined) continue
      const known = this.#edges.get(identityKey(text))
      // An edge that names its vendor is not another vendor's that goes by the same word.
      if (known !== undefined && (known.edge.vendor ?? vendor) === vendor) return known
    }
    return undefined
  }

  #siteCalled(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.#sites.get(identityKey(text))
  }

  #supplierCalled(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.#suppliers.get(identityKey(text))
  }

  #linkOf(told: Told, known: KnownEdge | undefined, site: string | undefined): string | undefined {
    for (const text of [told.link, told.local_color, told.carrier]) {
      const named = text === undefined ? undefined : known?.links.get(identityKey(text))
      if (named !== undefined) return named
    }
    if (told.link !== undefined && this.#links.has(told.link)) return told.link
    const supplier = this.#supplierCalled(told.carrier)
    if (site === undefined || supplier === undefined) return undefined
    const theirs = (this.#linksOf.get(site) ?? []).filter((id) => this.#links.get(id)!.supplier === supplier)
    return theirs.length === 1 ? theirs[0] : undefined
  }

  /** The other end: an edge by what it is called, with or without what stands behind a slash. */
  #remoteSite({ vendor, remote }: Told): string | undefined {
    if (remote === undefined) return undefined
    const known = this.#find(vendor, [remote, ...(remote.includes('/') ? remote.split('/') : [])])
    return known?.edge.site ?? this.#siteCalled(remote)
  }
}

const numberOf = (numbers: Readonly<Record<string, number>>, id: string | undefined): number =>
  id === undefined ? 0 : (numbers[id] ?? 0)
