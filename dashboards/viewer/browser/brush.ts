import type { PanelAnswer } from '../shared/protocol.js'
import { offsetMs } from '../shared/zone.js'
import { h } from './dom.js'
import type { Chart } from './echarts.js'
import type { Page } from './page.js'

/** Narrower than this is a click, not a range. */
const LEAST_PX = 8

/** Dragging over a chart makes what was dragged over the page's range. The keyboard has the range menu for it. */
export function brush(chart: Chart, canvas: HTMLElement, page: Page, answer: PanelAnswer): () => void {
  let start: number | undefined
  const shade = h('div', { class: 'brush', hidden: true })
  canvas.append(shade)
  const xOf = (event: PointerEvent): number => event.clientX - canvas.getBoundingClientRect().left
  const timeAt = (x: number): number => {
    const shown = chart.convertFromPixel({ gridIndex: 0 }, [x, 1])[0]
    const ms = shown - offsetMs(shown)
    return Math.round(Math.min(answer.to, Math.max(answer.from, ms)))
  }
  const down = (event: PointerEvent): void => {
    const y = event.clientY - canvas.getBoundingClientRect().top
    if (event.button !== 0 || event.pointerType === 'touch') return
    if (!chart.containPixel({ gridIndex: 0 }, [xOf(event), y])) return
    start = xOf(event)
    canvas.setPointerCapture(event.pointerId)
  }
  const move = (event: PointerEvent): void => {
    if (start === undefined) return
    const x = xOf(event)
    shade.hidden = Math.abs(x - start) < LEAST_PX
    shade.style.left = `${Math.min(x, start)}px`
    shade.style.width = `${Math.abs(x - start)}px`
  }
  const up = (event: PointerEvent): void => {
    if (start === undefined) return
    const x = xOf(event)
    const [from, to] = [Math.min(x, start), Math.max(x, start)]
    start = undefined
    shade.hidden = true
    if (to - from >= LEAST_PX) page.address.setRange(String(timeAt(from)), String(timeAt(to)))
  }
  canvas.addEventListener('pointerdown', down)
  canvas.addEventListener('pointermove', move)
  canvas.addEventListener('pointerup', up)
  return () => {
    canvas.removeEventListener('pointerdown', down)
    canvas.removeEventListener('pointermove', move)
    canvas.removeEventListener('pointerup', up)
  }
}
