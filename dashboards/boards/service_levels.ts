import type { BoardSpec } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { EDGE_WORDS } from '../i18n/edge_words.js'
import { MONTH_STATES, SERVICE_LEVELS as T } from '../i18n/service_levels.js'
import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { availabilityDays } from '../queries/availability.js'
import { nameOf, numbersOf } from '../queries/names.js'
import {
  MONTH_AXIS,
  MONTHS,
  named,
  orgNames,
  planScope,
  siteNames,
  supplierNames,
  THE_MONTH,
} from '../queries/planning.js'
import { ranking, rows, series, stats, type Tile } from '../vocabulary/panels.js'
import { history } from '../vocabulary/pictures.js'

const SCOPE = ['org', 'supplier', 'sla_class'] as const
/** Links of the month: all that a page about several suppliers or organisations can be narrowed down to. */
const LINKS = `FROM vigie.v_sla WHERE month = ${THE_MONTH} AND level = 'link'${planScope(SCOPE)}`
const SUPPLIERS = unlessAll('supplier', `s.id IN (${chosen('supplier')})`)

const now: Tile = stats(24, {
  id: 1,
  title: T.now.title,
  about: T.now.about,
  sql: `SELECT 100 * sum(up_minutes + standby_minutes + degraded_minutes)
    / nullIf(sum(up_minutes + standby_minutes + degraded_minutes + down_minutes), 0) AS availability,
  100 * (1 - sum(unknown_minutes) / nullIf(sum(total_minutes - maintenance_minutes), 0)) AS measured,
  countIf(is_breached) AS links, sum(breach_minutes) AS breach, sum(credit_cad) AS credit
${LINKS}`,
  fields: [
    { name: 'availability', title: T.now.availability, unit: 'percent', decimals: 3 },
    { name: 'measured', title: T.now.measured, unit: 'percent', decimals: 1 },
    { name: 'links', title: T.now.links, thresholds: 'some' },
    { name: 'breach', title: T.now.breach, unit: 'minutes', decimals: 0 },
    { name: 'credit', title: T.now.credit, unit: 'dollars', decimals: 2 },
  ],
})

const suppliers = (lang: Language): Tile =>
  rows(24, {
    id: 2,
    title: T.suppliers.title,
    about: T.suppliers.about,
    sql: `SELECT ${named('supplier_names', 's.id')} AS supplier, 100 * s.availability_ratio AS availability,
  100 * s.availability_objective_ratio AS objective, s.budget_left_minutes AS budget_left, s.breach_minutes AS breach,
  s.unknown_minutes AS unknown, s.outages AS outages, 60 * s.mttr_minutes AS mttr, s.credit_cad AS credit, toUInt8(s.is_final) AS final
FROM vigie.v_sla AS s
${supplierNames(lang, 's.id')}
WHERE s.month = ${THE_MONTH} AND s.level = 'supplier' AND s.id != '' AND ${SUPPLIERS}
ORDER BY budget_left, supplier LIMIT 100`,
    fields: [
      { name: 'supplier', title: T.suppliers.supplier },
      { name: 'availability', title: T.now.availability, unit: 'percent', decimals: 3 },
      { name: 'objective', title: T.suppliers.objective, unit: 'percent', decimals: 3 },
      {
        name: 'budget_left',
        title: T.suppliers.budget_left,
        unit: 'minutes',
        decimals: 0,
        thresholds: 'budget_left',
      },
      { name: 'breach', title: T.now.breach, unit: 'minutes', decimals: 0 },
      { name: 'unknown', title: T.suppliers.unknown, unit: 'minutes', decimals: 0 },
      { name: 'outages', title: T.suppliers.outages },
      { name: 'mttr', title: T.suppliers.mttr, unit: 'duration_s' },
      { name: 'credit', title: T.now.credit, unit: 'dollars', decimals: 2 },
      { name: 'final', title: T.suppliers.state, words: MONTH_STATES },
    ],
  })

