/** A maintenance window of the registry, what it covers by number. */
export interface MaintenanceWindow {
  readonly id: string
  readonly startMs: number
  readonly endMs: number
  /** Sites that it names, those of organisations that it names, and those whose links are all of suppliers that it names. */
  readonly sites: ReadonlySet<number>
  /** Links that it names, and those of suppliers that it names. */
  readonly links: ReadonlySet<number>
}

interface RegistryLike {
  readonly registry: {
    readonly sites: readonly { readonly id: string; readonly organization: string }[]
    readonly links?: readonly { readonly id: string; readonly site: string; readonly supplier: string }[]
    readonly maintenance?: readonly {
      readonly id: string
      readonly start: string
      readonly end: string
      readonly organizations?: readonly string[] | undefined
      readonly sites?: readonly string[] | undefined
      readonly links?: readonly string[] | undefined
      readonly suppliers?: readonly string[] | undefined
    }[]
  }
  readonly ids: {
    readonly sites: Readonly<Record<string, number>>
    readonly links?: Readonly<Record<string, number>>
  }
}

/** The windows of a registry, in its order. */
export function windowsOf({ registry, ids }: RegistryLike): MaintenanceWindow[] {
  const { links = [], maintenance = [] } = registry
  const numbers = (
    list: readonly string[] | undefined,
    of: Readonly<Record<string, number>> = {},
  ): number[] => (list ?? []).flatMap((id) => of[id] ?? [])
  return maintenance.map((window) => {
    const suppliers = new Set(window.suppliers)
    const organizations = new Set(window.organizations)
    const owned = registry.sites.filter(({ organization }) => organizations.has(organization))
    const theirs = links.filter(({ supplier }) => suppliers.has(supplier))
    // A site with another supplier beside is not excused.
    const served = new Set(links.filter(({ supplier }) => !suppliers.has(supplier)).map(({ site }) => site))
    const alone = theirs.map(({ site }) => site).filter((site) => !served.has(site))
    return {
      id: window.id,
      startMs: Date.parse(window.start),
      endMs: Date.parse(window.end),
      sites: new Set(numbers([...(window.sites ?? []), ...owned.map(({ id }) => id), ...alone], ids.sites)),
      links: new Set(numbers([...(window.links ?? []), ...theirs.map(({ id }) => id)], ids.links)),
    }
  })
}

/** The first window that covers a site or a link (0: none) at a moment. Its end is not in it. */
export const maintenanceAt = (
  windows: readonly MaintenanceWindow[],
  siteId: number,
  linkId: number,
  atMs: number,
): MaintenanceWindow | undefined =>
  windows.find(
    ({ startMs, endMs, sites, links }) =>
      startMs <= atMs && atMs < endMs && (sites.has(siteId) || links.has(linkId)),
  )
