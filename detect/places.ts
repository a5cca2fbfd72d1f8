import type { RegistrySnapshot } from '../model/registry.js'
import { type NetworkFacts, networkFactsOf } from './network_facts.js'

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
  /** Links, suppliers, regions, planned maintenance; left out: none are known. */
  readonly network?: NetworkFacts
}

export const NO_PLACES: Places = { organizations: [], sites: [] }

/** The places of a registry; the kind of one that says none is ''. */
export function placesOf(snapshot: Pick<RegistrySnapshot, 'registry' | 'ids'>): Places {
  const { registry, ids } = snapshot
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
    network: networkFactsOf(snapshot),
  }
}
