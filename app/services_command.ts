import { parseArgs } from 'node:util'
import { Catalogue, CatalogueError, type Origin } from '../detect/catalogue.js'
import type { AnyService } from '../detect/service.js'
import { SERVICE_COSTS } from '../detect/service_costs.generated.js'
import { SERVICES } from '../detect/services/index.js'
import { subscribersOf } from '../detect/subscribers.js'
import type { BusConfig } from '../ingest/bus/config.js'
import type { RegistrySnapshot } from '../model/registry.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { readRegistry } from './registry_file.js'
import { formatOf, type Row, renderRows } from './rows.js'

const TEXTS = {
  fr: {
    unknown: (id: string, known: string) => `service inconnu : « ${id} »; services : ${known}`,
    measured: (machine: string, date: string) =>
      `worker_ns, detector_ns : nanosecondes par flux, mesurées le ${date} (${machine}); « vigie bench detect » mesure ici`,
    registry: (file: string, why: string) => `registre ${file} : ${why}`,
    noOrg: (id: string) => `le registre n’a pas d’organisme « ${id} »`,
    noSite: (id: string) => `le registre n’a pas de site « ${id} »`,
    otherOrg: (site: string, org: string) => `le site ${site} est de l’organisme ${org}`,
  },
  en: {
    unknown: (id: string, known: string) => `unknown service '${id}'; services: ${known}`,
    measured: (machine: string, date: string) =>
      `worker_ns, detector_ns: nanoseconds a flow, measured on ${date} (${machine}); 'vigie bench detect' measures here`,
    registry: (file: string, why: string) => `registry ${file}: ${why}`,
    noOrg: (id: string) => `the registry has no organisation '${id}'`,
    noSite: (id: string) => `the registry has no site '${id}'`,
    otherOrg: (site: string, org: string) => `site ${site} is of organisation ${org}`,
  },
} as const
type Texts = (typeof TEXTS)[Language]

const OPTIONS = {
  format: { type: 'string' },
  org: { type: 'string' },
  site: { type: 'string' },
  registry: { type: 'string' },
  config: { type: 'string' },
} as const

/**
 * `vigie services [ID]`: the catalogue; with an id, the parameters of one service with their defaults and meanings. With
 * `--org` or `--site`, what is in force there, and where each value comes from.
 */
export async function servicesCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS })
  const lang = languageOf(io.env)
  const format = formatOf(values.format, io)
  const [id] = positionals
  const service = id === undefined ? undefined : SERVICES.find((s) => s.id === id)
  if (id !== undefined && service === undefined)
    throw new UsageError(TEXTS[lang].unknown(id, SERVICES.map((s) => s.id).join(', ')))
  if (values.org !== undefined || values.site !== undefined) {
    const force = await readForce(values, io, TEXTS[lang])
    const rows =
      service === undefined ? SERVICES.map((s) => forceRow(s, force, lang)) : forceRows(service, force)
    io.stdout.write(renderRows(rows, format))
    return 0
  }
  if (service !== undefined) {
    io.stdout.write(renderRows(parameterRows(service), format))
    return 0
  }
  const rows = SERVICES.map((s) => serviceRow(s, lang))
  const columns = Object.keys(rows[0]!).filter((name) => format !== 'table' || name !== 'measured')
  io.stdout.write(renderRows(rows, format, columns))
  const { machine, date } = SERVICE_COSTS
  if (format === 'table') io.stderr.write(`${TEXTS[lang].measured(machine, date)}\n`)
  return 0
}

/** What is in force for one organisation, or one of its sites. */
interface Force {
  readonly catalogue: Catalogue
  readonly orgId: number
  readonly siteId: number
  /** Services that run. */
  readonly running: readonly string[]
  /** Who says a value: a place of the configuration, or an entry of the registry. */
  where(origin: Origin, path: string): string
}

