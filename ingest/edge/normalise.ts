import type { EdgeRecord } from '../../model/edge_record.js'
import type { EdgeRejectCode } from '../../model/reject.js'
import { finishDraft, type Origin } from './draft.js'
import { isObject, type JsonObject, listOf } from './json.js'
import { ENVELOPES, type Payload, readPayload } from './payload.js'
import type { EdgeReject, EdgeVendor } from './vendor.js'
import { EDGE_VENDORS } from './vendors/index.js'

export interface NormaliseOptions {
  /** Id of a vendor, or `auto`. */
  readonly vendor: string
  readonly receivedMs?: number | undefined
  readonly origin?: Origin | undefined
  /** Adapters to choose from. */
  readonly vendors?: readonly EdgeVendor[]
}

/** What a payload gave. Each part of it is in `records`, in `rejects`, or carries no link telemetry. */
export interface Normalised {
  /** The adapter that read it. */
  readonly vendor?: EdgeVendor
  readonly records: readonly EdgeRecord[]
  readonly rejects: readonly EdgeReject[]
}

/** Bounds of one payload: texts of this many characters, and as many records and rejects. */
export const PAYLOAD_CHARACTERS_MAX = 64 * 1024 * 1024
export const PAYLOAD_RECORDS_MAX = 1_000_000
const PAYLOAD_REJECTS_MAX = 1000

const refused = (code: EdgeRejectCode, message: string, place = ''): Normalised => ({
  records: [],
  rejects: [{ code, place, message }],
})

/** Reads one payload into canonical records. Never throws on account of the payload. */
export function normalisePayload(text: string, options: NormaliseOptions): Normalised {
  if (text.length > PAYLOAD_CHARACTERS_MAX)
    return refused('payload_too_large', `larger than ${PAYLOAD_CHARACTERS_MAX} characters: split it`)
  const payload = readPayload(text)
  if (text.trim() === '') return refused('payload_unreadable', 'empty: nothing was written to it')
  if (payload.broken) return refused('payload_unreadable', unreadable(payload.broken.value))
  const vendors = options.vendors ?? EDGE_VENDORS
  if (options.vendor === 'auto') return auto(payload, vendors, options)
  const vendor = vendors.find(({ id }) => id === options.vendor)
  if (vendor === undefined) return refused('vendor_unknown', `no vendor is called '${options.vendor}'`)
  if (isEmpty(payload)) return { vendor, records: [], rejects: [] }
  if (confidence(vendor, payload) <= 0)
    return refused('vendor_unknown', `not a payload of ${vendor.titles.en} that is known: try --vendor auto`)
  return read(vendor, payload, options)
}

const unreadable = (fault: string): string =>
  `not JSON (${fault.slice(0, 160)}): send the answer whole, or one value a line`

/** A controller that has nothing to tell answers with an empty list; that is no fault. */
const isEmpty = (payload: Payload): boolean =>
  payload.documents.length > 0 &&
  payload.lines.length === 0 &&
  payload.documents.every(({ value }) => isVoid(value))

/** `[]`, `{"data": []}` and the like. */
const isVoid = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && hasVoidEnvelope(value)

const hasVoidEnvelope = (answer: JsonObject): boolean =>
  ENVELOPES.some((key) => Array.isArray(answer[key]) && listOf(answer[key]).length === 0)

function confidence(vendor: EdgeVendor, payload: Payload): number {
  try {
    return vendor.recognise(payload)
  } catch {
    return 0
  }
}

function auto(payload: Payload, vendors: readonly EdgeVendor[], options: NormaliseOptions): Normalised {
  if (isEmpty(payload)) return { records: [], rejects: [] }
  let best: EdgeVendor | undefined
  let sure = 0
  for (const vendor of vendors) {
    const c = confidence(vendor, payload)
    if (c > sure) [best, sure] = [vendor, c]
  }
  if (best === undefined)
    return refused(
      'vendor_unknown',
      'no known vendor writes this: name one with --vendor, or map it (generic)',
    )
  return read(best, payload, options)
}

function read(vendor: EdgeVendor, payload: Payload, options: NormaliseOptions): Normalised {
  const rejects: EdgeReject[] = []
  const reject = (code: EdgeRejectCode, place: string, message: string): void => {
    if (rejects.length < PAYLOAD_REJECTS_MAX) rejects.push({ code, place, message })
  }
  const { receivedMs, origin } = options
  const records: EdgeRecord[] = []
  try {
    for (const draft of vendor.normalise(payload, { receivedMs, origin, reject })) {
      if (records.length >= PAYLOAD_RECORDS_MAX) {
        reject('too_many_records', '', `more than ${PAYLOAD_RECORDS_MAX} records: split it`)
        break
      }
      const record = finishDraft(draft, { vendor: vendor.id, receivedMs, origin })
      if (record !== undefined) records.push(record)
    }
  } catch (error) {
    reject('adapter_failed', '', `${vendor.id} failed on it (${(error as Error).message}): please report it`)
  }
  return { vendor, records, rejects }
}
