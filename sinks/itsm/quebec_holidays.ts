import type { Bilingual } from '../../model/finding.js'

/**
 * The days on which the offices of the Québec public service are closed, as rules. Sources: Act respecting labour standards
 * (N-1.1) s. 60, National Holiday Act (F-1.1), and the thirteen days of the public service's collective agreements.
 */
type Rule =
  | { readonly month: number; readonly day: number }
  /** The nth such weekday of a month; 0 is Sunday. */
  | { readonly month: number; readonly weekday: number; readonly nth: number }
  /** The last such weekday before a day. */
  | { readonly month: number; readonly weekday: number; readonly before: number }
  /** Days from Easter Sunday. */
  | { readonly easter: number }

interface Holiday {
  readonly name: Bilingual
  readonly rule: Rule
}

export const QUEBEC_HOLIDAYS: readonly Holiday[] = [
  { name: { fr: 'Jour de l’An', en: 'New Year’s Day' }, rule: { month: 1, day: 1 } },
  { name: { fr: 'Lendemain du jour de l’An', en: 'Day after New Year’s Day' }, rule: { month: 1, day: 2 } },
  { name: { fr: 'Vendredi saint', en: 'Good Friday' }, rule: { easter: -2 } },
  { name: { fr: 'Lundi de Pâques', en: 'Easter Monday' }, rule: { easter: 1 } },
  {
    name: { fr: 'Journée nationale des patriotes', en: 'National Patriots’ Day' },
    rule: { month: 5, weekday: 1, before: 25 },
  },
  { name: { fr: 'Fête nationale du Québec', en: 'Québec’s National Holiday' }, rule: { month: 6, day: 24 } },
  { name: { fr: 'Fête du Canada', en: 'Canada Day' }, rule: { month: 7, day: 1 } },
  { name: { fr: 'Fête du Travail', en: 'Labour Day' }, rule: { month: 9, weekday: 1, nth: 1 } },
  { name: { fr: 'Action de grâces', en: 'Thanksgiving' }, rule: { month: 10, weekday: 1, nth: 2 } },
  { name: { fr: 'Veille de Noël', en: 'Christmas Eve' }, rule: { month: 12, day: 24 } },
  { name: { fr: 'Noël', en: 'Christmas Day' }, rule: { month: 12, day: 25 } },
  { name: { fr: 'Lendemain de Noël', en: 'Boxing Day' }, rule: { month: 12, day: 26 } },
  { name: { fr: 'Veille du jour de l’An', en: 'New Year’s Eve' }, rule: { month: 12, day: 31 } },
]

const DAY_MS = 86_400_000

/** Easter Sunday of a year, as UTC midnight: the Gregorian computus (Meeus, Astronomical Algorithms, ch. 8). */
function easterMs(year: number): number {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const d = Math.floor(b / 4)
  const e = b % 4
  const g = Math.floor((8 * b + 13) / 25)
  const h = (19 * a + b - d - g + 15) % 30
  const i = Math.floor(c / 4)
  const k = c % 4
  const l = (32 + 2 * e + 2 * i - h - k) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const n = h + l - 7 * m + 114
  return Date.UTC(year, Math.floor(n / 31) - 1, (n % 31) + 1)
}

function dayOf(rule: Rule, year: number): number {
  if ('easter' in rule) return easterMs(year) + rule.easter * DAY_MS
  if ('day' in rule) return Date.UTC(year, rule.month - 1, rule.day)
  if ('nth' in rule) {
    const first = new Date(Date.UTC(year, rule.month - 1, 1)).getUTCDay()
    return Date.UTC(year, rule.month - 1, 1 + ((rule.weekday - first + 7) % 7) + 7 * (rule.nth - 1))
  }
  const last = Date.UTC(year, rule.month - 1, rule.before - 1)
  return last - ((new Date(last).getUTCDay() - rule.weekday + 7) % 7) * DAY_MS
}

/** Holidays of a year by day, `2026-06-24`. */
export function quebecHolidays(year: number): ReadonlyMap<string, Bilingual> {
  const days = new Map<string, Bilingual>()
  for (const { name, rule } of QUEBEC_HOLIDAYS)
    days.set(new Date(dayOf(rule, year)).toISOString().slice(0, 10), name)
  return days
}
