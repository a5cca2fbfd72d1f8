import { type Field, fieldsOf } from '../../shared/fields.js'
import type { Cell, Frame, Panel } from '../../shared/protocol.js'

/** A part of a place: how many of its sites are in one state. */
export interface Part {
  readonly field: Field
  readonly value: number
}

/** One row of the map, or several that lie too near to be told apart. */
export interface Place {
  readonly frame: Frame
  /** The row that names it: the largest of those gathered. */
  readonly row: readonly Cell[]
  readonly name: string
  readonly region: string
  readonly lat: number
  readonly lon: number
  readonly size: number
  readonly parts: readonly Part[]
  readonly rows: number
}

/** Rows that say where they are. Columns with a colour of their own are the parts of a place, worst first. */
export function placesOf(panel: Panel, frame: Frame): Place[] {
  const fields = fieldsOf(panel, frame.columns)
  const at = (name: string): number => fields.findIndex(({ column }) => column.name === name)
  const [lat, lon, size, name, region] = ['lat', 'lon', 'sites', 'place', 'region'].map(at)
  const parts = fields.filter(({ color, column }) => color?.mode === 'fixed' && column.kind === 'number')
  return frame.rows.flatMap((row): Place[] => {
    const [y, x] = [row[lat!], row[lon!]]
    if (typeof y !== 'number' || typeof x !== 'number') return []
    return [
      {
        frame,
        row,
        name: String(row[name!] ?? ''),
        region: String(row[region!] ?? ''),
        lat: y,
        lon: x,
        size: Number(row[size!] ?? 0),
        parts: parts.map((field) => ({ field, value: Number(row[field.index] ?? 0) })),
        rows: 1,
      },
    ]
  })
}

/** Beyond this the north is drawn at a smaller scale: few live there, and the south would be a heap. */
export const NORTH = 50.5
const NORTH_SCALE = 0.4
const MIDDLE = Math.cos((47.5 * Math.PI) / 180)

/** A place on a flat page, both axes in degrees of latitude, y downward. */
export const project = (lon: number, lat: number): readonly [number, number] => [
  lon * MIDDLE,
  -(Math.min(lat, NORTH) + Math.max(0, lat - NORTH) * NORTH_SCALE),
]

/** Where a place is drawn, px. */
export interface Spot extends Place {
  readonly x: number
  readonly y: number
  readonly radius: number
}

export const radiusOf = (size: number, largest: number): number =>
  9 + 17 * Math.sqrt(size / Math.max(1, largest))

/** Gathers places whose marks would cover one another, the largest first. */
export function gathered(places: readonly Place[], at: (place: Place) => readonly [number, number]): Spot[] {
  const largest = places.reduce((n, { size }) => Math.max(n, size), 1)
  const spots: Spot[] = []
  for (const place of [...places].sort((a, b) => b.size - a.size)) {
    const [x, y] = at(place)
    const radius = radiusOf(place.size, largest)
    const near = spots.findIndex((s) => Math.hypot(s.x - x, s.y - y) < (s.radius + radius) * 0.9)
    if (near < 0) spots.push({ ...place, x, y, radius })
    else spots[near] = joined(spots[near]!, place, largest)
  }
  return spots
}

function joined(spot: Spot, place: Place, largest: number): Spot {
  const size = spot.size + place.size
  return {
    ...spot,
    size,
    rows: spot.rows + 1,
    radius: radiusOf(Math.min(size, largest), largest),
    parts: spot.parts.map((part, i) => ({ ...part, value: part.value + place.parts[i]!.value })),
  }
}
