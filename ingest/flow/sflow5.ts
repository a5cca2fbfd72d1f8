import type { FlowBlock } from '../../model/flow_block.js'
import { V4_MAPPED_WORD, writeMs } from '../../model/flow_block.js'
import { COL, EXPORT_PROTOCOLS, FLOW_COLUMNS, SAMPLING_SOURCES } from '../../model/flow_columns.js'
import type { FrameEntry } from '../../model/frame.js'
import type { RejectCode } from '../../model/reject.js'
import { Sflow5Flow } from './sflow5_flow.js'
import { Sflow5Header } from './sflow5_header.js'
import {
  forwardingStatusOf,
  INTERFACE_DISCARDED,
  INTERFACE_INDEX,
  INTERFACE_INTERNAL,
  SAMPLE,
  Sflow5Sample,
} from './sflow5_sample.js'

/** What became of a datagram's samples: the decoder adds to it. `DecodeReport` is one. */
export interface Sflow5Report {
  /** Flow samples that were met, cut ones included. */
  records: number
  /** Flow samples that became rows. */
  flows: number
  /** Counter samples: passed over here, described by `describeSflow5`. */
  counters: number
  /** Samples of discarded packets: passed over, for they are no part of the traffic. */
  discards: number
  /** Something that could not be read; `count` in the unit of the code. */
  reject(code: RejectCode, count: number, message: string): void
}

export interface Sflow5Options {
  /**
   * What `bytes` counts: `frame`, the length of the packet on its link as the agent exports it, or `ip`, the
   * IP layer
   * where the sampled header shows its length, else the frame.
   * @default 'frame'
   */
  readonly bytes?: 'frame' | 'ip'
}

const column = (name: string): number => {
  const id = COL[name]
  if (id === undefined) throw new Error(`no column ${name}`)
  return id
}
const TIME_RECEIVED = column('time_received')
const FLOW_START = column('flow_start')
const FLOW_END = column('flow_end')
const EXPORT_PROTOCOL = column('export_protocol')
const EXPORTER_ADDR = column('exporter_addr')
const OBSERVATION_DOMAIN = column('observation_domain')
const SRC_ADDR = column('src_addr')
const DST_ADDR = column('dst_addr')
const NEXT_HOP = column('next_hop')
const BGP_NEXT_HOP = column('bgp_next_hop')
const SRC_PORT = column('src_port')
const DST_PORT = column('dst_port')
const IP_PROTO = column('ip_proto')
const IP_TOS = column('ip_tos')
const TCP_FLAGS = column('tcp_flags')
const ICMP_TYPE = column('icmp_type')
const ICMP_CODE = column('icmp_code')
const BYTES = column('bytes')
const PACKETS = column('packets')
const SAMPLING_RATE = column('sampling_rate')
const SAMPLING_SOURCE = column('sampling_source')
const IN_IF = column('in_if')
const OUT_IF = column('out_if')
const SRC_AS = column('src_as')
const DST_AS = column('dst_as')
const SRC_MASK = column('src_mask')
const DST_MASK = column('dst_mask')
const SRC_MAC = column('src_mac_u48')
const DST_MAC = column('dst_mac_u48')
const SRC_VLAN = column('src_vlan')
const DST_VLAN = column('dst_vlan')
const DIRECTION = column('direction')
const FORWARDING_STATUS = column('forwarding_status')
const MPLS_LABEL_1 = column('mpls_label_1')
const MPLS_LABEL_2 = column('mpls_label_2')
const MPLS_LABEL_3 = column('mpls_label_3')
const POST_NAT_SRC_ADDR = column('post_nat_src_addr')
const POST_NAT_DST_ADDR = column('post_nat_dst_addr')
const POST_NAPT_SRC_PORT = column('post_napt_src_port')
const POST_NAPT_DST_PORT = column('post_napt_dst_port')

const UNKNOWN = Uint8Array.from(FLOW_COLUMNS, ({ unknown }) => unknown)
const DIRECTION_INGRESS = 0
const DIRECTION_EGRESS = 1
const DIRECTION_UNKNOWN = 255
const SOURCE_IF_INDEX = 0

/**
 * Decodes sFlow v5 datagrams into columns: a row a flow sample. Never throws on what came from the network.
 */
