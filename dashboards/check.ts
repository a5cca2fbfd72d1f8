import type { ServiceName } from './board.js'
import { builtIn } from './build.js'
import type { BuiltDashboard, BuiltPanel, BuiltVariable } from './built.js'
import type { Language } from './language.js'
import { lintDashboards } from './lint.js'
import { ALL, type Expansion, expandSql } from './macros.js'
import { rememberedRows } from './remembered_rows.js'
import type { RowSource } from './row_source.js'
import { fieldsOf } from './viewer/shared/fields.js'
import { transformed } from './viewer/shared/frames.js'
import { MARK_COLUMNS } from './viewer/shared/marks.js'
import type { Frame, Panel } from './viewer/shared/protocol.js'
import { bucketSeconds, durationMs, momentMs } from './viewer/shared/range.js'

/** Bounds of a checked query: what the viewer allows. */
const BOUNDS = { rowsMax: 20_000, secondsMax: 15 } as const
const COLUMNS_MAX = 10

export interface CheckReport {
  readonly boards: number
  readonly queries: number
  /** One sentence each. */
  readonly faults: readonly string[]
  /** Panels whose query gave no row. */
  readonly empty: readonly string[]
}

/** Panels of values at moments; those of states name their rows by a column. */
const OVER_TIME: ReadonlySet<string> = new Set(['timeseries', 'heatmap', 'state-timeline', 'status-history'])
/** Columns that a picture is drawn from; where there are several lists, each query has those of one. */
const COLUMNS_OF: Readonly<Record<string, readonly (readonly string[])[]>> = {
  geomap: [['lat', 'lon', 'place', 'region', 'sites']],
  nodeGraph: [
    ['id', 'title', 'mainstat'],
    ['id', 'source', 'target', 'mainstat'],
  ],
}

/** A value that ends a quoted string anywhere that forgot to escape it. */
const NASTY = "o'brien\\') OR 1=1 --"

const expansionFor = (
  board: BuiltDashboard,
  panel: BuiltPanel | undefined,
  nowMs: number,
  choose: (variable: BuiltVariable) => readonly string[] | typeof ALL,
): Expansion => {
  const toMs = momentMs(board.time.to, nowMs) ?? nowMs
  const own = panel?.timeFrom === undefined ? undefined : durationMs(panel.timeFrom)
  const fromMs = own === undefined ? (momentMs(board.time.from, nowMs) ?? 0) : toMs - own
  const least = panel?.interval === undefined ? 1 : (durationMs(panel.interval) ?? 1000) / 1000
  const named = board.templating.list.filter(({ type }) => type !== 'datasource')
  return {
    fromMs,
    toMs,
    intervalS: bucketSeconds(toMs - fromMs, 300, least),
    variables: Object.fromEntries(named.map((variable) => [variable.name, choose(variable)])),
  }
}

/** As a page opens: everything, or the variable's own first value. */
const asOpened = (variable: BuiltVariable): readonly string[] | typeof ALL => {
  if (variable.includeAll) return ALL
  const value = variable.current?.value ?? variable.query
  return typeof value === 'string' ? [value] : [...value]
}

/** Closed lists take their own values; the rest takes a value that nobody has. */
const asAttacked = (variable: BuiltVariable): readonly string[] =>
  variable.type === 'custom' ? ((asOpened(variable) as readonly string[]).slice?.(0, 1) ?? [NASTY]) : [NASTY]