async function readForce(
  asked: { org?: string | undefined; site?: string | undefined; registry?: string; config?: string },
  io: CommandIo,
  texts: Texts,
): Promise<Force> {
  const { readConfig } = await import('./config/vigie_config.js')
  const { config, origins } = readConfig(asked.config === undefined ? [] : ['--config', asked.config], io)
  const snapshot =
    asked.registry === undefined
      ? await inForce(config.bus)
      : readRegistry(asked.registry, (file, why) => texts.registry(file, why))
  const { registry, ids } = snapshot
  const site = registry.sites.find(({ id }) => id === asked.site)
  if (asked.site !== undefined && site === undefined) throw new UsageError(texts.noSite(asked.site))
  const org = asked.org ?? site!.organization
  if (!registry.organizations.some(({ id }) => id === org)) throw new UsageError(texts.noOrg(org))
  if (site !== undefined && site.organization !== org)
    throw new UsageError(texts.otherOrg(site.id, site.organization))
  const { services, defaults } = config.detector
  try {
    return {
      // Also of services that do not run, what would hold.
      catalogue: new Catalogue({ services: SERVICES, defaults, ...subscribersOf(snapshot) }),
      orgId: ids.organizations[org]!,
      siteId: site === undefined ? 0 : ids.sites[site.id]!,
      running: services ?? SERVICES.map(({ id }) => id),
      where: (origin, path) =>
        ({
          default: '',
          installation: origins.get(path) ?? origins.get('detector.defaults') ?? 'detector.defaults',
          organization: org,
          site: site?.id ?? '',
        })[origin],
    }
  } catch (error) {
    if (error instanceof CatalogueError) throw new UsageError(error.message)
    throw error
  }
}

/** The registry of the running pipeline. */
async function inForce(bus: BusConfig): Promise<RegistrySnapshot> {
  const [{ withBus }, { RegistryStore }, { NatsStateStore }] = await Promise.all([
    import('./connect_bus.js'),
    import('../enrich/registry/registry_store.js'),
    import('../ingest/bus/state_store.js'),
  ])
  return withBus(bus, 'vigie services', (connected) =>
    new RegistryStore(new NatsStateStore(connected)).current(),
  )
}

interface Mode {
  readonly mode: string
  readonly origin: Origin
  readonly where: string
}

function modeOf({ id }: AnyService, { catalogue, orgId, siteId, running, where }: Force): Mode {
  if (!running.includes(id))
    return { mode: 'off', origin: 'installation', where: where('installation', 'detector.services') }
  const { mode, origins } = catalogue.effective(id, orgId, siteId)
  const origin = origins.mode!
  return { mode, origin, where: where(origin, `detector.defaults.${id}.mode`) }
}

/** A service in the list of an organisation: its mode, and the names of parameters that somebody set. */
function forceRow(service: AnyService, force: Force, lang: Language): Row {
  const { parameters, origins } = force.catalogue.effective(service.id, force.orgId, force.siteId)
  return {
    id: service.id,
    title: service.title[lang],
    ...modeOf(service, force),
    set: Object.keys(parameters)
      .filter((name) => origins[name] !== 'default')
      .join(' '),
  }
}

function forceRows(service: AnyService, force: Force): Row[] {
  const { parameters, origins } = force.catalogue.effective(service.id, force.orgId, force.siteId)
  const { mode, ...said } = modeOf(service, force)
  return [
    {
      parameter: 'mode',
      value: mode,
      ...said,
      meaning: 'active: findings are sent; shadow: counted; off: neither',
    },
    ...Object.entries(parameters).map(([parameter, value]) => ({
      parameter,
      value,
      origin: origins[parameter],
      where: force.where(origins[parameter]!, `detector.defaults.${service.id}.${parameter}`),
      meaning: service.meaning(parameter) ?? '',
    })),
  ]
}

/** What a service may look at: flows, samples of edges, the store's long horizons. */
const FACES = ['flows', 'samples', 'horizons'] as const

/** A cost goes with where and when it was measured, in every format: other machines are faster, and code changes. */
function serviceRow(service: AnyService, lang: Language): Row {
  const cost = SERVICE_COSTS.services[service.id]
  return {
    id: service.id,
    title: service.title[lang],
    techniques: service.techniques.join(' '),
    looks_at: FACES.filter((face) => service[face] !== undefined).join(' '),
    worker_ns: cost?.worker_ns,
    detector_ns: cost?.detector_ns,
    measured: cost && `${SERVICE_COSTS.date}, ${SERVICE_COSTS.machine}`,
    about: service.about[lang],
    needs: service.needs.join(' '),
    better_with: service.betterWith.join(' '),
  }
}

function parameterRows(service: AnyService): Row[] {
  const { parameters } = new Catalogue({ services: [service] }).effective(service.id, 0)
  return Object.entries(parameters).map(([parameter, value]) => ({
    parameter,
    default: value,
    meaning: service.meaning(parameter) ?? '',
  }))
}
