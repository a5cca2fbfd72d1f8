-- One row a flow record. Rows of a minute lie together; what they are about is asked of the rollup first.
-- Compact parts keep an insert of fifty columns to few files; statistics of columns would cost more than they save.
CREATE TABLE IF NOT EXISTS vigie.flows (
  {{flow_columns}}
) ENGINE = MergeTree
PARTITION BY toDate(time_received)
ORDER BY toStartOfMinute(time_received)
TTL toDateTime(time_received) + INTERVAL {{flows_days}} DAY
SETTINGS ttl_only_drop_parts = 1, index_granularity = 32768, non_replicated_deduplication_window = 10000,
  min_bytes_for_wide_part = 1073741824, auto_statistics_types = '';
