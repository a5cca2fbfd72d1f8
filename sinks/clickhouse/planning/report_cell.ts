import type { CellKind } from './report.js'

type Language = 'fr' | 'en'

const LOCALES = { fr: 'fr-CA', en: 'en-CA' } as const
const NBSP = '\u00a0'
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P']
const YES = { fr: ['non', 'oui'], en: ['no', 'yes'] } as const

const number = (value: number, lang: Language, digits: number): string =>
  new Intl.NumberFormat(LOCALES[lang], {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
    .format(value)
    // Narrow spaces are missing from many fonts and terminals.
    .replaceAll('\u202f', NBSP)

/** 12 345 678 as 12,35 M, with the unit behind. */
function scaled(value: number, unit: string, lang: Language): string {
  let power = 0
  let left = value
  while (Math.abs(left) >= 1000 && power < PREFIXES.length - 1) {
    left /= 1000
    power++
  }
  return `${number(left, lang, power === 0 ? 0 : 2)}${NBSP}${PREFIXES[power]}${unit}`
}

const percent = (value: number, lang: Language, digits: number): string =>
  `${number(value * 100, lang, digits)}${lang === 'fr' ? NBSP : ''}%`

function money(value: number, lang: Language): string {
  const amount = number(Math.abs(value), lang, 2)
  const sign = value < 0 ? '−' : ''
  return lang === 'fr' ? `${sign}${amount}${NBSP}$` : `${sign}$${amount}`
}

/** A figure as people read it; a dash where nothing is known. Amounts are never shortened. */
export function cellText(value: unknown, kind: CellKind, lang: Language): string {
  if (value === null || value === undefined) return '—'
  if (kind === 'text') return Array.isArray(value) ? value.join(', ') : String(value)
  if (kind === 'day') return String(value)
  if (kind === 'moment') return String(value).replace(/:00$/, '')
  if (kind === 'yes_no') return YES[lang][Number(Boolean(value)) as 0 | 1]
  const figure = Number(value)
  if (!Number.isFinite(figure)) return '—'
  if (kind === 'count') return number(figure, lang, 0)
  if (kind === 'percent') return percent(figure, lang, 1)
  if (kind === 'percent_fine') return percent(figure, lang, 3)
  if (kind === 'cad') return money(figure, lang)
  if (kind === 'bps') return scaled(figure, 'bit/s', lang)
  if (kind === 'bytes') return scaled(figure, lang === 'fr' ? 'o' : 'B', lang)
  return number(figure, lang, kind === 'number' ? 2 : 1)
}

/** Whether a column's figures stand under one another by their last digit. */
export const isFigure = (kind: CellKind): boolean => !['text', 'day', 'moment', 'yes_no'].includes(kind)
