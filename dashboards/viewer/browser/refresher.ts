import { durationMs } from '../shared/range.js'
import { h } from './dom.js'
import type { Page } from './page.js'

const CHOICES = ['', '5s', '10s', '30s', '1m', '5m'] as const

/** Refreshes by itself while the page is seen, and at a press of the button. */
export class Refresher {
  readonly element: HTMLElement
  readonly #page: Page
  readonly #refresh: () => Promise<boolean>
  readonly #updated: HTMLElement
  #timer: number | undefined
  #round = 0
  #stale = false

  constructor(page: Page, refresh: () => Promise<boolean>) {
    this.#page = page
    this.#refresh = refresh
    this.#updated = h('p', { class: 'updated' })
    const own = page.data.board.refresh
    const choices = CHOICES.includes(own as '5s') ? [...CHOICES] : [...CHOICES, own]
    const select = h(
      'select',
      { 'aria-label': page.text('refresh_every'), onchange: () => page.address.setRefresh(select.value) },
      ...choices.map((value) =>
        h('option', { value }, value === '' ? page.text('refresh_off') : this.#name(value)),
      ),
    )
    const set = (): void => {
      select.value = page.address.refresh
    }
    set()
    page.address.onChange(() => {
      set()
      void this.run()
    })
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.#stale) void this.run()
    })
    const button = h(
      'button',
      { type: 'button', class: 'primary', onclick: () => void this.run() },
      page.text('refresh'),
    )
    this.element = h('div', { class: 'refresher' }, button, select, this.#updated)
  }

  #name(text: string): string {
    return text.replace(
      /^(\d+)([smh])$/,
      (_, n: string, unit: string) => `${n}\u00a0${unit === 'm' ? 'min' : unit}`,
    )
  }

  /** Asks for everything once more, then waits for the next time. A later call takes the place of an earlier one. */
  async run(): Promise<void> {
    window.clearTimeout(this.#timer)
    const round = ++this.#round
    this.#stale = false
    const came = await this.#refresh()
    if (round !== this.#round) return
    if (came) this.#sayTime()
    this.#schedule()
  }

  #schedule(): void {
    const every = durationMs(this.#page.address.refresh)
    if (every === undefined) return
    this.#timer = window.setTimeout(() => {
      // A page that nobody sees asks nothing; it catches up when it is looked at.
      if (document.visibilityState === 'hidden') this.#stale = true
      else void this.run()
    }, every)
  }

  #sayTime(): void {
    const { lang } = this.#page.data
    const time = new Intl.DateTimeFormat(lang === 'fr' ? 'fr-CA' : 'en-CA', {
      timeZone: 'America/Toronto',
      timeStyle: 'medium',
      hourCycle: 'h23',
    })
      .format(Date.now())
      .replaceAll(' ', '\u00a0')
    this.#updated.textContent = `${this.#page.text('updated', { time })} (${this.#page.text('time_zone')})`
  }
}
