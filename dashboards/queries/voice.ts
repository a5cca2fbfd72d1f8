import { onlyIf } from '../constant_sql.js'
import { type EdgeScope, edgeScope, meanOf, type PathStretch, paths } from './edges.js'
import { partsOf } from './stretch.js'
import { TABLES } from './tables.js'

/**
 * Minutes of paths by their computed score, a row a path and minute, or a site, supplier and hour where the range is long. Hours
 * that were not rolled yet are read by the minute.
 */
export const voiceScores = (scope: readonly EdgeScope[], stretch: PathStretch): string => {
  const upTo = `(SELECT max(hour) + 3600 FROM ${TABLES.voiceHours})`
  const { fine, coarse } = partsOf(stretch, 3600, stretch.hours, upTo)
  return `(
  SELECT minute, site, supplier, mos < 3.1 AS bad, mos >= 3.1 AND mos < 3.6 AS poor, mos >= 3.6 AND mos < 4 AS fair, mos >= 4 AS good,
    mos < 2.6 AS dreadful, mos >= 4.3 AS excellent, mos AS lowest, [path] AS found
  FROM (
    SELECT minute, path, any(site_id) AS site, any(supplier_id) AS supplier, ${meanOf('mos_computed')} AS mos
    FROM ${paths(scope, { ...stretch, hours: '0', days: '0', hash: 'sipHash64' }, `mos_computed_count > 0 AND ${fine('minute')}`)}
    GROUP BY minute, path
  )
${onlyIf(
  stretch.hours,
  `  UNION ALL
  SELECT hour, site_id, supplier_id, bad, poor, fair, good, dreadful, excellent, lowest, paths
  FROM ${TABLES.voiceHours} FINAL WHERE ${coarse('hour')} AND notEmpty(paths)${edgeScope(scope)}`,
)}
)`
}
