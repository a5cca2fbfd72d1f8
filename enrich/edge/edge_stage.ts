import type { EdgeRow } from '../../model/edge_ledger.js'
import type { EdgeOrigin, EdgePayload } from '../../model/edge_payload.js'
import type { EdgeRecord } from '../../model/edge_record.js'
import type { DeliveredPayload, EdgeReader, EdgeReading } from '../../model/ports.js'
import { AbsenceWatch } from './absence_watch.js'
import type { EdgePlaces } from './place.js'
import { RecordMerge } from './record_merge.js'

/** Where a record came from: what stays with it while it waits. */
export interface Provenance {
  /** The adapter's id. */
  readonly vendor: string
  readonly origin: EdgeOrigin
  readonly sequence: number
  readonly receivedMs: number
}

/** A row that left, and why it is there. */
export interface LeftRow {
  readonly row: EdgeRow
  readonly from: Provenance
  /** It was made because a tunnel fell silent. */
  readonly absent: boolean
  /** Its own time could not be, and is that of its receipt. */
  readonly clamped: boolean
}

/** What a payload did. */
export interface StageOutcome {
  readonly reading?: EdgeReading
  readonly mergedAway: number
  readonly rows: readonly LeftRow[]
  /** No row left, but time has moved on since one did, or since this was said last: whoever judges samples must know. */
  readonly tellsTime: boolean
}

export interface StageConfig {
  readonly merge_groups_max: number
  readonly watched_tunnels_max: number
}

/** Time without rows is told in steps of this. */
const TIME_STEP_MS = 1_000
/** Takes out of a record what may not be stored of it; a function of the record and its time. */
export type EdgeProtection = (record: EdgeRecord, atMs: number) => EdgeRecord

const DAY_MS = 86_400_000
/** Times of measurement further from the receipt than this cannot be, and would make partitions of months that never were. */
const OLDEST_MS = 400 * DAY_MS
const NEWEST_MS = DAY_MS

/**
 * From payloads to rows: read ─▶ merge ─▶ place ─▶ absence. What it does with a payload depends on the payloads before it and
 * on nothing else, so that the stream, read again, gives the same rows.
 */
export class EdgeStage {
  readonly #reader: EdgeReader
  readonly #merge: RecordMerge<Provenance>
  readonly #absence: AbsenceWatch<Provenance>
  readonly #protect: EdgeProtection | undefined
  /** Newest time of the stream. */
  #clockMs = 0
  /** Newest time of a row that left, or that was told. */
  #toldMs = 0

  constructor(config: StageConfig, reader: EdgeReader, protect?: EdgeProtection) {
    this.#reader = reader
    this.#merge = new RecordMerge(config.merge_groups_max)
    this.#absence = new AbsenceWatch(config.watched_tunnels_max)
    this.#protect = protect
  }

  /** Records that wait for their other parts. */
  get waiting(): number {
    return this.#merge.open
  }

  /** Whether anything ever came. */
  get begun(): boolean {
    return this.#clockMs > 0
  }

  get watched(): number {
    return this.#absence.watched
  }

  get evicted(): number {
    return this.#merge.evicted
  }

  get unwatched(): number {
    return this.#absence.unwatched
  }

  apply({ sequence, storedMs, payload }: DeliveredPayload, places: EdgePlaces): StageOutcome {
    this.#clockMs = Math.max(this.#clockMs, storedMs)
    const rows: LeftRow[] = []
    const leaves = (
      { record, with: from }: { record: EdgeRecord; with: Provenance },
      absent = false,
    ): void => {
      rows.push(this.#leave(record, from, absent, places))
    }
    if (payload === undefined) {
      this.#merge.takeClosed(this.#clockMs, leaves)
      return { rows, mergedAway: 0, tellsTime: this.#tellsTime(storedMs, rows) }
    }
    const reading = this.#reader.read(payload)
    const from = provenanceOf(payload, reading, sequence)
    let mergedAway = 0
    for (const record of reading.records) {
      if (reading.mergeMs === undefined) leaves({ record, with: from })
      else if (this.#merge.add(record, reading.mergeMs, this.#clockMs, from, leaves) === 'merged')
        mergedAway++
      if (reading.absenceMs !== undefined && record.kind === 'tunnel')
        this.#absence.see(record, observedMsOf(record, payload.receivedMs).ms, reading.absenceMs, from)
    }
    this.#merge.takeClosed(this.#clockMs, leaves)
    const { receivedMs } = payload
    this.#absence.takeAbsent((one) => leaves({ ...one, with: { ...one.with, sequence, receivedMs } }, true))
    return { reading, rows, mergedAway, tellsTime: this.#tellsTime(receivedMs, rows) }
  }

  #tellsTime(nowMs: number, rows: readonly LeftRow[]): boolean {
    const tells = rows.length === 0 && nowMs - this.#toldMs >= TIME_STEP_MS
    if (tells || rows.length > 0) this.#toldMs = Math.max(this.#toldMs, nowMs)
    return tells
  }

  /** What it remembers, as JSON. */
  save(): unknown {
    return {
      clockMs: this.#clockMs,
      toldMs: this.#toldMs,
      merge: this.#merge.save(),
      absence: this.#absence.save(),
    }
  }

  /** Goes on from what `save` gave; only a fresh stage may. */
  restore(saved: unknown): void {
    const { clockMs, toldMs, merge, absence } = saved as {
      clockMs: number
      toldMs?: number
      merge: unknown
      absence: unknown
    }
    this.#clockMs = clockMs
    // Left out by those who saved before time was told.
    this.#toldMs = toldMs ?? 0
    this.#merge.restore(merge)
    this.#absence.restore(absence)
  }

  #leave(read: EdgeRecord, from: Provenance, absent: boolean, places: EdgePlaces): LeftRow {
    const finished = this.#reader.finish(read)
    const { ms, clamped } = observedMsOf(finished, from.receivedMs)
    const record: EdgeRecord = clamped
      ? { ...finished, observed_at: new Date(ms).toISOString(), observed_at_source: 'received' }
      : finished
    const { origin, receivedMs, sequence } = from
    const shown = this.#protect?.(record, ms) ?? record
    const joined = Object.assign({ record: shown, observedMs: ms }, places.placeOf(record, origin))
    return {
      row: { joined, receivedMs, way: origin.way, source: origin.source, sequence },
      from,
      absent,
      clamped,
    }
  }
}

const provenanceOf = (payload: EdgePayload, reading: EdgeReading, sequence: number): Provenance => ({
  vendor: reading.vendor ?? payload.vendor,
  origin: payload.origin,
  sequence,
  receivedMs: payload.receivedMs,
})

function observedMsOf(record: EdgeRecord, receivedMs: number): { ms: number; clamped: boolean } {
  const ms = record.observed_at === undefined ? receivedMs : Date.parse(record.observed_at)
  const possible = ms >= receivedMs - OLDEST_MS && ms <= receivedMs + NEWEST_MS
  return possible ? { ms, clamped: false } : { ms: receivedMs, clamped: true }
}
