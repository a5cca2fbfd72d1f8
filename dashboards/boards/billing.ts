import type { BoardSpec } from '../board.js'
import { INVOICE_ITEMS, BILLING as T } from '../i18n/billing.js'
import { COMMON } from '../i18n/common.js'
import type { Language } from '../language.js'
import { wordsOf } from '../queries/names.js'
import { MONTH_AXIS, named, orgNames, planScope, supplierNames, THE_MONTH } from '../queries/planning.js'
import { SERIES, STATES } from '../vocabulary/palette.js'
import { rows, series, stats, type Tile } from '../vocabulary/panels.js'

const SCOPE = planScope(['org', 'supplier'])

const now: Tile = stats(24, {
  id: 1,
  title: T.now.title,
  about: T.now.about,
  sql: `SELECT sum(total_cad) AS total, sum(base_cad) AS base, sum(burst_cad) AS burst, sum(volume_cad) AS volume,
  sum(credit_cad) AS credit, sum(links) AS billed
FROM vigie.v_invoice WHERE month = ${THE_MONTH}${SCOPE}`,
  fields: [
    { name: 'total', title: T.now.total, unit: 'dollars', decimals: 2 },
    { name: 'base', title: T.now.base, unit: 'dollars', decimals: 2 },
    { name: 'burst', title: T.now.burst, unit: 'dollars', decimals: 2 },
    { name: 'volume', title: T.now.volume, unit: 'dollars', decimals: 2 },
    { name: 'credit', title: T.now.credit, unit: 'dollars', decimals: 2 },
    { name: 'billed', title: T.now.links },
  ],
})

const organizations = (lang: Language): Tile =>
  rows(24, {
    id: 2,
    title: T.organizations.title,
    about: T.organizations.about,
    sql: `SELECT ${named('org_names', 'i.organization')} AS org, ${named('supplier_names', 'i.supplier')} AS supplier, i.links AS billed,
  i.base_cad AS base, i.burst_cad AS burst, i.volume_cad AS volume, i.credit_cad AS credit, i.total_cad AS total
FROM (SELECT * FROM vigie.v_invoice WHERE month = ${THE_MONTH}${SCOPE}) AS i
${orgNames(lang, 'i.organization')}
${supplierNames(lang, 'i.supplier')}
ORDER BY total DESC, org, supplier LIMIT 500`,
    fields: [
      { name: 'org', title: T.organizations.organization },
      { name: 'supplier', title: T.organizations.supplier },
      { name: 'billed', title: T.now.links },
      { name: 'base', title: T.now.base, unit: 'dollars', decimals: 2 },
      { name: 'burst', title: T.now.burst, unit: 'dollars', decimals: 2 },
      { name: 'volume', title: T.now.volume, unit: 'dollars', decimals: 2 },
      { name: 'credit', title: T.now.credit, unit: 'dollars', decimals: 2 },
      { name: 'total', title: T.now.total, unit: 'dollars', decimals: 2, cell: 'bar' },
    ],
  })

const trend = (lang: Language): Tile =>
  series(
    10,
    {
      id: 3,
      title: T.trend.title,
      about: T.trend.about,
      unit: 'dollars',
      decimals: 0,
      timeFrom: '400d',
      sql: `SELECT ${MONTH_AXIS} AS t, ${named('supplier_names', 'i.supplier')} AS name, sum(i.total_cad) AS total
FROM (SELECT * FROM vigie.v_invoice WHERE month >= $__fromTime AND month <= $__toTime${SCOPE}) AS i
${supplierNames(lang, 'i.supplier')}
GROUP BY t, name ORDER BY t, name`,
    },
    { bars: true, stacked: true, by: 'name', legend: ['last', 'sum'] },
  )

const usage = (lang: Language): Tile =>
  rows(24, {
    id: 4,
    title: T.usage.title,
    about: T.usage.about,
    nothing: COMMON.all_well,
    link: { title: COMMON.see_links, page: 'links' },
    sql: `SELECT u.link AS link, ${named('org_names', 'u.organization')} AS org, ${named('supplier_names', 'u.supplier')} AS supplier,
  u.committed_bps AS committed, u.billed_p95_bps AS p95, u.burst_bps AS burst, u.billed_bytes AS volume, 100 * u.measured_ratio AS measured
FROM (SELECT * FROM vigie.v_usage WHERE month = ${THE_MONTH}${SCOPE}) AS u
${orgNames(lang, 'u.organization')}
${supplierNames(lang, 'u.supplier')}
WHERE u.billed_p95_bps > u.committed_bps ORDER BY burst DESC, link LIMIT 500`,
    fields: [
      { name: 'link', title: T.usage.link },
      { name: 'org', title: T.organizations.organization },
      { name: 'supplier', title: T.organizations.supplier },
      { name: 'committed', title: T.usage.committed, unit: 'bits_per_s' },
      { name: 'p95', title: T.usage.p95, unit: 'bits_per_s' },
      { name: 'burst', title: T.usage.burst, unit: 'bits_per_s', cell: 'bar' },
      { name: 'volume', title: T.now.volume, unit: 'bytes' },
      { name: 'measured', title: T.usage.measured, unit: 'percent', decimals: 1 },
    ],
  })

