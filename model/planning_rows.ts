/**
 * Facts of the registry that service levels, capacity and bills are reckoned with: who had which link on which terms from
 * when to when. Each version of the registry is written whole, so that a figure can be reckoned again with the facts it was
 * first reckoned with; the highest version in `vigie.registry_versions`, which is written last, holds.
 *
 * Times are seconds since 1970, UTC; an interval holds from its start up to, not including, its end.
 */
interface Versioned {
  readonly version: number
}

/** Terms of a link over an interval in which none of them changes; intervals of a link do not overlap. */
export interface LinkTermsRow extends Versioned {
  readonly link: number
  readonly id: string
  readonly valid_from: number
  readonly valid_to: number
  /** Where it was, and whose it was then: numbers, 0 unknown. */
  readonly site: number
  readonly organization: number
  readonly region: number
  readonly network: string
  readonly supplier: number
  readonly lot: string
  readonly technology: string
  readonly contract: string
  /** Of the link, else of its contract. */
  readonly sla_class: string
  readonly committed_bps: number
  readonly burst_bps: number
  readonly billing_rule: string
  readonly billing_directions: string
  readonly price_per_month_cad: number
  readonly price_per_mbps_cad: number
  readonly price_per_gb_cad: number
  readonly included_gb: number
}

/** A site over an interval in which none of this changes. */
export interface SiteTermsRow extends Versioned {
  readonly site: number
  readonly id: string
  readonly valid_from: number
  readonly valid_to: number
  readonly organization: number
  readonly region: number
  readonly network: string
}

/** Objectives; null where there is none. */
export interface SlaClassRow extends Versioned {
  readonly id: string
  readonly name_fr: string
  readonly name_en: string
  readonly one_way_delay_ms: number | null
  readonly round_trip_delay_ms: number | null
  readonly delay_variation_ms: number | null
  readonly loss_ratio: number | null
  readonly availability_ratio: number | null
  readonly mos: number | null
  readonly time_to_restore_h: number | null
}

export interface ContractRow extends Versioned {
  readonly id: string
  readonly supplier: number
  readonly sla_class: string
  readonly valid_from: number
  readonly valid_to: number
  /** Bounds of availability, rising, and the share of the price that is given back below each. */
  readonly credit_below_ratio: readonly number[]
  readonly credit_ratio: readonly number[]
}

/** A window counts for a link that is named, or whose site, organisation or supplier is. */
export interface MaintenanceRow extends Versioned {
  readonly id: string
  readonly valid_from: number
  readonly valid_to: number
  readonly reason_fr: string
  readonly reason_en: string
  readonly organizations: readonly number[]
  readonly sites: readonly number[]
  readonly links: readonly number[]
  readonly suppliers: readonly number[]
}

/** A server room on its way into a consolidation site. */
export interface ConsolidationRow extends Versioned {
  readonly room: number
  readonly moves_into: number
  /** A day, 2026-05-01. */
  readonly planned: string | null
  readonly status: string
}

/** Rows of the planning tables; the keys are the tables' names in the database `vigie`. */
export interface PlanningRows {
  readonly link_terms: readonly LinkTermsRow[]
  readonly site_terms: readonly SiteTermsRow[]
  readonly sla_classes: readonly SlaClassRow[]
  readonly contracts: readonly ContractRow[]
  readonly maintenance_windows: readonly MaintenanceRow[]
  readonly consolidations: readonly ConsolidationRow[]
  /** One row, written when all others are there. */
  readonly registry_versions: readonly Versioned[]
}
