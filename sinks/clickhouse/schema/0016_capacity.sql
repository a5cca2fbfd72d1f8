-- Capacity: how full links are, how fast they fill, and when they are full. Weeks begin on Monday in {{time_zone}}.
CREATE TABLE IF NOT EXISTS vigie.capacity_weeks (
  week Date COMMENT 'Monday', link UInt32 COMMENT 'Number of the link', direction Enum8('tx' = 1, 'rx' = 2) COMMENT 'From the site or towards it',
  p50_bps UInt64 COMMENT 'Median of the rates over 5 minutes', p95_bps UInt64 COMMENT '95th percentile', p99_bps UInt64 COMMENT '99th percentile',
  peak_bps UInt64 COMMENT 'Highest rate over 5 minutes', days UInt8 COMMENT 'Days that were measured',
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYear(week)
ORDER BY (link, direction, week)
TTL week + INTERVAL {{rollup_1d_days}} DAY
COMMENT 'Percentiles of the rates of links by week';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.capacity_weeks_roll REFRESH EVERY 1 HOUR OFFSET 10 MINUTE APPEND TO vigie.capacity_weeks EMPTY AS
SELECT
  week, link, direction_of.1 AS direction, toUInt64(round(direction_of.2[1])) AS p50_bps, toUInt64(round(direction_of.2[2])) AS p95_bps,
  toUInt64(round(direction_of.2[3])) AS p99_bps, direction_of.3 AS peak_bps, days, now64(3) AS rolled
FROM (
  SELECT
    toMonday(d.day) AS week, d.link AS link, toUInt8(uniqExact(d.day)) AS days,
    arrayJoin([
      ('tx', quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(d.tx_bps), max(d.tx_max_bps)),
      ('rx', quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(d.rx_bps), max(d.rx_max_bps))]) AS direction_of
  FROM vigie.traffic_1d AS d FINAL
  WHERE toMonday(d.day) IN (
    SELECT a.week FROM (SELECT toMonday(day) AS week, max(rolled) AS rolled FROM vigie.traffic_1d GROUP BY week) AS a
    LEFT JOIN (SELECT week, max(rolled) AS rolled FROM vigie.capacity_weeks GROUP BY week) AS r ON r.week = a.week
    WHERE a.rolled >= r.rolled)
  GROUP BY week, d.link
);

-- Growth is Theil–Sen's: the median of the slopes between all pairs of weeks, each weighing as much as its weeks lie apart,
-- which a quarter of wild weeks does not move. Before, weeks that stick out of their neighbours by more than 2.5 robust
-- deviations (a transfer, a holiday) are drawn back to there, and from 50 weeks on the season of a year (one sine wave) is
-- taken out of both the rates and the weeks (Frisch and Waugh). The interval is that of the rank estimator at 95 %, widened
-- by how far one week's residual tells the next one's.
--
--   y = level + growth · week + season(week)      week of reaching y*: (y* − level) / growth
CREATE VIEW IF NOT EXISTS vigie.forecast_reckoned AS
WITH
  told AS (
    SELECT
      link, direction, toInt64(count()) AS n, max(week) AS last_week,
      arraySort(groupArray((toFloat64(dateDiff('day', {today:Date}, week)) / 7, toFloat64(p95_bps)))) AS series
    FROM vigie.capacity_weeks FINAL
    WHERE week >= {today:Date} - 7 * 65 AND week <= {today:Date} - 7 AND days >= 5
    GROUP BY link, direction
    HAVING n >= 8
  ),
  neighbours AS (
    SELECT
      link, direction, n, last_week, series.1 AS t, series.2 AS told_y,
      arrayMap(i -> arraySort(arraySlice(series.2, greatest(1, i - 4), least(n, i + 4) - greatest(1, i - 4) + 1)), arrayEnumerate(series)) AS around
    FROM told
  ),
  strays AS (
    SELECT link, direction, n, last_week, t, told_y, arrayMap(v -> v[intDiv(length(v) + 1, 2)], around) AS usual,
      2.5 * 1.4826 * arraySort(arrayMap((a, m) -> abs(a - m), told_y, usual))[intDiv(n + 1, 2)] AS reach
    FROM neighbours
  ),
  tamed AS (
    SELECT
      link, direction, n, last_week, t, arraySum(t) / n AS middle,
      arrayMap((a, m) -> least(greatest(a, m - reach), m + reach), told_y, usual) AS y,
      arrayMap(x -> if(t[-1] - t[1] >= 50, cos(2 * pi() * x * 7 / 365.25), 0), t) AS wave_1,
      arrayMap(x -> if(t[-1] - t[1] >= 50, sin(2 * pi() * x * 7 / 365.25), 0), t) AS wave_2
    FROM strays
  ),
  -- The season as two waves that are centred and at right angles; they are 0 over less than 50 weeks.
  waves AS (
    SELECT *, arraySum(y) / n AS mean_y, arrayMap(x -> x - arraySum(wave_1) / n, wave_1) AS u1, arrayMap(x -> x - arraySum(wave_2) / n, wave_2) AS centred
    FROM tamed
  ),
  squared AS (
    SELECT *, arrayMap((a, b) -> a - ifNotFinite(arraySum((c, d) -> c * d, u1, centred) / arraySum(c -> c * c, u1), 0) * b, centred, u1) AS u2
    FROM waves
  ),
  shares AS (
    SELECT
      *, ifNotFinite(arraySum((a, b) -> a * b, t, u1) / arraySum(a -> a * a, u1), 0) AS t_u1, ifNotFinite(arraySum((a, b) -> a * b, t, u2) / arraySum(a -> a * a, u2), 0) AS t_u2,
      ifNotFinite(arraySum((a, b) -> a * b, y, u1) / arraySum(a -> a * a, u1), 0) AS y_u1, ifNotFinite(arraySum((a, b) -> a * b, y, u2) / arraySum(a -> a * a, u2), 0) AS y_u2
    FROM squared
  ),
  plain AS (
    SELECT
      *, arrayMap((x, a, b) -> x - middle - t_u1 * a - t_u2 * b, t, u1, u2) AS t_left,
      arrayMap((x, a, b) -> x - mean_y - y_u1 * a - y_u2 * b, y, u1, u2) AS y_left
    FROM shares
  ),
  -- Slopes of all pairs and what each weighs; a pair whose weeks come to lie together says nothing.
  pairs AS (
    SELECT
      *, arrayFlatten(arrayMap((x, i) -> arrayMap(z -> z - x, arraySlice(t_left, i + 1)), t_left, arrayEnumerate(t_left))) AS apart,
      arrayFlatten(arrayMap((x, i) -> arrayMap(z -> z - x, arraySlice(y_left, i + 1)), y_left, arrayEnumerate(y_left))) AS risen
    FROM plain
  ),
  slopes AS (SELECT * EXCEPT (apart, risen), arrayMap((a, r) -> if(abs(a) < 0.001, 0, r / a), apart, risen) AS slope, arrayMap(a -> if(abs(a) < 0.001, 0, abs(a)), apart) AS weight FROM pairs),
  weighed AS (
    SELECT * EXCEPT (slope, weight), arraySort(slope) AS slopes, arrayCumSum(arraySort((w, v) -> v, weight, slope)) AS weights, arraySum(weight) / 2 AS half
    FROM slopes
  ),
  grown AS (
    SELECT * EXCEPT (slopes, weights, half), slopes[arrayFirstIndex((x, h) -> x >= h, weights, arrayWithConstant(length(weights), half))] AS growth
    FROM weighed
  ),
  levelled AS (
    SELECT
      *, arrayMap((ti, yi, a, b) -> yi - growth * (ti - middle) - (y_u1 - growth * t_u1) * a - (y_u2 - growth * t_u2) * b, t, y, u1, u2) AS levels
    FROM grown
  ),
  centres AS (SELECT *, arraySort(levels)[intDiv(n + 1, 2)] AS level FROM levelled),
  rest AS (SELECT *, arrayMap(v -> v - level, levels) AS left_over FROM centres),
  spreads AS (SELECT *, 1.4826 * arraySort(arrayMap(e -> abs(e), left_over))[intDiv(n + 1, 2)] AS spread FROM rest),
  memories AS (
    SELECT *, arrayMap(e -> least(greatest(e, -3 * spread), 3 * spread), left_over) AS tame FROM spreads
  ),
  widened AS (
    SELECT *, least(0.9, greatest(0, ifNotFinite(arraySum((a, b) -> a * b, arrayPopBack(tame), arrayPopFront(tame)) / arraySum(e -> e * e, tame), 0))) AS memory
    FROM memories
  ),
  judged AS (
    SELECT
      link, direction, n, last_week, middle, growth, level,
      1.96 * 1.1 * spread * sqrt((1 + memory) / (1 - memory)) / sqrt(arraySum(x -> x * x, t_left)) AS growth_error,
      1.96 * 1.2533 * spread * sqrt((1 + memory) / (1 - memory)) / sqrt(n) AS level_error
    FROM widened
  )
SELECT
  j.link AS link, direction, n AS weeks, last_week, c.capacity AS capacity_bps, growth AS growth_bps_per_week, growth - growth_error AS growth_low_bps_per_week,
  growth + growth_error AS growth_high_bps_per_week, level - growth * middle AS p95_now_bps, level AS level_bps, level_error AS level_error_bps, middle,
  arrayMap(share -> (
      if(growth > 0, middle + (share * c.capacity - level) / growth, NULL),
      if(growth > 0, arrayMin(arrayMap((g, e) -> middle + (share * c.capacity - level + e) / g,
        [growth + growth_error, growth + growth_error, greatest(growth - growth_error, growth / 1000), greatest(growth - growth_error, growth / 1000)],
        [-level_error, level_error, -level_error, level_error])), NULL),
      if(growth > growth_error, arrayMax(arrayMap((g, e) -> middle + (share * c.capacity - level + e) / g,
        [growth + growth_error, growth + growth_error, growth - growth_error, growth - growth_error],
        [-level_error, level_error, -level_error, level_error])), NULL)), [0.8, 1.]) AS reached
FROM judged AS j
INNER JOIN (
  SELECT link, toFloat64(argMax(greatest(burst_bps, committed_bps), valid_from)) AS capacity
  FROM vigie.link_terms FINAL
  WHERE version = (SELECT max(version) FROM vigie.registry_versions) AND valid_from <= toDateTime({today:Date}) AND valid_to > toDateTime({today:Date})
  GROUP BY link
) AS c ON c.link = j.link
WHERE c.capacity > 0
COMMENT 'Growth of links and when they are full, reckoned anew from up to 65 whole weeks before a day ({today})';

CREATE TABLE IF NOT EXISTS vigie.capacity_forecasts (
  day Date COMMENT 'Day of the forecast', link UInt32 COMMENT 'Number of the link', direction Enum8('tx' = 1, 'rx' = 2) COMMENT 'From the site or towards it',
  weeks UInt16 COMMENT 'Weeks it is made from', capacity_bps Float64 COMMENT 'Capacity that day, bit/s',
  growth_bps_per_week Float64 COMMENT 'Growth of the weekly 95th percentile, bit/s a week',
  growth_low_bps_per_week Float64 COMMENT 'Lower end of its interval', growth_high_bps_per_week Float64 COMMENT 'Upper end of its interval',
  p95_now_bps Float64 COMMENT '95th percentile of the week of the forecast by the line', level_bps Float64 COMMENT 'Level in the middle week',
  level_error_bps Float64 COMMENT 'Half the interval of the level', middle Float64 COMMENT 'Middle week, weeks before the day of the forecast, negative',
  reached Array(Tuple(Nullable(Float64), Nullable(Float64), Nullable(Float64))) COMMENT 'Weeks until 80 % and 100 %: expected, earliest, latest',
  reckoned DateTime64(3, 'UTC') COMMENT 'When'
) ENGINE = ReplacingMergeTree(reckoned)
PARTITION BY toYYYYMM(day)
ORDER BY (day, link, direction)
TTL day + INTERVAL {{rollup_days}} DAY
COMMENT 'Forecasts, one a link and direction each week';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.capacity_forecasts_roll REFRESH EVERY 1 DAY OFFSET 6 HOUR APPEND TO vigie.capacity_forecasts EMPTY AS
SELECT
  toMonday(now(), '{{time_zone}}') AS day, link, direction, weeks, capacity_bps, growth_bps_per_week, growth_low_bps_per_week, growth_high_bps_per_week,
  p95_now_bps, level_bps, level_error_bps, middle, reached, now64(3) AS reckoned
FROM vigie.forecast_reckoned(today = toMonday(now(), '{{time_zone}}'));

CREATE VIEW IF NOT EXISTS vigie.v_forecast AS
SELECT
  dictGetOrDefault('vigie.links_names', 'id', toUInt64(f.link), '') AS link, f.direction AS direction, f.day AS forecast_on,
  dictGetOrDefault('vigie.sites_names', 'id', toUInt64(dictGetOrDefault('vigie.links_names', 'site', toUInt64(f.link), 0)), '') AS site,
  dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(dictGetOrDefault('vigie.sites_names', 'organization', toUInt64(dictGetOrDefault('vigie.links_names', 'site', toUInt64(f.link), 0)), 0)), '') AS organization,
  dictGetOrDefault('vigie.sites_names', 'region', toUInt64(dictGetOrDefault('vigie.links_names', 'site', toUInt64(f.link), 0)), 0) AS region_code,
  dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(dictGetOrDefault('vigie.links_names', 'supplier', toUInt64(f.link), 0)), '') AS supplier,
  f.weeks AS weeks, f.capacity_bps AS capacity_bps, round(f.p95_now_bps) AS p95_bps, f.p95_now_bps / f.capacity_bps AS utilisation_p95_ratio,
  round(f.growth_bps_per_week) AS growth_bps_per_week, round(f.growth_low_bps_per_week) AS growth_low_bps_per_week, round(f.growth_high_bps_per_week) AS growth_high_bps_per_week,
  if(f.reached[1].1 BETWEEN -520 AND 1040, f.day + toIntervalDay(toInt32(assumeNotNull(f.reached[1].1) * 7 + 3)), NULL) AS full_80_on,
  if(f.reached[1].2 BETWEEN -520 AND 1040, f.day + toIntervalDay(toInt32(floor(assumeNotNull(f.reached[1].2) * 7 + 3))), NULL) AS full_80_earliest_on,
  if(f.reached[1].3 BETWEEN -520 AND 1040, f.day + toIntervalDay(toInt32(ceil(assumeNotNull(f.reached[1].3) * 7 + 3))), NULL) AS full_80_latest_on,
  if(f.reached[2].1 BETWEEN -520 AND 1040, f.day + toIntervalDay(toInt32(assumeNotNull(f.reached[2].1) * 7 + 3)), NULL) AS full_100_on,
  if(f.reached[2].2 BETWEEN -520 AND 1040, f.day + toIntervalDay(toInt32(floor(assumeNotNull(f.reached[2].2) * 7 + 3))), NULL) AS full_100_earliest_on,
  if(f.reached[2].3 BETWEEN -520 AND 1040, f.day + toIntervalDay(toInt32(ceil(assumeNotNull(f.reached[2].3) * 7 + 3))), NULL) AS full_100_latest_on
