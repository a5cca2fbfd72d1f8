-- Service levels of calendar months in {{time_zone}}. What was measured is cut to parts, over which nothing of the terms
-- changes; of each second of a part exactly one thing is true, in this order: maintenance, then the state that was told,
-- else unknown. So total = maintenance + up + standby + degraded + down + disabled + unknown, and
-- availability = (up + standby + degraded) / (up + standby + degraded + down): unknown time is no time up.
CREATE VIEW IF NOT EXISTS vigie.v_link_terms AS
SELECT
  t.id AS link, t.link AS link_id, t.valid_from AS valid_from, t.valid_to AS valid_to,
  dictGetOrDefault('vigie.sites_names', 'id', toUInt64(t.site), '') AS site, t.site AS site_id,
  dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(t.organization), '') AS organization, t.organization AS organization_id,
  t.region AS region_code, dictGetOrDefault('vigie.regions_names', 'name_fr', toUInt64(t.region), '') AS region_name,
  t.network AS network, dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(t.supplier), '') AS supplier, t.supplier AS supplier_id,
  t.lot AS lot, t.technology AS technology, t.contract AS contract, t.sla_class AS sla_class,
  t.committed_bps AS committed_bps, t.burst_bps AS burst_bps, t.billing_rule AS billing_rule,
  t.billing_directions AS billing_directions, t.price_per_month_cad AS price_per_month_cad,
  t.price_per_mbps_cad AS price_per_mbps_cad, t.price_per_gb_cad AS price_per_gb_cad, t.included_gb AS included_gb
FROM vigie.link_terms AS t FINAL
WHERE t.version = (SELECT max(version) FROM vigie.registry_versions)
COMMENT 'Terms of each link by interval as the registry has them now: who, where, how much, at what price';

-- A part is what a subject was within the month while nothing of it changed.
CREATE VIEW IF NOT EXISTS vigie.month_parts AS
WITH
  assumeNotNull((SELECT max(version) FROM vigie.registry_versions)) AS current,
  toInt64(toUnixTimestamp(toDateTime(toStartOfMonth({month:Date}), '{{time_zone}}'))) AS month_start,
  least(toInt64(toUnixTimestamp(toDateTime(toStartOfMonth({month:Date}) + INTERVAL 1 MONTH, '{{time_zone}}'))), toInt64(toUnixTimestamp(now()))) AS month_until,
  terms AS (
    SELECT
      link, site, organization, region, network, supplier, lot, contract, sla_class, price_per_month_cad,
      greatest(toInt64(toUnixTimestamp(valid_from)), month_start) AS part_from,
      least(toInt64(toUnixTimestamp(valid_to)), month_until) AS part_to
    FROM vigie.link_terms FINAL
    WHERE version = current AND part_from < part_to
  ),
  places AS (
    SELECT
      site, organization, region, network, greatest(toInt64(toUnixTimestamp(valid_from)), month_start) AS part_from,
      least(toInt64(toUnixTimestamp(valid_to)), month_until) AS part_to
    FROM vigie.site_terms FINAL
    WHERE version = current AND part_from < part_to
  ),
  tunnels AS (
    SELECT subject, max(d.link) AS link, max(d.site) AS site
    FROM vigie.state_1d AS d
    WHERE kind = 'tunnel' AND day >= toStartOfMonth({month:Date}) AND day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
    GROUP BY subject
  )
SELECT
  CAST('link', 'Enum8(\'link\' = 1, \'tunnel\' = 2, \'site\' = 3)') AS kind, toUInt64(link) AS subject, part_from, part_to, site,
  organization, region, network, supplier, lot, contract, sla_class, price_per_month_cad, link AS under
FROM terms
UNION ALL
SELECT
  CAST('tunnel', 'Enum8(\'link\' = 1, \'tunnel\' = 2, \'site\' = 3)'), u.subject, t.part_from, t.part_to, t.site, t.organization, t.region, t.network, t.supplier, t.lot, t.contract,
  t.sla_class, toDecimal64(0, 4), u.link
