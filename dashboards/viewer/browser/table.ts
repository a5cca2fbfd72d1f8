import { type Field, fieldsOf, show } from '../shared/fields.js'
import type { Cell, Frame } from '../shared/protocol.js'
import { h } from './dom.js'
import { rowLink } from './links.js'
import type { Draw, Drawing } from './panel_view.js'

interface Order {
  readonly index: number
  readonly descending: boolean
}

/** Rows shown at most: more is what the CSV is for. */
const ROWS_MAX = 500

const COLLATOR: Readonly<Record<string, Intl.Collator>> = {
  fr: new Intl.Collator('fr-CA', { numeric: true }),
  en: new Intl.Collator('en-CA', { numeric: true }),
}

function compare(a: Cell, b: Cell, lang: string): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : COLLATOR[lang]!.compare(String(a), String(b))
}

/** A table whose headers sort it. The order survives a refresh: it is kept on the body. */
export const drawTable: Draw = (drawing) => {
  const { panel, frames, body } = drawing
  for (const frame of frames) {
    const fields = fieldsOf(panel, frame.columns).filter(({ hidden }) => !hidden)
    const holder = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': panel.title })
    const paint = (order: Order | undefined): void => {
      if (order !== undefined) body.dataset.order = `${order.index} ${order.descending ? 'desc' : 'asc'}`
      holder.replaceChildren(tableOf(drawing, frame, fields, order, paint))
    }
    paint(keptOrder(body))
    body.append(holder)
  }
  return undefined
}

function keptOrder(body: HTMLElement): Order | undefined {
  const kept = /^(\d+) (asc|desc)$/.exec(body.dataset.order ?? '')
  return kept === null ? undefined : { index: Number(kept[1]), descending: kept[2] === 'desc' }
}

function tableOf(
  drawing: Drawing,
  frame: Frame,
  fields: readonly Field[],
  order: Order | undefined,
  paint: (order: Order) => void,
): HTMLTableElement {
  const { page, panel } = drawing
  const { lang } = page.data
  const rows = [...frame.rows]
  if (order !== undefined) {
    const sign = order.descending ? -1 : 1
    rows.sort((a, b) => sign * compare(a[order.index] ?? null, b[order.index] ?? null, lang))
  }
  const largest = new Map(
    fields.map((field) => [field, Math.max(...frame.rows.map((row) => Number(row[field.index] ?? 0)), 0)]),
  )
  shareHeat(fields, largest)
  const shares = sharesOf(drawing, fields, frame)
  const buttons = rows.slice(0, ROWS_MAX).map((row) => page.rowButton(frame, row))
  const hasButtons = buttons.some((button) => button !== undefined)
  const buttonHeader = h('th', { scope: 'col', class: 'press' }, page.text('triage.column'))
  return h(
    'table',
    {},
    h('caption', {}, panel.title),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        hasButtons && buttonHeader,
        ...fields.map((field, i) => header(drawing, field, order, paint, shares[i])),
      ),
    ),
    h(
      'tbody',
      {},
      ...rows.slice(0, ROWS_MAX).map((row, at) =>
        h(
          'tr',
          {},
          hasButtons && h('td', { class: 'press' }, buttons[at]),
          ...fields.map((field, i) =>
            cell(drawing, frame, field, row, {
              largest: largest.get(field)!,
              shared: shares[i] !== undefined,
            }),
          ),
        ),
      ),
    ),
  )
}

/** Cells of heat are compared over all their columns: a colour means the same number wherever it stands. */
function shareHeat(fields: readonly Field[], largest: Map<Field, number>): void {
  const heated = fields.filter(
    ({ custom }) => (custom.cellOptions as { type?: string } | undefined)?.type === 'color-background',
  )
  const most = Math.max(0, ...heated.map((field) => largest.get(field)!))
  for (const field of heated) largest.set(field, most)
}

/** Text this long is cut with an ellipsis rather than pushing other columns out of sight. */
const LONG = 14
const MEASURED_ROWS = 60

