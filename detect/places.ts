import { type MaintenanceWindow, windowsOf } from './maintenance.js'

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
  /** Maintenance windows; left out: none. */
  readonly maintenance?: readonly MaintenanceWindow[]
}

export const NO_PLACES: Places = { organizations: [], sites: [] }

type Maintained = Parameters<typeof windowsOf>[0]

interface RegistryLike {
  readonly registry: {
    readonly organizations: readonly { readonly id: string; readonly kind?: string | undefined }[]
    readonly sites: readonly {
      readonly id: string
      readonly organization: string
      readonly kind?: string | undefined
    }[]
  } & Maintained['registry']
  readonly ids: Maintained['ids'] & { readonly organizations: Readonly<Record<string, number>> }
}

/** The places of a registry; the kind of one that says none is ''. */
export function placesOf(snapshot: RegistryLike): Places {
  const { registry, ids } = snapshot
  const maintenance = windowsOf(snapshot)
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
    ...(maintenance.length > 0 && { maintenance }),
  }
}