FROM tunnels AS u INNER JOIN terms AS t ON t.link = u.link
UNION ALL
SELECT
  CAST('tunnel', 'Enum8(\'link\' = 1, \'tunnel\' = 2, \'site\' = 3)'), u.subject, p.part_from, p.part_to, p.site, p.organization, p.region, p.network, 0, '', '', '', toDecimal64(0, 4), 0
FROM tunnels AS u INNER JOIN places AS p ON p.site = u.site
WHERE u.link = 0
UNION ALL
SELECT
  CAST('site', 'Enum8(\'link\' = 1, \'tunnel\' = 2, \'site\' = 3)'), toUInt64(p.site), p.part_from, p.part_to, p.site, p.organization, p.region, p.network, 0, '', '',
  ifNull(best.class, ''), toDecimal64(0, 4), 0
FROM places AS p
INNER JOIN (
  SELECT t.site AS site, argMax(t.sla_class, ifNull(c.availability_ratio, 0)) AS class
  FROM terms AS t
  LEFT JOIN (SELECT id, availability_ratio FROM vigie.sla_classes FINAL WHERE version = current) AS c ON c.id = t.sla_class
  GROUP BY t.site
) AS best ON best.site = p.site
COMMENT 'Parts of a month of links, tunnels and sites with their terms; a site is held to the best class of its links';

-- Windows of maintenance that cover a part, joined where they overlap.
CREATE VIEW IF NOT EXISTS vigie.part_windows AS
SELECT
  kind, subject, part_from,
  arrayFold((joined, x) -> if(notEmpty(joined) AND x.1 <= joined[-1].2,
    arrayPushBack(arrayPopBack(joined), (joined[-1].1, greatest(joined[-1].2, x.2))), arrayPushBack(joined, x)),
    arraySort(groupArray((greatest(window_from, part_from), least(window_to, part_to)))), CAST([], 'Array(Tuple(Int64, Int64))')) AS windows,
  arraySort(groupUniqArray(id)) AS window_ids
FROM vigie.month_parts(month = {month:Date}) AS p
CROSS JOIN (
  SELECT
    id, links, sites, organizations, suppliers, toInt64(toUnixTimestamp(valid_from)) AS window_from,
    toInt64(toUnixTimestamp(valid_to)) AS window_to
  FROM vigie.maintenance_windows FINAL
  WHERE version = (SELECT max(version) FROM vigie.registry_versions)
    AND window_to > toInt64(toUnixTimestamp(toDateTime(toStartOfMonth({month:Date}), '{{time_zone}}')))
    AND window_from < toInt64(toUnixTimestamp(toDateTime(toStartOfMonth({month:Date}) + INTERVAL 1 MONTH, '{{time_zone}}')))
) AS w
WHERE window_from < part_to AND window_to > part_from
  AND (has(w.links, p.under) OR has(w.sites, p.site) OR has(w.organizations, p.organization) OR has(w.suppliers, p.supplier))
GROUP BY kind, subject, part_from
COMMENT 'Maintenance of the parts of a month';

-- Spans of state of each part: (start, end, state, seconds in maintenance); adjoining days are joined.
CREATE VIEW IF NOT EXISTS vigie.part_spans AS
SELECT
  p.kind AS kind, p.subject AS subject, p.part_from AS part_from, p.part_to AS part_to, p.site AS site,
  p.organization AS organization, p.region AS region, p.network AS network, p.supplier AS supplier, p.lot AS lot,
  p.contract AS contract, p.sla_class AS sla_class, p.price_per_month_cad AS price_per_month_cad, p.under AS under,
  w.windows AS windows, w.window_ids AS window_ids,
  arrayMap(x -> (x.1, x.2, x.3, arraySum(v -> greatest(0, least(v.2, x.2) - greatest(v.1, x.1)), w.windows)),
    arrayFilter(x -> x.1 < x.2, arrayMap(x -> (greatest(x.1, p.part_from), least(x.2, p.part_to), x.3), s.spans))) AS spans
