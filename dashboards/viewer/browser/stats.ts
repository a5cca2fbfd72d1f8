import { type Field, fieldsOf, show } from '../shared/fields.js'
import type { Cell, Frame } from '../shared/protocol.js'
import { h } from './dom.js'
import { rowLink } from './links.js'
import type { Draw, Drawing } from './panel_view.js'

/** Big numbers: the numeric columns of the last row, each with its name, its colour and where it leads. */
export const drawStats: Draw = (drawing) => {
  const { panel, frames, body } = drawing
  const list = h('dl', { class: 'stats' })
  for (const frame of frames) {
    const row = frame.rows.at(-1) ?? []
    const fields = fieldsOf(panel, frame.columns).filter(({ hidden }) => !hidden)
    for (const field of fields) {
      if (field.column.kind === 'string' && field.displayName === undefined) continue
      list.append(oneStat(drawing, frame, row, field))
    }
  }
  body.append(list)
  return undefined
}

function oneStat({ page }: Drawing, frame: Frame, row: readonly Cell[], field: Field): HTMLElement {
  const value = row[field.index] ?? null
  const { text, colour, unknown } = show(field, value, page.data.lang)
  const zero = value === 0
  const number = h('span', { class: 'number' }, text)
  if (colour !== undefined && !zero) number.style.color = page.colour(colour)
  const link = field.links?.[0]
  const url = rowLink(page, frame, row, link)
  return h(
    'div',
    { class: `stat${unknown ? ' unknown' : ''}${zero ? ' zero' : ''}` },
    h('dt', {}, field.title),
    h('dd', {}, url === undefined ? number : h('a', { href: url, title: link!.title }, number)),
  )
}
