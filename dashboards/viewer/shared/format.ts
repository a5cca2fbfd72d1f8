import type { Cell } from './protocol.js'
import { isoLocal } from './zone.js'

/**
 * Values in words and figures as readers of the language write them (GLOSSAIRE, « Typographie »). Units come as Grafana
 * names them in the dashboard's JSON.
 */
export type Lang = 'fr' | 'en'

const LOCALES: Readonly<Record<Lang, string>> = { fr: 'fr-CA', en: 'en-CA' }
const NBSP = '\u00a0'

const formatters = new Map<string, Intl.NumberFormat>()
function numberFormat(lang: Lang, least: number, most: number): Intl.NumberFormat {
  const key = `${lang} ${least} ${most}`
  const known =
    formatters.get(key) ??
    new Intl.NumberFormat(LOCALES[lang], { minimumFractionDigits: least, maximumFractionDigits: most })
  formatters.set(key, known)
  return known
}

/** Three figures or so: more is noise on a screen. */
const decimalsFor = (value: number): number => {
  const size = Math.abs(value)
  if (size === 0 || Number.isInteger(value)) return 0
  return size < 1 ? 2 : size < 100 ? 1 : 0
}

function plain(value: number, lang: Lang, decimals: number | undefined): string {
  const most = decimals ?? decimalsFor(value)
  return numberFormat(lang, decimals ?? 0, most).format(value)
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const

/** 12 300 000 bit/s → 12,3 Mbit/s */
function scaled(value: number, unit: string, lang: Lang, decimals: number | undefined): string {
  let level = 0
  let size = value
  while (Math.abs(size) >= 999.5 && level < PREFIXES.length - 1) {
    size /= 1000
    level++
  }
  const figures = decimals ?? (level === 0 || Math.abs(size) >= 100 ? 0 : 1)
  return `${numberFormat(lang, 0, figures).format(size)}${NBSP}${PREFIXES[level]}${unit}`
}

const DURATION = [
  { seconds: 86_400, fr: 'j', en: 'd' },
  { seconds: 3600, fr: 'h', en: 'h' },
  { seconds: 60, fr: 'min', en: 'min' },
  { seconds: 1, fr: 's', en: 's' },
] as const

/** The two largest parts: 2 j 4 h, 3 min 20 s. */
export function formatDuration(totalSeconds: number, lang: Lang): string {
  if (Math.abs(totalSeconds) < 1 && totalSeconds !== 0)
    return `${plain(totalSeconds * 1000, lang, 0)}${NBSP}ms`
  if (Math.abs(totalSeconds) < 10 && !Number.isInteger(totalSeconds))
    return `${plain(totalSeconds, lang, 1)}${NBSP}s`
  let rest = Math.round(Math.abs(totalSeconds))
  const parts: string[] = []
  for (const part of DURATION) {
    const n = Math.floor(rest / part.seconds)
    rest -= n * part.seconds
    if (n > 0 || (part.seconds === 1 && parts.length === 0))
      parts.push(`${plain(n, lang, 0)}${NBSP}${part[lang]}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return (totalSeconds < 0 ? '−' : '') + parts.join(' ')
}

/** 12 345,60 $, $12,345.60: amounts are never abbreviated. */
function money(value: number, lang: Lang, decimals: number | undefined): string {
  const figures = decimals ?? 2
  const text = numberFormat(lang, figures, figures).format(Math.abs(value))
  const sign = value < 0 ? '−' : ''
  return lang === 'fr' ? `${sign}${text}${NBSP}$` : `${sign}$${text}`
}

type Formatter = (value: number, lang: Lang, decimals: number | undefined) => string

const UNITS: Readonly<Record<string, Formatter>> = {
  none: plain,
  locale: plain,
  string: plain,
  'si:bit/s': (v, lang, d) => scaled(v, 'bit/s', lang, d),
  bps: (v, lang, d) => scaled(v, 'bit/s', lang, d),
  'si:o': (v, lang, d) => scaled(v, 'o', lang, d),
  decbytes: (v, lang, d) => scaled(v, 'B', lang, d),
  percent: (v, lang, d) => `${plain(v, lang, d)}${lang === 'fr' ? NBSP : ''}%`,
  'suffix:%': (v, lang, d) => `${plain(v, lang, d)}${lang === 'fr' ? NBSP : ''}%`,
  pps: (v, lang, d) => scaled(v, 'packets/s', lang, d),
  'currency:financial:\u00a0$:suffix': money,
  'currency:financial:$': money,
  dthms: (v, lang) => formatDuration(v, lang),
  dateTimeAsIso: (v) => isoLocal(v),
}

/** Whether a unit can be printed. */
export const knowsUnit = (unit: string): boolean => unit in UNITS || unit.startsWith('suffix:')

/** A number with its unit. */
export function formatNumber(value: number, unit: string, lang: Lang, decimals?: number): string {
  const formatter = UNITS[unit]
  if (formatter !== undefined) return formatter(value, lang, decimals)
  if (unit.startsWith('suffix:')) {
    const size = Math.abs(value)
    return size >= 1e6
      ? scaled(value, unit.slice('suffix:'.length), lang, decimals)
      : `${plain(value, lang, decimals)}${NBSP}${unit.slice('suffix:'.length)}`
  }
  return plain(value, lang, decimals)
}

/** A cell as text: numbers by the unit, times in the zone of the page, texts as they are. */
export function formatCell(
  value: Cell,
  kind: 'time' | 'number' | 'string',
  unit: string,
  lang: Lang,
  decimals?: number,
): string {
  if (value === null) return ''
  if (kind === 'time') return isoLocal(Number(value))
  if (typeof value === 'string') return value
  return formatNumber(value, unit, lang, decimals)
}