/** Columns of long texts share what the others leave, by the length of their texts: percent of the width, or nothing. */
function sharesOf({ page }: Drawing, fields: readonly Field[], frame: Frame): (number | undefined)[] {
  const naming = fields.findIndex(({ links, column }) => links !== undefined && column.kind === 'string')
  const lengths = fields.map((field, i) => {
    if (field.column.kind !== 'string' || typeof field.custom.width === 'number') return 0
    const texts = frame.rows
      .slice(0, MEASURED_ROWS)
      .map((row) => show(field, row[field.index] ?? null, page.data.lang).text.length)
    const longest = Math.max(...texts, 0)
    // What leads to a detail is the name of the row: it gets the most room.
    return longest < LONG ? 0 : Math.min(i === naming ? 80 : 36, longest)
  })
  const all = lengths.reduce((a, b) => a + b, 0)
  return lengths.map((length) => (length === 0 ? undefined : Math.round((length / all) * 100)))
}

const isRight = (field: Field): boolean =>
  field.column.kind === 'number' && !field.mappings?.some((m) => m.type === 'value')

function header(
  { page }: Drawing,
  field: Field,
  order: Order | undefined,
  paint: (order: Order) => void,
  share: number | undefined,
): HTMLElement {
  const mine = order?.index === field.index ? order : undefined
  const next: Order = {
    index: field.index,
    descending: mine === undefined ? isRight(field) : !mine.descending,
  }
  const button = h(
    'button',
    { type: 'button', title: page.text('sort_by', { name: field.title }), onclick: () => paint(next) },
    field.title,
    mine === undefined ? undefined : h('span', { 'aria-hidden': 'true' }, mine.descending ? ' ↓' : ' ↑'),
  )
  const head = h(
    'th',
    {
      scope: 'col',
      class: isRight(field) ? 'right' : share === undefined ? undefined : 'long',
      'aria-sort': mine === undefined ? 'none' : mine.descending ? 'descending' : 'ascending',
    },
    button,
  )
  const width = field.custom.width
  if (typeof width === 'number') head.style.width = `${width}px`
  else if (share !== undefined) head.style.width = `${share}%`
  return head
}

function cell(
  { page }: Drawing,
  frame: Frame,
  field: Field,
  row: readonly Cell[],
  { largest, shared }: { readonly largest: number; readonly shared: boolean },
): HTMLTableCellElement {
  const value = row[field.index] ?? null
  const { text, colour, unknown } = show(field, value, page.data.lang)
  const kind = (field.custom.cellOptions as { type?: string; wrapText?: boolean } | undefined) ?? {}
  const inner = linked(page, frame, field, row, text)
  const cellElement = h(
    'td',
    {
      title: field.column.kind === 'string' && text.length > 24 ? text : undefined,
      class: [
        isRight(field) ? 'right' : '',
        unknown ? 'unknown' : '',
        value === 0 ? 'zero' : '',
        kind.wrapText ? 'wrap' : '',
        shared ? 'long' : '',
        colour !== undefined && kind.type === 'color-text' ? 'coloured' : '',
      ]
        .filter(Boolean)
        .join(' '),
    },
    inner,
  )
  if (colour !== undefined && kind.type === 'color-text' && value !== 0)
    cellElement.style.color = page.ink(colour)
  if (kind.type === 'color-background' && typeof value === 'number') {
    cellElement.classList.add('heated')
    const share = largest > 0 ? Math.max(0, value / largest) ** 0.6 : 0
    const ground = page.colour(field.color?.fixedColor ?? '#56B4E9')
    if (value > 0)
      cellElement.style.background = `color-mix(in srgb, ${ground} ${Math.round(10 + 30 * share)}%, transparent)`
  }
  if (kind.type === 'gauge' && typeof value === 'number' && largest > 0) {
    const bar = h('span', { class: 'fill', 'aria-hidden': 'true' })
    bar.style.width = `${Math.max(0, Math.min(100, (value / largest) * 100))}%`
    if ((field.thresholds?.steps.length ?? 0) > 1 && colour !== undefined)
      bar.style.background = page.colour(colour)
    cellElement.classList.add('gauge')
    cellElement.prepend(bar)
  }
  return cellElement
}

function linked(page: Drawing['page'], frame: Frame, field: Field, row: readonly Cell[], text: string): Node {
  const link = field.links?.[0]
  const url = text === '' ? undefined : rowLink(page, frame, row, link)
  return url === undefined ? document.createTextNode(text) : h('a', { href: url, title: link!.title }, text)
}