FROM vigie.capacity_forecasts AS f FINAL
WHERE f.day = (SELECT max(day) FROM vigie.capacity_forecasts)
COMMENT 'The latest forecast: growth of each link and direction by Theil–Sen with its interval, and the day on which the weekly 95th percentile reaches 80 % and 100 % of the capacity, with the earliest and latest day; no day beyond 20 years, no latest day where the link may not grow at all';

CREATE VIEW IF NOT EXISTS vigie.v_capacity AS
SELECT
  toStartOfMonth({month:Date}) AS month, dictGetOrDefault('vigie.links_names', 'id', toUInt64(d.link), '') AS link, d.side.1 AS direction,
  dictGetOrDefault('vigie.sites_names', 'id', toUInt64(t.site), '') AS site, dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(t.organization), '') AS organization,
  t.region AS region_code, dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(t.supplier), '') AS supplier, t.technology AS technology,
  greatest(t.burst_bps, t.committed_bps) AS capacity_bps, round(d.side.2[1]) AS p50_bps, round(d.side.2[2]) AS p95_bps, round(d.side.2[3]) AS p99_bps, d.side.3 AS peak_bps,
  p50_bps / nullIf(capacity_bps, 0) AS utilisation_p50_ratio, p95_bps / nullIf(capacity_bps, 0) AS utilisation_p95_ratio,
  p99_bps / nullIf(capacity_bps, 0) AS utilisation_p99_ratio, peak_bps / nullIf(capacity_bps, 0) AS utilisation_peak_ratio,
  if(capacity_bps = 0, NULL, toInt64(capacity_bps) - toInt64(p95_bps)) AS headroom_bps, d.side.4 AS volume_bytes, d.busy_hour AS busy_hour, d.days AS days
