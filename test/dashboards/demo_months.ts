import type { ClickHouseClient } from '@clickhouse/client'

/**
 * Terms, and a month reckoned from the samples by the store's own rolls; incidents of a week. Sites, links and organisations
 * are those of `demo_rows.ts`.
 */
const termsSql = (sites: number, organizations: number): readonly string[] => [
  'INSERT INTO vigie.registry_versions (version) VALUES (1)',
  `INSERT INTO vigie.sla_classes (version, id, name_fr, name_en, round_trip_delay_ms, delay_variation_ms, loss_ratio,
    availability_ratio, mos, time_to_restore_h) VALUES (1, 'or', 'Or', 'Gold', 40, 10, 0.005, 0.9999, 4, 4)`,
  `INSERT INTO vigie.contracts (version, id, supplier, sla_class, valid_from, valid_to, credit_below_ratio, credit_ratio)
    VALUES (1, 'contrat-a', 1, 'or', '2020-01-01 00:00:00', '2100-01-01 00:00:00', [0.99, 0.9999], [0.25, 0.1])`,
  `INSERT INTO vigie.link_terms (version, link, id, valid_from, valid_to, site, organization, region, network, supplier, lot, technology,
    contract, sla_class, committed_bps, burst_bps, billing_rule, billing_directions, price_per_month_cad, price_per_mbps_cad)
    SELECT 1, n, concat('lien-', toString(n)), '2020-01-01 00:00:00', '2100-01-01 00:00:00', n, 1 + n % ${organizations}, 1 + n % 10,
      if(n % 2 = 0, 'rgt', 'ritm'), 1, 'lot-1', 'fibre', 'contrat-a', 'or', 10000000, 100000000, 'percentile_95', 'max', 850, 12
    FROM (SELECT toUInt32(number + 1) AS n FROM numbers(${sites}))`,
  `INSERT INTO vigie.site_terms (version, site, id, valid_from, valid_to, organization, region, network)
    SELECT 1, n, concat('site-', toString(n)), if(late, moved, toDateTime('2020-01-01 00:00:00')),
      if(late, toDateTime('2100-01-01 00:00:00'), moved),
      1 + n % ${organizations}, 1 + n % 10, if(late OR n % 2 = 1, if(n % 2 = 1, 'ritm', 'rgt'), 'ritm')
    FROM (
      SELECT toUInt32(1 + intDiv(number, 2)) AS n, number % 2 = 1 AS late, toDateTime(toDate(now()) - 3, 'UTC') AS moved
      FROM numbers(${2 * sites})
    )`,
  `INSERT INTO vigie.maintenance_windows (version, id, valid_from, valid_to, reason_fr, reason_en, sites)
    SELECT 1, concat('fenetre-', toString(number)), toStartOfHour(now()) - 7200 * (1 + number) AS starts, starts + 3600,
      'Remplacement d’un commutateur', 'Replacement of a switch', [4, 7]
    FROM numbers(3)`,
  `INSERT INTO vigie.consolidations (version, room, moves_into, planned, status)
    SELECT 1, n, 1, toDate(now()) + n, 'planned' FROM (SELECT toUInt32(10 + number) AS n FROM numbers(5))`,
  `INSERT INTO vigie.capacity_weeks (week, link, direction, p50_bps, p95_bps, p99_bps, peak_bps, days, rolled)
    SELECT toMonday(now()) - 7 * (1 + intDiv(number, ${2 * sites})) AS week, 1 + intDiv(number, 2) % ${sites} AS link,
      if(number % 2 = 0, 'tx', 'rx'),
      p95 / 2, p95, 1.1 * p95, 1.2 * p95, 7, now64(3)
    FROM (
      SELECT number, 3e6 * (1 + intDiv(number, 2) % ${sites}) + 4e5 * (40 - intDiv(number, ${2 * sites}))
        + cityHash64(number) % 1000000 AS p95
      FROM numbers(${2 * sites * 40})
    )`,
]

/** Days, then months, as the store rolls them by itself in the course of an hour. */
const ROLLS = [
  'state_1d_roll',
  'site_state_1d_roll',
  'quality_1d_roll',
  'traffic_5m_roll',
  'traffic_1d_roll',
  'sla_this_month_roll',
  'billing_this_month_roll',
  'flows_1h_roll',
  'flows_1d_roll',
  'capacity_forecasts_roll',
  'migration_quality_roll',
] as const

const incidentsSql = (now: number): readonly string[] => [
  `INSERT INTO vigie.incidents (uid, step, number, kind, key, state, version, category, service, org, site, region, supplier, link,
    impact, urgency, priority, severity_id, assignment_group, assignee, title_fr, title_en, findings, findings_open, sites,
    first_seen, last_seen, opened, updated, acknowledged, resolved, closed, due_acknowledge, due_resolve, remotes)
  WITH number % 4 = 0 AS open, fromUnixTimestamp64Milli(toInt64(${now}000 - 3600000 * (2 + 3 * number))) AS at,
    toDateTime64(0, 3, 'UTC') AS never
  SELECT concat('incident-', toString(number)), number + 1, concat('INC', toString(1000 + number)), 'incident',
    concat('lien-', toString(number % 7)), if(open, 'in_progress', 'resolved'), 2, 'network', 'sla', concat('org-', toString(1 + number % 5)),
    concat('site-', toString(1 + number % 20)), '01', 'fournisseur-a', concat('lien-', toString(number % 7)), 2, 2, 1 + number % 4, 4,
    'Réseau', if(open, '', 'Équipe A'), concat('Lien dégradé au site ', toString(1 + number % 20)),
    concat('Degraded link at site ', toString(1 + number % 20)), 3 + number % 5, toUInt32(open), 1, at, at, at, at,
    if(number % 8 = 0, never, at + 300 + number), if(open, never, at + 4000 + 60 * number), never, at + 900, at + 14400,
    map('rt', toString(400 + number))
  FROM numbers(40)`,
  `INSERT INTO vigie.notifications (target, incident, key, step, version, kind, status, transitions, attempts, decided, done, number)
  SELECT if(number % 3 = 0, 'courriel', 'rt'), concat('incident-', toString(number % 40)), concat('k', toString(number)), number, 1, 'open',
    if(number = 5, 'dead', 'delivered'), 1, 1 + toUInt16(number % 9 = 0),
    fromUnixTimestamp64Milli(toInt64(${now}000 - 3600000 * number)) AS at, at + 1 + number % 3, toString(400 + number)
  FROM numbers(100)`,
]

export async function insertDemoMonths(
  client: ClickHouseClient,
  now: number,
  sites: number,
  organizations: number,
): Promise<void> {
  for (const query of [...termsSql(sites, organizations), ...incidentsSql(now)])
    await client.command({ query })
  for (const roll of ROLLS) {
    await client.command({ query: `SYSTEM REFRESH VIEW vigie.${roll}` })
    await client.command({ query: `SYSTEM WAIT VIEW vigie.${roll}` })
  }
}
