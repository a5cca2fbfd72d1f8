import { both, same } from '../language.js'

export const REGIONS_PAGE = {
  about: both(
    'Pour la direction et le mur\u00a0: où cela va-t-il mal? Un site est hors service quand tous ses chemins le sont, inconnu quand aucun ne parle.',
    'For directors and the wall: where is it bad? A site is down when all its paths are, unknown when none tells.',
  ),
  now: {
    title: both('Sites par état', 'Sites by state'),
    about: both(
      'Sites du registre selon l’état de leurs chemins dans les quinze dernières minutes de la période.',
      'Sites of the registry by the state of their paths within the last fifteen minutes of the range.',
    ),
  },
  map: {
    title: both('Carte des sites', 'Map of sites'),
    about: both(
      'Les sites là où le registre les place, à défaut dans une ville de leur région; l’anneau montre leurs états. Un clic filtre sur la région ou mène au site.',
      'Sites where the registry puts them, else at a town of their region; the ring shows their states. A click filters on the region or leads to the site.',
    ),
    place: both('Lieu', 'Place'),
    latitude: same('Latitude'),
    longitude: same('Longitude'),
  },
  days: {
    title: both('Disponibilité par jour', 'Availability by day'),
    about: both(
      'Disponibilité des sites de chaque région, jour par jour, sur 30 jours\u00a0: un site est disponible tant qu’un de ses chemins l’est. Le temps inconnu n’est compté ni pour ni contre.',
      'Availability of the sites of each region, day by day, over 30 days: a site is available while one of its paths is. Unknown time counts neither for nor against.',
    ),
  },
  trend: {
    title: both('Sites en difficulté', 'Sites in trouble'),
    about: both(
      'Nombre de sites hors service ou dégradés, par intervalle.',
      'Number of sites down or degraded, by interval.',
    ),
  },
  table: {
    title: both('Régions', 'Regions'),
    about: both(
      'Les dix-sept régions administratives\u00a0: sites par état, disponibilité du mois, délai aller-retour et perte dans la période, constats ouverts.',
      'The seventeen administrative regions: sites by state, availability of the month, round trip and loss in the range, open findings.',
    ),
    region: both('Région', 'Region'),
    sites: same('Sites'),
    availability: both('Disponibilité du mois', 'Availability of the month'),
    findings: both('Constats ouverts', 'Open findings'),
  },
  suppliers: {
    title: both('Pannes par fournisseur', 'Outages by supplier'),
    about: both(
      'Chemins et sites touchés par fournisseur\u00a0: plusieurs à la fois font penser à une cause commune.',
      'Paths and sites affected by supplier: several at once suggest a common cause.',
    ),
    paths: both('Chemins hors service', 'Paths down'),
    degraded: both('Chemins dégradés', 'Paths degraded'),
    sites: both('Sites touchés', 'Sites affected'),
    since: both('Depuis', 'Since'),
  },
  equity: {
    title: both('Délai par région', 'Delay by region'),
    about: both(
      '95e centile du délai aller-retour des tunnels et liens de chaque région\u00a0: l’équité du réseau.',
      '95th percentile of the round trip of tunnels and links of each region: how even the network is.',
    ),
  },
  losses: {
    title: both('Perte par région', 'Loss by region'),
    about: both(
      'Part moyenne des paquets perdus dans chaque région.',
      'Mean share of packets lost in each region.',
    ),
  },
}
