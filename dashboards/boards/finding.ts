import type { BoardSpec, ServiceName } from '../board.js'
import { COMMON } from '../i18n/common.js'
import { ATTACK_KINDS } from '../i18n/ddos.js'
import { EVIDENCE_WORDS, SCAN_KINDS, FINDING as T } from '../i18n/finding.js'
import { ACTIVITIES, FINDING_COLUMNS, FINDING_STATES, SEVERITIES } from '../i18n/findings_words.js'
import { FLOW_WORDS } from '../i18n/flow_words.js'
import type { Language } from '../language.js'
import { ORG_NAME, placeNames, SITE_NAME, STANDING, serviceName } from '../queries/findings.js'
import { protocolName, rate } from '../queries/flows.js'
import { FLOWS_OF_FINDING, NAMED_BY_FINDING, THE_FINDING, WITH_FINDING } from '../queries/flows_of_finding.js'
import { addressText, literal, nameOf, wordsOf } from '../queries/names.js'
import { TABLES } from '../queries/tables.js'
import { windowOf } from '../vocabulary/annotations.js'
import { SERIES, STATES } from '../vocabulary/palette.js'
import { rows, series, stats, type Tile } from '../vocabulary/panels.js'
import { FINDING_FIELDS, findingColumns } from './finding_fields.js'

/** Octets and packets as they passed, samples multiplied out. */
const OCTETS = 'sum(bytes * greatest(sampling_rate, 1))'
const PACKETS = 'sum(packets * greatest(sampling_rate, 1))'

const vitals: Tile = stats(24, {
  id: 1,
  title: T.vitals.title,
  about: T.vitals.about,
  sql: `SELECT max(f.severity_id) AS severity, max(f.status) AS status, max(f.score) AS score,
  max(dateDiff('second', f.first_seen, if(f.status = 'open', now64(3), f.last_seen))) AS duration_s
FROM ${THE_FINDING} AS f`,
  fields: [
    { name: 'severity', title: FINDING_COLUMNS.severity, words: SEVERITIES },
    { name: 'status', title: FINDING_COLUMNS.state, words: FINDING_STATES },
    { name: 'score', title: FINDING_COLUMNS.score, unit: 'score', decimals: 0 },
    { name: 'duration_s', title: FINDING_COLUMNS.duration, unit: 'duration_s' },
  ],
})

/** The finding as a list of properties: a page has one finding, so its columns stand below one another. */
const summary = (lang: Language, services: readonly ServiceName[]): Tile => {
  const property = (name: string, value: string): string =>
    `(${name}, ifNull(nullIf(toString(${value}), ''), ${literal(T.summary.none, lang)}))`
  const listed = (column: string): string =>
    `concat(arrayStringConcat(arraySlice(f.${column}, 1, 8), ', '), if(length(f.${column}) > 8, ' …', ''))`
  const when = (column: string): string =>
    `formatDateTime(f.${column}, '%Y-%m-%d %H:%i:%S', 'America/Toronto')`
  const properties = [
    property(literal(FINDING_COLUMNS.title, lang), `f.title_${lang}`),
    property(literal(FINDING_COLUMNS.service, lang), serviceName(services, lang, 'f.service')),
    property(literal(T.summary.org, lang), ORG_NAME),
    property(literal(T.summary.site, lang), SITE_NAME),
    property(literal(T.summary.targets, lang), listed('dst')),
    property(literal(T.summary.sources, lang), listed('src')),
    property(
      literal(T.summary.protocol, lang),
      `if(f.ip_proto = 0, '', concat(${protocolName('f.ip_proto')}, if(f.dst_port = 0, '', concat(' ', toString(f.dst_port)))))`,
    ),
    property(literal(T.summary.technique, lang), 'f.technique'),
    property(literal(FINDING_COLUMNS.began, lang), when('first_seen')),
    property(literal(FINDING_COLUMNS.last_seen, lang), when('last_seen')),
    property(literal(T.summary.uid, lang), 'f.uid'),
  ]
  return rows(13, {
    id: 2,
    title: T.summary.title,
    about: T.summary.about,
    nothing: COMMON.no_finding,
    link: { title: COMMON.see_findings, page: 'findings', keep: [] },
    sql: `SELECT item.1 AS property, item.2 AS value
FROM ${THE_FINDING} AS f
${placeNames(lang)}
ARRAY JOIN [${properties.join(',\n  ')}] AS item`,
    fields: [
      { name: 'property', title: T.summary.property, width: 170 },
      { name: 'value', title: T.summary.value, cell: 'wrap' },
    ],
  })
}

/** A number of the evidence that is a rate in bits, for the chart of bits; nothing where the detection counts other things. */
const bitsOf = (key: string): string =>
  `if(JSONExtractString(finding.evidence, 'floor_unit') = 'bit/s', nullIf(JSONExtractFloat(finding.evidence, '${key}'), 0), NULL)`

