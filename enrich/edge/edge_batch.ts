import type { EdgeLedgerRow, EdgeRow } from '../../model/edge_ledger.js'
import type { EdgeRecordKind } from '../../model/edge_record.js'
import type { JoinedPayload, JoinedRecord } from '../../model/joined_record.js'
import type { DeliveredPayload } from '../../model/ports.js'
import type { Reject } from '../../model/reject.js'
import type { LeftRow, StageOutcome } from './edge_stage.js'

/** A reject and the payload it is of. */
export interface EdgeLetter {
  readonly sequence: number
  readonly reject: Reject
}

/** Says in the ledger that a message was a tick of the stream's clock, not a payload. */
const TICK = { vendor: '_tick', way: '', source: '' }
/** How many places of rejected rows a letter names. */
const PLACES_MAX = 5

const KIND_COUNTS = { link: 'links', tunnel: 'tunnels', event: 'events', counters: 'counters' } as const

/** Payloads in a row of the stream, and all that came of them: stored together under one token. */
export class EdgeBatch {
  readonly from: number
  /** The last payload in it. */
  to: number
  readonly rows: Readonly<Record<EdgeRecordKind, EdgeRow[]>> = {
    link: [],
    tunnel: [],
    event: [],
    counters: [],
  }
  readonly letters: EdgeLetter[] = []
  readonly joined: JoinedPayload[] = []
  rowCount = 0
  payloads = 0
  readonly #ledger = new Map<string, EdgeLedgerRow>()
  #receivedMs = 0

  constructor(from: number) {
    this.from = from
    this.to = from - 1
  }

  get empty(): boolean {
    return this.to < this.from
  }

  add(delivered: DeliveredPayload, outcome: StageOutcome, registryVersion: number): void {
    const { sequence, payload, storedMs } = delivered
    this.to = sequence
    this.payloads++
    this.#receivedMs = payload?.receivedMs ?? storedMs
    const { reading, mergedAway } = outcome
    const about =
      payload === undefined
        ? TICK
        : {
            vendor: reading?.vendor ?? payload.vendor,
            way: payload.origin.way,
            source: payload.origin.source,
          }
    const row = this.#row(about, registryVersion)
    row.payloads++
    row.bytes += payload?.bytes.length ?? 0
    row.records += reading?.records.length ?? 0
    row.merged_away += mergedAway
    for (const { code } of reading?.rejects ?? []) row.rejected_by[code] = (row.rejected_by[code] ?? 0) + 1
    const letter = letterOf(delivered, outcome)
    if (letter !== undefined) {
      row.rejected_payloads++
      this.letters.push(letter)
    }
    for (const left of outcome.rows) this.#addRow(left, registryVersion)
    const receivedMs = this.#receivedMs
    const records: JoinedRecord[] = outcome.rows.map(({ row: { joined } }) => joined)
    if (records.length > 0 || outcome.tellsTime) this.joined.push({ sequence, receivedMs, records })
  }

  /** The ledger's rows, in an order that does not depend on chance. */
  ledger(token: string): EdgeLedgerRow[] {
    const common = {
      batch: token,
      first_sequence: this.from,
      last_sequence: this.to,
      received_at: this.#receivedMs,
    }
    return [...this.#ledger.values()].map((row) => ({ ...row, ...common }))
  }

  #addRow({ row, from, absent }: LeftRow, registryVersion: number): void {
    const { kind } = row.joined.record
    this.rows[kind].push(row)
    this.rowCount++
    const { way, source } = row
    const ledger = this.#row({ vendor: from.vendor, way, source }, registryVersion)
    ledger[KIND_COUNTS[kind]]++
    if (absent) ledger.absent++
    if (row.joined.orgId === 0) ledger.unknown_devices++
  }

  #row(about: { vendor: string; way: string; source: string }, registryVersion: number): EdgeLedgerRow {
    const key = `${about.vendor}\u0000${about.way}\u0000${about.source}`
    let row = this.#ledger.get(key)
    if (row === undefined) {
      row = emptyRow(about)
      this.#ledger.set(key, row)
    }
    row.registry_version = registryVersion
    return row
  }
}

const emptyRow = (about: { vendor: string; way: string; source: string }): EdgeLedgerRow => ({
  batch: '',
  first_sequence: 0,
  last_sequence: 0,
  received_at: 0,
  ...about,
  payloads: 0,
  bytes: 0,
  records: 0,
  merged_away: 0,
  absent: 0,
  links: 0,
  tunnels: 0,
  events: 0,
  counters: 0,
  unknown_devices: 0,
  rejected_payloads: 0,
  rejected_by: {},
  registry_version: 0,
})

function letterOf(
  { sequence, payload }: DeliveredPayload,
  { reading }: StageOutcome,
): EdgeLetter | undefined {
  const [first] = reading?.rejects ?? []
  if (payload === undefined || reading === undefined || first === undefined) return undefined
  const places = reading.rejects.slice(0, PLACES_MAX).map(({ place }) => place)
  const where = places.filter((place) => place !== '').join(', ')
  const more = reading.rejects.length > PLACES_MAX ? ` and ${reading.rejects.length - PLACES_MAX} more` : ''
  return {
    sequence,
    reject: {
      code: first.code,
      message: where === '' ? first.message : `${where}${more}: ${first.message}`,
      count: reading.rejects.length,
      receivedUs: payload.receivedMs * 1000,
      bytes: payload.bytes,
      vendor: payload.vendor,
      origin: payload.origin,
      stored: reading.records.length,
    },
  }
}
