import { PROGRAMME } from './programme_report.js'
import { BY_ORG, BY_SUPPLIER, column, type Report, section } from './report.js'
import {
  CAPACITY_BPS,
  CLASS,
  CREDIT,
  DIRECTION,
  LINK,
  ORGANIZATION,
  P95_BPS,
  QUALITY,
  REGION,
  SERVICE_LEVEL,
  SITE,
  SUPPLIER,
  VOLUME,
} from './report_columns.js'

const MONTH = 'month = toStartOfMonth({month:Date})'
const RESTATE_SLA = 'INSERT INTO vigie.sla_months SELECT * FROM vigie.sla_changes(month = {month:Date})'
const RESTATE_BILLING =
  'INSERT INTO vigie.billing_months SELECT * FROM vigie.billing_changes(month = {month:Date})'

const UNKNOWN_APART = {
  fr: 'Le temps inconnu est compté à part : il n’est jamais du temps en service. La disponibilité est le temps en service, en réserve ou dégradé, divisé par ce temps et le temps hors service, hors maintenance.',
  en: 'Unknown time is counted apart: it is never time up. Availability is the time up, in standby or degraded, divided by that time and the time down, outside maintenance.',
}

const SLA: Report = {
  id: 'sla',
  title: { fr: 'Niveaux de service', en: 'Service levels' },
  main: 'links',
  restate: [RESTATE_SLA],
  reckoned: `SELECT count() AS n FROM vigie.sla_months WHERE ${MONTH}`,
  rules: [
    UNKNOWN_APART,
    {
      fr: 'Le manquement est le temps hors service au-delà de ce que l’objectif permet. Une vitesse d’épuisement de 1 épuise le budget d’erreur en un mois.',
      en: 'The breach is the time down beyond what the objective allows. A burn rate of 1 uses the error budget up in a month.',
    },
  ],
  sections: [
    section(
      'suppliers',
      'Fournisseurs',
      'Suppliers',
      [column('id', 'Fournisseur', 'Supplier'), ...SERVICE_LEVEL, CREDIT],
      `vigie.v_sla WHERE ${MONTH} AND level = 'supplier' AND {org:String} = '' AND ({supplier:String} = '' OR id = {supplier:String}) ORDER BY id`,
    ),
    section(
      'organizations',
      'Organisations',
      'Organizations',
      [column('id', 'Organisation', 'Organization'), ...SERVICE_LEVEL, ...QUALITY, CREDIT],
      `vigie.v_sla WHERE ${MONTH} AND level = 'organization' AND ({org:String} = '' OR id = {org:String}) ORDER BY id`,
    ),
    section(
      'links',
      'Liens',
      'Links',
      [
        column('id', 'Lien', 'Link'),
        SITE,
        ORGANIZATION,
        SUPPLIER,
        CLASS,
        ...SERVICE_LEVEL,
        ...QUALITY,
        CREDIT,
      ],
      `vigie.v_sla WHERE ${MONTH} AND level = 'link' AND ${BY_ORG} AND ${BY_SUPPLIER} ORDER BY breach_minutes DESC, id`,
    ),
    section(
      'sites',
      'Sites',
      'Sites',
      [column('id', 'Site', 'Site'), ORGANIZATION, CLASS, ...SERVICE_LEVEL],
      `vigie.v_sla WHERE ${MONTH} AND level = 'site' AND ${BY_ORG} ORDER BY availability_ratio, id`,
    ),
    section(
      'evidence',
      'Éléments de preuve',
      'Evidence',
      [
        column('id', 'Lien', 'Link'),
        SITE,
        ORGANIZATION,
        SUPPLIER,
        column('started_at', 'Début (UTC)', 'Start (UTC)', 'moment'),
        column('ended_at', 'Fin (UTC)', 'End (UTC)', 'moment'),
        column('maintenance_minutes', 'Maintenance (min)', 'Maintenance (min)', 'minutes'),
        column('counted_minutes', 'Compté (min)', 'Counted (min)', 'minutes'),
      ],
      `vigie.v_sla_evidence(month = {month:Date}) WHERE level = 'link' AND ${BY_ORG} AND ${BY_SUPPLIER} ORDER BY id, started_at LIMIT 10000`,
    ),
    section(
      'missed_days',
      'Jours où la qualité a manqué l’objectif',
      'Days on which quality missed the objective',
      [
        column('id', 'Lien', 'Link'),
        SITE,
        ORGANIZATION,
        SUPPLIER,
        column('day', 'Jour', 'Day', 'day'),
        column('metric', 'Mesure', 'Metric'),
        column('measured', 'Mesuré', 'Measured', 'number'),
        column('objective', 'Objectif', 'Objective', 'number'),
      ],
      `vigie.v_sla_missed_days(month = {month:Date}) WHERE level = 'link' AND ${BY_ORG} AND ${BY_SUPPLIER} ORDER BY id, day LIMIT 10000`,
    ),
    section(
      'restatements',
      'Mois révisés',
      'Restatements',
      [
        column('id', 'Lien', 'Link'),
        column('reckoned_at', 'Révisé (UTC)', 'Restated (UTC)', 'moment'),
        column('revision', 'Révision', 'Revision', 'count'),
        column('down_change_minutes', 'Écart hors service (min)', 'Change of down (min)', 'minutes'),
        column('unknown_change_minutes', 'Écart inconnu (min)', 'Change of unknown (min)', 'minutes'),
        column('credit_change_cad', 'Écart du crédit', 'Change of credit', 'cad'),
      ],
      `vigie.v_sla_restatements WHERE ${MONTH} AND level = 'link' ORDER BY id, reckoned_at LIMIT 10000`,
    ),
  ],
}

