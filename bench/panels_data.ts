import { type LoadStep, planningData } from './planning_data.js'

/**
 * Statements that fill a store with what dashboards read of a network as large as the reference; the engine makes the rows.
 * Minutes of the newest day, then of the day before it, are made; older days repeat that one, so that cardinalities are
 * those of a day and loading costs little. Rollups are rolled by the store's own views for the newest days and repeated too.
 */
export interface PanelsSize {
  readonly sites: number
  /** Days of rollups. */
  readonly days: number
  /** Days of these whose minutes of flows are there, and whose minutes of links and tunnels are; the newest ones. */
  readonly minuteDays: number
  readonly sampleDays: number
  /** Months of service levels, bills and days of flows. */
  readonly months: number
  /** Rows of `flows_1m` a minute and site, over the newest day and before it. */
  readonly newRows: number
  readonly oldRows: number
  /** Flow records of the newest hour. */
  readonly flows: number
  readonly findings: number
  readonly incidents: number
  /** Frames a minute. */
  readonly frames: number
  readonly seed: number
  /** Ranges that people choose, besides a board's own. */
  readonly ranges: readonly string[]
  /** Times that each query is asked. */
  readonly runs: number
}

const ORGANIZATIONS = 134
const REGIONS = 17
const SUPPLIERS = 6
const APPLICATIONS = 40
/** Minutes between two samples of a link or tunnel. */
const POLL_MINUTES = 5
const DAY_MINUTES = 1440

/** One sketch of `n` equal values, as the tables of samples hold them. */
const sketch = (value: string, samples: string): string =>
  `arrayReduce('quantilesTDigestState(0.5, 0.95, 0.99)', arrayMap(i -> toNullable(${value} * (0.9 + i / 50)), range(${samples})))`

/** Steps for a store whose newest minute is `now`, s since 1970, a whole hour. */
export function panelsData(size: PanelsSize, now: number): LoadStep[] {
  const month = new Date(now * 1000).toISOString().slice(0, 8).concat('01')
  const planning = planningData({ sites: size.sites, months: size.months, qualityMonths: 2 }, month)
  return [
    ...planning,
    { what: 'names', sql: names() },
    { what: 'flows', sql: [flows(size, now)] },
    {
      what: 'minutes',
      sql: [minutes(size, now, 0), ...(size.minuteDays > 1 ? [minutes(size, now, 1)] : [])],
    },
    { what: 'minutes, copied', sql: copies('flows_1m', 'minute', 2, size.minuteDays, now) },
    { what: 'samples', sql: [sketches(), ...KINDS.map((kind) => samples(size, now, kind))] },
    {
      what: 'samples, copied',
      sql: KINDS.flatMap((kind) => copies(`${kind}_samples_1m`, 'minute', 1, size.sampleDays, now)),
    },
    {
      what: 'hours',
      sql: KINDS.flatMap((kind) => [hours(kind), ...copies(`${kind}_samples_1h`, 'hour', 1, size.days, now)]),
    },
    {
      what: 'days',
      sql: KINDS.map(days),
    },
    {
      what: 'arrivals',
      sql: KINDS.map(
        (kind) =>
          `INSERT INTO vigie.sample_hours SELECT DISTINCT toStartOfHour(minute) AS hour, now64(3) AS arrived FROM vigie.${kind}_samples_1m`,
      ),
    },
    { what: 'ledger', sql: [ledger(size, now)] },
    { what: 'events', sql: [events(size, now)] },
    { what: 'findings', sql: [findings(size, now)] },
    { what: 'incidents', sql: incidents(size, now) },
  ]
}

