-- A role for capacity planners on a ClickHouse server (the embedded store has no users): they read the views, rollups and
-- registry facts, but no single flow, finding or name that an exporter told. Run it once as an administrator, then
--   CREATE USER marie IDENTIFIED BY '…' DEFAULT ROLE planner;
CREATE ROLE IF NOT EXISTS planner;

CREATE SETTINGS PROFILE IF NOT EXISTS planner SETTINGS
  readonly = 2 READONLY, max_execution_time = 60, max_memory_usage = 8000000000, max_threads = 8,
  max_result_rows = 1000000, result_overflow_mode = 'throw', max_rows_to_read = 5000000000 TO planner;

CREATE QUOTA IF NOT EXISTS planner KEYED BY user_name
  FOR INTERVAL 1 hour MAX queries = 2000, errors = 500, execution_time = 1800,
  FOR INTERVAL 1 day MAX queries = 10000, read_rows = 100000000000 TO planner;

GRANT SELECT, dictGet ON vigie.* TO planner;

REVOKE SELECT ON vigie.flows FROM planner;

REVOKE SELECT ON vigie.findings FROM planner;

REVOKE SELECT ON vigie.findings_latest FROM planner;

REVOKE SELECT ON vigie.exporter_names FROM planner;
