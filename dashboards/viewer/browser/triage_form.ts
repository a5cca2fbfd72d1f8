import {
  type ActionRequest,
  COMMENT_MAX,
  type FindingAnswer,
  MARK_DAYS,
  SILENCE_HOURS,
} from '../shared/triage.js'
import { h } from './dom.js'
import type { Page } from './page.js'

const VERDICTS = ['false_positive', 'expected', 'true_positive'] as const
const USUAL_DAYS = 30

/** What the form hands over, and the words that say it is done. */
export type Decide = (action: ActionRequest, said: string) => void

function select(label: string, values: readonly number[], usual: number, name: (n: number) => string) {
  const element = h(
    'select',
    {},
    ...values.map((n) => h('option', { value: n, selected: n === usual }, name(n))),
  )
  return { element, field: h('label', { class: 'field' }, h('span', {}, label), element) }
}

/** What may be done about a finding; a sentence that says why not, where nothing may. */
export function triageForm(page: Page, finding: FindingAnswer, decide: Decide): HTMLElement | undefined {
  const { rights } = page.data
  const say = (key: string, values: Readonly<Record<string, number>> = {}): string =>
    page.text(`triage.${key}`, values)
  if (!rights.act) return rights.why === 'off' ? undefined : h('p', { class: 'hint' }, say(rights.why))
  const comment = h('textarea', { rows: 2, maxlength: COMMENT_MAX, id: 'triage-comment' })
  const days = select(say('holds'), MARK_DAYS, USUAL_DAYS, (n) => say('for_days', { n }))
  const hours = select(say('silence_for'), SILENCE_HOURS, SILENCE_HOURS[1], (n) => say('for_hours', { n }))
  const why = (): { comment?: string } => {
    const text = comment.value.trim()
    return text === '' ? {} : { comment: text }
  }
  const button = (label: string, onclick: () => void, pressed?: boolean): HTMLButtonElement =>
    h(
      'button',
      { type: 'button', onclick, ...(pressed !== undefined && { 'aria-pressed': String(pressed) }) },
      label,
    )
  const verdicts = VERDICTS.map((verdict) =>
    button(
      say(verdict),
      () =>
        decide({ action: 'mark', verdict, days: Number(days.element.value) as 30, ...why() }, say(verdict)),
      finding.mark?.verdict === verdict,
    ),
  )
  const lift =
    finding.mark &&
    button(say('unmark'), () => decide({ action: 'mark', verdict: 'none', ...why() }, say('unmarked')))
  const charge =
    finding.incident &&
    button(say('acknowledge'), () => decide({ action: 'acknowledge', ...why() }, say('acknowledged')))
  const silence = button(say('silence'), () =>
    decide({ action: 'silence', hours: Number(hours.element.value) as 4, ...why() }, say('silenced')),
  )
  return h(
    'section',
    { class: 'decision' },
    h('h3', {}, say('actions')),
    h(
      'div',
      { class: 'field' },
      h('label', { for: 'triage-comment' }, say('comment')),
      comment,
      h('span', { class: 'hint' }, say('comment_hint')),
    ),
    h('div', { class: 'row', role: 'group', 'aria-label': say('mark') }, ...verdicts, lift, days.field),
    h('p', { class: 'hint' }, say('mark_about')),
    h('div', { class: 'row' }, charge, silence, hours.field),
    h('p', { class: 'hint' }, say('silence_about')),
  )
}