FROM vigie.month_parts(month = {month:Date}) AS p
LEFT JOIN (
  SELECT
    kind, subject,
    arraySort(arrayFlatten(groupArray(arrayMap((a, b, c) -> (toInt64(toUnixTimestamp(a)), toInt64(toUnixTimestamp(b)), toInt8(c)), starts, ends, states)))) AS all_spans,
    arrayMap(g -> (g[1].1, g[-1].2, g[1].3), arraySplit((x, before) -> x.1 != before.2 OR x.3 != before.3, all_spans,
      arraySlice(arrayPushFront(all_spans, (toInt64(0), toInt64(0), toInt8(-1))), 1, length(all_spans)))) AS spans
  FROM vigie.state_1d FINAL
  WHERE day >= toStartOfMonth({month:Date}) AND day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
  GROUP BY kind, subject
) AS s ON s.kind = p.kind AND s.subject = p.subject
LEFT JOIN vigie.part_windows(month = {month:Date}) AS w ON w.kind = p.kind AND w.subject = p.subject AND w.part_from = p.part_from
COMMENT 'Spans of state of the parts of a month';

CREATE TABLE IF NOT EXISTS vigie.sla_months (
  month Date COMMENT 'First day of the month in {{time_zone}}',
  kind Enum8('link' = 1, 'tunnel' = 2, 'site' = 3) COMMENT 'What it is about',
  subject UInt64 COMMENT 'Number of the link, the tunnel or the site',
  part_from DateTime('UTC') COMMENT 'Start of the part of the month', part_to DateTime('UTC') COMMENT 'End of it, not in it',
  site UInt32 COMMENT 'Site', organization UInt32 COMMENT 'Organisation', region UInt8 COMMENT 'Region', network LowCardinality(String) COMMENT 'ritm, rgt or empty',
  supplier UInt32 COMMENT 'Supplier', lot LowCardinality(String) COMMENT 'Lot', contract LowCardinality(String) COMMENT 'Contract', sla_class LowCardinality(String) COMMENT 'Class of service',
  total_s UInt32 COMMENT 'Length of the part, s', maintenance_s UInt32 COMMENT 'In maintenance, s', up_s UInt32 COMMENT 'Up, s',
  standby_s UInt32 COMMENT 'In standby, s', degraded_s UInt32 COMMENT 'Degraded, s', down_s UInt32 COMMENT 'Down outside maintenance, s',
  disabled_s UInt32 COMMENT 'Disabled, s', unknown_s UInt32 COMMENT 'Unknown, s',
  outages UInt32 COMMENT 'Outages that count, in whole or in part', longest_outage_s UInt32 COMMENT 'Longest of them without its maintenance, s',
  price_per_month_cad Decimal64(4) COMMENT 'Price of a whole month, CAD',
  credit_ratio Decimal64(6) COMMENT 'Share of the price that the contract gives back',
  credit_cad Decimal64(2) COMMENT 'Service credit, CAD',
  one_way_delay_ms AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'One-way delay',
  round_trip_delay_ms AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Round-trip delay',
  delay_variation_ms AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Delay variation',
  one_way_loss_ratio AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Loss of one direction',
  round_trip_loss_ratio AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Loss there and back',
  mos AggregateFunction(quantilesDD(0.005, 0.5, 0.95, 0.99), Float64) COMMENT 'Mean opinion score',
  one_way_loss_count UInt64 COMMENT 'Samples of loss in one direction', one_way_loss_sum Float64 COMMENT 'Their sum',
  round_trip_loss_count UInt64 COMMENT 'Samples of loss there and back', round_trip_loss_sum Float64 COMMENT 'Their sum',
  mos_count UInt64 COMMENT 'Samples of MOS', mos_sum Float64 COMMENT 'Their sum', samples UInt64 COMMENT 'Samples of quality',
  registry_version UInt64 COMMENT 'Version of the registry it was reckoned with',
  is_final Bool COMMENT 'The month was over',
  digest UInt64 COMMENT 'Of all figures: a row is written again only when it differs',
  reckoned DateTime64(3, 'UTC') COMMENT 'When; the last one holds',
  is_gone UInt8 COMMENT '1: there is no such part any more'
) ENGINE = ReplacingMergeTree(reckoned, is_gone)
PARTITION BY toYear(month)
ORDER BY (month, kind, subject, part_from)
COMMENT 'Service levels by month and part: the figures that hold';

