-- Months of links, so that a report of all of them reads one row each instead of the sketches of thirty days.
CREATE TABLE IF NOT EXISTS vigie.capacity_months (
  month Date COMMENT 'First day of the month in {{time_zone}}', link UInt32 COMMENT 'Number of the link',
  direction Enum8('tx' = 1, 'rx' = 2) COMMENT 'From the site or towards it',
  p50_bps UInt64 COMMENT 'Median of the rates over 5 minutes', p95_bps UInt64 COMMENT '95th percentile', p99_bps UInt64 COMMENT '99th percentile',
  peak_bps UInt64 COMMENT 'Highest rate over 5 minutes', volume_bytes UInt64 COMMENT 'Volume',
  busy_hour UInt8 COMMENT 'Hour from midnight with the most traffic of both directions', days UInt8 COMMENT 'Days that were measured',
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYear(month)
ORDER BY (month, link, direction)
TTL month + INTERVAL {{rollup_1d_days}} DAY
COMMENT 'Percentiles of the rates of links by month';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.capacity_months_roll REFRESH EVERY 1 HOUR OFFSET 12 MINUTE APPEND TO vigie.capacity_months EMPTY AS
SELECT
  month, link, side.1 AS direction, toUInt64(round(side.2[1])) AS p50_bps, toUInt64(round(side.2[2])) AS p95_bps, toUInt64(round(side.2[3])) AS p99_bps,
  side.3 AS peak_bps, side.4 AS volume_bytes, busy AS busy_hour, measured AS days, now64(3) AS rolled
FROM (
  SELECT
    toStartOfMonth(d.day) AS month, d.link AS link, toUInt8(count()) AS measured, toUInt8(indexOf(sumForEach(d.hour_bps) AS hours, arrayMax(hours)) - 1) AS busy,
    arrayJoin([
      ('tx', quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(d.tx_bps), max(d.tx_max_bps), sum(d.tx_bytes)),
      ('rx', quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(d.rx_bps), max(d.rx_max_bps), sum(d.rx_bytes))]) AS side
  FROM vigie.traffic_1d AS d FINAL
  WHERE toStartOfMonth(d.day) IN (
    SELECT a.month FROM (SELECT toStartOfMonth(day) AS month, max(rolled) AS rolled FROM vigie.traffic_1d GROUP BY month) AS a
    LEFT JOIN (SELECT month, max(rolled) AS rolled FROM vigie.capacity_months GROUP BY month) AS r ON r.month = a.month
    WHERE a.rolled >= r.rolled ORDER BY a.month DESC LIMIT 2)
  GROUP BY month, d.link
);

CREATE OR REPLACE VIEW vigie.v_capacity AS
SELECT
  d.month AS month, dictGetOrDefault('vigie.links_names', 'id', toUInt64(d.link), '') AS link, toString(d.direction) AS direction,
  dictGetOrDefault('vigie.sites_names', 'id', toUInt64(t.site), '') AS site, dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(t.organization), '') AS organization,
  t.region AS region_code, dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(t.supplier), '') AS supplier, t.technology AS technology,
  greatest(t.burst_bps, t.committed_bps) AS capacity_bps, d.p50_bps AS p50_bps, d.p95_bps AS p95_bps, d.p99_bps AS p99_bps, d.peak_bps AS peak_bps,
  p50_bps / nullIf(capacity_bps, 0) AS utilisation_p50_ratio, p95_bps / nullIf(capacity_bps, 0) AS utilisation_p95_ratio,
  p99_bps / nullIf(capacity_bps, 0) AS utilisation_p99_ratio, peak_bps / nullIf(capacity_bps, 0) AS utilisation_peak_ratio,
  if(capacity_bps = 0, NULL, toInt64(capacity_bps) - toInt64(p95_bps)) AS headroom_bps, d.volume_bytes AS volume_bytes, d.busy_hour AS busy_hour, d.days AS days
