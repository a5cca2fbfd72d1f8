/**
 * Where sites stand: the 17 administrative regions of Québec by ISQ code, with their population (thousands,
 * about 2023, from memory of ISQ's estimates: only the proportions matter here) and some municipalities
 * with rough coordinates.
 */
export interface Municipality {
  readonly name: string
  readonly lat: number
  readonly lon: number
}

export interface Region {
  readonly code: string
  readonly populationThousands: number
  readonly municipalities: readonly Municipality[]
}

const region = (code: string, populationThousands: number, ...places: string[]): Region => ({
  code,
  populationThousands,
  municipalities: places.map((place) => {
    const [name, lat, lon] = place.split(',') as [string, string, string]
    return { name, lat: Number(lat), lon: Number(lon) }
  }),
})

export const REGIONS: readonly Region[] = [
  region(
    '01',
    201,
    'Rimouski,48.45,-68.52',
    'Rivière-du-Loup,47.83,-69.54',
    'Matane,48.85,-67.53',
    'Amqui,48.47,-67.43',
    'La Pocatière,47.37,-70.04',
  ),
  region(
    '02',
    281,
    'Saguenay,48.43,-71.07',
    'Alma,48.55,-71.65',
    'Roberval,48.52,-72.22',
    'Dolbeau-Mistassini,48.88,-72.23',
    'Saint-Félicien,48.65,-72.45',
  ),
  region(
    '03',
    776,
    'Québec,46.81,-71.21',
    'Saint-Raymond,46.89,-71.83',
    'Baie-Saint-Paul,47.44,-70.50',
    'La Malbaie,47.65,-70.15',
    'Beaupré,47.05,-70.90',
  ),
  region(
    '04',
    281,
    'Trois-Rivières,46.35,-72.55',
    'Shawinigan,46.57,-72.75',
    'La Tuque,47.44,-72.79',
    'Louiseville,46.26,-72.94',
  ),
  region(
    '05',
    510,
    'Sherbrooke,45.40,-71.89',
    'Magog,45.27,-72.15',
    'Granby,45.40,-72.73',
    'Lac-Mégantic,45.58,-70.88',
    'Coaticook,45.13,-71.80',
  ),
  region(
    '06',
    2120,
    'Montréal,45.51,-73.59',
    'Dorval,45.45,-73.75',
    'Pointe-Claire,45.45,-73.82',
    'Westmount,45.48,-73.60',
    'Côte-Saint-Luc,45.47,-73.67',
  ),
  region(
    '07',
    411,
    'Gatineau,45.48,-75.70',
    'Maniwaki,46.38,-75.97',
    'Chelsea,45.50,-75.78',
    'Buckingham,45.58,-75.42',
  ),
  region(
    '08',
    149,
    'Rouyn-Noranda,48.24,-79.02',
    'Val-d’Or,48.10,-77.78',
    'Amos,48.57,-78.12',
    'La Sarre,48.80,-79.20',
    'Ville-Marie,47.33,-79.43',
  ),
  region(
    '09',
    88,
    'Baie-Comeau,49.22,-68.15',
    'Sept-Îles,50.20,-66.38',
    'Havre-Saint-Pierre,50.24,-63.60',
    'Forestville,48.73,-69.08',
    'Blanc-Sablon,51.42,-57.13',
  ),
  region(
    '10',
    46,
    'Chibougamau,49.91,-74.37',
    'Lebel-sur-Quévillon,49.05,-76.98',
    'Kuujjuaq,58.10,-68.40',
    'Matagami,49.75,-77.63',
    'Radisson,53.79,-77.62',
  ),
  region(
    '11',
    92,
    'Gaspé,48.83,-64.48',
    'Chandler,48.35,-64.67',
    'New Carlisle,48.01,-65.33',
    'Sainte-Anne-des-Monts,49.12,-66.49',
    'Les Îles-de-la-Madeleine,47.38,-61.86',
  ),
  region(
    '12',
    443,
    'Lévis,46.80,-71.18',
    'Saint-Georges,46.12,-70.67',
    'Thetford Mines,46.10,-71.31',
    'Montmagny,46.98,-70.55',
    'Sainte-Marie,46.44,-71.02',
  ),
  region(
    '13',
    446,
    'Laval,45.57,-73.74',
    'Sainte-Rose,45.61,-73.78',
    'Chomedey,45.54,-73.75',
    'Vimont,45.61,-73.72',
  ),
  region(
    '14',
    543,
    'Joliette,46.02,-73.44',
    'Terrebonne,45.70,-73.63',
    'Repentigny,45.74,-73.45',
    'Rawdon,46.05,-73.71',
    'Saint-Michel-des-Saints,46.68,-73.92',
  ),
  region(
    '15',
    657,
    'Saint-Jérôme,45.78,-74.00',
    'Blainville,45.67,-73.88',
    'Sainte-Agathe-des-Monts,46.05,-74.28',
    'Mont-Laurier,46.55,-75.50',
    'Lachute,45.65,-74.33',
  ),
  region(
    '16',
    1490,
    'Longueuil,45.53,-73.51',
    'Saint-Hyacinthe,45.63,-72.95',
    'Saint-Jean-sur-Richelieu,45.31,-73.26',
    'Salaberry-de-Valleyfield,45.25,-74.13',
    'Sorel-Tracy,46.04,-73.11',
    'Châteauguay,45.36,-73.75',
    'Vaudreuil-Dorion,45.40,-74.03',
  ),
  region(
    '17',
    258,
    'Drummondville,45.88,-72.48',
    'Victoriaville,46.05,-71.96',
    'Bécancour,46.34,-72.43',
    'Nicolet,46.22,-72.62',
    'Plessisville,46.22,-71.77',
  ),
]

export const REGION_OF_CAPITAL = REGIONS.findIndex((r) => r.code === '03')
export const REGION_OF_METROPOLIS = REGIONS.findIndex((r) => r.code === '06')
