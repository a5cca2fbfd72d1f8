import { LAYER, type Layer, PacketHeaders } from './packet_headers.js'
import { addressBytes, u32 } from './sflow5_header.js'
import type { Sflow5Sample } from './sflow5_sample.js'

/** `header_protocol` of a sampled header, where we read it. */
const HEADER_ETHERNET = 1
const HEADER_PPP = 7
const HEADER_IPV4 = 11
const HEADER_IPV6 = 12
const HEADER_MPLS = 13
const HEADER_POS = 14

/** Tags of flow records: enterprise 0, this format. */
export const RECORD_HEADER = 1
export const RECORD_ETHERNET = 2
export const RECORD_IPV4 = 3
export const RECORD_IPV6 = 4
const RECORD_SWITCH = 1001
const RECORD_ROUTER = 1002
const RECORD_GATEWAY = 1003
const RECORD_MPLS = 1006
const RECORD_NAT = 1007
const RECORD_NAT_PORT = 1020

export function layerOfHeader(protocol: number): Layer {
  switch (protocol) {
    case HEADER_ETHERNET:
      return LAYER.ethernet
    case HEADER_IPV4:
      return LAYER.ipv4
    case HEADER_IPV6:
      return LAYER.ipv6
    case HEADER_MPLS:
      return LAYER.mpls
    case HEADER_PPP:
    case HEADER_POS:
      return LAYER.ppp
    default:
      return LAYER.none
  }
}

/**
 * What the records of one flow sample say together. One is made once and reused; offsets are -1 where absent.
 */
export class Sflow5Flow {
  readonly packet = new PacketHeaders()
  /** Length of the sampled packet on its link, by the agent; 0 when unknown. */
  frameBytes = 0
  srcVlan = 0
  dstVlan = 0
  /** Addresses: where, and 4 or 16 bytes. */
  nextHopAt = -1
  nextHopBytes = 0
  bgpNextHopAt = -1
  bgpNextHopBytes = 0
  natSrcAt = -1
  natSrcBytes = 0
  natDstAt = -1
  natDstBytes = 0
  natSrcPort = 0
  natDstPort = 0
  srcMask = 0
  dstMask = 0
  srcAs = 0
  dstAs = 0
  label1 = 0
  label2 = 0
  label3 = 0

