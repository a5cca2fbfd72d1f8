import type { Language } from '../language.js'
import { chosen, unlessAll } from '../macros.js'
import { namesById } from './names.js'

/** First day of the month in which the range ends, as contracts cut it. */
export const THE_MONTH = "toDate(toStartOfMonth($__toTime, 'America/Toronto'))"
/** Months that the range touches. */
export const MONTHS = "month >= toDate(toStartOfMonth($__fromTime, 'America/Toronto')) AND month <= $__toTime"
/** A month as a moment, for a time axis. */
export const MONTH_AXIS = "toDateTime(month, 'America/Toronto')"

/** Views of service levels and bills carry ids of the registry as text. */
const SCOPES = {
  org: `organization IN (${chosen('org')})`,
  supplier: `supplier IN (${chosen('supplier')})`,
  site: `site IN (${chosen('site')})`,
  sla_class: `sla_class IN (${chosen('sla_class')})`,
} as const
export type PlanScope = keyof typeof SCOPES

export const planScope = (names: readonly PlanScope[]): string =>
  names.map((name) => `\n  AND ${unlessAll(name, SCOPES[name])}`).join('')

/** Joins names of ids: `supplier_names.name`, `org_names.name`, `site_names.name`. */
export const supplierNames = (lang: Language, id: string): string =>
  `LEFT JOIN ${namesById('suppliers', lang)} AS supplier_names ON supplier_names.id = ${id}`
export const orgNames = (lang: Language, id: string): string =>
  `LEFT JOIN ${namesById('organizations', lang)} AS org_names ON org_names.id = ${id}`
export const siteNames = (lang: Language, id: string): string =>
  `LEFT JOIN ${namesById('sites', lang)} AS site_names ON site_names.id = ${id}`

/** A joined name, or the id where the registry has forgotten it. */
export const named = (join: 'supplier_names' | 'org_names' | 'site_names', id: string): string =>
  `if(${join}.name = '', ${id}, ${join}.name)`
