import { formatNumber } from '../shared/format.js'
import type { Line, Lines } from '../shared/frames.js'
import type { Panel } from '../shared/protocol.js'
import { swatch } from './chart.js'
import { h } from './dom.js'
import type { Page } from './page.js'
import type { SeriesStyle } from './series_style.js'

const CALCS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  lastNotNull: (values) => values.at(-1)!,
  min: (values) => values.reduce((a, b) => Math.min(a, b)),
  max: (values) => values.reduce((a, b) => Math.max(a, b)),
  mean: (values) => values.reduce((a, b) => a + b) / values.length,
  sum: (values) => values.reduce((a, b) => a + b),
}
const HEADERS: Readonly<Record<string, string>> = {
  lastNotNull: 'last',
  min: 'min',
  max: 'max',
  mean: 'mean',
  sum: 'sum',
}

/** Names of the lines, with figures where the dashboard asks for them. A name is a button that hides its line. */
export function legend(
  page: Page,
  panel: Panel,
  data: Lines,
  styles: readonly SeriesStyle[],
  hidden: Set<number>,
  changed: () => void,
): HTMLElement {
  const { calcs = [] } = (panel.options.legend ?? {}) as { calcs?: readonly string[] }
  const toggle = (i: number): HTMLElement => {
    const style = styles[i]!
    const button = h(
      'button',
      {
        type: 'button',
        'aria-pressed': 'true',
        title: page.text('hide_series', { name: style.title }),
        onclick: () => {
          if (hidden.has(i)) hidden.delete(i)
          else hidden.add(i)
          button.setAttribute('aria-pressed', String(!hidden.has(i)))
          changed()
        },
      },
      swatch(style),
      h('span', {}, style.title),
    )
    return button
  }
  if (calcs.length === 0) {
    return h('ul', { class: 'legend' }, ...data.lines.map((_, i) => h('li', {}, toggle(i))))
  }
  const figures = (line: Line, style: SeriesStyle): HTMLElement[] => {
    const values = line.values.filter((value) => value !== null)
    return calcs.map((calc) =>
      h(
        'td',
        { class: 'right' },
        values.length === 0
          ? '—'
          : formatNumber(
              CALCS[calc]!(values),
              style.field.unit ?? 'none',
              page.data.lang,
              style.field.decimals,
            ),
      ),
    )
  }
  return h(
    'div',
    { class: 'legend-table', tabindex: 0, role: 'region', 'aria-label': panel.title },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }),
          ...calcs.map((calc) => h('th', { scope: 'col', class: 'right' }, page.text(HEADERS[calc]!))),
        ),
      ),
      h(
        'tbody',
        {},
        // A line that has no value in the range would only push the others out of sight.
        ...data.lines.flatMap((line, i) =>
          line.values.every((value) => value === null)
            ? []
            : [h('tr', {}, h('th', { scope: 'row' }, toggle(i)), ...figures(line, styles[i]!))],
        ),
      ),
    ),
  )
}