export class Sflow5Decoder {
  /** Samples of enterprises, or of later versions of the standard, since it was made: passed over. */
  otherSamples = 0
  readonly #ipBytes: boolean
  readonly #header = new Sflow5Header()
  readonly #sample = new Sflow5Sample()
  readonly #flow = new Sflow5Flow()

  constructor(options: Sflow5Options = {}) {
    this.#ipBytes = options.bytes === 'ip'
  }

  /**
   * Adds the flow samples of `entry` to `block`; whenever that is full, calls `flush`, which takes the rows
   * out, and empties it.
   */
  decode(entry: FrameEntry, block: FlowBlock, flush: (block: FlowBlock) => void, report: Sflow5Report): void {
    const { datagram } = entry
    const fault = this.#header.read(datagram)
    if (fault !== undefined) {
      report.reject(fault, 1, `an sFlow datagram of ${datagram.length} bytes has no header that can be read`)
      return
    }
    const sample = this.#sample
    let at = this.#header.samplesAt
    for (let i = 0; i < this.#header.samples; i++) {
      if (!sample.read(datagram, at)) {
        report.records++
        report.reject('sample_invalid', 1, `sample ${i + 1} of ${this.#header.samples} is cut off`)
        return
      }
      at = sample.next
      if (sample.kind === SAMPLE.flow) this.#addFlow(entry, block, flush, report)
      else if (sample.kind === SAMPLE.counters) report.counters++
      else if (sample.kind === SAMPLE.discard) report.discards++
      else this.otherSamples++
    }
  }

  #addFlow(
    entry: FrameEntry,
    block: FlowBlock,
    flush: (block: FlowBlock) => void,
    report: Sflow5Report,
  ): void {
    if (block.rows === block.capacity) {
      flush(block)
      block.reset()
    }
    this.#flow.read(entry.datagram, this.#sample)
    this.#writeRow(entry, block, block.rows)
    block.rows++
    report.records++
    report.flows++
  }

  #writeRow(entry: FrameEntry, block: FlowBlock, row: number): void {
    const flow = this.#flow
    const sample = this.#sample
    const { packet } = flow
    this.#writeOrigin(entry, block, row)
    const b = entry.datagram
    const addressWidth = packet.ipVersion === 4 ? 4 : 16
    putAddress(block, SRC_ADDR, row, b, packet.srcAddressAt, addressWidth)
    putAddress(block, DST_ADDR, row, b, packet.dstAddressAt, addressWidth)
    put(block, SRC_PORT, row, packet.srcPort)
    put(block, DST_PORT, row, packet.dstPort)
    put(block, IP_PROTO, row, packet.protocol)
    put(block, IP_TOS, row, packet.tos)
    put(block, TCP_FLAGS, row, packet.tcpFlags)
    put(block, ICMP_TYPE, row, packet.icmpType)
    put(block, ICMP_CODE, row, packet.icmpCode)
    put64(block, BYTES, row, (this.#ipBytes ? packet.ipBytes : 0) || flow.frameBytes)
    put64(block, PACKETS, row, 1)
    put(block, SAMPLING_RATE, row, sample.samplingRate)
    // Each sample carries the rate that it was taken at.
    if (sample.samplingRate > 0) put(block, SAMPLING_SOURCE, row, SAMPLING_SOURCES.record)
    putMac(block, SRC_MAC, row, b, packet.srcMacAt)
    putMac(block, DST_MAC, row, b, packet.dstMacAt)
    put(block, SRC_VLAN, row, flow.srcVlan || packet.vlan)
    put(block, DST_VLAN, row, flow.dstVlan)
    put(block, MPLS_LABEL_1, row, packet.label1 || flow.label1)
    put(block, MPLS_LABEL_2, row, packet.label2 || flow.label2)
    put(block, MPLS_LABEL_3, row, packet.label3 || flow.label3)
    this.#writeInterfaces(block, row)
    this.#writeRouting(b, block, row)
  }

  #writeOrigin(entry: FrameEntry, block: FlowBlock, row: number): void {
    const receivedMs = Math.floor(entry.receivedUs / 1000)
    for (const time of TIMES) {
      block.touch(time)
      writeMs(block.words[time] as Uint32Array, row, receivedMs)
    }
    put(block, EXPORT_PROTOCOL, row, EXPORT_PROTOCOLS.sflow5)
    put(block, OBSERVATION_DOMAIN, row, this.#header.subAgent)
    const exporter = this.#header.hasAgent ? this.#header.agent : entry.exporter
    putAddress(block, EXPORTER_ADDR, row, exporter, 0, 16)
  }

  #writeInterfaces(block: FlowBlock, row: number): void {
    const sample = this.#sample
    const input = interfaceIndex(sample.inputFormat, sample.input)
    const output = interfaceIndex(sample.outputFormat, sample.output)
    put(block, IN_IF, row, input)
    put(block, OUT_IF, row, output)
    if (sample.outputFormat === INTERFACE_DISCARDED) {
      put(block, FORWARDING_STATUS, row, forwardingStatusOf(sample.output))
    }
    put(block, DIRECTION, row, directionOf(sample, input, output))
  }

  #writeRouting(b: Uint8Array, block: FlowBlock, row: number): void {
    const flow = this.#flow
    putAddress(block, NEXT_HOP, row, b, flow.nextHopAt, flow.nextHopBytes)
    putAddress(block, BGP_NEXT_HOP, row, b, flow.bgpNextHopAt, flow.bgpNextHopBytes)
    put(block, SRC_MASK, row, flow.srcMask)
    put(block, DST_MASK, row, flow.dstMask)
    put(block, SRC_AS, row, flow.srcAs)
    put(block, DST_AS, row, flow.dstAs)
    putAddress(block, POST_NAT_SRC_ADDR, row, b, flow.natSrcAt, flow.natSrcBytes)
    putAddress(block, POST_NAT_DST_ADDR, row, b, flow.natDstAt, flow.natDstBytes)
    put(block, POST_NAPT_SRC_PORT, row, flow.natSrcPort)
    put(block, POST_NAPT_DST_PORT, row, flow.natDstPort)
  }
}

