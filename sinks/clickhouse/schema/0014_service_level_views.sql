-- Service levels as people ask for them: one row a month and a thing, at each level from a tunnel to a supplier. Seconds,
-- credits and sketches of parts add up; a level's objective is the one its parts allow together.
CREATE VIEW IF NOT EXISTS vigie.v_sla AS
SELECT * EXCEPT (available_s, allowed_s, owd, rtd, dv, owl, rtl, opinion) FROM (
SELECT
  month, level, level_id AS id, level_number AS number,
  if(level IN ('link', 'tunnel', 'site'), argMax(dictGetOrDefault('vigie.sites_names', 'id', toUInt64(p.site), ''), p.part_from), '') AS site,
  if(level IN ('link', 'tunnel', 'site'), argMax(dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(p.organization), ''), p.part_from), '') AS organization,
  if(level IN ('link', 'tunnel', 'site'), argMax(p.region, p.part_from), 0) AS region_code,
  if(level IN ('link', 'tunnel'), argMax(dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(p.supplier), ''), p.part_from), '') AS supplier,
  if(level IN ('link', 'tunnel'), argMax(toString(p.lot), p.part_from), '') AS lot,
  if(level IN ('link', 'tunnel', 'site'), argMax(toString(p.sla_class), p.part_from), '') AS sla_class, min(p.is_final) AS is_final, max(p.registry_version) AS registry_version, max(p.reckoned) AS reckoned_at,
  round(sum(total_s) / 60, 4) AS total_minutes, round(sum(maintenance_s) / 60, 4) AS maintenance_minutes,
  round(sum(up_s) / 60, 4) AS up_minutes, round(sum(standby_s) / 60, 4) AS standby_minutes, round(sum(degraded_s) / 60, 4) AS degraded_minutes,
  round(sum(down_s) / 60, 4) AS down_minutes, round(sum(disabled_s) / 60, 4) AS disabled_minutes, round(sum(unknown_s) / 60, 4) AS unknown_minutes,
  sum(up_s) + sum(standby_s) + sum(degraded_s) AS available_s,
  if(available_s + sum(down_s) = 0, NULL, available_s / (available_s + sum(down_s))) AS availability_ratio,
  if(sum(total_s) = sum(maintenance_s), NULL, 1 - sum(unknown_s) / (sum(total_s) - sum(maintenance_s))) AS measured_ratio,
  if(countIf(isNotNull(availability_objective)) = 0, NULL, sum(ifNull((1 - availability_objective) * (total_s - maintenance_s), 0))) AS allowed_s,
  if(isNull(allowed_s), NULL, round(1 - allowed_s / sumIf(total_s - maintenance_s, isNotNull(availability_objective)), 8)) AS availability_objective_ratio,
  round(allowed_s / 60, 4) AS budget_minutes,
  round((allowed_s - sum(down_s)) / 60, 4) AS budget_left_minutes,
  if(allowed_s > 0, round(sum(down_s) / allowed_s, 4), NULL) AS budget_used_ratio,
  if(availability_objective_ratio < 1, round((1 - availability_ratio) / (1 - availability_objective_ratio), 4), NULL) AS burn_rate,
  if(isNull(allowed_s), NULL, round(greatest(0, sum(down_s) - allowed_s) / 60, 4)) AS breach_minutes,
  toBool(availability_ratio < availability_objective_ratio) AS is_breached,
  sum(p.outages) AS outages, round(max(p.longest_outage_s) / 60, 4) AS longest_outage_minutes,
  if(sum(p.outages) = 0, NULL, round(sum(down_s) / sum(p.outages) / 60, 4)) AS mttr_minutes,
  min(restore_objective_h) * 60 AS mttr_objective_minutes,
  sum(p.credit_cad) AS credit_cad,
  quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(p.one_way_delay_ms) AS owd, quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(p.round_trip_delay_ms) AS rtd,
  quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(p.delay_variation_ms) AS dv, quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(p.one_way_loss_ratio) AS owl,
  quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(p.round_trip_loss_ratio) AS rtl, quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(p.mos) AS opinion,
  ifNotFinite(owd[1], NULL) AS one_way_delay_p50_ms, ifNotFinite(owd[2], NULL) AS one_way_delay_p95_ms, ifNotFinite(owd[3], NULL) AS one_way_delay_p99_ms,
  ifNotFinite(rtd[1], NULL) AS round_trip_delay_p50_ms, ifNotFinite(rtd[2], NULL) AS round_trip_delay_p95_ms, ifNotFinite(rtd[3], NULL) AS round_trip_delay_p99_ms,
  ifNotFinite(dv[1], NULL) AS delay_variation_p50_ms, ifNotFinite(dv[2], NULL) AS delay_variation_p95_ms, ifNotFinite(dv[3], NULL) AS delay_variation_p99_ms,
  ifNotFinite(owl[2], NULL) AS one_way_loss_p95_ratio, ifNotFinite(rtl[2], NULL) AS round_trip_loss_p95_ratio,
  if(sum(one_way_loss_count) = 0, NULL, sum(one_way_loss_sum) / sum(one_way_loss_count)) AS one_way_loss_ratio_mean,
  if(sum(round_trip_loss_count) = 0, NULL, sum(round_trip_loss_sum) / sum(round_trip_loss_count)) AS round_trip_loss_ratio_mean,
  if(sum(mos_count) = 0, NULL, sum(mos_sum) / sum(mos_count)) AS mos_mean, ifNotFinite(opinion[1], NULL) AS mos_p50,
  min(one_way_delay_objective) AS one_way_delay_objective_ms, min(round_trip_delay_objective) AS round_trip_delay_objective_ms,
  min(delay_variation_objective) AS delay_variation_objective_ms, min(loss_objective) AS loss_objective_ratio, max(mos_objective) AS mos_objective,
  sum(p.samples) AS samples
