import type { BuiltDashboard, BuiltVariable } from '../../built.js'
import type { Board, Variable } from '../shared/protocol.js'

const namesIn = (sql: string): string[] => [
  ...new Set([...sql.matchAll(/\$\{(\w+):singlequote\}/g)].map((hit) => hit[1]!)),
]

/** Chosen values of a variable when the address says nothing; none stands for all. */
function initialOf({ current, type, query }: BuiltVariable): string[] {
  if (type === 'textbox') return query === '' ? [] : [query]
  const value = current?.value
  const list = value === undefined ? [] : typeof value === 'string' ? [value] : [...value]
  return list.filter((one) => one !== '$__all')
}

function variableView(variable: BuiltVariable): Variable {
  const { name, label, type } = variable
  return {
    name,
    label,
    type: type === 'query' || type === 'custom' ? type : 'textbox',
    multi: variable.multi ?? false,
    includeAll: variable.includeAll ?? false,
    options: type === 'custom' ? (variable.options ?? []).map(({ value, text }) => ({ value, text })) : [],
    initial: initialOf(variable),
    dependsOn: type === 'query' ? namesIn(variable.query) : [],
  }
}

/** What the browser is given of a dashboard: everything but its SQL. */
export function boardView(built: BuiltDashboard): Board {
  return {
    uid: built.uid,
    title: built.title,
    description: built.description,
    refresh: built.refresh,
    time: built.time,
    variables: built.templating.list.filter(({ type }) => type !== 'datasource').map(variableView),
    annotations: (built.annotations?.list ?? []).map(({ name }) => name),
    panels: built.panels.map((panel) => ({
      id: panel.id,
      type: panel.type,
      title: panel.title,
      description: panel.description,
      gridPos: panel.gridPos,
      fieldConfig: panel.fieldConfig,
      options: panel.options,
      transformations: panel.transformations ?? [],
      links: panel.links ?? [],
      ...(panel.timeFrom === undefined ? {} : { timeFrom: panel.timeFrom }),
    })),
  }
}
