-- One row a flow record. Rows of a minute lie together; what they are about is asked of the rollup first: a sort key of
-- sites or addresses would double the cost of an insert, and rows come in the order of time already.
-- Compact parts keep an insert of seventy columns to one file; statistics of columns would cost a merge a third more;
-- twenty parts make the next, so that a row is merged once or twice in its life.
CREATE TABLE IF NOT EXISTS vigie.flows (
  {{flow_columns}}
) ENGINE = MergeTree
PARTITION BY toDate(time_received)
ORDER BY toStartOfMinute(time_received)
TTL toDateTime(time_received) + INTERVAL {{flows_days}} DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000, index_granularity = 32768,
  merge_max_block_size = 32768, merge_selector_base = 20, min_bytes_for_wide_part = 4294967296, auto_statistics_types = '';