-- What finished months said before they were restated.
CREATE TABLE IF NOT EXISTS vigie.sla_month_versions (
  month Date COMMENT 'Month', kind Enum8('link' = 1, 'tunnel' = 2, 'site' = 3) COMMENT 'What it is about',
  subject UInt64 COMMENT 'Number', part_from DateTime('UTC') COMMENT 'Start of the part', reckoned DateTime64(3, 'UTC') COMMENT 'When',
  total_s UInt32 COMMENT 'Length, s', maintenance_s UInt32 COMMENT 'In maintenance, s',
  available_s UInt32 COMMENT 'Up, in standby or degraded, s', down_s UInt32 COMMENT 'Down, s', unknown_s UInt32 COMMENT 'Unknown, s',
  credit_cad Decimal64(2) COMMENT 'Service credit, CAD', registry_version UInt64 COMMENT 'Version of the registry', is_gone UInt8 COMMENT '1: the part went'
) ENGINE = ReplacingMergeTree
PARTITION BY toYear(month)
ORDER BY (month, kind, subject, part_from, reckoned)
COMMENT 'All that finished months ever said, a row a restatement';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.sla_month_versions_view TO vigie.sla_month_versions AS
SELECT
  m.month AS month, m.kind AS kind, m.subject AS subject, m.part_from AS part_from, m.reckoned AS reckoned, m.total_s AS total_s,
  m.maintenance_s AS maintenance_s, m.up_s + m.standby_s + m.degraded_s AS available_s, m.down_s AS down_s,
  m.unknown_s AS unknown_s, m.credit_cad AS credit_cad, m.registry_version AS registry_version, m.is_gone AS is_gone
FROM vigie.sla_months AS m WHERE m.is_final;

CREATE VIEW IF NOT EXISTS vigie.sla_reckoned AS
WITH
  assumeNotNull((SELECT max(version) FROM vigie.registry_versions)) AS current,
  toInt64(toUnixTimestamp(toDateTime(toStartOfMonth({month:Date}) + INTERVAL 1 MONTH, '{{time_zone}}'))) - toInt64(toUnixTimestamp(toDateTime(toStartOfMonth({month:Date}), '{{time_zone}}'))) AS month_s,
  toInt64(toUnixTimestamp(toDateTime(toStartOfMonth({month:Date}) + INTERVAL 1 MONTH, '{{time_zone}}'))) AS month_over,
  states AS (
    SELECT
      kind, subject, part_from, part_to, site, organization, region, network, supplier, lot, contract, sla_class, price_per_month_cad,
      part_to - part_from AS total, arraySum(v -> v.2 - v.1, windows) AS maintenance,
      arraySum(x -> if(x.3 = 2, x.2 - x.1 - x.4, 0), spans) AS up, arraySum(x -> if(x.3 = 3, x.2 - x.1 - x.4, 0), spans) AS standby,
      arraySum(x -> if(x.3 = 4, x.2 - x.1 - x.4, 0), spans) AS degraded, arraySum(x -> if(x.3 = 5, x.2 - x.1 - x.4, 0), spans) AS down,
      arraySum(x -> if(x.3 = 1, x.2 - x.1 - x.4, 0), spans) AS disabled,
      arrayFilter(x -> x > 0, arrayMap(x -> x.2 - x.1 - x.4, arrayFilter(x -> x.3 = 5, spans))) AS broken
    FROM vigie.part_spans(month = {month:Date})
  ),
  quality AS (
    SELECT
      p.kind AS kind, p.subject AS subject, p.part_from AS part_from,
      quantilesDDMergeState(0.005, 0.5, 0.95, 0.99)(q.one_way_delay_ms) AS one_way_delay_ms,
      quantilesDDMergeState(0.005, 0.5, 0.95, 0.99)(q.round_trip_delay_ms) AS round_trip_delay_ms,
      quantilesDDMergeState(0.005, 0.5, 0.95, 0.99)(q.delay_variation_ms) AS delay_variation_ms,
      quantilesDDMergeState(0.005, 0.5, 0.95, 0.99)(q.one_way_loss_ratio) AS one_way_loss_ratio,
      quantilesDDMergeState(0.005, 0.5, 0.95, 0.99)(q.round_trip_loss_ratio) AS round_trip_loss_ratio,
      quantilesDDMergeState(0.005, 0.5, 0.95, 0.99)(q.mos) AS mos,
      sum(q.one_way_loss_count) AS one_way_loss_count, sum(q.one_way_loss_sum) AS one_way_loss_sum,
      sum(q.round_trip_loss_count) AS round_trip_loss_count, sum(q.round_trip_loss_sum) AS round_trip_loss_sum,
      sum(q.mos_count) AS mos_count, sum(q.mos_sum) AS mos_sum, sum(q.samples) AS samples
    FROM vigie.quality_1d AS q FINAL
    INNER JOIN vigie.month_parts(month = {month:Date}) AS p ON p.kind = q.kind AND p.subject = q.subject
    WHERE q.day >= toStartOfMonth({month:Date}) AND q.day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
      AND toUnixTimestamp(toDateTime(q.day, '{{time_zone}}')) + 43200 >= p.part_from
      AND toUnixTimestamp(toDateTime(q.day, '{{time_zone}}')) + 43200 < p.part_to
    GROUP BY p.kind, p.subject, p.part_from
  )
