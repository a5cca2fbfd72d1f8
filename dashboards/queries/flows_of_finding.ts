import { chosen } from '../macros.js'
import { ACTIVITY_ORDER, HORIZON, standing } from './findings.js'
import { FINDING_BOUND, TABLES } from './tables.js'

/** Id of the most severe finding that is open, told by few columns; nothing is read where the page names one. */
const MOST_SEVERE = `(
    SELECT any(uid) FROM (
      SELECT uid FROM ${TABLES.findings} WHERE ${chosen('uid')} = '' AND time > now() - ${HORIZON}
      GROUP BY uid
      ORDER BY argMax(activity, ${ACTIVITY_ORDER}) != 'close' DESC,
        argMax(severity_id, ${ACTIVITY_ORDER}) DESC, min(first_seen) DESC, uid
      LIMIT 1))`

/** The finding of the page: the one whose id was given; without one, the most severe that is open. */
export const THE_FINDING = standing(`uid = if(${chosen('uid')} = '', ${MOST_SEVERE}, ${chosen('uid')})`)

/**
 * A query that uses the finding of the page begins with `WITH` and this. It is one value, so that the finding is looked for
 * once, however often it is spoken of; where there is none, all of it is empty.
 */
export const WITH_FINDING = `(
  SELECT CAST((any(uid), any(site), any(src), any(dst), any(first_seen), any(last_seen), any(evidence)),
    'Tuple(uid String, site String, src Array(String), dst Array(String), first_seen DateTime, last_seen DateTime, evidence String)')
  FROM ${THE_FINDING}
) AS finding`

/** Addresses and prefixes that the finding names. */
export const NAMED_BY_FINDING = 'arrayConcat(finding.src, finding.dst)'

/**
 * Whether a list tells the finding's flows. Of many sources or targets a finding names only some: then the other end, the
 * one that is single, tells them all. Where both are single, both must fit.
 */
const telling = (list: 'src' | 'dst', other: 'src' | 'dst'): string =>
  `(notEmpty(finding.${list}) AND (empty(finding.${other}) OR length(finding.${list}) = 1
      OR (length(finding.${other}) != 1 AND length(finding.${list}) ${list === 'src' ? '<=' : '<'} length(finding.${other}))))`

const addressesOf = (list: string): string => `(SELECT arrayJoin(arrayMap(a -> toIPv6OrZero(a), ${list})))`

/** First and last address of each prefix of a list; of an IPv4 prefix, mapped. */
const rangesOf = (list: string): string =>
  `arrayMap(p -> IPv6CIDRToRange(toIPv6OrZero(p[1]), toUInt8(toUInt8OrZero(p[2]) + if(position(p[1], ':') = 0, 96, 0))),
      arrayMap(a -> splitByChar('/', a), arrayFilter(a -> position(a, '/') > 0, ${list})))`

/** Whether an address is one that a list of the finding names, as an address or by a prefix; any, where it does not tell. */
const among = (column: string, list: 'src' | 'dst'): string => `(
    NOT ${telling(list, list === 'src' ? 'dst' : 'src')}
    OR ${column} IN ${addressesOf(`finding.${list}`)}
    OR arrayExists(r -> ${column} >= r.1 AND ${column} <= r.2, ${rangesOf(`finding.${list}`)}))`

const FIRST = "toIPv6('::')"
const LAST = "toIPv6('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')"
/** First and last address of all prefixes of the finding; such that nothing lies between, where it names none. */
const OUTERMOST = `(SELECT (min(r.1), max(r.2)) FROM (SELECT arrayJoin(arrayPushBack(${rangesOf(NAMED_BY_FINDING)}, (${LAST}, ${FIRST}))) AS r))`

/** What a row must have to be looked at closely: few have, and to find out costs a fraction of the whole condition. */
const candidate = (column: string): string =>
  `${column} IN ${addressesOf(NAMED_BY_FINDING)} OR (${OUTERMOST}.1 <= ${OUTERMOST}.2 AND ${column} >= ${OUTERMOST}.1 AND ${column} <= ${OUTERMOST}.2)`

/** Raw flows of the finding of the page, in both directions, an hour at most from a little before it began. */
export const FLOWS_OF_FINDING = `(
  SELECT * FROM ${TABLES.flows}
  PREWHERE ${FINDING_BOUND} AND (${candidate('src_addr')} OR ${candidate('dst_addr')})
  WHERE notEmpty(${NAMED_BY_FINDING})
    AND ((${among('src_addr', 'src')} AND ${among('dst_addr', 'dst')}) OR (${among('dst_addr', 'src')} AND ${among('src_addr', 'dst')}))
)`
