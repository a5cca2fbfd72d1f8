import * as assert from 'uvu/assert'
import { normalisePayload } from '../../../ingest/edge/normalise.js'
import { type EdgeRecord, edgeRecordSchema } from '../../../model/edge_record.js'

/** A record as the tests look at it: any key of the four kinds. */
export type AnyRecord = Readonly<Record<string, unknown>>

/** Reads a payload as `auto` does; each record must keep to the model, and nothing may be rejected. */
export function read(payload: unknown, vendor = 'auto'): AnyRecord[] {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const { records, rejects } = normalisePayload(text, { vendor })
  assert.equal(rejects, [], JSON.stringify(rejects))
  for (const record of records) keepsToTheModel(record)
  return records as unknown as AnyRecord[]
}

export function keepsToTheModel(record: EdgeRecord): void {
  const parsed = edgeRecordSchema.safeParse(record)
  assert.ok(parsed.success, `${JSON.stringify(record)}: ${parsed.error?.message}`)
}

/** The one record, or the one of a direction. */
export function only(records: readonly AnyRecord[], direction?: string): AnyRecord {
  const found = direction === undefined ? records : records.filter((r) => r.direction === direction)
  assert.is(found.length, 1, JSON.stringify(records))
  return found[0]!
}

/** The record has these values; `undefined` says that the key is left out. */
export function has(record: AnyRecord, values: AnyRecord): void {
  for (const [key, want] of Object.entries(values)) {
    if (want === undefined) assert.not.ok(key in record, `${key} is ${JSON.stringify(record[key])}`)
    else if (typeof want === 'number') {
      const got = record[key] as number
      assert.ok(Math.abs(got - want) <= Math.max(1e-9, want * 1e-9), `${key} is ${got}, want ${want}`)
    } else assert.equal(record[key], want, key)
  }
}
