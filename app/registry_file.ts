import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { SERVICES } from '../detect/services/index.js'
import { assignIds, type Registry, type RegistrySnapshot, registrySchema } from '../model/registry.js'
import { UsageError } from './io.js'

/**
 * A registry in one YAML file, for commands that ask no running pipeline. Its shape is checked, and that services are known;
 * the rest is `vigie registry check`'s.
 *
 * @throws UsageError in the words of `fault`
 */
export function readRegistry(file: string, fault: (file: string, why: string) => string): RegistrySnapshot {
  try {
    const registry = registrySchema.parse(parseYaml(readFileSync(file, 'utf8')) ?? {})
    const unknown = unknownServices(registry)
    if (unknown.length > 0) throw new Error(unknown.join('; '))
    return { version: 1, registry, ids: assignIds(registry) }
  } catch (error) {
    throw new UsageError(fault(file, error instanceof Error ? error.message : String(error)))
  }
}

function unknownServices({ organizations, sites }: Registry): string[] {
  return [...organizations, ...sites].flatMap(({ id, services = {} }) =>
    Object.keys(services)
      .filter((service) => !SERVICES.some((s) => s.id === service))
      .map((service) => `${id}: services.${service}?`),
  )
}
