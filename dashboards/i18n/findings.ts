import { both } from '../language.js'

export const FINDINGS = {
  about: both(
    'Pour l’analyste\u00a0: lequel traiter d’abord, et est-il réel?',
    'For the analyst: which one first, and is it real?',
  ),
  status: {
    title: both('État des constats', 'Findings by status'),
    about: both(
      'Constats actifs pendant la période\u00a0: ouverts, clos, nouveaux, et durée médiane de ceux qui sont clos.',
      'Findings active in the range: open, closed, new, and the median duration of those that are closed.',
    ),
    open: both('Ouverts', 'Open'),
    closed: both('Clos', 'Closed'),
    fresh: both('Nouveaux', 'New'),
    duration: both('Durée médiane', 'Median duration'),
  },
  matrix: {
    title: both('Ouverts par détection et gravité', 'Open by detection and severity'),
    about: both(
      'Constats ouverts. Un clic sur une détection filtre la page.',
      'Open findings. A click on a detection filters the page.',
    ),
    total: both('Tous', 'All'),
  },
  trend: {
    title: both('Tendance', 'Trend'),
    about: both(
      'Nouveaux constats par type de détection. Glisser sur le graphique pour resserrer la période.',
      'New findings by kind of detection. Drag over the chart to narrow the range.',
    ),
  },
  list: {
    title: both('Constats', 'Findings'),
    about: both(
      'Constats actifs pendant la période, ouverts d’abord, puis les plus graves. Un clic sur le titre mène au détail.',
      'Findings active in the range, open ones first, then the most severe. A click on the title leads to the detail.',
    ),
  },
  sources: {
    title: both('Sources récurrentes', 'Recurring sources'),
    about: both(
      'Adresses nommées comme source dans plusieurs constats de la période\u00a0: un seul hôte en explique parfois vingt.',
      'Addresses named as a source in several findings of the range: one host sometimes explains twenty of them.',
    ),
    services: both('Détections', 'Detections'),
    sites: both('Sites', 'Sites'),
    worst: both('Pire gravité', 'Worst severity'),
    address: both('Adresse', 'Address'),
  },
}
