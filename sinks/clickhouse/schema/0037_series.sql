-- What each site, link, organisation and class of applications of an organisation sends and gets in five minutes: what
-- baselines are made of. A slot is reckoned whole from its minutes once it is over, and again where frames of it are stored
-- later (the ledger says so); the row that was rolled last holds. It is rolled, not fed: a view on the way of an insert would
-- cost each of the hundreds of batches of a slot what it costs once here.
CREATE TABLE IF NOT EXISTS vigie.series_5m (
  slot DateTime('UTC') COMMENT 'Start of the five minutes, of time_received',
  kind Enum8('site' = 1, 'link' = 2, 'class' = 3, 'organization' = 4) COMMENT 'What it is about',
  subject UInt64 COMMENT 'Number of the site, link or organisation; of a class: organisation * 256 + class',
  bytes_in UInt64 COMMENT 'Bytes towards it, times the sampling rate', bytes_out UInt64 COMMENT 'Bytes from it, times the sampling rate',
  flows UInt64 COMMENT 'Flow records that totals count', records UInt64 COMMENT 'Flow records of all exporters, also those that totals do not count',
  rolled DateTime64(3, 'UTC') COMMENT 'When it was reckoned'
) ENGINE = ReplacingMergeTree(rolled)
PARTITION BY toYYYYMM(slot)
ORDER BY (slot, kind, subject)
TTL slot + INTERVAL {{rollup_days}} DAY
COMMENT 'Traffic in five minutes by site, link, organisation, and class of applications of an organisation';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.series_5m_roll REFRESH EVERY {{roll_minutes}} MINUTE OFFSET 1 MINUTE APPEND TO vigie.series_5m EMPTY AS
SELECT
  slot, part.1 AS kind, part.2 AS subject, sum(part.3) AS bytes_in, sum(part.4) AS bytes_out, sum(part.5) AS flows, sum(part.6) AS records, now64(3) AS rolled
FROM (
  SELECT
    slot, arrayJoin(arrayFilter(x -> x.2 != 0, [
      (1::Int8, toUInt64(src_site), 0::UInt64, bytes, flows, records),
      (1::Int8, toUInt64(dst_site), bytes, 0::UInt64, if(dst_site = src_site, 0, flows), if(dst_site = src_site, 0, records)),
      (2::Int8, toUInt64(link), if(link_site = src_site, 0, bytes), if(link_site = src_site, bytes, 0), flows, records),
      (3::Int8, if(class = 0, 0, src_org * 256 + class), 0::UInt64, bytes, flows, records),
      (3::Int8, if(class = 0 OR dst_org = 0, 0, dst_org * 256 + class), bytes, 0::UInt64, if(dst_org = src_org, 0, flows), if(dst_org = src_org, 0, records)),
      (4::Int8, toUInt64(src_org), 0::UInt64, bytes, flows, records),
      (4::Int8, toUInt64(dst_org), bytes, 0::UInt64, if(dst_org = src_org, 0, flows), if(dst_org = src_org, 0, records))
    ]::Array(Tuple(Int8, UInt64, UInt64, UInt64, UInt64, UInt64)))) AS part
  FROM (
    SELECT
      toStartOfFiveMinutes(f.minute) AS slot, f.src_site_id AS src_site, f.dst_site_id AS dst_site, toUInt64(f.src_org_id) AS src_org, toUInt64(f.dst_org_id) AS dst_org,
      f.link_id AS link, f.app_class_id AS class, dictGetOrDefault('vigie.links_names', 'site', toUInt64(f.link_id), 0) AS link_site,
      sumIf(f.bytes_est, f.counted = 1) AS bytes, sumIf(f.flows, f.counted = 1) AS flows, sum(f.flows) AS records
    FROM vigie.flows_1m AS f
    WHERE toStartOfFiveMinutes(f.minute) IN (
      SELECT slot FROM (
        SELECT a.slot AS slot, row_number() OVER (ORDER BY a.slot DESC) AS place
        FROM (
          SELECT arrayJoin(arrayDistinct([toStartOfFiveMinutes(toDateTime(closed, 'UTC')), toStartOfFiveMinutes(toDateTime(closed, 'UTC') - INTERVAL 2 SECOND)])) AS slot, max(written) AS written
          FROM vigie.ledger WHERE closed > now() - INTERVAL 2 DAY GROUP BY slot
        ) AS a
        LEFT JOIN (SELECT slot, max(rolled) AS rolled FROM vigie.series_5m WHERE slot > now() - INTERVAL 3 DAY GROUP BY slot) AS r ON r.slot = a.slot
        WHERE a.written + INTERVAL 30 SECOND > r.rolled AND a.slot + INTERVAL 5 MINUTE <= now()
      ) WHERE place <= 24)
    GROUP BY slot, src_site, dst_site, src_org, dst_org, link, class
  )
)
GROUP BY slot, kind, subject;

