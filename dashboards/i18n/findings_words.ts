import { both } from '../language.js'
import { SEVERITY_COLOURS, STATES } from '../vocabulary/palette.js'

/** OCSF severities, 0 to 6. */
export const SEVERITIES = [
  { value: 0, text: both('Inconnue', 'Unknown') },
  { value: 1, text: both('Informative', 'Informational') },
  { value: 2, text: both('Faible', 'Low') },
  { value: 3, text: both('Moyenne', 'Medium') },
  { value: 4, text: both('Élevée', 'High') },
  { value: 5, text: both('Critique', 'Critical') },
  { value: 6, text: both('Extrême', 'Fatal') },
].map((word, level) => ({ ...word, colour: SEVERITY_COLOURS[level]!.dark }))

export const FINDING_STATES = [
  { value: 'open', text: both('● Ouvert', '● Open'), colour: STATES.warning.dark },
  { value: 'closed', text: both('○ Clos', '○ Closed'), colour: STATES.neutral.dark },
]

export const ACTIVITIES = [
  { value: 'create', text: both('Ouverture', 'Opened') },
  { value: 'update', text: both('Mise à jour', 'Updated') },
  { value: 'close', text: both('Clôture', 'Closed') },
]

/** Headers of columns about findings. */
export const FINDING_COLUMNS = {
  severity: both('Gravité', 'Severity'),
  service: both('Détection', 'Detection'),
  title: both('Constat', 'Finding'),
  org: both('Organisme', 'Organisation'),
  site: both('Site', 'Site'),
  began: both('Début', 'Began'),
  last_seen: both('Dernière activité', 'Last seen'),
  age: both('Âge', 'Age'),
  duration: both('Durée', 'Duration'),
  score: both('Confiance', 'Confidence'),
  state: both('État', 'State'),
  technique: both('Technique', 'Technique'),
  sources: both('Sources', 'Sources'),
  targets: both('Cibles', 'Targets'),
  count: both('Constats', 'Findings'),
}
