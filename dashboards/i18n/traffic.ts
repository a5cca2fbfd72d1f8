import { both } from '../language.js'

export const TRAFFIC = {
  about: both(
    'Pour l’analyste et la planification\u00a0: qui envoie quoi à qui? Flux comptés une seule fois, échantillons multipliés.',
    'For the analyst and the planner: who sends what to whom? Flows counted once, samples multiplied out.',
  ),
  rate: {
    title: both('Débit', 'Rate'),
    about: both(
      'Débit par groupe, les plus gros d’abord; le reste sous «\u00a0Autres\u00a0».',
      'Rate by group, largest first; the rest under Other.',
    ),
  },
  before: {
    title: both('Débit total et période précédente', 'Total rate and previous period'),
    about: both(
      'Débit total, comparé au même moment de la période précédente de même durée.',
      'Total rate, compared with the same moment of the previous period of the same length.',
    ),
    now: both('Cette période', 'This period'),
    previous: both('Période précédente', 'Previous period'),
  },
  statistics: {
    title: both('Statistiques', 'Statistics'),
    about: both(
      'Débit de chaque groupe sur les intervalles où il a transmis, et volume total. Le 95e centile ignore les 5\u00a0% les plus chargés.',
      'Rate of each group over the intervals in which it sent, and its total volume. The 95th percentile leaves out the busiest 5%.',
    ),
  },
  paths: {
    title: both('Chemins du trafic', 'Ways of the traffic'),
    about: both(
      'Volume de l’organisme qui envoie, par le fournisseur emprunté, vers la classe d’application. Une fois un organisme choisi, ce sont ses sites. Les dix plus gros; le reste sous «\u00a0Autres\u00a0».',
      'Volume from the sending organisation, over the supplier taken, to the class of application. Once an organisation is chosen, its sites. The ten largest; the rest under Other.',
    ),
    no_supplier: both('Hors des liens', 'Outside the links'),
  },
  conversations: {
    title: both('Conversations', 'Conversations'),
    about: both(
      'Qui parle à qui, par site et par application, le plus gros volume d’abord.',
      'Who talks to whom, by site and application, largest volume first.',
    ),
  },
  applications: {
    title: both('Applications', 'Applications'),
    about: both('Volume par application, selon le registre.', 'Volume by application, by the registry.'),
  },
  ports: {
    title: both('Ports de service', 'Service ports'),
    about: both(
      'Volume par port de service\u00a0: celui des deux ports du flux qui est bien connu.',
      'Volume by service port: the one of a flow’s two ports that is well known.',
    ),
  },
  countries: {
    title: both('Pays', 'Countries'),
    about: both(
      'Volume par pays de l’extrémité hors du réseau, dans la dernière heure de la période au plus.',
      'Volume by country of the end outside the network, over the last hour of the range at most.',
    ),
  },
  systems: {
    title: both('Systèmes autonomes', 'Autonomous systems'),
    about: both(
      'Volume par système autonome de l’extrémité hors du réseau, dans la dernière heure de la période au plus.',
      'Volume by autonomous system of the end outside the network, over the last hour of the range at most.',
    ),
    unknown: both('AS inconnu', 'Unknown AS'),
  },
  countries_unknown: both('Pays inconnu', 'Unknown country'),
  protocols: {
    title: both('Protocoles', 'Protocols'),
    about: both('Volume par protocole de transport.', 'Volume by transport protocol.'),
  },
  sites: {
    title: both('Sites', 'Sites'),
    about: both(
      'Volume par site, envoyé ou reçu. Un flux entre deux sites compte pour chacun.',
      'Volume by site, sent or received. A flow between two sites counts for each.',
    ),
  },
  raw: {
    title: both('Flux bruts', 'Raw flows'),
    about: both(
      'Les 200 derniers enregistrements de flux, tels que reçus, dans la dernière heure de la période au plus.',
      'The latest 200 flow records as received, in the last hour of the range at most.',
    ),
  },
}
