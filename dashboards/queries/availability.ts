/**
 * Availability by day, from the spans of state that are rolled by day: time up, standing by or degraded, of the time that was
 * told. Unknown time is in neither; a day of which nothing was told has no availability.
 */
const lasted = (states: string): string =>
  `arraySum(arrayMap((a, b, s) -> if(s IN (${states}), dateDiff('second', a, b), 0), starts, ends, states))`
const UP = lasted("'up', 'standby', 'degraded'")
const DOWN = lasted("'down'")

/** Columns `t`, `name`, `availability` in percent, of what `kind` says; `where` may speak of the columns of `state_1d`. */
export const availabilityDays = (kind: 'link' | 'site', name: string, where: string): string =>
  `SELECT toDateTime(day, 'America/Toronto') AS t, ${name} AS name, 100 * sum(up) / nullIf(sum(up + down), 0) AS availability
FROM (
  SELECT day, subject, site, link, ${UP} AS up, ${DOWN} AS down FROM vigie.state_1d FINAL
  WHERE kind = '${kind}' AND day >= toDate($__fromTime, 'America/Toronto') AND day <= toDate($__toTime, 'America/Toronto')
    AND ${where}
)
GROUP BY t, name ORDER BY t, name`