SELECT
  toStartOfMonth({month:Date}) AS month, s.kind AS kind, s.subject AS subject, toDateTime(s.part_from, 'UTC') AS part_from,
  toDateTime(s.part_to, 'UTC') AS part_to, s.site AS site, s.organization AS organization, s.region AS region, s.network AS network,
  s.supplier AS supplier, s.lot AS lot, s.contract AS contract, s.sla_class AS sla_class,
  toUInt32(s.total) AS total_s, toUInt32(s.maintenance) AS maintenance_s, toUInt32(s.up) AS up_s, toUInt32(s.standby) AS standby_s,
  toUInt32(s.degraded) AS degraded_s, toUInt32(s.down) AS down_s, toUInt32(s.disabled) AS disabled_s,
  toUInt32(s.total - s.maintenance - s.up - s.standby - s.degraded - s.down - s.disabled) AS unknown_s,
  toUInt32(length(s.broken)) AS outages, toUInt32(arrayMax(s.broken)) AS longest_outage_s,
  s.price_per_month_cad AS price_per_month_cad,
  sum(s.up + s.standby + s.degraded) OVER same AS contract_available_s, sum(s.down) OVER same AS contract_down_s,
  toDecimal64(if(s.kind = 'link' AND contract_available_s + contract_down_s > 0,
    arrayElementOrNull(k.credit_ratio, arrayFirstIndex(bound -> contract_available_s / (contract_available_s + contract_down_s) < bound, k.credit_below_ratio)), 0), 6) AS given,
  ifNull(given, toDecimal64(0, 6)) AS credit_ratio,
  toDecimal64(round(toDecimal128(s.price_per_month_cad, 10) * (s.part_to - s.part_from) / month_s * credit_ratio, 2), 2) AS credit_cad,
  q.one_way_delay_ms AS one_way_delay_ms, q.round_trip_delay_ms AS round_trip_delay_ms, q.delay_variation_ms AS delay_variation_ms,
  q.one_way_loss_ratio AS one_way_loss_ratio, q.round_trip_loss_ratio AS round_trip_loss_ratio, q.mos AS mos,
  q.one_way_loss_count AS one_way_loss_count, q.one_way_loss_sum AS one_way_loss_sum, q.round_trip_loss_count AS round_trip_loss_count,
  q.round_trip_loss_sum AS round_trip_loss_sum, q.mos_count AS mos_count, q.mos_sum AS mos_sum, q.samples AS samples,
  current AS registry_version, toInt64(toUnixTimestamp(now())) >= month_over AS is_final,
  sipHash64(part_to, site, organization, region, network, supplier, lot, contract, sla_class, total_s, maintenance_s, up_s, standby_s,
    degraded_s, down_s, disabled_s, unknown_s, outages, longest_outage_s, price_per_month_cad, credit_ratio, credit_cad, one_way_loss_count,
    one_way_loss_sum, round_trip_loss_count, round_trip_loss_sum, mos_count, mos_sum, samples, is_final) AS digest
