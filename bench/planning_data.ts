/**
 * Statements that fill the rollups of a network as large as the reference: organisations, sites in 17 regions, two links and
 * four tunnels a site, over months of days; the engine makes the rows. Days of quality take their sketches from a few dozen
 * that were made of 288 samples each, so that loading measures the reading of sketches of a true size and not their making.
 */
export interface PlanningSize {
  readonly sites: number
  readonly months: number
  /** Months of these that have days of quality, the newest ones; left out: all. */
  readonly qualityMonths?: number
  /** Times that each answer is asked for. */
  readonly runs: number
}

export interface LoadStep {
  readonly what: string
  readonly sql: readonly string[]
}

const ORGANIZATIONS = 134
const SUPPLIERS = ['boreal', 'nordique', 'laurentien', 'ondes', 'riverain', 'cote']
const CLASSES = ['or', 'argent', 'bronze']
const list = (names: readonly string[]): string => `['${names.join("', '")}']`
const SKETCH = 'quantilesDDState(0.005, 0.5, 0.95, 0.99)'

/** The steps for `months` months that end with the one that begins on `month` (a day, UTC). */
export function planningData(
  { sites, months, qualityMonths = months }: Omit<PlanningSize, 'runs'>,
  month: string,
): LoadStep[] {
  const first = `toDate('${month}') - INTERVAL ${months - 1} MONTH`
  const days = `toUInt32(dateDiff('day', ${first}, toDate('${month}') + INTERVAL 1 MONTH))`
  const links = sites * 2
  const tunnels = sites * 4
  return [
    { what: 'registry', sql: [...names(sites), ...facts(sites, month)] },
    { what: 'sketches', sql: sketches() },
    { what: 'states', sql: states(sites, links, tunnels, first, days) },
    { what: 'quality', sql: each(qualityMonths, (ago) => quality(tunnels, month, ago)) },
    { what: 'traffic', sql: [...each(months, (ago) => traffic(links, month, ago)), intervals(links, month)] },
    { what: 'weeks', sql: [weeks(links, month)] },
    { what: 'flows', sql: [flows(sites, first, days)] },
  ]
}

const names = (sites: number): string[] => [
  `INSERT INTO vigie.organizations (number, id, name_fr, name_en, version) SELECT number + 1,
     'org-' || toString(number + 1) AS id, id, id, 1 FROM numbers(${ORGANIZATIONS})`,
  `INSERT INTO vigie.suppliers (number, id, name_fr, name_en, version) SELECT number + 1,
     ${list(SUPPLIERS)}[number + 1] AS id, id, id, 1 FROM numbers(${SUPPLIERS.length})`,
  `INSERT INTO vigie.regions (number, id, name_fr, name_en, version) SELECT number + 1,
     leftPad(toString(number + 1), 2, '0') AS id, 'Région ' || id, id, 1 FROM numbers(17)`,
  `INSERT INTO vigie.app_classes (number, id, name_fr, name_en, version) SELECT number, ['unknown', 'voice',
     'video', 'health_record', 'medical_imaging', 'office', 'cloud', 'backup', 'remote_access',
     'radio_gateway'][number + 1] AS id, id, id, 1 FROM numbers(10)`,
  `INSERT INTO vigie.sites (number, id, name_fr, name_en, version, organization, kind, region, network,
     migration_wave, migration_date)
   SELECT number + 1, 'site-' || toString(number + 1) AS id, id, id, 1, 1 + number % ${ORGANIZATIONS},
     if(number % 5 = 4, 'server_room', 'office'), 1 + number % 17,
     if(number % 3 = 0, 'rgt', 'ritm'), 1 + number % 12, toDate(now()) + (number % 12 - 4) * 30
     FROM numbers(${sites})`,
  `INSERT INTO vigie.links (number, id, version, site, supplier)
   SELECT number + 1, 'site-' || toString(intDiv(number, 2) + 1) || if(number % 2 = 0, '-a', '-b'), 1,
     intDiv(number, 2) + 1, 1 + number % ${SUPPLIERS.length} FROM numbers(${sites * 2})`,
]