const budget: Tile = ranking(12, {
  id: 3,
  title: T.budget.title,
  about: T.budget.about,
  unit: 'percent',
  decimals: 1,
  thresholds: 'budget_percent',
  sql: `SELECT id AS name, 100 * budget_used_ratio AS used FROM vigie.v_sla
WHERE month = ${THE_MONTH} AND level = 'class' AND id != '' AND budget_used_ratio IS NOT NULL
  AND ${unlessAll('sla_class', `id IN (${chosen('sla_class')})`)}
ORDER BY used DESC, name LIMIT 20`,
  fields: [{ name: 'used', title: T.budget.used }],
})

const burn = (lang: Language): Tile =>
  rows(12, {
    id: 4,
    title: T.burn.title,
    about: T.burn.about,
    nothing: COMMON.all_well,
    sql: `SELECT ${named('supplier_names', 'b.supplier')} AS supplier, b.sla_class AS class, b.hours * 3600 AS length, b.burn_rate AS rate,
  b.down_minutes AS down
FROM vigie.v_burn(until = $__toTime) AS b
${supplierNames(lang, 'b.supplier')}
WHERE ${unlessAll('supplier', `b.supplier IN (${chosen('supplier')})`)}
ORDER BY rate DESC, supplier, class, length LIMIT 100`,
    fields: [
      { name: 'supplier', title: T.suppliers.supplier },
      { name: 'class', title: T.quality.class },
      { name: 'length', title: T.burn.window, unit: 'duration_s' },
      { name: 'rate', title: T.burn.rate, unit: 'score', decimals: 1, thresholds: 'burn' },
      { name: 'down', title: T.burn.down, unit: 'minutes', decimals: 0 },
    ],
  })

const links = (lang: Language): Tile =>
  rows(24, {
    id: 5,
    title: T.links.title,
    about: T.links.about,
    nothing: COMMON.all_well,
    link: { title: COMMON.see_links, page: 'links' },
    sql: `SELECT l.id AS link, ${named('org_names', 'l.organization')} AS org, ${named('supplier_names', 'l.supplier')} AS supplier,
  100 * l.availability_ratio AS availability, 100 * l.availability_objective_ratio AS objective, l.breach_minutes AS breach,
  l.unknown_minutes AS unknown, l.outages AS outages, l.credit_cad AS credit
FROM (SELECT * ${LINKS} AND is_breached) AS l
${orgNames(lang, 'l.organization')}
${supplierNames(lang, 'l.supplier')}
ORDER BY breach DESC, link LIMIT 500`,
    fields: [
      { name: 'link', title: T.links.link },
      { name: 'org', title: T.links.organization },
      { name: 'supplier', title: T.suppliers.supplier },
      { name: 'availability', title: T.now.availability, unit: 'percent', decimals: 3 },
      { name: 'objective', title: T.suppliers.objective, unit: 'percent', decimals: 3 },
      { name: 'breach', title: T.now.breach, unit: 'minutes', decimals: 0, cell: 'bar' },
      { name: 'unknown', title: T.links.unknown_minutes, unit: 'minutes', decimals: 0 },
      { name: 'outages', title: T.suppliers.outages },
      { name: 'credit', title: T.now.credit, unit: 'dollars', decimals: 2 },
    ],
  })

const CHOSEN_LINKS = `link IN (
      SELECT number FROM vigie.links FINAL
      WHERE ${unlessAll('supplier', `supplier IN ${numbersOf('suppliers', 'supplier')}`)}
        AND ${unlessAll('sla_class', `sla_class IN (${chosen('sla_class')})`)}
        AND site IN (SELECT number FROM vigie.sites FINAL WHERE ${unlessAll('org', `organization IN ${numbersOf('organizations', 'org')}`)}))`

