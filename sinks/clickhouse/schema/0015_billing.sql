-- The 95th percentile as carriers bill it: of the rates over 5 minutes that were measured in the period, sorted, the one
-- below which 95 % of them lie, rank ⌈0.95 n⌉; the top 5 % are free. No interpolation.
CREATE FUNCTION IF NOT EXISTS vigie_percentile_95 AS (series) -> if(empty(series), 0,
  arrayPartialReverseSort(toUInt32(length(series) - intDiv(95 * length(series) + 99, 100) + 1), series)[toUInt32(length(series) - intDiv(95 * length(series) + 99, 100) + 1)]);

CREATE TABLE IF NOT EXISTS vigie.billing_months (
  month Date COMMENT 'First day of the month in {{time_zone}}', link UInt32 COMMENT 'Number of the link',
  part_from DateTime('UTC') COMMENT 'Start of the part of the month over which no term changed', part_to DateTime('UTC') COMMENT 'End of it, not in it',
  site UInt32 COMMENT 'Site', organization UInt32 COMMENT 'Organisation', region UInt8 COMMENT 'Region', supplier UInt32 COMMENT 'Supplier',
  lot LowCardinality(String) COMMENT 'Lot', contract LowCardinality(String) COMMENT 'Contract',
  rule LowCardinality(String) COMMENT 'flat, percentile_95, volume or empty', directions LowCardinality(String) COMMENT 'max or sum',
  committed_bps UInt64 COMMENT 'Committed rate, bit/s', price_per_month_cad Decimal64(4) COMMENT 'Price of a whole month, CAD',
  price_per_mbps_cad Decimal64(4) COMMENT 'Price of a Mbit/s above the committed rate, CAD',
  price_per_gb_cad Decimal64(4) COMMENT 'Price of a gigabyte above the included volume, CAD', included_gb Float64 COMMENT 'Included volume of a month, 10⁹ bytes',
  month_s UInt32 COMMENT 'Length of the month, s', intervals UInt32 COMMENT 'Intervals of 5 minutes that were measured',
  tx_p95_bps UInt64 COMMENT '95th percentile from the site, bit/s', rx_p95_bps UInt64 COMMENT '95th percentile towards the site, bit/s',
  billed_p95_bps UInt64 COMMENT 'By the contract: the higher of the two, or of their sum, bit/s',
  tx_bytes UInt64 COMMENT 'Volume from the site', rx_bytes UInt64 COMMENT 'Volume towards the site',
  registry_version UInt64 COMMENT 'Version of the registry it was reckoned with', is_final Bool COMMENT 'The month was over',
  digest UInt64 COMMENT 'Of all figures: a row is written again only when it differs',
  reckoned DateTime64(3, 'UTC') COMMENT 'When; the last one holds', is_gone UInt8 COMMENT '1: there is no such part any more'
) ENGINE = ReplacingMergeTree(reckoned, is_gone)
PARTITION BY toYear(month)
ORDER BY (month, link, part_from)
COMMENT 'Usage and terms of links by month and part: what invoices are made from';

CREATE VIEW IF NOT EXISTS vigie.billing_reckoned AS
WITH
  assumeNotNull((SELECT max(version) FROM vigie.registry_versions)) AS current,
  toInt64(toUnixTimestamp(toDateTime(toStartOfMonth({month:Date}), '{{time_zone}}'))) AS month_start,
  toInt64(toUnixTimestamp(toDateTime(toStartOfMonth({month:Date}) + INTERVAL 1 MONTH, '{{time_zone}}'))) AS month_over,
  terms AS (
    SELECT
      *, greatest(toInt64(toUnixTimestamp(valid_from)), month_start) AS starts_at, least(toInt64(toUnixTimestamp(valid_to)), month_over) AS ends_at
    FROM vigie.link_terms FINAL
    WHERE version = current AND starts_at < ends_at AND starts_at < toUnixTimestamp(now())
  )
