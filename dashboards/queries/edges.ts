import { COMMON } from '../i18n/common.js'
import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { idOf, literal, nameOf, numbersOf } from './names.js'
import { TABLES } from './tables.js'

/** Conditions of the page's variables on samples of links and tunnels and on their events. */
const SCOPES = {
  org: `org_id IN ${numbersOf('organizations', 'org')}`,
  site: `site_id IN ${numbersOf('sites', 'site')}`,
  region: `region_code IN ${numbersOf('regions', 'region')}`,
  supplier: `supplier_id IN ${numbersOf('suppliers', 'supplier')}`,
  sla_class: `sla_class IN (${chosen('sla_class')})`,
} as const
export type EdgeScope = keyof typeof SCOPES

export const edgeScope = (names: readonly EdgeScope[]): string =>
  names.map((name) => `\n  AND ${unlessAll(name, SCOPES[name])}`).join('')

/** Ids by the dictionary, '' for none. */
const linkId = idOf('links', 'link_id')

/** What a link is called: its id in the registry, else the device's and the vendor's words for it. */
export const LINK_NAME = `if(${linkId} != '', ${linkId}, trim(concat(device, ' ', link)))`

/** What a tunnel is called: both ends, each with the transport it uses, as far as they are told. */
export const tunnelName = (lang: Language): string =>
  `concat(if(site_id = 0, if(site = '', device, toString(site)), ${nameOf('sites', 'site_id', lang)}),
    if(local_color = '', '', concat(' (', local_color, ')')), ' → ',
    if(remote_site_id = 0, toString(remote), ${nameOf('sites', 'remote_site_id', lang)}),
    if(remote_color = '', '', concat(' (', remote_color, ')')))`

/** Links and tunnels as one kind of row, a minute each: what both tables have, and the path's name. */
export const paths = (lang: Language, scope: readonly EdgeScope[], range: string): string => `(
  SELECT minute, site_id, link_id, org_id, supplier_id, region_code, concat(${literal(COMMON.link, lang)}, ' ', ${LINK_NAME}) AS path,
    ${SHARED}
  FROM ${TABLES.linkMinutes} WHERE ${range}${edgeScope(scope)}
  UNION ALL
  SELECT minute, site_id, link_id, org_id, supplier_id, region_code, ${tunnelName(lang)} AS path,
    ${SHARED}
  FROM ${TABLES.tunnelMinutes} WHERE ${range}${edgeScope(scope)}
)`

const SHARED = `direction, latency_kind, sla_class, samples, latency_ms_sum, latency_ms_count, latency_ms_quantiles, jitter_ms_sum,
    jitter_ms_count, jitter_ms_quantiles, loss_ratio_sum, loss_ratio_count, mos_computed_sum, mos_computed_count,
    mos_computed_min, tx_bps_sum, tx_bps_count, rx_bps_sum, rx_bps_count, state_up, state_degraded, state_down, state_standby,
    state_disabled, state_unknown`

export const IN_RANGE = 'minute >= $__fromTime AND minute <= $__toTime'
/** Whole buckets of the range. */
export const IN_BUCKETS =
  'minute >= toStartOfInterval($__fromTime, INTERVAL $__interval_s second) AND minute <= $__toTime'
/** What counts as now: a poller asks every five minutes or oftener, so a path that said nothing for fifteen is unknown. */
export const LATELY = 'minute > $__toTime - 900 AND minute <= $__toTime'

/** A mean over samples; NULL where none told it. */
export const meanOf = (
  metric: 'latency_ms' | 'jitter_ms' | 'loss_ratio' | 'mos_computed' | 'tx_bps' | 'rx_bps',
): string => `sum(${metric}_sum) / nullIf(sum(${metric}_count), 0)`

/** A quantile of samples; NULL where none told it. Sketches are merged: no mean of percentiles. */
export const quantileOf = (metric: 'latency_ms' | 'jitter_ms' | 'loss_ratio', level: 1 | 2 | 3): string =>
  `if(sum(${metric}_count) = 0, NULL, quantilesTDigestMerge(0.5, 0.95, 0.99)(${metric}_quantiles)[${level}])`

/** State of a path as a rank: 3 down, 2 degraded, 1 up, 0 unknown. Standby waits to be used, which is no fault. */
export const RANK = 'multiIf(state_down > 0, 3, state_degraded > 0, 2, state_up + state_standby > 0, 1, 0)'

/** Newest state of each path: columns site_id, org_id, supplier_id, path, state (a rank). */
export const newestStates = (lang: Language, scope: readonly EdgeScope[]): string => `(
  SELECT path, site_id, any(org_id) AS org_id, any(supplier_id) AS supplier_id, argMax(${RANK}, (${RANK} > 0, minute)) AS state
  FROM ${paths(lang, scope, LATELY)} GROUP BY path, site_id
)`

/** State of each site by its paths: down when all are, degraded when any is worse than up, unknown when none told. */
export const siteStates = (lang: Language, scope: readonly EdgeScope[]): string => `(
  SELECT site_id, any(supplier_id) AS supplier_id,
    multiIf(countIf(state > 0) = 0, 0, minIf(state, state > 0) = 3, 3, max(state) >= 2, 2, 1) AS state
  FROM ${newestStates(lang, scope)} WHERE site_id != 0 GROUP BY site_id
)`
