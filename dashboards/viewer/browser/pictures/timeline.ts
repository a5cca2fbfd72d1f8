import { fieldOf, type Shown, show } from '../../shared/fields.js'
import { formatNumber } from '../../shared/format.js'
import { type Line, linesOf } from '../../shared/frames.js'
import { isoLocal } from '../../shared/zone.js'
import { h } from '../dom.js'
import type { Draw, Drawing } from '../panel_view.js'
import { timeAxis } from './time_axis.js'

/** Rows at most; the query puts the worst first. */
const ROWS_MAX = 60

/** States of several things over time: a band a thing, equal neighbours one piece. */
export const drawStates: Draw = (drawing) => drawBands(drawing, true)
/** Figures of several things in each bucket, coloured by thresholds. */
export const drawHistory: Draw = (drawing) => drawBands(drawing, false)

interface Piece {
  readonly from: number
  readonly to: number
  readonly value: number | null
}

function drawBands(drawing: Drawing, merge: boolean): () => void {
  const { panel, answer, frames, body } = drawing
  const data = frames[0] ? linesOf(frames[0], answer.interval_s, answer, null) : { times: [], lines: [] }
  const axis = h('div', { class: 'axis', 'aria-hidden': 'true' })
  const bands = data.lines.slice(0, ROWS_MAX).flatMap((line) => {
    const pieces = piecesOf(line, data.times, answer, merge)
    return [
      h('span', { class: 'name', title: line.name }, line.name),
      h('div', { class: 'band' }, ...pieces.map((piece) => pieceOf(drawing, line, piece, merge))),
    ]
  })
  body.append(
    h(
      'div',
      { class: 'states', role: 'img', 'aria-label': `${panel.title} – ${panel.description}` },
      h('div', { class: 'bands', tabindex: -1 }, ...bands),
      h('span', {}),
      axis,
    ),
    legend(drawing, data.lines),
  )
  const paint = (): void => axis.replaceChildren(...timeAxis(answer, axis.clientWidth))
  paint()
  const observer = new ResizeObserver(paint)
  observer.observe(axis)
  return () => observer.disconnect()
}

function piecesOf(
  { values }: Line,
  times: readonly number[],
  { from, to, interval_s }: Drawing['answer'],
  merge: boolean,
): Piece[] {
  const pieces: Piece[] = []
  for (const [i, value] of values.entries()) {
    const end = Math.min(to, times[i]! + interval_s * 1000)
    const start = Math.max(from, times[i]!)
    if (end <= start) continue
    const last = pieces.at(-1)
    if (merge && last !== undefined && last.value === value && last.to >= start) {
      pieces[pieces.length - 1] = { ...last, to: end }
    } else pieces.push({ from: start, to: end, value })
  }
  return pieces
}

const shown = ({ page, panel }: Drawing, value: number | null): Shown =>
  show(fieldOf(panel, { name: '', kind: 'number' }, 0), value, page.data.lang)

function pieceOf(drawing: Drawing, line: Line, piece: Piece, merge: boolean): HTMLElement {
  const { page, answer } = drawing
  const { text, colour } = shown(drawing, piece.value)
  const wide = answer.to - answer.from
  const short = answer.interval_s < 86_400
  const until = merge ? ` – ${isoLocal(piece.to, false)}` : ''
  const element = h('i', {
    class: piece.value === null ? 'unknown' : undefined,
    title: `${line.name}\n${isoLocal(piece.from, false).slice(0, short ? undefined : 10)}${until}\n${text}`,
  })
  element.style.left = `${(100 * (piece.from - answer.from)) / wide}%`
  element.style.width = `${(100 * (piece.to - piece.from)) / wide}%`
  if (colour !== undefined && piece.value !== null) element.style.background = page.colour(colour)
  return element
}

/** The words of the states that are there, or the steps of the thresholds, each beside its colour. */
function legend(drawing: Drawing, lines: readonly Line[]): HTMLElement {
  const { page, panel } = drawing
  const present = new Set(lines.flatMap(({ values }) => values))
  const { mappings = [], thresholds } = panel.fieldConfig.defaults
  const words = mappings.some(({ type }) => type === 'value')
  const entries = words
    ? [...present]
        .filter((value) => value !== null)
        .sort((a, b) => b - a)
        .map((value) => shown(drawing, value))
    : (thresholds?.steps ?? []).map((step, i, all): Shown => {
        const [low, high] = [step.value, all[i + 1]?.value ?? null]
        const say = (value: number | null): string =>
          value === null ? '' : formatNumber(value, panel.fieldConfig.defaults.unit ?? 'none', page.data.lang)
        const text = low === null ? `< ${say(high)}` : `≥ ${say(low)}`
        return {
          text: high === null && low === null ? '' : text.replaceAll(' ', '\u00a0'),
          colour: step.color,
          unknown: false,
        }
      })
  const item = ({ text, colour }: Shown): HTMLElement => {
    const mark = h('i', { class: 'box', 'aria-hidden': 'true' })
    if (colour !== undefined) mark.style.background = page.colour(colour)
    return h('li', {}, mark, text)
  }
  const nothing = h('li', {}, h('i', { class: 'box unknown', 'aria-hidden': 'true' }), page.text('no_value'))
  return h('ul', { class: 'legend boxes' }, ...entries.map(item), present.has(null) && nothing)
}
