import { STATES, type StateColour } from './palette.js'

/** From `at` on (undefined: from the bottom) a value has this state. */
export interface Threshold {
  readonly at?: number
  readonly state: StateColour
}

const rising = (warning: number, critical: number): readonly Threshold[] => [
  { state: 'good' },
  { at: warning, state: 'warning' },
  { at: critical, state: 'critical' },
]

/** Figures that ask for attention. Each is a default: a contract or an operator may say otherwise. */
export const THRESHOLDS = {
  /** No judgement: one neutral colour. */
  none: [{ state: 'neutral' }],
  /** One is too many. */
  any: [{ state: 'good' }, { at: 1, state: 'critical' }],
  /** One is worth a look. */
  some: [{ state: 'good' }, { at: 1, state: 'warning' }],
  /** Seconds behind the newest data. */
  lag_s: rising(60, 300),
  /** Seconds since an exporter was heard. */
  silence_s: rising(300, 900),
  /** Age of what waits for triage, seconds: 15 min, 1 h. */
  triage_s: rising(900, 3600),
  /** Round trip and its variation for a conversation, ms: twice ITU-T G.114's one way, and what buffers usually take. */
  voice_round_trip_ms: rising(300, 800),
  voice_variation_ms: rising(20, 30),
  /** Mean opinion score: 4.0 satisfied, 3.6 some dissatisfied (ITU-T G.107). */
  mos: [{ state: 'critical' }, { at: 3.6, state: 'warning' }, { at: 4, state: 'good' }],
  /** Minutes of downtime that a contract still allows. */
  budget_left: [{ state: 'critical' }, { at: 0, state: 'good' }],
  /** Percent of an error budget that is used. */
  budget_percent: rising(75, 100),
  /** Burn rates: the budget gone in 5 and in 2 days (SRE Workbook, alerting on SLOs). */
  burn: rising(6, 14.4),
  /** Percent of a day or month that something was up, where no contract says: about 40 and 7 minutes of a day. */
  availability_percent: [{ state: 'critical' }, { at: 97, state: 'warning' }, { at: 99.5, state: 'good' }],
  /** Percent of a capacity that a forecast runs towards. */
  runout_percent: rising(80, 100),
  /** Percent of a link's capacity. */
  utilisation_percent: rising(70, 90),
  /** Percent lost of what was sent. */
  loss_percent: rising(0.1, 1),
} satisfies Record<string, readonly Threshold[]>
export type ThresholdName = keyof typeof THRESHOLDS

/** As Grafana writes them. */
export const steps = (name: ThresholdName): { value: number | null; color: string }[] =>
  (THRESHOLDS[name] as readonly Threshold[]).map((step) => ({
    value: step.at ?? null,
    color: STATES[step.state].dark,
  }))