  #reset(): void {
    this.packet.reset()
    this.frameBytes = this.srcVlan = this.dstVlan = this.srcMask = this.dstMask = 0
    this.nextHopAt = this.bgpNextHopAt = this.natSrcAt = this.natDstAt = -1
    this.natSrcPort = this.natDstPort = this.srcAs = this.dstAs = 0
    this.label1 = this.label2 = this.label3 = 0
  }

  /**
   * Reads the records of `sample`. Those that are unknown are passed over, those that are cut say what they
   * can.
   */
  read(b: Uint8Array, sample: Sflow5Sample): void {
    this.#reset()
    let at = sample.recordsAt
    for (let i = 0; i < sample.records && at + 8 <= sample.end; i++) {
      const length = u32(b, at + 4)
      this.#record(u32(b, at), b, at + 8, Math.min(at + 8 + length, sample.end))
      at += 8 + length + (-length & 3)
    }
  }

  #record(tag: number, b: Uint8Array, at: number, end: number): void {
    const bytes = end - at
    if (tag === RECORD_HEADER) {
      if (bytes >= 16) this.#header(b, at, end)
    } else if (tag === RECORD_SWITCH) {
      if (bytes < 16) return
      this.srcVlan = u32(b, at) & 0xfff
      this.dstVlan = u32(b, at + 8) & 0xfff
    } else if (tag === RECORD_ROUTER) this.#router(b, at, end)
    else if (tag === RECORD_GATEWAY) this.#gateway(b, at, end)
    else if (tag === RECORD_ETHERNET) {
      if (bytes >= 24) this.#ethernet(b, at)
    } else if (tag === RECORD_IPV4) {
      if (bytes >= 32) this.#ip(b, at, 4)
    } else if (tag === RECORD_IPV6) {
      if (bytes >= 56) this.#ip(b, at, 16)
    } else if (tag === RECORD_MPLS) this.#mpls(b, at, end)
    else if (tag === RECORD_NAT) this.#nat(b, at, end)
    else if (tag === RECORD_NAT_PORT && bytes >= 8) {
      this.natSrcPort = u32(b, at) & 0xffff
      this.natDstPort = u32(b, at + 4) & 0xffff
    }
  }

  /** header_protocol, frame_length, stripped, then the header with its length before it. */
  #header(b: Uint8Array, at: number, end: number): void {
    this.frameBytes = u32(b, at + 4)
    const headerEnd = Math.min(at + 16 + u32(b, at + 12), end)
    this.packet.parse(b, at + 16, headerEnd, layerOfHeader(u32(b, at)))
  }

  /** length, source and destination MAC of 6 bytes and 2 of padding, type. */
  #ethernet(b: Uint8Array, at: number): void {
    const { packet } = this
    if (this.frameBytes === 0) this.frameBytes = u32(b, at)
    if (packet.srcMacAt >= 0) return
    packet.srcMacAt = at + 4
    packet.dstMacAt = at + 12
    packet.etherType = u32(b, at + 20) & 0xffff
  }

  /** length, protocol, addresses, ports, TCP flags, class: what an agent that sends no header tells of it. */
  #ip(b: Uint8Array, at: number, width: 4 | 16): void {
    const { packet } = this
    if (packet.ipVersion !== 0) return
    packet.ipVersion = width === 4 ? 4 : 6
    packet.ipBytes = u32(b, at)
    if (this.frameBytes === 0) this.frameBytes = packet.ipBytes
    packet.protocol = u32(b, at + 4) & 0xff
    packet.srcAddressAt = at + 8
    packet.dstAddressAt = at + 8 + width
    const more = at + 8 + 2 * width
    packet.srcPort = u32(b, more) & 0xffff
    packet.dstPort = u32(b, more + 4) & 0xffff
    packet.tcpFlags = u32(b, more + 8) & 0xfff
    packet.tos = u32(b, more + 12) & 0xff
  }

  #router(b: Uint8Array, at: number, end: number): void {
    const width = addressWithin(b, at, end)
    if (width < 0) return
    this.nextHopAt = width > 0 ? at + 4 : -1
    this.nextHopBytes = width
    const masks = at + 4 + width
    if (masks + 4 <= end) this.srcMask = maskBits(u32(b, masks))
    if (masks + 8 <= end) this.dstMask = maskBits(u32(b, masks + 4))
  }

  /**
   * next hop, own AS, source AS, source peer AS, path as segments of (type, AS numbers), communities,
   * preference.
   */
  #gateway(b: Uint8Array, at: number, end: number): void {
    const width = addressWithin(b, at, end)
    if (width < 0) return
    this.bgpNextHopAt = width > 0 ? at + 4 : -1
    this.bgpNextHopBytes = width
    const after = at + 4 + width
    if (after + 16 > end) return
    this.srcAs = u32(b, after + 4)
    const segments = u32(b, after + 12)
    let segmentAt = after + 16
    for (let i = 0; i < segments && segmentAt + 8 <= end; i++) {
      const numbersEnd = segmentAt + 8 + 4 * u32(b, segmentAt + 4)
      // The path ends at the destination's own AS.
      if (numbersEnd > end) return
      if (numbersEnd > segmentAt + 8) this.dstAs = u32(b, numbersEnd - 4)
      segmentAt = numbersEnd
    }
  }

  /** next hop, then the stacks of labels as they came in and went out, each entry as RFC 3032 has it. */
  #mpls(b: Uint8Array, at: number, end: number): void {
    const width = addressWithin(b, at, end)
    if (width < 0) return
    if (this.nextHopAt < 0 && width > 0) {
      this.nextHopAt = at + 4
      this.nextHopBytes = width
    }
    const depthAt = at + 4 + width
    if (depthAt + 4 > end) return
    const labels = Math.min(u32(b, depthAt), (end - depthAt - 4) >> 2)
    if (labels > 0) this.label1 = u32(b, depthAt + 4) >>> 12
    if (labels > 1) this.label2 = u32(b, depthAt + 8) >>> 12
    if (labels > 2) this.label3 = u32(b, depthAt + 12) >>> 12
  }

  #nat(b: Uint8Array, at: number, end: number): void {
    const srcBytes = addressWithin(b, at, end)
    if (srcBytes < 0) return
    this.natSrcAt = srcBytes > 0 ? at + 4 : -1
    this.natSrcBytes = srcBytes
    const dstTypeAt = at + 4 + srcBytes
    const dstBytes = addressWithin(b, dstTypeAt, end)
    if (dstBytes <= 0) return
    this.natDstAt = dstTypeAt + 4
    this.natDstBytes = dstBytes
  }
}

/** Bytes of the address whose type stands at `at`, without the type; -1 when it does not fit before `end`. */
function addressWithin(b: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1
  const width = addressBytes(u32(b, at))
  return at + 4 + width > end ? -1 : width
}

/** The standard has the number of bits; some agents send the mask itself. */
function maskBits(value: number): number {
  return value <= 128 ? value : Math.clz32(~value)
}
