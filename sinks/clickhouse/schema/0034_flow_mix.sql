-- What dashboards read of flows for more than a few hours: buckets of 5 minutes and of an hour, with all that flows_1m tells
-- but the exporter, of flows that totals count. The engine rolls them from flows_1m once they are over, oldest first, and again
-- when frames of them come late (ledger_1m says so). An insert of flows pays nothing for it.
--
--   flows_1m ──▶ flow_mix_5m ──▶ flow_mix_1h
--   ledger_1m ·· which? ··▶ flow_rolls ·· how far? ··▶ queries: buckets up to there, minutes beyond
CREATE TABLE IF NOT EXISTS vigie.flow_rolls (
  width_s UInt32 COMMENT 'Width of the buckets', bucket DateTime('UTC') COMMENT 'Its first second', rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
ORDER BY (width_s, bucket)
TTL bucket + INTERVAL {{rollup_1h_days}} DAY
COMMENT 'Buckets of flows that were rolled, those without a flow too; all before the newest are there';

CREATE TABLE IF NOT EXISTS vigie.flow_mix_5m (
  bucket DateTime('UTC') COMMENT 'Its first second',
  src_org_id UInt32 COMMENT 'Organisation of the source',
  dst_org_id UInt32 COMMENT 'Organisation of the destination',
  src_site_id UInt32 COMMENT 'Site of the source',
  dst_site_id UInt32 COMMENT 'Site of the destination',
  src_region_code UInt8 COMMENT 'Region of the source',
  dst_region_code UInt8 COMMENT 'Region of the destination',
  locality UInt8 COMMENT '0 transit, 1 outbound, 2 inbound, 3 internal',
  provider_id UInt32 COMMENT 'Supplier',
  link_id UInt32 COMMENT 'Link',
  app_rule_id UInt32 COMMENT 'Application',
  app_class_id UInt8 COMMENT 'Class of the application',
  ip_proto UInt8 COMMENT 'Protocol',
  service_port UInt16 COMMENT 'The well-known port of the two ends, 0 where neither is one',
  flows UInt64 COMMENT 'Flow records' CODEC(T64, LZ4), bytes_est UInt64 COMMENT 'Bytes, times the sampling rate' CODEC(T64, LZ4),
  packets_est UInt64 COMMENT 'Packets, times the sampling rate' CODEC(T64, LZ4), rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned' CODEC(Delta, LZ4)
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, src_site_id, dst_site_id, service_port, ip_proto, src_org_id, dst_org_id, src_region_code, dst_region_code, locality, provider_id, link_id,
  app_rule_id, app_class_id)
TTL bucket + INTERVAL {{rollup_days}} DAY
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Traffic in buckets of 5 minutes';

CREATE TABLE IF NOT EXISTS vigie.flow_mix_1h (
  bucket DateTime('UTC') COMMENT 'Its first second',
  src_org_id UInt32 COMMENT 'Organisation of the source',
  dst_org_id UInt32 COMMENT 'Organisation of the destination',
  src_site_id UInt32 COMMENT 'Site of the source',
  dst_site_id UInt32 COMMENT 'Site of the destination',
  src_region_code UInt8 COMMENT 'Region of the source',
  dst_region_code UInt8 COMMENT 'Region of the destination',
  locality UInt8 COMMENT '0 transit, 1 outbound, 2 inbound, 3 internal',
  provider_id UInt32 COMMENT 'Supplier',
  link_id UInt32 COMMENT 'Link',
  app_rule_id UInt32 COMMENT 'Application',
  app_class_id UInt8 COMMENT 'Class of the application',
  ip_proto UInt8 COMMENT 'Protocol',
  service_port UInt16 COMMENT 'The well-known port of the two ends, 0 where neither is one',
  flows UInt64 COMMENT 'Flow records' CODEC(T64, LZ4), bytes_est UInt64 COMMENT 'Bytes, times the sampling rate' CODEC(T64, LZ4),
  packets_est UInt64 COMMENT 'Packets, times the sampling rate' CODEC(T64, LZ4), rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned' CODEC(Delta, LZ4)
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, src_site_id, dst_site_id, service_port, ip_proto, src_org_id, dst_org_id, src_region_code, dst_region_code, locality, provider_id, link_id,
  app_rule_id, app_class_id)
TTL bucket + INTERVAL {{rollup_1h_days}} DAY
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Traffic by hour with region and protocol and port';

-- Rows of a roll on their way: a row without flows only tells that its bucket was rolled.
CREATE TABLE IF NOT EXISTS vigie.flow_mix_rolled (
  width_s UInt32, bucket DateTime('UTC'), src_org_id UInt32, dst_org_id UInt32, src_site_id UInt32, dst_site_id UInt32, src_region_code UInt8, dst_region_code UInt8, locality UInt8, provider_id UInt32, link_id UInt32, app_rule_id UInt32, app_class_id UInt8, ip_proto UInt8, service_port UInt16,
  flows UInt64, bytes_est UInt64, packets_est UInt64, rolled DateTime64(3, 'UTC')
) ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flow_mix_5m_view TO vigie.flow_mix_5m AS
SELECT * EXCEPT (width_s) FROM vigie.flow_mix_rolled WHERE width_s = 300 AND flows > 0;

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flow_mix_1h_view TO vigie.flow_mix_1h AS
SELECT * EXCEPT (width_s) FROM vigie.flow_mix_rolled WHERE width_s = 3600 AND flows > 0;

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flow_rolls_view TO vigie.flow_rolls AS
SELECT width_s, bucket, max(r.rolled) AS rolled FROM vigie.flow_mix_rolled AS r GROUP BY width_s, bucket;

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flow_mix_5m_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 20 SECOND APPEND TO vigie.flow_mix_rolled EMPTY AS
WITH
  -- A frame that was closed just behind a bucket has flows of it. Twelve hours at a time bound the work and the memory.
  (SELECT groupArray(bucket) FROM (
    SELECT a.bucket AS bucket
    FROM (
      SELECT arrayJoin(arrayDistinct([toStartOfFiveMinutes(minute), toStartOfFiveMinutes(minute - 2)])) AS bucket, max(written) AS written
      FROM vigie.ledger_1m GROUP BY bucket
    ) AS a
    LEFT JOIN (SELECT bucket, max(rolled) AS rolled FROM vigie.flow_rolls WHERE width_s = 300 GROUP BY bucket) AS r ON r.bucket = a.bucket
    WHERE a.written + INTERVAL 30 SECOND > r.rolled AND a.bucket + INTERVAL 330 SECOND < now('UTC')
    ORDER BY a.bucket LIMIT 144)) AS due
SELECT 300 AS width_s, arrayJoin(due) AS bucket, 0 AS src_org_id, 0 AS dst_org_id, 0 AS src_site_id, 0 AS dst_site_id, 0 AS src_region_code, 0 AS dst_region_code, 0 AS locality, 0 AS provider_id, 0 AS link_id, 0 AS app_rule_id, 0 AS app_class_id, 0 AS ip_proto, 0 AS service_port, 0 AS flows, 0 AS bytes_est, 0 AS packets_est, now64(3) AS rolled
UNION ALL
SELECT
  300, toStartOfFiveMinutes(f.minute) AS start, f.src_org_id, f.dst_org_id, f.src_site_id, f.dst_site_id, f.src_region_code, f.dst_region_code, f.locality, f.provider_id, f.link_id, f.app_rule_id, f.app_class_id, f.ip_proto, f.service_port,
  sum(f.flows), sum(f.bytes_est), sum(f.packets_est), now64(3)
FROM vigie.flows_1m AS f
WHERE f.counted = 1 AND f.minute >= arrayMin(due) AND f.minute < arrayMax(due) + 300 AND has(due, toStartOfFiveMinutes(f.minute))
GROUP BY start, f.src_org_id, f.dst_org_id, f.src_site_id, f.dst_site_id, f.src_region_code, f.dst_region_code, f.locality, f.provider_id, f.link_id, f.app_rule_id, f.app_class_id, f.ip_proto, f.service_port;

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flow_mix_1h_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 40 SECOND APPEND TO vigie.flow_mix_rolled EMPTY AS
WITH
  (SELECT groupArray(bucket) FROM (
    SELECT a.bucket AS bucket
    FROM (SELECT toStartOfHour(bucket) AS bucket, max(rolled) AS rolled, max(bucket) AS newest FROM vigie.flow_rolls WHERE width_s = 300 GROUP BY bucket) AS a
    LEFT JOIN (SELECT bucket, max(rolled) AS rolled FROM vigie.flow_rolls WHERE width_s = 3600 GROUP BY bucket) AS r ON r.bucket = a.bucket
    WHERE a.rolled > r.rolled AND a.bucket + INTERVAL 1 HOUR <= (SELECT max(bucket) + 300 FROM vigie.flow_rolls WHERE width_s = 300)
    ORDER BY a.bucket LIMIT 48)) AS due
SELECT 3600 AS width_s, arrayJoin(due) AS bucket, 0 AS src_org_id, 0 AS dst_org_id, 0 AS src_site_id, 0 AS dst_site_id, 0 AS src_region_code, 0 AS dst_region_code, 0 AS locality, 0 AS provider_id, 0 AS link_id, 0 AS app_rule_id, 0 AS app_class_id, 0 AS ip_proto, 0 AS service_port, 0 AS flows, 0 AS bytes_est, 0 AS packets_est, now64(3) AS rolled
UNION ALL
SELECT
  3600, toStartOfHour(f.bucket) AS start, f.src_org_id, f.dst_org_id, f.src_site_id, f.dst_site_id, f.src_region_code, f.dst_region_code, f.locality, f.provider_id, f.link_id, f.app_rule_id, f.app_class_id, f.ip_proto, f.service_port,
  sum(f.flows), sum(f.bytes_est), sum(f.packets_est), now64(3)
FROM vigie.flow_mix_5m AS f FINAL
WHERE f.bucket >= arrayMin(due) AND f.bucket < arrayMax(due) + 3600 AND has(due, toStartOfHour(f.bucket))
GROUP BY start, f.src_org_id, f.dst_org_id, f.src_site_id, f.dst_site_id, f.src_region_code, f.dst_region_code, f.locality, f.provider_id, f.link_id, f.app_rule_id, f.app_class_id, f.ip_proto, f.service_port;
