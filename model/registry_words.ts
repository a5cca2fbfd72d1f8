/** Administrative regions of Québec by ISQ code. A code is text: its zero is kept. */
export const REGIONS: Readonly<Record<string, string>> = {
  '01': 'Bas-Saint-Laurent',
  '02': 'Saguenay–Lac-Saint-Jean',
  '03': 'Capitale-Nationale',
  '04': 'Mauricie',
  '05': 'Estrie',
  '06': 'Montréal',
  '07': 'Outaouais',
  '08': 'Abitibi-Témiscamingue',
  '09': 'Côte-Nord',
  '10': 'Nord-du-Québec',
  '11': 'Gaspésie–Îles-de-la-Madeleine',
  '12': 'Chaudière-Appalaches',
  '13': 'Laval',
  '14': 'Lanaudière',
  '15': 'Laurentides',
  '16': 'Montérégie',
  '17': 'Centre-du-Québec',
}

export const ORGANIZATION_KINDS = [
  'health_establishment',
  'ministry',
  'body',
  'municipality',
  'education',
  'supplier',
  'other',
] as const

export const SITE_KINDS = [
  'office',
  'hospital',
  'clinic',
  'residence',
  'laboratory',
  'data_centre',
  'server_room',
  'cloud',
  'other',
] as const

export const TECHNOLOGIES = [
  'mpls',
  'ethernet',
  'fibre',
  'internet',
  'cable',
  'dsl',
  'lte',
  '5g',
  'satellite',
  'microwave',
  'other',
] as const

/** Classes of applications; the code is what `app_class_id` stores, for ever. */
export const APP_CLASSES = {
  unknown: 0,
  voice: 1,
  video: 2,
  health_record: 3,
  medical_imaging: 4,
  office: 5,
  cloud: 6,
  backup: 7,
  remote_access: 8,
  radio_gateway: 9,
  web: 10,
  mail: 11,
  infrastructure: 12,
  directory: 13,
  database: 14,
  file_transfer: 15,
  management: 16,
  vpn: 17,
  peer_to_peer: 18,
  other: 255,
} as const
export type AppClass = keyof typeof APP_CLASSES