SELECT
  toStartOfMonth({month:Date}) AS month, t.link AS link, toDateTime(t.starts_at, 'UTC') AS part_from, toDateTime(t.ends_at, 'UTC') AS part_to,
  t.site AS site, t.organization AS organization, t.region AS region, t.supplier AS supplier, t.lot AS lot, t.contract AS contract,
  t.billing_rule AS rule, t.billing_directions AS directions, t.committed_bps AS committed_bps, t.price_per_month_cad AS price_per_month_cad,
  t.price_per_mbps_cad AS price_per_mbps_cad, t.price_per_gb_cad AS price_per_gb_cad, t.included_gb AS included_gb,
  toUInt32(month_over - month_start) AS month_s, toUInt32(u.measured) AS intervals, u.tx_p95 AS tx_p95_bps, u.rx_p95 AS rx_p95_bps,
  if(t.billing_directions = 'sum', u.sum_p95, greatest(u.tx_p95, u.rx_p95)) AS billed_p95_bps, u.tx_volume AS tx_bytes, u.rx_volume AS rx_bytes,
  current AS registry_version, toInt64(toUnixTimestamp(now())) >= month_over AS is_final,
  sipHash64(part_to, site, organization, region, supplier, lot, contract, rule, directions, committed_bps, price_per_month_cad, price_per_mbps_cad,
    price_per_gb_cad, included_gb, intervals, tx_p95_bps, rx_p95_bps, billed_p95_bps, tx_bytes, rx_bytes, is_final) AS digest
FROM terms AS t
LEFT JOIN (
  SELECT
    link, starts_at, length(groupArrayArray(tx) AS tx_all) AS measured,
    vigie_percentile_95(tx_all) AS tx_p95, vigie_percentile_95(groupArrayArray(rx)) AS rx_p95, vigie_percentile_95(groupArrayArray(both)) AS sum_p95,
    sum(tx_bytes) AS tx_volume, sum(rx_bytes) AS rx_volume
  FROM (
    SELECT
      d.link AS link, p.starts_at AS starts_at, toInt64(toUnixTimestamp(toDateTime(d.day, '{{time_zone}}'))) AS day_start,
      arrayMap(n -> day_start + 300 * n >= p.starts_at AND day_start + 300 * n < p.ends_at, d.slots) AS is_in,
      arrayFilter((r, i) -> i, d.tx_bps, is_in) AS tx, arrayFilter((r, i) -> i, d.rx_bps, is_in) AS rx,
      if(p.billing_directions = 'sum', arrayMap((a, b) -> a + b, tx, rx), []) AS both,
      toUInt64(round(arraySum((r, s, i) -> if(i, r * s / 8, 0), d.tx_bps, d.seconds, is_in))) AS tx_bytes,
      toUInt64(round(arraySum((r, s, i) -> if(i, r * s / 8, 0), d.rx_bps, d.seconds, is_in))) AS rx_bytes
    FROM vigie.traffic_5m AS d FINAL
    INNER JOIN terms AS p ON p.link = d.link AND p.site = d.site
    WHERE d.day >= toStartOfMonth({month:Date}) AND d.day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH
  )
  GROUP BY link, starts_at
) AS u ON u.link = t.link AND u.starts_at = t.starts_at
COMMENT 'Usage of a month ({month}), reckoned anew';

CREATE VIEW IF NOT EXISTS vigie.billing_changes AS
SELECT n.*, now64(3) AS reckoned, 0::UInt8 AS is_gone
FROM vigie.billing_reckoned(month = {month:Date}) AS n
LEFT ANTI JOIN (SELECT link, part_from, digest FROM vigie.billing_months FINAL WHERE month = toStartOfMonth({month:Date})) AS o
  ON o.link = n.link AND o.part_from = n.part_from AND o.digest = n.digest
