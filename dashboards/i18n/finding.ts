import { both } from '../language.js'

export const FINDING = {
  about: both(
    'Pour l’analyste\u00a0: pourquoi ce constat a-t-il été émis? Sans identifiant, le plus grave des constats ouverts.',
    'For the analyst: why did it fire? Without an identifier, the most severe of the open findings.',
  ),
  summary: {
    title: both('Résumé', 'Summary'),
    about: both(
      'Ce que dit la détection dans son dernier état connu. L’identifiant reste le même d’une exécution à l’autre.',
      'What the detection says in its latest known state. The identifier stays the same from run to run.',
    ),
    property: both('Propriété', 'Property'),
    value: both('Valeur', 'Value'),
    org: both('Organisme', 'Organisation'),
    site: both('Site', 'Site'),
    targets: both('Cibles', 'Targets'),
    sources: both('Sources', 'Sources'),
    protocol: both('Protocole et port', 'Protocol and port'),
    technique: both('Technique ATT&CK', 'ATT&CK technique'),
    uid: both('Identifiant', 'Identifier'),
    none: both('—', '—'),
  },
  vitals: {
    title: both('En bref', 'In short'),
    about: both(
      'Gravité, état, degré de confiance de la détection (de 0 à 100) et durée.',
      'Severity, status, confidence of the detection (0 to 100) and duration.',
    ),
  },
  measure: {
    title: both('Débit et niveau de référence', 'Rate and baseline'),
    about: both(
      'Débit des flux du constat, avec le niveau de référence et le seuil de la détection quand elle mesure un débit. Une heure au plus, autour du début du constat.',
      'Rate of the finding’s flows, with the baseline and threshold of the detection where it measures a rate. One hour at most, around the finding’s start.',
    ),
    rate: both('Débit des flux du constat', 'Rate of the finding’s flows'),
    baseline: both('Niveau de référence', 'Baseline'),
    threshold: both('Seuil', 'Threshold'),
  },
  peers: {
    title: both('Paquets et correspondants', 'Packets and peers'),
    about: both(
      'Paquets par seconde et nombre d’adresses distinctes de chaque côté des flux du constat.',
      'Packets per second and the number of distinct addresses on each side of the finding’s flows.',
    ),
    packets: both('Paquets/s', 'Packets/s'),
    sources: both('Sources distinctes', 'Distinct sources'),
    targets: both('Destinations distinctes', 'Distinct destinations'),
  },
  evidence: {
    title: both('Éléments de preuve', 'Evidence'),
    about: both(
      'Les nombres sur lesquels la détection s’est décidée, à vérifier dans les flux.',
      'The numbers the detection decided on, to be checked against the flows.',
    ),
    name: both('Mesure', 'Measure'),
    value: both('Valeur', 'Value'),
  },
  timeline: {
    title: both('Chronologie', 'Timeline'),
    about: both(
      'Ouverture, mises à jour et clôture du constat, dans l’ordre.',
      'Opening, updates and closing of the finding, in order.',
    ),
    when: both('Heure', 'Time'),
    activity: both('Activité', 'Activity'),
  },
  hosts: {
    title: both('Hôtes et sites', 'Hosts and sites'),
    about: both(
      'Qui parle à qui dans les flux du constat, du plus gros volume au plus petit. Une heure au plus.',
      'Who talks to whom in the finding’s flows, largest volume first. One hour at most.',
    ),
  },
  related: {
    title: both('Constats liés', 'Related findings'),
    about: both(
      'Autres constats qui nomment la même adresse ou le même site, à un jour près.',
      'Other findings that name the same address or the same site, within a day.',
    ),
    why: both('En commun', 'In common'),
    address: both('Adresse', 'Address'),
    site: both('Site', 'Site'),
  },
  flows: {
    title: both('Flux', 'Flows'),
    about: both(
      'Les 100 premiers enregistrements de flux du constat, tels qu’ils ont été reçus. Une heure au plus.',
      'The first 100 flow records of the finding, as they were received. One hour at most.',
    ),
  },
}