FROM (
  SELECT
    link, count() AS days, indexOf(sumForEach(hour_bps) AS hours, arrayMax(hours)) - 1 AS busy_hour,
    arrayJoin([
      ('tx', quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(tx_bps), max(tx_max_bps), sum(tx_bytes)),
      ('rx', quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(rx_bps), max(rx_max_bps), sum(rx_bytes))]) AS side
  FROM vigie.traffic_1d FINAL
  WHERE day >= toStartOfMonth({month:Date}) AND day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
  GROUP BY link
) AS d
INNER JOIN (
  SELECT
    link, argMax(site, valid_from) AS site, argMax(organization, valid_from) AS organization, argMax(region, valid_from) AS region,
    argMax(supplier, valid_from) AS supplier, argMax(technology, valid_from) AS technology, argMax(burst_bps, valid_from) AS burst_bps, argMax(committed_bps, valid_from) AS committed_bps
  FROM vigie.link_terms FINAL
  WHERE version = (SELECT max(version) FROM vigie.registry_versions) AND valid_from < toDateTime(toStartOfMonth({month:Date}) + INTERVAL 1 MONTH, '{{time_zone}}')
    AND valid_to > toDateTime(toStartOfMonth({month:Date}), '{{time_zone}}')
  GROUP BY link
) AS t ON t.link = d.link
COMMENT 'How full each link and direction was in a month ({month}): percentiles of the rates over 5 minutes and of utilisation, peak, headroom, busy hour (hour from midnight in {{time_zone}}); terms are those at the end of the month';

