import { constant } from '../constant_sql.js'
import { partsOf, type Stretch } from './stretch.js'
import { TABLES } from './tables.js'

/** Hours are rolled within minutes; minutes further back are not read in their place. */
const HOURS_BEHIND = 3

const hourBefore = (moment: string): string =>
  constant(`toStartOfInterval(toDateTime(${moment} - ${3600 * HOURS_BEHIND}), INTERVAL 3600 second)`)

/**
 * Exporters of a stretch of time: rows of exporter_addr, `first` and `last` (minutes), `told` (flow records) and `sites` (a list),
 * one an exporter and hour, and one an exporter and minute for what was not rolled yet, three hours of minutes at most.
 */
export function exportersOf(stretch: Stretch): string {
  const { fine, coarse } = partsOf(
    stretch,
    3600,
    '1',
    // Who may not see the hours of exporters reads a few hours of minutes, not a day.
    `greatest((SELECT max(hour) + 3600 FROM ${TABLES.exporterHours}), ${hourBefore(stretch.to)})`,
  )
  return `(
  SELECT exporter_addr, minute AS first, minute AS last, flows AS told, [src_site_id] AS sites FROM ${TABLES.minutes}
  WHERE ${fine('minute')}
  UNION ALL
  SELECT exporter_addr, hour AS first, last, flows AS told, sites FROM ${TABLES.exporterHours} FINAL
  WHERE ${coarse('hour')} AND flows > 0
)`
}
