import type { Bilingual } from '../../model/finding.js'
import { withoutAddresses } from './ticket_text.js'

/** Sentences of transitions and titles of incidents, the one place of their words. No address of a host ever stands in one. */

const FR = new Intl.NumberFormat('fr-CA')
const EN = new Intl.NumberFormat('en-CA')
const frCount = (n: number, one: string, many: string): string => `${FR.format(n)} ${n < 2 ? one : many}`
const enCount = (n: number, one: string, many: string): string => `${EN.format(n)} ${n === 1 ? one : many}`

/** Hours and minutes of a time, `1 h 30 min`. */
export function durationText(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return `${Math.round(ms / 1000)} s`
  const days = Math.floor(minutes / 1440)
  const hours = Math.floor((minutes % 1440) / 60)
  const parts = [days && `${days} j`, hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`]
  return parts.filter(Boolean).slice(0, 2).join(' ')
}

const enDuration = (ms: number): string => durationText(ms).replace(' j', ' d')

const sites = (n: number): Bilingual => ({
  fr: frCount(n, 'site touché', 'sites touchés'),
  en: enCount(n, 'site affected', 'sites affected'),
})

export const TITLES = {
  carrier: (name: Bilingual, n: number): Bilingual => ({
    fr: `Panne de l’entreprise de télécommunication ${name.fr} : ${sites(n).fr}`,
    en: `Outage of carrier ${name.en}: ${sites(n).en}`,
  }),
  site: (name: Bilingual): Bilingual => ({
    fr: `Site ${name.fr} hors service`,
    en: `Site ${name.en} is down`,
  }),
  problem: (title: Bilingual): Bilingual => ({
    fr: `Problème récurrent : ${title.fr}`,
    en: `Recurring problem: ${title.en}`,
  }),
} as const

const who = (by: string): string => by.slice(by.indexOf(':') + 1)

export const NOTES = {
  opened: (findings: number, count: number): Bilingual => ({
    fr: `Ouvert sur ${frCount(findings, 'constat', 'constats')}, ${sites(count).fr}.`,
    en: `Opened on ${enCount(findings, 'finding', 'findings')}, ${sites(count).en}.`,
  }),
  grew: (findings: number, open: number, count: number): Bilingual => ({
    fr: `${frCount(findings, 'constat', 'constats')}, dont ${FR.format(open)} en cours; ${sites(count).fr}.`,
    en: `${enCount(findings, 'finding', 'findings')}, ${EN.format(open)} of them open; ${sites(count).en}.`,
  }),
  priority: (from: number, to: number): Bilingual => ({
    fr: `La priorité passe de ${from} à ${to}.`,
    en: `Priority goes from ${from} to ${to}.`,
  }),
  acknowledged: (by: string): Bilingual => ({
    fr: `Pris en charge par ${who(by)}.`,
    en: `Acknowledged by ${who(by)}.`,
  }),
  assigned: (to: string, by: string): Bilingual => ({
    fr: `Affecté à ${to} par ${who(by)}.`,
    en: `Assigned to ${to} by ${who(by)}.`,
  }),
  held: (by: string): Bilingual => ({
    fr: `Mis en attente par ${who(by)}.`,
    en: `Put on hold by ${who(by)}.`,
  }),
  resumed: (by: string): Bilingual => ({ fr: `Repris par ${who(by)}.`, en: `Resumed by ${who(by)}.` }),
  commented: (by: string, text: string): Bilingual => ({
    fr: `Remarque de ${who(by)} : ${text}`,
    en: `Remark of ${who(by)}: ${text}`,
  }),
  marked: (by: string, verdict: string): Bilingual => ({
    fr: `Un constat en moins : ${closingText(verdict).fr}, selon ${who(by)}.`,
    en: `One finding less: ${closingText(verdict).en}, says ${who(by)}.`,
  }),
  escalated: (tier: number, names: readonly string[]): Bilingual => ({
    fr: `Transmis au palier ${tier} : ${names.join(', ')}.`,
    en: `Escalated to tier ${tier}: ${names.join(', ')}.`,
  }),
  reminded: (ms: number): Bilingual => ({
    fr: `Toujours en cours depuis ${durationText(ms)}, sans prise en charge.`,
    en: `Still open after ${enDuration(ms)}, and nobody has taken charge.`,
  }),
  breached: (what: 'notify' | 'acknowledge' | 'resolve', ms: number): Bilingual => ({
    fr: `Délai ${{ notify: 'de notification', acknowledge: 'de prise en charge', resolve: 'de rétablissement' }[what]} dépassé (${durationText(ms)}).`,
    en: `Time to ${what} has passed (${enDuration(ms)}).`,
  }),
  recovered: (ms: number): Bilingual => ({
    fr: `Tous les constats sont terminés; durée : ${durationText(ms)}.`,
    en: `All findings are over; duration: ${enDuration(ms)}.`,
  }),
  resolvedBy: (by: string, code: string): Bilingual => ({
    fr: `Résolu par ${who(by)} (${CODES_FR[code] ?? code}).`,
    en: `Resolved by ${who(by)} (${code.replaceAll('_', ' ')}).`,
  }),
  folded: (number: string): Bilingual => ({
    fr: `Fait partie de l’incident ${number}.`,
    en: `Is part of incident ${number}.`,
  }),
  reopened: (): Bilingual => ({
    fr: 'Le constat est revenu : rouvert.',
    en: 'The finding came back: reopened.',
  }),
  reopenedBy: (by: string): Bilingual => ({ fr: `Rouvert par ${who(by)}.`, en: `Reopened by ${who(by)}.` }),
  stillOpen: (): Bilingual => ({
    fr: 'Résolu, mais les constats continuent : rouvert.',
    en: 'Resolved, but its findings go on: reopened.',
  }),
  flapping: (times: number): Bilingual => ({
    fr: `Instable : ${times} fois en peu de temps; les annonces attendent que ce soit stable.`,
    en: `Unstable: ${times} times in short order; announcements wait until it is stable.`,
  }),
  closed: (): Bilingual => ({ fr: 'Clos.', en: 'Closed.' }),
  recurs: (times: number): Bilingual => ({
    fr: `${times} incidents semblables : un problème est ouvert.`,
    en: `${times} incidents alike: a problem record is opened.`,
  }),
  again: (number: string): Bilingual => ({ fr: `De nouveau : ${number}.`, en: `Again: ${number}.` }),
} as const

const CODES_FR: Readonly<Record<string, string>> = {
  recovered: 'rétabli',
  fixed: 'corrigé',
  workaround: 'solution de contournement',
  false_positive: 'faux positif',
  expected: 'attendu',
  duplicate: 'doublon',
  folded: 'regroupé',
  other: 'autre',
}

export const closingText = (code: string): Bilingual => ({
  fr: CODES_FR[code] ?? code,
  en: code.replaceAll('_', ' '),
})

/** Both languages of a title, without addresses and in one line of bounded length. */
export function safeTitle({ fr, en }: Bilingual): Bilingual {
  const line = (text: string, lang: 'fr' | 'en'): string =>
    withoutAddresses(text, lang)
      .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
      .trim()
      .slice(0, 200)
  return { fr: line(fr, 'fr'), en: line(en, 'en') }
}
