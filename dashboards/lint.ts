import type { BuiltDashboard, BuiltPanel } from './built.js'
import { typographyFaults } from './i18n/typography.js'
import type { Language } from './language.js'
import { ALL, expandSql } from './macros.js'
import { FINDING_BOUND, RAW_BOUND, TABLES } from './queries/tables.js'
import { knowsUnit } from './viewer/shared/format.js'
import type { Properties } from './viewer/shared/protocol.js'
import { DATA_SOURCE } from './vocabulary/target.js'
import { UNIT_STRINGS } from './vocabulary/units.js'

/**
 * The rules of grafana/dashboard-linter that fit (templated data source, titles, descriptions, units, no empty target, not
 * editable), and our own: bounded raw flows, quoted variables, links that lead somewhere, unknown said in a word.
 */
interface Faults {
  say(fault: string): void
}

const RAW_FLOWS = new RegExp(`${TABLES.flows.replace('.', '\\.')}(?!\\w)`)

function lintSql(sql: string, board: BuiltDashboard, faults: Faults): void {
  if (sql.trim() === '') faults.say('an empty query')
  const raw = sql.split(RAW_FLOWS).length - 1
  const bounds = sql.split(RAW_BOUND).length + sql.split(FINDING_BOUND).length - 2
  if (raw > bounds) faults.say('raw flows are read without the bound of an hour')
  const named = board.templating.list.filter(({ type }) => type !== 'datasource')
  try {
    const variables = Object.fromEntries(
      named.map((variable) => [variable.name, variable.includeAll ? ALL : ['x']] as const),
    )
    expandSql(sql, { fromMs: 0, toMs: 3_600_000, intervalS: 60, variables })
  } catch (error) {
    faults.say((error as Error).message)
  }
}

function lintUnit(unit: string | undefined, faults: Faults): void {
  if (unit === undefined) return
  if (!UNIT_STRINGS.has(unit)) faults.say(`the unit '${unit}' is not of the vocabulary`)
  if (!knowsUnit(unit)) faults.say(`the viewer cannot print the unit '${unit}'`)
}

function lintPanel(panel: BuiltPanel, board: BuiltDashboard, faults: Faults): void {
  if (!panel.title) faults.say('no title')
  if (!panel.description) faults.say('no description')
  if (panel.datasource.uid !== DATA_SOURCE.uid) faults.say('its data source is not the variable')
  if (panel.targets.length === 0) faults.say('no query')
  for (const target of panel.targets) {
    if (target.datasource.uid !== DATA_SOURCE.uid) faults.say('a query’s data source is not the variable')
    lintSql(target.rawSql, board, faults)
  }
  const { defaults, overrides } = panel.fieldConfig
  if (defaults.unit === undefined) faults.say('no unit')
  lintUnit(defaults.unit, faults)
  for (const { properties } of overrides) {
    for (const { id, value } of properties) if (id === 'unit') lintUnit(String(value), faults)
  }
  const unknown = defaults.mappings?.some(({ type }) => type === 'special')
  if (!unknown) faults.say('no word for what is unknown')
}

/** Addresses of a panel's links, those of its fields included. */
function linksOf(panel: BuiltPanel): { title: string; url: string }[] {
  const own = panel.fieldConfig.overrides.flatMap(({ properties }) =>
    properties
      .filter(({ id }) => id === 'links')
      .flatMap(({ value }) => value as { title: string; url: string }[]),
  )
  return [...(panel.links ?? []), ...(panel.fieldConfig.defaults.links ?? []), ...own]
}

function lintLinks(panel: BuiltPanel, all: readonly BuiltDashboard[], faults: Faults): void {
  for (const { url } of linksOf(panel)) {
    const [path, query = ''] = url.split('?')
    const target = all.find(({ uid }) => path === `/d/${uid}`)
    if (target === undefined) {
      faults.say(`its link ${path} leads nowhere`)
      continue
    }
    if (!/__url_time_range|from=/.test(query)) faults.say(`its link ${path} forgets the range`)
    for (const [, name] of query.matchAll(/var-(\w+)=|\$\{(\w+):queryparam\}/g)) {
      if (name !== undefined && !target.templating.list.some((variable) => variable.name === name)) {
        faults.say(`its link sets '${name}', which ${path} does not have`)
      }
    }
  }
}

/** Everything in a dashboard that people read. */
export function textsOf(board: BuiltDashboard): string[] {
  const ofProperties = ({ displayName, noValue, mappings }: Properties): (string | undefined)[] => [
    displayName?.startsWith('$') ? undefined : displayName,
    noValue,
    ...(mappings ?? []).flatMap((mapping) =>
      mapping.type === 'value'
        ? Object.values(mapping.options).map(({ text }) => text)
        : [mapping.options.result.text],
    ),
  ]
  const ofPanel = (panel: BuiltPanel): (string | undefined)[] => [
    panel.title,
    panel.description,
    ...ofProperties(panel.fieldConfig.defaults),
    ...panel.fieldConfig.overrides.flatMap(({ properties }) =>
      ofProperties(Object.fromEntries(properties.map(({ id, value }) => [id, value])) as Properties),
    ),
    ...linksOf(panel).map(({ title }) => title),
  ]
  const ofVariables = board.templating.list.flatMap(({ label, options }) => [
    label,
    ...(options ?? []).map(({ text }) => text),
  ])
  const all = [
    board.title,
    board.description,
    ...board.panels.flatMap(ofPanel),
    ...ofVariables,
    ...(board.annotations?.list ?? []).map(({ name }) => name),
    ...(board.links ?? []).map(({ title }) => title),
  ]
  return [...new Set(all.filter((text) => text !== undefined && text !== ''))] as string[]
}

/** Faults of the dashboards of one language, one sentence each. */
export function lintDashboards(boards: readonly BuiltDashboard[], lang: Language): string[] {
  const found: string[] = []
  const at = (where: string): Faults => ({ say: (fault) => found.push(`${where}: ${fault}`) })
  for (const board of boards) {
    const faults = at(board.uid)
    if (!board.title || !board.description) faults.say('no title or description')
    if (board.editable !== false) faults.say('it can be edited')
    if (board.schemaVersion !== 42) faults.say(`schema ${board.schemaVersion}, not 42`)
    const ids = board.panels.map(({ id }) => id)
    if (new Set(ids).size < ids.length) faults.say('two panels have one number')
    if (!board.templating.list.some(({ type }) => type === 'datasource'))
      faults.say('no variable for the data source')
    for (const variable of board.templating.list) {
      if (variable.type === 'query') lintSql(variable.query, board, at(`${board.uid} $${variable.name}`))
    }
    for (const { name, target, datasource } of board.annotations?.list ?? []) {
      const where = at(`${board.uid} ${name}`)
      if (datasource.uid !== DATA_SOURCE.uid) where.say('its data source is not the variable')
      lintSql(target.rawSql, board, where)
    }
    for (const panel of board.panels) {
      const where = at(`${board.uid} ${panel.id} ${panel.title}`)
      lintPanel(panel, board, where)
      lintLinks(panel, boards, where)
    }
    for (const text of textsOf(board)) {
      for (const fault of typographyFaults(text, lang)) faults.say(`« ${text} »: ${fault}`)
    }
  }
  return found
}