const measure: Tile = series(
  12,
  {
    id: 3,
    title: T.measure.title,
    about: T.measure.about,
    nothing: COMMON.no_flow_of_finding,
    unit: 'bits_per_s',
    interval: '10s',
    sql: `WITH ${WITH_FINDING}
SELECT $__timeInterval(time_received) AS t, ${rate(OCTETS)} AS bits_per_s, ${bitsOf('baseline_median_per_s')} AS baseline,
  ${bitsOf('floor_per_s')} AS threshold
FROM ${FLOWS_OF_FINDING}
GROUP BY t ORDER BY t WITH FILL STEP $__interval_s INTERPOLATE (baseline, threshold)`,
    fields: [
      { name: 'bits_per_s', title: T.measure.rate, colour: SERIES[0]!.dark },
      { name: 'baseline', title: T.measure.baseline, colour: STATES.unknown.dark, draw: 'dashed' },
      { name: 'threshold', title: T.measure.threshold, colour: STATES.critical.dark, draw: 'dashed' },
    ],
  },
  { legend: ['last', 'max'] },
)

const peers: Tile = series(
  12,
  {
    id: 4,
    title: T.peers.title,
    about: T.peers.about,
    nothing: COMMON.no_flow_of_finding,
    unit: 'count',
    interval: '10s',
    sql: `WITH ${WITH_FINDING}
SELECT $__timeInterval(time_received) AS t, ${PACKETS} / $__interval_s AS packets_per_s, uniq(src_addr) AS sources,
  uniq(dst_addr) AS targets
FROM ${FLOWS_OF_FINDING}
GROUP BY t ORDER BY t WITH FILL STEP $__interval_s`,
    fields: [
      { name: 'packets_per_s', title: T.peers.packets, unit: 'packets_per_s', colour: SERIES[0]!.dark },
      { name: 'sources', title: T.peers.sources, unit: 'count', colour: SERIES[1]!.dark, draw: 'right' },
      { name: 'targets', title: T.peers.targets, unit: 'count', colour: SERIES[2]!.dark, draw: 'right' },
    ],
  },
  { legend: ['last', 'max'] },
)

/** A raw JSON value as people write it: whole numbers in groups of three, the decimal sign of the language. */
const evidenceValue = (lang: Language): string => {
  const [group, decimal] = lang === 'fr' ? ['\u00a0', ','] : [',', '.']
  const grouped = `trimLeft(replaceOne(reverse(replaceRegexpAll(reverse(pair.2), '([0-9]{3})', '\\\\1|')), '|', if(length(pair.2) % 3 = 0, '', '|')))`
  return `multiIf(
  match(pair.2, '^[0-9]+$'), replaceAll(${grouped}, '|', '${group}'),
  match(pair.2, '^-?[0-9]+[.][0-9]+$'), replaceOne(pair.2, '.', '${decimal}'),
  ${wordsOf(`trim(BOTH '"' FROM pair.2)`, [...ATTACK_KINDS, ...SCAN_KINDS], lang, `trim(BOTH '"' FROM pair.2)`)})`
}

const evidence = (lang: Language): Tile =>
  rows(11, {
    id: 5,
    title: T.evidence.title,
    about: T.evidence.about,
    nothing: COMMON.no_finding,
    sql: `SELECT ${wordsOf('pair.1', EVIDENCE_WORDS, lang, 'pair.1')} AS name, ${evidenceValue(lang)} AS value
FROM ${THE_FINDING} ARRAY JOIN JSONExtractKeysAndValuesRaw(evidence) AS pair`,
    fields: [
      { name: 'name', title: T.evidence.name },
      { name: 'value', title: T.evidence.value, cell: 'wrap' },
    ],
  })

const timeline = (lang: Language): Tile =>
  rows(9, {
    id: 6,
    title: T.timeline.title,
    about: T.timeline.about,
    nothing: COMMON.no_finding,
    sql: `WITH ${WITH_FINDING}
SELECT time AS at, ${wordsOf('toString(activity)', ACTIVITIES, lang, "''")} AS activity, severity_id AS severity, score
FROM ${TABLES.findings} WHERE uid = finding.uid
ORDER BY time, ${TABLES.findings}.activity LIMIT 500`,
    fields: [
      { name: 'at', title: T.timeline.when, unit: 'time' },
      { name: 'activity', title: T.timeline.activity },
      { name: 'severity', title: FINDING_COLUMNS.severity, words: SEVERITIES, cell: 'colour' },
      { name: 'score', title: FINDING_COLUMNS.score, unit: 'score', decimals: 0 },
    ],
  })