/** The day before the newest one (or the one that ended `first` days ago), for each of the days from `first` to `last`. */
const copies = (table: string, time: string, first: number, last: number, now: number): string[] =>
  Array.from(
    { length: Math.max(0, last - first) },
    (_, i) => `INSERT INTO vigie.${table} SELECT * REPLACE (${time} - ${86_400 * (i + 1)} AS ${time})
     FROM (SELECT * FROM vigie.${table} WHERE ${time} >= toDateTime(${now - 86_400 * first})
       AND ${time} < toDateTime(${now - 86_400 * (first - 1)}))`,
  )

const names = (): string[] => [
  `INSERT INTO vigie.applications (number, id, name_fr, name_en, version, class)
   SELECT 1001 + number, 'app-' || toString(number) AS id, 'Application ' || toString(number), 'Application ' || toString(number), 1,
     number % 10 FROM numbers(${APPLICATIONS})`,
]

/**
 * What site `s` (from 0) speaks about in its way `k` of 24: a third goes out, a third comes in, a third stays inside; each
 * way has its peer, its application and its port.
 */
const WAY = `
   k % 3 = 0 AS out, k % 3 = 1 AS into, if(k < 12, k % 3, (s * 7 + k) % sites) AS peer, (s + k * 5) % ${APPLICATIONS} AS app,
   1 + s % ${ORGANIZATIONS} AS own_org, 1 + s % ${REGIONS} AS own_region, if(out OR into, 0, 1 + peer % ${ORGANIZATIONS}) AS peer_org,
   if(out OR into, 0, 1 + peer) AS peer_site, if(out OR into, 0, 1 + peer % ${REGIONS}) AS peer_region, 2 * s + 1 + k % 2 AS line,
   [443, 80, 53, 5060, 3389, 1433, 25, 0][1 + app % 8] AS port, if(port IN (53, 5060), 17, 6) AS proto`

/** Minutes of a day that ended `ago` days before `now`; without the newest hour, which comes from flow records. */
function minutes({ sites, newRows, oldRows, seed }: PanelsSize, now: number, ago: number): string {
  const rows = ago === 0 ? newRows : oldRows
  const first = now - 86_400 * (ago + 1)
  const length = ago === 0 ? DAY_MINUTES - 60 : DAY_MINUTES
  return `INSERT INTO vigie.flows_1m (minute, exporter_addr, src_org_id, dst_org_id, src_site_id, dst_site_id, src_region_code,
     dst_region_code, locality, provider_id, link_id, app_rule_id, app_class_id, ip_proto, service_port, counted, flows, bytes,
     packets, bytes_est, packets_est)
   WITH ${sites} AS sites, intDiv(number, ${sites * rows}) AS m, intDiv(number % ${sites * rows}, ${rows}) AS s,
     cityHash64(s, number % ${rows}, intDiv(m, 20), ${seed}) % 24 AS k, ${WAY},
     1 + cityHash64(number, ${seed}) % 200 AS n, n * (500 + cityHash64(number, k) % 90000) AS octets
   SELECT toDateTime(${first}) + 60 * m, IPv4ToIPv6(toIPv4(3221225985 + s)), if(into, 0, own_org), if(into, own_org, peer_org),
     if(into, 0, s + 1), if(into, s + 1, peer_site), if(into, 0, own_region), if(into, own_region, peer_region),
     multiIf(out, 1, into, 2, 3), 1 + line % ${SUPPLIERS}, line, 1001 + app, app % 10, proto, port, cityHash64(number) % 10 > 0, n,
     octets, 1 + intDiv(octets, 700), octets, 1 + intDiv(octets, 700)
   FROM numbers(${sites * rows * length})`
}

