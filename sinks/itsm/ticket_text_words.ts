import type { Bilingual } from '../../model/finding.js'
import type { ClosingCode, IncidentState, Level, TransitionKind } from '../../model/incident.js'

/**
 * The words of tickets, mails and messages, the one place of them. French is Québec's: GLOSSAIRE gives terms and typography
 * (no-break space before the colon, none before ; ! ?). `{…}` are filled in by `ticket_text.ts`.
 */
const both = (fr: string, en: string): Bilingual => ({ fr, en })

/** Before the title of a test. */
export const TEST_MARK = both('[ESSAI]', '[TEST]')

export const TICKET_WORDS = {
  test: both(
    'Essai\u00a0: ce billet vérifie la liaison entre Vigie et cet outil. Aucun service n’est touché, rien n’est à faire.',
    'Test: this ticket checks the link between Vigie and this tool. No service is affected, nothing is to be done.',
  ),
  number: both('Incident', 'Incident'),
  problem: both('Problème récurrent', 'Recurring problem'),
  what: both('Constat', 'Finding'),
  detection: both('Détection', 'Detection'),
  org: both('Organisme', 'Organisation'),
  site: both('Site', 'Site'),
  region: both('Région administrative', 'Administrative region'),
  supplier: both('Fournisseur', 'Supplier'),
  link: both('Lien', 'Link'),
  severity: both('Gravité', 'Severity'),
  priority: both('Priorité', 'Priority'),
  priority_detail: both(
    '{priority} (incidence {impact}, urgence {urgency})',
    '{priority} (impact {impact}, urgency {urgency})',
  ),
  state: both('État', 'State'),
  state_closing: both('{state} ({closing})', '{state} ({closing})'),
  flapping: both('instable', 'flapping'),
  reopened: both('Réouvertures', 'Reopened'),
  first_seen: both('Début', 'Began'),
  last_seen: both('Dernière activité', 'Last seen'),
  opened: both('Ouverture', 'Opened'),
  findings: both('Constats', 'Findings'),
  findings_detail: both(
    '{all}, dont {open} en cours; sites touchés\u00a0: {sites}',
    '{all}, {open} of them open; sites affected: {sites}',
  ),
  group: both('Groupe d’affectation', 'Assignment group'),
  assignee: both('Responsable', 'Assignee'),
  notified: both('Personnes avisées (palier {tier})', 'People told (tier {tier})'),
  due_acknowledge: both('À prendre en charge avant', 'To be acknowledged before'),
  due_resolve: both('À résoudre avant', 'To be resolved before'),
  breached: both('Échéances dépassées', 'Times passed'),
  evidence: both('Éléments de preuve', 'Evidence'),
  evidence_more: both('… et {n} autres constats', '… and {n} more findings'),
  technique: both('Technique ATT&CK', 'ATT&CK technique'),
  period: both('{from} à {to}', '{from} to {to}'),
  history: both('Chronologie', 'Timeline'),
  dashboard: both('Tableau de bord', 'Dashboard'),
  query: both('Requête', 'Query'),
  key: both('Clé de corrélation', 'Correlation key'),
  by_vigie: both('Vigie', 'Vigie'),
} as const satisfies Record<string, Bilingual>

/** OCSF severities, 0 to 6; they agree with « gravité ». */
export const SEVERITY_WORDS: readonly Bilingual[] = [
  both('inconnue', 'unknown'),
  both('informative', 'informational'),
  both('faible', 'low'),
  both('moyenne', 'medium'),
  both('élevée', 'high'),
  both('critique', 'critical'),
  both('extrême', 'fatal'),
]

/** Priorities 1 to 5, as they are said beside their number. */
export const PRIORITY_WORDS: Readonly<Record<1 | 2 | 3 | 4 | 5, Bilingual>> = {
  1: both('1, critique', '1, critical'),
  2: both('2, élevée', '2, high'),
  3: both('3, moyenne', '3, medium'),
  4: both('4, faible', '4, low'),
  5: both('5, planification', '5, planning'),
}

