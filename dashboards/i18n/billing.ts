import { both, same } from '../language.js'

export const BILLING = {
  about: both(
    'Pour les finances : que devons-nous, et cela concorde-t-il? Mois où la période se termine; une facture en cours de mois est provisoire.',
    'For finance: what do we owe, and does it match? The month in which the range ends; an invoice of a month under way is provisional.',
  ),
  now: {
    title: both('Facture consolidée du mois', 'Consolidated invoice of the month'),
    about: both(
      'Total de tous les fournisseurs et organismes choisis, ce qui y est dû aux dépassements de débit et de volume, et les crédits de service déduits.',
      'Total of all chosen suppliers and organisations, what of it is burst and extra volume, and the service credits taken off.',
    ),
    total: same('Total'),
    base: both('Forfaits', 'Base prices'),
    burst: both('Dépassements de débit', 'Bursts'),
    volume: both('Volume en sus', 'Extra volume'),
    credit: both('Crédits', 'Credits'),
    links: both('Liens facturés', 'Links billed'),
  },
  organizations: {
    title: both('Par organisme', 'By organisation'),
    about: both(
      'Montants du mois par organisme et par fournisseur.',
      'Amounts of the month by organisation and supplier.',
    ),
    organization: both('Organisme', 'Organisation'),
    supplier: both('Fournisseur', 'Supplier'),
  },
  usage: {
    title: both('Liens au-dessus de leur débit garanti', 'Links above their committed rate'),
    about: both(
      '95e centile facturé (intervalles de 5 min, selon la règle du contrat) à côté du débit garanti, le plus grand dépassement d’abord.',
      'Billed 95th percentile (5-minute intervals, by the contract’s rule) beside the committed rate, largest excess first.',
    ),
    link: both('Lien', 'Link'),
    committed: both('Débit garanti', 'Committed rate'),
    p95: both('95e centile facturé', 'Billed 95th percentile'),
    burst: both('Dépassement', 'Excess'),
    measured: both('Mesuré', 'Measured'),
  },
  percentile: {
    title: both(
      '95e centile du lien au plus grand dépassement',
      '95th percentile of the link with the largest excess',
    ),
    about: both(
      'Débit par intervalles de 5\u00a0min du lien qui dépasse le plus son débit garanti, dans le sens le plus chargé, avec le 95e centile de la période et le débit garanti. Filtrer par organisme ou fournisseur pour un autre lien.',
      'Rate over 5-minute intervals of the link that exceeds its committed rate most, in its busier direction, with the 95th percentile of the range and the committed rate. Filter by organisation or supplier for another link.',
    ),
    rate: both('Débit', 'Rate'),
    p95: both('95e centile de la période', '95th percentile of the range'),
  },
  lines: {
    title: both('Lignes de facture', 'Invoice lines'),
    about: both(
      'Chaque ligne du mois, la plus chère d’abord, avec sa quantité, son prix et sa part du mois.',
      'Each line of the month, the most expensive first, with its quantity, price and share of the month.',
    ),
    item: both('Poste', 'Item'),
    quantity: both('Quantité', 'Quantity'),
    price: both('Prix unitaire', 'Unit price'),
    part: both('Part du mois', 'Share of month'),
    amount: both('Montant', 'Amount'),
  },
  trend: {
    title: both('Treize mois', 'Thirteen months'),
    about: both('Montant par fournisseur et par mois.', 'Amount by supplier and month.'),
  },
}

/** Items of an invoice line. */
export const INVOICE_ITEMS = [
  { value: 'base', text: both('Forfait', 'Base price') },
  { value: 'burst', text: both('Dépassement de débit', 'Burst') },
  { value: 'volume', text: both('Volume en sus', 'Extra volume') },
  { value: 'credit', text: both('Crédit de service', 'Service credit') },
]