UNION ALL
SELECT o.* REPLACE (now64(3) AS reckoned, 1::UInt8 AS is_gone)
FROM vigie.billing_months AS o FINAL
LEFT ANTI JOIN (
  SELECT link, greatest(valid_from, toDateTime(toDateTime(toStartOfMonth({month:Date}), '{{time_zone}}'), 'UTC')) AS part_from
  FROM vigie.link_terms FINAL WHERE version = (SELECT max(version) FROM vigie.registry_versions)
    AND valid_to > toDateTime(toStartOfMonth({month:Date}), '{{time_zone}}')
    AND valid_from < toDateTime(toStartOfMonth({month:Date}) + INTERVAL 1 MONTH, '{{time_zone}}')
) AS n ON o.link = n.link AND o.part_from = n.part_from
WHERE o.month = toStartOfMonth({month:Date})
COMMENT 'Rows by which vigie.billing_months differs from what a month ({month}) is when it is reckoned anew';

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.billing_this_month_roll REFRESH EVERY 1 HOUR OFFSET 30 MINUTE APPEND TO vigie.billing_months EMPTY AS
SELECT * FROM vigie.billing_changes(month = toStartOfMonth(now(), '{{time_zone}}'));

CREATE MATERIALIZED VIEW IF NOT EXISTS vigie.billing_last_month_roll REFRESH EVERY 1 HOUR OFFSET 35 MINUTE APPEND TO vigie.billing_months EMPTY AS
SELECT * FROM vigie.billing_changes(month = toStartOfMonth(now(), '{{time_zone}}') - INTERVAL 1 MONTH);

CREATE VIEW IF NOT EXISTS vigie.v_usage AS
SELECT
  month, dictGetOrDefault('vigie.links_names', 'id', toUInt64(b.link), '') AS link, part_from, part_to,
  dictGetOrDefault('vigie.sites_names', 'id', toUInt64(b.site), '') AS site,
  dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(b.organization), '') AS organization, region AS region_code,
  dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(b.supplier), '') AS supplier, lot, contract, rule, directions,
  committed_bps, tx_p95_bps, rx_p95_bps, billed_p95_bps, if(billed_p95_bps > committed_bps, billed_p95_bps - committed_bps, 0) AS burst_bps,
  tx_bytes, rx_bytes, if(directions = 'sum', tx_bytes + rx_bytes, greatest(tx_bytes, rx_bytes)) AS billed_bytes,
  dateDiff('second', part_from, part_to) AS part_s, part_s / month_s AS part_ratio, round(intervals / (part_s / 300), 6) AS measured_ratio,
  price_per_month_cad, price_per_mbps_cad, price_per_gb_cad, included_gb, is_final, registry_version, reckoned AS reckoned_at
FROM vigie.billing_months AS b FINAL
COMMENT 'Usage of links by month and part: 95th percentiles over 5 minutes, volume, commit and burst, with the terms they are billed by';

CREATE VIEW IF NOT EXISTS vigie.v_invoice_lines AS
SELECT
  month, organization, supplier, contract, lot, site, link, part_from, part_to, item,
  quantity, unit, unit_price_cad, part_ratio, amount_cad, is_final
