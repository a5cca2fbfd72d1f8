-- Threat indicators of all feeds. A number is given once: what leaves its feed stays here as retired, so that flows keep its
-- name. Of rows with one number, the highest version holds.
CREATE TABLE IF NOT EXISTS vigie.threat_indicators (
  number UInt32 COMMENT 'What threat_id of a flow holds',
  feed LowCardinality(String),
  value String COMMENT 'Address or prefix',
  lo IPv6 COMMENT 'First address, IPv4 as ::ffff:a.b.c.d', length UInt8 COMMENT 'Bits of lo that count, 0 to 128',
  id String COMMENT 'The feed''s own id of it', name String,
  severity_id UInt8 COMMENT 'OCSF: 1 informational to 6 fatal',
  confidence UInt8 COMMENT '0 to 100, 255 unknown',
  valid_from DateTime('UTC') COMMENT '1970: without beginning', valid_until DateTime('UTC') COMMENT '2106-02-07 06:28:15: without end',
  retired DateTime('UTC') COMMENT 'When it left its feed or was revoked; 1970: in force',
  version UInt64 COMMENT 'Of the set of indicators'
) ENGINE = ReplacingMergeTree(version) ORDER BY number
TTL retired + INTERVAL {{rollup_days}} DAY DELETE WHERE toUnixTimestamp(retired) > 0;

-- Read anew only when a set of indicators was written.
CREATE DICTIONARY IF NOT EXISTS vigie.threat_indicators_names (
  number UInt64, text String, feed String, value String, id String, name String, severity_id UInt8, confidence UInt8
)
PRIMARY KEY number SOURCE(CLICKHOUSE(QUERY 'SELECT number, concat(feed, '':'', value) AS text, feed, value, id, name, severity_id, confidence FROM vigie.threat_indicators FINAL'
  INVALIDATE_QUERY 'SELECT max(version), count() FROM vigie.threat_indicators'))
LIFETIME(MIN 2 MAX 5) LAYOUT(HASHED());

-- Flows of the last days that an indicator names which was not known when they came: found again whenever a feed changes.
CREATE TABLE IF NOT EXISTS vigie.threat_matches (
  found DateTime64(3, 'UTC') COMMENT 'When the flows were looked through',
  version UInt64 COMMENT 'Of the set of indicators',
  number UInt32, feed LowCardinality(String), value String, severity_id UInt8, confidence UInt8,
  threat_end Enum8('none' = 0, 'src' = 1, 'dst' = 2, 'both' = 3),
  src_addr IPv6, dst_addr IPv6, dst_port UInt16, ip_proto UInt8,
  src_org_id UInt32, dst_org_id UInt32, src_site_id UInt32, dst_site_id UInt32,
  first_seen DateTime64(3, 'UTC'), last_seen DateTime64(3, 'UTC'),
  flows UInt64, bytes UInt64 COMMENT 'Times the sampling rate', packets UInt64 COMMENT 'Times the sampling rate',
  src_org String ALIAS dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(src_org_id), ''),
  dst_org String ALIAS dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(dst_org_id), ''),
  src_site String ALIAS dictGetOrDefault('vigie.sites_names', 'id', toUInt64(src_site_id), ''),
  dst_site String ALIAS dictGetOrDefault('vigie.sites_names', 'id', toUInt64(dst_site_id), '')
) ENGINE = ReplacingMergeTree(found)
PARTITION BY toYYYYMM(last_seen)
ORDER BY (number, src_addr, dst_addr, dst_port, ip_proto)
TTL toDateTime(last_seen) + INTERVAL {{rollup_days}} DAY;
