-- Who sends how much where over what, by hour and by day in {{time_zone}}: flows that totals count, each hour reckoned again
-- while frames of it are stored (the ledger says so).
CREATE TABLE IF NOT EXISTS vigie.flows_1h (
  hour DateTime('UTC') COMMENT 'Of time_received',
  src_org_id UInt32 COMMENT 'Organisation of the source', dst_org_id UInt32 COMMENT 'Organisation of the destination',
  src_site_id UInt32 COMMENT 'Site of the source', dst_site_id UInt32 COMMENT 'Site of the destination',
  link_id UInt32 COMMENT 'Link', provider_id UInt32 COMMENT 'Supplier',
  app_rule_id UInt32 COMMENT 'Application', app_class_id UInt8 COMMENT 'Class of the application',
  flows UInt64 COMMENT 'Flow records', bytes UInt64 COMMENT 'Bytes, times the sampling rate', packets UInt64 COMMENT 'Packets, times the sampling rate',
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, src_site_id, dst_site_id, src_org_id, dst_org_id, link_id, provider_id, app_rule_id, app_class_id)
TTL hour + INTERVAL {{rollup_1h_days}} DAY
COMMENT 'Traffic by hour: sites, organisations, link, supplier and application';

CREATE TABLE IF NOT EXISTS vigie.flows_1d (
  day Date COMMENT 'Day in {{time_zone}}',
  src_org_id UInt32 COMMENT 'Organisation of the source', dst_org_id UInt32 COMMENT 'Organisation of the destination',
  src_site_id UInt32 COMMENT 'Site of the source', dst_site_id UInt32 COMMENT 'Site of the destination',
  link_id UInt32 COMMENT 'Link', provider_id UInt32 COMMENT 'Supplier',
  app_rule_id UInt32 COMMENT 'Application', app_class_id UInt8 COMMENT 'Class of the application',
  flows UInt64 COMMENT 'Flow records', bytes UInt64 COMMENT 'Bytes, times the sampling rate', packets UInt64 COMMENT 'Packets, times the sampling rate',
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(day)
ORDER BY (day, src_site_id, dst_site_id, src_org_id, dst_org_id, link_id, provider_id, app_rule_id, app_class_id)
TTL day + INTERVAL {{rollup_1d_days}} DAY
COMMENT 'Traffic by day: sites, organisations, link, supplier and application';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flows_1h_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 2 MINUTE APPEND TO vigie.flows_1h EMPTY AS
SELECT
  toStartOfHour(f.minute) AS hour, f.src_org_id AS src_org_id, f.dst_org_id AS dst_org_id, f.src_site_id AS src_site_id, f.dst_site_id AS dst_site_id,
  f.link_id AS link_id, f.provider_id AS provider_id, f.app_rule_id AS app_rule_id, f.app_class_id AS app_class_id,
  sum(f.flows) AS flows, sum(f.bytes_est) AS bytes, sum(f.packets_est) AS packets, now64(3) AS rolled
FROM vigie.flows_1m AS f
WHERE f.counted = 1 AND toStartOfHour(f.minute) IN (
  SELECT hour FROM (
    SELECT a.hour AS hour, row_number() OVER (ORDER BY a.hour DESC) AS place
    FROM (
      SELECT arrayJoin(arrayDistinct([toStartOfHour(toDateTime(closed, 'UTC')), toStartOfHour(toDateTime(closed, 'UTC') - INTERVAL 2 SECOND)])) AS hour, max(written) AS written
      FROM vigie.ledger GROUP BY hour
    ) AS a
    LEFT JOIN (SELECT hour, max(rolled) AS rolled FROM vigie.flows_1h GROUP BY hour) AS r ON r.hour = a.hour
    WHERE a.written + INTERVAL 30 SECOND > r.rolled
  ) WHERE place <= 48)
GROUP BY hour, f.src_org_id, f.dst_org_id, f.src_site_id, f.dst_site_id, f.link_id, f.provider_id, f.app_rule_id, f.app_class_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.flows_1d_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 3 MINUTE APPEND TO vigie.flows_1d EMPTY AS
SELECT
  toDate(f.hour, '{{time_zone}}') AS day, f.src_org_id AS src_org_id, f.dst_org_id AS dst_org_id, f.src_site_id AS src_site_id, f.dst_site_id AS dst_site_id,
  f.link_id AS link_id, f.provider_id AS provider_id, f.app_rule_id AS app_rule_id, f.app_class_id AS app_class_id,
  sum(f.flows) AS flows, sum(f.bytes) AS bytes, sum(f.packets) AS packets, now64(3) AS rolled
FROM vigie.flows_1h AS f FINAL
WHERE toDate(f.hour, '{{time_zone}}') IN (
  SELECT a.day FROM (SELECT toDate(hour, '{{time_zone}}') AS day, max(rolled) AS rolled FROM vigie.flows_1h GROUP BY day) AS a
  LEFT JOIN (SELECT day, max(rolled) AS rolled FROM vigie.flows_1d GROUP BY day) AS r ON r.day = a.day
  WHERE a.rolled >= r.rolled)
GROUP BY day, f.src_org_id, f.dst_org_id, f.src_site_id, f.dst_site_id, f.link_id, f.provider_id, f.app_rule_id, f.app_class_id;

CREATE VIEW IF NOT EXISTS vigie.v_top_contributors AS
SELECT
  toStartOfMonth({month:Date}) AS month, dictGetOrDefault('vigie.links_names', 'id', toUInt64(link_id), '') AS link,
  dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(if(src_org_id != 0, src_org_id, dst_org_id)), '') AS organization,
  dictGetOrDefault('vigie.applications_names', 'id', toUInt64(app_rule_id), '') AS application,
  dictGetOrDefault('vigie.app_classes_names', 'id', toUInt64(app_class_id), '') AS application_class,
  sum(f.bytes) AS volume_bytes, sum(f.flows) AS flow_records, volume_bytes / sum(volume_bytes) OVER (PARTITION BY link) AS link_share_ratio
