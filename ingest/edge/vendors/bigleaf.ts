import { byDirection, type EdgeDraft } from '../draft.js'
import { firstText, has, type JsonObject, objectsOf, textOf } from '../json.js'
import type { Payload, Piece } from '../payload.js'
import { rowsLike } from '../recognise.js'
import { stateOf } from '../states.js'
import { firstTimeMs } from '../times.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

const hasCircuits = (row: JsonObject): boolean =>
  objectsOf(row.circuits).some(
    (circuit) => has(circuit, 'status') && ('circuit_id' in circuit || 'name' in circuit),
  )

/** Sites, bare or under `sites`. */
const sitesOf = (payload: Payload): Piece<JsonObject>[] =>
  payload.rows.flatMap(({ value, place }) =>
    Array.isArray(value.sites)
      ? objectsOf(value.sites).map((site) => ({ value: site, place }))
      : [{ value, place }],
  )

/** States only. The unit of a circuit's bandwidth is not stated, and it is no rate: it is not read. */
const circuits = (site: JsonObject): EdgeDraft[] =>
  objectsOf(site.circuits).flatMap((circuit) =>
    byDirection(
      {
        kind: 'link',
        observed_ms: firstTimeMs(circuit.updated_at, site.updated_at, site.timestamp),
        site: firstText(site.site_id, site.site_name),
        link: firstText(circuit.name, circuit.circuit_id),
        carrier: textOf(circuit.provider),
      },
      { both: stateOf(circuit.status) },
    ),
  )

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  return sitesOf(payload).flatMap(({ value, place }) => {
    if (!Array.isArray(value.circuits)) context.reject('row_invalid', place, "a site without 'circuits'")
    return circuits(value)
  })
}

/** Bigleaf: API v2, circuit status (10 requests a minute). */
export const bigleaf: EdgeVendor = {
  id: 'bigleaf',
  titles: { fr: 'Bigleaf', en: 'Bigleaf' },
  transports: ['rest'],
  kinds: ['link'],
  fields: ['state'],
  identity: { site: 'site id', link: 'circuit' },
  documentation: 'https://www.bigleaf.net/',
  recognise: (payload) =>
    rowsLike(payload, 0.85, (row) => hasCircuits(row) || objectsOf(row.sites).some(hasCircuits)),
  normalise,
}
