import { isoLocal } from '../shared/zone.js'
import { h } from './dom.js'
import type { Page } from './page.js'
import type { PanelView } from './panel_view.js'

/** More of the range than this without data, at its start: a shorter one would show more. */
const EMPTY_SHARE = 0.75
const RANGES_MS = [5, 15, 30, 60, 180, 360, 720, 1440, 2880, 10_080, 43_200].map(
  (minutes) => minutes * 60_000,
)

/** Says that the data begin late in the range, as after a first start, and offers a range that fits them. */
export class Hint {
  readonly element: HTMLElement = h('p', { class: 'hint-late', hidden: true })
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  update(panels: readonly PanelView[]): void {
    const known = panels.map((panel) => panel.emptyBefore()).filter((one) => one !== undefined)
    const share = known.reduce((least, one) => Math.min(least, one.share), 1)
    const first = known.reduce((least, one) => Math.min(least, one.first), Number.POSITIVE_INFINITY)
    const late = known.length > 0 && share > EMPTY_SHARE && this.#page.address.to === 'now'
    this.element.hidden = !late
    if (!late) return
    const wanted = RANGES_MS.find((ms) => ms >= Date.now() - first) ?? RANGES_MS.at(-1)!
    const narrow = h(
      'button',
      { type: 'button', onclick: () => this.#page.address.setRange(`now-${wanted / 60_000}m`, 'now') },
      this.#page.text('narrow_range'),
    )
    this.element.replaceChildren(
      `${this.#page.text('data_begins', { time: isoLocal(first, false) })} `,
      narrow,
    )
  }
}