const facts = (sites: number, month: string): string[] => [
  `INSERT INTO vigie.site_terms (version, site, id, valid_from, valid_to, organization, region, network)
   SELECT 1, number + 1, 'site-' || toString(number + 1), '1970-01-01', '2106-01-01',
     1 + number % ${ORGANIZATIONS}, 1 + number % 17, if(number % 3 = 0, 'rgt', 'ritm') FROM numbers(${sites})`,
  `INSERT INTO vigie.link_terms (version, link, id, valid_from, valid_to, site, organization, region,
     network, supplier, lot, contract, sla_class, committed_bps, burst_bps,
     billing_rule, billing_directions, price_per_month_cad, price_per_mbps_cad)
   SELECT 1, number + 1 AS l, 'site-' || toString(intDiv(number, 2) + 1) || if(number % 2 = 0, '-a', '-b'),
     '1970-01-01', '2106-01-01', intDiv(number, 2) + 1 AS s, 1 + (s - 1) % ${ORGANIZATIONS},
     1 + (s - 1) % 17, if((s - 1) % 3 = 0, 'rgt', 'ritm'), 1 + number % ${SUPPLIERS.length},
     'lot-' || toString(number % 4), 'k-' || toString(number % ${SUPPLIERS.length}),
     ${list(CLASSES)}[1 + number % 3],
     40000000, 100000000, if(number % 2 = 0, 'percentile_95', 'flat'), if(number % 4 = 0, 'sum', 'max'), 400,
     2 FROM numbers(${sites * 2})`,
  `INSERT INTO vigie.sla_classes (version, id, name_fr, name_en, round_trip_delay_ms, loss_ratio,
     availability_ratio, time_to_restore_h)
   SELECT 1, ${list(CLASSES)}[number + 1] AS id, id, id, 60, 0.01, [0.9995, 0.999, 0.995][number + 1], 4
     FROM numbers(3)`,
  `INSERT INTO vigie.contracts (version, id, supplier, valid_to, credit_below_ratio, credit_ratio)
   SELECT 1, 'k-' || toString(number), number + 1, '2106-01-01', [0.99, 0.998, 0.9995], [0.25, 0.1,
     0.05] FROM numbers(${SUPPLIERS.length})`,
  `INSERT INTO vigie.maintenance_windows (version, id, valid_from, valid_to, sites)
   SELECT 1, 'w-' || toString(number), toDateTime('${month}') + 86400 * (number % 27) + 3600 * 6 AS a,
     a + 7200, [1 + number * 7 % ${sites}] FROM numbers(100)`,
  `INSERT INTO vigie.consolidations (version, room, moves_into, planned, status) SELECT 1, number * 5 + 5, 1,
     '2027-01-01', 'planned' FROM numbers(${Math.floor(sites / 5)})`,
  'INSERT INTO vigie.registry_versions (version) VALUES (1)',
]

const sketches = (): string[] => [
  `CREATE TABLE vigie.bench_sketches ENGINE = Memory AS
   SELECT n, ${SKETCH}(toFloat64((10 + n) * exp(0.2 * randNormal(0, 1)))) AS delay,
     ${SKETCH}(toFloat64((1 + n / 20) * exp(0.3 * randNormal(0, 1)))) AS variation,
     ${SKETCH}(if(rand() % 50 = 0, 0.001 * (1 + rand() % 20), 0.)) AS loss,
     ${SKETCH}(toFloat64((5 + n) * 1e6 * exp(0.6 * randNormal(0, 1)))) AS rate
   FROM (SELECT number % 32 AS n FROM numbers(${32 * 288})) GROUP BY n`,
]

/** A link or tunnel is down for a while on every hundredth day. */
function states(sites: number, links: number, tunnels: number, first: string, days: string): string[] {
  const rows = (kind: string, count: number, subject: string, site: string, link: string): string =>
    `INSERT INTO vigie.state_1d (day, kind, subject, site, link, starts, ends, states, rolled)
     SELECT ${first} + number % ${days} AS d, '${kind}', ${subject}, ${site}, ${link}, arrayMap(x -> x.1,
     spans), arrayMap(x -> x.2, spans), arrayMap(x -> x.3, spans), now64(3) + ${kind === 'site' ? 60 : 0}
     FROM (
       SELECT number, intDiv(number, ${days}) AS i, toDateTime(${first} + number % ${days},
     'America/Toronto') AS a, toDateTime(${first} + number % ${days} + 1, 'America/Toronto') AS b,
         cityHash64(number, '${kind}') AS h, a + h % 60000 AS c,
         if(h % 100 = 0, [(a, c, 'up'), (c, c + 60 * (1 + h % 90), 'down'), (c + 60 * (1 + h % 90), b,
     'up')], [(a, b, 'up')]) AS spans
       FROM numbers(${count} * ${days}))`
  return [
    rows('link', links, 'i + 1', 'intDiv(i, 2) + 1', 'i + 1'),
    rows('tunnel', tunnels, 'i + 1000000', 'intDiv(i, 4) + 1', 'intDiv(i, 2) + 1'),
    rows('site', sites, 'i + 1', 'i + 1', '0'),
  ]
}

