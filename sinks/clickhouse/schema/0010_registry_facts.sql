-- What service levels, capacity and bills are reckoned with. A version of the registry is written whole, its number last:
-- a report can be made again with the facts it was first made with. Intervals hold from valid_from up to, not including,
-- valid_to, in UTC.
CREATE TABLE IF NOT EXISTS vigie.registry_versions (
  version UInt64 COMMENT 'Version of the registry, all of whose facts are written',
  written DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the last of them was'
) ENGINE = ReplacingMergeTree(written) ORDER BY version
COMMENT 'Versions of the registry whose facts are in the store; the highest holds';

CREATE TABLE IF NOT EXISTS vigie.link_terms (
  version UInt64 COMMENT 'Version of the registry',
  link UInt32 COMMENT 'Number of the link, link_id of samples and flows',
  id String COMMENT 'Id of the link in the registry',
  valid_from DateTime('UTC') COMMENT 'Start of the interval', valid_to DateTime('UTC') COMMENT 'End of the interval, not in it',
  site UInt32 COMMENT 'Site at the time', organization UInt32 COMMENT 'Organisation of the site at the time',
  region UInt8 COMMENT 'Region of the site at the time, 1 to 17, 0 unknown',
  network LowCardinality(String) COMMENT 'Network of the site at the time: ritm, rgt or empty',
  supplier UInt32 COMMENT 'Supplier', lot LowCardinality(String) COMMENT 'Lot of the call for tenders',
  technology LowCardinality(String) COMMENT 'Technology', contract LowCardinality(String) COMMENT 'Contract',
  sla_class LowCardinality(String) COMMENT 'Class of service of the link, else of its contract',
  committed_bps UInt64 COMMENT 'Committed rate, bit/s', burst_bps UInt64 COMMENT 'Highest rate, bit/s; 0 as committed',
  billing_rule LowCardinality(String) COMMENT 'flat, percentile_95, volume or empty',
  billing_directions LowCardinality(String) COMMENT 'max or sum of the two directions',
  price_per_month_cad Decimal64(4) COMMENT 'Price of a whole month, CAD',
  price_per_mbps_cad Decimal64(4) COMMENT 'Price of a Mbit/s above the committed rate, CAD',
  price_per_gb_cad Decimal64(4) COMMENT 'Price of a gigabyte above the included volume, CAD',
  included_gb Float64 COMMENT 'Included volume of a month, 10⁹ bytes'
) ENGINE = ReplacingMergeTree ORDER BY (version, link, valid_from)
COMMENT 'Terms of each link by interval, in each version of the registry';

CREATE TABLE IF NOT EXISTS vigie.site_terms (
  version UInt64 COMMENT 'Version of the registry', site UInt32 COMMENT 'Number of the site', id String COMMENT 'Id of the site',
  valid_from DateTime('UTC') COMMENT 'Start of the interval', valid_to DateTime('UTC') COMMENT 'End of the interval, not in it',
  organization UInt32 COMMENT 'Organisation at the time', region UInt8 COMMENT 'Region at the time, 1 to 17, 0 unknown',
  network LowCardinality(String) COMMENT 'Network at the time: ritm, rgt or empty'
) ENGINE = ReplacingMergeTree ORDER BY (version, site, valid_from)
COMMENT 'Organisation, region and network of each site by interval, in each version of the registry';

CREATE TABLE IF NOT EXISTS vigie.sla_classes (
  version UInt64 COMMENT 'Version of the registry', id LowCardinality(String) COMMENT 'Id of the class',
  name_fr String COMMENT 'Name in French', name_en String COMMENT 'Name in English',
  one_way_delay_ms Nullable(Float64) COMMENT 'Objective: 95th percentile of one-way delay, ms',
  round_trip_delay_ms Nullable(Float64) COMMENT 'Objective: 95th percentile of round-trip delay, ms',
  delay_variation_ms Nullable(Float64) COMMENT 'Objective: 95th percentile of delay variation, ms',
  loss_ratio Nullable(Float64) COMMENT 'Objective: mean loss, 0 to 1',
  availability_ratio Nullable(Float64) COMMENT 'Objective: availability of a month, 0 to 1',
  mos Nullable(Float64) COMMENT 'Objective: mean opinion score, at least',
  time_to_restore_h Nullable(Float64) COMMENT 'Objective: mean time to restore, h'
) ENGINE = ReplacingMergeTree ORDER BY (version, id)
COMMENT 'Objectives of the classes of service, in each version of the registry';

CREATE TABLE IF NOT EXISTS vigie.contracts (
  version UInt64 COMMENT 'Version of the registry', id LowCardinality(String) COMMENT 'Id of the contract',
  supplier UInt32 COMMENT 'Supplier', sla_class LowCardinality(String) COMMENT 'Class of links that name none',
  valid_from DateTime('UTC') COMMENT 'Start', valid_to DateTime('UTC') COMMENT 'End, not in it',
  credit_below_ratio Array(Float64) COMMENT 'Bounds of availability, rising',
  credit_ratio Array(Float64) COMMENT 'Share of the monthly price that is given back below each bound; the lowest holds'
) ENGINE = ReplacingMergeTree ORDER BY (version, id)
COMMENT 'Contracts and their service credits, in each version of the registry';

CREATE TABLE IF NOT EXISTS vigie.maintenance_windows (
  version UInt64 COMMENT 'Version of the registry', id String COMMENT 'Id of the window',
  valid_from DateTime('UTC') COMMENT 'Start', valid_to DateTime('UTC') COMMENT 'End, not in it',
  reason_fr String COMMENT 'Reason in French', reason_en String COMMENT 'Reason in English',
  organizations Array(UInt32) COMMENT 'Organisations whose links it covers', sites Array(UInt32) COMMENT 'Sites whose links it covers',
  links Array(UInt32) COMMENT 'Links it covers', suppliers Array(UInt32) COMMENT 'Suppliers whose links it covers'
) ENGINE = ReplacingMergeTree ORDER BY (version, id)
COMMENT 'Announced maintenance, in each version of the registry';

CREATE TABLE IF NOT EXISTS vigie.consolidations (
  version UInt64 COMMENT 'Version of the registry', room UInt32 COMMENT 'Site: the server room',
  moves_into UInt32 COMMENT 'Site it moves into', planned Nullable(Date) COMMENT 'Planned day',
  status LowCardinality(String) COMMENT 'planned, moving or done'
) ENGINE = ReplacingMergeTree ORDER BY (version, room)
COMMENT 'Server rooms and where they move, in each version of the registry';
