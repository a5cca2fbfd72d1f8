-- Hours of telephony, and days of links and tunnels (below). Hours: how many minutes of how many paths were good, fair, poor or bad, by site and supplier. Rolled from the
-- minutes of links and tunnels once an hour is over, and again when samples of it come late.
CREATE TABLE IF NOT EXISTS vigie.sample_hours (
  hour DateTime('UTC') COMMENT 'Hour that samples are about', arrived SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When the last of them was stored'
) ENGINE = AggregatingMergeTree
ORDER BY hour
TTL hour + INTERVAL {{rollup_1h_days}} DAY
COMMENT 'When samples of each hour came: what tells that an hour must be rolled again';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.link_hours_view TO vigie.sample_hours AS
SELECT toStartOfHour(toDateTime(s.observed_at, 'UTC')) AS hour, now64(3) AS arrived FROM vigie.link_samples AS s GROUP BY hour;

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.tunnel_hours_view TO vigie.sample_hours AS
SELECT toStartOfHour(toDateTime(s.observed_at, 'UTC')) AS hour, now64(3) AS arrived FROM vigie.tunnel_samples AS s GROUP BY hour;

INSERT INTO vigie.sample_hours SELECT DISTINCT toStartOfHour(toDateTime(observed_at, 'UTC')) AS hour, now64(3) AS arrived FROM vigie.link_samples;

INSERT INTO vigie.sample_hours SELECT DISTINCT toStartOfHour(toDateTime(observed_at, 'UTC')) AS hour, now64(3) AS arrived FROM vigie.tunnel_samples;

CREATE TABLE IF NOT EXISTS vigie.voice_1h (
  hour DateTime('UTC') COMMENT 'Of the samples', org_id UInt32 COMMENT 'Organisation', site_id UInt32 COMMENT 'Site', supplier_id UInt32 COMMENT 'Supplier of the link',
  bad UInt64 COMMENT 'Minutes of paths with a MOS below 3.1', poor UInt64 COMMENT 'From 3.1 to 3.6', fair UInt64 COMMENT 'From 3.6 to 4', good UInt64 COMMENT '4 and above',
  dreadful UInt64 COMMENT 'Of the bad ones, those below 2.6', excellent UInt64 COMMENT 'Of the good ones, those of 4.3 and above',
  lowest Float64 COMMENT 'Lowest mean of a path over a minute', paths Array(UInt64) COMMENT 'Paths that were measured',
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, site_id, supplier_id, org_id)
TTL hour + INTERVAL {{rollup_1h_days}} DAY
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Telephony by hour and site and supplier: minutes of paths by mean opinion score';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.voice_1h_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 50 SECOND APPEND TO vigie.voice_1h EMPTY AS
WITH
  (SELECT groupArray(hour) FROM (
    SELECT a.hour AS hour
    FROM (SELECT hour, max(arrived) AS arrived FROM vigie.sample_hours GROUP BY hour) AS a
    LEFT JOIN (SELECT hour, max(rolled) AS rolled FROM vigie.voice_1h GROUP BY hour) AS r ON r.hour = a.hour
    WHERE a.arrived + INTERVAL 30 SECOND > r.rolled AND a.hour + INTERVAL 3630 SECOND < now('UTC')
    ORDER BY a.hour LIMIT 24)) AS due
-- A row without paths tells that the hour was rolled.
SELECT
  arrayJoin(due) AS hour, 0 AS org_id, 0 AS site_id, 0 AS supplier_id, 0 AS bad, 0 AS poor, 0 AS fair, 0 AS good, 0 AS dreadful, 0 AS excellent, 0. AS lowest,
  []::Array(UInt64) AS paths, now64(3) AS rolled
UNION ALL
SELECT
  toStartOfHour(minute) AS start, org, place, supplier, countIf(mos < 3.1), countIf(mos >= 3.1 AND mos < 3.6), countIf(mos >= 3.6 AND mos < 4),
  countIf(mos >= 4), countIf(mos < 2.6), countIf(mos >= 4.3), min(mos), groupUniqArray(path), now64(3)
