import type { Bilingual } from '../model/finding.js'

/**
 * The 134 organisations: 34 health establishments, 100 ministries and bodies. Their names are invented; any
 * likeness to a real one is the fault of a small vocabulary.
 */
export type OrganizationKind = 'health_establishment' | 'ministry' | 'body'

export interface Organization {
  readonly index: number
  readonly id: string
  readonly name: Bilingual
  readonly kind: OrganizationKind
  /** Index into `REGIONS` of its head office. */
  readonly region: number
}

/** Territories that exist on no map. Two a region, in the order of the regions. */
const TERRITORIES = [
  'des Hauts-Plateaux',
  'du Fleuve-aux-Oies',
  'des Deux-Fjords',
  'de la Plaine-Bleue',
  'des Remparts',
  'de la Côte-aux-Ormes',
  'des Trois-Rapides',
  'de la Haute-Forge',
  'des Monts-Verdoyants',
  'du Lac-aux-Hérons',
  'de l’Île-aux-Tilleuls',
  'du Canal-Vieux',
  'des Collines-Grises',
  'de la Rivière-aux-Loutres',
  'de la Ceinture-d’Or',
  'des Épinettes-Noires',
  'des Sept-Phares',
  'du Grand-Large',
  'de la Toundra',
  'de la Baie-aux-Lacs',
  'des Falaises-Rouges',
  'de l’Archipel-du-Golfe',
  'de la Beauce-aux-Érables',
  'des Appalaches-Douces',
  'de l’Île-aux-Pommiers',
  'des Prairies-Hautes',
  'des Deux-Chutes',
  'de la Forêt-Claire',
  'des Pays-Bas-Boisés',
  'du Nord-aux-Pins',
  'de la Vallée-des-Vergers',
  'du Mont-Solitaire',
  'des Bois-Francs-Neufs',
  'de la Rive-aux-Canneberges',
] as const

const HEALTH_KINDS: readonly { readonly id: string; readonly fr: string; readonly en: string }[] = [
  {
    id: 'ciss',
    fr: 'Centre intégré de santé et de services sociaux',
    en: 'Integrated health and social services centre',
  },
  { id: 'chr', fr: 'Centre hospitalier régional', en: 'Regional hospital centre' },
]

/** `kind slug|French with its article|English`; a subject stands once, so that names are unique. */
const MINISTRIES = `
eaux-interieures|des Eaux intérieures|Inland Waters
forets-nordiques|des Forêts nordiques|Northern Forests
routes-ponts|des Routes et des Ponts|Roads and Bridges
finances-territoriales|des Finances territoriales|Territorial Finance
apprentissage|de l’Apprentissage|Learning
savoirs-avances|des Savoirs avancés|Advanced Knowledge
mieux-etre|du Mieux-être|Well-being
ainesse|des Personnes aînées|Older Persons
terres-agricoles|des Terres agricoles|Farmland
metiers|des Métiers et de l’Embauche|Trades and Hiring
lettres-patrimoine|des Lettres et du Patrimoine|Letters and Heritage
accueil|de l’Accueil et de l’Établissement|Reception and Settlement
droit-equite|du Droit et de l’Équité|Law and Fairness
protection-civile|de la Protection civile|Civil Protection
villes-villages|des Villes et des Villages|Towns and Villages
habitat|de l’Habitat|Housing
villegiature|de la Villégiature|Holidaymaking
mines-energies|des Mines et des Énergies|Mines and Energy
air-climat|de l’Air et du Climat|Air and Climate
relations-exterieures|des Relations extérieures|External Relations
peuples-autochtones|des Relations avec les nations|Relations with the Nations
donnees-publiques|des Données publiques|Public Data`

