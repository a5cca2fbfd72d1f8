import { isIP } from 'node:net'
import type { Incident, Transition } from '../../model/incident.js'
import { REGIONS } from '../../model/registry.js'
import type { TicketText } from './target.js'
import {
  BREACH_WORDS,
  CLOSING_WORDS,
  EVIDENCE_WORDS,
  fill,
  KIND_WORDS,
  LEVEL_WORDS,
  PRIORITY_WORDS,
  SEVERITY_WORDS,
  STATE_WORDS,
  TEST_MARK,
  TICKET_WORDS,
} from './ticket_text_words.js'

export interface TicketTextContext {
  /** What people call a registry entry or a security service; undefined: it is shown by its id. */
  name?(
    kind: 'org' | 'site' | 'supplier' | 'link' | 'service',
    id: string,
    lang: 'fr' | 'en',
  ): string | undefined
  /** Address of Grafana or of the viewer, without a slash at the end; no links without it. */
  readonly dashboardsUrl?: string | undefined
  /** Of the times in texts. */
  readonly timeZone?: string
}

/** Bounds of what is written, in characters; a target may shorten further. */
const TITLE_MAX = 250
const BODY_MAX = 16_000
const NOTE_MAX = 4_000
const EVIDENCE_MAX = 10
const VALUE_MAX = 200
const HISTORY_MAX = 20
const HOUR_MS = 3_600_000
/** For people who look at the picture: a little before and after. */
const MARGIN_MS = HOUR_MS / 4

type Lang = 'fr' | 'en'

/** At most `max` characters, whole code points, with `…` where something is missing. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text
  let end = max - 1
  const last = text.charCodeAt(end - 1)
  if (last >= 0xd800 && last <= 0xdbff) end--
  return `${text.slice(0, end)}…`
}

const HIDDEN = { fr: '(adresse)', en: '(address)' } as const

/** A title is read further than its ticket: whatever looks like an address of a host is taken out. */
export const withoutAddresses = (text: string, lang: Lang): string =>
  text.replace(/[0-9A-Fa-f:.]*[0-9A-Fa-f](?:%\w+)?/g, (word) => {
    const bare = word.replace(/[.:]+$/, '')
    return isIP(bare) === 0 ? word : HIDDEN[lang] + word.slice(bare.length)
  })

type When = (ms: number) => string

/** Writes moments as `2026-11-21 14:05:30 (HNE)`. */
function momentWriter(lang: Lang, timeZone: string): When {
  const format = new Intl.DateTimeFormat(`${lang}-CA`, {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  })
  return (ms) => {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
    const day = `${part.year}-${part.month}-${part.day}`
    return `${day} ${part.hour}:${part.minute}:${part.second} (${part.timeZoneName})`
  }
}

const NUMBERS = {
  fr: new Intl.NumberFormat('fr-CA', { maximumFractionDigits: 3 }),
  en: new Intl.NumberFormat('en-CA', { maximumFractionDigits: 3 }),
}
const PERCENT = {
  fr: new Intl.NumberFormat('fr-CA', { style: 'percent', maximumFractionDigits: 2 }),
  en: new Intl.NumberFormat('en-CA', { style: 'percent', maximumFractionDigits: 2 }),
}

function evidenceValue(key: string, value: unknown, lang: Lang): string {
  if (typeof value === 'number')
    return key.endsWith('_ratio') ? PERCENT[lang].format(value) : NUMBERS[lang].format(value)
  if (typeof value === 'string') return clip(value, VALUE_MAX)
  return clip(JSON.stringify(value) ?? '', VALUE_MAX)
}

/** One ticket's text while it is written. */
class Writer {
  readonly #lang: Lang
  readonly #lines: string[] = []

  constructor(lang: Lang) {
    this.#lang = lang
  }

  line(text = ''): void {
    this.#lines.push(text)
  }

