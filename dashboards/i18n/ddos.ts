import { both } from '../language.js'

export const DDOS = {
  about: both(
    'Pour l’analyste\u00a0: qu’est-ce qui est attaqué, par quoi, et est-ce que cela se termine?',
    'For the analyst: what is hit, by what, and is it ending?',
  ),
  now: {
    title: both('En ce moment', 'Right now'),
    about: both(
      'Attaques ouvertes à la fin de la période, sites touchés, plus forte pointe mesurée. Une attaque lancée par le réseau lui-même compte à part.',
      'Attacks open at the end of the range, sites hit, highest peak measured. An attack launched by the network itself is counted apart.',
    ),
    open: both('Attaques ouvertes', 'Open attacks'),
    outbound: both('Attaques lancées d’ici', 'Launched from here'),
    sites: both('Sites touchés', 'Sites hit'),
    peak: both('Plus forte pointe', 'Highest peak'),
  },
  attacks: {
    title: both('Attaques', 'Attacks'),
    about: both(
      'Attaques actives pendant la période, ouvertes d’abord. La pointe vient des éléments de preuve de la détection.',
      'Attacks active in the range, open ones first. The peak comes from the evidence of the detection.',
    ),
    target: both('Cible', 'Target'),
    kind: both('Forme', 'Kind'),
    peak_bits: both('Pointe (débit)', 'Peak (rate)'),
    peak_packets: both('Pointe (paquets)', 'Peak (packets)'),
    peers: both('Sources', 'Sources'),
  },
  rate: {
    title: both('Débit vers les cibles', 'Rate to the targets'),
    about: both(
      'Débit reçu par chaque adresse attaquée, échantillons multipliés. Dernière heure de la période au plus.',
      'Rate received by each attacked address, samples multiplied out. Last hour of the range at most.',
    ),
  },
  packets: {
    title: both('Paquets et sources', 'Packets and sources'),
    about: both(
      'Paquets par seconde vers les cibles, et nombre d’adresses qui les envoient\u00a0: beaucoup de sources nouvelles d’un coup font une attaque distribuée.',
      'Packets per second to the targets, and how many addresses send them: many new sources at once make an attack distributed.',
    ),
    packets: both('Paquets/s', 'Packets/s'),
    sources: both('Sources distinctes', 'Distinct sources'),
  },
  links: {
    title: both('Liens touchés', 'Links affected'),
    about: both(
      'Liens des sites attaqués\u00a0: utilisation en réception et perte dans la période. Un lien plein à 90\u00a0% laisse tomber aussi le trafic légitime.',
      'Links of the attacked sites: utilisation inbound and loss in the range. A link that is 90% full drops legitimate traffic too.',
    ),
    used: both('Utilisation moyenne', 'Mean utilisation'),
    most: both('Utilisation de pointe', 'Peak utilisation'),
  },
  ports: {
    title: both('Ports source', 'Source ports'),
    about: both(
      'Part du trafic vers les cibles par port source. 53, 123, 389, 1900 ou 11211 en tête trahissent une réflexion.',
      'Share of the traffic to the targets by source port. 53, 123, 389, 1900 or 11211 at the top give a reflection away.',
    ),
  },
  origin: {
    title: both('Origine', 'Origin'),
    about: both(
      'Pays et système autonome des sources. Une adresse usurpée ment sur les deux.',
      'Country and autonomous system of the sources. A spoofed address lies about both.',
    ),
    sources: both('Sources', 'Sources'),
  },
  sources: {
    title: both('Principales sources', 'Top sources'),
    about: both(
      'Adresses qui envoient le plus aux cibles, pour le filtrage en amont.',
      'Addresses that send the most to the targets, for filtering upstream.',
    ),
  },
}

/** Kinds of attack, as the detection names them in its evidence. */
export const ATTACK_KINDS = [
  { value: 'volumetric', text: both('Volumétrique', 'Volumetric') },
  { value: 'syn_flood', text: both('Inondation SYN', 'SYN flood') },
  { value: 'reflection', text: both('Réflexion', 'Reflection') },
  { value: 'carpet_bombing', text: both('Attaque en nappe', 'Carpet bombing') },
  { value: 'outbound_flood', text: both('Inondation lancée d’ici', 'Flood launched from here') },
  { value: 'abused_reflector', text: both('Réflecteur utilisé', 'Abused reflector') },
]