FROM (
  SELECT
    minute, path, any(org_id) AS org, any(site_id) AS place, any(supplier_id) AS supplier,
    sum(mos_computed_sum) / sum(mos_computed_count) AS mos
  FROM (
    SELECT minute, if(link_id != 0, sipHash64(link_id), sipHash64(site_id, device, link)) AS path, org_id, site_id, supplier_id, mos_computed_sum, mos_computed_count
    FROM vigie.link_samples_1m
    WHERE minute >= arrayMin(due) AND minute < arrayMax(due) + 3600 AND has(due, toStartOfHour(minute)) AND mos_computed_count > 0
    UNION ALL
    SELECT
      minute, sipHash64(site_id, if(site_id = 0, concat(site, ' ', device), ''), local_color, remote_site_id, remote_color, if(remote_site_id = 0, remote, '')),
      org_id, site_id, supplier_id, mos_computed_sum, mos_computed_count
    FROM vigie.tunnel_samples_1m
    WHERE minute >= arrayMin(due) AND minute < arrayMax(due) + 3600 AND has(due, toStartOfHour(minute)) AND mos_computed_count > 0
  )
  GROUP BY minute, path
)
GROUP BY start, org, place, supplier;

-- Days of links and tunnels, by UTC: what pages read for more than three days. They are the same columns as the hours.