FROM states AS s
LEFT JOIN quality AS q ON q.kind = s.kind AND q.subject = s.subject AND q.part_from = s.part_from
LEFT JOIN (SELECT id, credit_below_ratio, credit_ratio FROM vigie.contracts FINAL WHERE version = current) AS k ON k.id = s.contract
WINDOW same AS (PARTITION BY s.kind, s.subject, s.contract)
COMMENT 'Service levels of a month, reckoned anew';

CREATE VIEW IF NOT EXISTS vigie.sla_changes AS
SELECT
  n.month AS month, n.kind AS kind, n.subject AS subject, n.part_from AS part_from, part_to, site, organization, region, network,
  supplier, lot, contract, sla_class, total_s, maintenance_s, up_s, standby_s, degraded_s, down_s, disabled_s, unknown_s, outages,
  longest_outage_s, price_per_month_cad, credit_ratio, credit_cad, one_way_delay_ms, round_trip_delay_ms, delay_variation_ms,
  one_way_loss_ratio, round_trip_loss_ratio, mos, one_way_loss_count, one_way_loss_sum, round_trip_loss_count, round_trip_loss_sum,
  mos_count, mos_sum, samples, registry_version, is_final, n.digest AS digest, now64(3) AS reckoned, 0::UInt8 AS is_gone
FROM vigie.sla_reckoned(month = {month:Date}) AS n
LEFT ANTI JOIN (SELECT kind, subject, part_from, digest FROM vigie.sla_months FINAL WHERE month = toStartOfMonth({month:Date})) AS o
  ON o.kind = n.kind AND o.subject = n.subject AND o.part_from = n.part_from AND o.digest = n.digest
UNION ALL
SELECT
  o.month, o.kind, o.subject, o.part_from, part_to, site, organization, region, network,
  supplier, lot, contract, sla_class, total_s, maintenance_s, up_s, standby_s, degraded_s, down_s, disabled_s, unknown_s, outages,
  longest_outage_s, price_per_month_cad, credit_ratio, credit_cad, one_way_delay_ms, round_trip_delay_ms, delay_variation_ms,
  one_way_loss_ratio, round_trip_loss_ratio, mos, one_way_loss_count, one_way_loss_sum, round_trip_loss_count, round_trip_loss_sum,
  mos_count, mos_sum, samples, registry_version, is_final, digest, now64(3), 1::UInt8
FROM vigie.sla_months AS o FINAL
LEFT ANTI JOIN (
  SELECT kind, subject, toDateTime(part_from, 'UTC') AS part_from FROM vigie.month_parts(month = {month:Date})
) AS n ON o.kind = n.kind AND o.subject = n.subject AND o.part_from = n.part_from
WHERE o.month = toStartOfMonth({month:Date})
COMMENT 'Rows by which vigie.sla_months differs from what a month is when it is reckoned anew';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.sla_this_month_roll REFRESH EVERY 1 HOUR OFFSET 20 MINUTE APPEND TO vigie.sla_months EMPTY AS
SELECT * FROM vigie.sla_changes(month = toStartOfMonth(now(), '{{time_zone}}'));

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.sla_last_month_roll REFRESH EVERY 1 HOUR OFFSET 25 MINUTE APPEND TO vigie.sla_months EMPTY AS
SELECT * FROM vigie.sla_changes(month = toStartOfMonth(now(), '{{time_zone}}') - INTERVAL 1 MONTH);