-- Spans in which a series says nothing of what is normal: announced maintenance of a link (its site with it), and what
-- `baseline` found, for two days: a level that stays longer is a new normal, and is learned.
CREATE VIEW IF NOT EXISTS vigie.series_held AS
WITH
  windows AS (
    SELECT valid_from, valid_to, organizations, sites, links, suppliers FROM vigie.maintenance_windows FINAL
    WHERE version = (SELECT max(version) FROM vigie.registry_versions) AND valid_from < {to:DateTime('UTC')} AND valid_to > {from:DateTime('UTC')}
  ),
  covered AS (
    SELECT w.valid_from AS valid_from, w.valid_to AS valid_to, l.number AS link, l.site AS site
    FROM windows AS w
    CROSS JOIN (SELECT number, site, supplier, dictGetOrDefault('vigie.sites_names', 'organization', toUInt64(site), 0) AS organization FROM vigie.links FINAL) AS l
    WHERE has(w.links, l.number) OR has(w.sites, l.site) OR has(w.suppliers, l.supplier) OR has(w.organizations, l.organization)
  )
SELECT 'maintenance' AS why, 'link' AS kind, toUInt64(link) AS subject, valid_from, valid_to FROM covered
UNION DISTINCT SELECT 'maintenance', 'site', toUInt64(site), valid_from, valid_to FROM covered WHERE site != 0
UNION DISTINCT SELECT 'maintenance', 'site', toUInt64(arrayJoin(sites)), valid_from, valid_to FROM windows
UNION DISTINCT SELECT 'maintenance', 'organization', toUInt64(arrayJoin(organizations)), valid_from, valid_to FROM windows
UNION DISTINCT SELECT 'maintenance', 'class', toUInt64(arrayJoin(organizations)) * 256 + class, valid_from, valid_to FROM windows ARRAY JOIN range(toUInt64(1), toUInt64(32)) AS class
UNION DISTINCT
SELECT
  'finding', any(JSONExtractString(evidence, 'series_kind')), any(JSONExtractUInt(evidence, 'series')),
  toDateTime(min(first_seen), 'UTC'), toDateTime(least(max(last_seen), min(first_seen) + INTERVAL 2 DAY), 'UTC')
FROM vigie.findings
WHERE service = 'baseline' AND first_seen < {to:DateTime('UTC')} AND last_seen > {from:DateTime('UTC')} - INTERVAL 2 DAY
GROUP BY uid
COMMENT 'Series that are under maintenance, or were found out of the ordinary, between two moments ({from}, {to}), and why: maintenance or finding; kind fleet: all of them'
;

-- What is normal of each series in an hour of the week: of the same hour, the one before and the one after, in the four
-- weeks before it. Rates as log1p of units (100 kB, 10 flows); five minutes without a row are none. `up` and `down` are
-- robust standard deviations of each side: the median deviation, or the reach of 95 % of the slots, whichever is more.
-- A week counts where the series was there; what is held, and slots that were not measured at all, count nowhere.
CREATE VIEW IF NOT EXISTS vigie.series_profiles AS
WITH
  (SELECT groupUniqArray((slot, intDiv(dateDiff('second', slot, {hour:DateTime('UTC')}) + 7200, 604800))) FROM vigie.series_5m
    WHERE (slot >= {hour:DateTime('UTC')} - INTERVAL 169 HOUR AND slot < {hour:DateTime('UTC')} - INTERVAL 166 HOUR)
      OR (slot >= {hour:DateTime('UTC')} - INTERVAL 337 HOUR AND slot < {hour:DateTime('UTC')} - INTERVAL 334 HOUR)
      OR (slot >= {hour:DateTime('UTC')} - INTERVAL 505 HOUR AND slot < {hour:DateTime('UTC')} - INTERVAL 502 HOUR)
      OR (slot >= {hour:DateTime('UTC')} - INTERVAL 673 HOUR AND slot < {hour:DateTime('UTC')} - INTERVAL 670 HOUR)) AS measured