/** Impact and urgency; they agree with « incidence » and « urgence ». */
export const LEVEL_WORDS: Readonly<Record<Level, Bilingual>> = {
  1: both('élevée', 'high'),
  2: both('moyenne', 'medium'),
  3: both('faible', 'low'),
}

export const STATE_WORDS: Readonly<Record<IncidentState, Bilingual>> = {
  new: both('nouveau', 'new'),
  in_progress: both('pris en charge', 'in progress'),
  on_hold: both('en attente', 'on hold'),
  resolved: both('résolu', 'resolved'),
  closed: both('clos', 'closed'),
}

export const CLOSING_WORDS: Readonly<Record<ClosingCode, Bilingual>> = {
  recovered: both('retour à la normale constaté par Vigie', 'recovery seen by Vigie'),
  fixed: both('corrigé', 'fixed'),
  workaround: both('solution de rechange', 'workaround'),
  false_positive: both('faux positif', 'false positive'),
  expected: both('activité attendue', 'expected activity'),
  duplicate: both('doublon', 'duplicate'),
  folded: both('regroupé avec un autre incident', 'folded into another incident'),
  other: both('autre', 'other'),
}

/** What a message about a transition is called: first line of a note, part of a mail's subject. */
export const KIND_WORDS: Readonly<Record<TransitionKind, Bilingual>> = {
  open: both('Ouverture', 'Opened'),
  update: both('Mise à jour', 'Update'),
  acknowledge: both('Prise en charge', 'Acknowledged'),
  assign: both('Affectation', 'Assigned'),
  escalate: both('Escalade', 'Escalated'),
  remind: both('Rappel', 'Reminder'),
  breach: both('Échéance dépassée', 'Time passed'),
  hold: both('Mise en attente', 'On hold'),
  resolve: both('Résolution', 'Resolved'),
  reopen: both('Réouverture', 'Reopened'),
  close: both('Clôture', 'Closed'),
}

export const BREACH_WORDS: Readonly<Record<'notify' | 'acknowledge' | 'resolve', Bilingual>> = {
  notify: both('avis', 'notification'),
  acknowledge: both('prise en charge', 'acknowledgement'),
  resolve: both('résolution', 'resolution'),
}

/** Names of evidence by key; a key that is not here is shown as it is, for its end says its unit. */
export const EVIDENCE_WORDS: Readonly<Record<string, Bilingual>> = {
  kind: both('forme', 'kind'),
  peak_packets_per_s: both('pointe, paquets/s', 'peak, packets/s'),
  peak_bits_per_s: both('pointe, bit/s', 'peak, bit/s'),
  floor_per_s: both('seuil', 'threshold'),
  floor_unit: both('unité du seuil', 'unit of the threshold'),
  baseline_median_per_s: both('niveau de référence (médiane)', 'baseline (median)'),
  z: both('écart au niveau de référence (z)', 'deviation from the baseline (z)'),
  sources_estimated: both('sources distinctes (estimation)', 'distinct sources (estimate)'),
  destinations_estimated: both('destinations distinctes (estimation)', 'distinct destinations (estimate)'),
  hosts_estimated: both('hôtes distincts (estimation)', 'distinct hosts (estimate)'),
  requests: both('demandes de connexion', 'connection requests'),
  connections: both('connexions établies', 'connections established'),
  records: both('enregistrements de flux', 'flow records'),
  sampling_rate: both('échantillonnage, 1 paquet sur', 'sampling, 1 packet in'),
  loss_ratio: both('taux de perte', 'loss ratio'),
  latency_us: both('latence, µs', 'latency, µs'),
  latency_ms: both('latence, ms', 'latency, ms'),
  jitter_us: both('gigue, µs', 'jitter, µs'),
  jitter_ms: both('gigue, ms', 'jitter, ms'),
  availability_ratio: both('taux de disponibilité', 'availability'),
  utilisation_ratio: both('taux d’utilisation', 'utilisation'),
}

/** `{…}` of a text filled in. */
export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
