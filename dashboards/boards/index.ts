import type { BoardSpec } from '../board.js'
import { BILLING } from './billing.js'
import { CAPACITY } from './capacity.js'
import { DDOS } from './ddos.js'
import { FINDING } from './finding.js'
import { FINDINGS } from './findings.js'
import { ITSM } from './itsm.js'
import { LINKS } from './links.js'
import { MIGRATION } from './migration.js'
import { PIPELINE } from './pipeline.js'
import { REGIONS } from './regions.js'
import { SERVICE_LEVELS } from './service_levels.js'
import { SITE } from './site.js'
import { SOC_OVERVIEW } from './soc_overview.js'
import { TRAFFIC } from './traffic.js'
import { VOICE } from './voice.js'

/** All dashboards, in the order of menus. A new one is a file here, a line in this list, one in `pages.ts` and its texts. */
export const BOARDS: readonly BoardSpec[] = [
  SOC_OVERVIEW,
  FINDINGS,
  FINDING,
  TRAFFIC,
  DDOS,
  SITE,
  REGIONS,
  LINKS,
  VOICE,
  SERVICE_LEVELS,
  CAPACITY,
  BILLING,
  MIGRATION,
  ITSM,
  PIPELINE,
]
