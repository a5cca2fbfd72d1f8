import { parseArgs } from 'node:util'
import { Catalogue } from '../detect/catalogue.js'
import type { AnyService } from '../detect/service.js'
import { SERVICE_COSTS } from '../detect/service_costs.generated.js'
import { SERVICES } from '../detect/services/index.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { formatOf, type Row, renderRows } from './rows.js'

const TEXTS = {
  fr: {
    unknown: (id: string, known: string) => `service inconnu : « ${id} »; services : ${known}`,
    measured: (machine: string, date: string) =>
      `worker_ns, detector_ns : nanosecondes par flux, mesurées le ${date} (${machine}); « vigie bench detect » mesure ici`,
  },
  en: {
    unknown: (id: string, known: string) => `unknown service '${id}'; services: ${known}`,
    measured: (machine: string, date: string) =>
      `worker_ns, detector_ns: nanoseconds a flow, measured on ${date} (${machine}); 'vigie bench detect' measures here`,
  },
} as const

/** `vigie services [ID]`: the catalogue; with an id, the parameters of one service with their defaults and meanings. */
export async function servicesCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { format: { type: 'string' } },
  })
  const lang = languageOf(io.env)
  const format = formatOf(values.format, io)
  const [id] = positionals
  if (id === undefined) {
    const rows = SERVICES.map((s) => serviceRow(s, lang))
    const columns = Object.keys(rows[0]!).filter((name) => format !== 'table' || name !== 'measured')
    io.stdout.write(renderRows(rows, format, columns))
    const { machine, date } = SERVICE_COSTS
    if (format === 'table') io.stderr.write(`${TEXTS[lang].measured(machine, date)}\n`)
    return 0
  }
  const service = SERVICES.find((s) => s.id === id)
  if (service === undefined) {
    throw new UsageError(TEXTS[lang].unknown(id, SERVICES.map((s) => s.id).join(', ')))
  }
  io.stdout.write(renderRows(parameterRows(service), format))
  return 0
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