CREATE TABLE IF NOT EXISTS vigie.link_samples_1d (
  day DateTime('UTC') COMMENT 'Of observed_at',
  site_id UInt32,
  link_id UInt32,
  device LowCardinality(String),
  link LowCardinality(String),
  carrier LowCardinality(String),
  sla_class LowCardinality(String),
  direction LowCardinality(String),
  latency_kind LowCardinality(String),
  latency_statistic LowCardinality(String),
  org_id UInt32,
  supplier_id UInt32,
  edge LowCardinality(String),
  vendor LowCardinality(String),
  controller LowCardinality(String),
  site LowCardinality(String),
  samples SimpleAggregateFunction(sum, UInt64),
  latency_ms_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  latency_ms_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  latency_ms_min SimpleAggregateFunction(min, Nullable(Float64)),
  latency_ms_max SimpleAggregateFunction(max, Nullable(Float64)),
  latency_ms_quantiles AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Nullable(Float64)) COMMENT 'quantilesTDigestMerge(0.5, 0.95, 0.99)' CODEC(ZSTD(1)),
  jitter_ms_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  jitter_ms_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  jitter_ms_min SimpleAggregateFunction(min, Nullable(Float64)),
  jitter_ms_max SimpleAggregateFunction(max, Nullable(Float64)),
  jitter_ms_quantiles AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Nullable(Float64)) COMMENT 'quantilesTDigestMerge(0.5, 0.95, 0.99)' CODEC(ZSTD(1)),
  loss_ratio_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  loss_ratio_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  loss_ratio_min SimpleAggregateFunction(min, Nullable(Float64)),
  loss_ratio_max SimpleAggregateFunction(max, Nullable(Float64)),
  loss_ratio_quantiles AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Nullable(Float64)) COMMENT 'quantilesTDigestMerge(0.5, 0.95, 0.99)' CODEC(ZSTD(1)),
  mos_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  mos_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  mos_min SimpleAggregateFunction(min, Nullable(Float64)),
  mos_max SimpleAggregateFunction(max, Nullable(Float64)),
  mos_computed_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  mos_computed_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  mos_computed_min SimpleAggregateFunction(min, Nullable(Float64)),
  mos_computed_max SimpleAggregateFunction(max, Nullable(Float64)),
  tx_bps_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  tx_bps_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  tx_bps_min SimpleAggregateFunction(min, Nullable(Float64)),
  tx_bps_max SimpleAggregateFunction(max, Nullable(Float64)),
  rx_bps_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  rx_bps_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  rx_bps_min SimpleAggregateFunction(min, Nullable(Float64)),
  rx_bps_max SimpleAggregateFunction(max, Nullable(Float64)),
  tx_bytes_delta SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of deltas',
  tx_bytes_cumulative_min SimpleAggregateFunction(min, Nullable(Float64)) COMMENT 'Counters that only grow: volume is the difference between buckets',
  tx_bytes_cumulative_max SimpleAggregateFunction(max, Nullable(Float64)),
  rx_bytes_delta SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of deltas',
  rx_bytes_cumulative_min SimpleAggregateFunction(min, Nullable(Float64)) COMMENT 'Counters that only grow: volume is the difference between buckets',
  rx_bytes_cumulative_max SimpleAggregateFunction(max, Nullable(Float64)),
  tx_capacity_bps SimpleAggregateFunction(max, Nullable(Float64)),
  rx_capacity_bps SimpleAggregateFunction(max, Nullable(Float64)),
  availability_ratio_count SimpleAggregateFunction(sum, UInt64),
  availability_ratio_sum SimpleAggregateFunction(sum, Float64),
  state_up SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell this state',
  state_degraded SimpleAggregateFunction(sum, UInt64),
  state_down SimpleAggregateFunction(sum, UInt64),
  state_standby SimpleAggregateFunction(sum, UInt64),
  state_disabled SimpleAggregateFunction(sum, UInt64),
  state_unknown SimpleAggregateFunction(sum, UInt64),
  sla_met SimpleAggregateFunction(sumMap, Map(String, UInt64)) COMMENT 'Class: samples that met it',
  sla_missed SimpleAggregateFunction(sumMap, Map(String, UInt64)) COMMENT 'Class: samples that did not',
  org String ALIAS dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(org_id), ''),
  registry_site String ALIAS dictGetOrDefault('vigie.sites_names', 'id', toUInt64(site_id), ''),
  registry_site_name String ALIAS dictGetOrDefault('vigie.sites_names', 'name_fr', toUInt64(site_id), ''),
  region_code UInt8 ALIAS dictGetOrDefault('vigie.sites_names', 'region', toUInt64(site_id), 0),
  registry_link String ALIAS dictGetOrDefault('vigie.links_names', 'id', toUInt64(link_id), ''),
  supplier String ALIAS dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(supplier_id), '')
) ENGINE = AggregatingMergeTree
PARTITION BY toYear(day)
ORDER BY (day, site_id, link_id, device, link, carrier, sla_class, direction, latency_kind, latency_statistic, org_id, supplier_id, edge, vendor, controller, site)
TTL day + INTERVAL {{rollup_1h_days}} DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  auto_statistics_types = '';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.link_samples_1d_view TO vigie.link_samples_1d AS
SELECT
  toStartOfDay(toDateTime(s.observed_at, 'UTC')) AS day, s.site_id AS site_id, s.link_id AS link_id, s.device AS device,
  s.link AS link, s.carrier AS carrier, s.sla_class AS sla_class, s.direction AS direction,
  s.latency_kind AS latency_kind, s.latency_statistic AS latency_statistic, s.org_id AS org_id,
  s.supplier_id AS supplier_id, s.edge AS edge, s.vendor AS vendor, s.controller AS controller, s.site AS site,
  count() AS samples, count(s.latency_ms) AS latency_ms_count, ifNull(sum(s.latency_ms), 0) AS latency_ms_sum,
  min(s.latency_ms) AS latency_ms_min, max(s.latency_ms) AS latency_ms_max,
  quantilesTDigestState(0.5, 0.95, 0.99)(s.latency_ms) AS latency_ms_quantiles,
  count(s.jitter_ms) AS jitter_ms_count, ifNull(sum(s.jitter_ms), 0) AS jitter_ms_sum,
  min(s.jitter_ms) AS jitter_ms_min, max(s.jitter_ms) AS jitter_ms_max,
  quantilesTDigestState(0.5, 0.95, 0.99)(s.jitter_ms) AS jitter_ms_quantiles,
  count(s.loss_ratio) AS loss_ratio_count, ifNull(sum(s.loss_ratio), 0) AS loss_ratio_sum,
  min(s.loss_ratio) AS loss_ratio_min, max(s.loss_ratio) AS loss_ratio_max,
  quantilesTDigestState(0.5, 0.95, 0.99)(s.loss_ratio) AS loss_ratio_quantiles, count(s.mos) AS mos_count,
  ifNull(sum(s.mos), 0) AS mos_sum, min(s.mos) AS mos_min, max(s.mos) AS mos_max,
  count(s.mos_computed) AS mos_computed_count, ifNull(sum(s.mos_computed), 0) AS mos_computed_sum,
  min(s.mos_computed) AS mos_computed_min, max(s.mos_computed) AS mos_computed_max, count(s.tx_bps) AS tx_bps_count,
  ifNull(sum(s.tx_bps), 0) AS tx_bps_sum, min(s.tx_bps) AS tx_bps_min, max(s.tx_bps) AS tx_bps_max,
  count(s.rx_bps) AS rx_bps_count, ifNull(sum(s.rx_bps), 0) AS rx_bps_sum, min(s.rx_bps) AS rx_bps_min,
  max(s.rx_bps) AS rx_bps_max, ifNull(sumIf(s.tx_bytes, s.bytes_kind = 'delta'), 0) AS tx_bytes_delta,
  minIf(s.tx_bytes, s.bytes_kind = 'cumulative') AS tx_bytes_cumulative_min,
  maxIf(s.tx_bytes, s.bytes_kind = 'cumulative') AS tx_bytes_cumulative_max,
  ifNull(sumIf(s.rx_bytes, s.bytes_kind = 'delta'), 0) AS rx_bytes_delta,
  minIf(s.rx_bytes, s.bytes_kind = 'cumulative') AS rx_bytes_cumulative_min,
  maxIf(s.rx_bytes, s.bytes_kind = 'cumulative') AS rx_bytes_cumulative_max,
  max(s.tx_capacity_bps) AS tx_capacity_bps, max(s.rx_capacity_bps) AS rx_capacity_bps,
  count(s.availability_ratio) AS availability_ratio_count,
  ifNull(sum(s.availability_ratio), 0) AS availability_ratio_sum, countIf(s.state = 'up') AS state_up,
  countIf(s.state = 'degraded') AS state_degraded, countIf(s.state = 'down') AS state_down,
  countIf(s.state = 'standby') AS state_standby, countIf(s.state = 'disabled') AS state_disabled,
  countIf(s.state = 'unknown') AS state_unknown,
  sumMap(mapApply((k, v) -> (toString(k), toUInt64(v)), s.sla_met)) AS sla_met,
  sumMap(mapApply((k, v) -> (toString(k), toUInt64(NOT v)), s.sla_met)) AS sla_missed
