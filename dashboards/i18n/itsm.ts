import { both } from '../language.js'
import { STATES } from '../vocabulary/palette.js'

export const ITSM = {
  about: both(
    'Pour le gestionnaire des services : les incidents sont-ils pris en charge à temps?',
    'For the service manager: are incidents handled in time?',
  ),
  now: {
    title: both('Maintenant', 'Now'),
    about: both(
      'Incidents ouverts à la fin de la période, sans prise en charge, hors délai; constats regroupés par incident.',
      'Incidents open at the end of the range, not taken charge of, overdue; findings gathered by an incident.',
    ),
    open: both('Ouverts', 'Open'),
    waiting: both('Sans prise en charge', 'Not acknowledged'),
    overdue: both('Hors délai', 'Overdue'),
    problems: both('Problèmes ouverts', 'Open problems'),
    findings: both('Constats par incident', 'Findings per incident'),
  },
  queue: {
    title: both('File', 'Queue'),
    about: both(
      'Incidents ouverts, la priorité la plus haute puis le plus ancien d’abord.',
      'Open incidents, highest priority then oldest first.',
    ),
    priority: both('Priorité', 'Priority'),
    number: both('Numéro', 'Number'),
    title_column: both('Objet', 'Subject'),
    state: both('État', 'State'),
    group: both('Groupe', 'Group'),
    assignee: both('Responsable', 'Assignee'),
    age: both('Âge', 'Age'),
    findings: both('Constats', 'Findings'),
    ticket: both('Billet', 'Ticket number'),
  },
  times: {
    title: both('Prise en charge et rétablissement', 'Acknowledge and restore'),
    about: both(
      'Médiane et 90e centile des incidents ouverts dans chaque intervalle.',
      'Median and 90th percentile of incidents opened in each interval.',
    ),
    acknowledge_median: both('Prise en charge, médiane', 'Acknowledge, median'),
    acknowledge_p90: both('Prise en charge, 90e centile', 'Acknowledge, 90th percentile'),
    restore_median: both('Rétablissement, médiane', 'Restore, median'),
    restore_p90: both('Rétablissement, 90e centile', 'Restore, 90th percentile'),
  },
  flow: {
    title: both('Ouverts et résolus', 'Opened and resolved'),
    about: both('Nombre d’incidents par intervalle.', 'Number of incidents by interval.'),
    opened: both('Ouverts', 'Opened'),
    resolved: both('Résolus', 'Resolved'),
  },
  notifications: {
    title: both('Envois aux outils', 'Deliveries to tools'),
    about: both(
      'Ce qui a été envoyé à chaque outil, en combien d’essais, et ce qui n’a pu l’être.',
      'What was sent to each tool, in how many attempts, and what could not be.',
    ),
    target: both('Outil', 'Tool'),
    delivered: both('Remis', 'Delivered'),
    retried: both('Remis après reprise', 'Delivered after a retry'),
    dead: both('Rebuts', 'Dead letters'),
    slowest: both('Délai, 95e centile', 'Delay, 95th percentile'),
  },
  recurring: {
    title: both('Récurrents', 'Recurring'),
    about: both(
      'Ce qui est revenu au moins deux fois dans la période : candidats au statut de problème.',
      'What came back at least twice in the range: candidates for a problem record.',
    ),
    times: both('Fois', 'Times'),
    last: both('Dernier', 'Last'),
    organization: both('Organisme', 'Organisation'),
    category: both('Catégorie', 'Category'),
  },
}

/** States of incidents, in ITIL's words. */
export const INCIDENT_STATES = [
  { value: 'new', text: both('Nouveau', 'New'), colour: STATES.critical.dark },
  { value: 'in_progress', text: both('En cours', 'In progress'), colour: STATES.warning.dark },
  { value: 'on_hold', text: both('En attente', 'On hold'), colour: STATES.unknown.dark },
  { value: 'resolved', text: both('Résolu', 'Resolved'), colour: STATES.good.dark },
  { value: 'closed', text: both('Fermé', 'Closed'), colour: STATES.neutral.dark },
]

/** Priorities of incidents. */
export const PRIORITIES = [
  { value: 1, text: both('1 – Critique', '1 – Critical'), colour: STATES.critical.dark },
  { value: 2, text: both('2 – Élevée', '2 – High'), colour: STATES.warning.dark },
  { value: 3, text: both('3 – Moyenne', '3 – Moderate'), colour: STATES.good.dark },
  { value: 4, text: both('4 – Basse', '4 – Low'), colour: STATES.neutral.dark },
  { value: 5, text: both('5 – Planifiée', '5 – Planning'), colour: STATES.unknown.dark },
]
