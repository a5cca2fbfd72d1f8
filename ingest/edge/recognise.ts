import type { JsonObject } from './json.js'
import type { Payload } from './payload.js'

/** How many rows or lines are looked at to tell a vendor. */
const LOOKED_AT = 20

/** Confidence by rows: `sure` when any of the first rows has the shape, else 0. */
export function rowsLike(payload: Payload, sure: number, shape: (row: JsonObject) => boolean): number {
  for (const { value } of payload.rows.slice(0, LOOKED_AT)) if (shape(value)) return sure
  return 0
}

/** Confidence by lines of text. */
export function linesLike(payload: Payload, sure: number, shape: RegExp): number {
  for (const { value } of payload.lines.slice(0, LOOKED_AT)) if (shape.test(value)) return sure
  return 0
}

/** Confidence by whole documents. */
export function documentsLike(payload: Payload, sure: number, shape: (value: unknown) => boolean): number {
  for (const { value } of payload.documents.slice(0, LOOKED_AT)) if (shape(value)) return sure
  return 0
}