FROM vigie.link_samples AS s
GROUP BY
  day, s.site_id, s.link_id, s.device, s.link, s.carrier, s.sla_class, s.direction, s.latency_kind,
  s.latency_statistic, s.org_id, s.supplier_id, s.edge, s.vendor, s.controller, s.site;

INSERT INTO vigie.link_samples_1d (
  day, site_id, link_id, device, link, carrier, sla_class, direction, latency_kind, latency_statistic, org_id, supplier_id,
  edge, vendor, controller, site, samples, latency_ms_count, latency_ms_sum, latency_ms_min, latency_ms_max,
  latency_ms_quantiles, jitter_ms_count, jitter_ms_sum, jitter_ms_min, jitter_ms_max, jitter_ms_quantiles, loss_ratio_count,
  loss_ratio_sum, loss_ratio_min, loss_ratio_max, loss_ratio_quantiles, mos_count, mos_sum, mos_min, mos_max,
  mos_computed_count, mos_computed_sum, mos_computed_min, mos_computed_max, tx_bps_count, tx_bps_sum, tx_bps_min, tx_bps_max,
  rx_bps_count, rx_bps_sum, rx_bps_min, rx_bps_max, tx_bytes_delta, tx_bytes_cumulative_min, tx_bytes_cumulative_max,
  rx_bytes_delta, rx_bytes_cumulative_min, rx_bytes_cumulative_max, tx_capacity_bps, rx_capacity_bps, availability_ratio_count,
  availability_ratio_sum, state_up, state_degraded, state_down, state_standby, state_disabled, state_unknown, sla_met,
  sla_missed)
