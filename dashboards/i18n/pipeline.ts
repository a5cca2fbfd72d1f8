import { both } from '../language.js'
import { STATES } from '../vocabulary/palette.js'

export const PIPELINE = {
  about: both(
    'Pour l’exploitation\u00a0: peut-on se fier aux autres pages? Ce qui est entré, ce qui est stocké, ce qui manque.',
    'For the operator: can the other pages be trusted? What came in, what is stored, what is missing.',
  ),
  datagrams: {
    title: both('Bilan des datagrammes', 'Conservation of datagrams'),
    about: both(
      'Depuis le premier démarrage\u00a0: reçus = traités + rejetés + en attente d’un gabarit + en file. Perdus en amont\u00a0: manquants selon les numéros de séquence des exportateurs, et abandonnés par le noyau.',
      'Since the first start: received = processed + rejected + waiting for a template + queued. Lost upstream: missing by the exporters’ sequence numbers, and dropped by the kernel.',
    ),
    received: both('Reçus', 'Received'),
    processed: both('Traités', 'Processed'),
    rejected: both('Rejetés', 'Rejected'),
    waiting: both('Sans gabarit', 'No template yet'),
    queued: both('En file', 'Queued'),
    lost: both('Perdus en amont', 'Lost upstream'),
  },
  records: {
    title: both('Bilan des flux', 'Conservation of flows'),
    about: both(
      'Depuis le premier démarrage\u00a0: enregistrements décodés = stockés + rejetés. Un nombre inexpliqué autre que zéro est une perte dans Vigie même.',
      'Since the first start: decoded records = stored + rejected. An unexplained number other than zero is a loss within Vigie itself.',
    ),
    decoded: both('Décodés', 'Decoded'),
    stored: both('Stockés', 'Stored'),
    rejected: both('Rejetés', 'Rejected'),
    unexplained: both('Inexpliqués', 'Unexplained'),
  },
  lag: {
    title: both('Retard', 'Lag'),
    about: both(
      'Temps entre la fermeture d’un bloc par le collecteur et son stockage\u00a0: médiane, 95e centile et maximum. Ambre à 1 minute, rouge à 5.',
      'Time from the closing of a frame by the collector to its storing: median, 95th percentile and maximum. Amber at 1 minute, red at 5.',
    ),
    median: both('Médiane', 'Median'),
    p95: both('95e centile', '95th percentile'),
    max: both('Maximum', 'Maximum'),
  },
  rate: {
    title: both('Débit', 'Rate'),
    about: both(
      'Enregistrements de flux stockés et datagrammes traités par seconde.',
      'Flow records stored and datagrams processed a second.',
    ),
    stored: both('Flux stockés', 'Flows stored'),
    datagrams: both('Datagrammes', 'Datagrams'),
  },
  losses: {
    title: both('Pertes en amont', 'Losses upstream'),
    about: both(
      'Unités manquantes selon les numéros de séquence, et datagrammes abandonnés par le noyau faute de mémoire\u00a0: «\u00a0vigie doctor\u00a0» dit quoi régler.',
      'Units missing by sequence numbers, and datagrams the kernel dropped for want of buffer: vigie doctor says what to set.',
    ),
    sequence: both('Numéros de séquence', 'Sequence numbers'),
    kernel: both('Noyau', 'Kernel'),
  },
  rejects: {
    title: both('Rejets', 'Rejects'),
    about: both(
      'Rejets par motif. Les datagrammes rejetés sont gardés avec leurs octets\u00a0: «\u00a0vigie dead list\u00a0».',
      'Rejects by reason. What was rejected is kept with its bytes: vigie dead list.',
    ),
  },
  exporters: {
    title: both('Exportateurs', 'Exporters'),
    about: both(
      'Exportateurs entendus dans les dernières 24 heures, les muets d’abord. Muet\u00a0: aucun flux depuis cinq minutes.',
      'Exporters heard in the last 24 hours, silent ones first. Silent: no flow for five minutes.',
    ),
    state: both('État', 'Status'),
    last: both('Dernier flux il y a', 'Last flow'),
    flows: both('Flux dans la période', 'Flows in the range'),
    rate: both('Flux/s', 'Flows/s'),
    sites: both('Sites vus', 'Sites seen'),
    site: both('Site principal', 'Main site'),
  },
  protocols: {
    title: both('Protocoles d’exportation', 'Export protocols'),
    about: both(
      'Enregistrements par protocole dans la dernière heure de la période au plus.',
      'Records by protocol, over the last hour of the range at most.',
    ),
  },
  tables: {
    title: both('Tables', 'Tables'),
    about: both(
      'Taille sur disque et étendue des tables de Vigie.',
      'Size on disk and extent of Vigie’s tables.',
    ),
    table: both('Table', 'Table'),
    rows: both('Lignes', 'Rows'),
    disk: both('Sur disque', 'On disk'),
    ratio: both('Octets par ligne', 'Bytes a row'),
    parts: both('Parties', 'Parts'),
  },
  disk: {
    title: both('Disque', 'Disk'),
    about: both(
      'Place libre sur le disque de l’entrepôt, et place que Vigie occupe.',
      'Room left on the store’s disk, and room that Vigie takes.',
    ),
    free: both('Libre', 'Free'),
    used: both('Occupé par Vigie', 'Taken by Vigie'),
  },
}

/** Reject codes of model/reject.ts as people read them. */
export const REJECT_WORDS = [
  { value: 'none', text: both('Aucun rejet', 'No reject') },
  { value: 'datagram_truncated', text: both('Datagramme tronqué', 'Datagram cut short') },
  { value: 'version_unknown', text: both('Version inconnue', 'Unknown version') },
  { value: 'header_invalid', text: both('En-tête incohérent', 'Inconsistent header') },
  { value: 'set_truncated', text: both('Ensemble tronqué', 'Set cut short') },
  { value: 'template_invalid', text: both('Gabarit impossible', 'Impossible template') },
  { value: 'template_missing', text: both('Gabarit jamais reçu', 'Template never came') },
  { value: 'record_truncated', text: both('Enregistrement tronqué', 'Record cut short') },
  { value: 'sample_invalid', text: both('Échantillon illisible', 'Unreadable sample') },
  { value: 'exporter_limit', text: both('Limite de l’exportateur atteinte', 'Exporter at its limit') },
  { value: 'exporter_refused', text: both('Exportateur non autorisé', 'Exporter not allowed') },
  { value: 'spool_full', text: both('Tampon sur disque plein', 'Spool full') },
  { value: 'collector_killed', text: both('Collecteur arrêté de force', 'Collector killed') },
  { value: 'frame_corrupt', text: both('Bloc corrompu', 'Corrupt frame') },
  { value: 'store_refused', text: both('Refusé par l’entrepôt', 'Refused by the store') },
]

export const EXPORTER_STATES = [
  { value: 'active', text: both('● Actif', '● Active'), colour: STATES.good.dark },
  { value: 'silent', text: both('✕ Muet', '✕ Silent'), colour: STATES.warning.dark },
]
