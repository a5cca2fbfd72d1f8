import type { ServiceId } from '../model/finding.js'
import type { ServiceMode } from './context.js'
import type { ObservedService } from './observer.js'
import { NO_PLACES, type Places } from './places.js'
import type { AnyService } from './service.js'

/** Subscriptions of an organisation as the registry writes them: service → `{ mode?, parameter: value, … }`. */
export type Subscriptions = Partial<Record<ServiceId, Readonly<Record<string, unknown>>>>

export interface CatalogueConfig {
  /** Services that run at all. */
  readonly services: readonly AnyService[]
  /** Parameters of this installation, before those of organisations. */
  readonly defaults?: Subscriptions
  /** Organisations by their number; one without `services` has all of them with the catalogue's parameters. */
  readonly organizations?: readonly { readonly id: number; readonly services?: Subscriptions | undefined }[]
  /** Kinds of organisations and sites; left out: none are known. */
  readonly places?: Places
}

/** What is in force for one organisation and service, and where each parameter comes from. */
export interface Effective {
  readonly mode: ServiceMode
  readonly parameters: Readonly<Record<string, unknown>>
  readonly origins: Readonly<Record<string, 'default' | 'catalogue' | 'organization'>>
}

/** Said when a subscription does not fit its service's schema. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError'
}

/** Who subscribes to what, with which parameters. Immutable: a changed registry makes another one. */
export class Catalogue {
  readonly services: readonly AnyService[]
  readonly places: Places
  readonly #byOrg = new Map<number, Map<ServiceId, Effective>>()
  readonly #general = new Map<ServiceId, Effective>()

  /** Throws `CatalogueError` naming every parameter that is wrong. */
  constructor(config: CatalogueConfig) {
    this.services = config.services
    this.places = config.places ?? NO_PLACES
    const faults: string[] = []
    for (const service of this.services) {
      this.#general.set(
        service.id,
        effective(service, config.defaults?.[service.id], undefined, 'catalogue', faults),
      )
    }
    for (const org of config.organizations ?? []) {
      const mine = new Map<ServiceId, Effective>()
      for (const service of this.services) {
        const own = org.services?.[service.id]
        const general = config.defaults?.[service.id]
        const found = effective(service, general, own, `organisation ${org.id}`, faults)
        mine.set(
          service.id,
          org.services !== undefined && own === undefined ? { ...found, mode: 'off' } : found,
        )
      }
      this.#byOrg.set(org.id, mine)
    }
    if (faults.length > 0) throw new CatalogueError(faults.join('; '))
  }

  /** What holds for a service and an organisation; organisations that are not known have the catalogue's parameters. */
  effective(service: ServiceId, orgId: number): Effective {
    return this.#byOrg.get(orgId)?.get(service) ?? this.#general.get(service)!
  }

  /** Services that look at flows, with the parameters workers must use. */
  observed(): ObservedService[] {
    return this.services
      .filter(looksAtFlows)
      .map((service) => ({ service, parameters: this.loosest(service) }))
  }

  /** Parameters with which nothing is missed that any organisation's would find; the catalogue's where nobody looks at flows. */
  loosest(service: AnyService): unknown {
    const general = this.#general.get(service.id)!
    if (service.flows === undefined) return general.parameters
    const subscribed = [...this.#byOrg.values()]
      .map((m) => m.get(service.id)!)
      .filter((e) => e.mode !== 'off')
    return service.flows.loosest(
      [general, ...subscribed].map((e) => e.parameters),
      this.places,
    )
  }
}

/** Whether workers must look for a service. */
export function looksAtFlows(service: AnyService): service is ObservedService['service'] {
  return service.flows !== undefined
}

function effective(
  service: AnyService,
  general: Readonly<Record<string, unknown>> | undefined,
  own: Readonly<Record<string, unknown>> | undefined,
  whose: string,
  faults: string[],
): Effective {
  const { mode: generalMode, ...generalValues } = general ?? {}
  const { mode: ownMode, ...ownValues } = own ?? {}
  const mode = ownMode ?? generalMode ?? 'active'
  if (mode !== 'active' && mode !== 'shadow' && mode !== 'off') {
    faults.push(`${service.id} of ${whose}: mode is active, shadow or off, not ${JSON.stringify(mode)}`)
  }
  const parsed = service.parameters.safeParse({ ...generalValues, ...ownValues })
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      faults.push(`${service.id}.${issue.path.join('.')} of ${whose}: ${issue.message}`)
    }
  }
  const parameters = (parsed.success ? parsed.data : service.parameters.parse({})) as Record<string, unknown>
  const origins = Object.fromEntries(
    Object.keys(parameters).map((name) => [
      name,
      name in ownValues ? 'organization' : name in generalValues ? 'catalogue' : 'default',
    ]),
  ) as Effective['origins']
  return { mode: mode as ServiceMode, parameters, origins }
}