SELECT
  toStartOfDay(h.hour) AS day, h.site_id, h.link_id, h.device, h.link, h.carrier, h.sla_class, h.direction, h.latency_kind,
  h.latency_statistic, h.org_id, h.supplier_id, h.edge, h.vendor, h.controller, h.site, sum(h.samples), sum(h.latency_ms_count),
  sum(h.latency_ms_sum), min(h.latency_ms_min), max(h.latency_ms_max), quantilesTDigestMergeState(0.5, 0.95,
  0.99)(h.latency_ms_quantiles), sum(h.jitter_ms_count), sum(h.jitter_ms_sum), min(h.jitter_ms_min), max(h.jitter_ms_max),
  quantilesTDigestMergeState(0.5, 0.95, 0.99)(h.jitter_ms_quantiles), sum(h.loss_ratio_count), sum(h.loss_ratio_sum),
  min(h.loss_ratio_min), max(h.loss_ratio_max), quantilesTDigestMergeState(0.5, 0.95, 0.99)(h.loss_ratio_quantiles),
  sum(h.mos_count), sum(h.mos_sum), min(h.mos_min), max(h.mos_max), sum(h.mos_computed_count), sum(h.mos_computed_sum),
  min(h.mos_computed_min), max(h.mos_computed_max), sum(h.tx_bps_count), sum(h.tx_bps_sum), min(h.tx_bps_min),
  max(h.tx_bps_max), sum(h.rx_bps_count), sum(h.rx_bps_sum), min(h.rx_bps_min), max(h.rx_bps_max), sum(h.tx_bytes_delta),
  min(h.tx_bytes_cumulative_min), max(h.tx_bytes_cumulative_max), sum(h.rx_bytes_delta), min(h.rx_bytes_cumulative_min),
  max(h.rx_bytes_cumulative_max), max(h.tx_capacity_bps), max(h.rx_capacity_bps), sum(h.availability_ratio_count),
  sum(h.availability_ratio_sum), sum(h.state_up), sum(h.state_degraded), sum(h.state_down), sum(h.state_standby),
  sum(h.state_disabled), sum(h.state_unknown), sumMap(h.sla_met), sumMap(h.sla_missed)
FROM vigie.link_samples_1h AS h
GROUP BY day, h.site_id, h.link_id, h.device, h.link, h.carrier, h.sla_class, h.direction, h.latency_kind, h.latency_statistic, h.org_id, h.supplier_id, h.edge, h.vendor, h.controller, h.site;

