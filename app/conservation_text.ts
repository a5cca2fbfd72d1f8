import type { Conservation } from './conservation.js'
import { edgeConservationText } from './edge_conservation_text.js'
import type { Language } from './io.js'

const WORDS = {
  fr: {
    title: 'Bilan de conservation',
    datagrams: 'datagrammes',
    flows: 'flux',
    received: 'reçus',
    stored: 'stockés',
    rejected: 'rejetés',
    waiting: 'attendent leur gabarit',
    in_flight: 'en cours',
    unexplained: 'inexpliqués',
    colon: '\u00a0:',
    lost: 'Perdu en amont',
    kernel: 'par le noyau',
    gaps: 'par les numéros de séquence',
    why: 'Rejets par raison',
    lag: 'Retard',
    frames: 'trames',
    balanced: 'Le bilan est juste.',
    unbalanced: 'LE BILAN N’EST PAS JUSTE.',
  },
  en: {
    title: 'Conservation',
    datagrams: 'datagrams',
    flows: 'flows',
    received: 'received',
    stored: 'stored',
    rejected: 'rejected',
    waiting: 'await their template',
    in_flight: 'in flight',
    unexplained: 'unexplained',
    colon: ':',
    lost: 'Lost upstream',
    kernel: 'by the kernel',
    gaps: 'by sequence numbers',
    why: 'Rejects by reason',
    lag: 'Lag',
    frames: 'frames',
    balanced: 'It balances.',
    unbalanced: 'IT DOES NOT BALANCE.',
  },
} as const

/** The conservation table for people. */
export function conservationText(c: Conservation, lang: Language): string {
  const w = WORDS[lang]
  const format = new Intl.NumberFormat(lang === 'fr' ? 'fr-CA' : 'en-CA', { maximumFractionDigits: 1 })
  const n = (value: number): string => format.format(value).padStart(14)
  const row = (label: string, datagrams: number, flows?: number): string =>
    `  ${label.padEnd(24)}${n(datagrams)}${flows === undefined ? '' : n(flows)}\n`
  const reasons = Object.entries(c.rejected_by).filter(([, count]) => count > 0)
  return [
    `${w.title.padEnd(26)}${w.datagrams.padStart(14)}${w.flows.padStart(14)}\n`,
    row(w.received, c.datagrams.received, c.flows.records),
    row(w.stored, c.datagrams.stored, c.flows.stored),
    row(w.rejected, c.datagrams.rejected, c.flows.rejected),
    row(w.waiting, c.datagrams.waiting),
    row(w.in_flight, c.datagrams.in_flight),
    row(w.unexplained, c.datagrams.unexplained, c.flows.unexplained),
    `${w.lost}${w.colon} ${format.format(c.lost_upstream.kernel_dropped)} ${w.kernel}, ${format.format(c.lost_upstream.sequence_gaps)} ${w.gaps}\n`,
    reasons.length === 0
      ? ''
      : `${w.why}${w.colon} ${reasons.map(([code, count]) => `${code} ${format.format(count)}`).join(', ')}\n`,
    `${w.lag}${w.colon} ${format.format(c.lag.frames)} ${w.frames}, ${format.format(c.lag.seconds)} s\n`,
    c.edges === undefined ? '' : `\n${edgeConservationText(c.edges, lang)}\n`,
    `${c.balanced ? w.balanced : w.unbalanced}\n`,
  ].join('')
}