/** The link with the largest excess of the month, or of those that the page is narrowed down to. */
const DEAREST = `(SELECT number, committed FROM (
    SELECT l.number AS number, u.committed_bps AS committed, u.burst_bps AS burst
    FROM (SELECT * FROM vigie.v_usage WHERE month = ${THE_MONTH}${SCOPE}) AS u
    INNER JOIN (SELECT number, id FROM vigie.links FINAL) AS l ON l.id = u.link
  ) ORDER BY burst DESC, number LIMIT 1)`

const percentile: Tile = series(
  14,
  {
    id: 6,
    title: T.percentile.title,
    about: T.percentile.about,
    unit: 'bits_per_s',
    interval: '5m',
    link: { title: COMMON.see_links, page: 'links' },
    sql: `WITH dearest AS ${DEAREST}, rates AS (
  SELECT toDateTime(day, 'America/Toronto') + 300 * slot AS at, greatest(tx, rx) AS bits
  FROM (SELECT day, slots, tx_bps, rx_bps FROM vigie.traffic_5m FINAL WHERE link IN (SELECT number FROM dearest)
    AND day >= toDate($__fromTime, 'America/Toronto') AND day <= toDate($__toTime, 'America/Toronto'))
  ARRAY JOIN slots AS slot, tx_bps AS tx, rx_bps AS rx
)
SELECT $__timeInterval(at) AS t, max(bits) AS bits_per_s, (SELECT quantileExact(0.95)(bits) FROM rates) AS p95,
  (SELECT max(committed) FROM dearest) AS committed
FROM rates WHERE at >= $__fromTime AND at <= $__toTime GROUP BY t ORDER BY t`,
    fields: [
      { name: 'bits_per_s', title: T.percentile.rate, colour: SERIES[0]!.dark },
      { name: 'p95', title: T.percentile.p95, colour: SERIES[1]!.dark, draw: 'dashed' },
      { name: 'committed', title: T.usage.committed, colour: STATES.neutral.dark, draw: 'dashed' },
    ],
  },
  { legend: ['last', 'max'] },
)

const lines = (lang: Language): Tile =>
  rows(24, {
    id: 5,
    title: T.lines.title,
    about: T.lines.about,
    sql: `SELECT ${named('org_names', 'l.organization')} AS org, ${named('supplier_names', 'l.supplier')} AS supplier, l.link AS link,
  ${wordsOf('l.item', INVOICE_ITEMS, lang, 'l.item')} AS item, toFloat64(l.quantity) AS quantity, l.unit_price_cad AS price,
  100 * l.part_ratio AS part, l.amount_cad AS amount
FROM (SELECT * FROM vigie.v_invoice_lines WHERE month = ${THE_MONTH}${SCOPE}) AS l
${orgNames(lang, 'l.organization')}
${supplierNames(lang, 'l.supplier')}
ORDER BY abs(amount) DESC, link, l.item, l.part_from LIMIT 1000`,
    fields: [
      { name: 'org', title: T.organizations.organization },
      { name: 'supplier', title: T.organizations.supplier },
      { name: 'link', title: T.usage.link },
      { name: 'item', title: T.lines.item },
      { name: 'quantity', title: T.lines.quantity, decimals: 2 },
      { name: 'price', title: T.lines.price, unit: 'dollars', decimals: 2 },
      { name: 'part', title: T.lines.part, unit: 'percent', decimals: 1 },
      { name: 'amount', title: T.lines.amount, unit: 'dollars', decimals: 2 },
    ],
  })

export const BILLING: BoardSpec = {
  page: 'billing',
  about: T.about,
  from: 'now-30d',
  refresh: '15m',
  rows: (lang) => [
    { height: 4, tiles: [now] },
    { height: 8, tiles: [organizations(lang)] },
    { height: 10, tiles: [trend(lang), percentile] },
    { height: 8, tiles: [usage(lang)] },
    { height: 10, tiles: [lines(lang)] },
  ],
}
