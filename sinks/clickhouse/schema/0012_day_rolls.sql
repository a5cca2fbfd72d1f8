-- The views that roll days. A sample speaks of the time from its start, or from the sample before it where that is later, up
-- to its own moment; where it does not tell its length, of 5 minutes at most.
CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.state_1d_roll REFRESH EVERY {{roll_minutes}} MINUTE APPEND TO vigie.state_1d EMPTY AS
WITH
  (SELECT groupArray(day) FROM (
    SELECT a.day AS day, sum(a.samples) OVER (ORDER BY a.day DESC) AS work, row_number() OVER (ORDER BY a.day DESC) AS place
    FROM vigie.days_to_roll AS a
    LEFT JOIN (SELECT day, max(rolled) AS rolled FROM vigie.state_1d WHERE kind != 'site' GROUP BY day) AS r ON r.day = a.day
    WHERE a.arrived + INTERVAL 30 SECOND > r.rolled)
  WHERE work <= 30000000 OR place = 1) AS days,
  ifNull(toDateTime(arrayMin(days), '{{time_zone}}'), now()) AS first_moment,
  toDateTime(arrayMax(days) + 1, '{{time_zone}}') + INTERVAL 1 HOUR AS last_moment
SELECT
  day, kind, subject, site, link, merged.1 AS starts, merged.2 AS ends, merged.3 AS states, now64(3) AS rolled
FROM (
  SELECT
    day, kind, subject, site, max(link_number) AS link,
    toInt64(toUnixTimestamp(toDateTime(day, '{{time_zone}}'))) AS day_start,
    toInt64(toUnixTimestamp(toDateTime(day + 1, '{{time_zone}}'))) AS day_end,
    arraySort(groupArray((moment, rank, length_s))) AS sorted,
    arrayFilter((x, next) -> x.1 != next, sorted, arrayPushBack(arrayPopFront(sorted.1), toInt64(0))) AS samples,
    arrayFilter(x -> x.1 < x.2, arrayMap((x, before) -> (greatest(x.1 - x.3, before, day_start), least(x.1, day_end), x.2),
      samples, arrayPushFront(arrayPopBack(samples.1), toInt64(0)))) AS spans,
    arrayMap(g -> (g[1].1, g[-1].2, g[1].3), arraySplit((x, before) -> x.1 != before.2 OR x.3 != before.3, spans,
      arraySlice(arrayPushFront(spans, (toInt64(0), toInt64(0), toUInt8(255))), 1, length(spans)))) AS joined,
    (arrayMap(x -> toDateTime(x.1, 'UTC'), joined), arrayMap(x -> toDateTime(x.2, 'UTC'), joined), joined.3) AS merged
  FROM (
    SELECT
      kind, subject, site, link_number, moment, rank, length_s,
      arrayJoin(arrayDistinct([toDate(toDateTime(moment, '{{time_zone}}')), toDate(toDateTime(moment - length_s, '{{time_zone}}'))])) AS day
    FROM (
      SELECT
        'link' AS kind, toUInt64(link_id) AS subject, site_id AS site, link_id AS link_number,
        toInt64(toUnixTimestamp(toDateTime(observed_at))) AS moment,
        transform(state, ['unknown', 'disabled', 'up', 'standby', 'degraded', 'down'], [0, 1, 2, 3, 4, 5], 0)::UInt8 AS rank,
        toInt64(greatest(1, least(ifNull(interval_s, 300), 3600))) AS length_s
      FROM vigie.link_samples
      WHERE link_id != 0 AND state != '' AND observed_at > first_moment AND observed_at <= last_moment
      UNION ALL
      SELECT
        'link', toUInt64(link_id), site_id, link_id, toInt64(toUnixTimestamp(toDateTime(observed_at))),
        transform(state, ['unknown', 'disabled', 'up', 'standby', 'degraded', 'down'], [0, 1, 2, 3, 4, 5], 0)::UInt8,
        toInt64(greatest(1, least(ifNull(interval_s, 300), 3600)))
      FROM vigie.if_counters
      WHERE link_id != 0 AND state != '' AND observed_at > first_moment AND observed_at <= last_moment
      UNION ALL
      SELECT
        'tunnel', sipHash64(device, local, remote, local_color, remote_color), site_id, link_id,
        toInt64(toUnixTimestamp(toDateTime(observed_at))),
        transform(state, ['unknown', 'disabled', 'up', 'standby', 'degraded', 'down'], [0, 1, 2, 3, 4, 5], 0)::UInt8,
        toInt64(greatest(1, least(ifNull(interval_s, 300), 3600)))
      FROM vigie.tunnel_samples
      WHERE site_id != 0 AND state != '' AND observed_at > first_moment AND observed_at <= last_moment
    )
  )
  WHERE has(days, day)
  GROUP BY kind, subject, site, day
)
WHERE notEmpty(starts);

