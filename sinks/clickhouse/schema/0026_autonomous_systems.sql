-- Names of autonomous systems, from the user's files.
CREATE TABLE IF NOT EXISTS vigie.autonomous_systems (
  number UInt32, name String, written DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(written) ORDER BY number;

CREATE DICTIONARY IF NOT EXISTS vigie.autonomous_systems_names (number UInt64, name String)
PRIMARY KEY number SOURCE(CLICKHOUSE(QUERY 'SELECT number, name FROM vigie.autonomous_systems FINAL'
  INVALIDATE_QUERY 'SELECT max(written), count() FROM vigie.autonomous_systems'))
LIFETIME(MIN 2 MAX 5) LAYOUT(HASHED());