CREATE TABLE IF NOT EXISTS vigie.tunnel_samples_1d (
  day DateTime('UTC') COMMENT 'Of observed_at',
  site_id UInt32,
  link_id UInt32,
  device LowCardinality(String),
  link LowCardinality(String),
  local LowCardinality(String),
  remote LowCardinality(String),
  local_color LowCardinality(String),
  remote_color LowCardinality(String),
  sla_class LowCardinality(String),
  direction LowCardinality(String),
  latency_kind LowCardinality(String),
  latency_statistic LowCardinality(String),
  org_id UInt32,
  supplier_id UInt32,
  remote_site_id UInt32,
  edge LowCardinality(String),
  vendor LowCardinality(String),
  controller LowCardinality(String),
  site LowCardinality(String),
  carrier LowCardinality(String),
  samples SimpleAggregateFunction(sum, UInt64),
  latency_ms_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  latency_ms_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  latency_ms_min SimpleAggregateFunction(min, Nullable(Float64)),
  latency_ms_max SimpleAggregateFunction(max, Nullable(Float64)),
  latency_ms_quantiles AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Nullable(Float64)) COMMENT 'quantilesTDigestMerge(0.5, 0.95, 0.99)' CODEC(ZSTD(1)),
  jitter_ms_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  jitter_ms_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  jitter_ms_min SimpleAggregateFunction(min, Nullable(Float64)),
  jitter_ms_max SimpleAggregateFunction(max, Nullable(Float64)),
  jitter_ms_quantiles AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Nullable(Float64)) COMMENT 'quantilesTDigestMerge(0.5, 0.95, 0.99)' CODEC(ZSTD(1)),
  loss_ratio_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  loss_ratio_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  loss_ratio_min SimpleAggregateFunction(min, Nullable(Float64)),
  loss_ratio_max SimpleAggregateFunction(max, Nullable(Float64)),
  loss_ratio_quantiles AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Nullable(Float64)) COMMENT 'quantilesTDigestMerge(0.5, 0.95, 0.99)' CODEC(ZSTD(1)),
  mos_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  mos_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  mos_min SimpleAggregateFunction(min, Nullable(Float64)),
  mos_max SimpleAggregateFunction(max, Nullable(Float64)),
  mos_computed_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  mos_computed_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  mos_computed_min SimpleAggregateFunction(min, Nullable(Float64)),
  mos_computed_max SimpleAggregateFunction(max, Nullable(Float64)),
  tx_bps_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  tx_bps_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  tx_bps_min SimpleAggregateFunction(min, Nullable(Float64)),
  tx_bps_max SimpleAggregateFunction(max, Nullable(Float64)),
  rx_bps_count SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell it',
  rx_bps_sum SimpleAggregateFunction(sum, Float64) COMMENT 'Mean: sum by count',
  rx_bps_min SimpleAggregateFunction(min, Nullable(Float64)),
  rx_bps_max SimpleAggregateFunction(max, Nullable(Float64)),
  tx_bytes_delta SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of deltas',
  tx_bytes_cumulative_min SimpleAggregateFunction(min, Nullable(Float64)) COMMENT 'Counters that only grow: volume is the difference between buckets',
  tx_bytes_cumulative_max SimpleAggregateFunction(max, Nullable(Float64)),
  rx_bytes_delta SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of deltas',
  rx_bytes_cumulative_min SimpleAggregateFunction(min, Nullable(Float64)) COMMENT 'Counters that only grow: volume is the difference between buckets',
  rx_bytes_cumulative_max SimpleAggregateFunction(max, Nullable(Float64)),
  tx_capacity_bps SimpleAggregateFunction(max, Nullable(Float64)),
  rx_capacity_bps SimpleAggregateFunction(max, Nullable(Float64)),
  availability_ratio_count SimpleAggregateFunction(sum, UInt64),
  availability_ratio_sum SimpleAggregateFunction(sum, Float64),
  state_up SimpleAggregateFunction(sum, UInt64) COMMENT 'Samples that tell this state',
  state_degraded SimpleAggregateFunction(sum, UInt64),
  state_down SimpleAggregateFunction(sum, UInt64),
  state_standby SimpleAggregateFunction(sum, UInt64),
  state_disabled SimpleAggregateFunction(sum, UInt64),
  state_unknown SimpleAggregateFunction(sum, UInt64),
  sla_met SimpleAggregateFunction(sumMap, Map(String, UInt64)) COMMENT 'Class: samples that met it',
  sla_missed SimpleAggregateFunction(sumMap, Map(String, UInt64)) COMMENT 'Class: samples that did not',
  org String ALIAS dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(org_id), ''),
  registry_site String ALIAS dictGetOrDefault('vigie.sites_names', 'id', toUInt64(site_id), ''),
  registry_site_name String ALIAS dictGetOrDefault('vigie.sites_names', 'name_fr', toUInt64(site_id), ''),
  region_code UInt8 ALIAS dictGetOrDefault('vigie.sites_names', 'region', toUInt64(site_id), 0),
  registry_link String ALIAS dictGetOrDefault('vigie.links_names', 'id', toUInt64(link_id), ''),
  supplier String ALIAS dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(supplier_id), ''),
  remote_registry_site String ALIAS dictGetOrDefault('vigie.sites_names', 'id', toUInt64(remote_site_id), '')
) ENGINE = AggregatingMergeTree
PARTITION BY toYear(day)
ORDER BY (day, site_id, link_id, device, link, local, remote, local_color, remote_color, sla_class, direction, latency_kind, latency_statistic, org_id, supplier_id, remote_site_id, edge, vendor, controller, site, carrier)
TTL day + INTERVAL {{rollup_1h_days}} DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  auto_statistics_types = '';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.tunnel_samples_1d_view TO vigie.tunnel_samples_1d AS
SELECT
  toStartOfDay(toDateTime(s.observed_at, 'UTC')) AS day, s.site_id AS site_id, s.link_id AS link_id, s.device AS device,
  s.link AS link, s.local AS local, s.remote AS remote, s.local_color AS local_color, s.remote_color AS remote_color,
  s.sla_class AS sla_class, s.direction AS direction, s.latency_kind AS latency_kind,
  s.latency_statistic AS latency_statistic, s.org_id AS org_id, s.supplier_id AS supplier_id,
  s.remote_site_id AS remote_site_id, s.edge AS edge, s.vendor AS vendor, s.controller AS controller, s.site AS site,
  s.carrier AS carrier, count() AS samples, count(s.latency_ms) AS latency_ms_count,
  ifNull(sum(s.latency_ms), 0) AS latency_ms_sum, min(s.latency_ms) AS latency_ms_min,
  max(s.latency_ms) AS latency_ms_max, quantilesTDigestState(0.5, 0.95, 0.99)(s.latency_ms) AS latency_ms_quantiles,
  count(s.jitter_ms) AS jitter_ms_count, ifNull(sum(s.jitter_ms), 0) AS jitter_ms_sum,
  min(s.jitter_ms) AS jitter_ms_min, max(s.jitter_ms) AS jitter_ms_max,
  quantilesTDigestState(0.5, 0.95, 0.99)(s.jitter_ms) AS jitter_ms_quantiles,
  count(s.loss_ratio) AS loss_ratio_count, ifNull(sum(s.loss_ratio), 0) AS loss_ratio_sum,
  min(s.loss_ratio) AS loss_ratio_min, max(s.loss_ratio) AS loss_ratio_max,
  quantilesTDigestState(0.5, 0.95, 0.99)(s.loss_ratio) AS loss_ratio_quantiles, count(s.mos) AS mos_count,
  ifNull(sum(s.mos), 0) AS mos_sum, min(s.mos) AS mos_min, max(s.mos) AS mos_max,
  count(s.mos_computed) AS mos_computed_count, ifNull(sum(s.mos_computed), 0) AS mos_computed_sum,
  min(s.mos_computed) AS mos_computed_min, max(s.mos_computed) AS mos_computed_max, count(s.tx_bps) AS tx_bps_count,
  ifNull(sum(s.tx_bps), 0) AS tx_bps_sum, min(s.tx_bps) AS tx_bps_min, max(s.tx_bps) AS tx_bps_max,
  count(s.rx_bps) AS rx_bps_count, ifNull(sum(s.rx_bps), 0) AS rx_bps_sum, min(s.rx_bps) AS rx_bps_min,
  max(s.rx_bps) AS rx_bps_max, ifNull(sumIf(s.tx_bytes, s.bytes_kind = 'delta'), 0) AS tx_bytes_delta,
  minIf(s.tx_bytes, s.bytes_kind = 'cumulative') AS tx_bytes_cumulative_min,
  maxIf(s.tx_bytes, s.bytes_kind = 'cumulative') AS tx_bytes_cumulative_max,
  ifNull(sumIf(s.rx_bytes, s.bytes_kind = 'delta'), 0) AS rx_bytes_delta,
  minIf(s.rx_bytes, s.bytes_kind = 'cumulative') AS rx_bytes_cumulative_min,
  maxIf(s.rx_bytes, s.bytes_kind = 'cumulative') AS rx_bytes_cumulative_max,
  max(s.tx_capacity_bps) AS tx_capacity_bps, max(s.rx_capacity_bps) AS rx_capacity_bps,
  count(s.availability_ratio) AS availability_ratio_count,
  ifNull(sum(s.availability_ratio), 0) AS availability_ratio_sum, countIf(s.state = 'up') AS state_up,
  countIf(s.state = 'degraded') AS state_degraded, countIf(s.state = 'down') AS state_down,
  countIf(s.state = 'standby') AS state_standby, countIf(s.state = 'disabled') AS state_disabled,
  countIf(s.state = 'unknown') AS state_unknown,
  sumMap(mapApply((k, v) -> (toString(k), toUInt64(v)), s.sla_met)) AS sla_met,
  sumMap(mapApply((k, v) -> (toString(k), toUInt64(NOT v)), s.sla_met)) AS sla_missed
