import { fieldsOf, linkUrl, show } from '../shared/fields.js'
import { csvCell, transformed } from '../shared/frames.js'
import type { Frame, Mark, Panel, PanelAnswer } from '../shared/protocol.js'
import { named, waysAsRows } from '../shared/rows.js'
import { fetchPanel, ServerFault } from './api.js'
import { drawChart } from './chart.js'
import { h } from './dom.js'
import type { Page } from './page.js'
import { drawRanking } from './ranking.js'
import { drawStats } from './stats.js'
import { drawTable } from './table.js'

/** What a drawing is given. */
export interface Drawing {
  readonly page: Page
  readonly panel: Panel
  readonly answer: PanelAnswer
  readonly frames: readonly Frame[]
  readonly body: HTMLElement
  /** What happened meanwhile. */
  readonly marks: readonly Mark[]
}
/** Draws into the body; what it gives back takes the drawing away again. */
export type Draw = (drawing: Drawing) => (() => void) | undefined

const DRAWS: Readonly<Record<string, Draw>> = {
  stat: drawStats,
  timeseries: drawChart,
  table: drawTable,
  bargauge: drawRanking,
}
/** Pictures that not every page has: their code is fetched with their rows. */
const PICTURES: Readonly<Record<string, () => Promise<Draw>>> = {
  heatmap: async () => (await import('./pictures/heatmap.js')).drawHeatmap,
  'state-timeline': async () => (await import('./pictures/timeline.js')).drawStates,
  'status-history': async () => (await import('./pictures/timeline.js')).drawHistory,
  geomap: async () => (await import('./pictures/map.js')).drawMap,
  nodeGraph: async () => (await import('./pictures/sankey.js')).drawSankey,
}
/** A cell of a heat map, a band of states and a point of a line take this many px across. */
const POINT_PX: Readonly<Record<string, number>> = { heatmap: 12, 'state-timeline': 6, 'status-history': 12 }

const hasRows = (frames: readonly Frame[]): boolean => frames.some((frame) => frame.rows.length > 0)

/** One panel: its heading, its picture, and the table behind the picture. */
export class PanelView {
  readonly element: HTMLElement
  readonly #page: Page
  readonly #panel: Panel
  readonly #body: HTMLElement
  readonly #note: HTMLElement
  readonly #tableButton: HTMLButtonElement | undefined
  readonly #marks: () => readonly Mark[]
  #draw: Draw | undefined
  #asTable = false
  #answer: PanelAnswer | undefined
  #undraw: (() => void) | undefined
  #asking: AbortController | undefined