CREATE VIEW IF NOT EXISTS vigie.v_headroom AS
SELECT
  month, region_code, dictGetOrDefault('vigie.regions_names', 'name_fr', toUInt64(region_code), '') AS region_name, supplier, uniqExact(link) AS links,
  sum(capacity) AS capacity_bps, sum(used) AS p95_bps, sum(capacity - used) AS headroom_bps, p95_bps / capacity_bps AS utilisation_p95_ratio,
  countIf(used >= 0.8 * capacity) AS links_over_80, countIf(used >= capacity) AS links_full
FROM (
  SELECT month, region_code, supplier, link, any(capacity_bps) AS capacity, max(p95_bps) AS used FROM vigie.v_capacity(month = {month:Date})
  WHERE capacity_bps > 0 GROUP BY month, region_code, supplier, link
)
GROUP BY month, region_code, supplier
COMMENT 'Headroom of links by region and supplier in a month ({month}): capacity less the 95th percentile of the fuller direction, added up over links';

CREATE VIEW IF NOT EXISTS vigie.v_busy_hours AS
SELECT
  toStartOfMonth({month:Date}) AS month, dictGetOrDefault('vigie.links_names', 'id', toUInt64(link), '') AS link, toDayOfWeek(day) AS weekday, hour,
  round(avg(bps)) AS mean_bps, round(max(bps)) AS peak_hour_bps
