-- Incidents as they stand: a row for each step that changed one; the newest `step` holds.
CREATE TABLE IF NOT EXISTS vigie.incidents (
  uid String COMMENT 'Stable; correlation key at every ITSM target',
  step UInt64 COMMENT 'Step of the life of incidents that wrote the row',
  number LowCardinality(String) COMMENT 'What people call it',
  kind Enum8('incident' = 1, 'problem' = 2),
  key String COMMENT 'What it is about: the same for incidents that come again',
  state LowCardinality(String) COMMENT 'new, in_progress, on_hold, resolved, closed',
  version UInt32 COMMENT 'Of its newest transition',
  category LowCardinality(String), service LowCardinality(String),
  org LowCardinality(String), site LowCardinality(String), region LowCardinality(String),
  supplier LowCardinality(String), link String,
  impact UInt8, urgency UInt8, priority UInt8 COMMENT '1 critical to 5 planning',
  severity_id UInt8 COMMENT 'OCSF: 1 informational to 6 fatal',
  assignment_group LowCardinality(String), assignee String,
  title_fr String, title_en String,
  findings UInt32, findings_open UInt32, sites UInt32,
  first_seen DateTime64(3, 'UTC') COMMENT 'Event time', last_seen DateTime64(3, 'UTC'),
  opened DateTime64(3, 'UTC'), updated DateTime64(3, 'UTC'),
  acknowledged DateTime64(3, 'UTC') COMMENT '1970: nobody took charge', acknowledged_by String,
  resolved DateTime64(3, 'UTC') COMMENT '1970: not resolved', closing LowCardinality(String),
  closed DateTime64(3, 'UTC'),
  reopened UInt16, flapping Bool, tier UInt8, notified Array(String),
  due_notify DateTime64(3, 'UTC'), due_acknowledge DateTime64(3, 'UTC'), due_resolve DateTime64(3, 'UTC'),
  breached Array(String) COMMENT 'Times of the service level that passed: notify, acknowledge, resolve',
  parent String COMMENT 'Uid of the incident that it was folded into', problem String,
  remotes Map(String, String) COMMENT 'Ticket number by target',
  brief String COMMENT 'The whole incident, JSON'
) ENGINE = ReplacingMergeTree(step)
PARTITION BY toYYYYMM(opened)
ORDER BY uid
SETTINGS non_replicated_deduplication_window = 10000;

-- Every change of an incident, once.
CREATE TABLE IF NOT EXISTS vigie.incident_transitions (
  incident String, version UInt32 COMMENT 'From 1, without gaps',
  time DateTime64(3, 'UTC'),
  kind LowCardinality(String) COMMENT 'open, update, acknowledge, assign, escalate, remind, breach, hold, resolve, reopen, close',
  by String COMMENT 'vigie, operator:NAME, target:NAME',
  rule LowCardinality(String) COMMENT 'The rule that decided it',
  note_fr String, note_en String
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (incident, version)
SETTINGS non_replicated_deduplication_window = 10000;

-- What became of each delivery to a target, once.
CREATE TABLE IF NOT EXISTS vigie.notifications (
  target LowCardinality(String), incident String,
  key String COMMENT 'Idempotency key of the delivery',
  step UInt64,
  version UInt32 COMMENT 'Newest transition that it told', kind LowCardinality(String),
  status Enum8('delivered' = 1, 'dead' = 2),
  transitions UInt16 COMMENT 'Transitions that it told together', attempts UInt16,
  decided DateTime64(3, 'UTC') COMMENT 'When the first of them was decided', done DateTime64(3, 'UTC'),
  number String COMMENT 'Of the ticket', url String, error String
) ENGINE = ReplacingMergeTree(step)
ORDER BY (target, incident, key)
SETTINGS non_replicated_deduplication_window = 10000;

-- Which incident a finding belongs to, and why; the newest word on each finding.
CREATE TABLE IF NOT EXISTS vigie.incident_findings (
  finding String, step UInt64,
  incident String COMMENT 'Empty: none',
  rule LowCardinality(String) COMMENT 'What decided it: a rule, carrier, site, maintenance:ID, silence:ID, over_within_wait …',
  time DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(step)
ORDER BY finding
SETTINGS non_replicated_deduplication_window = 10000;
