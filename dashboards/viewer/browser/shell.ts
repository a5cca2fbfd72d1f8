import { h } from './dom.js'
import type { Page } from './page.js'
import { rangePicker } from './range_picker.js'
import type { Refresher } from './refresher.js'
import { variablePicker } from './variable_picker.js'

/** The menu of dashboards; on a narrow screen it folds. */
function menu(page: Page): HTMLElement {
  const links = page.data.pages.map(({ uid, title }) => {
    const current = uid === page.data.board.uid
    const link = h(
      'a',
      { href: page.address.elsewhere(uid), 'aria-current': current ? 'page' : undefined },
      title,
    )
    page.address.onChange(() => link.setAttribute('href', page.address.elsewhere(uid)))
    return h('li', {}, link)
  })
  return h('nav', { class: 'menu', 'aria-label': page.text('pages') }, h('ul', {}, ...links))
}

function themeButton(page: Page, redraw: () => void): HTMLElement {
  const name = (): string => page.text(page.theme === 'light' ? 'dark_mode' : 'light_mode')
  const button = h(
    'button',
    {
      type: 'button',
      onclick: () => {
        const theme = page.theme === 'light' ? 'dark' : 'light'
        document.documentElement.dataset.theme = theme
        localStorage.setItem('vigie-theme', theme)
        button.textContent = name()
        redraw()
      },
    },
    name(),
  )
  return button
}

function languageLink(page: Page): HTMLElement {
  const { uid, name, lang } = page.data.otherLanguage
  const link = h('a', { href: page.address.elsewhere(uid), lang, hreflang: lang }, name)
  page.address.onChange(() => link.setAttribute('href', page.address.elsewhere(uid)))
  return link
}

/** Ends the session, where there is one. */
function logOutButton(page: Page): HTMLElement[] {
  const { user } = page.data
  if (user === undefined) return []
  const onclick = async (): Promise<void> => {
    await fetch('/logout', { method: 'POST' })
    location.assign('/')
  }
  return [h('button', { type: 'button', title: user, onclick }, page.text('log_out'))]
}

/** The frame of the page: menu, heading, selectors, and the place for panels. */
export function shell(
  page: Page,
  refresher: Refresher,
  marks: HTMLElement,
  content: readonly HTMLElement[],
  redraw: () => void,
): HTMLElement {
  const { board } = page.data
  const side = h(
    'aside',
    { class: 'side' },
    h(
      'p',
      { class: 'brand' },
      h('img', { src: '/assets/vigie.svg', alt: '', width: 26, height: 26 }),
      page.text('product'),
    ),
    menu(page),
    h('div', { class: 'preferences' }, languageLink(page), themeButton(page, redraw), ...logOutButton(page)),
  )
  const controls = h(
    'div',
    { class: 'controls' },
    ...board.variables.map((variable) => variablePicker(page, variable)),
    marks,
    rangePicker(page),
  )
  const heading = h(
    'header',
    { class: 'heading' },
    h('div', { class: 'headline' }, h('h1', {}, board.title), refresher.element),
    h('p', { class: 'purpose' }, board.description),
    controls,
  )
  return h(
    'div',
    { class: page.address.kiosk ? 'shell kiosk' : 'shell' },
    side,
    h('main', { id: 'content', tabindex: -1 }, heading, ...content),
  )
}
