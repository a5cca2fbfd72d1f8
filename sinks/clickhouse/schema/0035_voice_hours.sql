-- Hours of telephony: how many minutes of how many paths were good, fair, poor or bad, by site and supplier. Rolled from the
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
  arrayJoin(due) AS hour, 0 AS org_id, 0 AS site_id, 0 AS supplier_id, 0 AS bad, 0 AS poor, 0 AS fair, 0 AS good, 0. AS lowest,
  []::Array(UInt64) AS paths, now64(3) AS rolled
UNION ALL
SELECT
  toStartOfHour(minute) AS start, org, place, supplier, countIf(mos < 3.1), countIf(mos >= 3.1 AND mos < 3.6), countIf(mos >= 3.6 AND mos < 4),
  countIf(mos >= 4), min(mos), groupUniqArray(path), now64(3)
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
