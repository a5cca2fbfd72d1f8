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
    sent: both('Envoyé', 'Sent'),
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
