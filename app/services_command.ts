import { parseArgs } from 'node:util'
import { Catalogue } from '../detect/catalogue.js'
import type { AnyService } from '../detect/service.js'
import { SERVICES } from '../detect/services/index.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { formatOf, type Row, renderRows } from './rows.js'

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
    io.stdout.write(
      renderRows(
        SERVICES.map((s) => serviceRow(s, lang)),
        format,
      ),
    )
    return 0
  }
  const service = SERVICES.find((s) => s.id === id)
  if (service === undefined) {
    const known = SERVICES.map((s) => s.id).join(', ')
    throw new UsageError(
      {
        fr: `service inconnu : « ${id} »; services : ${known}`,
        en: `unknown service '${id}'; services: ${known}`,
      }[lang],
    )
  }
  io.stdout.write(renderRows(parameterRows(service), format))
  return 0
}

/** What a service may look at: flows, samples of edges, the store's long horizons. */
const FACES = ['flows', 'samples', 'horizons'] as const

function serviceRow(service: AnyService, lang: Language): Row {
  return {
    id: service.id,
    title: service.title[lang],
    techniques: service.techniques.join(' '),
    looks_at: FACES.filter((face) => service[face] !== undefined).join(' '),
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
