import { both, same } from '../language.js'
import { SERIES, STATES } from '../vocabulary/palette.js'

/** Which ends of a flow lie inside the registered network, by the code of the column. */
export const LOCALITIES = [
  { value: 'internal', code: 3, text: both('Interne', 'Internal'), colour: SERIES[0]!.dark },
  { value: 'inbound', code: 2, text: both('Entrant', 'Inbound'), colour: SERIES[2]!.dark },
  { value: 'outbound', code: 1, text: both('Sortant', 'Outbound'), colour: SERIES[1]!.dark },
  { value: 'transit', code: 0, text: same('Transit'), colour: STATES.unknown.dark },
]

/** Headers of columns about flows. */
export const FLOW_WORDS = {
  source: same('Source'),
  destination: same('Destination'),
  source_site: both('Site source', 'Source site'),
  destination_site: both('Site de destination', 'Destination site'),
  source_port: both('Port source', 'Source port'),
  destination_port: both('Port de destination', 'Destination port'),
  distinct_ports: both('Ports distincts', 'Distinct ports'),
  tcp_flags: both('Indicateurs TCP', 'TCP flags'),
  received: both('Réception', 'Received'),
  application: same('Application'),
  app_class: both('Classe', 'Class'),
  protocol: both('Protocole', 'Protocol'),
  port: both('Port de service', 'Service port'),
  country: both('Pays', 'Country'),
  as: both('Système autonome', 'Autonomous system'),
  region: both('Région', 'Region'),
  bytes: same('Volume'),
  share: both('Part', 'Share'),
  packets: both('Paquets', 'Packets'),
  flows: both('Flux', 'Flows'),
  mean: both('Moyenne', 'Mean'),
  max: both('Maximum', 'Maximum'),
  min: both('Minimum', 'Minimum'),
  last: both('Dernier', 'Last'),
  p95: both('95e centile', '95th percentile'),
  group: both('Groupe', 'Group'),
  exporter: both('Exportateur', 'Exporter'),
}