FROM (
  SELECT
    m.*, c.availability_ratio AS availability_objective, c.time_to_restore_h AS restore_objective_h,
    c.one_way_delay_ms AS one_way_delay_objective, c.round_trip_delay_ms AS round_trip_delay_objective,
    c.delay_variation_ms AS delay_variation_objective, c.loss_ratio AS loss_objective, c.mos AS mos_objective,
    arrayJoin(multiIf(
      m.kind = 'link', [('link', toString(dictGetOrDefault('vigie.links_names', 'id', m.subject, '')), m.subject),
        ('supplier', dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(m.supplier), ''), toUInt64(m.supplier)), ('lot', toString(m.lot), 0),
        ('contract', toString(m.contract), 0), ('class', toString(m.sla_class), 0), ('network', toString(m.network), 0),
        ('organization', dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(m.organization), ''), toUInt64(m.organization)),
        ('region', if(m.region = 0, '', leftPad(toString(m.region), 2, '0')), toUInt64(m.region))],
      m.kind = 'site', [('site', dictGetOrDefault('vigie.sites_names', 'id', m.subject, ''), m.subject),
        ('organization_sites', dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(m.organization), ''), toUInt64(m.organization)),
        ('region_sites', if(m.region = 0, '', leftPad(toString(m.region), 2, '0')), toUInt64(m.region))],
      [('tunnel', toString(m.subject), m.subject)])) AS place,
    place.1 AS level, place.2 AS level_id, place.3 AS level_number
  FROM vigie.sla_months AS m FINAL
  LEFT JOIN (SELECT * FROM vigie.sla_classes FINAL WHERE version = (SELECT max(version) FROM vigie.registry_versions)) AS c ON c.id = m.sla_class
) AS p
GROUP BY month, level, level_id, level_number)
COMMENT 'Service levels by month: level is link, supplier, lot, contract, class, network, organization or region (all of their links), site, organization_sites or region_sites (a site is up while one of its paths is), or tunnel. Months are cut in {{time_zone}}; unknown time is apart, never up; breach_minutes is the time down beyond what the objective allows';