const BODIES = `
regie|Régie|Board|des baux ruraux|of Rural Leases
regie|Régie|Board|des bâtiments anciens|of Old Buildings
regie|Régie|Board|de la marée et des ports|of Tides and Ports
regie|Régie|Board|des marchés de proximité|of Local Markets
regie|Régie|Board|de l’épargne collective|of Collective Savings
regie|Régie|Board|des énergies locales|of Local Energy
regie|Régie|Board|des courses hippiques|of Horse Racing
regie|Régie|Board|des soins à domicile|of Home Care
office|Office|Office|de la signalisation|of Road Signs
office|Office|Office|des noms de lieux-dits|of Named Places
office|Office|Office|du bon voisinage|of Good Neighbours
office|Office|Office|des consommations courantes|of Everyday Consumption
office|Office|Office|des métiers réglementés|of Regulated Trades
office|Office|Office|de la langue parlée|of the Spoken Language
office|Office|Office|des personnes vulnérables|of Vulnerable Persons
office|Office|Office|de la randonnée|of Hiking
commission|Commission|Commission|des toponymes oubliés|of Forgotten Place Names
commission|Commission|Commission|des parcs riverains|of Riverside Parks
commission|Commission|Commission|de l’accès aux archives|of Access to Archives
commission|Commission|Commission|des transports lents|of Slow Transport
commission|Commission|Commission|de la santé au chantier|of Health on Building Sites
commission|Commission|Commission|des carrières publiques|of Public Careers
commission|Commission|Commission|de la construction de bois|of Timber Construction
commission|Commission|Commission|des libérations anticipées|of Early Releases
commission|Commission|Commission|des libertés civiles|of Civil Liberties
commission|Commission|Commission|du scrutin scolaire|of School Elections
agence|Agence|Agency|du covoiturage|of Carpooling
agence|Agence|Agency|des perceptions|of Collections
agence|Agence|Agency|des bassins versants|of Watersheds
agence|Agence|Agency|de la mobilité étudiante|of Student Mobility
agence|Agence|Agency|des achats groupés|of Group Purchasing
agence|Agence|Agency|du numérique de proximité|of Local Digital Services
agence|Agence|Agency|du bien-être animal|of Animal Welfare
agence|Agence|Agency|du don de tissus|of Tissue Donation
agence|Agence|Agency|de la géomatique|of Geomatics
societe|Société|Corporation|des traverses d’hiver|of Winter Crossings
societe|Société|Corporation|des salles de quartier|of Neighbourhood Halls
societe|Société|Corporation|des immeubles communs|of Shared Buildings
societe|Société|Corporation|de l’habitation coopérative|of Co-operative Housing
societe|Société|Corporation|des jardins et volières|of Gardens and Aviaries
societe|Société|Corporation|des sentiers ferrés|of Rail Trails
societe|Société|Corporation|de la pêche durable|of Sustainable Fishing
societe|Société|Corporation|du vieux port|of the Old Port
societe|Société|Corporation|du cinéma itinérant|of Travelling Cinema
societe|Société|Corporation|de récupération|of Recycling
conseil|Conseil|Council|des arts du bois|of Wood Arts
conseil|Conseil|Council|de la jeunesse rurale|of Rural Youth
conseil|Conseil|Council|de l’égalité des chances|of Equal Opportunity
conseil|Conseil|Council|des bibliothèques de prêt|of Lending Libraries
conseil|Conseil|Council|de la justice de paix|of Justices of the Peace
conseil|Conseil|Council|du patrimoine vivant|of Living Heritage
conseil|Conseil|Council|des sciences du froid|of Cold Sciences
tribunal|Tribunal|Tribunal|des clôtures et fossés|of Fences and Ditches
tribunal|Tribunal|Tribunal|des marchés de gré à gré|of Private Contracts
tribunal|Tribunal|Tribunal|du travail saisonnier|of Seasonal Work
tribunal|Tribunal|Tribunal|des petites créances agricoles|of Small Farm Claims
institut|Institut|Institute|de la mesure|of Measurement
institut|Institut|Institute|de la santé des sols|of Soil Health
institut|Institut|Institute|des hautes latitudes|of High Latitudes
institut|Institut|Institute|de tourisme et de table|of Tourism and Table
institut|Institut|Institute|du dénombrement|of Counting
institut|Institut|Institute|de la veille sanitaire|of Health Watch
institut|Institut|Institute|de l’excellence clinique|of Clinical Practice
bureau|Bureau|Bureau|des coroners itinérants|of Travelling Coroners
bureau|Bureau|Bureau|des plaintes ferroviaires|of Railway Complaints
bureau|Bureau|Bureau|de normalisation locale|of Local Standards
bureau|Bureau|Bureau|des enquêtes routières|of Road Inquiries
bureau|Bureau|Bureau|d’audiences sur le littoral|of Shoreline Hearings
centre|Centre|Centre|d’acquisitions communes|of Common Purchasing
centre|Centre|Centre|des urgences routières|of Road Emergencies
centre|Centre|Centre|d’expertise des barrages|of Dam Expertise
centre|Centre|Centre|de la relève artisanale|of Craft Succession
fonds|Fonds|Fund|de recherche boréale|for Boreal Research
fonds|Fonds|Fund|d’assurance récolte|for Crop Insurance
fonds|Fonds|Fund|de solidarité des îles|for Island Solidarity
musee|Musée|Museum|des eaux vives|of White Water
musee|Musée|Museum|de la poste|of the Post`

/** The body that runs the three data centres. */
const SHARED_SERVICES = {
  id: 'centre-services-partages',
  name: { fr: 'Centre de services partagés du réseau', en: 'Shared Services Centre of the Network' },
}

const slug = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^(des|du|de-la|de-l|de|d)-/, '')
    .replace(/^-|-$/g, '')

const rows = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split('|'))

function healthEstablishments(): Omit<Organization, 'index'>[] {
  return TERRITORIES.map((territory, i) => {
    // A region's first territory has the integrated centre, its second one the hospital centre.
    const kind = HEALTH_KINDS[i % 2]!
    return {
      id: `${kind.id}-${slug(territory)}`,
      name: {
        fr: `${kind.fr} ${territory}`,
        en: `${kind.en} (${territory.replace(/^(des|du|de la|de l’) ?/, '')})`,
      },
      kind: 'health_establishment',
      region: Math.floor(i / 2),
    }
  })
}

/** All organisations; the first 34 are health establishments, the 35th runs the data centres. */
export function referenceOrganizations(capital: number, metropolis: number): Organization[] {
  const seat = (i: number): number => (i % 3 === 2 ? metropolis : capital)
  const ministries = rows(MINISTRIES).map(([id, fr, en], i) => ({
    id: `ministere-${id!}`,
    name: { fr: `Ministère ${fr!}`, en: `Ministry of ${en!}` },
    kind: 'ministry' as const,
    region: seat(i),
  }))
  const bodies = rows(BODIES).map(([id, fr, en, frOf, enOf], i) => ({
    id: `${id!}-${slug(frOf!)}`,
    name: { fr: `${fr!} ${frOf!}`, en: `${en!} ${enOf!}` },
    kind: 'body' as const,
    region: seat(i + 1),
  }))
  const shared = { ...SHARED_SERVICES, kind: 'body' as const, region: capital }
  return [...healthEstablishments(), shared, ...ministries, ...bodies].map((o, index) => ({ index, ...o }))
}
