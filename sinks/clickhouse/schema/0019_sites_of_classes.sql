-- The quality of sites comes from the month's sketches of their links and tunnels, not from those of thirty days.
CREATE OR REPLACE VIEW vigie.v_class_sites AS
SELECT
  toStartOfMonth({month:Date}) AS month, f.class AS application_class, dictGetOrDefault('vigie.sites_names', 'id', toUInt64(f.site), '') AS site,
  dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(dictGetOrDefault('vigie.sites_names', 'organization', toUInt64(f.site), 0)), '') AS organization,
  dictGetOrDefault('vigie.sites_names', 'region', toUInt64(f.site), 0) AS region_code, f.volume AS volume_bytes, f.records AS flow_records,
  ifNotFinite(q.rtd[2], NULL) AS round_trip_delay_p95_ms, ifNotFinite(q.owd[2], NULL) AS one_way_delay_p95_ms, ifNotFinite(q.dv[2], NULL) AS delay_variation_p95_ms,
  q.loss AS loss_ratio, q.opinion AS mos_mean, a.availability AS availability_ratio, a.down AS down_minutes, a.unknown AS unknown_minutes
FROM (
  SELECT site, dictGetOrDefault('vigie.app_classes_names', 'id', toUInt64(app_class_id), '') AS class, sum(bytes) AS volume, sum(flows) AS records
  FROM vigie.flows_1d FINAL ARRAY JOIN arrayDistinct(arrayFilter(s -> s != 0, [src_site_id, dst_site_id])) AS site
  WHERE day >= toStartOfMonth({month:Date}) AND day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
  GROUP BY site, class
) AS f
LEFT JOIN (
  SELECT
    site, quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(round_trip_delay_ms) AS rtd, quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(one_way_delay_ms) AS owd,
    quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(delay_variation_ms) AS dv,
    sum(one_way_loss_sum + round_trip_loss_sum) / nullIf(sum(one_way_loss_count + round_trip_loss_count), 0) AS loss, sum(mos_sum) / nullIf(sum(mos_count), 0) AS opinion
  FROM vigie.sla_months FINAL WHERE month = toStartOfMonth({month:Date}) AND kind IN ('link', 'tunnel')
  GROUP BY site
) AS q ON q.site = f.site
LEFT JOIN (
  SELECT
    subject, sum(up_s + standby_s + degraded_s) / nullIf(sum(up_s + standby_s + degraded_s + down_s), 0) AS availability,
    round(sum(down_s) / 60, 4) AS down, round(sum(unknown_s) / 60, 4) AS unknown
  FROM vigie.sla_months FINAL WHERE month = toStartOfMonth({month:Date}) AND kind = 'site' GROUP BY subject
) AS a ON a.subject = toUInt64(f.site)
COMMENT 'Sites that send or receive traffic of a class of applications in a month ({month}), with the quality and availability they have: telephony is voice, remote work remote_access, RENIR radio_gateway, the Dossier santé health_record';
