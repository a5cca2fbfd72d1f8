import { both, same } from '../language.js'

export const CAPACITY = {
  about: both(
    'Pour la planification : quels liens se remplissent, et quand? La croissance est celle du 95e centile hebdomadaire, par la méthode de Theil et Sen, avec son intervalle.',
    'For planners: which links fill, and when? Growth is that of the weekly 95th percentile, by Theil–Sen, with its interval.',
  ),
  now: {
    title: both('En bref', 'In short'),
    about: both(
      'Liens prévus, dans au moins un sens, au-delà de 80 % ou à saturation dans les 90 jours, liens déjà au-dessus de 80 %, et liens pour lesquels une prévision existe (huit semaines de mesures).',
      'Links forecast, in one direction at least, above 80% or full within 90 days, links already above 80%, and links with a forecast (eight weeks of measurements).',
    ),
    full: both('Saturés avant 90 jours', 'Full within 90 days'),
    near: both('À 80 % avant 90 jours', 'At 80% within 90 days'),
    over: both('Déjà au-dessus de 80 %', 'Above 80% already'),
    links: both('Liens prévus', 'Links with a forecast'),
  },
  runout: {
    title: both('Échéances', 'Runout'),
    about: both(
      'Jour où le 95e centile hebdomadaire atteindra 80 % et 100 % de la capacité, avec le plus tôt et le plus tard que l’intervalle de croissance permet. Sans croissance, pas de date.',
      'Day on which the weekly 95th percentile reaches 80% and 100% of the capacity, with the earliest and latest that the interval of growth allows. No growth, no date.',
    ),
    link: both('Lien', 'Link'),
    direction: both('Sens', 'Direction'),
    organization: both('Organisme', 'Organisation'),
    capacity: both('Capacité', 'Capacity'),
    used: both('Utilisation, 95e centile', 'Utilisation, 95th percentile'),
    growth: both('Croissance par semaine', 'Growth a week'),
    full_80: both('80 % le', '80% on'),
    full_100: both('100 % le', '100% on'),
    earliest: both('Au plus tôt', 'At the earliest'),
    latest: both('Au plus tard', 'At the latest'),
  },
  weeks: {
    title: both('95e centile par semaine', '95th percentile by week'),
    about: both(
      'Les huit liens et sens les plus remplis, en pour cent de leur capacité.',
      'The eight fullest links and directions, in percent of their capacity.',
    ),
  },
  hours: {
    title: both('Heures de pointe', 'Busy hours'),
    about: both(
      'Utilisation moyenne des liens choisis par jour et par heure, sur 28\u00a0jours\u00a0: les deux sens ensemble, en pour cent de la capacité. Les fins de semaine et les sauvegardes de nuit s’y lisent d’un coup d’œil.',
      'Mean utilisation of the chosen links by day and hour, over 28 days: both directions together, in percent of the capacity. Weekends and nightly backups show at a glance.',
    ),
  },
  month: {
    title: both('Liens les plus remplis du mois', 'Fullest links of the month'),
    about: both(
      'Utilisation au 95e centile et en pointe dans le mois où la période se termine, marge et heure la plus chargée. La moyenne ne dit rien d’un lien.',
      'Utilisation at the 95th percentile and at its peak in the month in which the range ends, headroom and busiest hour. A mean says nothing of a link.',
    ),
    p95: both('95e centile', '95th percentile'),
    peak: both('Pointe', 'Peak'),
    headroom: both('Marge', 'Headroom'),
    hour: both('Heure de pointe', 'Busy hour'),
  },
  headroom: {
    title: both('Marge par région', 'Headroom by region'),
    about: both(
      'Capacité moins le 95e centile du sens le plus rempli, additionnée sur les liens.',
      'Capacity less the 95th percentile of the fuller direction, added up over links.',
    ),
  },
  contributors: {
    title: both('Qui remplit les liens', 'Who fills the links'),
    about: both(
      'Volume du mois par application et organisme.',
      'Volume of the month by application and organisation.',
    ),
    application: same('Application'),
    volume: same('Volume'),
    share: both('Part', 'Share'),
  },
}

/** Hours of a day. */
export const HOURS = Array.from({ length: 24 }, (_, hour) =>
  both(`${hour}\u00a0h`, `${String(hour).padStart(2, '0')}:00`),
)

/** Directions of a link, seen from its site. */
export const LINK_DIRECTIONS = [
  { value: 'tx', text: both('Sortant', 'Outbound') },
  { value: 'rx', text: both('Entrant', 'Inbound') },
]