-- A site is up while one of its tunnels is, or one of its links where it has no tunnels; down while all are known to be
-- down; else unknown.
--
--   tunnel a  ███up███▁▁▁down▁▁▁▁▁▁▁▁▁███up███
--   tunnel b  ██████up██████▁down▁▁▁····(gap)··
--   site      ██████up██████▁down▁▁▁··███up███
CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.site_state_1d_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 1 MINUTE APPEND TO vigie.state_1d EMPTY AS
SELECT
  day, 'site' AS kind, toUInt64(place) AS subject, place AS site, 0 AS link,
  arrayMap(x -> toDateTime(x.1, 'UTC'), joined) AS starts, arrayMap(x -> toDateTime(x.2, 'UTC'), joined) AS ends,
  joined.3 AS states, now64(3) AS rolled
FROM (
  SELECT
    day, s.site AS place, countIf(kind = 'tunnel') > 0 AS has_tunnels,
    if(has_tunnels, countIf(kind = 'tunnel'), countIf(kind = 'link')) AS parts,
    if(has_tunnels, arrayFlatten(groupArrayIf(spans, kind = 'tunnel')), arrayFlatten(groupArrayIf(spans, kind = 'link'))) AS known,
    arraySort(arrayDistinct(arrayConcat(known.1, known.2))) AS bounds,
    arrayMap((a, b) -> (a, b, arrayMap(x -> x.3, arrayFilter(x -> x.1 <= a AND x.2 >= b, known))),
      arrayPopBack(bounds), arrayPopFront(bounds)) AS pieces,
    arrayMap(x -> (x.1, x.2, multiIf(
      has(x.3, 2), 2, has(x.3, 3), 3, has(x.3, 4), 4,
      has(x.3, 0) OR length(x.3) < parts, 0, has(x.3, 5), 5, 1)::UInt8), pieces) AS judged,
    arrayMap(g -> (g[1].1, g[-1].2, g[1].3), arraySplit((x, before) -> x.1 != before.2 OR x.3 != before.3, judged,
      arraySlice(arrayPushFront(judged, (toInt64(0), toInt64(0), toUInt8(255))), 1, length(judged)))) AS joined
  FROM (
    SELECT
      day, kind, site,
      arrayMap((a, b, c) -> (toInt64(toUnixTimestamp(a)), toInt64(toUnixTimestamp(b)), toUInt8(toInt8(c))), starts, ends, states) AS spans
    FROM vigie.state_1d FINAL
    WHERE kind != 'site' AND site != 0 AND day IN (
      SELECT day FROM vigie.state_1d GROUP BY day
      HAVING maxIf(rolled, kind != 'site') >= maxIf(rolled, kind = 'site'))
  ) AS s
  GROUP BY day, s.site
)
WHERE notEmpty(joined);

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.quality_1d_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 1 MINUTE APPEND TO vigie.quality_1d EMPTY AS
WITH
  (SELECT groupArray(day) FROM (
    SELECT a.day AS day, sum(a.samples) OVER (ORDER BY a.day DESC) AS work, row_number() OVER (ORDER BY a.day DESC) AS place
    FROM vigie.days_to_roll AS a
    LEFT JOIN (SELECT day, max(rolled) AS rolled FROM vigie.quality_1d GROUP BY day) AS r ON r.day = a.day
    WHERE a.arrived + INTERVAL 30 SECOND > r.rolled)
  WHERE work <= 30000000 OR place = 1) AS days,
  ifNull(toDateTime(arrayMin(days), '{{time_zone}}'), now()) AS first_moment,
  toDateTime(arrayMax(days) + 1, '{{time_zone}}') AS last_moment