CREATE VIEW IF NOT EXISTS vigie.v_sla_evidence AS
SELECT
  toStartOfMonth({month:Date}) AS month, s.kind AS level,
  multiIf(s.kind = 'link', dictGetOrDefault('vigie.links_names', 'id', s.subject, ''), s.kind = 'site', dictGetOrDefault('vigie.sites_names', 'id', s.subject, ''), toString(s.subject)) AS id,
  dictGetOrDefault('vigie.sites_names', 'id', toUInt64(s.site), '') AS site,
  dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(s.organization), '') AS organization,
  dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(s.supplier), '') AS supplier, s.sla_class AS sla_class,
  'availability' AS metric, toDateTime(s.outage.1, 'UTC') AS started_at, toDateTime(s.outage.2, 'UTC') AS ended_at,
  round((s.outage.2 - s.outage.1) / 60, 4) AS lasted_minutes, round(s.outage.4 / 60, 4) AS maintenance_minutes,
  round((s.outage.2 - s.outage.1 - s.outage.4) / 60, 4) AS counted_minutes, NULL::Nullable(Float64) AS measured, c.time_to_restore_h * 60 AS objective, s.window_ids AS maintenance_windows
FROM (
  SELECT kind, subject, site, organization, supplier, sla_class, window_ids,
    arrayJoin(arrayFilter(x -> x.3 = 5 AND x.2 - x.1 > x.4, spans)) AS outage
  FROM vigie.part_spans(month = {month:Date})
) AS s
LEFT JOIN (SELECT * FROM vigie.sla_classes FINAL WHERE version = (SELECT max(version) FROM vigie.registry_versions)) AS c ON c.id = s.sla_class
UNION ALL
SELECT
  toStartOfMonth({month:Date}), d.kind,
  if(d.kind = 'link', dictGetOrDefault('vigie.links_names', 'id', d.subject, ''), toString(d.subject)),
  dictGetOrDefault('vigie.sites_names', 'id', toUInt64(d.site), ''), dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(d.organization), ''),
  dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(d.supplier), ''), d.sla_class,
  d.judged.1, toDateTime(toDateTime(d.day, '{{time_zone}}'), 'UTC'), toDateTime(toDateTime(d.day + 1, '{{time_zone}}'), 'UTC'), 0, 0, 0, d.judged.2, d.judged.3, []
FROM (
  SELECT
    p.kind AS kind, p.subject AS subject, p.site AS site, p.organization AS organization, p.supplier AS supplier, p.sla_class AS sla_class, q.day AS day,
    arrayJoin(arrayFilter(x -> if(x.1 = 'mos', x.2 < x.3, x.2 > x.3), [
      ('one_way_delay_p95_ms', ifNotFinite(finalizeAggregation(q.one_way_delay_ms)[2], NULL), c.one_way_delay_ms),
      ('round_trip_delay_p95_ms', ifNotFinite(finalizeAggregation(q.round_trip_delay_ms)[2], NULL), c.round_trip_delay_ms),
      ('delay_variation_p95_ms', ifNotFinite(finalizeAggregation(q.delay_variation_ms)[2], NULL), c.delay_variation_ms),
      ('loss_ratio_mean', if(q.one_way_loss_count > 0, q.one_way_loss_sum / q.one_way_loss_count, q.round_trip_loss_sum / nullIf(q.round_trip_loss_count, 0)), c.loss_ratio),
      ('mos', q.mos_sum / nullIf(q.mos_count, 0), c.mos)])) AS judged
  FROM vigie.quality_1d AS q FINAL
  INNER JOIN vigie.month_parts(month = {month:Date}) AS p ON p.kind = q.kind AND p.subject = q.subject
  INNER JOIN (SELECT * FROM vigie.sla_classes FINAL WHERE version = (SELECT max(version) FROM vigie.registry_versions)) AS c ON c.id = p.sla_class
  WHERE q.day >= toStartOfMonth({month:Date}) AND q.day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
    AND toUnixTimestamp(toDateTime(q.day, '{{time_zone}}')) + 43200 >= p.part_from
    AND toUnixTimestamp(toDateTime(q.day, '{{time_zone}}')) + 43200 < p.part_to
) AS d
COMMENT 'Evidence of a month ({month}): every outage that counts, with what maintenance took off, and every day on which delay, delay variation, loss or MOS missed the objective';

