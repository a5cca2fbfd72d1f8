import { type FindingAnswer, findingAddress, type SeverityWord } from '../shared/triage.js'
import { isoLocal } from '../shared/zone.js'
import { h } from './dom.js'
import type { Page } from './page.js'

const ADDRESSES_MAX = 12

const listed = (texts: readonly string[]): string =>
  texts.slice(0, ADDRESSES_MAX).join(', ') + (texts.length > ADDRESSES_MAX ? ' …' : '')

export function severityWord(page: Page, { text, colour }: SeverityWord): HTMLElement {
  const word = h('span', { class: 'severity' }, text)
  word.style.color = page.ink(colour)
  return word
}

function section(page: Page, title: string, ...content: (Node | undefined)[]): HTMLElement {
  const there = content.filter((one) => one !== undefined)
  const nothing = h('p', { class: 'unknown' }, page.text('triage.nothing'))
  return h(
    'section',
    {},
    h('h3', {}, page.text(`triage.${title}`)),
    ...(there.length > 0 ? there : [nothing]),
  )
}

function facts(page: Page, finding: FindingAnswer): HTMLElement {
  const seen = page.text('triage.seen_range', {
    from: isoLocal(finding.first_seen),
    to: isoLocal(finding.last_seen),
  })
  const { incident, mark } = finding
  const known: readonly (readonly [string, string])[] = [
    ['state', page.text(`triage.${finding.status}`)],
    ['mark', mark === undefined ? '' : `${mark.text} (${mark.by})`],
    [
      'incident',
      incident === undefined
        ? ''
        : [incident.number, incident.state, incident.acknowledged_by].filter(Boolean).join(', '),
    ],
    ['service', finding.service],
    ['org', finding.org],
    ['site', finding.site],
    ['sources', listed(finding.src)],
    ['targets', listed(finding.dst)],
    ['technique', finding.technique],
    ['score', String(Math.round(finding.score))],
    ['seen', `${seen} (${page.text('time_zone')})`],
    ['uid', finding.uid],
  ]
  const entries = known.filter(([, value]) => value !== '')
  return h(
    'dl',
    { class: 'facts' },
    h(
      'div',
      {},
      h('dt', {}, page.text('triage.severity')),
      h('dd', {}, severityWord(page, finding.severity)),
    ),
    ...entries.map(([label, value]) =>
      h('div', {}, h('dt', {}, page.text(`triage.${label}`)), h('dd', {}, value)),
    ),
  )
}

function evidence(page: Page, { evidence: entries, sql }: FindingAnswer): HTMLElement {
  const rows = entries.map(({ name, value }) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))
  const query =
    sql === ''
      ? undefined
      : h(
          'details',
          {},
          h('summary', {}, page.text('triage.query')),
          h('pre', { tabindex: 0, 'aria-label': page.text('triage.query') }, sql),
        )
  return section(page, 'evidence', rows.length > 0 ? h('dl', { class: 'facts' }, ...rows) : undefined, query)
}

function timeline(page: Page, { timeline: entries }: FindingAnswer): HTMLElement {
  const items = entries.map(({ at, what, by, comment }) =>
    h(
      'li',
      { class: by === '' ? undefined : 'people' },
      h('time', { datetime: new Date(at).toISOString() }, isoLocal(at)),
      h('span', {}, by === '' ? what : `${what} (${by})`),
      comment === '' ? undefined : h('q', {}, comment),
    ),
  )
  return section(page, 'timeline', items.length > 0 ? h('ol', { class: 'timeline' }, ...items) : undefined)
}

function sites(page: Page, { sites: entries }: FindingAnswer): HTMLElement {
  const { lang } = page.data
  const items = entries.map(({ id, name }) =>
    h(
      'li',
      {},
      h(
        'a',
        { href: `/d/vigie-${lang}-site?${page.address.rangeQuery()}&var-site=${encodeURIComponent(id)}` },
        name,
      ),
    ),
  )
  return section(page, 'sites', items.length > 0 ? h('ul', { class: 'sites' }, ...items) : undefined)
}

function related(page: Page, finding: FindingAnswer, open: (uid: string) => void): HTMLElement {
  const items = finding.related.map(({ uid, title, severity, first_seen }) =>
    h(
      'li',
      {},
      severityWord(page, severity),
      h('button', { type: 'button', class: 'plain', onclick: () => open(uid) }, title),
      h('time', { datetime: new Date(first_seen).toISOString() }, isoLocal(first_seen)),
    ),
  )
  return section(page, 'related', items.length > 0 ? h('ul', { class: 'related' }, ...items) : undefined)
}

/** Everything that is read of a finding; `open` shows another one in its place. */
export function triageView(page: Page, finding: FindingAnswer, open: (uid: string) => void): HTMLElement[] {
  const address = findingAddress(page.data.lang, finding.uid, finding.first_seen)
  return [
    section(
      page,
      'facts',
      facts(page, finding),
      h('p', {}, h('a', { href: address }, page.text('triage.detail'))),
    ),
    evidence(page, finding),
    timeline(page, finding),
    sites(page, finding),
    related(page, finding, open),
  ]
}
