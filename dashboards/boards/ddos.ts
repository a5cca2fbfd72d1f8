import type { BoardSpec } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { ATTACK_KINDS, DDOS as T } from '../i18n/ddos.js'
import { EDGE_WORDS } from '../i18n/edge_words.js'
import { FINDING_COLUMNS, FINDING_STATES, SEVERITIES } from '../i18n/findings_words.js'
import { FLOW_WORDS } from '../i18n/flow_words.js'
import { TRAFFIC } from '../i18n/traffic.js'
import type { Language } from '../language.js'
import { IN_RANGE, linkName, links as linkRows, meanOf } from '../queries/edges.js'
import { AGE_S, findingScope, OWN_RANGE, placeNames, SITE_NAME, STANDING } from '../queries/findings.js'
import { rate } from '../queries/flows.js'
import { addressText, idOf, literal, nameOf, wordsOf } from '../queries/names.js'
import { RAW_BOUND, TABLES } from '../queries/tables.js'
import { meanwhile } from '../vocabulary/annotations.js'
import { SERIES } from '../vocabulary/palette.js'
import { ranking, rows, series, stats, type Tile } from '../vocabulary/panels.js'

const scope = findingScope(['org', 'site'])
const OCTETS = 'sum(bytes * greatest(sampling_rate, 1))'
const PACKETS = 'sum(packets * greatest(sampling_rate, 1))'
const LAUNCHED = ['outbound_flood', 'abused_reflector'] as const
const kind = "JSONExtractString(evidence, 'kind')"
const launched = `${kind} IN (${LAUNCHED.map((name) => `'${name}'`).join(', ')})`

/** Attacks that the range saw. */
const ATTACKS = `(
  SELECT * FROM ${STANDING}
  WHERE service = 'ddos' AND (last_seen >= $__fromTime OR status = 'open') AND ${scope}
)`

/** Raw flows to attacked addresses, an hour at most: minutes do not know addresses. */
const FLOWS_TO_TARGETS = `${TABLES.flows}
WHERE ${RAW_BOUND}
  AND dst_addr IN (SELECT toIPv6OrZero(arrayJoin(dst)) FROM ${ATTACKS})`

const now: Tile = stats(24, {
  id: 1,
  title: T.now.title,
  about: T.now.about,
  sql: `SELECT countIf(status = 'open' AND NOT ${launched}) AS open, countIf(status = 'open' AND ${launched}) AS outbound,
  uniqExactIf(site, status = 'open' AND site != '') AS sites,
  if(count() = 0, NULL, maxOrNull(JSONExtractFloat(evidence, 'peak_bits_per_s'))) AS peak
FROM ${ATTACKS}`,
  fields: [
    { name: 'open', title: T.now.open, thresholds: 'any' },
    {
      name: 'outbound',
      title: T.now.outbound,
      thresholds: 'any',
      link: { title: COMMON.see_findings, page: 'findings', set: { service: 'ddos' } },
    },
    { name: 'sites', title: T.now.sites, thresholds: 'some' },
    { name: 'peak', title: T.now.peak, unit: 'bits_per_s' },
  ],
})