/** What a panel's rows must look like for its type to draw them. */
export function shapeFaults(panel: BuiltPanel, raw: Frame): string[] {
  const view = { ...panel, transformations: panel.transformations ?? [] } as unknown as Panel
  const frame = transformed(view, raw)
  const kinds = frame.columns.map(({ kind }) => kind)
  const faults: string[] = []
  const known = new Set([...raw.columns, ...frame.columns].map(({ name }) => name))
  for (const { matcher } of panel.fieldConfig.overrides) {
    if (!known.has(matcher.options))
      faults.push(`it speaks of a column '${matcher.options}' that is not there`)
  }
  if (OVER_TIME.has(panel.type)) {
    if (kinds[0] !== 'time') faults.push('its first column is no time')
    if (!kinds.includes('number')) faults.push('it has no number')
    if (/^stat/.test(panel.type) && !kinds.includes('string')) faults.push('nothing names its rows')
  }
  const lacks = (COLUMNS_OF[panel.type] ?? []).filter((names) => !names.every((name) => known.has(name)))
  if (lacks.length > 0 && lacks.length === COLUMNS_OF[panel.type]!.length)
    faults.push(`it lacks ${lacks.map((names) => names.join(', ')).join(' or ')}`)
  if (panel.type === 'stat' && raw.rows.length !== 1) faults.push(`it gives ${raw.rows.length} rows, not one`)
  if (panel.type === 'bargauge' && (!kinds.includes('string') || !kinds.includes('number'))) {
    faults.push('it has no name or no number')
  }
  if (panel.type === 'table') {
    const shown = fieldsOf(view, frame.columns).filter(({ hidden }) => !hidden)
    if (shown.length > COLUMNS_MAX) faults.push(`it shows ${shown.length} columns, at most ${COLUMNS_MAX}`)
    const untitled =
      view.transformations.length > 0 ? [] : shown.filter((field) => field.displayName === undefined)
    for (const field of untitled) faults.push(`its column '${field.column.name}' has no header`)
  }
  return faults
}

/**
 * Lints the dashboards and runs every query on a store, as a page opens it and with hostile values in its variables.
 */
export async function checkDashboards(
  langs: readonly Language[],
  rows: RowSource,
  nowMs: number,
  services: readonly ServiceName[] = [],
): Promise<CheckReport> {
  const faults: string[] = []
  const empty: string[] = []
  let queries = 0
  let count = 0
  // Many queries are the same in all languages.
  const remembered = rememberedRows(rows)
  const run = async (where: string, sql: string, expansion: Expansion): Promise<Frame | undefined> => {
    queries++
    try {
      return await remembered.query(expandSql(sql, expansion), BOUNDS)
    } catch (error) {
      faults.push(`${where}: ${(error as Error).message}`)
      return undefined
    }
  }
  for (const lang of langs) {
    const boards = builtIn(lang, services)
    faults.push(...lintDashboards(boards, lang))
    count += boards.length
    for (const board of boards) {
      for (const variable of board.templating.list) {
        if (variable.type !== 'query') continue
        const where = `${board.uid} $${variable.name}`
        await run(where, variable.query, expansionFor(board, undefined, nowMs, asOpened))
      }
      for (const { name, target } of board.annotations?.list ?? []) {
        const where = `${board.uid} ${name}`
        const frame = await run(where, target.rawSql, expansionFor(board, undefined, nowMs, asOpened))
        await run(
          `${where} (hostile values)`,
          target.rawSql,
          expansionFor(board, undefined, nowMs, asAttacked),
        )
        if (frame !== undefined && !MARK_COLUMNS.every((column, i) => frame.columns[i]?.name === column))
          faults.push(`${where}: its columns are not ${MARK_COLUMNS.join(', ')}`)
      }
      for (const panel of board.panels) {
        const where = `${board.uid} ${panel.id} ${panel.title}`
        for (const { rawSql } of panel.targets) {
          const frame = await run(where, rawSql, expansionFor(board, panel, nowMs, asOpened))
          await run(`${where} (hostile values)`, rawSql, expansionFor(board, panel, nowMs, asAttacked))
          if (frame === undefined) continue
          for (const fault of shapeFaults(panel, frame)) faults.push(`${where}: ${fault}`)
          if (frame.rows.length === 0) empty.push(where)
        }
      }
    }
  }
  return { boards: count, queries, faults, empty }
}
