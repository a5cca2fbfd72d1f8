import { settle } from './constant_sql.js'

/**
 * Expands the SQL of a dashboard as Grafana and its ClickHouse plugin (v4.20) do, for those who run it without them: the
 * viewer's server and `vigie dashboards check`. Only what our dashboards use is known; anything else is an error, so that a
 * dashboard cannot depend on a macro that nobody tried.
 *
 * Values come from outside. They enter the SQL as quoted ClickHouse literals and in no other form.
 */
export interface Expansion {
  readonly fromMs: number
  readonly toMs: number
  /** Width of a bucket, seconds, at least 1. */
  readonly intervalS: number
  /** Chosen values by variable; ALL where everything is meant. */
  readonly variables: Readonly<Record<string, readonly string[] | typeof ALL>>
}

export const ALL = Symbol('all')

export class ExpansionError extends Error {
  override readonly name = 'ExpansionError'
}

/** A string as a ClickHouse literal. */
export const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** Values of a variable, quoted: how SQL of ours speaks of it. */
export const chosen = (variable: string): string => `\${${variable}:singlequote}`

/** A condition that holds by itself while the variable stands at all. */
export const unlessAll = (variable: string, condition: string): string =>
  `$__conditionalAll(${condition}, $${variable})`

/** The text between the parenthesis at `open` and its partner, quoted strings left alone; and where it ends. */
function argumentsAt(sql: string, open: number): { inside: string; end: number } {
  let depth = 0
  let quoted = false
  for (let i = open; i < sql.length; i++) {
    const c = sql[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === "'") quoted = false
    } else if (c === "'") quoted = true
    else if (c === '(') depth++
    else if (c === ')' && --depth === 0) return { inside: sql.slice(open + 1, i), end: i + 1 }
  }
  throw new ExpansionError('a macro has no closing parenthesis')
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

type Macro = (inside: string, expansion: Expansion) => string

const MACROS: Readonly<Record<string, Macro>> = {
  timeFilter: (column, { fromMs, toMs }) =>
    `${column} >= toDateTime(${seconds(fromMs)}) AND ${column} <= toDateTime(${seconds(toMs)})`,
  timeFilter_ms: (column, { fromMs, toMs }) =>
    `${column} >= fromUnixTimestamp64Milli(${Math.floor(fromMs)}) AND ${column} <= fromUnixTimestamp64Milli(${Math.floor(toMs)})`,
  timeInterval: (column, { intervalS }) =>
    `toStartOfInterval(toDateTime(${column}), INTERVAL ${intervalS} second)`,
  fromTime: (_, { fromMs }) => `toDateTime(${seconds(fromMs)})`,
  toTime: (_, { toMs }) => `toDateTime(${seconds(toMs)})`,
  interval_s: (_, { intervalS }) => String(intervalS),
  conditionalAll: (inside, expansion) => {
    const comma = inside.lastIndexOf(',')
    const variable = /^\s*\$(\w+)\s*$/.exec(inside.slice(comma + 1))?.[1]
    if (comma < 0 || variable === undefined) {
      throw new ExpansionError('$__conditionalAll takes a condition and a variable')
    }
    return expansion.variables[variable] === ALL ? '1=1' : inside.slice(0, comma)
  },
}

const BARE = new Set(['fromTime', 'toTime', 'interval_s'])

function expandMacros(sql: string, expansion: Expansion): string {
  let out = ''
  let at = 0
  for (;;) {
    const found = /\$__(\w+)/g
    found.lastIndex = at
    const hit = found.exec(sql)
    if (hit === null) return out + sql.slice(at)
    const name = hit[1]!
    const macro = MACROS[name]
    if (macro === undefined || !Object.hasOwn(MACROS, name))
      throw new ExpansionError(`$__${name} is not known`)
    out += sql.slice(at, hit.index)
    const end = hit.index + hit[0].length
    if (BARE.has(name)) {
      out += macro('', expansion)
      at = end
    } else {
      if (sql[end] !== '(') throw new ExpansionError(`$__${name} takes an argument`)
      const call = argumentsAt(sql, end)
      out += macro(expandMacros(call.inside, expansion), expansion)
      at = call.end
    }
  }
}

/** `${name:singlequote}` → quoted literals, comma between. A condition over All was taken out before. */
function interpolate(sql: string, { variables }: Expansion): string {
  return sql.replace(
    /\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g,
    (text, name: string, format?: string, plain?: string) => {
      if (plain !== undefined || format !== 'singlequote') {
        throw new ExpansionError(`${text}: variables stand in SQL as \${name:singlequote} only`)
      }
      const values = Object.hasOwn(variables, name) ? variables[name]! : undefined
      if (values === undefined) throw new ExpansionError(`${text}: the dashboard has no such variable`)
      if (values === ALL) throw new ExpansionError(`${text}: 'all' needs $__conditionalAll around it`)
      return values.length === 0 ? "''" : values.map(quote).join(',')
    },
  )
}

/**
 * SQL that ClickHouse takes.
 * @throws ExpansionError for a macro or variable that is not known
 */
export const expandSql = (sql: string, expansion: Expansion): string =>
  // Values of variables come last: what they say is no sign of ours.
  interpolate(settle(expandMacros(sql, expansion)), expansion)
