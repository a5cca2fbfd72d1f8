import { both, same } from '../language.js'

export const LINKS = {
  about: both(
    'Pour l’exploitation\u00a0: ce chemin est-il bon, comparé à son jumeau? Choisir un site ou un fournisseur.',
    'For operators: is this path good, beside its twin? Choose a site or a supplier.',
  ),
  now: {
    title: both('Chemins maintenant', 'Paths now'),
    about: both(
      'Dernier état connu de chaque lien et tunnel dans les quinze dernières minutes de la période. Un chemin muet est inconnu, non en service. L’attente d’un chemin de secours n’est pas une panne.',
      'Last known state of each link and tunnel within the last fifteen minutes of the range. A silent path is unknown, not up. A standby path that waits is no fault.',
    ),
  },
  states: {
    title: both('Liens et tunnels', 'Links and tunnels'),
    about: both(
      'Les pires d’abord\u00a0: état, délai aller-retour et variation (95e centile), perte moyenne et MOS calculé dans la période. La perte avant et après correction n’est pas séparée ici.',
      'The worst first: state, round trip and variation (95th percentile), mean loss and computed MOS in the range. Loss before and after correction is not told apart here.',
    ),
  },
  latency: {
    title: both('Délai aller-retour', 'Round-trip delay'),
    about: both(
      'Moyenne de chacun des huit chemins les plus lents. Les mesures à sens unique ne s’y mêlent pas.',
      'Mean of each of the eight slowest paths. One-way measurements are kept out.',
    ),
  },
  jitter: {
    title: both('Variation du délai', 'Delay variation'),
    about: both(
      'Moyenne de chacun des huit chemins les plus irréguliers, telle que chaque fabricant la définit.',
      'Mean of each of the eight most irregular paths, as each vendor defines it.',
    ),
  },
  loss: {
    title: both('Perte de paquets', 'Packet loss'),
    about: both(
      'Part des paquets perdus sur chacun des huit chemins les plus touchés.',
      'Share of packets lost on each of the eight paths that lose most.',
    ),
  },
  load: {
    title: same('Utilisation'),
    about: both(
      'Débits reçu et envoyé de tous les liens choisis, d’après leurs équipements.',
      'Rates received and sent of all chosen links, as their devices tell.',
    ),
    received: both('Reçu', 'Received'),
    capacity: both('Capacité', 'Capacity'),
    sent: both('Envoyé', 'Sent'),
  },
  timeline: {
    title: both('Frise des états', 'State timeline'),
    about: both(
      'État de chaque chemin au fil du temps, pour les seize qui ont été le plus longtemps en difficulté. Hachuré\u00a0: le chemin n’a rien dit.',
      'State of each path over time, for the sixteen that were in trouble longest. Hatched: the path told nothing.',
    ),
  },
  spread: {
    title: both('Répartition du délai aller-retour', 'Distribution of round-trip delay'),
    about: both(
      'Chemins par classe de délai dans chaque intervalle\u00a0: une moyenne cacherait le chemin qui passe par le mauvais pays.',
      'Paths by class of delay in each interval: a mean would hide the path that takes the wrong way round.',
    ),
    under_10: both('< 10\u00a0ms', '< 10 ms'),
    under_20: both('10 à 20\u00a0ms', '10 to 20 ms'),
    under_40: both('20 à 40\u00a0ms', '20 to 40 ms'),
    under_80: both('40 à 80\u00a0ms', '40 to 80 ms'),
    under_150: both('80 à 150\u00a0ms', '80 to 150 ms'),
    under_300: both('150 à 300\u00a0ms', '150 to 300 ms'),
    beyond: both('≥ 300\u00a0ms', '≥ 300 ms'),
  },
  voice: {
    title: both('Qualité de la voix (MOS)', 'Voice quality (MOS)'),
    about: both(
      'Note d’opinion calculée des huit chemins qui sont tombés le plus bas; sous 3,6 on se plaint.',
      'Computed opinion score of the eight paths that fell lowest; below 3.6 people complain.',
    ),
  },
  applications: {
    title: both('Applications et liens', 'Applications and links'),
    about: both(
      'Volume par application, avec le lien que les flux ont pris.',
      'Volume by application, with the link that the flows took.',
    ),
    unknown: both('Lien inconnu', 'Unknown link'),
  },
  trouble: {
    title: both('Chemins en difficulté', 'Paths in trouble'),
    about: both(
      'Nombre de chemins hors service, dégradés ou sans nouvelles, par intervalle.',
      'Number of paths down, degraded or not heard of, by interval.',
    ),
  },
  events: {
    title: both('Basculements et alarmes', 'Failovers and alarms'),
    about: both(
      'Ce que les équipements ont signalé pendant la période, le plus récent d’abord, dans les mots du fabricant.',
      'What devices reported in the range, newest first, in the vendor’s words.',
    ),
    time: both('Moment', 'Time'),
    event: both('Événement', 'Event'),
    message: same('Message'),
    device: both('Équipement', 'Device'),
  },
}
