/** What kind of place a number stands for; texts are the registry's `kind`. */
export interface Places {
  /** Organisations by their number. */
  readonly organizations: readonly { readonly id: number; readonly name: string; readonly kind: string }[]
  /** Sites by their number, with the number of their organisation. */
  readonly sites: readonly {
    readonly id: number
    readonly name: string
    readonly organization: number
    readonly kind: string
  }[]
}

export const NO_PLACES: Places = { organizations: [], sites: [] }

interface RegistryLike {
  readonly registry: {
    readonly organizations: readonly { readonly id: string; readonly kind?: string | undefined }[]
    readonly sites: readonly {
      readonly id: string
      readonly organization: string
      readonly kind?: string | undefined
    }[]
  }
  readonly ids: {
    readonly organizations: Readonly<Record<string, number>>
    readonly sites: Readonly<Record<string, number>>
  }
}

/** The places of a registry; the kind of one that says none is ''. */
export function placesOf({ registry, ids }: RegistryLike): Places {
  return {
    organizations: registry.organizations.map(({ id, kind }) => ({
      id: ids.organizations[id]!,
      name: id,
      kind: kind ?? '',
    })),
    sites: registry.sites.map(({ id, organization, kind }) => ({
      id: ids.sites[id]!,
      name: id,
      organization: ids.organizations[organization]!,
      kind: kind ?? '',
    })),
  }
}
