import type { EdgeConservation } from './edge_conservation.js'
import type { Language } from './io.js'

const WORDS = {
  fr: {
    title: 'Équipements de périphérie',
    payloads: 'messages',
    records: 'mesures',
    received: 'reçus, lues',
    absent: 'tunnels devenus muets',
    stored: 'stockés',
    rejected: 'dont en rebut',
    merged: 'réunies à d’autres',
    waiting: 'attendent leur suite',
    in_flight: 'en cours',
    unexplained: 'inexpliqués',
    unknown: 'Mesures d’équipements absents du registre',
    why: 'Rejets par raison',
    lag: 'Retard',
    colon: '\u00a0:',
  },
  en: {
    title: 'SD-WAN edges',
    payloads: 'payloads',
    records: 'records',
    received: 'received, read',
    absent: 'tunnels fallen silent',
    stored: 'stored',
    rejected: 'of them in dead letters',
    merged: 'merged into others',
    waiting: 'await their other parts',
    in_flight: 'in flight',
    unexplained: 'unexplained',
    unknown: 'Records of devices that the registry lacks',
    why: 'Rejects by reason',
    lag: 'Lag',
    colon: ':',
  },
} as const

/** The conservation table of edges, for people. */
export function edgeConservationText(c: EdgeConservation, lang: Language): string {
  const w = WORDS[lang]
  const format = new Intl.NumberFormat(lang === 'fr' ? 'fr-CA' : 'en-CA', { maximumFractionDigits: 1 })
  const cell = (value: number | undefined): string =>
    (value === undefined ? '' : format.format(value)).padStart(14)
  const row = (label: string, payloads: number | undefined, records?: number): string =>
    `  ${label.padEnd(24)}${cell(payloads)}${cell(records)}`.trimEnd().concat('\n')
  const reasons = Object.entries(c.rejected_by).filter(([, count]) => count > 0)
  const { payloads, records } = c
  return [
    `${w.title.padEnd(26)}${w.payloads.padStart(14)}${w.records.padStart(14)}\n`,
    row(w.received, payloads.received, records.read),
    row(w.absent, undefined, records.absent),
    row(w.stored, payloads.stored, records.stored),
    row(w.rejected, payloads.rejected),
    row(w.merged, undefined, records.merged),
    row(w.waiting, undefined, records.waiting),
    row(w.in_flight, payloads.in_flight),
    row(w.unexplained, payloads.unexplained, records.unexplained),
    `${w.unknown}${w.colon} ${format.format(c.unknown_devices)}\n`,
    reasons.length === 0
      ? ''
      : `${w.why}${w.colon} ${reasons.map(([code, count]) => `${code} ${format.format(count)}`).join(', ')}\n`,
    `${w.lag}${w.colon} ${format.format(c.lag_s)} s\n`,
  ].join('')
}
