import { ANNOTATIONS } from './annotations.js'
import { BILLING, INVOICE_ITEMS } from './billing.js'
import { CAPACITY, HOURS, LINK_DIRECTIONS } from './capacity.js'
import { COMMON, PAGE_TITLES } from './common.js'
import { ATTACK_KINDS, DDOS } from './ddos.js'
import { EDGE_WORDS, PATH_STATES, SITE_COUNTS } from './edge_words.js'
import { EVIDENCE_WORDS, FINDING, SCAN_KINDS } from './finding.js'
import { FINDINGS } from './findings.js'
import { ACTIVITIES, FINDING_COLUMNS, FINDING_STATES, SEVERITIES } from './findings_words.js'
import { FLOW_WORDS, LOCALITIES } from './flow_words.js'
import { INCIDENT_STATES, ITSM, PRIORITIES } from './itsm.js'
import { LINKS } from './links.js'
import { MIGRATION } from './migration.js'
import { EXPORTER_STATES, PIPELINE, REJECT_WORDS } from './pipeline.js'
import { REGIONS_PAGE } from './regions.js'
import { MONTH_STATES, SERVICE_LEVELS } from './service_levels.js'
import { SITE, SITE_KINDS } from './site.js'
import { SOC_OVERVIEW } from './soc_overview.js'
import { TRAFFIC } from './traffic.js'
import { TRIAGE } from './triage.js'
import { DIMENSIONS, VARIABLE_LABELS } from './variables.js'
import { VIEWER } from './viewer.js'
import { VOICE, VOICE_CAUSES } from './voice.js'

/** The whole catalogue, in one piece for those who go through all of it. */
export const CATALOGUE = {
  COMMON,
  PAGE_TITLES,
  VARIABLE_LABELS,
  DIMENSIONS,
  SEVERITIES,
  FINDING_STATES,
  FINDING_COLUMNS,
  ACTIVITIES,
  FLOW_WORDS,
  LOCALITIES,
  SOC_OVERVIEW,
  FINDINGS,
  FINDING,
  EVIDENCE_WORDS,
  SCAN_KINDS,
  TRAFFIC,
  DDOS,
  ATTACK_KINDS,
  SITE,
  SITE_KINDS,
  EDGE_WORDS,
  PATH_STATES,
  SITE_COUNTS,
  REGIONS_PAGE,
  LINKS,
  VOICE,
  VOICE_CAUSES,
  SERVICE_LEVELS,
  MONTH_STATES,
  CAPACITY,
  LINK_DIRECTIONS,
  HOURS,
  MIGRATION,
  BILLING,
  INVOICE_ITEMS,
  ITSM,
  INCIDENT_STATES,
  PRIORITIES,
  PIPELINE,
  REJECT_WORDS,
  EXPORTER_STATES,
  ANNOTATIONS,
  VIEWER,
  TRIAGE,
}
