-- What the security services found: a row for each time a finding was opened, updated or closed.
CREATE TABLE IF NOT EXISTS vigie.findings (
  uid String COMMENT 'Stable: the same incident in any run',
  time DateTime64(3, 'UTC') COMMENT 'When this activity was decided, event time',
  activity Enum8('create' = 1, 'update' = 2, 'close' = 3),
  service LowCardinality(String),
  severity_id UInt8 COMMENT 'OCSF: 1 informational to 6 fatal',
  org LowCardinality(String), site LowCardinality(String),
  src Array(String), dst Array(String), dst_port UInt16, ip_proto UInt8,
  first_seen DateTime64(3, 'UTC'), last_seen DateTime64(3, 'UTC'),
  score Float64 COMMENT '0 to 100',
  technique LowCardinality(String) COMMENT 'MITRE ATT&CK',
  title_fr String, title_en String,
  evidence String COMMENT 'JSON',
  brief String COMMENT 'The whole finding in its brief form, JSON'
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (uid, time, activity)
SETTINGS non_replicated_deduplication_window = 10000;

-- The latest word on each finding.
CREATE VIEW IF NOT EXISTS vigie.findings_latest AS
SELECT
  uid, argMax(f.activity, f.order_key) AS activity, if(activity = 'close', 'closed', 'open') AS status,
  min(f.time) AS created, max(f.time) AS updated, any(f.service) AS service, argMax(f.severity_id, f.order_key) AS severity_id,
  any(f.org) AS org, any(f.site) AS site, argMax(f.src, f.order_key) AS src, argMax(f.dst, f.order_key) AS dst,
  any(f.dst_port) AS dst_port, any(f.ip_proto) AS ip_proto, min(f.first_seen) AS first_seen, max(f.last_seen) AS last_seen,
  argMax(f.score, f.order_key) AS score, any(f.technique) AS technique, any(f.title_fr) AS title_fr,
  any(f.title_en) AS title_en, argMax(f.evidence, f.order_key) AS evidence
FROM (SELECT *, (time, toInt8(activity)) AS order_key FROM vigie.findings) AS f
GROUP BY uid;
