import { both, same } from '../language.js'

export const SITE = {
  about: both(
    'Pour le soutien\u00a0: que se passe-t-il à ce site? Choisir un site; sans choix, tous ceux de l’organisme.',
    'For support: what is going on at this site? Choose one; without a choice, all those of the organisation.',
  ),
  now: {
    title: both('En bref', 'In short'),
    about: both(
      'Débit moyen reçu et envoyé dans les cinq dernières minutes de la période, constats ouverts, dernier flux vu. Un site dont on ne voit aucun flux est inconnu, non hors service.',
      'Mean rate received and sent over the last five minutes of the range, open findings, last flow seen. A site of which no flow is seen is unknown, not down.',
    ),
    received: both('Reçu', 'Received'),
    sent: both('Envoyé', 'Sent'),
    findings: both('Constats ouverts', 'Open findings'),
    last: both('Dernier flux il y a', 'Last flow'),
  },
  health: {
    title: both('Santé des chemins', 'Health of paths'),
    about: both(
      'Liens et tunnels du site selon leur dernier état connu. Un chemin muet depuis quinze minutes est inconnu.',
      'Links and tunnels of the site by their last known state. A path silent for fifteen minutes is unknown.',
    ),
  },
  timeline: {
    title: both('Frise des états', 'State timeline'),
    about: both(
      'État de chaque chemin du site au fil du temps, les plus longtemps en difficulté d’abord retenus.',
      'State of each path of the site over time; those that were in trouble longest are kept.',
    ),
  },
  level: {
    title: both('Niveau du mois', 'This month’s level'),
    about: both(
      'Disponibilité de chaque lien du site dans le mois où la période se termine, la plus faible d’abord.',
      'Availability of each link of the site in the month in which the range ends, the lowest first.',
    ),
    availability: both('Disponibilité', 'Availability'),
  },
  incidents: {
    title: same('Incidents'),
    about: both(
      'Incidents du site ouverts pendant la période, les plus urgents d’abord, avec leurs billets.',
      'Incidents of the site open in the range, the most urgent first, with their tickets.',
    ),
    opened: both('Ouvert le', 'Opened'),
  },
  direction: {
    title: both('Reçu et envoyé', 'Received and sent'),
    about: both(
      'Débit reçu au-dessus de l’axe, envoyé au-dessous.',
      'Rate received above the axis, sent below it.',
    ),
  },
  applications: {
    title: both('Trafic par application', 'Traffic by application'),
    about: both(
      'Les huit applications les plus volumineuses, les deux sens ensemble; le reste sous «\u00a0Autres\u00a0».',
      'The eight applications with the most traffic, both ways together; the rest under Other.',
    ),
  },
  peers: {
    title: both('Correspondants', 'Peers'),
    about: both(
      'Sites et réseaux avec lesquels le site échange, le plus gros volume d’abord.',
      'Sites and networks that the site exchanges with, largest volume first.',
    ),
    peer: both('Correspondant', 'Peer'),
  },
  findings: {
    title: both('Constats', 'Findings'),
    about: both('Constats du site, actifs pendant la période.', 'Findings of the site, active in the range.'),
  },
  suppliers: {
    title: both('Liens', 'Links'),
    about: both(
      'Trafic par lien et par fournisseur, d’après l’interface que chaque flux a empruntée.',
      'Traffic by link and supplier, by the interface that each flow took.',
    ),
    link: both('Lien', 'Link'),
    supplier: both('Fournisseur', 'Supplier'),
    committed: both('Débit garanti', 'Committed rate'),
    peak: both('Pointe (5\u00a0min)', 'Peak (5 min)'),
    unknown: both('Lien inconnu', 'Unknown link'),
  },
  record: {
    title: both('Fiche', 'Record'),
    about: both('Ce que le registre dit du site.', 'What the registry says of the site.'),
    name: both('Nom', 'Name'),
    kind: both('Genre', 'Kind'),
    municipality: both('Municipalité', 'Municipality'),
    network: both('Réseau', 'Network'),
    wave: both('Vague de migration', 'Migration wave'),
  },
}

/** Kinds of sites, by the registry's word. */
export const SITE_KINDS = [
  { value: 'office', text: both('Bureau', 'Office') },
  { value: 'hospital', text: both('Hôpital', 'Hospital') },
  { value: 'clinic', text: both('Clinique', 'Clinic') },
  { value: 'residence', text: both('Résidence', 'Residence') },
  { value: 'laboratory', text: both('Laboratoire', 'Laboratory') },
  { value: 'data_centre', text: both('Centre de données', 'Data centre') },
  { value: 'server_room', text: both('Salle de serveurs', 'Server room') },
  { value: 'cloud', text: both('Nuage', 'Cloud') },
  { value: 'other', text: both('Autre', 'Other') },
]