  /** `Name : value`; nothing where there is no value. */
  field(word: string, value: string | undefined, indent = ''): void {
    if (value === undefined || value === '') return
    const name = (TICKET_WORDS as Record<string, { fr: string; en: string }>)[word]?.[this.#lang] ?? word
    this.#lines.push(`${indent}${name}${this.#lang === 'fr' ? '\u00a0' : ''}: ${value}`)
  }

  text(max: number): string {
    return clip(this.#lines.join('\n').trimEnd(), max)
  }
}

/** An id with its name, where there is one. */
function named(
  incident: Incident,
  kind: 'org' | 'site' | 'supplier' | 'link',
  context: TicketTextContext,
): string | undefined {
  const id = incident[kind]
  if (id === undefined) return undefined
  const name = context.name?.(kind, id, incident.lang)
  return name === undefined || name === id ? id : `${name} (${id})`
}

function writeFacts(w: Writer, incident: Incident, context: TicketTextContext, when: When): void {
  const { lang } = incident
  const say = (word: keyof typeof TICKET_WORDS): string => TICKET_WORDS[word][lang]
  w.field(incident.kind === 'problem' ? 'problem' : 'number', incident.number)
  w.field('what', incident.title[lang])
  w.field('detection', context.name?.('service', incident.service, lang) ?? incident.service)
  w.field('org', named(incident, 'org', context))
  w.field('site', named(incident, 'site', context))
  const region = incident.region
  w.field('region', region === undefined ? undefined : `${region} ${REGIONS[region] ?? ''}`.trimEnd())
  w.field('supplier', named(incident, 'supplier', context))
  w.field('link', named(incident, 'link', context))
  w.field('severity', SEVERITY_WORDS[incident.severity_id]?.[lang])
  w.field(
    'priority',
    fill(say('priority_detail'), {
      priority: PRIORITY_WORDS[incident.priority][lang],
      impact: LEVEL_WORDS[incident.impact][lang],
      urgency: LEVEL_WORDS[incident.urgency][lang],
    }),
  )
  const closing = incident.closing === undefined ? undefined : CLOSING_WORDS[incident.closing][lang]
  const state = STATE_WORDS[incident.state][lang] + (incident.flapping ? `, ${say('flapping')}` : '')
  w.field('state', closing === undefined ? state : fill(say('state_closing'), { state, closing }))
  if (incident.reopened > 0) w.field('reopened', NUMBERS[lang].format(incident.reopened))
  w.field('first_seen', when(incident.first_seen))
  w.field('last_seen', when(incident.last_seen))
  w.field('opened', when(incident.opened))
  if (incident.findings > 0)
    w.field(
      'findings',
      fill(say('findings_detail'), {
        all: NUMBERS[lang].format(incident.findings),
        open: NUMBERS[lang].format(incident.findings_open),
        sites: NUMBERS[lang].format(incident.sites),
      }),
    )
  w.field('group', incident.group)
  w.field('assignee', incident.assignee)
  if (incident.notified.length > 0)
    w.field(fill(say('notified'), { tier: incident.tier }), incident.notified.join(', '))
  if (incident.acknowledged === undefined && incident.resolved === undefined && !incident.test)
    w.field('due_acknowledge', when(incident.due.acknowledge))
  if (incident.resolved === undefined && !incident.test) w.field('due_resolve', when(incident.due.resolve))
  w.field('breached', incident.breached.map((what) => BREACH_WORDS[what][lang]).join(', '))
}

function writeEvidence(w: Writer, incident: Incident, when: When): void {
  if (incident.evidence.length === 0) return
  const { lang } = incident
  w.line()
  w.line(TICKET_WORDS.evidence[lang])
  const shown = incident.evidence.slice(0, EVIDENCE_MAX)
  for (const [i, item] of shown.entries()) {
    w.line(`${i + 1}. ${item.title[lang]} (${SEVERITY_WORDS[item.severity_id]?.[lang] ?? item.severity_id})`)
    w.line(`   ${fill(TICKET_WORDS.period[lang], { from: when(item.first_seen), to: when(item.last_seen) })}`)
    w.field('technique', item.technique, '   ')
    for (const [key, value] of Object.entries(item.evidence))
      w.field(EVIDENCE_WORDS[key]?.[lang] ?? key, evidenceValue(key, value, lang), '   ')
  }
  const more = incident.findings - shown.length
  if (more > 0) w.line(fill(TICKET_WORDS.evidence_more[lang], { n: NUMBERS[lang].format(more) }))
}

/** `2026-… Ouverture : a sentence`. */
function transitionLine(transition: Transition, lang: Lang, when: When): string {
  const colon = lang === 'fr' ? '\u00a0:' : ':'
  const said = transition.note[lang]
  const by = transition.by === 'vigie' ? '' : ` (${transition.by.replace(/^(operator|target):/, '')})`
  return `${when(transition.time)} ${KIND_WORDS[transition.kind][lang]}${said === '' ? '' : `${colon} ${said}`}${by}`
}

/** The page where an analyst looks: that of the finding where there is one, else the list of the place's findings. */
function dashboardUrl(incident: Incident, base: string | undefined): string | undefined {
  if (base === undefined) return undefined
  const to = incident.resolved === undefined ? 'now' : String(incident.last_seen + MARGIN_MS)
  const query = new URLSearchParams({ from: String(incident.first_seen - MARGIN_MS), to })
  const one = incident.findings === 1 ? incident.evidence[0]?.finding : undefined
  if (one !== undefined) query.set('var-uid', one)
  else {
    if (incident.org !== undefined) query.set('var-org', incident.org)
    if (incident.site !== undefined) query.set('var-site', incident.site)
  }
  const page = one === undefined ? 'findings' : 'finding'
  return `${base.replace(/\/+$/, '')}/d/vigie-${incident.lang}-${page}?${query}`
}

/** SQL that shows the findings of the incident, the weightiest first. */
const evidenceQuery = ({ uid, lang }: Incident): string =>
  `SELECT first_seen, last_seen, service, severity_id, site, src, dst, title_${lang}, evidence FROM vigie.findings_latest WHERE uid IN (SELECT finding FROM vigie.incident_findings FINAL WHERE incident = '${uid}') ORDER BY severity_id DESC, first_seen`

/**
 * The words of a ticket in the language of its incident.
 *
 * @param news transitions that a delivery tells, oldest first
 */
export function ticketText(
  incident: Incident,
  news: readonly Transition[],
  context: TicketTextContext,
): TicketText {
  const { lang } = incident
  const timeZone = context.timeZone ?? 'America/Toronto'
  const when = momentWriter(lang, timeZone)
  const url = dashboardUrl(incident, context.dashboardsUrl)
  const query = evidenceQuery(incident)
  const mark = incident.test ? `${TEST_MARK[lang]} ` : ''
  const title = `${mark}${incident.number} ${withoutAddresses(incident.title[lang], lang)}`

  const body = new Writer(lang)
  if (incident.test) {
    body.line(TICKET_WORDS.test[lang])
    body.line()
  }
  writeFacts(body, incident, context, when)
  body.line()
  body.field('dashboard', url)
  if (incident.findings > 0) body.field('query', `vigie sql "${query}"`)
  body.field('key', incident.uid)
  writeEvidence(body, incident, when)
  const history = incident.history.slice(-HISTORY_MAX)
  if (history.length > 0) {
    body.line()
    body.line(TICKET_WORDS.history[lang])
    for (const transition of history) body.line(transitionLine(transition, lang, when))
  }

  const note = new Writer(lang)
  for (const transition of news) note.line(transitionLine(transition, lang, when))
  note.field('dashboard', url)

  return {
    lang,
    title: clip(title.replace(/\s*\n\s*/g, ' '), TITLE_MAX),
    body: body.text(BODY_MAX),
    note: note.text(NOTE_MAX),
    ...(url === undefined ? {} : { dashboardUrl: url }),
    query,
  }
}