FROM vigie.tunnel_samples AS s
GROUP BY
  day, s.site_id, s.link_id, s.device, s.link, s.local, s.remote, s.local_color, s.remote_color, s.sla_class,
  s.direction, s.latency_kind, s.latency_statistic, s.org_id, s.supplier_id, s.remote_site_id, s.edge, s.vendor,
  s.controller, s.site, s.carrier;

INSERT INTO vigie.tunnel_samples_1d (
  day, site_id, link_id, device, link, local, remote, local_color, remote_color, sla_class, direction, latency_kind,
  latency_statistic, org_id, supplier_id, remote_site_id, edge, vendor, controller, site, carrier, samples, latency_ms_count,
  latency_ms_sum, latency_ms_min, latency_ms_max, latency_ms_quantiles, jitter_ms_count, jitter_ms_sum, jitter_ms_min,
  jitter_ms_max, jitter_ms_quantiles, loss_ratio_count, loss_ratio_sum, loss_ratio_min, loss_ratio_max, loss_ratio_quantiles,
  mos_count, mos_sum, mos_min, mos_max, mos_computed_count, mos_computed_sum, mos_computed_min, mos_computed_max, tx_bps_count,
  tx_bps_sum, tx_bps_min, tx_bps_max, rx_bps_count, rx_bps_sum, rx_bps_min, rx_bps_max, tx_bytes_delta, tx_bytes_cumulative_min,
  tx_bytes_cumulative_max, rx_bytes_delta, rx_bytes_cumulative_min, rx_bytes_cumulative_max, tx_capacity_bps, rx_capacity_bps,
  availability_ratio_count, availability_ratio_sum, state_up, state_degraded, state_down, state_standby, state_disabled,
  state_unknown, sla_met, sla_missed)