FROM (
  SELECT
    b.month AS month, dictGetOrDefault('vigie.organizations_names', 'id', toUInt64(b.organization), '') AS organization,
    dictGetOrDefault('vigie.suppliers_names', 'id', toUInt64(b.supplier), '') AS supplier, b.contract AS contract, b.lot AS lot,
    dictGetOrDefault('vigie.sites_names', 'id', toUInt64(b.site), '') AS site, dictGetOrDefault('vigie.links_names', 'id', toUInt64(b.link), '') AS link,
    b.part_from AS part_from, b.part_to AS part_to, b.is_final AS is_final,
    dateDiff('second', b.part_from, b.part_to) AS part_s, part_s / b.month_s AS part_ratio,
    toDecimal128(if(b.billed_p95_bps > b.committed_bps, b.billed_p95_bps - b.committed_bps, 0), 6) / 1000000 AS burst_mbps,
    toDecimal128(greatest(if(b.directions = 'sum', b.tx_bytes + b.rx_bytes, greatest(b.tx_bytes, b.rx_bytes)) / 1e9 - b.included_gb * part_ratio, 0), 6) AS extra_gb,
    arrayJoin(arrayFilter(x -> x.1 != '', [
      ('base', toDecimal128(1, 6), 'month', toDecimal64(b.price_per_month_cad, 4), round(toDecimal128(b.price_per_month_cad, 10) * part_s / b.month_s, 2)::Decimal64(2)),
      (if(b.rule = 'percentile_95' AND burst_mbps > 0, 'burst', ''), burst_mbps, 'Mbit/s', b.price_per_mbps_cad, round(toDecimal128(burst_mbps, 10) * b.price_per_mbps_cad * part_s / b.month_s, 2)::Decimal64(2)),
      (if(b.rule = 'volume' AND extra_gb > 0, 'volume', ''), extra_gb, 'GB', b.price_per_gb_cad, round(toDecimal128(extra_gb, 10) * b.price_per_gb_cad, 2)::Decimal64(2)),
      (if(s.credit_cad > 0, 'credit', ''), toDecimal128(s.credit_ratio, 6), 'ratio', -toDecimal64(b.price_per_month_cad, 4), -s.credit_cad)])) AS line,
    line.1 AS item, line.2 AS quantity, line.3 AS unit, line.4 AS unit_price_cad, line.5 AS amount_cad
  FROM vigie.billing_months AS b FINAL
  LEFT JOIN (SELECT month, subject, part_from, credit_ratio, credit_cad FROM vigie.sla_months FINAL WHERE kind = 'link') AS s
    ON s.month = b.month AND s.subject = toUInt64(b.link) AND s.part_from = b.part_from
  WHERE b.rule != ''
)
COMMENT 'The consolidated invoice, line by line: base price, burst above the committed rate, volume above the included one, service credits; each pro rata to its part of the month and rounded to the cent';

CREATE VIEW IF NOT EXISTS vigie.v_invoice AS
SELECT
  month, organization, supplier, uniqExact(link) AS links, sumIf(amount_cad, item = 'base') AS base_cad, sumIf(amount_cad, item = 'burst') AS burst_cad,
  sumIf(amount_cad, item = 'volume') AS volume_cad, sumIf(amount_cad, item = 'credit') AS credit_cad, sum(amount_cad) AS total_cad, min(is_final) AS is_final
FROM vigie.v_invoice_lines
GROUP BY month, organization, supplier
COMMENT 'The consolidated invoice: totals of each organisation by supplier';

-- What a supplier asks for.
CREATE TABLE IF NOT EXISTS vigie.supplier_invoice_lines (
  month Date COMMENT 'Month it bills', supplier LowCardinality(String) COMMENT 'Id of the supplier', invoice String COMMENT 'Number of the invoice',
  line UInt32 COMMENT 'Line in the file', link String COMMENT 'Id of the link', item LowCardinality(String) COMMENT 'base, burst, volume or credit',
  part_from DateTime('UTC') COMMENT 'Start of the period', part_to DateTime('UTC') COMMENT 'End of the period, not in it',
  quantity Decimal128(6) COMMENT 'Months, Mbit/s, gigabytes or share', unit_price_cad Decimal64(4) COMMENT 'Price of one, CAD',
  amount_cad Decimal64(2) COMMENT 'Amount, CAD', loaded DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When; of the same line the last one holds'
) ENGINE = ReplacingMergeTree(loaded)
PARTITION BY toYear(month)
ORDER BY (month, supplier, invoice, line)
COMMENT 'Lines of the invoices that suppliers sent';

