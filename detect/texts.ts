import type { Bilingual } from '../model/finding.js'

/** A number for people: French writes 12 345,6 with no-break spaces, English 12,345.6. */
export function numberText(value: number, lang: 'fr' | 'en', digits = 0): string {
  const [whole, fraction] = Math.abs(value).toFixed(digits).split('.') as [string, string?]
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, lang === 'fr' ? '\u00a0' : ',')
  const sign = value < 0 ? '−' : ''
  return `${sign}${grouped}${fraction === undefined ? '' : `${lang === 'fr' ? ',' : '.'}${fraction}`}`
}

/** A rate in bit/s with three figures: 12,3 Mbit/s. */
export function bitRateText(bps: number, lang: 'fr' | 'en'): string {
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']
  let value = bps
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${numberText(value, lang, digits)}\u00a0${units[unit]}`
}

/** A text in both languages from one function of the language. */
export function bilingual(text: (lang: 'fr' | 'en') => string): Bilingual {
  return { fr: text('fr'), en: text('en') }
}
