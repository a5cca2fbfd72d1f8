import { type EdgeRecord, edgeRecordSchema } from '../../model/edge_record.js'
import type { EdgePlace, JoinedPayload } from '../../model/joined_record.js'

export interface SampleOrderConfig {
  /** Records that wait for their turn at most: how far out of order a file may be. */
  readonly reorderRecords: number
  place(record: EdgeRecord): EdgePlace
  onPayload(payload: JoinedPayload): void
}

interface Waiting {
  readonly record: EdgeRecord
  readonly observedMs: number
  readonly number: number
}

const SAMPLE = /"kind"\s*:\s*"(?:link|tunnel|event|counters)"/
/** Where nothing comes, time is told in such steps, but not for longer than that: a recording may have a hole. */
const TICK_MS = 10_000
const TICKS_MAX = 360

/** A line of recorded samples; undefined where it is something else: flows, or counters of interfaces that carry no vendor. */
export function sampleOf(line: string): object | undefined {
  if (!SAMPLE.test(line)) return undefined
  try {
    const value: unknown = JSON.parse(line)
    const told = value as { kind?: unknown; vendor?: unknown }
    const kinds: readonly unknown[] = ['link', 'tunnel', 'event', 'counters']
    return typeof told.vendor === 'string' && kinds.includes(told.kind) ? (value as object) : undefined
  } catch {
    return undefined
  }
}

/**
 * Makes payloads of recorded samples: they are put in order of their time by a bounded wait, placed by the registry, and
 * come when they were observed. A sample without a time has that of the one before.
 */
export class SampleOrder {
  readonly #config: SampleOrderConfig
  /** In order of time, then as they were read. */
  readonly #waiting: Waiting[] = []
  #read = 0
  #lastMs = 0
  #sequence = 0
  #nowMs = 0

  constructor(config: SampleOrderConfig) {
    this.#config = config
  }

  /** False where the line is no sample that can be read. */
  add(value: object): boolean {
    const parsed = edgeRecordSchema.safeParse(value)
    if (!parsed.success) return false
    const { data } = parsed
    const observedMs = data.observed_at === undefined ? this.#lastMs : Date.parse(data.observed_at)
    if (observedMs === 0) return false
    this.#lastMs = observedMs
    this.#insert({ record: data, observedMs, number: this.#read++ })
    if (this.#waiting.length > this.#config.reorderRecords) this.#release()
    return true
  }

  /** Gives out all that waits. */
  end(): void {
    while (this.#waiting.length > 0) this.#release()
  }

  /** Files are nearly in order, so that the place is near the end. */
  #insert(one: Waiting): void {
    let at = this.#waiting.length
    while (at > 0 && this.#waiting[at - 1]!.observedMs > one.observedMs) at--
    this.#waiting.splice(at, 0, one)
  }

  /** The earliest, with all that were observed at the same time. */
  #release(): void {
    const { observedMs } = this.#waiting[0]!
    let many = 1
    while (many < this.#waiting.length && this.#waiting[many]!.observedMs === observedMs) many++
    const some = this.#waiting.splice(0, many)
    this.#tick(observedMs)
    const receivedMs = Math.max(this.#nowMs, observedMs)
    this.#nowMs = receivedMs
    const records = some.map(({ record }) => ({ ...this.#config.place(record), record, observedMs }))
    this.#config.onPayload({ sequence: ++this.#sequence, receivedMs, records })
  }

  #tick(toMs: number): void {
    if (this.#nowMs === 0) return
    for (let n = 0; n < TICKS_MAX && toMs - this.#nowMs > TICK_MS; n++) {
      this.#nowMs += TICK_MS
      this.#config.onPayload({ sequence: ++this.#sequence, receivedMs: this.#nowMs, records: [] })
    }
  }
}
