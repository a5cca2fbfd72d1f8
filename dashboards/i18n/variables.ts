import { both, same } from '../language.js'

/** Labels of the selectors at the top of a page. */
export const VARIABLE_LABELS = {
  datasource: both('Source de données', 'Data source'),
  org: both('Organisme', 'Organisation'),
  site: same('Site'),
  region: both('Région', 'Region'),
  service: both('Détection', 'Detection'),
  severity: both('Gravité', 'Severity'),
  uid: both('Identifiant du constat', 'Finding identifier'),
  dimension: both('Grouper par', 'Group by'),
  top: both('Nombre de courbes', 'Number of lines'),
  exporter: both('Exportateur', 'Exporter'),
  supplier: both('Fournisseur', 'Supplier'),
  sla_class: both('Classe de service', 'Class of service'),
}

/** What traffic is grouped by. */
export const DIMENSIONS = [
  { value: 'app', text: both('Application', 'Application') },
  { value: 'app_class', text: both('Classe d’application', 'Application class') },
  { value: 'src_org', text: both('Organisme source', 'Source organisation') },
  { value: 'dst_org', text: both('Organisme de destination', 'Destination organisation') },
  { value: 'src_site', text: both('Site source', 'Source site') },
  { value: 'dst_site', text: both('Site de destination', 'Destination site') },
  { value: 'src_region', text: both('Région source', 'Source region') },
  { value: 'dst_region', text: both('Région de destination', 'Destination region') },
  { value: 'protocol', text: both('Protocole', 'Protocol') },
  { value: 'service_port', text: both('Port de service', 'Service port') },
]
