-- What became of each frame, inserted with its rows under the same token: conservation is a query on this table.
CREATE TABLE IF NOT EXISTS vigie.ledger (
  sequence UInt64, collector LowCardinality(String), number UInt64, closed DateTime64(3, 'UTC'),
  datagrams UInt64, records UInt64, stored UInt64, rejected UInt64, rejected_by Map(LowCardinality(String), UInt64),
  batch String, registry_version UInt64,
  received UInt64, framed UInt64, waiting UInt64, kernel_dropped UInt64, sequence_lost UInt64,
  collector_rejected Map(LowCardinality(String), UInt64),
  written DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree
PARTITION BY toYYYYMM(closed)
ORDER BY (collector, number)
SETTINGS non_replicated_deduplication_window = 10000;
