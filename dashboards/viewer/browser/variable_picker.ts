import type { Option, Variable } from '../shared/protocol.js'
import { fetchOptions } from './api.js'
import { closeOnLeave, h } from './dom.js'
import type { Page } from './page.js'

/** Options drawn at once; beyond, the search narrows them. */
const SHOWN_MAX = 100

const plain = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()

/** The selector of one variable: a list with a search, several values or one. */
export function variablePicker(page: Page, variable: Variable): HTMLElement {
  if (variable.type === 'textbox') return textPicker(page, variable)
  let options: readonly Option[] = variable.options
  const summary = h('summary', {})
  const list = h('div', { class: 'options', role: 'group', 'aria-label': variable.label })
  const search = h('input', {
    type: 'search',
    placeholder: page.text('search'),
    'aria-label': `${page.text('search')} – ${variable.label}`,
    oninput: () => fill(),
  })
  const details = h('details', { class: 'picker' }, summary, h('div', { class: 'popup' }, search, list))

  const label = (): void => {
    const values = page.address.values(variable.name)
    const text =
      values.length === 0
        ? page.text('all')
        : values.length === 1
          ? (options.find(({ value }) => value === values[0])?.text ?? values[0]!)
          : page.text('selected', { n: values.length })
    summary.replaceChildren(
      h('span', { class: 'label' }, variable.label),
      h('span', { class: 'chosen' }, text),
    )
  }
  const choose = (value: string, on: boolean): void => {
    const values = page.address.values(variable.name).filter((one) => one !== value)
    if (variable.multi) page.address.setVariable(variable.name, on ? [...values, value] : values)
    else {
      page.address.setVariable(variable.name, [value])
      details.open = false
      summary.focus()
    }
  }
  const row = ({ value, text }: Option): HTMLElement =>
    h(
      'label',
      {},
      h('input', {
        type: variable.multi ? 'checkbox' : 'radio',
        value,
        name: `var-${variable.name}`,
        checked: page.address.values(variable.name).includes(value),
        onchange: (event) => choose(value, (event.target as HTMLInputElement).checked),
      }),
      h('span', {}, text),
    )
  const fill = (): void => {
    const chosen = new Set(page.address.values(variable.name))
    const wanted = plain(search.value)
    const found = options.filter(({ text, value }) => plain(`${text} ${value}`).includes(wanted))
    const first = [
      ...found.filter(({ value }) => chosen.has(value)),
      ...found.filter(({ value }) => !chosen.has(value)),
    ]
    const all = variable.includeAll
      ? h(
          'button',
          { type: 'button', class: 'all', onclick: () => page.address.setVariable(variable.name, []) },
          page.text('all'),
        )
      : undefined
    const more =
      first.length > SHOWN_MAX
        ? h('p', { class: 'more' }, page.text('more_options', { n: first.length - SHOWN_MAX }))
        : first.length === 0
          ? h('p', { class: 'more' }, page.text('no_option'))
          : undefined
    list.replaceChildren(
      ...[all, ...first.slice(0, SHOWN_MAX).map(row), more].filter((part) => part !== undefined),
    )
  }
  const load = async (): Promise<void> => {
    if (variable.type !== 'query') return
    try {
      options = (await fetchOptions(page, variable.name, new AbortController().signal)).options
    } catch {
      // The list stays as it was; the panels say what is wrong.
    }
    label()
    if (details.open) fill()
  }
  search.hidden = variable.type === 'custom'
  details.addEventListener('toggle', () => {
    if (!details.open) return
    search.value = ''
    fill()
    if (!search.hidden) search.focus()
    void load()
  })
  page.address.onChange(() => {
    label()
    // The marks change where they stand: a list drawn anew would take the keyboard's place away.
    const chosen = new Set(page.address.values(variable.name))
    for (const input of list.querySelectorAll('input')) input.checked = chosen.has(input.value)
  })
  label()
  // A chosen value has a name that only the list knows.
  if (page.address.values(variable.name).length === 1) void load()
  return closeOnLeave(details)
}

function textPicker(page: Page, variable: Variable): HTMLElement {
  const input = h('input', {
    type: 'text',
    spellcheck: 'false',
    size: 28,
    onchange: () => page.address.setVariable(variable.name, input.value === '' ? [] : [input.value.trim()]),
  })
  const set = (): void => {
    input.value = page.address.values(variable.name)[0] ?? ''
  }
  set()
  page.address.onChange(set)
  return h('label', { class: 'picker text' }, h('span', { class: 'label' }, variable.label), input)
}
