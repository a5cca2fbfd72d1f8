import { both } from '../language.js'

export const SOC_OVERVIEW = {
  about: both(
    'Pour l’analyste de garde et le mur d’écrans\u00a0: qu’est-ce qui demande mon attention maintenant?',
    'For the analyst on duty and the wall: what needs me now?',
  ),
  open: {
    title: both('Constats ouverts', 'Open findings'),
    about: both(
      'Constats qui ne sont pas clos à la fin de la période, par gravité. Un clic mène à leur liste.',
      'Findings that are not closed at the end of the range, by severity. A click leads to their list.',
    ),
  },
  oldest: {
    title: both('Plus ancien constat grave', 'Oldest serious finding'),
    about: both(
      'Âge du plus ancien constat ouvert de gravité élevée ou plus. Ambre après 15 minutes, rouge après une heure.',
      'Age of the oldest open finding of severity high or above. Amber after 15 minutes, red after an hour.',
    ),
    age: both('Depuis son début', 'Since it began'),
    none: both('Aucun', 'None'),
  },
  queue: {
    title: both('File prioritaire', 'Priority queue'),
    about: both(
      'Constats ouverts, les plus graves et les plus certains d’abord. Un clic sur le titre mène au détail.',
      'Open findings, the most severe and most certain first. A click on the title leads to the detail.',
    ),
  },
  per_hour: {
    last_week: both('Une semaine plus tôt', 'A week earlier'),
    title: both('Nouveaux constats', 'New findings'),
    about: both(
      'Constats par heure de leur premier signalement, selon la gravité. Une heure sans barre n’en a vu aucun.',
      'Findings by the hour they were first reported, by severity. An hour without a bar saw none.',
    ),
  },
  by_org: {
    title: both('Détections par organisme', 'Detections by organisation'),
    about: both(
      'Constats actifs pendant la période, par organisme et par type de détection\u00a0: qui est touché, et par quoi.',
      'Findings active in the range, by organisation and kind of detection: who is affected, and by what.',
    ),
  },
  traffic: {
    usual: both('Habituel (4 semaines)', 'Usual (4 weeks)'),
    title: both('Trafic', 'Traffic'),
    about: both(
      'Débit des flux comptés une seule fois, selon que leurs extrémités sont dans le réseau enregistré ou non.',
      'Rate of flows counted once, by which of their ends lie in the registered network.',
    ),
  },
  collection: {
    title: both('Collecte', 'Collection'),
    about: both(
      'Peut-on se fier au reste de la page? Exportateurs muets depuis cinq minutes, unités perdues en amont selon les numéros de séquence, datagrammes rejetés, retard de traitement.',
      'Can the rest of the page be trusted? Exporters silent for five minutes, units lost upstream by sequence numbers, datagrams rejected, processing lag.',
    ),
    exporters: both('Exportateurs actifs', 'Active exporters'),
    silent: both('Muets', 'Silent'),
    lost: both('Perdus en amont', 'Lost upstream'),
    rejected: both('Rejetés', 'Rejected'),
    lag: both('Retard', 'Lag'),
  },
}