const BILLING: Report = {
  id: 'billing',
  title: { fr: 'Facture consolidée', en: 'Consolidated invoice' },
  main: 'lines',
  restate: [RESTATE_SLA, RESTATE_BILLING],
  reckoned: `SELECT count() AS n FROM vigie.billing_months WHERE ${MONTH}`,
  rules: [
    {
      fr: 'Le 95ᵉ centile est la valeur de rang ⌈0,95 n⌉ des débits moyens sur 5 minutes du mois civil, du sens le plus chargé ou de la somme des deux selon le contrat. Les montants sont au prorata du temps et arrondis au cent, ligne par ligne.',
      en: 'The 95th percentile is the value of rank ⌈0.95 n⌉ of the mean rates over 5 minutes of the calendar month, of the fuller direction or of their sum, by contract. Amounts are pro rata to time and rounded to the cent, line by line.',
    },
  ],
  sections: [
    section(
      'summary',
      'Sommaire',
      'Summary',
      [
        ORGANIZATION,
        SUPPLIER,
        column('links', 'Liens', 'Links', 'count'),
        column('base_cad', 'Redevance', 'Base', 'cad'),
        column('burst_cad', 'Dépassement', 'Burst', 'cad'),
        column('volume_cad', 'Volume', 'Volume', 'cad'),
        column('credit_cad', 'Crédit de service', 'Service credit', 'cad'),
        column('total_cad', 'Total', 'Total', 'cad'),
      ],
      `vigie.v_invoice WHERE ${MONTH} AND ${BY_ORG} AND ${BY_SUPPLIER} ORDER BY organization, supplier`,
    ),
    section(
      'lines',
      'Lignes de facture',
      'Invoice lines',
      [
        ORGANIZATION,
        SUPPLIER,
        column('contract', 'Contrat', 'Contract'),
        SITE,
        LINK,
        column('part_from', 'Du (UTC)', 'From (UTC)', 'moment'),
        column('part_to', 'Au (UTC)', 'To (UTC)', 'moment'),
        column('item', 'Poste', 'Item'),
        column('quantity', 'Quantité', 'Quantity', 'number'),
        column('unit', 'Unité', 'Unit'),
        column('unit_price_cad', 'Tarif', 'Unit price', 'cad'),
        column('amount_cad', 'Montant', 'Amount', 'cad'),
      ],
      `vigie.v_invoice_lines WHERE ${MONTH} AND ${BY_ORG} AND ${BY_SUPPLIER} ORDER BY organization, supplier, link, part_from, item`,
    ),
    section(
      'usage',
      'Utilisation',
      'Usage',
      [
        ORGANIZATION,
        SUPPLIER,
        LINK,
        column('committed_bps', 'Engagement', 'Commit', 'bps'),
        column('tx_p95_bps', '95ᵉ centile, du site', '95th percentile, from the site', 'bps'),
        column('rx_p95_bps', '95ᵉ centile, vers le site', '95th percentile, towards the site', 'bps'),
        column('billed_p95_bps', '95ᵉ centile facturé', 'Billed 95th percentile', 'bps'),
        column('burst_bps', 'Dépassement', 'Burst', 'bps'),
        column('billed_bytes', 'Volume', 'Volume', 'bytes'),
        column('measured_ratio', 'Mesuré', 'Measured', 'percent'),
      ],
      `vigie.v_usage WHERE ${MONTH} AND ${BY_ORG} AND ${BY_SUPPLIER} ORDER BY organization, supplier, link, part_from`,
    ),
    section(
      'reconciliation',
      'Rapprochement',
      'Reconciliation',
      [
        LINK,
        column('item', 'Poste', 'Item'),
        column('cause', 'Cause', 'Cause'),
        column('invoice', 'Facture', 'Invoice'),
        column('line', 'Ligne', 'Line', 'count'),
        column('our_quantity', 'Notre quantité', 'Our quantity', 'number'),
        column('their_quantity', 'Sa quantité', 'Their quantity', 'number'),
        column('our_amount_cad', 'Notre montant', 'Our amount', 'cad'),
        column('their_amount_cad', 'Son montant', 'Their amount', 'cad'),
        column('difference_cad', 'Écart', 'Difference', 'cad'),
      ],
      'vigie.v_reconciliation(month = {month:Date}, supplier = {supplier:String}, tolerance = {tolerance:Float64}) ORDER BY link, item',
      'supplier',
    ),
  ],
}

