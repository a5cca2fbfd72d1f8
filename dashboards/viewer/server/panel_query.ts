import type { BuiltDashboard, BuiltVariable } from '../../built.js'
import { ALL, type Expansion, expandSql } from '../../macros.js'
import { bucketSeconds, durationMs, momentMs } from '../shared/range.js'

/** A request that cannot be answered because of what it says; the message is a key of the viewer's texts. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
}

export type Query = Readonly<Record<string, unknown>>

const VALUES_MAX = 200
const VALUE_LENGTH_MAX = 200
const RANGE_MAX_MS = 400 * 86_400_000
const POINTS = { least: 10, most: 2000, usual: 300 } as const

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String)

/** Values of a variable out of `var-name=…&var-name=…`, else what the dashboard says; bounded in number and length. */
function valuesOf(variable: BuiltVariable, query: Query): readonly string[] | typeof ALL {
  const given = texts(query[`var-${variable.name}`])
  if (given.length > VALUES_MAX || given.some((value) => value.length > VALUE_LENGTH_MAX)) {
    throw new RequestError('bad_variable')
  }
  const current = variable.current?.value
  const values = given.length > 0 ? given : texts(variable.type === 'textbox' ? variable.query : current)
  if (variable.includeAll && (values.length === 0 || values.includes('$__all'))) return ALL
  return variable.multi ? values : values.slice(0, 1)
}

export interface PlannedQuery {
  readonly from: number
  readonly to: number
  readonly intervalS: number
  readonly statements: readonly string[]
}

interface Range {
  readonly from: number
  readonly to: number
}

/** From and to of a request, or of the dashboard. */
function rangeOf(board: BuiltDashboard, query: Query, nowMs: number): Range {
  const moment = (name: 'from' | 'to'): number => {
    const text = texts(query[name])[0] ?? board.time[name]
    const ms = momentMs(text, nowMs)
    if (ms === undefined) throw new RequestError('bad_range')
    return ms
  }
  const [from, to] = [moment('from'), moment('to')]
  if (from >= to || to - from > RANGE_MAX_MS) throw new RequestError('bad_range')
  return { from, to }
}

function expansionOf(board: BuiltDashboard, query: Query, range: Range, intervalS: number): Expansion {
  const named = board.templating.list.filter(({ type }) => type !== 'datasource')
  return {
    fromMs: range.from,
    toMs: range.to,
    intervalS,
    variables: Object.fromEntries(named.map((variable) => [variable.name, valuesOf(variable, query)])),
  }
}

/**
 * SQL of a panel for one request. All that comes from the request enters as numbers that were checked or as quoted literals.
 * @throws RequestError for a range or variable that cannot be; undefined where there is no such panel
 */
export function planPanel(
  board: BuiltDashboard,
  panelId: number,
  query: Query,
  nowMs: number,
): PlannedQuery | undefined {
  const panel = board.panels.find(({ id }) => id === panelId)
  if (panel === undefined || panel.targets.length === 0) return undefined
  const page = rangeOf(board, query, nowMs)
  const own = panel.timeFrom === undefined ? undefined : durationMs(panel.timeFrom)
  const range = own === undefined ? page : { from: page.to - own, to: page.to }
  const points = Number(texts(query.points)[0] ?? POINTS.usual)
  const asked = Number.isFinite(points) ? Math.min(POINTS.most, Math.max(POINTS.least, points)) : POINTS.usual
  const least = panel.interval === undefined ? 1 : (durationMs(panel.interval) ?? 1000) / 1000
  const intervalS = bucketSeconds(range.to - range.from, asked, least)
  const expansion = expansionOf(board, query, range, intervalS)
  return { ...range, intervalS, statements: panel.targets.map(({ rawSql }) => expandSql(rawSql, expansion)) }
}

/** SQL of a variable's options; undefined where there is no such variable. */
export function planVariable(
  board: BuiltDashboard,
  name: string,
  query: Query,
  nowMs: number,
): string | undefined {
  const variable = board.templating.list.find((v) => v.name === name && v.type === 'query')
  if (variable === undefined) return undefined
  return expandSql(variable.query, expansionOf(board, query, rangeOf(board, query, nowMs), 60))
}

export interface PlannedMarks {
  readonly kind: string
  readonly colour: string
  readonly sql: string
}

/** SQL of what is marked on the charts of a dashboard. */
export function planMarks(board: BuiltDashboard, query: Query, nowMs: number): PlannedMarks[] {
  const expansion = expansionOf(board, query, rangeOf(board, query, nowMs), 60)
  return (board.annotations?.list ?? []).map(({ name, iconColor, target }) => ({
    kind: name,
    colour: iconColor,
    sql: expandSql(target.rawSql, expansion),
  }))
}
