import { both } from '../language.js'

/** Words that every dashboard uses. */
export const COMMON = {
  all: both('Tout', 'All'),
  other: both('Autres', 'Other'),
  unknown_value: both('— inconnu', '— unknown'),
  no_data: both('Aucune donnée pour cette période', 'No data in this range'),
  no_finding: both('Aucun constat', 'No finding'),
  no_attack: both('Aucune attaque', 'No attack'),
  no_recurring: both('Aucune source récurrente', 'No recurring source'),
  no_flow_of_finding: both('Aucun flux conservé pour ce constat', 'No flow is kept for this finding'),
  no_related: both('Aucun constat lié', 'No related finding'),
  unknown_app: both('Application inconnue', 'Unknown application'),
  no_service_port: both('Autres ports', 'Other ports'),
  unregistered: both('Hors registre', 'Outside the registry'),
  link: both('Lien', 'Link'),
  no_event: both('Aucun événement', 'No event'),
  all_well: both('Rien à signaler', 'Nothing to report'),
  no_org: both('Sans organisme', 'No organisation'),
  see_findings: both('Voir les constats', 'See the findings'),
  see_finding: both('Voir le détail du constat', 'See the finding’s detail'),
  see_traffic: both('Voir le trafic', 'See the traffic'),
  see_site: both('Voir le site', 'See the site'),
  see_pipeline: both('Voir la chaîne de traitement', 'See the pipeline'),
  see_ddos: both('Voir les attaques par déni de service', 'See the denial-of-service attacks'),
  see_links: both('Voir les liens et tunnels', 'See links and tunnels'),
  see_voice: both('Voir la qualité de la voix', 'See voice quality'),
  filter_on_this: both('Filtrer sur cette valeur', 'Filter on this value'),
  pages_menu: both('Tableaux de bord', 'Dashboards'),
  folder: both('Vigie (français)', 'Vigie (English)'),
}

/** Names of pages, in menus and headings. */
export const PAGE_TITLES = {
  soc_overview: both('Vue d’ensemble du SOC', 'SOC overview'),
  findings: both('Constats et tri', 'Findings and triage'),
  finding: both('Détail d’un constat', 'Finding detail'),
  traffic: both('Explorateur de trafic', 'Traffic explorer'),
  ddos: both('Attaques par déni de service', 'Denial-of-service attacks'),
  site: both('Site', 'Site detail'),
  regions: both('État par région', 'State by region'),
  links: both('Liens et tunnels', 'Links and tunnels'),
  voice: both('Qualité de la voix', 'Voice quality'),
  service_levels: both('Niveaux de service', 'Service levels'),
  billing: both('Facturation consolidée', 'Consolidated billing'),
  itsm: both('Exploitation ITSM', 'ITSM operations'),
  pipeline: both('Exportateurs et chaîne de traitement', 'Exporters and pipeline'),
}
