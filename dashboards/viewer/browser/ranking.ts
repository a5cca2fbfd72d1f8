import { type Field, fieldsOf, show } from '../shared/fields.js'
import type { Cell, Frame } from '../shared/protocol.js'
import { h } from './dom.js'
import { rowLink } from './links.js'
import type { Draw, Drawing } from './panel_view.js'

/** Horizontal bars, one a row: a name, a bar as long as the number, the number. A list, so that it reads aloud. */
export const drawRanking: Draw = (drawing) => {
  const { panel, frames, body } = drawing
  for (const frame of frames) {
    const fields = fieldsOf(panel, frame.columns).filter(({ hidden }) => !hidden)
    const name = fields.find(({ column }) => column.kind === 'string')
    const value = fields.find(({ column }) => column.kind === 'number')
    if (value === undefined) continue
    const largest = Math.max(...frame.rows.map((row) => Number(row[value.index] ?? 0)), 0)
    body.append(
      h(
        'ol',
        { class: 'ranking' },
        ...frame.rows.map((row) => item(drawing, frame, name, value, row, largest)),
      ),
    )
  }
  return undefined
}

function item(
  { page }: Drawing,
  frame: Frame,
  name: Field | undefined,
  value: Field,
  row: readonly Cell[],
  largest: number,
): HTMLElement {
  const { lang } = page.data
  const number = row[value.index] ?? null
  const shown = show(value, number, lang)
  const label = name === undefined ? '' : show(name, row[name.index] ?? null, lang)
  const text = label === '' ? '' : label.text
  const link = name?.links?.[0]
  const url = rowLink(page, frame, row, link)
  const bar = h('span', { class: 'bar' })
  bar.style.width = `${largest > 0 && typeof number === 'number' ? Math.max(0.5, (number / largest) * 100) : 0}%`
  const judged = (value.thresholds?.steps.length ?? 0) > 1 ? shown.colour : undefined
  const colour = label === '' ? judged : (label.colour ?? judged)
  if (colour !== undefined) bar.style.background = page.colour(colour)
  return h(
    'li',
    {},
    h(
      'span',
      { class: 'name', title: text },
      url === undefined ? text : h('a', { href: url, title: link!.title }, text),
    ),
    h('span', { class: 'track', 'aria-hidden': 'true' }, bar),
    h('span', { class: `amount${shown.unknown ? ' unknown' : ''}` }, shown.text),
  )
}