-- Their lines are laid beside ours, link by link and item by item, in the order of their periods; a line that says the same
-- as one before is charged twice and has no counterpart. The first cause in the list explains the difference.
CREATE VIEW IF NOT EXISTS vigie.v_reconciliation AS
SELECT
  {month:Date} AS month, {supplier:String} AS supplier, link, item,
  multiIf(
    theirs AND NOT known, 'unknown_link',
    theirs AND again > 1, 'billed_twice',
    theirs AND NOT ours AND NOT ever, 'not_in_service',
    theirs AND NOT ours, 'item_not_due',
    ours AND NOT theirs, if(item = 'credit', 'credit_missing', 'not_billed'),
    our_from != their_from OR our_to != their_to, 'wrong_period',
    our_unit_price_cad != their_unit_price_cad, 'wrong_price',
    abs(our_quantity - their_quantity) > greatest(toDecimal128(0.000001, 6), toDecimal128(abs(toFloat64(our_quantity)) * {tolerance:Float64}, 6)), 'wrong_quantity',
    'wrong_amount') AS cause,
  invoice, line, our_from, our_to, their_from, their_to, our_quantity, their_quantity, our_unit_price_cad, their_unit_price_cad,
  our_amount_cad, their_amount_cad, their_amount_cad - our_amount_cad AS difference_cad
FROM (
  SELECT
    if(o.link != '', o.link, t.link) AS link, if(o.link != '', o.item, t.item) AS item, o.link != '' AS ours, t.link != '' AS theirs,
    t.again AS again, (if(o.link != '', o.link, t.link)) IN (SELECT id FROM vigie.links) AS known,
    (if(o.link != '', o.link, t.link)) IN (SELECT link FROM vigie.v_invoice_lines WHERE month = {month:Date} AND supplier = {supplier:String}) AS ever,
    t.invoice AS invoice, t.line AS line, o.part_from AS our_from, o.part_to AS our_to, t.part_from AS their_from, t.part_to AS their_to,
    o.quantity AS our_quantity, t.quantity AS their_quantity, o.unit_price_cad AS our_unit_price_cad, t.unit_price_cad AS their_unit_price_cad,
    o.amount_cad AS our_amount_cad, t.amount_cad AS their_amount_cad
  FROM (
    SELECT link, item, part_from, part_to, quantity, unit_price_cad, amount_cad, row_number() OVER (PARTITION BY link, item ORDER BY part_from) AS place
    FROM vigie.v_invoice_lines WHERE month = {month:Date} AND supplier = {supplier:String}
  ) AS o
  FULL JOIN (
    SELECT *, if(again > 1, 1000000 + line, toUInt64(row_number() OVER (PARTITION BY link, item, again > 1 ORDER BY part_from, line))) AS place
    FROM (
      SELECT
        link, item, part_from, part_to, quantity, unit_price_cad, amount_cad, invoice, line,
        row_number() OVER (PARTITION BY link, item, part_from, part_to ORDER BY invoice, line) AS again
      FROM vigie.supplier_invoice_lines FINAL
      WHERE month = {month:Date} AND supplier = {supplier:String}
    )
  ) AS t ON t.link = o.link AND t.item = o.item AND t.place = o.place
)
WHERE NOT ours OR NOT theirs OR again > 1 OR our_from != their_from OR our_to != their_to OR our_unit_price_cad != their_unit_price_cad
  OR abs(our_amount_cad - their_amount_cad) > toDecimal64(0.01, 2) + toDecimal64(abs(toFloat64(our_amount_cad)) * {tolerance:Float64}, 2)
  OR abs(our_quantity - their_quantity) > greatest(toDecimal128(0.000001, 6), toDecimal128(abs(toFloat64(our_quantity)) * {tolerance:Float64}, 6))
COMMENT 'Differences between our invoice and that of a supplier ({month}, {supplier}), each with its cause; {tolerance} is the share of a quantity or amount that may differ'
;
