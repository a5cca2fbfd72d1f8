import type * as cog from '@grafana/grafana-foundation-sdk/cog'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import type { ServiceName } from './board.js'
import { COMMON } from './i18n/common.js'
import { SEVERITIES } from './i18n/findings_words.js'
import { DIMENSIONS, VARIABLE_LABELS } from './i18n/variables.js'
import type { Language } from './language.js'
import type { VariableName } from './pages.js'
import {
  exporterOptions,
  organizationOptions,
  regionOptions,
  siteOptions,
  slaClassOptions,
  supplierOptions,
} from './queries/names.js'
import { DATA_SOURCE, PLUGIN_ID } from './vocabulary/target.js'

type Variable = cog.Builder<dashboard.VariableModel>

const all = (lang: Language): dashboard.VariableOption => ({
  selected: true,
  text: COMMON.all[lang],
  value: '$__all',
})

/** A list that the store knows; values are registry ids, texts are names. */
const listed = (name: VariableName, sql: string, lang: Language): Variable =>
  new dashboard.QueryVariableBuilder(name)
    .label(VARIABLE_LABELS[name][lang])
    .datasource(DATA_SOURCE)
    .query(sql)
    .definition(sql)
    .refresh(dashboard.VariableRefresh.OnDashboardLoad)
    .sort(dashboard.VariableSort.Disabled)
    .multi(true)
    .includeAll(true)
    .current(all(lang))

/** Grafana's list of a custom variable: `text : value, text : value`. */
const listText = (options: readonly { text: string; value: string }[]): string =>
  options.map(({ text, value }) => `${text.replaceAll(',', '\\,')} : ${value}`).join(', ')

function chosen(
  name: VariableName,
  lang: Language,
  options: readonly { text: string; value: string }[],
  initial?: string,
): Variable {
  const builder = new dashboard.CustomVariableBuilder(name)
    .label(VARIABLE_LABELS[name][lang])
    .values(listText(options))
    .options(options.map((option) => ({ ...option, selected: option.value === initial })))
  if (initial === undefined) return builder.multi(true).includeAll(true).current(all(lang))
  const first = options.find((option) => option.value === initial)!
  return builder
    .multi(false)
    .includeAll(false)
    .current({ ...first, selected: true })
}

const MAKERS: Readonly<Record<VariableName, (lang: Language, services: readonly ServiceName[]) => Variable>> =
  {
    org: (lang) => listed('org', organizationOptions(lang), lang),
    site: (lang) => listed('site', siteOptions(lang), lang),
    region: (lang) => listed('region', regionOptions(lang), lang),
    exporter: (lang) => listed('exporter', exporterOptions(), lang),
    supplier: (lang) => listed('supplier', supplierOptions(lang), lang),
    sla_class: (lang) => listed('sla_class', slaClassOptions(), lang),
    service: (lang, services) =>
      chosen(
        'service',
        lang,
        services.map(({ value, text }) => ({ value, text: text[lang] })),
      ),
    severity: (lang) =>
      chosen(
        'severity',
        lang,
        [...SEVERITIES].reverse().map(({ value, text }) => ({ value: String(value), text: text[lang] })),
      ),
    dimension: (lang) =>
      chosen(
        'dimension',
        lang,
        DIMENSIONS.map(({ value, text }) => ({ value: String(value), text: text[lang] })),
        'app',
      ),
    top: (lang) =>
      chosen(
        'top',
        lang,
        ['5', '7', '10', '20'].map((value) => ({ value, text: value })),
        '7',
      ),
    uid: (lang) =>
      new dashboard.TextBoxVariableBuilder('uid').label(VARIABLE_LABELS.uid[lang]).defaultValue(''),
  }

/** The data source first, then the page's own variables. */
export function variablesOf(
  names: readonly VariableName[],
  lang: Language,
  services: readonly ServiceName[],
): Variable[] {
  const source = new dashboard.DatasourceVariableBuilder('datasource')
    .label(VARIABLE_LABELS.datasource[lang])
    .type(PLUGIN_ID)
    .current({ selected: true, text: 'Vigie', value: 'vigie' })
    .hide(dashboard.VariableHide.HideVariable)
  return [source, ...names.map((name) => MAKERS[name](lang, services))]
}