const TIMES = [TIME_RECEIVED, FLOW_START, FLOW_END]

/** The index where the interface is one; 0 for none, several, and the device itself. */
function interfaceIndex(format: number, value: number): number {
  return format === INTERFACE_INDEX && value !== INTERFACE_INTERNAL ? value : 0
}

/** Which way the packet passed the interface that sampled it. */
function directionOf(sample: Sflow5Sample, input: number, output: number): number {
  if (sample.sourceType !== SOURCE_IF_INDEX || sample.sourceIndex === 0) return DIRECTION_UNKNOWN
  if (sample.sourceIndex === input) return DIRECTION_INGRESS
  return sample.sourceIndex === output ? DIRECTION_EGRESS : DIRECTION_UNKNOWN
}

/** Writes a value of up to 32 bits. The rows ahead hold the unknown value already: it is never written. */
function put(block: FlowBlock, id: number, row: number, value: number): void {
  if (value === UNKNOWN[id]) return
  if (block.touched[id] === 0) block.touch(id)
  block.words[id]![row] = value
}

function put64(block: FlowBlock, id: number, row: number, value: number): void {
  if (value === 0) return
  if (block.touched[id] === 0) block.touch(id)
  block.words[id]![2 * row] = value
}

/** Writes an address of `width` 4 or 16 that stands at `at` of `b`; nothing for -1. */
function putAddress(
  block: FlowBlock,
  id: number,
  row: number,
  b: Uint8Array,
  at: number,
  width: number,
): void {
  if (at < 0) return
  if (block.touched[id] === 0) block.touch(id)
  if (width === 4) {
    const words = block.words[id]!
    words[4 * row + 2] = V4_MAPPED_WORD
    words[4 * row + 3] = b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)
    return
  }
  const bytes = block.bytes[id]!
  for (let i = 0; i < 16; i++) bytes[16 * row + i] = b[at + i]!
}

/** Writes a MAC address as a number of 48 bits: low word, high word. */
function putMac(block: FlowBlock, id: number, row: number, b: Uint8Array, at: number): void {
  if (at < 0) return
  if (block.touched[id] === 0) block.touch(id)
  const words = block.words[id]!
  words[2 * row] = (b[at + 2]! << 24) | (b[at + 3]! << 16) | (b[at + 4]! << 8) | b[at + 5]!
  words[2 * row + 1] = (b[at]! << 8) | b[at + 1]!
}
