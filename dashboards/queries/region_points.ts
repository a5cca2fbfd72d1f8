/**
 * Where a site is drawn whose coordinates the registry does not hold: at a town of its region, [latitude, longitude] in
 * hundredths of a degree. Put down by hand; enough to find the region, no more.
 */
const POINTS: readonly (readonly [number, number])[] = [
  [48.45, -68.52], // Rimouski
  [48.43, -71.07], // Saguenay
  [46.81, -71.21], // Québec
  [46.35, -72.55], // Trois-Rivières
  [45.4, -71.89], // Sherbrooke
  [45.51, -73.57], // Montréal
  [45.48, -75.7], // Gatineau
  [48.24, -79.02], // Rouyn-Noranda
  [49.22, -68.15], // Baie-Comeau
  [49.91, -74.37], // Chibougamau
  [48.83, -64.48], // Gaspé
  [46.45, -71.03], // Sainte-Marie
  [45.58, -73.75], // Laval
  [46.02, -73.44], // Joliette
  [45.78, -74.0], // Saint-Jérôme
  [45.31, -73.26], // Saint-Jean-sur-Richelieu
  [45.88, -72.48], // Drummondville
]

const table = (part: 0 | 1): string =>
  `[${POINTS.map((_, i) => i + 1).join(', ')}], [${POINTS.map((point) => point[part].toFixed(2)).join(', ')}]`

/** A site's coordinate by the registry, else its region's; NULL where neither is known. */
export const coordinate = (axis: 'lat' | 'lon', site: string, region: string): string =>
  `ifNull(nullIf(dictGetOrDefault('vigie.sites_names', '${axis}', toUInt64(${site}), toFloat64(0)), 0),
    transform(toUInt8(${region}), ${table(axis === 'lat' ? 0 : 1)}, NULL))`
