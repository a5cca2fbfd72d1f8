import { BY_ORG, column, type Report, section } from './report.js'
import { ORGANIZATION, REGION, SITE, VOLUME } from './report_columns.js'

const IN_MONTH =
  'day >= toStartOfMonth({month:Date}) AND day < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH'
const AVAILABILITY = column('availability_ratio', 'Disponibilité', 'Availability', 'percent_fine')
const DELAY = column(
  'round_trip_delay_p95_ms',
  'Temps aller-retour, p95 (ms)',
  'Round-trip delay, p95 (ms)',
  'ms',
)
const LOSS = column('loss_ratio', 'Perte', 'Loss', 'percent_fine')
const DOWN = column('down_minutes', 'Hors service (min)', 'Down (min)', 'minutes')

/** Sites that carry a class of applications. */
const service = (id: string, fr: string, en: string) =>
  section(
    id,
    fr,
    en,
    [SITE, ORGANIZATION, VOLUME, DELAY, LOSS, AVAILABILITY, DOWN],
    `vigie.v_${id}(month = {month:Date}) WHERE ${BY_ORG} ORDER BY availability_ratio, site LIMIT 1000`,
  )

/** The move from RITM to RGT and what goes with it. */
export const PROGRAMME: Report = {
  id: 'programme',
  title: { fr: 'Programme RITM → RGT', en: 'Programme RITM → RGT' },
  main: 'waves',
  restate: [],
  rules: [
    {
      fr: 'Avant et après : les 28 jours avant le jour de la migration et les 28 jours qui le suivent. L’équité compare chaque région à la région médiane.',
      en: 'Before and after: the 28 days before the day of the move and the 28 days after it. Equity compares each region with the median one.',
    },
  ],
  sections: [
    section(
      'waves',
      'Vagues de migration',
      'Migration waves',
      [
        column('wave', 'Vague', 'Wave', 'count'),
        ORGANIZATION,
        column('sites', 'Sites', 'Sites', 'count'),
        column('done', 'Faits', 'Done', 'count'),
        column('late', 'En retard', 'Late', 'count'),
        column('planned', 'Prévus', 'Planned', 'count'),
        column('done_ratio', 'Part faite', 'Share done', 'percent'),
        column('last_planned_on', 'Dernier jour prévu', 'Last planned day', 'day'),
      ],
      `vigie.v_migration_waves WHERE ${BY_ORG} ORDER BY wave, organization`,
    ),
    section(
      'before_after',
      'Avant et après la migration',
      'Before and after the move',
      [
        SITE,
        ORGANIZATION,
        column('migrated_on', 'Migré le', 'Migrated on', 'day'),
        column('round_trip_delay_p95_before_ms', 'Aller-retour avant (ms)', 'Round trip before (ms)', 'ms'),
        column('round_trip_delay_p95_after_ms', 'Aller-retour après (ms)', 'Round trip after (ms)', 'ms'),
        column('loss_before_ratio', 'Perte avant', 'Loss before', 'percent_fine'),
        column('loss_after_ratio', 'Perte après', 'Loss after', 'percent_fine'),
        column('availability_before_ratio', 'Disponibilité avant', 'Availability before', 'percent_fine'),
        column('availability_after_ratio', 'Disponibilité après', 'Availability after', 'percent_fine'),
      ],
      `vigie.v_migration_quality WHERE ${BY_ORG} AND migrated_on >= toStartOfMonth({month:Date}) - 28 AND migrated_on < toStartOfMonth({month:Date}) + INTERVAL 1 MONTH ORDER BY site`,
    ),
    section(
      'network_share',
      'Part de chaque réseau',
      'Share of each network',
      [
        ORGANIZATION,
        column('sum(ritm_bytes) AS ritm', 'RITM', 'RITM', 'bytes'),
        column('sum(rgt_bytes) AS rgt', 'RGT', 'RGT', 'bytes'),
        column('rgt / nullIf(ritm + rgt, 0) AS rgt_ratio', 'Part du RGT', 'Share of RGT', 'percent'),
      ],
      `vigie.v_network_share WHERE ${IN_MONTH} AND ${BY_ORG} GROUP BY organization ORDER BY organization`,
    ),
    section(
      'legacy_rooms',
      'Trafic vers les salles héritées',
      'Traffic to legacy rooms',
      [
        column('room', 'Salle de serveurs', 'Server room'),
        column('moves_into', 'Centre', 'Centre'),
        column('status', 'État', 'Status'),
        ORGANIZATION,
        VOLUME,
        column('may_close', 'Peut fermer', 'May close', 'yes_no'),
      ],
      `vigie.v_legacy_rooms(month = {month:Date}) WHERE ${BY_ORG} ORDER BY volume_bytes DESC, room LIMIT 1000`,
    ),
    section(
      'cloud_share',
      'Virage infonuagique',
      'Cloud shift',
      [
        ORGANIZATION,
        column('sum(cloud_bytes) AS cloud', 'Infonuagique', 'Cloud', 'bytes'),
        column('sum(total_bytes) AS total', 'Total', 'Total', 'bytes'),
        column('cloud / nullIf(total, 0) AS cloud_ratio', 'Part', 'Share', 'percent'),
      ],
      `vigie.v_cloud_share WHERE ${IN_MONTH} AND ${BY_ORG} GROUP BY organization ORDER BY organization`,
    ),
    section(
      'telephony',
      'Téléphonie',
      'Telephony',
      [
        ORGANIZATION,
        column('sites', 'Sites', 'Sites', 'count'),
        column('voice_bytes', 'Volume', 'Volume', 'bytes'),
        column('mos_mean', 'MOS', 'MOS', 'number'),
        column('sites_below_36', 'Sites sous 3,6', 'Sites below 3.6', 'count'),
      ],
      `vigie.v_telephony(month = {month:Date}) WHERE ${BY_ORG} ORDER BY mos_mean, organization`,
    ),
    service('remote_access', 'Télétravail', 'Remote work'),
    service('radio_gateways', 'Passerelles radio (RENIR)', 'Radio gateways (RENIR)'),
    service('health_record', 'Dossier santé', 'Health record'),
    section(
      'regions',
      'Équité régionale',
      'Regional equity',
      [
        REGION,
        column('sites', 'Sites', 'Sites', 'count'),
        AVAILABILITY,
        column('availability_to_median', 'Écart à la médiane', 'To the median', 'percent_fine'),
        column('down_minutes_per_site', 'Hors service par site (min)', 'Down per site (min)', 'minutes'),
        DELAY,
        LOSS,
        column('mos_mean', 'MOS', 'MOS', 'number'),
      ],
      "vigie.v_regional_equity(month = {month:Date}) WHERE {org:String} = '' ORDER BY region_code",
    ),
  ],
}
