-- Days of links, tunnels and sites, cut at midnight in {{time_zone}}; moments are UTC. Each day is one row a subject that is
-- reckoned whole from its samples, again and again while samples come, the late ones too; the row that was rolled last
-- holds. So duplicates, lateness and order of samples leave no trace.
--
--   link_samples ─┐                       ┌─▶ state_1d ──▶ state_1d of sites
--   tunnel_samples├─▶ sample_arrivals ····┼─▶ quality_1d
--   if_counters ──┘   (which days?)       └─▶ traffic_5m ──▶ traffic_1d
CREATE TABLE IF NOT EXISTS vigie.sample_arrivals (
  day Date COMMENT 'Day that samples are about',
  arrived SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When the last of them was stored',
  samples SimpleAggregateFunction(sum, UInt64) COMMENT 'How many came'
) ENGINE = AggregatingMergeTree
ORDER BY day
TTL day + INTERVAL {{rollup_1d_days}} DAY
COMMENT 'When samples of each day came: what tells that a day must be rolled again';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.link_arrivals_view TO vigie.sample_arrivals AS
SELECT
  arrayJoin(arrayDistinct([toDate(s.observed_at, '{{time_zone}}'),
    toDate(s.observed_at - toIntervalSecond(toUInt32(least(ifNull(s.interval_s, 300), 3600))), '{{time_zone}}')])) AS day,
  now64(3) AS arrived, count() AS samples
FROM vigie.link_samples AS s GROUP BY day;

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.tunnel_arrivals_view TO vigie.sample_arrivals AS
SELECT
  arrayJoin(arrayDistinct([toDate(s.observed_at, '{{time_zone}}'),
    toDate(s.observed_at - toIntervalSecond(toUInt32(least(ifNull(s.interval_s, 300), 3600))), '{{time_zone}}')])) AS day,
  now64(3) AS arrived, count() AS samples
FROM vigie.tunnel_samples AS s GROUP BY day;

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.counter_arrivals_view TO vigie.sample_arrivals AS
SELECT
  arrayJoin(arrayDistinct([toDate(s.observed_at, '{{time_zone}}'),
    toDate(s.observed_at - toIntervalSecond(toUInt32(least(ifNull(s.interval_s, 300), 3600))), '{{time_zone}}')])) AS day,
  now64(3) AS arrived, count() AS samples
FROM vigie.if_counters AS s GROUP BY day;

-- Which tunnel a number is.
CREATE TABLE IF NOT EXISTS vigie.tunnels (
  tunnel UInt64 COMMENT 'Hash of device, ends and transports: subject of state_1d and quality_1d',
  device LowCardinality(String) COMMENT 'The edge that told, as its vendor names it', local String COMMENT 'This end',
  remote String COMMENT 'The other end', local_color LowCardinality(String) COMMENT 'Transport of this end',
  remote_color LowCardinality(String) COMMENT 'Transport of the other end', remote_site UInt32 COMMENT 'Site of the other end'
) ENGINE = ReplacingMergeTree
ORDER BY tunnel
COMMENT 'Tunnels by number';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.tunnels_view TO vigie.tunnels AS
SELECT
  sipHash64(s.device, s.local, s.remote, s.local_color, s.remote_color) AS tunnel, s.device AS device, s.local AS local,
  s.remote AS remote, s.local_color AS local_color, s.remote_color AS remote_color, any(s.remote_site_id) AS remote_site
FROM vigie.tunnel_samples AS s
GROUP BY s.device, s.local, s.remote, s.local_color, s.remote_color;

