import type { Registry, RegistrySnapshot } from '../../model/registry.js'
import { buildTables } from '../tables/build_tables.js'
import type { SharedTables } from '../tables/shared_tables.js'

/** A version of the registry, ready for use. */
export interface RegistryView {
  readonly tables: SharedTables
  /** The registry without prefixes, which are in the tables: what detection and tickets ask for. */
  readonly snapshot: RegistrySnapshot
}

/**
 * Builds the view. Prefixes may be a million: copying them between threads would cost more than they are
 * worth there.
 */
export function viewOf(snapshot: RegistrySnapshot): RegistryView {
  const { registry } = snapshot
  const without = <T extends { prefixes?: unknown }>(entries: readonly T[]): T[] =>
    entries.map(({ prefixes, ...rest }) => rest as T)
  const slim: Registry = {
    ...registry,
    organizations: without(registry.organizations),
    sites: without(registry.sites),
  }
  return { tables: buildTables(snapshot), snapshot: { ...snapshot, registry: slim } }
}
