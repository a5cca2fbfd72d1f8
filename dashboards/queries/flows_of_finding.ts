import { chosen } from '../macros.js'
import { NEWEST } from './findings.js'
import { FINDING_BOUND, TABLES } from './tables.js'

/** The finding of the page: the one whose id was given; without one, the most severe that is open. */
export const THE_FINDING = `(
  SELECT * FROM ${NEWEST}
  WHERE uid = ${chosen('uid')} OR ${chosen('uid')} = ''
  ORDER BY status = 'open' DESC, severity_id DESC, first_seen DESC, uid LIMIT 1
)`

/** A list of the finding as a constant: empty where there is no finding. */
export const listOfFinding = (list: string): string => `(SELECT groupArrayArray(${list}) FROM finding)`

/** First and last address of each prefix that a list of the finding names; of an IPv4 prefix, mapped. */
const rangesOf = (list: 'src' | 'dst'): string => `(
    SELECT groupArrayArray(arrayMap(p -> IPv6CIDRToRange(toIPv6OrZero(p[1]), toUInt8(toUInt8OrZero(p[2]) + if(position(p[1], ':') = 0, 96, 0))),
      arrayMap(a -> splitByChar('/', a), arrayFilter(a -> position(a, '/') > 0, ${list})))) FROM finding)`

/**
 * Whether a list tells the finding's flows. Of many sources or targets a finding names only some: then the other end, the
 * one that is single, tells them all. Where both are single, both must fit.
 */
const telling = (list: 'src' | 'dst', other: 'src' | 'dst'): string => `(
    SELECT max(notEmpty(${list}) AND (empty(${other}) OR length(${list}) = 1
      OR (length(${other}) != 1 AND length(${list}) ${list === 'src' ? '<=' : '<'} length(${other})))) FROM finding)`

/** Whether an address is one that a list of the finding names, as an address or by a prefix; any, where it does not tell. */
const among = (column: string, list: 'src' | 'dst'): string => `(
    NOT ${telling(list, list === 'src' ? 'dst' : 'src')}
    OR ${column} IN (SELECT arrayJoin(arrayMap(a -> toIPv6OrZero(a), ${listOfFinding(list)})))
    OR arrayExists(r -> ${column} >= r.1 AND ${column} <= r.2, ${rangesOf(list)}))`

/**
 * Raw flows of the finding of the page, in both directions, an hour at most from a little before it began. A query that
 * uses it begins with `WITH finding AS …` (`WITH_FINDING`).
 */
export const WITH_FINDING = `finding AS ${THE_FINDING}`

export const FLOWS_OF_FINDING = `(
  SELECT * FROM ${TABLES.flows}
  WHERE ${FINDING_BOUND}
    AND notEmpty(${listOfFinding('arrayConcat(src, dst)')})
    AND ((${among('src_addr', 'src')} AND ${among('dst_addr', 'dst')}) OR (${among('dst_addr', 'src')} AND ${among('src_addr', 'dst')}))
)`
