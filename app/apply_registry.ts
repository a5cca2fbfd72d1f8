import { readRegistryFiles } from '../enrich/registry/files.js'
import { loadRegistry } from '../enrich/registry/load.js'
import { mistakeText } from '../enrich/registry/messages.js'
import { RegistryStore } from '../enrich/registry/registry_store.js'
import type { BusConfig } from '../ingest/bus/config.js'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import { withBus } from './connect_bus.js'
import { UsageError } from './io.js'
import { SERVICE_CHECK } from './service_check.js'

/**
 * Puts a registry in force: what `vigie registry apply` does, for the roles that start with one.
 * @throws UsageError with all mistakes of the files
 */
export async function applyRegistry(files: readonly string[], bus: BusConfig): Promise<void> {
  const { registry, mistakes } = loadRegistry(await readRegistryFiles(files), SERVICE_CHECK)
  if (registry === undefined || mistakes.length > 0)
    throw new UsageError(mistakes.map((mistake) => mistakeText(mistake, 'en')).join('\n'))
  await withBus(bus, 'vigie registry', (connected) =>
    new RegistryStore(new NatsStateStore(connected)).apply(registry),
  )
}
