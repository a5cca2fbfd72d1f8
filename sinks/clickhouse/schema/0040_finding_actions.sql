-- What people did about findings: a row each, never changed. A mark says what a finding was.
CREATE TABLE IF NOT EXISTS vigie.finding_actions (
  finding String COMMENT 'Uid of the finding',
  time DateTime64(3, 'UTC'),
  action Enum8('mark' = 1, 'unmark' = 2, 'acknowledge' = 3, 'silence' = 4),
  verdict LowCardinality(String) COMMENT 'true_positive, false_positive, expected; empty for other actions',
  by String COMMENT 'operator:NAME, target:NAME',
  origin String COMMENT 'Where it was done: console, viewer and its address; empty for ITSM targets',
  until DateTime64(3, 'UTC') COMMENT 'Until when it holds; 1970: no end of its own',
  incident String COMMENT 'Uid of the incident that it was done on or through',
  org LowCardinality(String),
  comment String
) ENGINE = ReplacingMergeTree
PARTITION BY toYear(time)
ORDER BY (finding, time, action, by)
SETTINGS non_replicated_deduplication_window = 10000;

-- The verdict that holds on each finding; one that was taken back is not here.
CREATE VIEW IF NOT EXISTS vigie.finding_marks AS
SELECT
  finding, argMax(a.verdict, a.time) AS verdict, max(a.time) AS marked, argMax(a.by, a.time) AS by,
  argMax(a.until, a.time) AS until, argMax(a.incident, a.time) AS incident, argMax(a.org, a.time) AS org,
  argMax(a.comment, a.time) AS comment
FROM (SELECT * FROM vigie.finding_actions WHERE action IN ('mark', 'unmark')) AS a
GROUP BY finding
HAVING verdict != '';