const CAPACITY: Report = {
  id: 'capacity',
  title: { fr: 'Capacité et prévision', en: 'Capacity and forecast' },
  main: 'links',
  restate: [
    'INSERT INTO vigie.capacity_forecasts SELECT toMonday(now()) AS day, link, direction, weeks, capacity_bps, growth_bps_per_week, growth_low_bps_per_week, growth_high_bps_per_week, p95_now_bps, level_bps, level_error_bps, middle, reached, now64(3) AS reckoned FROM vigie.forecast_reckoned(today = toMonday(now()))',
  ],
  rules: [
    {
      fr: 'Débits moyens sur 5 minutes. La prévision porte sur le 95ᵉ centile hebdomadaire, par la méthode de Theil et Sen; le jour le plus hâtif et le plus tardif bornent un intervalle à 95 %.',
      en: 'Mean rates over 5 minutes. The forecast is of the weekly 95th percentile, by Theil and Sen’s method; the earliest and the latest day bound an interval of 95 %.',
    },
  ],
  sections: [
    section(
      'headroom',
      'Marge par région et fournisseur',
      'Headroom by region and supplier',
      [
        REGION,
        SUPPLIER,
        column('links', 'Liens', 'Links', 'count'),
        CAPACITY_BPS,
        P95_BPS,
        column('headroom_bps', 'Marge', 'Headroom', 'bps'),
        column('links_over_80', 'Liens au-dessus de 80 %', 'Links over 80 %', 'count'),
      ],
      `vigie.v_headroom(month = {month:Date}) WHERE ${BY_SUPPLIER} AND {org:String} = '' ORDER BY region_code, supplier`,
    ),
    section(
      'links',
      'Liens',
      'Links',
      [
        LINK,
        DIRECTION,
        SITE,
        ORGANIZATION,
        SUPPLIER,
        CAPACITY_BPS,
        column('p50_bps', 'Médiane', 'Median', 'bps'),
        P95_BPS,
        column('p99_bps', '99ᵉ centile', '99th percentile', 'bps'),
        column('peak_bps', 'Pointe', 'Peak', 'bps'),
        column('utilisation_p95_ratio', 'Utilisation, p95', 'Utilisation, p95', 'percent'),
        column('busy_hour', 'Heure de pointe', 'Busy hour', 'count'),
      ],
      `vigie.v_capacity(month = {month:Date}) WHERE ${BY_ORG} AND ${BY_SUPPLIER} ORDER BY utilisation_p95_ratio DESC, link, direction`,
    ),
    section(
      'forecast',
      'Échéances',
      'Runout',
      [
        LINK,
        DIRECTION,
        SITE,
        ORGANIZATION,
        SUPPLIER,
        column('utilisation_p95_ratio', 'Utilisation, p95', 'Utilisation, p95', 'percent'),
        column('growth_bps_per_week', 'Croissance par semaine', 'Growth a week', 'bps'),
        column('full_80_on', '80 % le', '80 % on', 'day'),
        column('full_80_earliest_on', 'au plus tôt', 'at the earliest', 'day'),
        column('full_80_latest_on', 'au plus tard', 'at the latest', 'day'),
        column('full_100_on', '100 % le', '100 % on', 'day'),
      ],
      `vigie.v_forecast WHERE ${BY_ORG} AND ${BY_SUPPLIER} ORDER BY ifNull(full_80_on, toDate('2149-01-01')), link, direction`,
    ),
    section(
      'contributors',
      'Contributeurs principaux',
      'Top contributors',
      [
        LINK,
        ORGANIZATION,
        column('application', 'Application', 'Application'),
        column('application_class', 'Classe', 'Class'),
        VOLUME,
        column('link_share_ratio', 'Part du lien', 'Share of the link', 'percent'),
      ],
      `vigie.v_top_contributors(month = {month:Date}) WHERE ${BY_ORG} ORDER BY volume_bytes DESC LIMIT 100`,
    ),
  ],
}

/** All reports by the word of the command line. */
export const REPORTS: Readonly<Record<string, Report>> = {
  sla: SLA,
  capacity: CAPACITY,
  billing: BILLING,
  programme: PROGRAMME,
}