FROM (
  SELECT month, link, direction, p50_bps, p95_bps, p99_bps, peak_bps, volume_bytes, busy_hour, days
  FROM vigie.capacity_months FINAL WHERE month = toStartOfMonth({month:Date})
  UNION ALL
  -- A month that was not rolled yet is read from its days.
  SELECT
    toStartOfMonth({month:Date}), link, side.1, toUInt64(round(side.2[1])), toUInt64(round(side.2[2])), toUInt64(round(side.2[3])), side.3, side.4, busy, measured
  FROM (
    SELECT
      link, toUInt8(count()) AS measured, toUInt8(indexOf(sumForEach(hour_bps) AS hours, arrayMax(hours)) - 1) AS busy,
      arrayJoin([
        ('tx', quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(tx_bps), max(tx_max_bps), sum(tx_bytes)),
        ('rx', quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(rx_bps), max(rx_max_bps), sum(rx_bytes))]) AS side
    FROM vigie.traffic_1d FINAL
    WHERE day >= toStartOfMonth({month:Date}) AND day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
      AND (SELECT count() FROM vigie.capacity_months WHERE month = toStartOfMonth({month:Date})) = 0
    GROUP BY link
  )
) AS d
INNER JOIN (
  SELECT
    link, argMax(site, valid_from) AS site, argMax(organization, valid_from) AS organization, argMax(region, valid_from) AS region,
    argMax(supplier, valid_from) AS supplier, argMax(technology, valid_from) AS technology, argMax(burst_bps, valid_from) AS burst_bps, argMax(committed_bps, valid_from) AS committed_bps
  FROM vigie.link_terms FINAL
  WHERE version = (SELECT max(version) FROM vigie.registry_versions) AND valid_from < toDateTime(toStartOfMonth({month:Date}) + INTERVAL 1 MONTH, '{{time_zone}}')
    AND valid_to > toDateTime(toStartOfMonth({month:Date}), '{{time_zone}}')
  GROUP BY link
) AS t ON t.link = d.link
COMMENT 'How full each link and direction was in a month ({month}): percentiles of the rates over 5 minutes and of utilisation, peak, headroom, busy hour (hour from midnight in {{time_zone}}); terms are those at the end of the month'
;

