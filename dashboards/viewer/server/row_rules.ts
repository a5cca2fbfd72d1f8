import { quote } from '../../macros.js'

/** Organisations whose rows a reader may see, by registry id; `all`: every row. */
export type Organizations = 'all' | readonly string[]

type Rule = (list: string) => string

const organizations = (list: string): string =>
  `(SELECT number FROM vigie.organizations WHERE id IN (${list}))`
const sites = (list: string): string =>
  `(SELECT number FROM vigie.sites WHERE organization IN ${organizations(list)})`
const links = (list: string): string => `(SELECT number FROM vigie.links WHERE site IN ${sites(list)})`

const eitherEnd: Rule = (list) =>
  `src_org_id IN ${organizations(list)} OR dst_org_id IN ${organizations(list)}`
const byOrgId: Rule = (list) => `org_id IN ${organizations(list)}`
const byTunnelEnds: Rule = (list) => `${byOrgId(list)} OR remote_org_id IN ${organizations(list)}`
const byOrgText: Rule = (list) => `org IN (${list})`
const byOrganization: Rule = (list) => `organization IN ${organizations(list)}`
const bySite: Rule = (list) => `site IN ${sites(list)}`
const byLink: Rule = (list) => `link IN ${links(list)}`
const byIncident: Rule = (list) => `incident IN (SELECT uid FROM vigie.incidents WHERE org IN (${list}))`
const numbersOf = (from: string): string => `(SELECT groupArray(number) FROM ${from})`
/** A window is seen by those whose things it names. */
const byWindow: Rule = (list) =>
  [
    `hasAny(organizations, ${numbersOf(`vigie.organizations WHERE id IN (${list})`)})`,
    `hasAny(sites, ${numbersOf(`vigie.sites WHERE organization IN ${organizations(list)}`)})`,
    `hasAny(links, ${numbersOf(`vigie.links WHERE site IN ${sites(list)}`)})`,
  ].join(' OR ')
/** Words that belong to nobody: names of regions, suppliers and applications, classes of service. */
const common: Rule = () => '1'

/**
 * Which rows of a table a reader of some organisations sees. A flow belongs to both its ends. A table that is not here
 * shows nothing: what is new is closed until somebody has thought of it.
 */
const RULES: Readonly<Record<string, Rule>> = {
  flows: eitherEnd,
  flows_1m: eitherEnd,
  flows_1h: eitherEnd,
  flows_1d: eitherEnd,
  flow_mix_5m: eitherEnd,
  flow_mix_1h: eitherEnd,
  flow_rolls: common,
  findings: byOrgText,
  finding_actions: byOrgText,
  link_samples: byOrgId,
  link_samples_1m: byOrgId,
  link_samples_1h: byOrgId,
  link_samples_1d: byOrgId,
  tunnel_samples: byTunnelEnds,
  tunnel_samples_1m: byOrgId,
  tunnel_samples_1h: byOrgId,
  tunnel_samples_1d: byOrgId,
  voice_1h: byOrgId,
  edge_events: byTunnelEnds,
  if_counters: byOrgId,
  if_counters_1m: byOrgId,
  if_counters_1h: byOrgId,
  state_1d: bySite,
  quality_1d: bySite,
  traffic_5m: bySite,
  traffic_1d: byLink,
  capacity_weeks: byLink,
  capacity_months: byLink,
  capacity_forecasts: byLink,
  migration_quality: bySite,
  sla_months: byOrganization,
  billing_months: byOrganization,
  link_terms: byOrganization,
  site_terms: byOrganization,
  incidents: byOrgText,
  incident_transitions: byIncident,
  notifications: byIncident,
  incident_findings: byIncident,
  maintenance_windows: byWindow,
  organizations: (list) => `id IN (${list})`,
  sites: byOrganization,
  links: bySite,
  regions: common,
  suppliers: common,
  applications: common,
  app_classes: common,
  sla_classes: common,
  registry_versions: common,
}

/**
 * ClickHouse's setting `additional_table_filters` for a reader: the engine applies it to every read of each table, also
 * through views, joins and subqueries, whatever the query says.
 * @param tables names of all tables of the database
 */
export function rowFilters(allowed: readonly string[], tables: readonly string[]): string {
  // An empty list is no SQL; nobody has the empty id.
  const list = allowed.length === 0 ? "''" : allowed.map(quote).join(', ')
  const pairs = tables.map((table) => `${quote(`vigie.${table}`)}: ${quote(RULES[table]?.(list) ?? '0')}`)
  return `{${pairs.join(', ')}}`
}

/** Tables that have a rule. */
export const RULED_TABLES: readonly string[] = Object.keys(RULES)
