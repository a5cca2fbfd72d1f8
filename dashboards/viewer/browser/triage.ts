import type { Cell, Frame } from '../shared/protocol.js'
import type { ActionRequest, FindingAnswer } from '../shared/triage.js'
import { ServerFault } from './api.js'
import { h } from './dom.js'
import type { Page } from './page.js'
import { actOn, fetchFinding } from './triage_api.js'
import { triageForm } from './triage_form.js'
import { triageView } from './triage_view.js'

/** What was done is seen in the store a moment later: it is looked for again after so long, so many times. */
const AGAIN_MS = 400
const AGAIN_MAX = 8

/**
 * The triage of findings: a dialog over the page with all that is known of one finding and what may be done about it; a
 * button for it on every row of a list of findings; and a word for those who do not see the list when new ones come.
 */
export class Triage {
  readonly element: HTMLElement
  readonly #page: Page
  readonly #refresh: () => Promise<void>
  readonly #dialog: HTMLDialogElement
  readonly #heading: HTMLElement
  readonly #content: HTMLElement
  readonly #status: HTMLElement
  readonly #news: HTMLElement
  #asking = new AbortController()
  #uid = ''
  #changed = false
  /** Findings that the lists of the page showed last; undefined before they did. */
  #shown: ReadonlySet<string> | undefined
  readonly #drawn = new Set<string>()

  /** @param refresh draws the page's lists anew */
  constructor(page: Page, refresh: () => Promise<void>) {
    this.#page = page
    this.#refresh = refresh
    this.#heading = h('h2', { id: 'triage-title', tabindex: -1 })
    this.#content = h('div', { class: 'content' })
    this.#status = h('p', { class: 'status', role: 'status' })
    this.#news = h('p', { class: 'news', role: 'status' })
    const close = h(
      'button',
      { type: 'button', onclick: () => this.#dialog.close() },
      page.text('triage.close'),
    )
    this.#dialog = h(
      'dialog',
      { class: 'triage', 'aria-labelledby': 'triage-title', onclose: () => void this.#closed() },
      h('header', {}, this.#heading, close),
      this.#status,
      this.#content,
    )
    // A press beside the dialog, on its backdrop, closes it.
    this.#dialog.addEventListener('pointerdown', (event) => {
      if (event.target === this.#dialog) this.#dialog.close()
    })
    this.element = h('div', {}, this.#news, this.#dialog)
  }

  /** The button of a row; undefined where the row is of no finding. */
  buttonFor(frame: Frame, row: readonly Cell[]): HTMLElement | undefined {
    const at = (name: string): string =>
      String(row[frame.columns.findIndex((column) => column.name === name)] ?? '')
    const uid = at('uid')
    if (uid === '' || at('from_ms') === '') return undefined
    this.#drawn.add(uid)
    return this.#button(uid, at('title'))
  }

  /** The button of a page that is about one finding; undefined where the page is about none. */
  ownButton(): HTMLElement | undefined {
    if (!/^vigie-..-finding$/.test(this.#page.data.board.uid)) return undefined
    const holder = h('p', { class: 'own-triage' })
    const draw = (): void => {
      const [uid = ''] = this.#page.address.values('uid')
      holder.replaceChildren(...(uid === '' ? [] : [this.#button(uid, uid)]))
      holder.hidden = uid === ''
    }
    this.#page.address.onChange(draw)
    draw()
    return holder
  }

  /** To be called when all lists are drawn: says how many findings are new since the last time. */
  announce(): void {
    const now = new Set(this.#drawn)
    this.#drawn.clear()
    if (now.size === 0) return
    const fresh = this.#shown === undefined ? 0 : [...now].filter((uid) => !this.#shown!.has(uid)).length
    this.#shown = now
    if (fresh > 0)
      this.#news.textContent = this.#page.text(fresh === 1 ? 'triage.fresh_one' : 'triage.fresh_many', {
        n: fresh,
      })
  }

  #button(uid: string, title: string): HTMLElement {
    const { page } = { page: this.#page }
    return h(
      'button',
      {
        type: 'button',
        class: 'triage-button',
        'aria-haspopup': 'dialog',
        'aria-label': page.text('triage.triage_of', { title }),
        'data-uid': uid,
        onclick: () => void this.open(uid),
      },
      page.text('triage.triage'),
    )
  }

  async open(uid: string): Promise<void> {
    this.#uid = uid
    this.#status.textContent = this.#page.text('loading')
    this.#heading.textContent = this.#page.text('triage.triage')
    this.#content.replaceChildren()
    if (!this.#dialog.open) this.#dialog.showModal()
    this.#heading.focus()
    const finding = await this.#load(uid)
    if (finding === undefined) return
    this.#status.textContent = ''
    this.#draw(finding)
  }

  async #load(uid: string): Promise<FindingAnswer | undefined> {
    this.#asking.abort()
    const asking = new AbortController()
    this.#asking = asking
    try {
      return await fetchFinding(this.#page, uid, asking.signal)
    } catch (error) {
      if (asking.signal.aborted) return undefined
      this.#status.textContent = error instanceof ServerFault ? error.message : this.#page.text('failed')
      return undefined
    }
  }

  #draw(finding: FindingAnswer): void {
    this.#heading.textContent = finding.title
    const form = triageForm(this.#page, finding, (action, said) => void this.#decide(finding, action, said))
    const view = triageView(this.#page, finding, (uid) => void this.open(uid))
    this.#content.replaceChildren(...(form === undefined ? [] : [form]), ...view)
  }

  async #decide(finding: FindingAnswer, action: ActionRequest, said: string): Promise<void> {
    const { uid } = finding
    this.#busy(true)
    this.#status.textContent = this.#page.text('triage.sending')
    try {
      await actOn(this.#page, uid, action)
    } catch (error) {
      this.#status.textContent = error instanceof ServerFault ? error.message : this.#page.text('failed')
      this.#busy(false)
      return
    }
    this.#changed = true
    this.#status.textContent = this.#page.text('triage.done', { what: said })
    this.#busy(false)
    await this.#followUp(finding)
  }

  /** Shows what came of it as soon as the store has it. */
  async #followUp(before: FindingAnswer): Promise<void> {
    for (let i = 0; i < AGAIN_MAX; i++) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      if (this.#uid !== before.uid || !this.#dialog.open) return
      const now = await this.#load(before.uid)
      if (now === undefined) return
      if (now.timeline.length === before.timeline.length) continue
      const focused = this.#dialog.contains(document.activeElement)
      this.#draw(now)
      if (focused) this.#heading.focus()
      return
    }
  }

  #busy(on: boolean): void {
    for (const button of this.#content.querySelectorAll('button')) button.disabled = on
  }

  async #closed(): Promise<void> {
    this.#asking.abort()
    const uid = this.#uid
    this.#uid = ''
    this.#focusRow(uid)
    if (!this.#changed) return
    this.#changed = false
    await this.#refresh()
    // The list was drawn anew: the keyboard goes back to the row that it came from, unless it went on meanwhile.
    if (document.activeElement === document.body) this.#focusRow(uid)
  }

  #focusRow(uid: string): void {
    document.querySelector<HTMLElement>(`.triage-button[data-uid="${CSS.escape(uid)}"]`)?.focus()
  }
}
