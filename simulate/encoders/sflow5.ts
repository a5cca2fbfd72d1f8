import type { Address } from '../address.js'
import type { Flow } from '../flow.js'
import type { EmitDatagram, FlowEncoder } from './encoder.js'
import { uptimeOf } from './fields.js'
import type { ExporterView } from './template.js'
import { Writer } from './writer.js'

const HEADER_BYTES = 28
/** A switch sends the first bytes of the frame, no more. */
const SAMPLED_BYTES_MAX = 128
/** Sample header, record header, raw packet header's own fields. */
const SAMPLE_BYTES = 8 + 32 + 8 + 16
/** Frame check sequence, which the switch has stripped. */
const FCS_BYTES = 4
const ETHERNET_BYTES = 14
/** Samples of one flow at one export: a bound; more of an elephant would say nothing new. */
const SAMPLES_MAX = 64

/** A locally administered MAC address (02:…) by the host's address. */
function writeMac(w: Writer, address: Address): void {
  w.u8(2)
  w.u8(0)
  w.uint(typeof address === 'number' ? address : new DataView(address.buffer).getUint32(12), 4)
}

function writeIp(w: Writer, flow: Flow, length: number): void {
  if (typeof flow.src === 'number') {
    w.u8(0x45)
    w.u8(flow.tos)
    w.u16(length)
    w.u32(0x4000)
    w.u8(61)
    w.u8(flow.proto)
    w.u16(0)
    w.u32(flow.src)
    w.u32(flow.dst as number)
    return
  }
  w.u16(0x6000 | (flow.tos << 4))
  w.u16(0)
  w.u16(length - 40)
  w.u8(flow.proto)
  w.u8(61)
  w.raw(flow.src)
  w.raw(flow.dst as Uint8Array)
}

function writeTransport(w: Writer, flow: Flow): void {
  if (flow.proto === 1 || flow.proto === 58) {
    w.u16(flow.dstPort)
    w.zeros(6)
    return
  }
  w.u16(flow.srcPort)
  w.u16(flow.dstPort)
  if (flow.proto !== 6) {
    w.u16(8)
    w.u16(0)
    return
  }
  w.zeros(8)
  w.u8(0x50)
  w.u8(flow.tcpFlags)
  w.u16(65535)
  w.u32(0)
}

/**
 * sFlow v5 (sflow_version_5.txt): flow samples with the first bytes of the frame; each sampled packet is a
 * record.
 */
export class Sflow5Encoder implements FlowEncoder {
  readonly biflow = false
  readonly #w: Writer
  readonly #exporter: ExporterView
  readonly #emit: EmitDatagram
  #samples = 0
  #datagrams = 0
  #sampleSequence = 0
  #pool = 0

  constructor(exporter: ExporterView, bytesMax: number, emit: EmitDatagram) {
    this.#exporter = exporter
    this.#emit = emit
    this.#w = new Writer(bytesMax)
    this.#w.offset = HEADER_BYTES
  }

  takes(): boolean {
    return true
  }

  announce(): void {}

  /** `flow.packets` are the packets that the switch sampled. */
  add(flow: Flow, nowMs: number): number {
    const samples = Math.min(flow.packets, SAMPLES_MAX)
    const frame = Math.max(ETHERNET_BYTES + 40, Math.round(flow.bytes / flow.packets) + ETHERNET_BYTES)
    for (let i = 0; i < samples; i++) {
      if (this.#w.offset + SAMPLE_BYTES + SAMPLED_BYTES_MAX > this.#w.bytes.length) this.flush(nowMs)
      this.#sample(flow, frame)
    }
    return samples
  }

  #sample(flow: Flow, frame: number): void {
    const w = this.#w
    const { samplingRate } = this.#exporter
    const header = Math.min(SAMPLED_BYTES_MAX, frame)
    const padded = Math.ceil(header / 4) * 4
    this.#pool = (this.#pool + samplingRate) % 2 ** 32
    w.u32(1)
    w.u32(32 + 8 + 16 + padded)
    w.u32(this.#sampleSequence++)
    w.u32(flow.inIf)
    w.u32(samplingRate)
    w.u32(this.#pool)
    w.u32(0)
    w.u32(flow.inIf)
    w.u32(flow.outIf)
    w.u32(1)
    w.u32(1)
    w.u32(16 + padded)
    w.u32(1)
    w.u32(frame + FCS_BYTES)
    w.u32(FCS_BYTES)
    w.u32(header)
    const start = w.offset
    writeMac(w, flow.dst)
    writeMac(w, flow.src)
    w.u16(typeof flow.src === 'number' ? 0x0800 : 0x86dd)
    writeIp(w, flow, frame - ETHERNET_BYTES)
    writeTransport(w, flow)
    const written = w.offset - start
    if (written < padded) w.zeros(padded - written)
    w.offset = start + padded
    this.#samples++
  }

  flush(nowMs: number): void {
    if (this.#samples === 0) return
    const w = this.#w
    const end = w.offset
    w.offset = 0
    w.u32(5)
    w.u32(1)
    w.u32(this.#exporter.address)
    w.u32(this.#exporter.domain)
    w.u32(this.#datagrams++)
    w.u32(uptimeOf(nowMs, this.#exporter))
    w.u32(this.#samples)
    this.#emit(w.bytes.slice(0, end), this.#samples)
    this.#samples = 0
    w.offset = HEADER_BYTES
  }
}