/** Flow records of the newest hour; the view makes their minutes. One in a thousand belongs to an attack: the newest finding's, of the last ten minutes. */
const flows = ({ sites, flows: count, seed }: PanelsSize, now: number): string =>
  `INSERT INTO vigie.flows (time_received, flow_start, flow_end, export_protocol, exporter_addr, observation_domain, src_addr, dst_addr,
     src_port, dst_port, ip_proto, tcp_flags, bytes, packets, sampling_rate, counted, src_as, dst_as, src_org_id, dst_org_id, src_site_id,
     dst_site_id, src_region_code, dst_region_code, locality, provider_id, link_id, app_rule_id, app_class_id, src_country_code,
     dst_country_code)
   WITH ${sites} AS sites, intDiv(number * 3599000, ${count}) AS ms, cityHash64(number, ${seed}) AS h, h % sites AS s,
     cityHash64(s, intDiv(h, 65536) % 8, intDiv(ms, 1200000)) % 24 AS k, ${WAY}, ms >= 3000000 AND number % 167 = 0 AS attack,
     fromUnixTimestamp64Milli(${now - 3600}000 + ms) AS at, 167772160 + s * 256 + intDiv(h, 4096) % 200 AS inner,
     16777216 + 65536 * (intDiv(h, 1024) % 3000) + h % 50 AS outer, 167772160 + peer * 256 + h % 60 AS other,
     [21843, 17217, 18002, 17477, 16978, 20048][1 + h % 6] AS country, 1000 + intDiv(h, 1024) % 3000 AS system
   SELECT at, at - 5, at, if(s % 2 = 0, 'netflow9', 'ipfix'), IPv4ToIPv6(toIPv4(3221225985 + s)), 1,
     IPv4ToIPv6(toIPv4(toUInt32(if(into OR attack, outer, inner)))), IPv4ToIPv6(toIPv4(toUInt32(multiIf(attack, 167772160,
     out, outer, into, inner, other)))),
     if(attack, [53, 123, 1900][1 + h % 3], 1024 + h % 60000), if(port = 0, 20000 + h % 30000, port), proto, 27,
     500 + intDiv(h, 64) % 90000,
     1 + intDiv(h, 128) % 60, 1, h % 10 > 0, if(into, system, 64512), if(out, system, 64512), if(into, 0, own_org), if(into,
     own_org, peer_org),
     if(into, 0, s + 1), if(into, s + 1, peer_site), if(into, 0, own_region), if(into, own_region, peer_region),
     multiIf(out, 'outbound', into, 'inbound', 'internal'), 1 + line % ${SUPPLIERS}, line, 1001 + app, app % 10,
     if(into, country, 17217), if(out, country, 17217)
   FROM numbers(${count})`

const KINDS = ['link', 'tunnel'] as const
type Kind = (typeof KINDS)[number]

/** A few dozen sketches that all samples take theirs from: reading merges as many, making them is not measured. */
const sketches = (): string => `CREATE TABLE vigie.bench_samples ENGINE = Memory AS
   SELECT n, many, 10. + n AS latency, 1 + n / 20 AS jitter, if(n % 50 = 7, 0.02, n / 40000) AS loss, if(n % 50 = 7, 2.9, if(n % 20 = 3, 3.4, 4.2 + n / 400)) AS opinion,
     ${sketch('latency', 'many')} AS latency_sketch, ${sketch('jitter', 'many')} AS jitter_sketch, ${sketch('loss', 'many')} AS loss_sketch
   FROM (SELECT number % 64 AS n, [1, ${60 / POLL_MINUTES}][1 + intDiv(number, 64)] AS many FROM numbers(128))`

const METRICS = `samples, latency_ms_count, latency_ms_sum, latency_ms_min, latency_ms_max, latency_ms_quantiles, jitter_ms_count,
     jitter_ms_sum, jitter_ms_min, jitter_ms_max, jitter_ms_quantiles, loss_ratio_count, loss_ratio_sum, loss_ratio_min, loss_ratio_max,
     loss_ratio_quantiles, mos_computed_count, mos_computed_sum, mos_computed_min, mos_computed_max, tx_bps_count, tx_bps_sum, rx_bps_count,
     rx_bps_sum, rx_bps_max, tx_capacity_bps, rx_capacity_bps, state_up, state_degraded, state_down`