const hosts = (lang: Language): Tile =>
  rows(24, {
    id: 7,
    title: T.hosts.title,
    about: T.hosts.about,
    nothing: COMMON.no_flow_of_finding,
    sql: `WITH ${WITH_FINDING}
SELECT ${addressText('src_addr')} AS source, any(${nameOf('sites', 'src_site_id', lang)}) AS source_site,
  ${addressText('dst_addr')} AS destination, any(${nameOf('sites', 'dst_site_id', lang)}) AS destination_site,
  uniq(dst_port) AS ports, ${OCTETS} AS bytes, ${PACKETS} AS packets, count() AS flows,
  any(dictGetOrDefault('vigie.sites_names', 'id', toUInt64(dst_site_id), '')) AS site_id
FROM ${FLOWS_OF_FINDING}
GROUP BY source, destination ORDER BY bytes DESC, source, destination LIMIT 100`,
    fields: [
      { name: 'source', title: FLOW_WORDS.source },
      { name: 'source_site', title: FLOW_WORDS.source_site },
      { name: 'destination', title: FLOW_WORDS.destination },
      {
        name: 'destination_site',
        title: FLOW_WORDS.destination_site,
        link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.site_id}` } },
      },
      { name: 'ports', title: FLOW_WORDS.distinct_ports },
      { name: 'bytes', title: FLOW_WORDS.bytes, unit: 'bytes', cell: 'bar' },
      { name: 'packets', title: FLOW_WORDS.packets },
      { name: 'flows', title: FLOW_WORDS.flows },
      { name: 'site_id' },
    ],
  })

/** Columns that a list beside another one does not show. */
const NARROWED: ReadonlySet<string> = new Set(['org', 'score'])

const related = (lang: Language): Tile =>
  rows(15, {
    id: 8,
    title: T.related.title,
    about: T.related.about,
    nothing: COMMON.no_related,
    sql: `WITH ${WITH_FINDING}
SELECT f.status AS status, ${findingColumns(lang)},
  if(hasAny(arrayConcat(f.src, f.dst), ${NAMED_BY_FINDING}), ${literal(T.related.address, lang)}, ${literal(T.related.site, lang)}) AS why
FROM ${STANDING} AS f
${placeNames(lang)}
WHERE f.uid != finding.uid
  AND f.first_seen <= finding.last_seen + 86400 AND f.last_seen >= finding.first_seen - 86400
  AND (hasAny(arrayConcat(f.src, f.dst), ${NAMED_BY_FINDING})
    OR (f.site != '' AND f.site = finding.site))
ORDER BY f.first_seen, f.uid LIMIT 50`,
    fields: [
      { name: 'status', title: FINDING_COLUMNS.state, words: FINDING_STATES, cell: 'colour', width: 95 },
      ...FINDING_FIELDS.map((field) => (NARROWED.has(field.name) ? { name: field.name } : field)),
      { name: 'why', title: T.related.why },
    ],
  })

const flows: Tile = rows(24, {
  id: 9,
  title: T.flows.title,
  about: T.flows.about,
  nothing: COMMON.no_flow_of_finding,
  sql: `WITH ${WITH_FINDING}
SELECT time_received AS at, ${addressText('src_addr')} AS source, toString(src_port) AS source_port, ${addressText('dst_addr')} AS destination,
  toString(dst_port) AS destination_port, ${protocolName('ip_proto')} AS protocol, tcp_flags AS flags, bytes, packets,
  ${addressText('exporter_addr')} AS exporter
FROM ${FLOWS_OF_FINDING}
ORDER BY time_received, src_addr, src_port LIMIT 100`,
  fields: [
    { name: 'at', title: FLOW_WORDS.received, unit: 'time' },
    { name: 'source', title: FLOW_WORDS.source },
    { name: 'source_port', title: FLOW_WORDS.source_port },
    { name: 'destination', title: FLOW_WORDS.destination },
    { name: 'destination_port', title: FLOW_WORDS.destination_port },
    { name: 'protocol', title: FLOW_WORDS.protocol },
    { name: 'flags', title: FLOW_WORDS.tcp_flags, unit: 'score' },
    { name: 'bytes', title: FLOW_WORDS.bytes, unit: 'bytes' },
    { name: 'packets', title: FLOW_WORDS.packets },
    { name: 'exporter', title: FLOW_WORDS.exporter },
  ],
})

export const FINDING: BoardSpec = {
  page: 'finding',
  about: T.about,
  from: 'now-1h',
  refresh: '30s',
  annotations: [windowOf(THE_FINDING)],
  rows: (lang, services) => [
    { height: 3, tiles: [vitals] },
    { height: 10, tiles: [summary(lang, services), evidence(lang)] },
    { height: 9, tiles: [measure, peers] },
    { height: 8, tiles: [hosts(lang)] },
    { height: 8, tiles: [timeline(lang), related(lang)] },
    { height: 11, tiles: [flows] },
  ],
}
