import type { RegistrySnapshot } from '../model/registry.js'
import type { CatalogueConfig } from './catalogue.js'
import { placesOf } from './places.js'

/** What a registry says of subscriptions, for a catalogue. */
export function subscribersOf(
  snapshot: Pick<RegistrySnapshot, 'registry' | 'ids'>,
): Pick<CatalogueConfig, 'organizations' | 'sites' | 'places'> {
  const { registry, ids } = snapshot
  return {
    organizations: registry.organizations.map(({ id, services }) => ({
      id: ids.organizations[id]!,
      services,
    })),
    sites: registry.sites
      .filter(({ services }) => services !== undefined)
      .map(({ id, organization, services }) => ({
        id: ids.sites[id]!,
        organization: ids.organizations[organization]!,
        services,
      })),
    places: placesOf(snapshot),
  }
}
