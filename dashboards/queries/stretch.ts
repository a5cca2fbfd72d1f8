import { constant, onlyIf } from '../constant_sql.js'

/**
 * Stretches of time in SQL, and which rollup is read for which part of one. All of it is constant for a query, so the engine
 * reads nothing of a table whose part is empty.
 *
 * ```
 *  from     head                          rolled    to
 *   ├─minutes─┼──────────hours──────────────┼─minutes─┤
 * ```
 */
export interface Stretch {
  /** Its first moment, SQL of a DateTime. */
  readonly from: string
  /** Its last moment, which is in it. */
  readonly to: string
  /** Width of the buckets it is shown in, s, as SQL; left out: it is summed up whole. */
  readonly step?: string
}

/** Width of a bucket of the page. */
const INTERVAL = '$__interval_s'

/** The range of the page. */
export const RANGE: Stretch = { from: '$__fromTime', to: '$__toTime' }

/** Whole buckets of the range. */
export const BUCKETS: Stretch = {
  from: constant(`toStartOfInterval($__fromTime, INTERVAL ${INTERVAL} second)`),
  to: '$__toTime',
  step: INTERVAL,
}

/** Seconds of a stretch. */
export const secondsOf = ({ from, to }: Stretch): string =>
  constant(`(toUnixTimestamp(${to}) - toUnixTimestamp(${from}))`)

/** A stretch up to a moment, in one width of rows: its rows of minutes, and its rows of buckets of `width` seconds. */
export interface Parts {
  /** Condition on the column of minutes. */
  fine(column: string): string
  /** Condition on the first second of buckets. */
  coarse(column: string): string
}

/**
 * Parts of a stretch for a rollup of so wide buckets.
 * @param used whether the rollup is read at all, SQL
 * @param upTo first moment that is not rolled, SQL; left out: the rollup is never behind
 */
export function partsOf({ from, to }: Stretch, width: number, used: string, upTo?: string): Parts {
  const wide = (moment: string): string =>
    constant(`toStartOfInterval(toDateTime(${moment}), INTERVAL ${width} second)`)
  const head = wide(`${from} + ${width - 1}`)
  const rolled = upTo === undefined ? wide(to) : `least(${wide(to)}, ${upTo})`
  return {
    fine: (column) =>
      `${column} >= ${from} AND ${column} <= ${to}${onlyIf(used, ` AND (NOT (${constant(used)}) OR ${column} < ${head} OR ${column} >= ${rolled})`)}`,
    coarse: (column) => `${constant(used)} AND ${column} >= ${head} AND ${column} < ${rolled}`,
  }
}
