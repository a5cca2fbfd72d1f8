-- What a site was at a time. Rows hold the numbers of organisation and site and the code of the region as they were; this
-- tells the rest: its names, kind and network then. Each version of the registry that was written is an interval, from when
-- it was first written to when the next was; the first one holds for all time before, too.
CREATE TABLE IF NOT EXISTS vigie.sites_versions (
  number UInt32, version UInt64, id String, name_fr String, name_en String, organization UInt32, kind LowCardinality(String),
  region UInt8, municipality String, network LowCardinality(String),
  written SimpleAggregateFunction(min, DateTime('UTC')) COMMENT 'When the version was first written'
) ENGINE = AggregatingMergeTree
ORDER BY (number, version, id, name_fr, name_en, organization, kind, region, municipality, network);

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.sites_versions_view TO vigie.sites_versions AS
SELECT number, version, id, name_fr, name_en, organization, kind, region, municipality, network, now('UTC') AS written
FROM vigie.sites;

CREATE DICTIONARY IF NOT EXISTS vigie.sites_then (
  number UInt64, valid_from DateTime, valid_to DateTime,
  id String, name_fr String, name_en String, organization UInt32, kind String, region UInt8, municipality String, network String
)
PRIMARY KEY number
SOURCE(CLICKHOUSE(QUERY '
SELECT number, if(place = 1, toDateTime(0), began) AS valid_from, ended - 1 AS valid_to,
  id, name_fr, name_en, organization, kind, region, municipality, network
FROM (
  SELECT *, row_number() OVER each AS place,
    leadInFrame(began, 1, toDateTime(4294967295)) OVER (PARTITION BY number ORDER BY version ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS ended
  FROM (
    SELECT number, version, min(written) AS began, any(id) AS id, any(name_fr) AS name_fr, any(name_en) AS name_en,
      any(organization) AS organization, any(kind) AS kind, any(region) AS region, any(municipality) AS municipality,
      any(network) AS network
    FROM vigie.sites_versions GROUP BY number, version
  )
  WINDOW each AS (PARTITION BY number ORDER BY version)
)
WHERE ended > began'
  INVALIDATE_QUERY 'SELECT max(version), count() FROM vigie.sites_versions'))
LIFETIME(MIN 2 MAX 5) LAYOUT(RANGE_HASHED()) RANGE(MIN valid_from MAX valid_to);
