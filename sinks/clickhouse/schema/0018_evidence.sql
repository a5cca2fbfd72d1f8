-- Outages stand in the row of the month that counts them, so that evidence is what the figures were made from, and is read
-- without going back to the days.
ALTER TABLE vigie.sla_months
  ADD COLUMN IF NOT EXISTS outage_starts Array(DateTime('UTC')) COMMENT 'Start of each outage that counts',
  ADD COLUMN IF NOT EXISTS outage_ends Array(DateTime('UTC')) COMMENT 'End of each, not in it',
  ADD COLUMN IF NOT EXISTS outage_maintenance_s Array(UInt32) COMMENT 'Seconds of each in maintenance',
  ADD COLUMN IF NOT EXISTS maintenance_windows Array(String) COMMENT 'Windows of maintenance that cover the part, in whole or in part';

DROP VIEW IF EXISTS vigie.sla_this_month_roll;

DROP VIEW IF EXISTS vigie.sla_last_month_roll;

CREATE OR REPLACE VIEW vigie.sla_reckoned AS
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
      arrayFilter(x -> x.3 = 5 AND x.2 - x.1 > x.4, spans) AS broken, window_ids
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
  toUInt32(length(s.broken)) AS outages, toUInt32(arrayMax(arrayMap(x -> x.2 - x.1 - x.4, s.broken))) AS longest_outage_s,
  arrayMap(x -> toDateTime(x.1, 'UTC'), s.broken) AS outage_starts, arrayMap(x -> toDateTime(x.2, 'UTC'), s.broken) AS outage_ends,
  arrayMap(x -> toUInt32(x.4), s.broken) AS outage_maintenance_s, s.window_ids AS maintenance_windows,
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
    degraded_s, down_s, disabled_s, unknown_s, outage_starts, outage_ends, outage_maintenance_s, maintenance_windows, price_per_month_cad, credit_ratio, credit_cad, one_way_loss_count,
    one_way_loss_sum, round_trip_loss_count, round_trip_loss_sum, mos_count, mos_sum, samples, is_final) AS digest
FROM states AS s
LEFT JOIN quality AS q ON q.kind = s.kind AND q.subject = s.subject AND q.part_from = s.part_from
LEFT JOIN (SELECT id, credit_below_ratio, credit_ratio FROM vigie.contracts FINAL WHERE version = current) AS k ON k.id = s.contract
WINDOW same AS (PARTITION BY s.kind, s.subject, s.contract)
COMMENT 'Service levels of a month, reckoned anew';

CREATE OR REPLACE VIEW vigie.sla_changes AS
SELECT
  n.month AS month, n.kind AS kind, n.subject AS subject, n.part_from AS part_from, part_to, site, organization, region, network,
  supplier, lot, contract, sla_class, total_s, maintenance_s, up_s, standby_s, degraded_s, down_s, disabled_s, unknown_s, outages,
  longest_outage_s, price_per_month_cad, credit_ratio, credit_cad, one_way_delay_ms, round_trip_delay_ms, delay_variation_ms,
  one_way_loss_ratio, round_trip_loss_ratio, mos, one_way_loss_count, one_way_loss_sum, round_trip_loss_count, round_trip_loss_sum,
  mos_count, mos_sum, samples, registry_version, is_final, n.digest AS digest, now64(3) AS reckoned, 0::UInt8 AS is_gone,
  outage_starts, outage_ends, outage_maintenance_s, maintenance_windows
FROM vigie.sla_reckoned(month = {month:Date}) AS n
LEFT ANTI JOIN (SELECT kind, subject, part_from, digest FROM vigie.sla_months FINAL WHERE month = toStartOfMonth({month:Date})) AS o
  ON o.kind = n.kind AND o.subject = n.subject AND o.part_from = n.part_from AND o.digest = n.digest
UNION ALL
SELECT
  o.month, o.kind, o.subject, o.part_from, part_to, site, organization, region, network,
  supplier, lot, contract, sla_class, total_s, maintenance_s, up_s, standby_s, degraded_s, down_s, disabled_s, unknown_s, outages,
  longest_outage_s, price_per_month_cad, credit_ratio, credit_cad, one_way_delay_ms, round_trip_delay_ms, delay_variation_ms,
  one_way_loss_ratio, round_trip_loss_ratio, mos, one_way_loss_count, one_way_loss_sum, round_trip_loss_count, round_trip_loss_sum,
  mos_count, mos_sum, samples, registry_version, is_final, digest, now64(3), 1::UInt8,
  outage_starts, outage_ends, outage_maintenance_s, maintenance_windows
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