const columnsOf = (kind: Kind): string =>
  `site_id, link_id, device, link, sla_class, direction, latency_kind, latency_statistic, org_id, supplier_id, vendor${kind === 'tunnel' ? ', local_color, remote_color, remote, remote_site_id' : ''}`

/** Samples of the newest day: links two a site, tunnels four, each every five minutes. One path in a hundred has been down for a while. */
function samples({ sites, seed }: PanelsSize, now: number, kind: Kind): string {
  const paths = sites * (kind === 'link' ? 2 : 4)
  const tunnel =
    kind === 'tunnel'
      ? ", ['mpls', 'internet'][1 + p % 2], ['mpls', 'internet'][1 + intDiv(p, 2) % 2], concat('192.0.2.', toString(p % 3)), 1 + p % 3"
      : ''
  return `INSERT INTO vigie.${kind}_samples_1m (minute, ${columnsOf(kind)}, ${METRICS})
   WITH intDiv(number, ${paths}) AS m, number % ${paths} AS p, intDiv(p, ${paths / sites}) AS s, 2 * s + 1 + p % 2 AS line,
     cityHash64(p, intDiv(m, 6), ${seed}) AS h, h % 200 = 0 AS dead, h % 70 = 0 AS weak
   SELECT toDateTime(${now - 86_400 + 60}) + ${POLL_MINUTES * 60} * m, s + 1, line, concat('edge-', toString(s + 1)),
   concat('wan', toString(1 + p % 2)),
     ['voix', 'or', 'argent'][1 + p % 3], 'both', 'round_trip', 'mean', 1 + s % ${ORGANIZATIONS}, 1 + (line - 1) % ${SUPPLIERS}, 'generic'${tunnel},
     1, 1, k.latency, k.latency, k.latency, k.latency_sketch, 1, k.jitter, k.jitter, k.jitter, k.jitter_sketch, 1, k.loss, k.loss, k.loss,
     k.loss_sketch, 1, k.opinion, k.opinion, k.opinion, 1, 2e6 + h % 1000000, 1, 8e6 + h % 9000000, 8e6 + h % 9000000, 1e8, 1e8,
     NOT dead AND NOT weak, weak AND NOT dead, dead
   FROM numbers(${(paths * DAY_MINUTES) / POLL_MINUTES}) AS x INNER JOIN vigie.bench_samples AS k
     ON k.n = cityHash64(x.number, ${seed}) % 64 AND k.many = 1`
}

/** Hours of the newest day, from its minutes; sketches are those of as many samples. */
const hours = (kind: Kind): string => {
  const sums = METRICS.split(/,\s*/)
    .map((column) => {
      if (column.endsWith('_quantiles')) return `k.${column.replace(/_(ms|ratio)_quantiles/, '')}_sketch`
      if (column.endsWith('_min')) return `min(x.${column})`
      if (column.endsWith('_max') || column.endsWith('capacity_bps')) return `max(x.${column})`
      return `sum(x.${column})`
    })
    .join(', ')
  const keys = columnsOf(kind)
  return `INSERT INTO vigie.${kind}_samples_1h (hour, ${keys}, ${METRICS})
   SELECT h.*
   FROM (
     SELECT toStartOfHour(x.minute) AS hour, ${keys}, ${sums.replaceAll(/k\.(\w+)_sketch/g, 'any(k.$1_sketch)')}
     FROM vigie.${kind}_samples_1m AS x INNER JOIN vigie.bench_samples AS k ON k.n = cityHash64(x.site_id, x.link_id) % 64 AND k.many != 1
     WHERE x.minute > (SELECT max(minute) - 86400 FROM vigie.${kind}_samples_1m)
     GROUP BY hour, ${keys}
   ) AS h`
}

