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
  // Long figures get smaller letters rather than a second line: the width is shared by their letters.
  const letters = [...list.children].reduce((n, stat) => n + statWidth(stat), 0)
  list.style.setProperty('--letters', String(letters))
  body.append(list)
  return undefined
}

/** Letters that a number takes, or its name in its smaller type, with the space around. */
function statWidth(stat: Element): number {
  const [name, number] = ['dt', '.number'].map((part) => stat.querySelector(part)?.textContent?.length ?? 0)
  return Math.max(number!, name! * 0.6) + 2
}

function oneStat({ page }: Drawing, frame: Frame, row: readonly Cell[], field: Field): HTMLElement {
  const value = row[field.index] ?? null
  const { text, colour, unknown } = show(field, value, page.data.lang)
  const zero = value === 0
  const number = h('span', { class: 'number' }, text)
  if (colour !== undefined && !zero && !unknown) number.style.color = page.ink(colour)
  const link = field.links?.[0]
  const url = rowLink(page, frame, row, link)
  return h(
    'div',
    { class: `stat${unknown ? ' unknown' : ''}${zero ? ' zero' : ''}` },
    h('dt', {}, field.title),
    h('dd', {}, url === undefined ? number : h('a', { href: url, title: link!.title }, number)),
  )
}
