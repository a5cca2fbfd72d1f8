-- One minute, who with whom, over what: what dashboards read for any range over an hour.
CREATE TABLE IF NOT EXISTS vigie.flows_1m (
  minute DateTime('UTC'),
  exporter_addr IPv6,
  src_org_id UInt32, dst_org_id UInt32,
  src_site_id UInt32, dst_site_id UInt32,
  src_region_code UInt8, dst_region_code UInt8,
  locality UInt8 COMMENT '0 transit, 1 outbound, 2 inbound, 3 internal',
  provider_id UInt32, link_id UInt32,
  app_rule_id UInt32, app_class_id UInt8,
  ip_proto UInt8,
  service_port UInt16 COMMENT 'The well-known port of the two ends, 0 where neither is one',
  counted UInt8,
  flows UInt64 CODEC(T64, LZ4),
  bytes UInt64 COMMENT 'As exported' CODEC(T64, LZ4),
  packets UInt64 COMMENT 'As exported' CODEC(T64, LZ4),
  bytes_est UInt64 COMMENT 'Times the sampling rate' CODEC(T64, LZ4),
  packets_est UInt64 COMMENT 'Times the sampling rate' CODEC(T64, LZ4),
  src_org String ALIAS dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(src_org_id), ''),
  dst_org String ALIAS dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(dst_org_id), ''),
  src_site String ALIAS dictGetOrDefault('vigie.sites_names', 'id', toUInt64(src_site_id), ''),
  dst_site String ALIAS dictGetOrDefault('vigie.sites_names', 'id', toUInt64(dst_site_id), ''),
  src_region String ALIAS if(src_region_code = 0, '', leftPad(toString(src_region_code), 2, '0')),
  dst_region String ALIAS if(dst_region_code = 0, '', leftPad(toString(dst_region_code), 2, '0')),
  provider String ALIAS dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(provider_id), ''),
  link String ALIAS dictGetOrDefault('vigie.links_names', 'id', toUInt64(link_id), ''),
  app String ALIAS dictGetOrDefault('vigie.applications_names', 'id', toUInt64(app_rule_id), ''),
  app_class String ALIAS dictGetOrDefault('vigie.app_classes_names', 'id', toUInt64(app_class_id), '')
) ENGINE = SummingMergeTree((flows, bytes, packets, bytes_est, packets_est))
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, src_site_id, dst_site_id, service_port, ip_proto, exporter_addr, src_org_id, dst_org_id, src_region_code,
  dst_region_code, locality, provider_id, link_id, app_rule_id, app_class_id, counted)
TTL minute + INTERVAL {{rollup_days}} DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  auto_statistics_types = '';

-- The keys that are narrow are packed into three numbers, which is what makes the grouping cheap beside the insert.
CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flows_1m_view TO vigie.flows_1m AS
SELECT
  minute, exporter_addr,
  toUInt32(k_org) AS src_org_id, toUInt32(bitShiftRight(k_org, 32)) AS dst_org_id,
  toUInt32(k_site) AS src_site_id, toUInt32(bitShiftRight(k_site, 32)) AS dst_site_id,
  toUInt32(k_way) AS provider_id, toUInt32(bitShiftRight(k_way, 32)) AS link_id,
  toUInt16(k_what) AS service_port, toUInt8(bitShiftRight(k_what, 16)) AS ip_proto,
  toUInt8(bitAnd(bitShiftRight(k_what, 24), 3)) AS locality, toUInt8(bitAnd(bitShiftRight(k_what, 26), 1)) AS counted,
  toUInt8(bitAnd(bitShiftRight(k_what, 27), 31)) AS src_region_code,
  toUInt8(bitAnd(bitShiftRight(k_what, 32), 31)) AS dst_region_code,
  toUInt8(bitAnd(bitShiftRight(k_what, 37), 255)) AS app_class_id,
  toUInt32(bitAnd(bitShiftRight(k_what, 45), 524287)) AS app_rule_id,
  count() AS flows, sum(b) AS bytes, sum(p) AS packets, sum(b * r) AS bytes_est, sum(p * r) AS packets_est
FROM (
  SELECT
    toStartOfMinute(time_received) AS minute, exporter_addr, bytes AS b, packets AS p, greatest(sampling_rate, 1) AS r,
    bitOr(toUInt64(src_org_id), bitShiftLeft(toUInt64(dst_org_id), 32)) AS k_org,
    bitOr(toUInt64(src_site_id), bitShiftLeft(toUInt64(dst_site_id), 32)) AS k_site,
    bitOr(toUInt64(provider_id), bitShiftLeft(toUInt64(link_id), 32)) AS k_way,
    bitOr(
      bitOr(
        bitOr(
          toUInt64(multiIf(dst_port < 1024, dst_port, src_port < 1024, src_port,
            dst_port IN (1194, 1433, 1521, 2049, 3128, 3306, 3389, 5060, 5061, 5432, 8080, 8443), dst_port, 0)),
          bitShiftLeft(toUInt64(ip_proto), 16)),
        bitOr(bitShiftLeft(toUInt64(toUInt8(locality)), 24), bitShiftLeft(toUInt64(counted), 26))),
      bitOr(
        bitOr(bitShiftLeft(toUInt64(src_region_code), 27), bitShiftLeft(toUInt64(dst_region_code), 32)),
        bitOr(bitShiftLeft(toUInt64(app_class_id), 37), bitShiftLeft(toUInt64(app_rule_id), 45)))) AS k_what
  FROM vigie.flows
)
GROUP BY minute, exporter_addr, k_org, k_site, k_way, k_what;
