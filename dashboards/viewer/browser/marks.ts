import type { Mark, Panel, PanelAnswer } from '../shared/protocol.js'
import { fetchMarks } from './api.js'
import { shifted } from './chart.js'
import { h } from './dom.js'
import type { Page } from './page.js'

const STORED = 'vigie-marks'

/** What happened meanwhile, for the charts of the page: asked for with the panels, shown until the reader turns it off. */
export class Marks {
  readonly element: HTMLElement
  readonly #page: Page
  readonly #changed: () => void
  #marks: readonly Mark[] = []
  #asking: AbortController | undefined

  constructor(page: Page, changed: () => void) {
    this.#page = page
    this.#changed = changed
    const kinds = page.data.board.annotations
    const box = h('input', {
      type: 'checkbox',
      checked: this.#shown,
      onchange: () => {
        localStorage.setItem(STORED, box.checked ? 'on' : 'off')
        changed()
      },
    })
    this.element = h(
      'label',
      {
        class: 'marks',
        hidden: kinds.length === 0,
        title: page.text('show_marks_hint', { kinds: kinds.join(', ') }),
      },
      box,
      page.text('show_marks'),
    )
  }

  get #shown(): boolean {
    return localStorage.getItem(STORED) !== 'off'
  }

  /** None on a wall: what hangs there is read at a glance. */
  get list(): readonly Mark[] {
    return this.#shown && !this.#page.address.kiosk ? this.#marks : []
  }

  /** Marks are an addition: charts stand without them where they do not come. */
  async load(): Promise<void> {
    const { board } = this.#page.data
    if (board.annotations.length === 0 || this.#page.address.kiosk) return
    this.#asking?.abort()
    const asking = new AbortController()
    this.#asking = asking
    try {
      const { marks } = await fetchMarks(this.#page, asking.signal)
      const same = JSON.stringify(marks) === JSON.stringify(this.#marks)
      this.#marks = marks
      if (!same && this.#shown) this.#changed()
    } catch {
      // The panels say what is wrong with the server.
    }
  }
}

/** Marks that hold at a moment, widened by half a bucket, for what is told of that moment. */
export const marksAt = (marks: readonly Mark[], ms: number, halfMs: number): Mark[] =>
  marks.filter(({ from, to }) => from <= ms + halfMs && to >= ms - halfMs)

/** Marks lie in a strip above the chart, px from its top: over the lines, many of them would hide what they explain. */
const STRIP = { top: 2, height: 5 } as const
/** What was a moment is drawn as wide as one can see. */
const momentMs = ({ from, to }: PanelAnswer): number => (to - from) / 240

/** A series without values that carries the marks and the steps of the thresholds. */
export function markSeries(page: Page, panel: Panel, answer: PanelAnswer, marks: readonly Mark[]): object[] {
  const custom = panel.fieldConfig.defaults.custom as { thresholdsStyle?: { mode?: string } } | undefined
  const dashed = custom?.thresholdsStyle?.mode === 'dashed'
  const steps = (panel.fieldConfig.defaults.thresholds?.steps ?? []).filter(
    ({ value }) => dashed && value !== null,
  )
  const seen = marks.filter(({ from, to }) => to >= answer.from && from <= answer.to)
  if (steps.length === 0 && seen.length === 0) return []
  const within = (ms: number): number => shifted(Math.min(answer.to, Math.max(answer.from, ms)))
  return [
    {
      type: 'line',
      data: [],
      silent: true,
      markLine: {
        silent: true,
        symbol: 'none',
        animation: false,
        label: { show: false },
        data: [
          ...steps.map(({ value, color }) => ({
            yAxis: value,
            lineStyle: { color: page.colour(color), width: 1.2, type: 'dashed' },
          })),
        ],
      },
      markArea: {
        silent: true,
        animation: false,
        data: seen.map(({ from, to, colour }) => [
          {
            xAxis: within(from),
            y: STRIP.top,
            itemStyle: { color: page.colour(colour), opacity: 0.9 },
          },
          { xAxis: Math.max(within(to), within(from) + momentMs(answer)), y: STRIP.top + STRIP.height },
        ]),
      },
    },
  ]
}