SELECT
  day, kind, subject, site, max(link_number) AS link,
  quantilesDDStateIf(0.005, 0.5, 0.95, 0.99)(assumeNotNull(latency), isNotNull(latency) AND latency_kind = 'one_way') AS one_way_delay_ms,
  quantilesDDStateIf(0.005, 0.5, 0.95, 0.99)(assumeNotNull(latency), isNotNull(latency) AND latency_kind = 'round_trip') AS round_trip_delay_ms,
  quantilesDDStateIf(0.005, 0.5, 0.95, 0.99)(assumeNotNull(variation), isNotNull(variation)) AS delay_variation_ms,
  quantilesDDStateIf(0.005, 0.5, 0.95, 0.99)(assumeNotNull(loss), isNotNull(loss) AND one_way) AS one_way_loss_ratio,
  quantilesDDStateIf(0.005, 0.5, 0.95, 0.99)(assumeNotNull(loss), isNotNull(loss) AND NOT one_way) AS round_trip_loss_ratio,
  quantilesDDStateIf(0.005, 0.5, 0.95, 0.99)(assumeNotNull(score), isNotNull(score)) AS mos,
  countIf(isNotNull(loss) AND one_way) AS one_way_loss_count, ifNull(sumIf(loss, one_way), 0) AS one_way_loss_sum,
  countIf(isNotNull(loss) AND NOT one_way) AS round_trip_loss_count, ifNull(sumIf(loss, NOT one_way), 0) AS round_trip_loss_sum,
  count(score) AS mos_count, ifNull(sum(score), 0) AS mos_sum,
  count() AS samples, now64(3) AS rolled
FROM (
  SELECT
    toDate(observed_at - INTERVAL 1 MILLISECOND, '{{time_zone}}') AS day, kind, subject, site, link_number, direction IN ('tx', 'rx') AS one_way,
    latency_kind, any(latency_ms) AS latency, any(jitter_ms) AS variation, any(lost) AS loss, any(opinion) AS score
  FROM (
    SELECT
      'link' AS kind, toUInt64(link_id) AS subject, site_id AS site, link_id AS link_number, observed_at, direction, latency_kind,
      sla_class, link AS path, if(latency_statistic IN ('', 'mean', 'median'), latency_ms, NULL) AS latency_ms, jitter_ms,
      if(loss_stage = 'pre_fec', NULL, loss_ratio) AS lost,
      coalesce(if(ifNull(mos_scale_max, 5) = 5, mos, NULL), mos_computed) AS opinion
    FROM vigie.link_samples
    WHERE link_id != 0 AND observed_at > first_moment AND observed_at <= last_moment
    UNION ALL
    SELECT
      'tunnel', sipHash64(device, local, remote, local_color, remote_color), site_id, link_id, observed_at, direction, latency_kind,
      sla_class, link, if(latency_statistic IN ('', 'mean', 'median'), latency_ms, NULL), jitter_ms,
      if(loss_stage = 'pre_fec', NULL, loss_ratio), coalesce(if(ifNull(mos_scale_max, 5) = 5, mos, NULL), mos_computed)
    FROM vigie.tunnel_samples
    WHERE site_id != 0 AND observed_at > first_moment AND observed_at <= last_moment
  )
  WHERE isNotNull(latency_ms) OR isNotNull(jitter_ms) OR isNotNull(lost) OR isNotNull(opinion)
  GROUP BY kind, subject, site, link_number, observed_at, direction, latency_kind, sla_class, path
)
WHERE has(days, day)
GROUP BY day, kind, subject, site;

