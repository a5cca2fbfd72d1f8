import type { ExporterNote } from '../../model/frame.js'
import { addressKey, addressOfKey } from '../address.js'
import type { ByteReader, ByteWriter } from '../bytes.js'
import type { FlowView } from '../flow_view.js'
import type { FrameNotes, FrameSpan, PartialCollector } from '../service.js'

/** Sampling rates of an exporter's flows in a frame. */
interface Sampled {
  readonly address: string
  /** The highest. */
  readonly rate: number
}

/** What a frame's section says. */
export interface TelemetrySection extends FrameNotes {
  readonly sampled: readonly Sampled[]
}

/** Sampling changes seldom: it is written of one frame in so much time. */
const SAMPLING_EVERY_MS = 8_000
const FRAME_MS = 250
/** Exporters of a frame whose sampling is written at most. */
const SAMPLED = 4_096
/** So that a clock that is behind is a number of a varint too. */
const SKEW_BIAS_MS = 2 ** 45

/** Notes of exporters as the frame has them, and the sampling rates of its rows. */
export class TelemetryCollector implements PartialCollector {
  #notes: FrameNotes | undefined
  readonly #rates = new Map<string, number>()

  observe(view: FlowView): void {
    const { rows, exporter, exporterCell, sampling } = view
    let cell = -1
    let rate = -1
    for (let row = 0; row < rows; row++) {
      // The rows of a datagram stand together, and most say what the row before said.
      if (exporterCell[row] === cell && sampling[row] === rate) continue
      cell = exporterCell[row]!
      rate = sampling[row]!
      const key = addressKey(exporter, 4 * row)
      const known = this.#rates.get(key)
      if (known === undefined ? this.#rates.size < SAMPLED : rate > known) this.#rates.set(key, rate)
    }
  }

  observeFrame(notes: FrameNotes): void {
    this.#notes = notes
  }

  take(writer: ByteWriter, { closedMs }: FrameSpan): void {
    const { collector = '', exporters = [], unreadable = [] } = this.#notes ?? {}
    text(writer, collector)
    writer.varint(exporters.length)
    for (const note of exporters) writeNote(writer, note)
    writer.varint(unreadable.length)
    for (const { address, sets } of unreadable) {
      text(writer, address)
      writer.varint(sets)
    }
    const sampled = closedMs % SAMPLING_EVERY_MS < FRAME_MS ? [...this.#rates] : []
    writer.varint(sampled.length)
    for (const [key, rate] of sampled) {
      text(writer, addressOfKey(key, 0, key.length))
      writer.varint(rate)
    }
    this.#notes = undefined
    this.#rates.clear()
  }
}

function text(writer: ByteWriter, value: string): void {
  const bytes = Buffer.from(value)
  writer.varint(bytes.length)
  writer.raw(bytes)
}

const whole = (value: number): number => Math.max(0, Math.floor(value))

function writeNote(writer: ByteWriter, note: ExporterNote): void {
  text(writer, note.address)
  for (const value of [note.lastSeenMs, note.datagrams, note.units, note.lost, note.restarts])
    writer.varint(whole(value))
  writer.varint(note.skewMs === undefined ? 0 : whole(SKEW_BIAS_MS + note.skewMs))
}

export function readSection(reader: ByteReader): TelemetrySection {
  const readText = (): string => Buffer.from(reader.raw(reader.varint())).toString()
  const collector = readText()
  const list = <T>(one: () => T): T[] => {
    const all: T[] = []
    for (let n = reader.varint(); n > 0; n--) all.push(one())
    return all
  }
  const exporters = list(() => {
    const address = readText()
    const [lastSeenMs, datagrams, units, lost, restarts] = [0, 0, 0, 0, 0].map(() => reader.varint())
    const skew = reader.varint()
    const note = { address, lastSeenMs: lastSeenMs!, datagrams: datagrams!, units: units!, lost: lost! }
    return { ...note, restarts: restarts!, ...(skew > 0 && { skewMs: skew - SKEW_BIAS_MS }) }
  })
  const unreadable = list(() => ({ address: readText(), sets: reader.varint() }))
  const sampled = list(() => ({ address: readText(), rate: reader.varint() }))
  return { collector, exporters, unreadable, sampled }
}
