import type { PlanningRows } from './planning_rows.js'

/**
 * Tables that turn the numbers of flow rows into names: `vigie.organizations`, `vigie.sites` and so on, one
 * row an entry and version of the registry; of rows with one number, the one with the highest `version`
 * holds. `number` is what flow columns store (`src_org_id`, `app_class_id` …), `id` the text of the registry.
 */
export interface NameRow {
  readonly number: number
  readonly id: string
  readonly name_fr: string
  readonly name_en: string
  /** Version of the registry that wrote the row. */
  readonly version: number
}

export interface OrganizationRow extends NameRow {
  /** '' where the registry says none; so are all texts below. */
  readonly kind: string
  readonly itsm_group: string
  readonly language: string
}

export interface SiteRow extends NameRow {
  /** Number of its organisation. */
  readonly organization: number
  readonly kind: string
  /** 1 to 17, 0 unknown. */
  readonly region: number
  readonly lat: number | null
  readonly lon: number | null
  readonly municipality: string
  /** `ritm`, `rgt` or ''. */
  readonly network: string
  /** 0 unknown. */
  readonly migration_wave: number
  /** A day, 2026-05-01. */
  readonly migration_date: string | null
  /** Number of the consolidation site that this server room moves into; 0 none. */
  readonly moves_into: number
}

export type SupplierRow = NameRow

/** A link has no names but its id. */
export interface LinkRow extends Omit<NameRow, 'name_fr' | 'name_en'> {
  readonly site: number
  readonly supplier: number
  readonly lot: string
  readonly technology: string
  readonly committed_bps: number
  readonly burst_bps: number
  readonly sla_class: string
  readonly billing_rule: string
  readonly price_per_month_cad: number
}

export interface ApplicationRow extends NameRow {
  /** Code of its class. */
  readonly class: number
}

/** Rows of all name tables, and of those of planning; the keys are the tables' names in the database `vigie`. */
export interface NameRows extends PlanningRows {
  readonly organizations: readonly OrganizationRow[]
  readonly sites: readonly SiteRow[]
  readonly suppliers: readonly SupplierRow[]
  readonly links: readonly LinkRow[]
  readonly applications: readonly ApplicationRow[]
  readonly app_classes: readonly NameRow[]
  readonly regions: readonly NameRow[]
}

/** Writes name rows to the store; the same version twice leaves the same names. */
export interface NameStore {
  write(rows: NameRows): Promise<void>
}
