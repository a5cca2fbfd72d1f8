-- Hours of exporters: when each was last heard, what it told and about which sites. Rolled with the hours of flows.
CREATE TABLE IF NOT EXISTS vigie.exporter_1h (
  hour DateTime('UTC') COMMENT 'Of time_received', exporter_addr IPv6 COMMENT 'Exporter', last DateTime('UTC') COMMENT 'Newest minute with a flow',
  flows UInt64 COMMENT 'Flow records', sites Array(UInt32) COMMENT 'Sites of sources', rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, exporter_addr)
TTL hour + INTERVAL {{rollup_1h_days}} DAY
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Exporters by hour';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.exporter_1h_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 45 SECOND APPEND TO vigie.exporter_1h EMPTY AS
WITH
  (SELECT groupArray(bucket) FROM (
    SELECT a.bucket AS bucket
    FROM (SELECT bucket, max(rolled) AS rolled FROM vigie.flow_rolls WHERE width_s = 3600 GROUP BY bucket) AS a
    LEFT JOIN (SELECT hour, max(rolled) AS rolled FROM vigie.exporter_1h GROUP BY hour) AS r ON r.hour = a.bucket
    WHERE a.rolled > r.rolled ORDER BY a.bucket LIMIT 48)) AS due
-- A row of no exporter tells that the hour was rolled.
SELECT arrayJoin(due) AS hour, toIPv6('::') AS exporter_addr, hour AS last, 0 AS flows, []::Array(UInt32) AS sites, now64(3) AS rolled
UNION ALL
SELECT toStartOfHour(f.minute) AS start, f.exporter_addr, max(f.minute), sum(f.flows), groupUniqArray(f.src_site_id), now64(3)
FROM vigie.flows_1m AS f
WHERE f.minute >= arrayMin(due) AND f.minute < arrayMax(due) + 3600 AND has(due, toStartOfHour(f.minute))
GROUP BY start, f.exporter_addr;
