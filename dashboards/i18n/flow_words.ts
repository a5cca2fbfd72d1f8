import { both } from '../language.js'
import { SERIES, STATES } from '../vocabulary/palette.js'

/** Which ends of a flow lie inside the registered network, by the value of the column. */
export const LOCALITIES = [
  { value: 'internal', code: 3, text: both('Interne', 'Internal'), colour: SERIES[0]!.dark },
  { value: 'inbound', code: 2, text: both('Entrant', 'Inbound'), colour: SERIES[2]!.dark },
  { value: 'outbound', code: 1, text: both('Sortant', 'Outbound'), colour: SERIES[1]!.dark },
  { value: 'transit', code: 0, text: both('Transit', 'Transit'), colour: STATES.unknown.dark },
]

export const FLOW_COLUMNS_WORDS = {
  source: both('Source', 'Source'),
  destination: both('Destination', 'Destination'),
  application: both('Application', 'Application'),
  app_class: both('Classe', 'Class'),
  protocol: both('Protocole', 'Protocol'),
  port: both('Port', 'Port'),
  country: both('Pays', 'Country'),
  as: both('Système autonome', 'Autonomous system'),
  bytes: both('Volume', 'Volume'),
  packets: both('Paquets', 'Packets'),
  flows: both('Flux', 'Flows'),
  rate: both('Débit', 'Rate'),
  mean: both('Moyenne', 'Mean'),
  max: both('Max.', 'Max'),
  min: both('Min.', 'Min'),
  last: both('Dernier', 'Last'),
  p95: both('95e centile', '95th percentile'),
  group: both('Groupe', 'Group'),
  start: both('Début', 'Start'),
  end: both('Fin', 'End'),
  exporter: both('Exportateur', 'Exporter'),
}