FROM vigie.traffic_1d FINAL ARRAY JOIN hour_bps AS bps, arrayMap(i -> i - 1, arrayEnumerate(hour_bps)) AS hour
WHERE day >= toStartOfMonth({month:Date}) AND day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
GROUP BY link, weekday, hour
COMMENT 'Mean rate of both directions together by weekday (1 Monday) and hour from midnight in {{time_zone}}, per link, in a month ({month})';

-- What if: the line of a link moves up by what is added, its growth stays, its capacity may be another.
CREATE VIEW IF NOT EXISTS vigie.v_what_if AS
SELECT
  dictGetOrDefault('vigie.links_names', 'id', toUInt64(f.link), '') AS link, f.direction AS direction, f.day AS forecast_on,
  {add_bps:Float64} AS added_bps, if({capacity_bps:Float64} > 0, {capacity_bps:Float64}, f.capacity_bps) AS capacity, round(f.p95_now_bps + added_bps) AS p95_bps,
  (f.p95_now_bps + added_bps) / capacity AS utilisation_p95_ratio,
  if(f.growth_bps_per_week > 0, f.middle + (0.8 * capacity - f.level_bps - added_bps) / f.growth_bps_per_week, NULL) AS weeks_80,
  if(f.growth_bps_per_week > 0, f.middle + (capacity - f.level_bps - added_bps) / f.growth_bps_per_week, NULL) AS weeks_100,
  if(weeks_80 BETWEEN -520 AND 1040, f.day + toIntervalDay(toInt32(assumeNotNull(weeks_80) * 7 + 3)), NULL) AS full_80_on,
  if(weeks_100 BETWEEN -520 AND 1040, f.day + toIntervalDay(toInt32(assumeNotNull(weeks_100) * 7 + 3)), NULL) AS full_100_on