FROM vigie.flows_1d AS f FINAL
WHERE day >= toStartOfMonth({month:Date}) AND day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
GROUP BY link, organization, application, application_class
COMMENT 'Who fills a link with what: volume by link, organisation and application in a month ({month}), with its share of the link; an empty link is unknown';

-- Sites on their way from RITM to RGT. A site has moved when its terms say so; without terms of earlier time, when the
-- registry says that it is on RGT.
CREATE VIEW IF NOT EXISTS vigie.v_site_migration AS
SELECT
  s.id AS site, dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(s.organization), '') AS organization, s.region AS region_code, s.migration_wave AS wave,
  s.network AS network, s.migration_date AS planned_on,
  if(m.moved_at > toDateTime(0, 'UTC'), toDate(m.moved_at, '{{time_zone}}'), if(s.network = 'rgt', s.migration_date, NULL)) AS migrated_on,
  if(m.moved_at > toDateTime(0, 'UTC'), m.moved_at, if(s.network = 'rgt' AND isNotNull(s.migration_date), toDateTime(assumeNotNull(s.migration_date), 'UTC'), NULL)) AS migrated_at,
  multiIf(s.network = 'rgt', 'done', isNull(s.migration_date), 'unplanned', s.migration_date < toDate(now(), '{{time_zone}}'), 'late', 'planned') AS status, s.number AS site_number
FROM vigie.sites AS s FINAL
LEFT JOIN (
  SELECT site, minIf(valid_from, network = 'rgt') AS moved_at
  FROM vigie.site_terms FINAL WHERE version = (SELECT max(version) FROM vigie.registry_versions)
  GROUP BY site
) AS m ON m.site = s.number
WHERE s.version = (SELECT max(version) FROM vigie.sites) AND s.network != ''
COMMENT 'Each site on its way from RITM to RGT: wave, plan, day it moved, status done, planned, late or unplanned';

CREATE VIEW IF NOT EXISTS vigie.v_migration_waves AS
SELECT
  wave, organization, count() AS sites, countIf(status = 'done') AS done, countIf(status = 'late') AS late, countIf(status = 'planned') AS planned,
  done / sites AS done_ratio, min(planned_on) AS first_planned_on, max(planned_on) AS last_planned_on, max(migrated_on) AS last_migrated_on
FROM vigie.v_site_migration
GROUP BY wave, organization
COMMENT 'Migration RITM to RGT by wave and organisation: sites, done, late, still planned';

CREATE VIEW IF NOT EXISTS vigie.v_migration_progress AS
SELECT
  day, sum(planned) OVER (ORDER BY day) AS planned_sites, sum(done) OVER (ORDER BY day) AS migrated_sites
