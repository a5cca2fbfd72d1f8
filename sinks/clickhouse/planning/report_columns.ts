import { column } from './report.js'

/** Columns that several sections have. Terms are those of the glossary. */
export const ORGANIZATION = column('organization', 'Organisation', 'Organization')
export const SITE = column('site', 'Site', 'Site')
export const LINK = column('link', 'Lien', 'Link')
export const SUPPLIER = column('supplier', 'Fournisseur', 'Supplier')
export const CLASS = column('sla_class', 'Classe de service', 'Class of service')
export const REGION = column('region_name', 'Région administrative', 'Administrative region')
export const DIRECTION = column('direction', 'Sens', 'Direction')

/** What a month of service levels is: the same for a link, a site or a supplier. */
export const SERVICE_LEVEL = [
  column('availability_ratio', 'Disponibilité', 'Availability', 'percent_fine'),
  column('availability_objective_ratio', 'Objectif', 'Objective', 'percent_fine'),
  column('down_minutes', 'Hors service (min)', 'Down (min)', 'minutes'),
  column('unknown_minutes', 'Inconnu (min)', 'Unknown (min)', 'minutes'),
  column('maintenance_minutes', 'Maintenance (min)', 'Maintenance (min)', 'minutes'),
  column('breach_minutes', 'Manquement (min)', 'Breach (min)', 'minutes'),
  column('budget_left_minutes', 'Budget d’erreur restant (min)', 'Error budget left (min)', 'minutes'),
  column('burn_rate', 'Vitesse d’épuisement', 'Burn rate', 'number'),
  column('outages', 'Pannes', 'Outages', 'count'),
  column('mttr_minutes', 'Délai moyen de rétablissement (min)', 'Mean time to restore (min)', 'minutes'),
] as const

export const QUALITY = [
  column('one_way_delay_p95_ms', 'Délai aller simple, p95 (ms)', 'One-way delay, p95 (ms)', 'ms'),
  column('round_trip_delay_p95_ms', 'Temps aller-retour, p95 (ms)', 'Round-trip delay, p95 (ms)', 'ms'),
  column('delay_variation_p95_ms', 'Variation du délai, p95 (ms)', 'Delay variation, p95 (ms)', 'ms'),
  column('one_way_loss_ratio_mean', 'Perte, aller simple', 'Loss, one way', 'percent_fine'),
  column('round_trip_loss_ratio_mean', 'Perte, aller-retour', 'Loss, round trip', 'percent_fine'),
  column('mos_mean', 'MOS', 'MOS', 'number'),
] as const

export const CREDIT = column('credit_cad', 'Crédit de service', 'Service credit', 'cad')
export const VOLUME = column('volume_bytes', 'Volume', 'Volume', 'bytes')
export const P95_BPS = column('p95_bps', '95ᵉ centile', '95th percentile', 'bps')
export const CAPACITY_BPS = column('capacity_bps', 'Capacité', 'Capacity', 'bps')