const each = (months: number, sqlOf: (ago: number) => string): string[] =>
  Array.from({ length: months }, (_, ago) => sqlOf(ago))

/** First day and number of days of the month that was `ago` months before, as SQL. */
const monthOf = (month: string, ago: number): { first: string; days: string } => {
  const first = `(toDate('${month}') - INTERVAL ${ago} MONTH)`
  return { first, days: `toUInt32(dateDiff('day', ${first}, ${first} + INTERVAL 1 MONTH))` }
}

const quality = (tunnels: number, month: string, ago: number): string => {
  const { first, days } = monthOf(month, ago)
  return `INSERT INTO vigie.quality_1d (day, kind, subject, site, link, round_trip_delay_ms,
     delay_variation_ms, round_trip_loss_ratio, samples, round_trip_loss_count,
     round_trip_loss_sum, mos_count, mos_sum, rolled)
   SELECT ${first} + x.number % ${days}, 'tunnel', 1000000 + intDiv(x.number, ${days}) AS i,
     intDiv(i - 1000000, 4) + 1, intDiv(i - 1000000, 2) + 1, k.delay, k.variation, k.loss, 1440, 1440, 0.3,
     1440, 6000, now64(3)
   FROM numbers(${tunnels} * ${days}) AS x
     INNER JOIN vigie.bench_sketches AS k ON k.n = cityHash64(x.number) % 32`
}

const traffic = (links: number, month: string, ago: number): string => {
  const { first, days } = monthOf(month, ago)
  return `INSERT INTO vigie.traffic_1d (day, link, site, tx_bytes, rx_bytes, measured_s, tx_max_bps,
     rx_max_bps, tx_bps, rx_bps, hour_bps, rolled)
   SELECT ${first} + x.number % ${days}, intDiv(x.number, ${days}) + 1 AS l, intDiv(l - 1, 2) + 1,
     100000000000, 50000000000, 86400, 90000000, 60000000, k.rate, k.rate,
     arrayMap(h -> toFloat32(1e6 * (10 + 30 * exp(-pow((h - 13) / 4, 2)))), range(24)), now64(3) + 60
   FROM numbers(${links} * ${days}) AS x
     INNER JOIN vigie.bench_sketches AS k ON k.n = cityHash64(x.number) % 32`
}

/** Intervals of 5 minutes of the last month, which is what a bill reads. */
const intervals = (links: number, month: string): string => {
  const { first, days } = monthOf(month, 0)
  return `INSERT INTO vigie.traffic_5m (day, link, site, slots, seconds, tx_bps, rx_bps, rolled)
   SELECT ${first} + number % ${days}, intDiv(number, ${days}) + 1 AS l, intDiv(l - 1, 2) + 1, range(288),
     arrayWithConstant(288, 300),
     arrayMap(s -> 1000000 * (10 + cityHash64(number, s) % 60), range(288)),
     arrayMap(s -> 1000000 * (5 + cityHash64(s, number) % 30), range(288)), now64(3)
   FROM numbers(${links} * ${days})`
}

const weeks = (links: number, month: string): string =>
  `INSERT INTO vigie.capacity_weeks (week, link, direction, p50_bps, p95_bps, p99_bps, peak_bps, days, rolled)
   SELECT toMonday(toDate('${month}') + INTERVAL 1 MONTH) - 7 * (56 - number % 56), intDiv(number, 112) + 1,
     if(intDiv(number, 56) % 2 = 0, 'tx', 'rx'), 20000000,
     toUInt64((20 + intDiv(number, 112) % 30 + 0.2 * (number % 56) + cityHash64(number) % 4) * 1e6),
     60000000, 80000000, 7, now64(3) + 120 FROM numbers(${links} * 112)`

const flows = (sites: number, first: string, days: string): string =>
  `INSERT INTO vigie.flows_1d (day, src_org_id, dst_org_id, src_site_id, dst_site_id, link_id, provider_id,
     app_rule_id, app_class_id, flows, bytes, packets, rolled)
   SELECT ${first} + intDiv(number, ${sites * 8}), 1 + s % ${ORGANIZATIONS}, 0, s + 1, if(k = 3,
     5 * (1 + s % ${Math.floor(sites / 5)}), 0), 2 * s + 1 + k % 2, 1 + s % ${SUPPLIERS.length}, 0, k + 1,
     1000, 1000000 * (1 + cityHash64(number) % 1000), 1000, now64(3)
   FROM (SELECT number, intDiv(number, 8) % ${sites} AS s, number % 8 AS k
     FROM numbers(${sites * 8} * ${days}))`
