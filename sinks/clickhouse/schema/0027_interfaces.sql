-- Interfaces as agents (SNMP) and the registry name them, with what their operators call them and their speed.
CREATE TABLE IF NOT EXISTS vigie.interfaces (
  exporter_addr IPv6, if_index UInt32, name String, alias String, speed_bps UInt64,
  source LowCardinality(String) COMMENT 'snmp, or registry, which holds', seen DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(seen) ORDER BY (exporter_addr, if_index, source);

CREATE DICTIONARY IF NOT EXISTS vigie.interfaces_dict (
  exporter_addr IPv6, if_index UInt32, name String, alias String, speed_bps UInt64
)
PRIMARY KEY exporter_addr, if_index
SOURCE(CLICKHOUSE(QUERY 'SELECT exporter_addr, if_index, argMax(name, (source = ''registry'' AND name != '''', seen)) AS name, argMax(alias, (source = ''registry'' AND alias != '''', seen)) AS alias, argMax(speed_bps, (source = ''registry'' AND speed_bps > 0, seen)) AS speed_bps FROM vigie.interfaces FINAL GROUP BY exporter_addr, if_index'
  INVALIDATE_QUERY 'SELECT max(seen), count() FROM vigie.interfaces'))
LIFETIME(MIN 2 MAX 5) LAYOUT(COMPLEX_KEY_HASHED());