FROM (
  SELECT day, sum(p) AS planned, sum(d) AS done
  FROM (
    SELECT assumeNotNull(planned_on) AS day, 1 AS p, 0 AS d FROM vigie.v_site_migration WHERE isNotNull(planned_on)
    UNION ALL SELECT assumeNotNull(migrated_on), 0, 1 FROM vigie.v_site_migration WHERE isNotNull(migrated_on)
  ) GROUP BY day
)
COMMENT 'Sites migrated from RITM to RGT up to each day, by plan and in fact';

CREATE VIEW IF NOT EXISTS vigie.v_before_after AS
SELECT
  m.site AS site, m.organization AS organization, m.wave AS wave, m.migrated_on AS migrated_on, {days:UInt16} AS days,
  ifNotFinite(quantilesDDMergeIf(0.005, 0.5, 0.95, 0.99)(q.round_trip_delay_ms, q.day < m.migrated_on)[2], NULL) AS round_trip_delay_p95_before_ms,
  ifNotFinite(quantilesDDMergeIf(0.005, 0.5, 0.95, 0.99)(q.round_trip_delay_ms, q.day > m.migrated_on)[2], NULL) AS round_trip_delay_p95_after_ms,
  ifNotFinite(quantilesDDMergeIf(0.005, 0.5, 0.95, 0.99)(q.delay_variation_ms, q.day < m.migrated_on)[2], NULL) AS delay_variation_p95_before_ms,
  ifNotFinite(quantilesDDMergeIf(0.005, 0.5, 0.95, 0.99)(q.delay_variation_ms, q.day > m.migrated_on)[2], NULL) AS delay_variation_p95_after_ms,
  sumIf(q.one_way_loss_sum + q.round_trip_loss_sum, q.day < m.migrated_on) / nullIf(sumIf(q.one_way_loss_count + q.round_trip_loss_count, q.day < m.migrated_on), 0) AS loss_before_ratio,
  sumIf(q.one_way_loss_sum + q.round_trip_loss_sum, q.day > m.migrated_on) / nullIf(sumIf(q.one_way_loss_count + q.round_trip_loss_count, q.day > m.migrated_on), 0) AS loss_after_ratio,
  any(a.before_ratio) AS availability_before_ratio, any(a.after_ratio) AS availability_after_ratio
FROM vigie.v_site_migration AS m
INNER JOIN (SELECT * FROM vigie.quality_1d FINAL) AS q ON q.site = m.site_number
LEFT JOIN (
  SELECT
    s.subject AS subject,
    sumIf(s.up, s.day < m2.migrated_on AND s.day >= m2.migrated_on - {days:UInt16}) / nullIf(sumIf(s.up + s.down, s.day < m2.migrated_on AND s.day >= m2.migrated_on - {days:UInt16}), 0) AS before_ratio,
    sumIf(s.up, s.day > m2.migrated_on AND s.day <= m2.migrated_on + {days:UInt16}) / nullIf(sumIf(s.up + s.down, s.day > m2.migrated_on AND s.day <= m2.migrated_on + {days:UInt16}), 0) AS after_ratio
  FROM (
    SELECT
      subject, day, arraySum((a, b, c) -> if(toInt8(c) IN (2, 3, 4), dateDiff('second', a, b), 0), starts, ends, states) AS up,
      arraySum((a, b, c) -> if(toInt8(c) = 5, dateDiff('second', a, b), 0), starts, ends, states) AS down
    FROM vigie.state_1d FINAL WHERE kind = 'site'
  ) AS s
  INNER JOIN vigie.v_site_migration AS m2 ON toUInt64(m2.site_number) = s.subject
  WHERE isNotNull(m2.migrated_on)
  GROUP BY s.subject
) AS a ON a.subject = toUInt64(m.site_number)
WHERE isNotNull(m.migrated_on) AND q.day >= m.migrated_on - {days:UInt16} AND q.day <= m.migrated_on + {days:UInt16}
GROUP BY site, organization, wave, migrated_on
COMMENT 'Quality and availability of each migrated site over so many days ({days}) before the day it moved and after it; maintenance is not taken off';

CREATE VIEW IF NOT EXISTS vigie.v_network_share AS
SELECT
  day, organization, ritm_bytes, rgt_bytes, other_bytes, rgt_bytes / nullIf(ritm_bytes + rgt_bytes, 0) AS rgt_ratio