const days = (lang: Language): Tile =>
  history(
    14,
    {
      id: 8,
      title: T.days.title,
      about: T.days.about,
      unit: 'percent',
      decimals: 3,
      thresholds: 'availability_percent',
      interval: '1d',
      timeFrom: '30d',
      sql: availabilityDays(
        'link',
        nameOf('suppliers', "dictGetOrDefault('vigie.links_names', 'supplier', toUInt64(link), 0)", lang),
        `link != 0 AND ${CHOSEN_LINKS}`,
      ),
    },
    { by: 'name' },
  )

const attribution = (lang: Language): Tile =>
  ranking(10, {
    id: 9,
    title: T.attribution.title,
    about: T.attribution.about,
    nothing: COMMON.all_well,
    unit: 'minutes',
    decimals: 0,
    sql: `SELECT ${named('site_names', 'e.site')} AS name, sum(e.counted_minutes) AS counted, e.site AS place_id
FROM (
  SELECT site, counted_minutes FROM vigie.v_sla_evidence(month = ${THE_MONTH})
  WHERE level = 'link' AND metric = 'availability'${planScope(SCOPE)}
) AS e
${siteNames(lang, 'e.site')}
GROUP BY name, place_id ORDER BY counted DESC, name LIMIT 12`,
    fields: [
      {
        name: 'name',
        title: EDGE_WORDS.site,
        link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.place_id}` } },
      },
      { name: 'counted', title: T.attribution.counted },
      { name: 'place_id' },
    ],
  })

const quality: Tile = rows(16, {
  id: 6,
  title: T.quality.title,
  about: T.quality.about,
  sql: `SELECT id AS class, round_trip_delay_p95_ms AS round_trip, round_trip_delay_objective_ms AS round_trip_objective,
  one_way_delay_p95_ms AS one_way, delay_variation_p95_ms AS variation,
  100 * ifNull(round_trip_loss_ratio_mean, one_way_loss_ratio_mean) AS loss, mos_mean AS mos
FROM vigie.v_sla
WHERE month = ${THE_MONTH} AND level = 'class' AND id != '' AND ${unlessAll('sla_class', `id IN (${chosen('sla_class')})`)}
ORDER BY class LIMIT 50`,
  fields: [
    { name: 'class', title: T.quality.class },
    { name: 'round_trip', title: T.quality.round_trip, unit: 'ms', decimals: 1 },
    { name: 'round_trip_objective', title: T.quality.round_trip_objective, unit: 'ms', decimals: 1 },
    { name: 'one_way', title: T.quality.one_way, unit: 'ms', decimals: 1 },
    { name: 'variation', title: T.quality.variation, unit: 'ms', decimals: 1 },
    { name: 'loss', title: T.quality.loss, unit: 'percent', decimals: 2 },
    { name: 'mos', title: T.quality.mos, unit: 'score', decimals: 2 },
  ],
})

const trend = (lang: Language): Tile =>
  series(
    8,
    {
      id: 7,
      title: T.trend.title,
      about: T.trend.about,
      unit: 'percent',
      decimals: 3,
      sql: `SELECT ${MONTH_AXIS} AS t, ${named('supplier_names', 's.id')} AS name, 100 * s.availability_ratio AS availability
FROM vigie.v_sla AS s
${supplierNames(lang, 's.id')}
WHERE ${MONTHS} AND s.level = 'supplier' AND s.id != '' AND ${SUPPLIERS}
ORDER BY t, name`,
    },
    { by: 'name', floating: true, most: 100, legend: ['last'] },
  )

export const SERVICE_LEVELS: BoardSpec = {
  page: 'service_levels',
  about: T.about,
  from: 'now-30d',
  refresh: '15m',
  rows: (lang) => [
    { height: 4, tiles: [now] },
    { height: 6, tiles: [suppliers(lang)] },
    { height: 7, tiles: [budget, burn(lang)] },
    { height: 8, tiles: [days(lang), attribution(lang)] },
    { height: 9, tiles: [links(lang)] },
    { height: 8, tiles: [quality, trend(lang)] },
  ],
}
