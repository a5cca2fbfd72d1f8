import { Catalogue } from './catalogue.js'
import type { AnyService } from './service.js'

/** The table of a service's parameters, as its page in `docs/services/` holds it. */
export function parameterTable(service: AnyService): string {
  const { parameters } = new Catalogue({ services: [service] }).effective(service.id, 0)
  const rows = Object.entries(parameters).map(
    ([name, value]) => `| \`${name}\` | ${JSON.stringify(value)} | ${service.meaning(name) ?? ''} |`,
  )
  return `| parameter | default | meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`
}

const BEGIN = '<!-- parameters: begin -->'
const END = '<!-- parameters: end -->'

/** The page with its table made new. Throws when the page lacks the marks. */
export function withParameters(page: string, service: AnyService): string {
  const from = page.indexOf(BEGIN)
  const to = page.indexOf(END)
  if (from < 0 || to < from) throw new Error(`the page of ${service.id} lacks ${BEGIN} and ${END}`)
  return `${page.slice(0, from + BEGIN.length)}\n\n${parameterTable(service)}\n${page.slice(to)}`
}
