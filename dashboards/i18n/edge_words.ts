import { both, same } from '../language.js'
import { STATES } from '../vocabulary/palette.js'

/** States of paths and sites by rank, as `queries/edges.ts` gives them. */
export const PATH_STATES = [
  { value: 3, text: both('Hors service', 'Down'), colour: STATES.critical.dark },
  { value: 2, text: both('Dégradé', 'Degraded'), colour: STATES.warning.dark },
  { value: 1, text: both('En service', 'Up'), colour: STATES.good.dark },
  { value: 0, text: both('Inconnu', 'Unknown'), colour: STATES.unknown.dark },
]

/** The same for several. */
export const SITE_COUNTS = {
  up: both('En service', 'Up'),
  degraded: both('Dégradés', 'Degraded'),
  down: both('Hors service', 'Down'),
  unknown: both('Inconnus', 'Unknown'),
}

/** Columns and lines of paths. */
export const EDGE_WORDS = {
  path: both('Chemin', 'Path'),
  state: both('État', 'State'),
  supplier: both('Fournisseur', 'Supplier'),
  site: same('Site'),
  latency: both('Aller-retour, p95', 'Round trip, p95'),
  jitter: same('Variation, p95'),
  loss: both('Perte', 'Loss'),
  mos: both('MOS calculé', 'Computed MOS'),
  median: both('Médiane', 'Median'),
  p95: both('95e centile', '95th percentile'),
  mean: both('Moyenne', 'Mean'),
}
