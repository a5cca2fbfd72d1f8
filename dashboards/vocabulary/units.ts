import type { Language } from '../language.js'

/**
 * Units as Grafana names them. The French build writes what French readers read (bit/s, o, paquets/s); `short`, `s`, `m`
 * and `d` are never used, since Grafana prints them in English words.
 */
const UNITS = {
  count: { fr: 'locale', en: 'locale' },
  bits_per_s: { fr: 'si:bit/s', en: 'bps' },
  bytes: { fr: 'si:o', en: 'decbytes' },
  percent: { fr: 'suffix:%', en: 'percent' },
  packets_per_s: { fr: 'suffix:paquets/s', en: 'pps' },
  flows_per_s: { fr: 'suffix:flux/s', en: 'suffix:flows/s' },
  datagrams_per_s: { fr: 'suffix:datagrammes/s', en: 'suffix:datagrams/s' },
  /** Seconds, printed as days, hours, minutes and seconds. */
  duration_s: { fr: 'dthms', en: 'dthms' },
  ms: { fr: 'suffix:ms', en: 'suffix:ms' },
  dollars: { fr: 'currency:financial:\u00a0$:suffix', en: 'currency:financial:$' },
  minutes: { fr: 'suffix:min', en: 'suffix:min' },
  score: { fr: 'none', en: 'none' },
  time: { fr: 'dateTimeAsIso', en: 'dateTimeAsIso' },
  text: { fr: 'string', en: 'string' },
} as const satisfies Record<string, Record<Language, string>>
export type UnitName = keyof typeof UNITS

export const unitIn = (unit: UnitName, lang: Language): string => UNITS[unit][lang]

/** Every unit string that a build may hold: what the viewer must be able to print. */
export const UNIT_STRINGS: ReadonlySet<string> = new Set(
  Object.values(UNITS).flatMap((u) => Object.values(u)),
)