CREATE OR REPLACE VIEW vigie.v_sla_evidence AS
SELECT
  m.month AS month, m.kind AS level,
  multiIf(m.kind = 'link', dictGetOrDefault('vigie.links_names', 'id', m.subject, ''), m.kind = 'site', dictGetOrDefault('vigie.sites_names', 'id', m.subject, ''), toString(m.subject)) AS id,
  dictGetOrDefault('vigie.sites_names', 'id', toUInt64(m.site), '') AS site,
  dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(m.organization), '') AS organization,
  dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(m.supplier), '') AS supplier, m.sla_class AS sla_class,
  'availability' AS metric, started_at, ended_at, round(dateDiff('second', started_at, ended_at) / 60, 4) AS lasted_minutes,
  round(off / 60, 4) AS maintenance_minutes, round((dateDiff('second', started_at, ended_at) - off) / 60, 4) AS counted_minutes,
  NULL::Nullable(Float64) AS measured, c.time_to_restore_h * 60 AS objective, m.maintenance_windows AS maintenance_windows
FROM (
  SELECT month, kind, subject, site, organization, supplier, sla_class, maintenance_windows, started_at, ended_at, off
  FROM vigie.sla_months FINAL ARRAY JOIN outage_starts AS started_at, outage_ends AS ended_at, outage_maintenance_s AS off
  WHERE month = toStartOfMonth({month:Date})
) AS m
LEFT JOIN (SELECT * FROM vigie.sla_classes FINAL WHERE version = (SELECT max(version) FROM vigie.registry_versions)) AS c ON c.id = m.sla_class
COMMENT 'Evidence of a month ({month}): every outage that counts, with what maintenance took off; started_at and ended_at are cut to the part of the month';

CREATE VIEW IF NOT EXISTS vigie.v_sla_missed_days AS
SELECT
  toStartOfMonth({month:Date}) AS month, d.kind AS level,
  if(d.kind = 'link', dictGetOrDefault('vigie.links_names', 'id', d.subject, ''), toString(d.subject)) AS id,
  dictGetOrDefault('vigie.sites_names', 'id', toUInt64(d.site), '') AS site, dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(d.organization), '') AS organization,
  dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(d.supplier), '') AS supplier, d.sla_class AS sla_class, d.day AS day,
  d.judged.1 AS metric, d.judged.2 AS measured, d.judged.3 AS objective
FROM (
  SELECT
    p.kind AS kind, p.subject AS subject, p.site AS site, p.organization AS organization, p.supplier AS supplier, p.sla_class AS sla_class, q.day AS day,
    arrayJoin(arrayFilter(x -> if(x.1 = 'mos', x.2 < x.3, x.2 > x.3), [
      ('one_way_delay_p95_ms', if(isNull(c.one_way_delay_ms), NULL, ifNotFinite(finalizeAggregation(q.one_way_delay_ms)[2], NULL)), c.one_way_delay_ms),
      ('round_trip_delay_p95_ms', if(isNull(c.round_trip_delay_ms), NULL, ifNotFinite(finalizeAggregation(q.round_trip_delay_ms)[2], NULL)), c.round_trip_delay_ms),
      ('delay_variation_p95_ms', if(isNull(c.delay_variation_ms), NULL, ifNotFinite(finalizeAggregation(q.delay_variation_ms)[2], NULL)), c.delay_variation_ms),
      ('loss_ratio_mean', if(q.one_way_loss_count > 0, q.one_way_loss_sum / q.one_way_loss_count, q.round_trip_loss_sum / nullIf(q.round_trip_loss_count, 0)), c.loss_ratio),
      ('mos', q.mos_sum / nullIf(q.mos_count, 0), c.mos)])) AS judged
  FROM vigie.quality_1d AS q FINAL
  INNER JOIN (
    SELECT kind, subject, site, organization, supplier, sla_class, part_from, part_to FROM vigie.sla_months FINAL
    WHERE month = toStartOfMonth({month:Date}) AND kind != 'site' AND sla_class != ''
  ) AS p ON p.kind = q.kind AND p.subject = q.subject
  INNER JOIN (SELECT * FROM vigie.sla_classes FINAL WHERE version = (SELECT max(version) FROM vigie.registry_versions)) AS c ON c.id = p.sla_class
  WHERE q.day >= toStartOfMonth({month:Date}) AND q.day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
    AND toDateTime(q.day, '{{time_zone}}') + INTERVAL 12 HOUR >= p.part_from AND toDateTime(q.day, '{{time_zone}}') + INTERVAL 12 HOUR < p.part_to
) AS d
COMMENT 'Evidence of a month ({month}): every day on which delay, delay variation, loss or MOS of a link or tunnel missed the objective of its class'
;
