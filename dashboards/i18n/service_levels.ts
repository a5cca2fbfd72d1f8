import { both } from '../language.js'

export const SERVICE_LEVELS = {
  about: both(
    'Pour le gestionnaire des niveaux de service : qui tient son contrat, qui doit un crédit? Mois où la période se termine. Le temps inconnu est compté à part, jamais comme disponible.',
    'For the service level manager: who keeps the contract, who owes? The month in which the range ends. Unknown time is counted apart, never as available.',
  ),
  now: {
    title: both('Le mois en bref', 'The month in short'),
    about: both(
      'Disponibilité de tous les liens choisis, part du temps réellement mesurée, liens sous l’objectif, minutes de dépassement et crédits dus.',
      'Availability of all chosen links, share of time really measured, links below objective, breach minutes and credits due.',
    ),
    availability: both('Disponibilité', 'Availability'),
    measured: both('Temps mesuré', 'Time measured'),
    links: both('Liens sous l’objectif', 'Links below objective'),
    breach: both('Dépassement', 'Breach'),
    credit: both('Crédits dus', 'Credits due'),
  },
  suppliers: {
    title: both('Par fournisseur', 'By supplier'),
    about: both(
      'Disponibilité mesurée et promise, budget d’erreur, temps inconnu, délai de rétablissement et crédits de chaque fournisseur. Un mois en cours est provisoire.',
      'Measured and promised availability, error budget, unknown time, time to restore and credits of each supplier. A month under way is provisional.',
    ),
    supplier: both('Fournisseur', 'Supplier'),
    objective: both('Objectif', 'Objective'),
    budget_left: both('Budget restant', 'Budget left'),
    unknown: both('Inconnu', 'Unknown'),
    outages: both('Pannes', 'Outages'),
    mttr: both('Rétablissement moyen', 'Mean time to restore'),
    state: both('État du mois', 'State of the month'),
  },
  budget: {
    title: both('Budget d’erreur utilisé', 'Error budget used'),
    about: both(
      'Part du temps de panne permis qui est déjà consommée, par classe de service. Au-delà de 100 % l’objectif est manqué.',
      'Share of the allowed downtime already used, by class of service. Above 100% the objective is missed.',
    ),
    used: both('Utilisé', 'Used'),
  },
  burn: {
    title: both('Vitesse d’épuisement', 'Burn rate'),
    about: both(
      'Rythme auquel le budget se consomme à la fin de la période : 1, tout juste le budget du mois; 14,4, le budget du mois en deux jours.',
      'Pace at which the budget is used at the end of the range: 1, just the month’s budget; 14.4, the month’s budget in two days.',
    ),
    window: both('Fenêtre', 'Window'),
    rate: both('Vitesse', 'Rate'),
    down: both('Panne', 'Downtime'),
  },
  days: {
    title: both('Disponibilité par jour', 'Availability by day'),
    about: both(
      'Disponibilité des liens choisis, par fournisseur et par jour, sur 30\u00a0jours. Le temps inconnu n’est compté ni pour ni contre.',
      'Availability of the chosen links, by supplier and day, over 30 days. Unknown time counts neither for nor against.',
    ),
  },
  attribution: {
    title: both('Où les minutes se perdent', 'Where the minutes go'),
    about: both(
      'Minutes de panne du mois qui comptent, maintenance déduite, par site. Un clic mène au site.',
      'Minutes of downtime of the month that count, maintenance taken off, by site. A click leads to the site.',
    ),
    counted: both('Minutes comptées', 'Minutes counted'),
  },
  links: {
    title: both('Liens sous l’objectif', 'Links below objective'),
    about: both(
      'Liens dont la disponibilité du mois est sous celle du contrat, le plus long dépassement d’abord.',
      'Links whose availability of the month is below the contract’s, longest breach first.',
    ),
    link: both('Lien', 'Link'),
    organization: both('Organisme', 'Organisation'),
    unknown_minutes: both('Minutes inconnues', 'Unknown minutes'),
  },
  quality: {
    title: both('Délai, variation, perte et voix', 'Delay, variation, loss and voice'),
    about: both(
      '95e centiles par classe de service, à côté de l’objectif; aller-retour et sens unique ne s’additionnent pas.',
      '95th percentiles by class of service, beside the objective; round trip and one way are kept apart.',
    ),
    class: both('Classe', 'Class'),
    round_trip: both('Aller-retour', 'Round trip'),
    round_trip_objective: both('Objectif aller-retour', 'Round-trip objective'),
    one_way: both('Sens unique', 'One way'),
    variation: both('Variation du délai', 'Delay variation'),
    loss: both('Perte moyenne', 'Mean loss'),
    mos: both('MOS moyen', 'Mean MOS'),
  },
  trend: {
    title: both('Disponibilité par mois', 'Availability by month'),
    about: both(
      'Disponibilité de chaque fournisseur, mois par mois, dans la période choisie.',
      'Availability of each supplier, month by month, in the chosen range.',
    ),
  },
}

/** Whether a month can still change. */
export const MONTH_STATES = [
  { value: 1, text: both('Définitif', 'Final') },
  { value: 0, text: both('Provisoire', 'Provisional') },
]