FROM (
  SELECT
    f.day AS day, dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(if(f.src_org_id != 0, f.src_org_id, f.dst_org_id)), '') AS organization,
    sumIf(f.bytes, t.network = 'ritm') AS ritm_bytes, sumIf(f.bytes, t.network = 'rgt') AS rgt_bytes, sumIf(f.bytes, t.network NOT IN ('ritm', 'rgt')) AS other_bytes
  FROM (
    SELECT day, src_org_id, dst_org_id, if(src_site_id != 0, src_site_id, dst_site_id) AS site, sum(bytes) AS bytes
    FROM vigie.flows_1d FINAL GROUP BY day, src_org_id, dst_org_id, site
  ) AS f
  LEFT JOIN (
    SELECT site, toDate(valid_from, '{{time_zone}}') AS from_day, toDate(valid_to - 1, '{{time_zone}}') AS to_day, network
    FROM vigie.site_terms FINAL WHERE version = (SELECT max(version) FROM vigie.registry_versions) AND network != ''
  ) AS t ON t.site = f.site AND f.day >= t.from_day AND f.day <= t.to_day
  GROUP BY day, organization
)
COMMENT 'Traffic by day and organisation over RITM and RGT: the network of the site of the source, else of the destination, that day';

CREATE VIEW IF NOT EXISTS vigie.v_legacy_rooms AS
SELECT
  toStartOfMonth({month:Date}) AS month, dictGetOrDefault('vigie.sites_names', 'id', toUInt64(c.room), '') AS room,
  dictGetOrDefault('vigie.sites_names', 'id', toUInt64(c.moves_into), '') AS moves_into, c.status AS status, c.planned AS planned_on,
  dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(f.organization), '') AS organization,
  sum(f.bytes) AS volume_bytes, sum(f.flows) AS flow_records, toBool(sum(f.bytes) = 0) AS may_close
FROM vigie.consolidations AS c FINAL
LEFT JOIN (
  SELECT dst_site_id AS room, src_org_id AS organization, sum(bytes) AS bytes, sum(flows) AS flows
  FROM vigie.flows_1d FINAL
  WHERE day >= toStartOfMonth({month:Date}) AND day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH AND src_site_id != dst_site_id
  GROUP BY dst_site_id, src_org_id
) AS f ON f.room = c.room
WHERE c.version = (SELECT max(version) FROM vigie.registry_versions)
GROUP BY c.room, c.moves_into, c.status, c.planned, f.organization
COMMENT 'Traffic that still ends in server rooms that are to be consolidated, by room and organisation in a month ({month}); a room without any may close';

CREATE VIEW IF NOT EXISTS vigie.v_cloud_share AS
SELECT
  day, dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(if(src_org_id != 0, src_org_id, dst_org_id)), '') AS organization,
  sumIf(f.bytes, is_cloud) AS cloud_bytes, sum(f.bytes) AS total_bytes, cloud_bytes / nullIf(total_bytes, 0) AS cloud_ratio
FROM (
  SELECT *, app_class_id IN (6) OR dictGetOrDefault('vigie.sites_names', 'kind', toUInt64(dst_site_id), '') = 'cloud'
    OR dictGetOrDefault('vigie.sites_names', 'kind', toUInt64(src_site_id), '') = 'cloud' AS is_cloud
  FROM vigie.flows_1d FINAL
) AS f
GROUP BY day, organization
COMMENT 'Traffic to cloud providers by day and organisation: applications of the class cloud and sites of the kind cloud, and its share of all';

CREATE VIEW IF NOT EXISTS vigie.v_class_sites AS
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
  FROM vigie.quality_1d FINAL
  WHERE day >= toStartOfMonth({month:Date}) AND day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
  GROUP BY site
) AS q ON q.site = f.site
LEFT JOIN (
  SELECT
    subject, sum(up_s + standby_s + degraded_s) / nullIf(sum(up_s + standby_s + degraded_s + down_s), 0) AS availability,
    round(sum(down_s) / 60, 4) AS down, round(sum(unknown_s) / 60, 4) AS unknown
  FROM vigie.sla_months FINAL WHERE month = toStartOfMonth({month:Date}) AND kind = 'site' GROUP BY subject
) AS a ON a.subject = toUInt64(f.site)
COMMENT 'Sites that send or receive traffic of a class of applications in a month ({month}), with the quality and availability they have: telephony is voice, remote work remote_access, RENIR radio_gateway, the Dossier santé health_record';