CREATE TABLE IF NOT EXISTS vigie.state_1d (
  day Date COMMENT 'Day in {{time_zone}}',
  kind Enum8('link' = 1, 'tunnel' = 2, 'site' = 3) COMMENT 'What it is about',
  subject UInt64 COMMENT 'Number of the link, the tunnel or the site',
  site UInt32 COMMENT 'Site at the time of the samples', link UInt32 COMMENT 'Link, or the one under the tunnel; 0 unknown',
  starts Array(DateTime('UTC')) COMMENT 'Start of each span', ends Array(DateTime('UTC')) COMMENT 'End of each span, not in it',
  states Array(Enum8('unknown' = 0, 'disabled' = 1, 'up' = 2, 'standby' = 3, 'degraded' = 4, 'down' = 5)) COMMENT 'State of each span; time without a span is unknown',
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(day)
ORDER BY (kind, subject, site, day)
TTL day + INTERVAL {{rollup_1d_days}} DAY
COMMENT 'Spans of state of a day; a tunnel or link is in the worst state that was told of a moment, a site in its best one';

CREATE TABLE IF NOT EXISTS vigie.quality_1d (
  day Date COMMENT 'Day in {{time_zone}}', kind Enum8('link' = 1, 'tunnel' = 2, 'site' = 3) COMMENT 'What it is about',
  subject UInt64 COMMENT 'Number of the link or the tunnel',
  site UInt32 COMMENT 'Site at the time of the samples', link UInt32 COMMENT 'Link, or the one under the tunnel; 0 unknown',
  one_way_delay_ms AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'One-way delay, means and medians',
  round_trip_delay_ms AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Round-trip delay, means and medians',
  delay_variation_ms AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Delay variation',
  one_way_loss_ratio AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Loss of one direction, 0 to 1',
  round_trip_loss_ratio AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Loss there and back, 0 to 1',
  mos AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Mean opinion score, of 5',
  one_way_loss_count UInt64 COMMENT 'Samples of loss in one direction', one_way_loss_sum Float64 COMMENT 'Their sum',
  round_trip_loss_count UInt64 COMMENT 'Samples of loss there and back', round_trip_loss_sum Float64 COMMENT 'Their sum',
  mos_count UInt64 COMMENT 'Samples of MOS', mos_sum Float64 COMMENT 'Their sum',
  samples UInt64 COMMENT 'Samples, each once',
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(day)
ORDER BY (kind, subject, site, day)
TTL day + INTERVAL {{rollup_1d_days}} DAY
COMMENT 'Delay, delay variation, loss and MOS of a day as sketches that merge, within 0.5 % of the value';

CREATE TABLE IF NOT EXISTS vigie.traffic_5m (
  day Date COMMENT 'Day in {{time_zone}}', link UInt32 COMMENT 'Number of the link', site UInt32 COMMENT 'Site at the time',
  slots Array(UInt16) COMMENT 'Intervals of 5 minutes from midnight that were measured, at least half of each' CODEC(ZSTD(1)),
  seconds Array(UInt16) COMMENT 'Seconds of each that were' CODEC(ZSTD(1)),
  tx_bps Array(UInt64) COMMENT 'Rate from the site in each, bit/s' CODEC(ZSTD(1)),
  rx_bps Array(UInt64) COMMENT 'Rate towards the site in each, bit/s' CODEC(ZSTD(1)),
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(day)
ORDER BY (link, site, day)
TTL day + INTERVAL {{rollup_days}} DAY
COMMENT 'Rates of links in intervals of 5 minutes, a row a day';

CREATE TABLE IF NOT EXISTS vigie.traffic_1d (
  day Date COMMENT 'Day in {{time_zone}}', link UInt32 COMMENT 'Number of the link', site UInt32 COMMENT 'Site at the time',
  tx_bytes UInt64 COMMENT 'Volume from the site', rx_bytes UInt64 COMMENT 'Volume towards the site',
  measured_s UInt32 COMMENT 'Seconds that were measured',
  tx_max_bps UInt64 COMMENT 'Highest rate over 5 minutes from the site', rx_max_bps UInt64 COMMENT 'Highest rate over 5 minutes towards the site',
  tx_bps AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Rates over 5 minutes from the site, bit/s',
  rx_bps AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Rates over 5 minutes towards the site, bit/s',
  hour_bps Array(Float32) COMMENT 'Mean rate of both directions together in each hour from midnight, bit/s' CODEC(ZSTD(1)),
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(day)
ORDER BY (link, site, day)
TTL day + INTERVAL {{rollup_1d_days}} DAY
COMMENT 'Volume and rates of links by day';

-- Days of which samples came after they were rolled, the newest first and not more than 30 million samples at a time. A day
-- whose samples begin to go is not rolled again: what is left of them would say less than the row that is there.
CREATE VIEW IF NOT EXISTS vigie.days_to_roll AS
SELECT a.day AS day, a.samples AS samples, a.arrived AS arrived
FROM (SELECT day, max(arrived) AS arrived, sum(samples) AS samples FROM vigie.sample_arrivals GROUP BY day) AS a
WHERE a.day > toDate(now(), '{{time_zone}}') - {{samples_days}}
COMMENT 'Days whose samples are all in the store, with the moment the last one came';