CREATE VIEW IF NOT EXISTS vigie.v_sla_restatements AS
SELECT
  month, kind AS level,
  multiIf(kind = 'link', dictGetOrDefault('vigie.links_names', 'id', subject, ''), kind = 'site', dictGetOrDefault('vigie.sites_names', 'id', subject, ''), toString(subject)) AS id,
  part_from AS part_from, reckoned AS reckoned_at, place AS revision, registry_version,
  round(down_s / 60, 4) AS down_minutes, round((down_s - before_down_s) / 60, 4) AS down_change_minutes,
  round(maintenance_s / 60, 4) AS maintenance_minutes, round((maintenance_s - before_maintenance_s) / 60, 4) AS maintenance_change_minutes,
  round(unknown_s / 60, 4) AS unknown_minutes, round((unknown_s - before_unknown_s) / 60, 4) AS unknown_change_minutes,
  credit_cad, credit_cad - before_credit AS credit_change_cad, toBool(is_gone) AS is_gone
FROM (
  SELECT
    *, row_number() OVER same AS place, lagInFrame(toInt64(down_s)) OVER same AS before_down_s,
    lagInFrame(toInt64(maintenance_s)) OVER same AS before_maintenance_s, lagInFrame(toInt64(unknown_s)) OVER same AS before_unknown_s,
    lagInFrame(credit_cad) OVER same AS before_credit
  FROM vigie.sla_month_versions FINAL
  WINDOW same AS (PARTITION BY month, kind, subject, part_from ORDER BY reckoned ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
WHERE place > 1
COMMENT 'What finished months said anew, after late samples or a corrected registry: each revision and how it differs from the one before';

CREATE VIEW IF NOT EXISTS vigie.v_burn AS
SELECT
  hours, dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(supplier), '') AS supplier, sla_class,
  round(sum(down) / 60, 4) AS down_minutes, round(sum(available + down) / 60, 4) AS known_minutes,
  if(sum(available + down) = 0, NULL, sum(available) / sum(available + down)) AS availability_ratio,
  round(sum(down) / nullIf(sum((available + down) * (1 - objective)), 0), 4) AS burn_rate
FROM (
  SELECT
    t.supplier AS supplier, t.sla_class AS sla_class, c.availability_ratio AS objective, arrayJoin([1, 6, 72]) AS hours,
    arraySum(x -> if(x.3 IN (2, 3, 4), greatest(0, least(x.2, until) - greatest(x.1, until - hours * 3600)), 0), spans) AS available,
    arraySum(x -> if(x.3 = 5, greatest(0, least(x.2, until) - greatest(x.1, until - hours * 3600)), 0), spans) AS down
  FROM (
    SELECT
      subject, toInt64(toUnixTimestamp({until:DateTime})) AS until,
      arrayMap((a, b, c) -> (toInt64(toUnixTimestamp(a)), toInt64(toUnixTimestamp(b)), toInt8(c)), starts, ends, states) AS spans
    FROM vigie.state_1d FINAL
    WHERE kind = 'link' AND day BETWEEN toDate({until:DateTime}, '{{time_zone}}') - 4 AND toDate({until:DateTime}, '{{time_zone}}')
  ) AS s
  INNER JOIN (
    SELECT * FROM vigie.link_terms FINAL
    WHERE version = (SELECT max(version) FROM vigie.registry_versions) AND valid_from <= {until:DateTime} AND valid_to > {until:DateTime}
  ) AS t ON toUInt64(t.link) = s.subject
  INNER JOIN (SELECT * FROM vigie.sla_classes FINAL WHERE version = (SELECT max(version) FROM vigie.registry_versions)) AS c ON c.id = t.sla_class
)
GROUP BY hours, supplier, sla_class
COMMENT 'How fast error budgets are used, over the last 1, 6 and 72 hours before a moment ({until}), by supplier and class: at a burn rate of 1 the budget of a month lasts the month; maintenance is not taken off'
;
