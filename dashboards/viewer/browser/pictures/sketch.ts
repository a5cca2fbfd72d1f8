/**
 * A sketch of Québec for orientation, [longitude, latitude] in round figures put down by hand from where towns of the shores
 * lie: no map of anybody, and no boundary to rely on.
 */
type Line = readonly (readonly [number, number])[]

/** The river from the lakes to the estuary. */
export const RIVER: Line = [
  [-74.72, 45.0],
  [-74.1, 45.25],
  [-73.55, 45.5],
  [-73.3, 45.85],
  [-73.0, 46.1],
  [-72.5, 46.34],
  [-71.9, 46.6],
  [-71.2, 46.83],
  [-71.0, 46.9],
]

/** Estuary and gulf: the north shore eastward, back along the south shore. */
export const WATER: Line = [
  [-71.0, 46.9],
  [-70.5, 47.44],
  [-70.15, 47.65],
  [-69.72, 48.14],
  [-69.08, 48.74],
  [-68.15, 49.22],
  [-67.6, 49.32],
  [-66.87, 50.02],
  [-66.38, 50.2],
  [-63.6, 50.24],
  [-61.8, 50.18],
  [-60.0, 50.3],
  [-57.1, 51.42],
  [-57.1, 47.0],
  [-64.0, 47.0],
  [-65.0, 47.6],
  [-66.8, 47.98],
  [-66.13, 48.1],
  [-64.68, 48.35],
  [-64.2, 48.52],
  [-64.16, 48.75],
  [-66.49, 49.12],
  [-67.53, 48.85],
  [-68.52, 48.45],
  [-69.18, 48.12],
  [-69.55, 47.84],
  [-70.04, 47.37],
  [-70.55, 46.98],
  [-71.0, 46.9],
]

/** About where the neighbours begin, from James Bay to Chaleur Bay. */
export const LIMIT: Line = [
  [-79.5, 51.5],
  [-79.5, 47.3],
  [-78.7, 46.3],
  [-77.2, 46.0],
  [-76.7, 45.6],
  [-75.7, 45.42],
  [-74.5, 45.5],
  [-74.4, 45.2],
  [-74.72, 45.0],
  [-71.5, 45.0],
  [-71.0, 45.3],
  [-70.4, 45.75],
  [-70.1, 46.4],
  [-69.2, 47.45],
  [-68.4, 47.9],
  [-66.9, 47.98],
]
