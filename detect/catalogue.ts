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
  /** Sites by their number; what one says holds there before what its organisation says. */
  readonly sites?: readonly SiteSubscriptions[]
  /** Kinds of organisations and sites; left out: none are known. */
  readonly places?: Places
}

export interface SiteSubscriptions {
  readonly id: number
  /** Number of the organisation that has it. */
  readonly organization: number
  readonly services?: Subscriptions | undefined
}

/** Who said a value: the service itself, `detector.defaults`, or the registry's entry of an organisation or site. */
export type Origin = 'default' | 'installation' | 'organization' | 'site'

/** What is in force for one organisation, or one of its sites, and service. */
export interface Effective {
  readonly mode: ServiceMode
  readonly parameters: Readonly<Record<string, unknown>>
  /** Where the mode (`mode`) and each parameter come from. */
  readonly origins: Readonly<Record<string, Origin>>
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
  /** Of sites, only what they say themselves. */
  readonly #bySite = new Map<number, { organization: number; services: Map<ServiceId, Effective> }>()
  readonly #general = new Map<ServiceId, Effective>()

  /** Throws `CatalogueError` naming every parameter that is wrong. */
  constructor(config: CatalogueConfig) {
    this.services = config.services
    this.places = config.places ?? NO_PLACES
    const faults: string[] = []
    const organizations = new Map((config.organizations ?? []).map((o) => [o.id, o.services]))
    const layersOf = (service: AnyService, org: number): Layer[] => {
      const general = config.defaults?.[service.id]
      const subscribed = organizations.get(org)
      // Who names some services has no others.
      const own = subscribed === undefined ? undefined : (subscribed[service.id] ?? { mode: 'off' })
      return [
        ...(general === undefined ? [] : [{ origin: 'installation' as const, values: general }]),
        ...(own === undefined ? [] : [{ origin: 'organization' as const, values: own }]),
      ]
    }
    for (const service of this.services) {
      this.#general.set(service.id, effective(service, layersOf(service, 0), 'the installation', faults))
    }
    for (const org of organizations.keys()) {
      const found = (s: AnyService): Effective =>
        effective(s, layersOf(s, org), `organisation ${org}`, faults)
      this.#byOrg.set(org, new Map(this.services.map((s) => [s.id, found(s)])))
    }
    for (const { id, organization, services = {} } of config.sites ?? []) {
      const named = this.services.filter((s) => services[s.id] !== undefined)
      if (named.length === 0) continue
      const found = (s: AnyService): Effective => {
        faults.push(...siteFaults(s, services[s.id]!).map((fault) => `${s.id} of site ${id}: ${fault}`))
        const layers = [...layersOf(s, organization), { origin: 'site' as const, values: services[s.id]! }]
        return effective(s, layers, `site ${id}`, faults)
      }
      this.#bySite.set(id, { organization, services: new Map(named.map((s) => [s.id, found(s)])) })
    }
    if (faults.length > 0) throw new CatalogueError(faults.join('; '))
  }

  /**
   * What holds for a service and an organisation, at one of its sites where one is named; organisations that are not known
   * have the installation's parameters. A site that changed hands says nothing for the organisation that had it.
   */
  effective(service: ServiceId, orgId: number, siteId = 0): Effective {
    const site = this.#bySite.get(siteId)
    const there = site?.organization === orgId ? site.services.get(service) : undefined
    return there ?? this.#byOrg.get(orgId)?.get(service) ?? this.#general.get(service)!
  }

  /** Services that look at flows, with the parameters workers must use. */
  observed(): ObservedService[] {
    return this.services
      .filter(looksAtFlows)
      .map((service) => ({ service, parameters: this.loosest(service) }))
  }

  /** Parameters with which nothing is missed that anybody's would find; the installation's where nobody looks at flows. */
  loosest(service: AnyService): unknown {
    const general = this.#general.get(service.id)!
    if (service.flows === undefined) return general.parameters
    const all = [...this.#byOrg.values(), ...[...this.#bySite.values()].map(({ services }) => services)]
    const subscribed = all.flatMap((m) => m.get(service.id) ?? []).filter((e) => e.mode !== 'off')
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

/** What one origin says of a service. */
interface Layer {
  readonly origin: Origin
  readonly values: Readonly<Record<string, unknown>>
}

/** What a site must not say of a service, in words; none where all is well. */
export function siteFaults(service: AnyService, values: Readonly<Record<string, unknown>>): string[] {
  if (service.bySite === true) return []
  return Object.keys(values)
    .filter((name) => name !== 'mode')
    .map((name) => `${name}: this service has the same parameters at all sites of an organisation`)
}

/** The layers one over the other; a later one counts more. */
function effective(
  service: AnyService,
  layers: readonly Layer[],
  whose: string,
  faults: string[],
): Effective {
  const preset = layers.length === 0 ? (service.unasked ?? 'active') : 'active'
  const { mode = preset, ...values } = Object.assign({}, ...layers.map((layer) => layer.values)) as Record<
    string,
    unknown
  >
  if (mode !== 'active' && mode !== 'shadow' && mode !== 'off') {
    faults.push(`${service.id} of ${whose}: mode is active, shadow or off, not ${JSON.stringify(mode)}`)
  }
  const parsed = service.parameters.safeParse(values)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      faults.push(`${service.id}.${issue.path.join('.')} of ${whose}: ${issue.message}`)
    }
  }
  const parameters = (parsed.success ? parsed.data : service.parameters.parse({})) as Record<string, unknown>
  const originOf = (name: string): Origin =>
    layers.findLast((layer) => layer.values[name] !== undefined)?.origin ?? 'default'
  const origins = Object.fromEntries(['mode', ...Object.keys(parameters)].map((n) => [n, originOf(n)]))
  return { mode: mode as ServiceMode, parameters, origins }
}