-- What a move did to a site's quality, reckoned while it can change and kept: 28 days before it and 28 days after.
CREATE TABLE IF NOT EXISTS vigie.migration_quality (
  site UInt32 COMMENT 'Number of the site', migrated_on Date COMMENT 'Day it moved, which counts for neither side',
  round_trip_delay_p95_before_ms Nullable(Float64) COMMENT 'Before', round_trip_delay_p95_after_ms Nullable(Float64) COMMENT 'After',
  delay_variation_p95_before_ms Nullable(Float64) COMMENT 'Before', delay_variation_p95_after_ms Nullable(Float64) COMMENT 'After',
  loss_before_ratio Nullable(Float64) COMMENT 'Before', loss_after_ratio Nullable(Float64) COMMENT 'After',
  availability_before_ratio Nullable(Float64) COMMENT 'Before', availability_after_ratio Nullable(Float64) COMMENT 'After',
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
ORDER BY (site, migrated_on)
COMMENT 'Quality and availability of migrated sites over 28 days before and after the move';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.migration_quality_roll REFRESH EVERY 1 DAY OFFSET 7 HOUR APPEND TO vigie.migration_quality EMPTY AS
WITH
  moved AS (
    SELECT s.site_number AS site, assumeNotNull(s.migrated_on) AS migrated_on
    FROM vigie.v_site_migration AS s
    LEFT JOIN (SELECT site, migrated_on, max(rolled) AS rolled FROM vigie.migration_quality GROUP BY site, migrated_on) AS q
      ON q.site = s.site_number AND q.migrated_on = s.migrated_on
    WHERE isNotNull(s.migrated_on) AND s.migrated_on < toDate(now(), '{{time_zone}}')
      AND (q.rolled = toDateTime64(0, 3, 'UTC') OR s.migrated_on > toDate(now(), '{{time_zone}}') - 31)
    ORDER BY s.migrated_on DESC LIMIT 200
  )
SELECT
  m.site AS site, m.migrated_on AS migrated_on, q.rtd_before AS round_trip_delay_p95_before_ms, q.rtd_after AS round_trip_delay_p95_after_ms,
  q.dv_before AS delay_variation_p95_before_ms, q.dv_after AS delay_variation_p95_after_ms, q.lost_before AS loss_before_ratio, q.lost_after AS loss_after_ratio,
  a.up_before AS availability_before_ratio, a.up_after AS availability_after_ratio, now64(3) AS rolled
FROM moved AS m
LEFT JOIN (
  SELECT
    w.site AS site,
    ifNotFinite(quantilesDDMergeIf(0.005, 0.5, 0.95, 0.99)(d.round_trip_delay_ms, d.day < w.migrated_on)[2], NULL) AS rtd_before,
    ifNotFinite(quantilesDDMergeIf(0.005, 0.5, 0.95, 0.99)(d.round_trip_delay_ms, d.day > w.migrated_on)[2], NULL) AS rtd_after,
    ifNotFinite(quantilesDDMergeIf(0.005, 0.5, 0.95, 0.99)(d.delay_variation_ms, d.day < w.migrated_on)[2], NULL) AS dv_before,
    ifNotFinite(quantilesDDMergeIf(0.005, 0.5, 0.95, 0.99)(d.delay_variation_ms, d.day > w.migrated_on)[2], NULL) AS dv_after,
    sumIf(d.one_way_loss_sum + d.round_trip_loss_sum, d.day < w.migrated_on) / nullIf(sumIf(d.one_way_loss_count + d.round_trip_loss_count, d.day < w.migrated_on), 0) AS lost_before,
    sumIf(d.one_way_loss_sum + d.round_trip_loss_sum, d.day > w.migrated_on) / nullIf(sumIf(d.one_way_loss_count + d.round_trip_loss_count, d.day > w.migrated_on), 0) AS lost_after
  FROM vigie.quality_1d AS d FINAL
  INNER JOIN moved AS w ON w.site = d.site
  WHERE d.day >= (SELECT min(migrated_on) - 28 FROM moved) AND d.day <= (SELECT max(migrated_on) + 28 FROM moved) AND d.site IN (SELECT site FROM moved)
    AND d.day >= w.migrated_on - 28 AND d.day <= w.migrated_on + 28
  GROUP BY w.site
) AS q ON q.site = m.site
LEFT JOIN (
  SELECT
    w.site AS site,
    sumIf(t.up, t.day < w.migrated_on) / nullIf(sumIf(t.up + t.down, t.day < w.migrated_on), 0) AS up_before,
    sumIf(t.up, t.day > w.migrated_on) / nullIf(sumIf(t.up + t.down, t.day > w.migrated_on), 0) AS up_after
  FROM (
    SELECT
      site, day, arraySum((a, b, c) -> if(toInt8(c) IN (2, 3, 4), dateDiff('second', a, b), 0), starts, ends, states) AS up,
      arraySum((a, b, c) -> if(toInt8(c) = 5, dateDiff('second', a, b), 0), starts, ends, states) AS down
    FROM vigie.state_1d FINAL
    WHERE kind = 'site' AND day >= (SELECT min(migrated_on) - 28 FROM moved) AND day <= (SELECT max(migrated_on) + 28 FROM moved)
  ) AS t
  INNER JOIN moved AS w ON w.site = t.site
  WHERE t.day >= w.migrated_on - 28 AND t.day <= w.migrated_on + 28
  GROUP BY w.site
) AS a ON a.site = m.site;

CREATE VIEW IF NOT EXISTS vigie.v_migration_quality AS
SELECT
  s.site AS site, s.organization AS organization, s.wave AS wave, s.migrated_on AS migrated_on,
  q.round_trip_delay_p95_before_ms AS round_trip_delay_p95_before_ms, q.round_trip_delay_p95_after_ms AS round_trip_delay_p95_after_ms,
  q.delay_variation_p95_before_ms AS delay_variation_p95_before_ms, q.delay_variation_p95_after_ms AS delay_variation_p95_after_ms,
  q.loss_before_ratio AS loss_before_ratio, q.loss_after_ratio AS loss_after_ratio,
  q.availability_before_ratio AS availability_before_ratio, q.availability_after_ratio AS availability_after_ratio, q.rolled AS reckoned_at
FROM vigie.v_site_migration AS s
INNER JOIN (SELECT * FROM vigie.migration_quality FINAL) AS q ON q.site = s.site_number AND q.migrated_on = s.migrated_on
COMMENT 'Quality and availability of each migrated site over 28 days before the day it moved and after it, reckoned once a day; v_before_after takes any number of days and reads the days themselves'
;