-- Rates come from interface counters where a link has them that day, else from its samples: from bytes of the interval, from
-- counters that only grow, or as they were told.
CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.traffic_5m_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 1 MINUTE APPEND TO vigie.traffic_5m EMPTY AS
WITH
  (SELECT groupArray(day) FROM (
    SELECT a.day AS day, sum(a.samples) OVER (ORDER BY a.day DESC) AS work, row_number() OVER (ORDER BY a.day DESC) AS place
    FROM vigie.days_to_roll AS a
    LEFT JOIN (SELECT day, max(rolled) AS rolled FROM vigie.traffic_5m GROUP BY day) AS r ON r.day = a.day
    WHERE a.arrived + INTERVAL 30 SECOND > r.rolled)
  WHERE work <= 30000000 OR place = 1) AS days,
  ifNull(toDateTime(arrayMin(days), '{{time_zone}}'), now()) AS first_moment,
  toDateTime(arrayMax(days) + 1, '{{time_zone}}') + INTERVAL 1 HOUR AS last_moment
SELECT
  day, link, site, (arraySort(groupArray((slot, seconds_in, tx, rx))) AS sorted).1 AS slots,
  sorted.2 AS seconds, sorted.3 AS tx_bps, sorted.4 AS rx_bps, now64(3) AS rolled
