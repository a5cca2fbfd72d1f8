-- Names of what flow rows store as numbers, and the dictionaries through which ALIAS columns read them.
-- Of rows with one number, the highest version holds.
CREATE TABLE IF NOT EXISTS vigie.organizations (
  number UInt32, id String, name_fr String, name_en String, version UInt64,
  kind LowCardinality(String), itsm_group String, language LowCardinality(String)
) ENGINE = ReplacingMergeTree(version) ORDER BY number;

CREATE TABLE IF NOT EXISTS vigie.sites (
  number UInt32, id String, name_fr String, name_en String, version UInt64,
  organization UInt32, kind LowCardinality(String), region UInt8, lat Nullable(Float64), lon Nullable(Float64),
  municipality String, network LowCardinality(String), migration_wave UInt16, migration_date Nullable(Date), moves_into UInt32
) ENGINE = ReplacingMergeTree(version) ORDER BY number;

CREATE TABLE IF NOT EXISTS vigie.suppliers (
  number UInt32, id String, name_fr String, name_en String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY number;

CREATE TABLE IF NOT EXISTS vigie.links (
  number UInt32, id String, version UInt64, site UInt32, supplier UInt32, lot LowCardinality(String),
  technology LowCardinality(String), committed_bps UInt64, burst_bps UInt64, sla_class LowCardinality(String),
  billing_rule LowCardinality(String), price_per_month_cad Float64
) ENGINE = ReplacingMergeTree(version) ORDER BY number;

CREATE TABLE IF NOT EXISTS vigie.applications (
  number UInt32, id String, name_fr String, name_en String, version UInt64, class UInt8
) ENGINE = ReplacingMergeTree(version) ORDER BY number;

CREATE TABLE IF NOT EXISTS vigie.app_classes (
  number UInt32, id String, name_fr String, name_en String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY number;

CREATE TABLE IF NOT EXISTS vigie.regions (
  number UInt32, id String, name_fr String, name_en String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY number;

-- Names that exporters told in options data: interfaces, applications, VRFs, samplers.
CREATE TABLE IF NOT EXISTS vigie.exporter_names (
  exporter_addr IPv6, kind LowCardinality(String), key UInt64, name String, seen DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(seen) ORDER BY (exporter_addr, kind, key);

CREATE DICTIONARY IF NOT EXISTS vigie.organizations_names (number UInt64, id String, name_fr String, name_en String, kind String)
PRIMARY KEY number SOURCE(CLICKHOUSE(QUERY 'SELECT number, id, name_fr, name_en, kind FROM vigie.organizations FINAL'))
LIFETIME(MIN 2 MAX 5) LAYOUT(HASHED());

CREATE DICTIONARY IF NOT EXISTS vigie.sites_names (
  number UInt64, id String, name_fr String, name_en String, organization UInt32, kind String, region UInt8, lat Float64, lon Float64
)
PRIMARY KEY number SOURCE(CLICKHOUSE(QUERY 'SELECT number, id, name_fr, name_en, organization, kind, region, ifNull(lat, 0) AS lat, ifNull(lon, 0) AS lon FROM vigie.sites FINAL'))
LIFETIME(MIN 2 MAX 5) LAYOUT(HASHED());

CREATE DICTIONARY IF NOT EXISTS vigie.suppliers_names (number UInt64, id String, name_fr String, name_en String)
PRIMARY KEY number SOURCE(CLICKHOUSE(QUERY 'SELECT number, id, name_fr, name_en FROM vigie.suppliers FINAL'))
LIFETIME(MIN 2 MAX 5) LAYOUT(HASHED());

CREATE DICTIONARY IF NOT EXISTS vigie.links_names (number UInt64, id String, site UInt32, supplier UInt32, technology String, committed_bps UInt64)
PRIMARY KEY number SOURCE(CLICKHOUSE(QUERY 'SELECT number, id, site, supplier, technology, committed_bps FROM vigie.links FINAL'))
LIFETIME(MIN 2 MAX 5) LAYOUT(HASHED());

CREATE DICTIONARY IF NOT EXISTS vigie.applications_names (number UInt64, id String, name_fr String, name_en String, class UInt8)
PRIMARY KEY number SOURCE(CLICKHOUSE(QUERY 'SELECT number, id, name_fr, name_en, class FROM vigie.applications FINAL'))
LIFETIME(MIN 2 MAX 5) LAYOUT(HASHED());

CREATE DICTIONARY IF NOT EXISTS vigie.app_classes_names (number UInt64, id String, name_fr String, name_en String)
PRIMARY KEY number SOURCE(CLICKHOUSE(QUERY 'SELECT number, id, name_fr, name_en FROM vigie.app_classes FINAL'))
LIFETIME(MIN 2 MAX 5) LAYOUT(HASHED());

CREATE DICTIONARY IF NOT EXISTS vigie.regions_names (number UInt64, id String, name_fr String, name_en String)
PRIMARY KEY number SOURCE(CLICKHOUSE(QUERY 'SELECT number, id, name_fr, name_en FROM vigie.regions FINAL'))
LIFETIME(MIN 2 MAX 5) LAYOUT(HASHED());

CREATE DICTIONARY IF NOT EXISTS vigie.exporter_names_dict (exporter_addr IPv6, kind String, key UInt64, name String)
PRIMARY KEY exporter_addr, kind, key
SOURCE(CLICKHOUSE(QUERY 'SELECT exporter_addr, kind, key, name FROM vigie.exporter_names FINAL'))
LIFETIME(MIN 2 MAX 5) LAYOUT(COMPLEX_KEY_HASHED());
