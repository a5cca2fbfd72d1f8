/**
 * Tables that dashboards read. Raw flows are read for an hour at most; what is longer reads minutes, and buckets of five
 * minutes or of an hour where the range is long.
 */
export const TABLES = {
  flows: 'vigie.flows',
  minutes: 'vigie.flows_1m',
  fiveMinutes: 'vigie.flow_mix_5m',
  hours: 'vigie.flow_mix_1h',
  days: 'vigie.flows_1d',
  rolls: 'vigie.flow_rolls',
  exporterHours: 'vigie.exporter_1h',
  findings: 'vigie.findings',
  ledger: 'vigie.ledger',
  ledgerMinutes: 'vigie.ledger_1m',
  linkMinutes: 'vigie.link_samples_1m',
  linkHours: 'vigie.link_samples_1h',
  linkDays: 'vigie.link_samples_1d',
  tunnelMinutes: 'vigie.tunnel_samples_1m',
  tunnelHours: 'vigie.tunnel_samples_1h',
  tunnelDays: 'vigie.tunnel_samples_1d',
  voiceHours: 'vigie.voice_1h',
  edgeEvents: 'vigie.edge_events',
} as const

/** Longest stretch of raw flows that a panel may read, seconds. */
export const RAW_SECONDS_MAX = 3600

/**
 * The end of the range, an hour at most. Every query of raw flows holds one of these two texts, and the linter refuses one
 * that does not: without it a panel over a month would read billions of rows.
 */
export const RAW_BOUND = `time_received >= greatest($__fromTime, $__toTime - ${RAW_SECONDS_MAX}) AND time_received <= $__toTime`

/** The hour that begins ten minutes before the finding of the page, called `finding` in the query. */
export const FINDING_BOUND = `time_received >= finding.first_seen - 600 AND time_received <= finding.first_seen + ${RAW_SECONDS_MAX - 600}`

/** Seconds that a bucket beginning at `t` has lasted at the end of the range: its whole width but for the last one. */
export const BUCKET_SECONDS =
  'greatest(1, least($__interval_s, toInt64(toUnixTimestamp($__toTime)) - toInt64(toUnixTimestamp(t))))'

/** A bucket that has just begun says little: it is shown when a third of a minute of it is there. */
export const BUCKET_RIPE = `${BUCKET_SECONDS} >= least(20, $__interval_s)`

/** Seconds from a frame's closing to its storing; unknown where the row does not say when it was written. */
export const LAG = "if(written < closed, NULL, dateDiff('millisecond', closed, written) / 1000)"
