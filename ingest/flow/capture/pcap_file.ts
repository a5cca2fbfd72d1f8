import type { ByteWindow } from './byte_window.js'
import { invalidAt, truncatedAt } from './capture_error.js'
import { type CapturedPacket, PACKET_BYTES_MAX } from './captured_packet.js'

/**
 * The pcap file format (draft-ietf-opsawg-pcap); numbers are in the byte order of the writer.
 *
 * ```
 * file:   magic 4 | major 2, minor 2 | reserved 8 | snaplen 4 | link type 4
 * packet: seconds 4 | µs or ns 4 | captured length 4 | length on the wire 4 | captured bytes
 * ```
 */
const FILE_HEADER_BYTES = 24
const PACKET_HEADER_BYTES = 16
/** The variant of A. Kuznetzov has 8 more bytes (interface, protocol, type) before each packet. */
const PACKET_HEADER_EXTENDED_BYTES = 24

interface Variant {
  readonly little: boolean
  readonly ticksPerUs: number
  /** Bytes before each packet. */
  readonly header: number
}
/** By the magic number as read in big-endian order. */
const VARIANTS: ReadonlyMap<number, Variant> = new Map([
  [0xa1b2c3d4, { little: false, ticksPerUs: 1, header: PACKET_HEADER_BYTES }],
  [0xd4c3b2a1, { little: true, ticksPerUs: 1, header: PACKET_HEADER_BYTES }],
  [0xa1b23c4d, { little: false, ticksPerUs: 1000, header: PACKET_HEADER_BYTES }],
  [0x4d3cb2a1, { little: true, ticksPerUs: 1000, header: PACKET_HEADER_BYTES }],
  [0xa1b2cd34, { little: false, ticksPerUs: 1, header: PACKET_HEADER_EXTENDED_BYTES }],
  [0x34cdb2a1, { little: true, ticksPerUs: 1, header: PACKET_HEADER_EXTENDED_BYTES }],
])

export function isPcap(magic: number): boolean {
  return VARIANTS.has(magic)
}

/** All packets of the file. Throws `CaptureError` where it ends too early or makes no sense. */
export function* pcapPackets(window: ByteWindow): Generator<CapturedPacket> {
  if (!window.has(FILE_HEADER_BYTES)) throw truncatedAt(0, 'the file header')
  const header = window.take(FILE_HEADER_BYTES)
  const { little, ticksPerUs, header: headerBytes } = VARIANTS.get(header.readUInt32BE(0))!
  const u32 = (bytes: Buffer, at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  // The high bits of the link type tell about frame check sequences.
  const linkType = u32(header, 20) & 0xffff
  while (window.has(1)) {
    const { offset } = window
    if (!window.has(headerBytes)) throw truncatedAt(offset, 'a packet header')
    const packet = window.take(headerBytes)
    const captured = u32(packet, 8)
    if (captured > PACKET_BYTES_MAX) throw invalidAt(offset, `a packet of ${captured} bytes`)
    const timeUs = u32(packet, 0) * 1_000_000 + Math.floor(u32(packet, 4) / ticksPerUs)
    const whole = window.has(captured)
    const bytes = window.take(whole ? captured : window.available)
    if (!whole) throw truncatedAt(offset, 'a packet')
    yield { linkType, timeUs, bytes }
  }
}
