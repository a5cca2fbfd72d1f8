-- Incidents with how long people took. Times are null where it has not happened; tests and folded ones are left out of means.
CREATE VIEW IF NOT EXISTS vigie.incidents_latest AS
SELECT
  i.* EXCEPT (brief),
  n.notified_at,
  if(n.notified_at > toDateTime64(0, 3, 'UTC'), date_diff('millisecond', opened, n.notified_at) / 1000, NULL) AS time_to_notify_s,
  if(acknowledged > toDateTime64(0, 3, 'UTC'), date_diff('millisecond', opened, acknowledged) / 1000, NULL) AS time_to_acknowledge_s,
  if(resolved > toDateTime64(0, 3, 'UTC'), date_diff('millisecond', opened, resolved) / 1000, NULL) AS time_to_restore_s
FROM (SELECT * FROM vigie.incidents FINAL) AS i
LEFT JOIN (
  SELECT incident, min(done) AS notified_at FROM vigie.notifications WHERE status = 'delivered' GROUP BY incident
) AS n ON n.incident = i.uid;

-- Mean and 95th percentile of the time to acknowledge and to restore, by month and organisation, supplier and service.
CREATE VIEW IF NOT EXISTS vigie.incident_times AS
SELECT
  toStartOfMonth(opened) AS month, org, supplier, service, priority,
  count() AS incidents,
  countIf(state NOT IN ('resolved', 'closed')) AS open,
  countIf(closing = 'false_positive') AS false_positives,
  avg(time_to_notify_s) AS mtt_notify_s,
  avg(time_to_acknowledge_s) AS mtta_s, quantile(0.95)(time_to_acknowledge_s) AS acknowledge_p95_s,
  avg(time_to_restore_s) AS mttr_s, quantile(0.95)(time_to_restore_s) AS restore_p95_s,
  countIf(has(breached, 'acknowledge')) AS late_acknowledged, countIf(has(breached, 'resolve')) AS late_resolved
FROM vigie.incidents_latest
WHERE kind = 'incident' AND closing NOT IN ('folded', 'duplicate')
GROUP BY month, org, supplier, service, priority;

CREATE VIEW IF NOT EXISTS vigie.incident_times_by_organization AS
SELECT
  toStartOfMonth(opened) AS month, org, count() AS incidents,
  avg(time_to_acknowledge_s) AS mtta_s, avg(time_to_restore_s) AS mttr_s, avg(time_to_notify_s) AS mtt_notify_s
FROM vigie.incidents_latest WHERE kind = 'incident' AND closing NOT IN ('folded', 'duplicate') GROUP BY month, org;

CREATE VIEW IF NOT EXISTS vigie.incident_times_by_supplier AS
SELECT
  toStartOfMonth(opened) AS month, supplier, count() AS incidents,
  avg(time_to_acknowledge_s) AS mtta_s, avg(time_to_restore_s) AS mttr_s, avg(time_to_notify_s) AS mtt_notify_s
FROM vigie.incidents_latest WHERE kind = 'incident' AND closing NOT IN ('folded', 'duplicate') GROUP BY month, supplier;

CREATE VIEW IF NOT EXISTS vigie.incident_times_by_service AS
SELECT
  toStartOfMonth(opened) AS month, service, count() AS incidents,
  avg(time_to_acknowledge_s) AS mtta_s, avg(time_to_restore_s) AS mttr_s, avg(time_to_notify_s) AS mtt_notify_s
FROM vigie.incidents_latest WHERE kind = 'incident' AND closing NOT IN ('folded', 'duplicate') GROUP BY month, service;
