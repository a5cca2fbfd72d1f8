import { LAG, TABLES } from './tables.js'

/**
 * The ledger in one kind of row: frames one by one for buckets under a minute, minutes for wider ones. `first_…` and `last_…` are
 * totals of the collector at the first and the last frame of a row.
 */
const FRAMES = `SELECT closed AS at, collector, number, datagrams, records, stored, rejected, sequence_lost AS first_lost, sequence_lost AS last_lost,
    kernel_dropped AS first_dropped, kernel_dropped AS last_dropped, ${LAG} AS lag_max
  FROM ${TABLES.ledger}`
const MINUTES = `SELECT toDateTime64(minute, 3, 'UTC') AS at, collector, l.last.1 AS number, l.datagrams AS datagrams, l.records AS records,
    l.stored AS stored, l.rejected AS rejected, l.first.2 AS first_lost, l.last.5 AS last_lost, l.first.3 AS first_dropped,
    l.last.6 AS last_dropped, l.lag_max_s AS lag_max
  FROM ${TABLES.ledgerMinutes} AS l FINAL`

/** Whether frames are read one by one. */
export const BY_FRAME = '$__interval_s < 60'
const FROM = 'toStartOfInterval($__fromTime, INTERVAL $__interval_s second)'
export const FRAMES_IN_BUCKETS = `${BY_FRAME} AND closed >= ${FROM} AND closed <= $__toTime`
export const MINUTES_IN_BUCKETS = `NOT (${BY_FRAME}) AND minute >= ${FROM} AND minute <= $__toTime`

/** Ledger of the range, whole buckets. */
export const LEDGER = `FROM (
  ${FRAMES} WHERE ${FRAMES_IN_BUCKETS}
  UNION ALL
  ${MINUTES} WHERE ${MINUTES_IN_BUCKETS}
)`
