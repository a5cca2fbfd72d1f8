import { siteFaults } from '../detect/catalogue.js'
import { SERVICES } from '../detect/services/index.js'
import type { ServiceCheck } from '../enrich/registry/check_rules.js'

/** What the services say of a registry's subscriptions. */
export const SERVICE_CHECK: ServiceCheck = {
  ids: SERVICES.map(({ id }) => id),
  faults(service, parameters, whose) {
    const found = SERVICES.find(({ id }) => id === service)
    if (found === undefined || typeof parameters !== 'object' || parameters === null) return []
    const { mode, ...values } = parameters as Readonly<Record<string, unknown>>
    const faults: string[] = []
    if (mode !== undefined && mode !== 'active' && mode !== 'shadow' && mode !== 'off') {
      faults.push(`mode: active, shadow, off ≠ ${JSON.stringify(mode)}`)
    }
    const parsed = found.parameters.safeParse(values)
    for (const issue of parsed.error?.issues ?? [])
      faults.push(`${issue.path.map(String).join('.')}: ${issue.message}`)
    return whose === 'sites' ? [...faults, ...siteFaults(found, values)] : faults
  },
}