/** Days, from hours. */
const days = (
  kind: Kind,
): string => `INSERT INTO vigie.${kind}_samples_1d (day, ${columnsOf(kind)}, ${METRICS})
   SELECT toStartOfDay(x.hour) AS day, ${columnsOf(kind)}, ${METRICS.split(/,\s*/)
     .map((column) =>
       column.endsWith('_quantiles')
         ? `any(x.${column})`
         : `${/_min$/.test(column) ? 'min' : /(_max|capacity_bps)$/.test(column) ? 'max' : 'sum'}(x.${column})`,
     )
     .join(', ')}
   FROM vigie.${kind}_samples_1h AS x GROUP BY day, ${columnsOf(kind)}`

/** Frames of the collectors, their totals growing with them. */
const ledger = ({ days, frames, seed }: PanelsSize, now: number): string => {
  const count = days * DAY_MINUTES * frames
  return `INSERT INTO vigie.ledger (sequence, collector, number, closed, datagrams, records, stored, rejected, rejected_by, batch, registry_version,
     received, framed, waiting, kernel_dropped, sequence_lost, collector_rejected, written)
   WITH number + 1 AS n, fromUnixTimestamp64Milli(toInt64(${now - days * 86_400}000 + intDiv(number * 60000, ${frames}))) AS at,
     cityHash64(number, ${seed}) % 1000 = 0 AS bad
   SELECT n, ['a', 'b'][1 + number % 2], n, at, 400, 10000, 10000 - if(bad, 2, 0), if(bad, 2, 0),
     if(bad, map('record_truncated', 2), map())::Map(String, UInt64), toString(intDiv(n, 20)), 1, 200 * n, 200 * n, 3, intDiv(n, 90000),
     intDiv(n, 400), map('version_unknown', intDiv(n, 2000), 'source_refused', intDiv(n, 7000))::Map(String, UInt64), at + 1 + (n % 7) / 10
   FROM numbers(${count})`
}

const events = ({ sites, days, seed }: PanelsSize, now: number): string =>
  `INSERT INTO vigie.edge_events (observed_at, received_at, org_id, site_id, link_id, supplier_id, vendor, device, event, severity_id, message, state)
   WITH cityHash64(number, ${seed}) AS h, h % ${sites} AS s,
   fromUnixTimestamp64Milli(toInt64(${now}000 - number * ${Math.round(43_200_000 / sites)})) AS at
   SELECT at, at, 1 + s % ${ORGANIZATIONS}, s + 1, 2 * s + 1, 1 + (2 * s) % ${SUPPLIERS}, 'generic', concat('edge-', toString(s + 1)), 'link-down', 4,
     concat('wan', toString(1 + h % 2), ' lost its carrier'), 'down' FROM numbers(${sites * 2 * days})`

const SERVICES = ['ddos', 'scan', 'beacon', 'dns_tunnel', 'exfiltration', 'brute_force', 'policy', 'sla']

/** Findings over 90 days, each told four times: opened, twice more, closed; one in fifty is open still. */
const findings = ({ sites, findings: count, seed }: PanelsSize, now: number): string =>
  `INSERT INTO vigie.findings (uid, time, activity, service, severity_id, org, site, src, dst, dst_port, ip_proto, first_seen, last_seen, score,
     technique, title_fr, title_en, evidence, brief)
   WITH intDiv(number, 4) AS f, number % 4 AS step, cityHash64(f, ${seed}) AS h, h % ${sites} AS s, ${now}000 - if(f = 0,
   600000, toInt64(f * ${Math.floor(7_776_000_000 / count)})) AS first,
     h % 50 = 0 OR f < 20 AS open, first + step * (20000 + h % 2000000) AS at, ${`['${SERVICES.join("', '")}']`}[1 + if(f = 0, 0, h % ${SERVICES.length})] AS service
   SELECT concat(service, '-', hex(h)), fromUnixTimestamp64Milli(least(at, ${now}000)), ['create', 'update', 'update',
   'close'][1 + step], service, if(f = 0, 6, 1 + h % 6),
     'org-' || toString(1 + s % ${ORGANIZATIONS}), 'site-' || toString(s + 1), if(service = 'ddos', [],
     [IPv4NumToString(toUInt32(167772160 + s * 256 + h % 200))]),
     if(service = 'ddos', ['10.0.0.0'], []), 443, 17, fromUnixTimestamp64Milli(first), fromUnixTimestamp64Milli(least(at, ${now}000)), 40 + h % 60, 'T1046',
     concat('Activité à examiner au site ', toString(s + 1)), concat('Activity to look at, site ', toString(s + 1)),
     concat('{"kind":"', if(service = 'ddos', 'syn_flood', 'vertical'), '","peak_bits_per_s":', toString(h % 1000000000), ',"peak_packets_per_s":', toString(h % 90000),
       ',"floor_per_s":20000000,"floor_unit":"bit/s","baseline_median_per_s":3000000,"sources_estimated":', toString(h % 900), ',"measured":', toString(h % 5000), '}'),
     concat('{"uid":"', hex(h), '","padding":"', repeat('x', 900), '"}')
   FROM numbers(${4 * count}) WHERE NOT (open AND step = 3)`

