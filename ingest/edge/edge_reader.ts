import type { EdgePayload } from '../../model/edge_payload.js'
import type { EdgeRecord } from '../../model/edge_record.js'
import type { EdgeReader, EdgeReading } from '../../model/ports.js'
import { mosOf } from './draft.js'
import { normalisePayload } from './normalise.js'
import type { EdgeVendor } from './vendor.js'
import { EDGE_VENDORS } from './vendors/index.js'

/** Reads payloads with the adapters, and those that mappings make (`mappedVendor`), which go by their own ids. */
export class AdapterReader implements EdgeReader {
  readonly #vendors: readonly EdgeVendor[]
  readonly #mapped: ReadonlyMap<string, EdgeVendor>

  constructor(mapped: readonly EdgeVendor[] = []) {
    this.#mapped = new Map(mapped.map((vendor) => [vendor.id, vendor]))
    this.#vendors = EDGE_VENDORS
  }

  /** Whether payloads may be addressed to `vendor`. */
  knows(vendor: string): boolean {
    return vendor === 'auto' || this.#mapped.has(vendor) || this.#vendors.some(({ id }) => id === vendor)
  }

  read({ bytes, vendor, origin, receivedMs }: EdgePayload): EdgeReading {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
    const mapped = this.#mapped.get(vendor)
    const result = normalisePayload(text, {
      vendor,
      vendors: mapped === undefined ? this.#vendors : [mapped],
      receivedMs,
      origin,
    })
    const { records, rejects } = result
    const { id, mergeS, absenceS } = result.vendor ?? {}
    return {
      records,
      rejects,
      ...(id !== undefined && { vendor: id }),
      ...(mergeS !== undefined && { mergeMs: mergeS * 1000 }),
      ...(absenceS !== undefined && { absenceMs: absenceS * 1000 }),
    }
  }

  finish(record: EdgeRecord): EdgeRecord {
    if (record.kind !== 'link' && record.kind !== 'tunnel') return record
    if (record.mos_computed !== undefined) return record
    const mos_computed = mosOf(record)
    return mos_computed === undefined ? record : Object.assign({}, record, { mos_computed })
  }
}
