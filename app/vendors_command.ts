import { parseArgs } from 'node:util'
import type { EdgeVendor } from '../ingest/edge/vendor.js'
import { EDGE_VENDORS } from '../ingest/edge/vendors/index.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { formatOf, type Row, renderRows } from './rows.js'

/** `vigie vendors [ID]`: whose SD-WAN payloads are read, how they come and what they can fill. */
export async function vendorsCommand(args: string[], io: CommandIo): Promise<number> {
  const options = { format: { type: 'string' } } as const
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  const lang = languageOf(io.env)
  const format = formatOf(values.format, io)
  const [id] = positionals
  const shown = id === undefined ? EDGE_VENDORS : EDGE_VENDORS.filter((vendor) => vendor.id === id)
  if (shown.length === 0) {
    const unknown = { fr: `constructeur inconnu : « ${id} »`, en: `unknown vendor '${id}'` }[lang]
    throw new UsageError(`${unknown}: ${EDGE_VENDORS.map((vendor) => vendor.id).join(', ')}`)
  }
  io.stdout.write(
    renderRows(
      shown.map((vendor) => vendorRow(vendor, lang)),
      format,
    ),
  )
  return 0
}

const vendorRow = (vendor: EdgeVendor, lang: Language): Row => ({
  id: vendor.id,
  title: vendor.titles[lang],
  transports: vendor.transports.join(' '),
  kinds: vendor.kinds.join(' '),
  fields: vendor.fields.join(' '),
  device: vendor.identity.device ?? '',
  documentation: vendor.documentation,
})