const attacks = (lang: Language): Tile =>
  rows(24, {
    id: 2,
    title: T.attacks.title,
    about: T.attacks.about,
    nothing: COMMON.no_attack,
    sql: `SELECT f.status AS status, f.severity_id AS severity,
  if(empty(f.dst), f.title_${lang}, concat(f.dst[1], if(length(f.dst) > 1, concat(' +', toString(length(f.dst) - 1)), ''))) AS target,
  ${SITE_NAME} AS site, ${wordsOf("JSONExtractString(f.evidence, 'kind')", ATTACK_KINDS, lang, "''")} AS kind,
  nullIf(JSONExtractFloat(f.evidence, 'peak_bits_per_s'), 0) AS peak_bits,
  nullIf(JSONExtractFloat(f.evidence, 'peak_packets_per_s'), 0) AS peak_packets,
  nullIf(JSONExtractUInt(f.evidence, 'sources_estimated'), 0) AS peers, ${AGE_S} AS age_s, f.score AS score,
  f.uid AS uid, f.site AS site_id, ${OWN_RANGE}
FROM ${ATTACKS} AS f
${placeNames(lang)}
ORDER BY f.status = 'open' DESC, f.severity_id DESC, peak_bits DESC, f.uid LIMIT 100`,
    fields: [
      { name: 'status', title: FINDING_COLUMNS.state, words: FINDING_STATES, cell: 'colour', width: 95 },
      { name: 'severity', title: FINDING_COLUMNS.severity, words: SEVERITIES, cell: 'colour', width: 100 },
      {
        name: 'target',
        title: T.attacks.target,
        link: {
          title: COMMON.see_finding,
          page: 'finding',
          set: { uid: `\${__data.fields.uid}` },
          range: { from: `\${__data.fields.from_ms}`, to: `\${__data.fields.to_ms}` },
        },
      },
      {
        name: 'site',
        title: FINDING_COLUMNS.site,
        link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.site_id}` } },
      },
      { name: 'kind', title: T.attacks.kind },
      { name: 'peak_bits', title: T.attacks.peak_bits, unit: 'bits_per_s' },
      { name: 'peak_packets', title: T.attacks.peak_packets, unit: 'packets_per_s' },
      { name: 'peers', title: T.attacks.peers },
      { name: 'age_s', title: FINDING_COLUMNS.duration, unit: 'duration_s' },
      { name: 'score', title: FINDING_COLUMNS.score, unit: 'score', decimals: 0 },
      { name: 'uid' },
      { name: 'site_id' },
      { name: 'from_ms' },
      { name: 'to_ms' },
    ],
  })

const toTargets: Tile = series(
  12,
  {
    id: 3,
    title: T.rate.title,
    about: T.rate.about,
    nothing: COMMON.no_attack,
    unit: 'bits_per_s',
    interval: '10s',
    sql: `SELECT $__timeInterval(time_received) AS t, ${addressText('dst_addr')} AS target, ${rate(OCTETS)} AS bits_per_s
FROM ${FLOWS_TO_TARGETS}
GROUP BY t, target ORDER BY t, target`,
  },
  { by: 'target', stacked: true, legend: ['last', 'max'] },
)

const packets: Tile = series(
  12,
  {
    id: 4,
    title: T.packets.title,
    about: T.packets.about,
    nothing: COMMON.no_attack,
    unit: 'packets_per_s',
    interval: '10s',
    sql: `SELECT $__timeInterval(time_received) AS t, ${PACKETS} / $__interval_s AS packets_per_s, uniq(src_addr) AS sources
FROM ${FLOWS_TO_TARGETS}
GROUP BY t ORDER BY t WITH FILL STEP $__interval_s`,
    fields: [
      { name: 'packets_per_s', title: T.packets.packets, colour: SERIES[0]!.dark },
      { name: 'sources', title: T.packets.sources, unit: 'count', colour: SERIES[1]!.dark, draw: 'right' },
    ],
  },
  { legend: ['last', 'max'] },
)

const links = (lang: Language): Tile =>
  rows(24, {
    id: 8,
    title: T.links.title,
    about: T.links.about,
    nothing: COMMON.no_attack,
    link: { title: COMMON.see_links, page: 'links' },
    sql: `SELECT ${linkName('any(parts)')} AS link, ${nameOf('sites', 'site_id', lang)} AS place, ${nameOf('suppliers', 'any(supplier_id)', lang)} AS supplier,
  100 * ${meanOf('rx_bps')} / nullIf(max(rx_capacity_bps), 0) AS used, 100 * max(rx_bps_max) / nullIf(max(rx_capacity_bps), 0) AS most,
  100 * ${meanOf('loss_ratio')} AS loss, ${idOf('sites', 'site_id')} AS place_id
FROM ${linkRows([], IN_RANGE, `site_id IN (SELECT number FROM vigie.sites WHERE id IN (SELECT site FROM ${ATTACKS} WHERE site != ''))`)}
GROUP BY path, site_id ORDER BY most DESC, link, place LIMIT 50`,
    fields: [
      { name: 'link', title: COMMON.link },
      {
        name: 'place',
        title: EDGE_WORDS.site,
        link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.place_id}` } },
      },
      { name: 'supplier', title: EDGE_WORDS.supplier },
      {
        name: 'used',
        title: T.links.used,
        unit: 'percent',
        decimals: 1,
        thresholds: 'utilisation_percent',
        cell: 'bar',
      },
      { name: 'most', title: T.links.most, unit: 'percent', decimals: 1, thresholds: 'utilisation_percent' },
      { name: 'loss', title: EDGE_WORDS.loss, unit: 'percent', decimals: 2, thresholds: 'loss_percent' },
      { name: 'place_id' },
    ],
  })

