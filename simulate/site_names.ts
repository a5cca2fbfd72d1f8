import type { Municipality } from './geography.js'
import type { Random } from './random.js'

/** Names of sites: invented, after trees, water and light. */
const OF = [
  'des Érables',
  'du Ruisseau',
  'de la Clairière',
  'des Peupliers',
  'du Moulin',
  'de la Source',
  'des Hirondelles',
  'du Versant',
  'de la Pointe',
  'des Quenouilles',
  'du Belvédère',
  'de la Lanterne',
  'des Marguerites',
  'du Sentier',
  'de la Falaise',
  'des Mésanges',
  'du Héron',
  'de la Grève',
  'des Saules',
  'du Carrefour',
  'de la Cascade',
  'des Bouleaux',
  'du Vallon',
  'de la Savane',
  'des Cèdres',
  'du Rivage',
  'de la Passerelle',
  'des Trembles',
  'du Couchant',
  'de la Brise',
  'des Outardes',
  'du Parvis',
  'de la Montée',
  'des Tilleuls',
  'du Portage',
  'de la Digue',
  'des Lilas',
  'du Marais',
  'de la Roseraie',
  'des Mélèzes',
] as const

const KIND_WORDS: Readonly<Record<string, readonly string[]>> = {
  hospital: ['Hôpital'],
  clinic: ['CLSC', 'CLSC', 'GMF', 'Clinique'],
  residence: ['CHSLD', 'CHSLD', 'Maison des aînés', 'Résidence'],
  laboratory: ['Laboratoire'],
  office: ['Bureau', 'Point de service', 'Direction régionale'],
  server_room: ['Salle de serveurs'],
  data_centre: ['Centre de traitement'],
}

export function siteName(kind: string, place: Municipality, random: Random): string {
  return `${random.pick(KIND_WORDS[kind]!)} ${random.pick(OF)}, ${place.name}`
}
