import { fieldOf } from '../../shared/fields.js'
import { formatNumber } from '../../shared/format.js'
import { type Lines, linesOf } from '../../shared/frames.js'
import type { Frame } from '../../shared/protocol.js'
import { isoLocal } from '../../shared/zone.js'
import { h } from '../dom.js'
import type { Draw, Drawing } from '../panel_view.js'
import { Pointer } from './pointer.js'
import { timeAxis } from './time_axis.js'

/** Densities over time: a row a class from below, a column a bucket, the fuller the stronger the colour. */
export const drawHeatmap: Draw = (drawing) => {
  const { page, panel, answer, frames, body } = drawing
  const data = frames[0] ? rowsOf(drawing, frames[0]) : { times: [], lines: [] }
  const { fill = '#56B4E9', exponent = 1 } = (panel.options.color ?? {}) as {
    fill?: string
    exponent?: number
  }
  const most = data.lines.reduce(
    (top, { values }) => values.reduce<number>((n, v) => Math.max(n, v ?? 0), top),
    0,
  )
  const strength = (value: number): number => (most > 0 ? (Math.max(0, value) / most) ** exponent : 0)
  const canvas = h('canvas', {})
  const plot = h(
    'div',
    { class: 'plot', role: 'img', 'aria-label': `${panel.title} – ${panel.description}` },
    canvas,
  )
  const names = h(
    'ol',
    { class: 'rows' },
    ...[...data.lines].reverse().map(({ name }) => h('li', { title: name }, name)),
  )
  const axis = h('div', { class: 'axis', 'aria-hidden': 'true' })
  body.append(
    h('div', { class: 'heat' }, names, plot, axis),
    scale(drawing, page.colour(fill), most, exponent),
  )
  const paint = (): void => {
    axis.replaceChildren(...timeAxis(answer, axis.clientWidth))
    cells(canvas, plot, drawing, data, page.colour(fill), strength)
  }
  paint()
  const observer = new ResizeObserver(paint)
  observer.observe(plot)
  const pointer = new Pointer(plot, (x, y) => tip(drawing, data, x, y))
  return () => {
    observer.disconnect()
    pointer.remove()
  }
}

/** The rows of the picture under the names that the panel gives them. */
function rowsOf({ panel, answer }: Drawing, frame: Frame): Lines {
  const { times, lines } = linesOf(frame, answer.interval_s, answer)
  const named = lines.map((line) =>
    line.label ? line : { ...line, name: fieldOf(panel, { name: line.name, kind: 'number' }, 0).title },
  )
  return { times, lines: named }
}

/** A bucket's place from left to right, 0 to 1; the last one is cut by the end of the range. */
const edges = ({ answer }: Drawing, t: number): readonly [number, number] => {
  const { from, to, interval_s } = answer
  const place = (ms: number): number => Math.min(1, Math.max(0, (ms - from) / (to - from)))
  return [place(t), place(t + interval_s * 1000)]
}

function cells(
  canvas: HTMLCanvasElement,
  plot: HTMLElement,
  drawing: Drawing,
  data: Lines,
  colour: string,
  strength: (value: number) => number,
): void {
  const ratio = window.devicePixelRatio || 1
  canvas.width = Math.max(1, Math.round(plot.clientWidth * ratio))
  canvas.height = Math.max(1, Math.round(plot.clientHeight * ratio))
  const pen = canvas.getContext('2d')
  if (pen === null || data.lines.length === 0) return
  const tall = canvas.height / data.lines.length
  const gap = tall > 8 * ratio ? ratio : 0
  pen.fillStyle = colour
  for (const [i, { values }] of data.lines.entries()) {
    for (const [at, value] of values.entries()) {
      if (value === null || value <= 0) continue
      const [left, right] = edges(drawing, data.times[at]!)
      const [x, end] = [left * canvas.width, right * canvas.width]
      const between = end - x > 6 * ratio ? gap : 0
      pen.globalAlpha = 0.08 + 0.92 * strength(value)
      pen.fillRect(x, canvas.height - (i + 1) * tall, Math.max(1, end - x - between), tall - gap)
    }
  }
}

/** What the strongest and the weakest colour stand for. */
function scale({ page, panel }: Drawing, colour: string, most: number, exponent: number): HTMLElement {
  const { unit = 'none', decimals } = panel.fieldConfig.defaults
  const steps = Array.from({ length: 12 }, (_, i) => {
    const step = h('i', {})
    step.style.background = colour
    step.style.opacity = String(0.08 + 0.92 * ((i + 0.5) / 12) ** exponent)
    return step
  })
  return h(
    'p',
    { class: 'scale' },
    formatNumber(0, unit, page.data.lang),
    h('span', { 'aria-hidden': 'true' }, ...steps),
    formatNumber(most, unit, page.data.lang, decimals),
  )
}

function tip(drawing: Drawing, data: Lines, x: number, y: number): HTMLElement | undefined {
  const { page, panel, answer } = drawing
  const row = data.lines[Math.floor((1 - y) * data.lines.length)]
  const at = data.times.findIndex((t) => {
    const [left, right] = edges(drawing, t)
    return x >= left && x < right
  })
  const value = row?.values[at] ?? null
  if (row === undefined || at < 0) return undefined
  const { unit = 'none', decimals } = panel.fieldConfig.defaults
  return h(
    'div',
    {},
    h('p', {}, isoLocal(data.times[at]!, answer.interval_s < 60)),
    h(
      'p',
      {},
      h('span', { class: 'name' }, row.name),
      h(
        'b',
        {},
        value === null ? page.text('no_value') : formatNumber(value, unit, page.data.lang, decimals),
      ),
    ),
  )
}