SELECT
  k, subject, length(arrayDistinct(kept.2) AS there) AS weeks, length(arrayFilter(m -> has(there, m.2) AND NOT arrayExists(x -> m.1 + 300 > x.1 AND m.1 < x.2, spans), measured)) AS samples,
  greatest(0, toInt64(samples) - toInt64(length(kept))) AS zeros, zeros / samples AS quiet,
  arrayMap(v -> arrayMap(q -> arrayMap(mad -> (q[2], greatest(mad, (q[3] - q[2]) / 1.96), greatest(mad, (q[2] - q[1]) / 1.96)),
      [1.4826 * arrayReduce('quantileExact(0.5)', arrayMap(x -> abs(x - q[2]), v))])[1],
    [arrayReduce('quantilesExact(0.025, 0.5, 0.975)', v)])[1],
    arrayMap(v -> arrayConcat(v, arrayWithConstant(toUInt64(zeros), toFloat32(0))), [kept.3, kept.4, kept.5])) AS sides
FROM (
  SELECT
    s.k AS k, s.subject AS subject, arrayConcat(h.spans, (
      SELECT groupArray((valid_from, valid_to)) FROM vigie.series_held(from = {hour:DateTime('UTC')} - INTERVAL 673 HOUR, to = {hour:DateTime('UTC')} - INTERVAL 166 HOUR) WHERE kind = 'fleet'
    )) AS spans,
    arrayFilter(r -> NOT arrayExists(x -> r.1 + 300 > x.1 AND r.1 < x.2, spans), s.all_rows) AS kept
  FROM (
    SELECT
      toInt8(kind) AS k, subject, groupArray((
        slot, intDiv(dateDiff('second', slot, {hour:DateTime('UTC')}) + 7200, 604800),
        toFloat32(log1p(bytes_in / 1e5)), toFloat32(log1p(bytes_out / 1e5)), toFloat32(log1p(flows / 10)))) AS all_rows
    FROM vigie.series_5m FINAL
    WHERE (slot >= {hour:DateTime('UTC')} - INTERVAL 169 HOUR AND slot < {hour:DateTime('UTC')} - INTERVAL 166 HOUR)
      OR (slot >= {hour:DateTime('UTC')} - INTERVAL 337 HOUR AND slot < {hour:DateTime('UTC')} - INTERVAL 334 HOUR)
      OR (slot >= {hour:DateTime('UTC')} - INTERVAL 505 HOUR AND slot < {hour:DateTime('UTC')} - INTERVAL 502 HOUR)
      OR (slot >= {hour:DateTime('UTC')} - INTERVAL 673 HOUR AND slot < {hour:DateTime('UTC')} - INTERVAL 670 HOUR)
    GROUP BY k, subject
  ) AS s
  LEFT JOIN (
    SELECT transform(kind, ['site', 'link', 'class', 'organization'], [1, 2, 3, 4], 0)::Int8 AS k, subject, groupArray((valid_from, valid_to)) AS spans
    FROM vigie.series_held(from = {hour:DateTime('UTC')} - INTERVAL 673 HOUR, to = {hour:DateTime('UTC')} - INTERVAL 166 HOUR)
    WHERE kind != 'fleet' GROUP BY k, subject
  ) AS h ON h.k = s.k AND h.subject = s.subject
)
WHERE notEmpty(kept)
COMMENT 'What is normal of each series of traffic in an hour of the week ({hour}): weeks and slots of five minutes looked at, the share of these without a flow, and median and deviations (above, below) of log1p of bytes in, bytes out (of 100 kB) and flows (of 10)'
;