const incidents = ({ sites, days, incidents: count, seed }: PanelsSize, now: number): string[] => [
  `INSERT INTO vigie.incidents (uid, step, number, kind, key, state, version, category, service, org, site, region, supplier, link, impact, urgency,
     priority, severity_id, assignment_group, assignee, title_fr, title_en, findings, findings_open, sites, first_seen,
     last_seen, opened, updated,
     acknowledged, resolved, closed, due_acknowledge, due_resolve, remotes, brief)
   WITH intDiv(number, 4) AS i, number % 4 AS v, cityHash64(i, ${seed}) AS h, h % ${sites} AS s, h % 20 = 0 AS open,
     fromUnixTimestamp64Milli(toInt64(${now}000 - i * ${Math.floor((days * 86_400_000) / count)})) AS at, toDateTime64(0, 3, 'UTC') AS never
   SELECT concat('incident-', hex(h)), number + 1, concat('INC', toString(100000 + i)), if(h % 40 = 1, 'problem',
   'incident'), concat('key-', toString(h % ${Math.ceil(count / 3)})),
     if(open OR v < 3, 'in_progress', 'resolved'), v + 1, 'network', 'sla', 'org-' || toString(1 + s % ${ORGANIZATIONS}), 'site-' || toString(s + 1), '01',
     ['boreal', 'nordique', 'laurentien', 'ondes', 'riverain', 'cote'][1 + h % 6], 'site-' || toString(s + 1) || '-a', 2, 2, 1 + h % 4, 4, 'Réseau', if(v = 0, '', 'Équipe A'),
     concat('Lien dégradé au site ', toString(s + 1)), concat('Degraded link at site ', toString(s + 1)), 1 + h % 5, toUInt32(open), 1, at, at, at, at + v,
     if(v = 0, never, at + 300 + h % 900), if(open OR v < 3, never, at + 4000 + h % 90000), never, at + 900, at + 14400,
     map('rt', toString(i)), repeat('x', 600)
   FROM numbers(${4 * count})`,
  `INSERT INTO vigie.notifications (target, incident, key, step, version, kind, status, transitions, attempts, decided, done, number)
   WITH cityHash64(intDiv(number, 3), ${seed}) AS h
   SELECT ['rt', 'courriel', 'glpi'][1 + number % 3], concat('incident-', hex(h)), toString(number), number, 1, 'open',
   if(h % 500 = 0, 'dead', 'delivered'), 1, 1 + toUInt16(h % 9 = 0),
     fromUnixTimestamp64Milli(toInt64(${now}000 - intDiv(number, 3) * ${Math.floor((days * 86_400_000) / count)})) AS at,
     at + 1 + number % 3, toString(number)
   FROM numbers(${3 * count})`,
]