SELECT
  toStartOfDay(h.hour) AS day, h.site_id, h.link_id, h.device, h.link, h.local, h.remote, h.local_color, h.remote_color,
  h.sla_class, h.direction, h.latency_kind, h.latency_statistic, h.org_id, h.supplier_id, h.remote_site_id, h.edge, h.vendor,
  h.controller, h.site, h.carrier, sum(h.samples), sum(h.latency_ms_count), sum(h.latency_ms_sum), min(h.latency_ms_min),
  max(h.latency_ms_max), quantilesTDigestMergeState(0.5, 0.95, 0.99)(h.latency_ms_quantiles), sum(h.jitter_ms_count),
  sum(h.jitter_ms_sum), min(h.jitter_ms_min), max(h.jitter_ms_max), quantilesTDigestMergeState(0.5, 0.95,
  0.99)(h.jitter_ms_quantiles), sum(h.loss_ratio_count), sum(h.loss_ratio_sum), min(h.loss_ratio_min), max(h.loss_ratio_max),
  quantilesTDigestMergeState(0.5, 0.95, 0.99)(h.loss_ratio_quantiles), sum(h.mos_count), sum(h.mos_sum), min(h.mos_min),
  max(h.mos_max), sum(h.mos_computed_count), sum(h.mos_computed_sum), min(h.mos_computed_min), max(h.mos_computed_max),
  sum(h.tx_bps_count), sum(h.tx_bps_sum), min(h.tx_bps_min), max(h.tx_bps_max), sum(h.rx_bps_count), sum(h.rx_bps_sum),
  min(h.rx_bps_min), max(h.rx_bps_max), sum(h.tx_bytes_delta), min(h.tx_bytes_cumulative_min), max(h.tx_bytes_cumulative_max),
  sum(h.rx_bytes_delta), min(h.rx_bytes_cumulative_min), max(h.rx_bytes_cumulative_max), max(h.tx_capacity_bps),
  max(h.rx_capacity_bps), sum(h.availability_ratio_count), sum(h.availability_ratio_sum), sum(h.state_up),
  sum(h.state_degraded), sum(h.state_down), sum(h.state_standby), sum(h.state_disabled), sum(h.state_unknown),
  sumMap(h.sla_met), sumMap(h.sla_missed)
FROM vigie.tunnel_samples_1h AS h
GROUP BY day, h.site_id, h.link_id, h.device, h.link, h.local, h.remote, h.local_color, h.remote_color, h.sla_class, h.direction, h.latency_kind, h.latency_statistic, h.org_id, h.supplier_id, h.remote_site_id, h.edge, h.vendor, h.controller, h.site, h.carrier;
