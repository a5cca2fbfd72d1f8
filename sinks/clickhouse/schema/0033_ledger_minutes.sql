-- Minutes of the ledger: what the pages about the pipeline read for more than a few hours, and what tells the rolls of flows
-- which minutes have got frames since. A month of frames is ten million rows, a month of minutes a hundred thousand.
CREATE TABLE IF NOT EXISTS vigie.ledger_1m (
  minute DateTime('UTC') COMMENT 'Of closed', collector LowCardinality(String) COMMENT 'As in ledger',
  frames SimpleAggregateFunction(sum, UInt64) COMMENT 'Frames',
  datagrams SimpleAggregateFunction(sum, UInt64) COMMENT 'Datagrams in them', records SimpleAggregateFunction(sum, UInt64) COMMENT 'Records in these',
  stored SimpleAggregateFunction(sum, UInt64) COMMENT 'Rows stored', rejected SimpleAggregateFunction(sum, UInt64) COMMENT 'Datagrams and records rejected',
  rejected_by SimpleAggregateFunction(sumMap, Map(String, UInt64)) COMMENT 'The same by code',
  first SimpleAggregateFunction(min, Tuple(number UInt64, sequence_lost UInt64, kernel_dropped UInt64, collector_rejected UInt64)) COMMENT 'Totals of the collector at its first frame of the minute',
  last SimpleAggregateFunction(max, Tuple(number UInt64, received UInt64, framed UInt64, waiting UInt64, sequence_lost UInt64, kernel_dropped UInt64, collector_rejected UInt64)) COMMENT 'Totals of the collector at its last frame of the minute',
  collector_rejected SimpleAggregateFunction(maxMap, Map(String, UInt64)) COMMENT 'Highest totals of the collector by code',
  lag_s AggregateFunction(quantilesTDigest(0.5, 0.95), Nullable(Float64)) COMMENT 'From a frame’s closing to its storing, s',
  lag_max_s SimpleAggregateFunction(max, Nullable(Float64)) COMMENT 'The longest of them',
  written SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When the last of the frames was stored'
) ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, collector)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Minutes of the ledger';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.ledger_1m_view TO vigie.ledger_1m AS
SELECT
  toStartOfMinute(toDateTime(l.closed, 'UTC')) AS minute, l.collector AS collector, count() AS frames, sum(l.datagrams) AS datagrams,
  sum(l.records) AS records, sum(l.stored) AS stored, sum(l.rejected) AS rejected,
  sumMap(mapApply((k, v) -> (toString(k), v), l.rejected_by)) AS rejected_by,
  min((l.number, l.sequence_lost, l.kernel_dropped, arraySum(mapValues(l.collector_rejected)))) AS first,
  max((l.number, l.received, l.framed, l.waiting, l.sequence_lost, l.kernel_dropped, arraySum(mapValues(l.collector_rejected)))) AS last,
  maxMap(mapApply((k, v) -> (toString(k), v), l.collector_rejected)) AS collector_rejected,
  quantilesTDigestState(0.5, 0.95)(if(l.written < l.closed, NULL, dateDiff('millisecond', l.closed, l.written) / 1000)) AS lag_s,
  max(if(l.written < l.closed, NULL, dateDiff('millisecond', l.closed, l.written) / 1000)) AS lag_max_s, max(l.written) AS written
FROM vigie.ledger AS l
GROUP BY minute, l.collector;

-- What was stored before this table was there.
INSERT INTO vigie.ledger_1m
SELECT
  toStartOfMinute(toDateTime(l.closed, 'UTC')) AS minute, l.collector AS collector, count() AS frames, sum(l.datagrams) AS datagrams,
  sum(l.records) AS records, sum(l.stored) AS stored, sum(l.rejected) AS rejected,
  sumMap(mapApply((k, v) -> (toString(k), v), l.rejected_by)) AS rejected_by,
  min((l.number, l.sequence_lost, l.kernel_dropped, arraySum(mapValues(l.collector_rejected)))) AS first,
  max((l.number, l.received, l.framed, l.waiting, l.sequence_lost, l.kernel_dropped, arraySum(mapValues(l.collector_rejected)))) AS last,
  maxMap(mapApply((k, v) -> (toString(k), v), l.collector_rejected)) AS collector_rejected,
  quantilesTDigestState(0.5, 0.95)(if(l.written < l.closed, NULL, dateDiff('millisecond', l.closed, l.written) / 1000)) AS lag_s,
  max(if(l.written < l.closed, NULL, dateDiff('millisecond', l.closed, l.written) / 1000)) AS lag_max_s, max(l.written) AS written
FROM vigie.ledger AS l
GROUP BY minute, l.collector;
