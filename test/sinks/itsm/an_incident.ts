import type { Incident, Transition, TransitionKind } from '../../../model/incident.js'
import type { Delivery, TicketText } from '../../../sinks/itsm/target.js'
import { ticketText } from '../../../sinks/itsm/ticket_text.js'

const START = Date.UTC(2026, 10, 21, 19, 5, 30)

export const UID = '0123456789abcdef0123456789abcdef'

/** An incident as tests tell it. */
export const anIncident = (with_: Partial<Incident> = {}): Incident => ({
  uid: UID,
  number: 'VIG-01234567',
  kind: 'incident',
  key: 'feed0123',
  state: 'new',
  version: 1,
  category: 'security',
  service: 'ddos',
  org: 'sante-06',
  site: 'hopital-1',
  region: '06',
  impact: 2,
  urgency: 1,
  priority: 2,
  severity_id: 5,
  group: 'reseau',
  lang: 'fr',
  title: {
    fr: 'Attaque volumétrique vers un hôte du site hopital-1',
    en: 'Volumetric attack to a host at site hopital-1',
  },
  findings: 1,
  findings_open: 1,
  sites: 1,
  evidence: [
    {
      finding: 'f00d',
      service: 'ddos',
      severity_id: 5,
      org: 'sante-06',
      site: 'hopital-1',
      first_seen: START,
      last_seen: START + 90_000,
      technique: 'T1498',
      title: {
        fr: 'Attaque volumétrique vers un hôte du site hopital-1',
        en: 'Volumetric attack to a host at site hopital-1',
      },
      evidence: { peak_packets_per_s: 123456.5, dst: '10.6.0.17', loss_ratio: 0.0123 },
    },
  ],
  first_seen: START,
  last_seen: START + 90_000,
  opened: START + 60_000,
  updated: START + 60_000,
  reopened: 0,
  flapping: false,
  due: { notify: START + 120_000, acknowledge: START + 900_000, resolve: START + 14_400_000 },
  breached: [],
  chain: 'defaut',
  tier: 1,
  notified: ['Équipe de garde du réseau'],
  targets: ['t'],
  remotes: {},
  history: [],
  test: false,
  ...with_,
})

export const aTransition = (kind: TransitionKind, version = 1): Transition => ({
  version,
  kind,
  time: START + 60_000 * version,
  by: 'vigie',
  rule: 'group',
  note: { fr: `Note ${version} de ${kind}`, en: `Note ${version} of ${kind}` },
})

const STATE_AFTER: Partial<Record<TransitionKind, Incident['state']>> = {
  acknowledge: 'in_progress',
  assign: 'in_progress',
  hold: 'on_hold',
  resolve: 'resolved',
  close: 'closed',
}

/** A delivery of one transition; the incident is as it stands after it. */
export function aDelivery(
  kind: TransitionKind,
  with_: { incident?: Partial<Incident>; version?: number } & Partial<Omit<Delivery, 'incident'>> = {},
): Delivery {
  const { incident: changes, version = 1, ...rest } = with_
  const transition = aTransition(kind, version)
  const incident = anIncident({
    version,
    state: STATE_AFTER[kind] ?? (kind === 'open' || kind === 'update' ? 'new' : 'in_progress'),
    ...(kind === 'resolve' || kind === 'close' ? { closing: 'recovered', resolved: transition.time } : {}),
    history: [transition],
    ...changes,
  })
  return {
    kind,
    transition,
    incident,
    text: textOf(incident, [transition]),
    idempotencyKey: `${incident.uid}-${version}`,
    attempt: 1,
    mayExist: false,
    ...rest,
  }
}

export const textOf = (incident: Incident, news: readonly Transition[]): TicketText =>
  ticketText(incident, news, { dashboardsUrl: 'https://vigie.test/' })
