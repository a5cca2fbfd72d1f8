import { V4_MAPPED_WORD } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import { LAYER, type Layer, PacketHeaders } from './packet_headers.js'
import { u16, u32 } from './wire.js'

type Words = readonly (Uint8Array | Uint16Array | Uint32Array)[]

const id = (name: string): number => COL[name]!
const C = {
  srcAddr: id('src_addr'),
  dstAddr: id('dst_addr'),
  srcPort: id('src_port'),
  dstPort: id('dst_port'),
  proto: id('ip_proto'),
  tos: id('ip_tos'),
  flags: id('tcp_flags'),
  icmpType: id('icmp_type'),
  icmpCode: id('icmp_code'),
  srcMac: id('src_mac_u48'),
  dstMac: id('dst_mac_u48'),
  vlan: id('src_vlan'),
  label1: id('mpls_label_1'),
  label2: id('mpls_label_2'),
  label3: id('mpls_label_3'),
  bytes: id('bytes'),
  packets: id('packets'),
} as const

/** Columns that a section of a packet can fill. */
export const SECTION_COLUMNS: readonly number[] = Object.values(C)
/** The bit of each in `fills`. */
const BIT = Object.fromEntries(Object.keys(C).map((name, i) => [name, 1 << i])) as Record<
  keyof typeof C,
  number
>

/**
 * Fills columns from the first bytes of a packet that an IPFIX record carries instead of its elements (313,
 * 315; 104 in NetFlow v9), as Cisco and Juniper export sampled packets. Columns that the record's elements
 * have filled stay.
 */
export class PacketSection {
  readonly #packet = new PacketHeaders()

  /**
   * Reads `length` bytes at `o` of `b`: an Ethernet frame, or a packet from its IP header on. Bit n of `fills` is set
   * for the n-th of `SECTION_COLUMNS` that the record's elements leave to it.
   */
  write(
    words: Words,
    row: number,
    b: Uint8Array,
    o: number,
    length: number,
    ethernet: boolean,
    fills: number,
  ): void {
    const packet = this.#packet
    packet.reset()
    packet.parse(b, o, o + length, ethernet ? LAYER.ethernet : ipLayer(b, o, length))
    this.#network(words, row, b, fills)
    this.#transport(words, row, fills)
    if (fills & BIT.srcMac) putMac(words[C.srcMac]!, row, b, packet.srcMacAt)
    if (fills & BIT.dstMac) putMac(words[C.dstMac]!, row, b, packet.dstMacAt)
    if (fills & BIT.vlan) put(words[C.vlan]!, row, packet.vlan)
    if (fills & BIT.label1) put(words[C.label1]!, row, packet.label1)
    if (fills & BIT.label2) put(words[C.label2]!, row, packet.label2)
    if (fills & BIT.label3) put(words[C.label3]!, row, packet.label3)
    if (fills & BIT.bytes) putCount(words[C.bytes]!, row, packet.ipBytes)
    if (fills & BIT.packets) putCount(words[C.packets]!, row, 1)
  }

  #network(words: Words, row: number, b: Uint8Array, fills: number): void {
    const packet = this.#packet
    const width = packet.ipVersion === 4 ? 4 : 16
    if (fills & BIT.srcAddr) putAddress(words[C.srcAddr]!, row, b, packet.srcAddressAt, width)
    if (fills & BIT.dstAddr) putAddress(words[C.dstAddr]!, row, b, packet.dstAddressAt, width)
    if (fills & BIT.proto) put(words[C.proto]!, row, packet.protocol)
    if (fills & BIT.tos) put(words[C.tos]!, row, packet.tos)
  }

  #transport(words: Words, row: number, fills: number): void {
    const packet = this.#packet
    if (fills & BIT.srcPort) put(words[C.srcPort]!, row, packet.srcPort)
    if (fills & BIT.dstPort) put(words[C.dstPort]!, row, packet.dstPort)
    if (fills & BIT.flags) put(words[C.flags]!, row, packet.tcpFlags)
    if (fills & BIT.icmpType && words[C.icmpType]![row] === 255) words[C.icmpType]![row] = packet.icmpType
    if (fills & BIT.icmpCode && words[C.icmpCode]![row] === 255) words[C.icmpCode]![row] = packet.icmpCode
  }
}

function ipLayer(b: Uint8Array, o: number, length: number): Layer {
  const version = length > 0 ? b[o]! >> 4 : 0
  return version === 4 ? LAYER.ipv4 : version === 6 ? LAYER.ipv6 : LAYER.none
}

function put(words: Words[number], row: number, value: number): void {
  if (words[row] === 0) words[row] = value
}

function putCount(words: Words[number], row: number, value: number): void {
  if (words[2 * row] === 0 && words[2 * row + 1] === 0) words[2 * row] = value
}

function putMac(words: Words[number], row: number, b: Uint8Array, at: number): void {
  if (at < 0 || words[2 * row] !== 0 || words[2 * row + 1] !== 0) return
  words[2 * row] = u32(b, at + 2)
  words[2 * row + 1] = u16(b, at)
}

function putAddress(words: Words[number], row: number, b: Uint8Array, at: number, width: number): void {
  const q = 4 * row
  if (at < 0 || words[q] !== 0 || words[q + 1] !== 0 || words[q + 3] !== 0) return
  const bytes = new Uint8Array(words.buffer, 16 * row, 16)
  bytes.set(b.subarray(at, at + width), 16 - width)
  if (width === 4) words[q + 2] = V4_MAPPED_WORD
}