FROM (
  SELECT
    day, link, site, part.1 AS slot, toUInt16(sum(part.2)) AS seconds_in,
    toUInt64(round(sum(part.2 * part.3) / sum(part.2))) AS tx, toUInt64(round(sum(part.2 * part.4) / sum(part.2))) AS rx
  FROM (
    SELECT
      day, link, site,
      toInt64(toUnixTimestamp(toDateTime(day, '{{time_zone}}'))) AS day_start,
      toInt64(toUnixTimestamp(toDateTime(day + 1, '{{time_zone}}'))) AS day_end,
      arraySort(groupArray((source, moment, length_s, tx_rate, rx_rate, tx_count, rx_count))) AS told,
      arrayFilter(x -> x.1 = told[-1].1, told) AS samples,
      arrayFilter(x -> x.1 < x.2 AND x.3 >= 0 AND x.4 >= 0, arrayMap((x, p) -> (
          greatest(x.2 - x.3, p.2, day_start), least(x.2, day_end),
          if(x.4 < 0 AND x.6 >= 0 AND p.6 >= 0 AND x.6 >= p.6 AND x.2 - p.2 <= 3600, (x.6 - p.6) * 8 / (x.2 - p.2), x.4),
          if(x.5 < 0 AND x.7 >= 0 AND p.7 >= 0 AND x.7 >= p.7 AND x.2 - p.2 <= 3600, (x.7 - p.7) * 8 / (x.2 - p.2), x.5)),
        samples, arraySlice(arrayPushFront(samples, (toUInt8(0), toInt64(0), toInt64(0), toFloat64(-1), toFloat64(-1), toFloat64(-1), toFloat64(-1))), 1, length(samples)))) AS spans,
      arrayJoin(arrayFlatten(arrayMap(x -> arrayMap(n -> (
          toUInt16(n), least(x.2, day_start + 300 * (n + 1)) - greatest(x.1, day_start + 300 * n), x.3, x.4),
        range(toUInt32(intDiv(x.1 - day_start, 300)), toUInt32(intDiv(x.2 - 1 - day_start, 300) + 1))), spans))) AS part
    FROM (
      SELECT
        source, link, site, moment, max(length_told) AS length_s,
        ifNull(max(tx_told), -1) AS tx_rate, ifNull(max(rx_told), -1) AS rx_rate,
        ifNull(max(tx_counter), -1) AS tx_count, ifNull(max(rx_counter), -1) AS rx_count,
        arrayJoin(arrayDistinct([toDate(toDateTime(moment, '{{time_zone}}')), toDate(toDateTime(moment - length_s, '{{time_zone}}'))])) AS day
      FROM (
        SELECT
          2::UInt8 AS source, link_id AS link, site_id AS site, toInt64(toUnixTimestamp(toDateTime(observed_at))) AS moment,
          toInt64(greatest(1, least(ifNull(interval_s, 300), 3600))) AS length_told,
          if(bytes_kind = 'delta' AND isNotNull(interval_s) AND isNotNull(tx_bytes), tx_bytes * 8 / length_told, tx_bps) AS tx_told,
          if(bytes_kind = 'delta' AND isNotNull(interval_s) AND isNotNull(rx_bytes), rx_bytes * 8 / length_told, rx_bps) AS rx_told,
          if(bytes_kind = 'cumulative', tx_bytes, NULL) AS tx_counter, if(bytes_kind = 'cumulative', rx_bytes, NULL) AS rx_counter
        FROM vigie.if_counters
        WHERE link_id != 0 AND observed_at > first_moment AND observed_at <= last_moment
        UNION ALL
        SELECT
          1::UInt8, link_id, site_id, toInt64(toUnixTimestamp(toDateTime(observed_at))),
          toInt64(greatest(1, least(ifNull(interval_s, 300), 3600))) AS length_told,
          if(bytes_kind = 'delta' AND isNotNull(interval_s) AND isNotNull(tx_bytes), tx_bytes * 8 / length_told, tx_bps),
          if(bytes_kind = 'delta' AND isNotNull(interval_s) AND isNotNull(rx_bytes), rx_bytes * 8 / length_told, rx_bps),
          if(bytes_kind = 'cumulative', tx_bytes, NULL), if(bytes_kind = 'cumulative', rx_bytes, NULL)
        FROM vigie.link_samples
        WHERE link_id != 0 AND observed_at > first_moment AND observed_at <= last_moment
      )
      WHERE isNotNull(tx_told) OR isNotNull(rx_told) OR isNotNull(tx_counter) OR isNotNull(rx_counter)
      GROUP BY source, link, site, moment
    )
    WHERE has(days, day)
    GROUP BY day, link, site
  )
  GROUP BY day, link, site, slot
  HAVING seconds_in >= 150
)
GROUP BY day, link, site;

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.traffic_1d_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 2 MINUTE APPEND TO vigie.traffic_1d EMPTY AS
SELECT
  day, link, site,
  toUInt64(round(arraySum((r, s) -> r * s / 8, f.tx_bps, seconds))) AS tx_bytes,
  toUInt64(round(arraySum((r, s) -> r * s / 8, f.rx_bps, seconds))) AS rx_bytes,
  toUInt32(arraySum(seconds)) AS measured_s,
  arrayMax(f.tx_bps) AS tx_max_bps, arrayMax(f.rx_bps) AS rx_max_bps,
  arrayReduce('quantilesDDState(0.005, 0.5, 0.95, 0.99)', arrayMap(x -> toFloat64(x), f.tx_bps)) AS tx_bps,
  arrayReduce('quantilesDDState(0.005, 0.5, 0.95, 0.99)', arrayMap(x -> toFloat64(x), f.rx_bps)) AS rx_bps,
  arrayMap(h -> toFloat32(ifNotFinite(arraySum((n, t, r, s) -> if(intDiv(n, 12) = h, (t + r) * s, 0), slots, f.tx_bps, f.rx_bps, seconds)
    / arraySum((n, s) -> if(intDiv(n, 12) = h, s, 0), slots, seconds), 0)), range(toUInt8(intDiv(slots[-1], 12) + 1))) AS hour_bps,
  now64(3) AS rolled
FROM vigie.traffic_5m AS f FINAL
WHERE day IN (
  SELECT a.day FROM (SELECT day, max(rolled) AS rolled FROM vigie.traffic_5m GROUP BY day) AS a
  LEFT JOIN (SELECT day, max(rolled) AS rolled FROM vigie.traffic_1d GROUP BY day) AS r ON r.day = a.day
  WHERE a.rolled >= r.rolled);