const ports: Tile = ranking(7, {
  id: 5,
  title: T.ports.title,
  about: T.ports.about,
  nothing: COMMON.no_attack,
  unit: 'percent',
  decimals: 1,
  sql: `SELECT toString(src_port) AS name, 100 * octets / sum(octets) OVER () AS share
FROM (SELECT src_port, ${OCTETS} AS octets FROM ${FLOWS_TO_TARGETS} GROUP BY src_port)
ORDER BY share DESC, src_port LIMIT 10`,
  fields: [{ name: 'share', title: FLOW_WORDS.share }],
})

const origin = (lang: Language): Tile =>
  rows(10, {
    id: 6,
    title: T.origin.title,
    about: T.origin.about,
    nothing: COMMON.no_attack,
    sql: `SELECT ifNull(nullIf(src_country, ''), ${literal(TRAFFIC.countries_unknown, lang)}) AS country,
  if(src_as = 0, ${literal(TRAFFIC.systems.unknown, lang)}, concat('AS', toString(src_as))) AS system, uniq(src_addr) AS sources,
  ${OCTETS} AS octets, 100 * octets / sum(octets) OVER () AS share
FROM ${FLOWS_TO_TARGETS}
GROUP BY country, system ORDER BY share DESC, country, system LIMIT 30`,
    fields: [
      { name: 'country', title: FLOW_WORDS.country },
      { name: 'system', title: FLOW_WORDS.as },
      { name: 'sources', title: T.origin.sources },
      { name: 'octets', title: FLOW_WORDS.bytes, unit: 'bytes' },
      { name: 'share', title: FLOW_WORDS.share, unit: 'percent', decimals: 1, cell: 'bar' },
    ],
  })

const sources: Tile = rows(7, {
  id: 7,
  title: T.sources.title,
  about: T.sources.about,
  nothing: COMMON.no_attack,
  sql: `SELECT ${addressText('src_addr')} AS source, ${OCTETS} AS octets, ${PACKETS} AS packets
FROM ${FLOWS_TO_TARGETS}
GROUP BY source ORDER BY octets DESC, source LIMIT 50`,
  fields: [
    { name: 'source', title: FLOW_WORDS.source },
    { name: 'octets', title: FLOW_WORDS.bytes, unit: 'bytes', cell: 'bar' },
    { name: 'packets', title: FLOW_WORDS.packets },
  ],
})

export const DDOS: BoardSpec = {
  page: 'ddos',
  about: T.about,
  from: 'now-1h',
  refresh: '10s',
  annotations: meanwhile(['org', 'site']),
  rows: (lang) => [
    { height: 3, tiles: [now] },
    { height: 8, tiles: [attacks(lang)] },
    { height: 10, tiles: [toTargets, packets] },
    { height: 6, tiles: [links(lang)] },
    { height: 9, tiles: [ports, origin(lang), sources] },
  ],
}