  constructor(page: Page, panel: Panel, marks: () => readonly Mark[]) {
    this.#page = page
    this.#marks = marks
    this.#draw = DRAWS[panel.type]
    this.#panel = panel
    this.#body = h('div', { class: `body body-${panel.type}` })
    this.#note = h('p', { class: 'note', role: 'status' })
    const isPicture = panel.type !== 'stat' && panel.type !== 'table'
    this.#tableButton = isPicture
      ? h(
          'button',
          { type: 'button', 'aria-pressed': 'false', onclick: () => this.#toggleTable() },
          page.text('show_table'),
        )
      : undefined
    const titleId = `panel-${panel.id}`
    this.element = h(
      'section',
      {
        class: `panel panel-${panel.type}`,
        'aria-labelledby': titleId,
        'data-panel': panel.id,
        'data-state': 'loading',
      },
      this.#heading(titleId),
      this.#body,
      this.#note,
    )
    const { x, y, w, h: height } = panel.gridPos
    const place = `${y + 1} / ${x + 1} / span ${height} / span ${w}`
    this.element.style.setProperty('--place', place)
    this.#say(page.text('loading'))
  }

  #heading(titleId: string): HTMLElement {
    const { page, panel } = { page: this.#page, panel: this.#panel }
    const about = h('p', { class: 'about', hidden: true }, panel.description)
    const aboutButton = h(
      'button',
      {
        type: 'button',
        class: 'icon',
        'aria-expanded': 'false',
        'aria-label': `${page.text('about_panel')} – ${panel.title}`,
        title: panel.description,
        onclick: () => {
          about.hidden = !about.hidden
          aboutButton.setAttribute('aria-expanded', String(!about.hidden))
        },
      },
      'i',
    )
    const csv = h('button', { type: 'button', onclick: () => this.#exportCsv() }, page.text('export_csv'))
    return h(
      'header',
      {},
      h('div', { class: 'title' }, h('h2', { id: titleId }, panel.title), aboutButton, this.#panelLink()),
      h('div', { class: 'tools' }, this.#tableButton, csv),
      about,
    )
  }

  /** The link of the whole panel; those of rows are on the rows, those of numbers on the numbers. */
  #panelLink(): HTMLElement | undefined {
    const link = this.#panel.links[0]
    if (link === undefined) return undefined
    const target = (): string => {
      const { address } = this.#page
      const scope = {
        range: address.rangeQuery(),
        variable: (name: string) => address.variableQuery(name),
        value: () => undefined,
      }
      return linkUrl(link, scope) ?? '#'
    }
    const anchor = h('a', { class: 'go', href: target() }, link.title)
    this.#page.address.onChange(() => anchor.setAttribute('href', target()))
    return anchor
  }

  /** Asks for rows and draws them; true when they came. What was there stays until then; a failure is said beside it. */
  async load(): Promise<boolean> {
    this.#asking?.abort()
    const asking = new AbortController()
    this.#asking = asking
    this.element.setAttribute('aria-busy', 'true')
    try {
      const points = Math.max(
        20,
        Math.min(600, Math.round(this.#body.clientWidth / (POINT_PX[this.#panel.type] ?? 4))),
      )
      const [answer] = await Promise.all([
        fetchPanel(this.#page, this.#panel.id, points, asking.signal),
        this.#fetchPicture(),
      ])
      if (asking.signal.aborted) return false
      this.#answer = answer
      this.draw()
      return true
    } catch (error) {
      if (asking.signal.aborted) return false
      this.#fail(error instanceof ServerFault ? error.message : this.#page.text('failed'))
      if (!(error instanceof ServerFault)) throw error
      return false
    } finally {
      if (this.#asking === asking) this.element.removeAttribute('aria-busy')
    }
  }

  async #fetchPicture(): Promise<void> {
    this.#draw ??= await PICTURES[this.#panel.type]?.()
  }

  /** What has marks on it is drawn again when they come or go. */
  redrawMarks(): void {
    if (this.#panel.type === 'timeseries') this.draw()
  }

  /** Draws the last answer again, as after a change of theme or width. */
  draw(): void {
    if (this.#answer === undefined) return
    const frames = this.#asTable
      ? this.#rows()
      : this.#answer.frames.map((frame) => transformed(this.#panel, frame))
    const draw = this.#asTable ? drawTable : this.#draw
    const scroll = this.#body.firstElementChild?.scrollTop ?? 0
    this.#undraw?.()
    this.#body.replaceChildren()
    this.#undraw = undefined
    if (!hasRows(frames)) {
      this.element.dataset.state = 'empty'
      this.#say(this.#panel.fieldConfig.defaults.noValue ?? this.#page.text('empty'))
      return
    }
    this.element.dataset.state = 'ready'
    const cut = frames.find((frame) => frame.truncated)
    this.#say(cut === undefined ? '' : this.#page.text('truncated', { n: cut.rows.length }))
    this.#undraw = draw?.({
      page: this.#page,
      panel: this.#panel,
      answer: this.#answer,
      frames,
      body: this.#body,
      marks: this.#marks(),
    })
    if (scroll > 0 && this.#body.firstElementChild !== null) this.#body.firstElementChild.scrollTop = scroll
  }

  /** The rows behind the picture, under the words of the page. */
  #rows(): Frame[] {
    const frames = (this.#answer?.frames ?? []).map((frame) => transformed(this.#panel, frame))
    const { type, title } = this.#panel
    if (type === 'table' || type === 'stat') return frames
    const text = (key: string): string => this.#page.text(key)
    if (type === 'nodeGraph') return [waysAsRows(frames, [text('way_from'), text('way_to'), title])]
    const words = { time: text('moment'), string: text('series_name'), number: title }
    return frames.map((frame) => named(this.#panel, frame, words))
  }

  /** Share of the page's range that is empty before this panel's first moment; undefined where it does not say. */
  emptyBefore(): { first: number; share: number } | undefined {
    if (this.#answer === undefined || this.#panel.type !== 'timeseries' || this.#panel.timeFrom)
      return undefined
    const { from, to, frames } = this.#answer
    const times = frames.flatMap(({ columns, rows }) => {
      const at = columns.findIndex(({ kind }) => kind === 'time')
      return rows.map((row) => Number(row[at]))
    })
    const first = times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    return Number.isFinite(first) ? { first, share: (first - from) / (to - from) } : undefined
  }

  #say(text: string): void {
    if (this.#note.textContent !== text || this.#note.childElementCount > 0) this.#note.replaceChildren(text)
    this.#note.hidden = text === ''
  }

  #fail(message: string): void {
    this.element.dataset.state = this.#answer === undefined ? 'failed' : 'stale'
    const retry = h('button', { type: 'button', onclick: () => void this.load() }, this.#page.text('retry'))
    this.#note.replaceChildren(`${message} `, retry)
    this.#note.hidden = false
  }

  #toggleTable(): void {
    this.#asTable = !this.#asTable
    this.#tableButton!.setAttribute('aria-pressed', String(this.#asTable))
    this.#tableButton!.textContent = this.#page.text(this.#asTable ? 'show_chart' : 'show_table')
    this.draw()
  }

  /** The rows as a file, in the words of the page and the figures of the store. */
  #exportCsv(): void {
    if (this.#answer === undefined) return
    const { lang } = this.#page.data
    const lines: string[] = []
    for (const frame of this.#rows()) {
      const fields = fieldsOf(this.#panel, frame.columns).filter((field) => !field.hidden)
      lines.push(fields.map((field) => csvCell(field.title)).join(','))
      for (const row of frame.rows) {
        const cells = fields.map((field) => {
          const value = row[field.index] ?? null
          return typeof value === 'number' && field.column.kind === 'number' && field.mappings === undefined
            ? String(value)
            : show(field, value, lang).text
        })
        lines.push(cells.map(csvCell).join(','))
      }
    }
    // The mark at the front tells spreadsheets that this is UTF-8.
    const file = new Blob([`\ufeff${lines.join('\r\n')}\r\n`], { type: 'text/csv;charset=utf-8' })
    const address = URL.createObjectURL(file)
    h('a', { href: address, download: `${this.#page.data.board.uid}-${this.#panel.id}.csv` }).click()
    URL.revokeObjectURL(address)
  }
}
