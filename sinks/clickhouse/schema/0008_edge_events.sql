-- What happened at edges: changes of state, failovers, SLA verdicts, alarms; and conservation of payloads.
CREATE TABLE IF NOT EXISTS vigie.edge_events (
  observed_at DateTime64(3, 'UTC') COMMENT 'End of the observed interval' CODEC(Delta, ZSTD(1)),
  observed_at_source LowCardinality(String) COMMENT '`received`: the payload carries no time of measurement',
  received_at DateTime64(3, 'UTC') COMMENT 'When the payload came' CODEC(Delta, ZSTD(1)),
  interval_s Nullable(Float64) COMMENT 'Length of the observed interval, s' CODEC(ZSTD(1)),
  org_id UInt32 COMMENT 'Registry: organisation at the time of the sample; 0 unknown',
  site_id UInt32 COMMENT 'Registry: site',
  link_id UInt32 COMMENT 'Registry: underlay link',
  supplier_id UInt32 COMMENT 'Registry: supplier of the link',
  edge LowCardinality(String) COMMENT 'Registry: id of the edge; empty unknown',
  vendor LowCardinality(String) COMMENT 'Id of the vendor that the payload speaks',
  controller LowCardinality(String) COMMENT 'As the vendor tells it; so are device, site, link and carrier',
  device LowCardinality(String),
  site LowCardinality(String),
  link LowCardinality(String),
  carrier LowCardinality(String),
  local LowCardinality(String) COMMENT 'This end of the tunnel',
  remote LowCardinality(String) COMMENT 'The other end',
  local_color LowCardinality(String) COMMENT 'Transport of this end',
  remote_color LowCardinality(String),
  remote_org_id UInt32 COMMENT 'Registry: organisation of the other end; 0 unknown',
  remote_site_id UInt32 COMMENT 'Registry: site of the other end; 0 unknown',
  event LowCardinality(String) COMMENT 'The word of the vendor for it',
  severity_id UInt8 COMMENT 'OCSF: 1 informational to 6 fatal; 0 not told',
  message String COMMENT 'The sentence of the vendor' CODEC(ZSTD(1)),
  availability_ratio Nullable(Float64) COMMENT 'Share of the interval that it was up' CODEC(ZSTD(1)),
  state LowCardinality(String) COMMENT 'up, degraded, down, standby, disabled, unknown; empty: not told',
  state_raw LowCardinality(String) COMMENT 'The word of the vendor',
  sla_class LowCardinality(String) COMMENT 'Service class, SLA profile or health check that was measured',
  sla_met Map(LowCardinality(String), Bool) COMMENT 'Class or target of the vendor: whether it is met',
  way LowCardinality(String) COMMENT 'http, syslog, poll, snmp, nats, flow',
  source LowCardinality(String) COMMENT 'The configured source it came from',
  sequence UInt64 COMMENT 'Sequence of the payload in the stream EDGE' CODEC(Delta, ZSTD(1)),
  org String ALIAS dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(org_id), ''),
  registry_site String ALIAS dictGetOrDefault('vigie.sites_names', 'id', toUInt64(site_id), ''),
  registry_site_name String ALIAS dictGetOrDefault('vigie.sites_names', 'name_fr', toUInt64(site_id), ''),
  region_code UInt8 ALIAS dictGetOrDefault('vigie.sites_names', 'region', toUInt64(site_id), 0),
  registry_link String ALIAS dictGetOrDefault('vigie.links_names', 'id', toUInt64(link_id), ''),
  supplier String ALIAS dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(supplier_id), ''),
  remote_registry_site String ALIAS dictGetOrDefault('vigie.sites_names', 'id', toUInt64(remote_site_id), '')
) ENGINE = MergeTree
PARTITION BY toDate(received_at)
ORDER BY (toStartOfHour(observed_at), site_id, link_id, device, observed_at)
TTL toDateTime(received_at) + INTERVAL {{rollup_days}} DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  auto_statistics_types = '';

-- What became of payloads, inserted last under the token of their batch: conservation is a query on this table.
-- payloads = those read whole + those of which a part was rejected; merged and absent tell how records came to differ.
CREATE TABLE IF NOT EXISTS vigie.edge_ledger (
  batch String COMMENT 'Insert token',
  first_sequence UInt64 COMMENT 'First payload of the batch in the stream EDGE',
  last_sequence UInt64,
  received_at DateTime64(3, 'UTC') COMMENT 'When the last of these payloads came',
  vendor LowCardinality(String) COMMENT 'As found out; as addressed where nothing was',
  way LowCardinality(String), source LowCardinality(String),
  payloads UInt64,
  bytes UInt64,
  records UInt64 COMMENT 'Read from payloads: stored, plus merged_away, plus what still waits in the merge',
  merged_away UInt64 COMMENT 'Records that became part of another',
  absent UInt64 COMMENT 'Records that were made because a tunnel fell silent',
  links UInt64 COMMENT 'Rows of vigie.link_samples',
  tunnels UInt64, events UInt64, counters UInt64,
  unknown_devices UInt64 COMMENT 'Rows whose device is not in the registry (org_id 0)',
  rejected_payloads UInt64 COMMENT 'Payloads that are in the dead letters, whole or in part',
  rejected_by Map(LowCardinality(String), UInt64) COMMENT 'Rejects by code',
  registry_version UInt64,
  written DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (vendor, first_sequence)
SETTINGS non_replicated_deduplication_window = 10000;