/** Names of evidence, by their key; a key that is not here is shown as it is. */
export const EVIDENCE_WORDS = [
  { value: 'kind', text: both('Forme', 'Kind') },
  { value: 'peak_packets_per_s', text: both('Pointe, paquets/s', 'Peak, packets/s') },
  { value: 'peak_bits_per_s', text: both('Pointe, bit/s', 'Peak, bit/s') },
  { value: 'floor_per_s', text: both('Seuil', 'Threshold') },
  { value: 'floor_unit', text: both('Unité du seuil', 'Unit of the threshold') },
  { value: 'baseline_median_per_s', text: both('Niveau de référence (médiane)', 'Baseline (median)') },
  { value: 'baseline_steps', text: both('Pas du niveau de référence', 'Steps of the baseline') },
  { value: 'z', text: both('Écart au niveau de référence (z)', 'Deviation from the baseline (z)') },
  {
    value: 'sources_estimated',
    text: both('Sources distinctes (estimation)', 'Distinct sources (estimate)'),
  },
  {
    value: 'destinations_estimated',
    text: both('Destinations distinctes (estimation)', 'Distinct destinations (estimate)'),
  },
  { value: 'hosts_estimated', text: both('Hôtes distincts (estimation)', 'Distinct hosts (estimate)') },
  { value: 'reflector', text: both('Protocole de réflexion', 'Reflecting protocol') },
  { value: 'requests', text: both('Demandes de connexion', 'Connection requests') },
  { value: 'connections', text: both('Connexions établies', 'Connections established') },
  { value: 'mean_packet_bytes', text: both('Taille moyenne d’un paquet, octets', 'Mean packet size, bytes') },
  { value: 'records', text: both('Enregistrements de flux', 'Flow records') },
  { value: 'sampling_rate', text: both('Échantillonnage, 1 paquet sur', 'Sampling, 1 packet in') },
  { value: 'measured', text: both('Mesuré', 'Measured') },
  { value: 'threshold', text: both('Seuil', 'Threshold') },
  { value: 'window_s', text: both('Fenêtre, secondes', 'Window, seconds') },
  { value: 'attempts', text: both('Tentatives', 'Attempts') },
  { value: 'failed_ratio', text: both('Part d’échecs', 'Share of failures') },
  { value: 'contacts', text: both('Contacts', 'Contacts') },
  { value: 'ports', text: both('Ports', 'Ports') },
  {
    value: 'likelihood_log10',
    text: both('Rapport de vraisemblance (log10)', 'Likelihood ratio (log10)'),
  },
  { value: 'top_dst_ports', text: both('Ports visés', 'Ports aimed at') },
  { value: 'marked', text: both('Clos parce que marqué', 'Closed because marked') },
  { value: 'marked_by', text: both('Marqué par', 'Marked by') },
  { value: 'outgrew_mark', text: both('Au-delà de ce qui a été marqué', 'Beyond what was marked') },
  { value: 'related', text: both('Constats liés', 'Related findings') },
  { value: 'suspected_by', text: both('Hôte suspect selon', 'Host suspected by') },
  { value: 'suspected_uid', text: both('Constat qui le dit', 'Finding that says so') },
  { value: 'suspected_since', text: both('Suspect depuis', 'Suspected since') },
  { value: 'sql', text: both('Requête des flux', 'Query of the flows') },
]

/** Kinds of scans, as the detection names them in its evidence. */
export const SCAN_KINDS = [
  { value: 'horizontal', text: both('Un port, de nombreux hôtes', 'One port, many hosts') },
  { value: 'vertical', text: both('Un hôte, de nombreux ports', 'One host, many ports') },
  { value: 'icmp', text: both('Balayage ICMP', 'ICMP sweep') },
  { value: 'slow', text: both('Balayage lent', 'Slow scan') },
  { value: 'persistent', text: both('Essais répétés', 'Repeated attempts') },
  { value: 'fleet', text: both('Plusieurs sites', 'Several sites') },
  { value: 'background', text: both('Balayage de fond', 'Background scanning') },
]
