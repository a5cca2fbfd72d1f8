import type { FieldConfig, Panel as ViewPanel } from './viewer/shared/protocol.js'

/** The classic dashboard JSON, as far as we read it back: the linter, the check and the viewer's server do. */
export interface BuiltDashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly editable: boolean
  readonly schemaVersion: number
  readonly timezone: string
  readonly refresh: string
  readonly time: { readonly from: string; readonly to: string }
  readonly panels: readonly BuiltPanel[]
  readonly templating: { readonly list: readonly BuiltVariable[] }
  readonly annotations?: { readonly list?: readonly BuiltAnnotation[] }
  readonly links?: readonly { readonly title: string; readonly tags?: readonly string[] }[]
}

export interface BuiltPanel extends Omit<ViewPanel, 'fieldConfig' | 'transformations' | 'links'> {
  readonly fieldConfig: FieldConfig
  readonly transformations?: ViewPanel['transformations']
  readonly datasource: { readonly type: string; readonly uid: string }
  readonly targets: readonly BuiltTarget[]
  readonly interval?: string
  readonly links?: ViewPanel['links']
}

export interface BuiltTarget {
  readonly refId: string
  readonly rawSql: string
  /** 0: time series, 1: table. */
  readonly format: number
  readonly datasource: { readonly type: string; readonly uid: string }
}

/** What is marked on charts: rows of `time`, `timeEnd`, `title`, `text`. */
export interface BuiltAnnotation {
  readonly name: string
  readonly iconColor: string
  readonly datasource: { readonly type: string; readonly uid: string }
  readonly target: BuiltTarget
}

export interface BuiltVariable {
  readonly name: string
  readonly label: string
  readonly type: 'query' | 'custom' | 'textbox' | 'datasource'
  readonly query: string
  readonly multi?: boolean
  readonly includeAll?: boolean
  readonly options?: readonly { readonly text: string; readonly value: string }[]
  readonly current?: { readonly value?: string | readonly string[] }
}
