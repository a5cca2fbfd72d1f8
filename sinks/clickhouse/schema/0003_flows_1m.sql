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
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000, merge_max_block_size = 32768,
  merge_selector_base = 20, min_bytes_for_wide_part = 1073741824, auto_statistics_types = '';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flows_1m_view TO vigie.flows_1m AS
SELECT
  toStartOfMinute(f.time_received) AS minute, f.exporter_addr AS exporter_addr,
  f.src_org_id AS src_org_id, f.dst_org_id AS dst_org_id,
  f.src_site_id AS src_site_id, f.dst_site_id AS dst_site_id,
  f.src_region_code AS src_region_code, f.dst_region_code AS dst_region_code,
  toUInt8(f.locality) AS locality,
  f.provider_id AS provider_id, f.link_id AS link_id,
  f.app_rule_id AS app_rule_id, f.app_class_id AS app_class_id,
  f.ip_proto AS ip_proto,
  multiIf(f.dst_port < 1024, f.dst_port, f.src_port < 1024, f.src_port,
    f.dst_port IN (1194, 1433, 1521, 2049, 3128, 3306, 3389, 5060, 5061, 5432, 8080, 8443), f.dst_port, 0) AS service_port,
  f.counted AS counted,
  count() AS flows, sum(f.bytes) AS bytes, sum(f.packets) AS packets,
  sum(f.bytes * greatest(f.sampling_rate, 1)) AS bytes_est, sum(f.packets * greatest(f.sampling_rate, 1)) AS packets_est
FROM vigie.flows AS f
GROUP BY minute, f.exporter_addr, f.src_org_id, f.dst_org_id, f.src_site_id, f.dst_site_id, f.src_region_code,
  f.dst_region_code, f.locality, f.provider_id, f.link_id, f.app_rule_id, f.app_class_id, f.ip_proto, service_port, f.counted;
