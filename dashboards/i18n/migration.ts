import { both, same } from '../language.js'

export const MIGRATION = {
  about: both(
    'Pour le programme : la migration de RITM à RGT et le regroupement des salles suivent-ils le plan, et la qualité est-elle gardée?',
    'For the programme: are the move from RITM to RGT and the consolidation of rooms on plan, and is quality kept?',
  ),
  now: {
    title: both('En bref', 'In short'),
    about: both(
      'Sites migrés, sites dont la date est passée, part du trafic sur RGT au dernier jour mesuré, salles qui reçoivent encore du trafic.',
      'Sites migrated, sites whose date has passed, share of traffic on RGT on the last day measured, rooms that still receive traffic.',
    ),
    done: both('Sites migrés', 'Sites migrated'),
    all: both('Sites en tout', 'Sites in all'),
    late: both('En retard', 'Late'),
    share: both('Part sur RGT', 'Share on RGT'),
    rooms: both('Salles encore utilisées', 'Rooms still in use'),
  },
  progress: {
    title: both('Sites migrés', 'Sites migrated'),
    about: both('Cumul des sites prévus et migrés.', 'Sites planned and migrated so far.'),
    planned: both('Prévus', 'Planned'),
    done: both('Migrés', 'Migrated'),
  },
  waves: {
    title: both('Vagues', 'Waves'),
    about: both(
      'Avancement de chaque vague, avec le nombre de sites et non le seul pourcentage.',
      'Progress of each wave, with the number of sites and not the percentage alone.',
    ),
    wave: both('Vague', 'Wave'),
    sites: both('Nombre de sites', 'Number of sites'),
    ratio: both('Avancement', 'Progress'),
    last: both('Dernière date prévue', 'Last planned day'),
  },
  quality: {
    title: both('Avant et après', 'Before and after'),
    about: both(
      'Délai aller-retour (95e centile), perte et disponibilité de chaque site migré, vingt-huit jours avant et après sa migration.',
      'Round trip (95th percentile), loss and availability of each migrated site, twenty-eight days before and after its move.',
    ),
    site: both('Site migré', 'Migrated site'),
    day: both('Migré le', 'Migrated on'),
    delay_before: both('Délai avant', 'Delay before'),
    delay_after: both('Délai après', 'Delay after'),
    loss_before: both('Perte avant', 'Loss before'),
    loss_after: both('Perte après', 'Loss after'),
    up_before: both('Disponibilité avant', 'Availability before'),
    up_after: both('Disponibilité après', 'Availability after'),
  },
  share: {
    title: both('Trafic par réseau', 'Traffic by network'),
    about: both(
      'Volume quotidien sur chacun des deux réseaux, trente derniers jours.',
      'Daily volume on each of the two networks, last thirty days.',
    ),
    ritm: same('RITM'),
    rgt: same('RGT'),
    other: both('Autre', 'Other'),
  },
  rooms: {
    title: both('Trafic vers les salles à fermer', 'Traffic to rooms that are to close'),
    about: both(
      'Volume du mois qui aboutit encore dans chaque salle de serveurs. Une salle sans trafic peut fermer.',
      'Volume of the month that still ends in each server room. A room without traffic may close.',
    ),
    room: both('Salle', 'Room'),
    into: both('Déménage vers', 'Moves into'),
    organization: both('Organisme', 'Organisation'),
    volume: both('Volume reçu', 'Volume received'),
    planned: both('Prévu le', 'Planned on'),
  },
  cloud: {
    title: both('Part infonuagique', 'Cloud share'),
    about: both(
      'Part du volume échangée avec des fournisseurs infonuagiques, par jour, trente derniers jours.',
      'Share of the volume exchanged with cloud providers, by day, last thirty days.',
    ),
    share: both('Part du volume', 'Share of volume'),
  },
}
