import { momentMs } from '../shared/range.js'
import { isoLocal, parseLocal } from '../shared/zone.js'
import { closeOnLeave, h } from './dom.js'
import type { Page } from './page.js'

const HOUR = 3_600_000

/** Ranges offered by name. */
const QUICK = ['5m', '15m', '30m', '1h', '3h', '6h', '12h', '24h', '2d', '7d', '30d', '90d'] as const

function quickName(page: Page, text: string): string {
  const n = Number.parseInt(text, 10)
  const minutesOnly = text.endsWith('m')
  if (minutesOnly && n % 1440 === 0) return page.text('last_days', { n: n / 1440 })
  if (minutesOnly && n > 60 && n % 60 === 0) return page.text('last_hours', { n: n / 60 })
  if (minutesOnly && n === 60) return page.text('last_hour')
  if (text.endsWith('m')) return page.text('last_minutes', { n })
  if (text === '1h') return page.text('last_hour')
  return text.endsWith('h') ? page.text('last_hours', { n }) : page.text('last_days', { n })
}

/** Range in words: its name, or its two ends. */
function rangeName(page: Page): string {
  const { from, to } = page.address
  const quick = /^now-(\d+[mhd])$/.exec(from)?.[1]
  if (to === 'now' && quick !== undefined) return quickName(page, quick)
  const end = (text: string): string => {
    const ms = momentMs(text, Date.now())
    return ms === undefined ? text : isoLocal(ms, false)
  }
  const [first, last] = [end(from), end(to)]
  const day = (text: string): string => text.slice(0, '2026-11-21 '.length)
  return `${first} – ${day(first) === day(last) ? last.slice(day(last).length) : last}`
}

/** The range as ms, whatever form it has. */
function ends(page: Page): { from: number; to: number } {
  const now = Date.now()
  const to = momentMs(page.address.to, now) ?? now
  return { from: momentMs(page.address.from, now) ?? to - HOUR, to }
}

/** Steps to the side and back: the range moves by half of itself. */
function stepButtons(page: Page): HTMLElement[] {
  const step = (sign: number) => (): void => {
    const { from, to } = ends(page)
    const by = sign * Math.round((to - from) / 2)
    page.address.setRange(String(from + by), String(to + by))
  }
  const widen = (): void => {
    const { from, to } = ends(page)
    const by = Math.round((to - from) / 2)
    page.address.setRange(String(from - by), String(Math.min(Date.now(), to + by)))
  }
  const button = (sign: string, key: string, onclick: () => void): HTMLElement =>
    h(
      'button',
      { type: 'button', class: 'icon', 'aria-label': page.text(key), title: page.text(key), onclick },
      sign,
    )
  return [
    button('‹', 'range_earlier', step(-1)),
    button('›', 'range_later', step(1)),
    button('⤢', 'range_wider', widen),
  ]
}

/** Choice of the range: by name, or from one moment to another in the page's zone. */
export function rangePicker(page: Page): HTMLElement {
  const summary = h('summary', {})
  const error = h('p', { class: 'error', role: 'alert', hidden: true }, page.text('range_bad'))
  const input = (key: string): HTMLInputElement =>
    h('input', { type: 'text', 'aria-label': page.text(key), placeholder: '2026-11-21 14:05', size: 18 })
  const from = input('range_from')
  const to = input('range_to')
  const apply = (event: Event): void => {
    event.preventDefault()
    const [a, b] = [parseLocal(from.value), parseLocal(to.value)]
    error.hidden = a !== undefined && b !== undefined && a < b
    if (!error.hidden) return
    details.open = false
    page.address.setRange(String(a), String(b))
  }
  const quick = QUICK.map((text) =>
    h(
      'button',
      {
        type: 'button',
        onclick: () => {
          details.open = false
          summary.focus()
          page.address.setRange(`now-${text}`, 'now')
        },
      },
      quickName(page, text),
    ),
  )
  const form = h(
    'form',
    { class: 'absolute', onsubmit: apply },
    h('label', {}, page.text('range_from'), from),
    h('label', {}, page.text('range_to'), to),
    h('p', { class: 'hint' }, `${page.text('range_hint')} (${page.text('time_zone')})`),
    error,
    h('button', { type: 'submit', class: 'primary' }, page.text('apply')),
  )
  const details = h(
    'details',
    { class: 'picker range' },
    summary,
    h('div', { class: 'popup' }, h('div', { class: 'quick' }, ...quick), form),
  )
  const label = (): void => {
    summary.replaceChildren(
      h('span', { class: 'label' }, page.text('range')),
      h('span', { class: 'chosen' }, rangeName(page)),
    )
    const { from: a, to: b } = ends(page)
    from.value = isoLocal(a, false)
    to.value = isoLocal(b, false)
  }
  details.addEventListener('toggle', label)
  page.address.onChange(label)
  label()
  return h('div', { class: 'range-group' }, closeOnLeave(details), ...stepButtons(page))
}