CREATE VIEW IF NOT EXISTS vigie.v_telephony AS
SELECT
  month, organization, uniqExact(site) AS sites, sum(volume_bytes) AS voice_bytes, avg(c.mos_mean) AS mos_mean, countIf(c.mos_mean < 3.6) AS sites_below_36,
  max(delay_variation_p95_ms) AS worst_delay_variation_p95_ms, max(loss_ratio) AS worst_loss_ratio
FROM vigie.v_class_sites(month = {month:Date}) AS c WHERE application_class = 'voice'
GROUP BY month, organization
COMMENT 'Telephony by organisation in a month ({month}): sites with voice, their volume and MOS; mos_mean is the mean over sites';

CREATE VIEW IF NOT EXISTS vigie.v_remote_access AS
SELECT month, site, organization, region_code, volume_bytes, flow_records, round_trip_delay_p95_ms, loss_ratio, availability_ratio, down_minutes, unknown_minutes
FROM vigie.v_class_sites(month = {month:Date}) WHERE application_class = 'remote_access'
COMMENT 'Remote work in a month ({month}): sites with remote access concentrators or their users, volume, quality and availability';

CREATE VIEW IF NOT EXISTS vigie.v_radio_gateways AS
SELECT month, site, organization, region_code, volume_bytes, flow_records, round_trip_delay_p95_ms, loss_ratio, availability_ratio, down_minutes, unknown_minutes
FROM vigie.v_class_sites(month = {month:Date}) WHERE application_class = 'radio_gateway'
COMMENT 'Gateways of the radio network (RENIR) in a month ({month}): volume, quality and availability of their sites';

CREATE VIEW IF NOT EXISTS vigie.v_health_record AS
SELECT month, site, organization, region_code, volume_bytes, flow_records, round_trip_delay_p95_ms, loss_ratio, availability_ratio, down_minutes, unknown_minutes
FROM vigie.v_class_sites(month = {month:Date}) WHERE application_class = 'health_record'
COMMENT 'Health record (Dossier santé) in a month ({month}): volume, delay and availability of the sites that use it';

CREATE VIEW IF NOT EXISTS vigie.v_regional_equity AS
SELECT
  month, region_code, dictGetOrDefault('vigie.regions_names', 'name_fr', toUInt64(region_code), '') AS region_name, sites, availability_ratio, measured_ratio,
  down_minutes_per_site, round_trip_delay_p95_ms, loss_ratio, mos_mean,
  availability_ratio - median(availability_ratio) OVER () AS availability_to_median, round_trip_delay_p95_ms / median(round_trip_delay_p95_ms) OVER () AS delay_to_median_ratio
FROM (
  SELECT
    toStartOfMonth({month:Date}) AS month, a.region AS region_code, a.sites AS sites, a.availability AS availability_ratio, a.measured AS measured_ratio, a.down AS down_minutes_per_site,
    ifNotFinite(q.rtd[2], NULL) AS round_trip_delay_p95_ms, q.loss AS loss_ratio, q.opinion AS mos_mean
  FROM (
    SELECT
      region, uniqExact(subject) AS sites, sum(up_s + standby_s + degraded_s) / nullIf(sum(up_s + standby_s + degraded_s + down_s), 0) AS availability,
      1 - sum(unknown_s) / nullIf(sum(total_s - maintenance_s), 0) AS measured, round(sum(down_s) / 60 / sites, 4) AS down
    FROM vigie.sla_months FINAL WHERE month = toStartOfMonth({month:Date}) AND kind = 'site' AND region != 0 GROUP BY region
  ) AS a
  LEFT JOIN (
    SELECT
      region, quantilesDDMerge(0.005, 0.5, 0.95, 0.99)(round_trip_delay_ms) AS rtd,
      sum(one_way_loss_sum + round_trip_loss_sum) / nullIf(sum(one_way_loss_count + round_trip_loss_count), 0) AS loss, sum(mos_sum) / nullIf(sum(mos_count), 0) AS opinion
    FROM vigie.sla_months FINAL WHERE month = toStartOfMonth({month:Date}) AND kind IN ('link', 'tunnel') GROUP BY region
  ) AS q ON q.region = a.region
)
COMMENT 'Quality and availability over the 17 regions in a month ({month}), and how far each is from the median region'
;
