import type { Flow } from '../flow.js'
import type { EmitDatagram, FlowEncoder } from './encoder.js'
import { uptimeOf } from './fields.js'
import type { ExporterView } from './template.js'
import { Writer } from './writer.js'

const HEADER_BYTES = 24
const RECORD_BYTES = 48
const RECORDS_MAX = 30
/** Packet-interval sampling, the mode that routers write above the 14-bit interval. */
const SAMPLING_MODE = 1 << 14

/**
 * NetFlow v5: a header of 24 bytes, up to 30 records of 48; IPv4 only, interfaces and AS numbers of 16
 * bits.
 */
export class Netflow5Encoder implements FlowEncoder {
  readonly biflow = false
  readonly #w = new Writer(HEADER_BYTES + RECORDS_MAX * RECORD_BYTES)
  readonly #exporter: ExporterView
  readonly #emit: EmitDatagram
  #records = 0
  /** Flows sent so far: the sequence number counts records. */
  #sequence = 0

  constructor(exporter: ExporterView, emit: EmitDatagram) {
    this.#exporter = exporter
    this.#emit = emit
    this.#w.offset = HEADER_BYTES
  }

  takes(flow: Flow): boolean {
    return typeof flow.src === 'number'
  }

  announce(): void {}

  add(flow: Flow, nowMs: number): number {
    if (this.#records === RECORDS_MAX) this.flush(nowMs)
    const w = this.#w
    w.u32(flow.src as number)
    w.u32(flow.dst as number)
    w.u32(flow.nextHop)
    w.u16(flow.inIf & 0xffff)
    w.u16(flow.outIf & 0xffff)
    w.uint(flow.packets, 4)
    w.uint(flow.bytes, 4)
    w.u32(uptimeOf(flow.startMs, this.#exporter))
    w.u32(uptimeOf(flow.endMs, this.#exporter))
    w.u16(flow.srcPort)
    w.u16(flow.dstPort)
    w.u8(0)
    w.u8(flow.tcpFlags)
    w.u8(flow.proto)
    w.u8(flow.tos)
    w.u16(flow.srcAs)
    w.u16(flow.dstAs)
    w.u8(flow.srcMask)
    w.u8(flow.dstMask)
    w.u16(0)
    this.#records++
    return 1
  }

  flush(nowMs: number): void {
    if (this.#records === 0) return
    const w = this.#w
    const end = w.offset
    const { domain, samplingRate } = this.#exporter
    w.offset = 0
    w.u16(5)
    w.u16(this.#records)
    w.u32(uptimeOf(nowMs, this.#exporter))
    w.u32(Math.floor(nowMs / 1000))
    w.u32((nowMs % 1000) * 1e6)
    w.u32(this.#sequence)
    w.u8((domain >>> 8) & 255)
    w.u8(domain & 255)
    w.u16(samplingRate > 1 ? SAMPLING_MODE | samplingRate : 0)
    this.#sequence = (this.#sequence + this.#records) % 2 ** 32
    this.#emit(w.bytes.slice(0, end), this.#records)
    this.#records = 0
    w.offset = HEADER_BYTES
  }
}