FROM vigie.capacity_forecasts AS f FINAL
WHERE f.day = (SELECT max(day) FROM vigie.capacity_forecasts)
  AND f.link = (SELECT any(number) FROM vigie.links WHERE id = {link:String})
COMMENT 'What if {add_bps} bit/s more went over a link ({link}), or its capacity were {capacity_bps} (0: as it is): when it would be full';

-- What if the sites of a wave, or one site, moved onto a link: their links' 95th percentiles are added, which is the most it
-- can come to.
CREATE VIEW IF NOT EXISTS vigie.v_what_if_moved AS
SELECT
  dictGetOrDefault('vigie.links_names', 'id', toUInt64(f.link), '') AS link, f.direction AS direction, f.day AS forecast_on, m.sites AS moved_sites,
  ifNull(m.added, 0) AS added_bps, f.capacity_bps AS capacity_bps, round(f.p95_now_bps + added_bps) AS p95_bps, (f.p95_now_bps + added_bps) / f.capacity_bps AS utilisation_p95_ratio,
  if(f.growth_bps_per_week + m.growth > 0, (0.8 * f.capacity_bps - f.p95_now_bps - added_bps) / (f.growth_bps_per_week + m.growth), NULL) AS weeks_80,
  if(f.growth_bps_per_week + m.growth > 0, (f.capacity_bps - f.p95_now_bps - added_bps) / (f.growth_bps_per_week + m.growth), NULL) AS weeks_100,
  if(weeks_80 BETWEEN -520 AND 1040, f.day + toIntervalDay(toInt32(assumeNotNull(weeks_80) * 7 + 3)), NULL) AS full_80_on,
  if(weeks_100 BETWEEN -520 AND 1040, f.day + toIntervalDay(toInt32(assumeNotNull(weeks_100) * 7 + 3)), NULL) AS full_100_on
FROM vigie.capacity_forecasts AS f FINAL
LEFT JOIN (
  SELECT o.direction AS direction, sum(o.p95_now_bps) AS added, sum(o.growth_bps_per_week) AS growth, uniqExact(l.site) AS sites
  FROM vigie.capacity_forecasts AS o FINAL
  INNER JOIN (SELECT number, site, id FROM vigie.links FINAL) AS l ON l.number = o.link
  INNER JOIN (SELECT number, id, migration_wave FROM vigie.sites FINAL) AS s ON s.number = l.site
  WHERE o.day = (SELECT max(day) FROM vigie.capacity_forecasts) AND l.id != {to_link:String} AND (s.id = {site:String} OR ({wave:UInt16} > 0 AND s.migration_wave = {wave:UInt16}))
  GROUP BY o.direction
) AS m ON m.direction = f.direction
WHERE f.day = (SELECT max(day) FROM vigie.capacity_forecasts) AND f.link = (SELECT any(number) FROM vigie.links WHERE id = {to_link:String})
COMMENT 'What if a site ({site}, or empty) or all sites of a migration wave ({wave}, or 0) went over a link ({to_link}): rates and growth of their links are added'
;
